//! What a domain controller accepts and refuses: MS-NLMP section 3.3 and the catalogue's S001-0 and S001-2.

use kdclab_ntlm::messages::AuthenticateMessage;
use kdclab_ntlm::{
    Credentials, LmCompatibilityLevel, LmHash, LogonRefusal, NetworkLogon, NtHash, NtStatus,
    ResponseKind, ServerError, StoredHashes, verify,
};

use LmCompatibilityLevel as Level;

use crate::parties::{
    CLIENT_CHALLENGE, DOMAIN, PASSWORD, Parties, SERVER_CHALLENGE, USER, WORKSTATION,
};

/// The setting's two roles, each level of the one against each of the other.
#[test]
fn s001_2_what_a_domain_controller_accepts_of_each_client() {
    for client in Level::ALL {
        for domain_controller in Level::ALL {
            let mut parties = Parties::new(client, PASSWORD, true);
            parties.domain_controller = domain_controller;
            let outcome = parties.exchange();
            if client < Level::Level3 && domain_controller == Level::Level5 {
                let refusal = outcome.validation.unwrap_err();
                let LogonRefusal::RefusedByLevel { level, .. } = refusal else {
                    panic!("{refusal:?}");
                };
                assert_eq!(level, domain_controller);
                let refused = ServerError::Refused(NtStatus(0xc000_006a));
                assert_eq!(outcome.accepted.unwrap_err(), refused);
            } else {
                assert!(outcome.accepted.is_ok(), "{client} at {domain_controller}");
            }
        }
    }
}

fn logon(lm_response: &[u8], nt_response: &[u8]) -> NetworkLogon {
    NetworkLogon {
        user: USER.to_owned(),
        domain: DOMAIN.to_owned(),
        workstation: WORKSTATION.to_owned(),
        server_challenge: SERVER_CHALLENGE,
        use_client_challenge: false,
        lm_response: lm_response.to_vec(),
        nt_response: nt_response.to_vec(),
    }
}

fn account() -> StoredHashes {
    StoredHashes::from_password(PASSWORD, false)
}

/// A response that is alone in the LM field.
fn alone(response: [u8; 24]) -> NetworkLogon {
    logon(&response, &[])
}

#[test]
fn s001_2_lm_alone_is_accepted_below_level_4() {
    let lm = LmHash::from_password(PASSWORD).unwrap();
    let logon = alone(lm.response(&SERVER_CHALLENGE));
    for level in Level::ALL {
        let kind = ResponseKind::Lm;
        match verify(&logon, Some(&account()), level) {
            Ok(validation) => {
                assert!(level < Level::Level4);
                assert_eq!(validation.kind, kind);
                let key = validation.keys.user_session_key;
                assert_eq!(key.expose_bytes()[..8], lm.expose_bytes()[..8]);
                assert_eq!(key.expose_bytes()[8..], [0; 8]);
            }
            Err(refusal) => {
                assert!(level >= Level::Level4);
                assert_eq!(refusal, LogonRefusal::RefusedByLevel { level, kind });
                assert_eq!(refusal.status(), NtStatus::WRONG_PASSWORD);
            }
        }
    }
}

#[test]
fn s001_0_lm_alone_needs_a_stored_lm_hash() {
    let logon = alone(
        LmHash::from_password(PASSWORD)
            .unwrap()
            .response(&SERVER_CHALLENGE),
    );
    let account = StoredHashes::from_password(PASSWORD, true);
    let kind = ResponseKind::Lm;
    assert_eq!(
        verify(&logon, Some(&account), Level::Level0),
        Err(LogonRefusal::WrongPassword { kind })
    );
}

#[test]
fn ms_nlmp_3_3_2_lm_v2_alone_is_accepted_at_every_level() {
    let hash = NtHash::from_password(PASSWORD).ntlm_v2(USER, DOMAIN);
    let response = hash.lm_response(&SERVER_CHALLENGE, &CLIENT_CHALLENGE);
    for level in Level::ALL {
        let validation = verify(&alone(response), Some(&account()), level).unwrap();
        assert_eq!(validation.kind, ResponseKind::LmV2);
    }
    let other = NtHash::from_password("password").ntlm_v2(USER, DOMAIN);
    let response = other.lm_response(&SERVER_CHALLENGE, &CLIENT_CHALLENGE);
    assert!(verify(&alone(response), Some(&account()), Level::Level0).is_err());
}

#[test]
fn ms_nlmp_3_3_1_ntlm_in_the_lm_field_is_accepted_below_level_5() {
    let response = NtHash::from_password(PASSWORD).response(&SERVER_CHALLENGE);
    for level in Level::ALL {
        let verified = verify(&alone(response), Some(&account()), level);
        assert_eq!(verified.is_ok(), level < Level::Level5, "{level}");
    }
}

#[test]
fn a_wrong_password_is_refused_whatever_the_client_sends() {
    for level in Level::ALL {
        for extended in [false, true] {
            let mut parties = Parties::new(level, PASSWORD, extended);
            let right = parties.exchange();
            parties.account = Some(StoredHashes::from_password("Passw0rd", false));
            let outcome = parties.exchange();
            let kind = right.validation.unwrap().kind;
            let refusal = outcome.validation.unwrap_err();
            assert_eq!(refusal, LogonRefusal::WrongPassword { kind });
            assert_eq!(
                refusal.status().to_string(),
                "STATUS_WRONG_PASSWORD (0xc000006a)"
            );
            let refused = ServerError::Refused(NtStatus::WRONG_PASSWORD);
            assert_eq!(outcome.accepted.unwrap_err(), refused);
        }
    }
}

#[test]
fn an_account_that_does_not_exist_is_no_such_user() {
    let mut parties = Parties::new(Level::Level3, PASSWORD, true);
    parties.account = None;
    let outcome = parties.exchange();
    let refused = ServerError::Refused(NtStatus(0xc000_0064));
    assert_eq!(outcome.accepted.unwrap_err(), refused);
    let user = USER.to_owned();
    assert_eq!(outcome.validation, Err(LogonRefusal::NoSuchUser { user }));
}

#[test]
fn responses_of_no_length_that_responses_have_are_refused() {
    for (lm, nt) in [
        (0, 0),
        (1, 0),
        (23, 0),
        (25, 0),
        (24, 1),
        (24, 23),
        (24, 25),
        (24, 43),
    ] {
        let logon = logon(&vec![0; lm], &vec![0; nt]);
        let length = if nt == 0 { lm } else { nt };
        assert_eq!(
            verify(&logon, Some(&account()), Level::Level0),
            Err(LogonRefusal::MalformedResponse { length })
        );
    }
}

/// Without the flag the same octets are an NTLMv1 response to another challenge.
#[test]
fn ms_nlmp_3_3_1_ntlm2_session_answers_both_challenges() {
    let nt = NtHash::from_password(PASSWORD);
    let response = nt.session_response(&SERVER_CHALLENGE, &CLIENT_CHALLENGE);
    let mut lm_response = CLIENT_CHALLENGE.to_vec();
    lm_response.resize(24, 0);
    let mut logon = logon(&lm_response, &response);
    assert!(verify(&logon, Some(&account()), Level::Level0).is_err());
    logon.use_client_challenge = true;
    assert!(verify(&logon, Some(&account()), Level::Level0).is_ok());
    logon.lm_response[0] ^= 1;
    assert!(verify(&logon, Some(&account()), Level::Level0).is_err());
}

#[test]
fn ms_nlmp_3_2_5_1_2_a_domain_controller_tries_no_domain_as_well() {
    let parties = Parties::new(Level::Level3, PASSWORD, true);
    for (hashed_for, accepted) in [(DOMAIN, true), ("", true), ("Other", false)] {
        let mut parties = parties.clone();
        parties.credentials = Credentials::from_password(USER, hashed_for, PASSWORD);
        let outcome = parties.exchange_with(|message| {
            let mut changed = AuthenticateMessage::decode(message).unwrap();
            changed.domain = DOMAIN.to_owned();
            *message = changed.encode().unwrap();
        });
        assert_eq!(outcome.validation.is_ok(), accepted, "{hashed_for}");
    }
}
