//! What is asked, granted and sent: MS-NLMP sections 3.1.5 and 3.2.5, and the catalogue's S001-2.

use kdclab_ntlm::messages::{
    AuthenticateMessage, AvFlags, AvId, ChallengeMessage, EncodeError, Field, NegotiateFlags,
    NegotiateMessage, NtlmV2Response,
};
use kdclab_ntlm::{
    Client, ClientConfig, ClientError, Credentials, FileTime, LmCompatibilityLevel, LmHash,
    LmSessionKey, LogonKeys, NtHash, NtStatus, ResponseKind, Server, ServerError, ServerStep,
    SessionKey,
};

use crate::parties::{
    CLIENT_CHALLENGE, DOMAIN, PASSWORD, Parties, SERVER_CHALLENGE, Script, TIME, USER, WORKSTATION,
};

use LmCompatibilityLevel as Level;

fn sent(parties: &Parties) -> AuthenticateMessage {
    AuthenticateMessage::decode(&parties.exchange().authenticate).unwrap()
}

macro_rules! client_levels {
    ($($name:ident($level:ident, extended: $extended:literal) -> $kind:ident, lm_key: $lm_key:literal;)*) => {$(
        #[test]
        fn $name() {
            let parties = Parties::new(Level::$level, PASSWORD, $extended);
            let outcome = parties.exchange();
            assert_eq!(outcome.validation.unwrap().kind, ResponseKind::$kind);
            let asked = NegotiateMessage::decode(&outcome.negotiate).unwrap().flags;
            let agreed = outcome.client.flags();
            let extended = $extended && Level::$level != Level::Level0;
            assert_eq!(asked.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY), extended);
            assert_eq!(agreed.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY), extended);
            assert_eq!(agreed.contains(NegotiateFlags::LM_KEY), $lm_key);
            assert_eq!(agreed, outcome.accepted.unwrap().context.flags());
        }
    )*};
}

client_levels! {
    s001_2_level_0_never_asks_for_extended_session_security(Level0, extended: true) -> Ntlm, lm_key: true;
    s001_2_level_1_has_extended_session_security_if_negotiated(Level1, extended: true) -> Ntlm2Session, lm_key: false;
    s001_2_level_1_without_extended_session_security(Level1, extended: false) -> Ntlm, lm_key: true;
    s001_2_level_2_has_extended_session_security_if_negotiated(Level2, extended: true) -> Ntlm2Session, lm_key: false;
    s001_2_level_2_without_extended_session_security(Level2, extended: false) -> Ntlm, lm_key: false;
    s001_2_level_3_sends_ntlm_v2(Level3, extended: true) -> NtlmV2, lm_key: false;
    s001_2_level_4_sends_ntlm_v2(Level4, extended: true) -> NtlmV2, lm_key: false;
    s001_2_level_5_sends_ntlm_v2(Level5, extended: true) -> NtlmV2, lm_key: false;
    s001_2_level_3_without_extended_session_security(Level3, extended: false) -> NtlmV2, lm_key: false;
}

#[test]
fn s001_2_the_lm_field_of_each_level() {
    let lm = LmHash::from_password(PASSWORD)
        .unwrap()
        .response(&SERVER_CHALLENGE);
    for level in [Level::Level0, Level::Level1] {
        let message = sent(&Parties::new(level, PASSWORD, false));
        assert_eq!(message.lm_response, lm);
        assert_ne!(message.lm_response, message.nt_response);
    }
    let message = sent(&Parties::new(Level::Level2, PASSWORD, false));
    assert_eq!(message.lm_response, message.nt_response);
    let message = sent(&Parties::new(Level::Level3, PASSWORD, false));
    let hash = NtHash::from_password(PASSWORD).ntlm_v2(USER, DOMAIN);
    assert_eq!(
        message.lm_response,
        hash.lm_response(&SERVER_CHALLENGE, &CLIENT_CHALLENGE)
    );
}

#[test]
fn ms_nlmp_3_1_5_1_2_a_server_that_tells_its_time_gets_it_back_with_a_mic() {
    let mut parties = Parties::new(Level::Level3, PASSWORD, true);
    let message = sent(&parties);
    assert_eq!(message.mic, None);
    assert_ne!(message.lm_response, [0; 24]);
    parties.server.tells_time = true;
    let outcome = parties.exchange();
    let message = AuthenticateMessage::decode(&outcome.authenticate).unwrap();
    assert!(message.mic.is_some());
    assert_eq!(message.lm_response, [0; 24]);
    let response = NtlmV2Response::decode(&message.nt_response).unwrap();
    assert_eq!(response.target_info.timestamp(), Some(TIME));
    assert!(response.target_info.flags().contains(AvFlags::MIC_PROVIDED));
    assert!(outcome.accepted.is_ok());
}

#[test]
fn ms_nlmp_3_1_5_1_2_the_time_is_the_servers_or_else_the_clients() {
    let (ours, theirs) = (FileTime(1), FileTime(2));
    let config = ClientConfig::new(Level::Level3, WORKSTATION);
    let credentials = Credentials::from_password(USER, DOMAIN, PASSWORD);
    for (tells_time, expected) in [(false, ours), (true, theirs)] {
        let mut parties = Parties::new(Level::Level3, PASSWORD, true);
        parties.server.tells_time = tells_time;
        let (client, negotiate) = Client::start(config.clone(), credentials.clone()).unwrap();
        let (_, challenge) =
            Server::start(&parties.server, theirs, &mut Script::server(), &negotiate).unwrap();
        let message = client
            .challenge(ours, &mut Script::client(), &challenge)
            .unwrap()
            .message;
        let message = AuthenticateMessage::decode(&message).unwrap();
        let response = NtlmV2Response::decode(&message.nt_response).unwrap();
        assert_eq!(response.timestamp, expected);
    }
}

/// Another name of the client's machine changes no response: only the MIC covers it.
fn rename_workstation(message: &mut Vec<u8>) {
    let mut changed = AuthenticateMessage::decode(message).unwrap();
    changed.workstation = "COMPUTED".to_owned();
    *message = changed.encode().unwrap();
}

#[test]
fn ms_nlmp_3_2_5_1_2_the_mic_covers_the_messages() {
    let mut parties = Parties::new(Level::Level3, PASSWORD, true);
    assert!(parties.exchange_with(rename_workstation).accepted.is_ok());
    parties.server.tells_time = true;
    let outcome = parties.exchange_with(rename_workstation);
    assert!(outcome.validation.is_ok());
    assert_eq!(outcome.accepted.unwrap_err(), ServerError::MicMismatch);
}

/// The promise of a MIC lies where NTProofStr covers it.
#[test]
fn ms_nlmp_3_2_5_1_2_a_promised_mic_cannot_be_left_out() {
    let mut parties = Parties::new(Level::Level3, PASSWORD, true);
    parties.server.tells_time = true;
    let credentials = parties.credentials.clone();
    let (client, negotiate) = Client::start(parties.client, credentials).unwrap();
    let (server, challenge) =
        Server::start(&parties.server, TIME, &mut Script::server(), &negotiate).unwrap();
    let message = client
        .challenge(TIME, &mut Script::client(), &challenge)
        .unwrap()
        .message;
    let mut changed = AuthenticateMessage::decode(&message).unwrap();
    changed.mic = None;
    let result = server.authenticate(&changed.encode().unwrap());
    assert_eq!(result.unwrap_err(), ServerError::MicMissing);
}

#[test]
fn ms_nlmp_3_2_5_1_2_the_mic_shows_keys_that_differ() {
    let mut parties = Parties::new(Level::Level3, PASSWORD, true);
    parties.server.tells_time = true;
    let (client, negotiate) = Client::start(parties.client, parties.credentials).unwrap();
    let (server, challenge) =
        Server::start(&parties.server, TIME, &mut Script::server(), &negotiate).unwrap();
    let message = client
        .challenge(TIME, &mut Script::client(), &challenge)
        .unwrap()
        .message;
    let ServerStep::Logon(pending) = server.authenticate(&message).unwrap() else {
        panic!("not anonymous");
    };
    let keys = LogonKeys {
        user_session_key: SessionKey::new([0; 16]),
        lm_key: LmSessionKey::new([0; 8]),
    };
    assert_eq!(
        pending.finish(Ok(&keys)).unwrap_err(),
        ServerError::MicMismatch
    );
}

#[test]
fn ms_nlmp_3_2_5_1_2_channel_bindings_must_be_the_servers() {
    let ours = Some([7; 16]);
    for (clients, servers, accepted) in [
        (ours, ours, true),
        (ours, None, true),
        (None, ours, false),
        (Some([8; 16]), ours, false),
    ] {
        let mut parties = Parties::new(Level::Level3, PASSWORD, true);
        parties.client.channel_bindings = clients;
        parties.server.channel_bindings = servers;
        let (client, negotiate) =
            Client::start(parties.client.clone(), parties.credentials.clone()).unwrap();
        let (server, challenge) =
            Server::start(&parties.server, TIME, &mut Script::server(), &negotiate).unwrap();
        let message = client
            .challenge(TIME, &mut Script::client(), &challenge)
            .unwrap()
            .message;
        match server.authenticate(&message) {
            Ok(_) => assert!(accepted),
            Err(error) => {
                assert!(!accepted);
                assert_eq!(error, ServerError::ChannelBindingsMismatch);
            }
        }
    }
}

#[test]
fn ms_nlmp_2_2_2_1_the_response_names_the_service() {
    let mut parties = Parties::new(Level::Level3, PASSWORD, true);
    parties.client.target_name = Some("cifs/server".to_owned());
    let message = sent(&parties);
    let response = NtlmV2Response::decode(&message.nt_response).unwrap();
    let name = response.target_info.name(AvId::TARGET_NAME);
    assert_eq!(name.as_deref(), Some("cifs/server"));
    assert!(parties.exchange().accepted.is_ok());
}

#[test]
fn ms_nlmp_3_2_5_1_2_an_anonymous_client_is_told_apart() {
    let parties = Parties::new(Level::Level3, PASSWORD, true);
    let (client, negotiate) = Client::start(parties.client, Credentials::Anonymous).unwrap();
    let (server, challenge) =
        Server::start(&parties.server, TIME, &mut Script::server(), &negotiate).unwrap();
    let answer = client
        .challenge(TIME, &mut Script::new(&[]), &challenge)
        .unwrap();
    assert!(answer.context.is_none());
    let message = AuthenticateMessage::decode(&answer.message).unwrap();
    assert!(message.flags.contains(NegotiateFlags::ANONYMOUS));
    assert!(message.is_anonymous());
    let ServerStep::Anonymous { workstation } = server.authenticate(&answer.message).unwrap()
    else {
        panic!("anonymous");
    };
    assert_eq!(workstation, WORKSTATION);
}

/// A name without a response is a logon, which fails.
#[test]
fn ms_nlmp_3_2_5_1_2_a_user_without_a_response_is_not_anonymous() {
    let outcome = Parties::new(Level::Level3, PASSWORD, true).exchange_with(|message| {
        let mut changed = AuthenticateMessage::decode(message).unwrap();
        changed.lm_response = vec![0];
        changed.nt_response = Vec::new();
        *message = changed.encode().unwrap();
    });
    let refused = ServerError::Refused(NtStatus::WRONG_PASSWORD);
    assert_eq!(outcome.accepted.unwrap_err(), refused);
}

#[test]
fn ms_nlmp_2_2_2_5_a_server_grants_what_it_supports_and_was_asked_for() {
    let mut parties = Parties::new(Level::Level1, PASSWORD, true);
    let extended = NegotiateFlags::EXTENDED_SESSIONSECURITY;
    assert!(parties.exchange().client.flags().contains(extended));
    parties.server.supported = parties.server.supported.without(extended);
    let flags = parties.exchange().client.flags();
    assert!(!flags.contains(extended));
    assert!(flags.contains(NegotiateFlags::LM_KEY));
}

/// Both were asked for; a server that returns both all the same is not believed.
#[test]
fn ms_nlmp_2_2_2_5_extended_session_security_and_lm_key_exclude_each_other() {
    let parties = Parties::new(Level::Level1, PASSWORD, true);
    let (client, negotiate) = Client::start(parties.client, parties.credentials).unwrap();
    let both = NegotiateFlags::EXTENDED_SESSIONSECURITY.with(NegotiateFlags::LM_KEY);
    assert!(
        NegotiateMessage::decode(&negotiate)
            .unwrap()
            .flags
            .contains(both)
    );
    let (_, challenge) =
        Server::start(&parties.server, TIME, &mut Script::server(), &negotiate).unwrap();
    let mut changed = ChallengeMessage::decode(&challenge).unwrap();
    assert!(!changed.flags.contains(both));
    changed.flags = changed.flags.with(both);
    let context = client
        .challenge(TIME, &mut Script::client(), &changed.encode().unwrap())
        .unwrap()
        .context
        .unwrap();
    assert!(!context.flags().contains(NegotiateFlags::LM_KEY));
}

#[test]
fn ms_nlmp_3_1_5_1_2_no_key_is_exchanged_where_nothing_is_protected() {
    let mut parties = Parties::new(Level::Level3, PASSWORD, true);
    assert_eq!(sent(&parties).encrypted_random_session_key.len(), 16);
    let protection = NegotiateFlags::SIGN.with(NegotiateFlags::SEAL);
    parties.client.flags = parties.client.flags.without(protection);
    let outcome = parties.exchange();
    let message = AuthenticateMessage::decode(&outcome.authenticate).unwrap();
    assert_eq!(message.encrypted_random_session_key, []);
    let server = outcome.accepted.unwrap().context;
    assert_eq!(
        outcome.client.exported_session_key(),
        server.exported_session_key()
    );
}

#[test]
fn ms_nlmp_3_2_5_1_2_an_exchanged_key_has_16_octets() {
    for actual in [0, 15, 17] {
        let outcome = Parties::new(Level::Level3, PASSWORD, true).exchange_with(|message| {
            let mut changed = AuthenticateMessage::decode(message).unwrap();
            changed.encrypted_random_session_key.resize(actual, 0);
            *message = changed.encode().unwrap();
        });
        let error = outcome.accepted.unwrap_err();
        assert_eq!(error, ServerError::WrongKeyLength { actual });
    }
}

#[test]
fn ms_nlmp_2_2_2_5_oem_strings_where_unicode_is_not_granted() {
    let mut parties = Parties::new(Level::Level0, PASSWORD, false);
    parties.server.supported = parties.server.supported.without(NegotiateFlags::UNICODE);
    parties.credentials = Credentials::from_password("Jürgen", DOMAIN, PASSWORD);
    let outcome = parties.exchange();
    let octets = &outcome.authenticate;
    assert!(octets.windows(6).any(|part| part == b"J\x81rgen"));
    assert_eq!(outcome.accepted.unwrap().user, "Jürgen");
}

#[test]
fn ms_nlmp_2_2_2_5_a_name_that_oem_lacks_cannot_be_sent() {
    let mut parties = Parties::new(Level::Level0, PASSWORD, false);
    parties.server.supported = parties.server.supported.without(NegotiateFlags::UNICODE);
    let credentials = Credentials::from_password("Łukasz", DOMAIN, PASSWORD);
    let (client, negotiate) = Client::start(parties.client, credentials).unwrap();
    let (_, challenge) =
        Server::start(&parties.server, TIME, &mut Script::server(), &negotiate).unwrap();
    let result = client.challenge(TIME, &mut Script::client(), &challenge);
    let field = Field::UserName;
    let error = ClientError::Encode(EncodeError::NotOem { field });
    assert_eq!(result.unwrap_err(), error);
}

#[test]
fn ms_nlmp_2_2_2_5_without_a_character_set_there_is_no_exchange() {
    let parties = Parties::new(Level::Level0, PASSWORD, false);
    let mut message = NegotiateMessage {
        flags: NegotiateFlags::NTLM,
        domain: None,
        workstation: None,
        version: None,
    };
    let start = |message: &NegotiateMessage| {
        let octets = message.encode().unwrap();
        Server::start(&parties.server, TIME, &mut Script::server(), &octets).map(|_| ())
    };
    assert_eq!(start(&message), Err(ServerError::NoCommonCharacterSet));
    message.flags = NegotiateFlags::OEM;
    assert_eq!(start(&message), Ok(()));
}

#[test]
fn levels_have_numbers_and_texts() {
    for (number, level) in (0..).zip(Level::ALL) {
        assert_eq!(Level::from_number(number), Some(level));
        assert_eq!(level.number(), number);
    }
    assert_eq!(Level::from_number(6), None);
    assert_eq!(Level::Level2.to_string(), "2 (Send NTLM response only)");
}
