//! NTLMSSP as a mechanism of SPNEGO, with both ends of ours.

use kdclab::ntlmssp::{Acceptor, AcceptorError, Initiator, InitiatorError, Logon};
use kdclab_client::Dialect;
use kdclab_client::spnego::{self, Mechanism, MechanismFailure, NegotiationError};
use kdclab_ntlm::messages::{AvId, NegotiateFlags, TargetInfo};
use kdclab_ntlm::{
    ClientConfig, ClientError, Credentials, LmCompatibilityLevel, LogonKeys, NetworkLogon,
    NtStatus, ServerConfig, SessionSecurityError, StoredHashes, Target, verify,
};
use kdclab_proto::messages::{MechTypeList, NegState, NegTokenInit, NegTokenResp};
use kdclab_proto::{ObjectIdentifier, Timestamp};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

const NOW: Timestamp = Timestamp::from_unix_microseconds(1_767_225_600_000_000);
const LEVEL3: LmCompatibilityLevel = LmCompatibilityLevel::Level3;

fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(1)
}

fn client(level: LmCompatibilityLevel, credentials: Credentials) -> Initiator {
    Initiator::new(ClientConfig::new(level, "PC1"), credentials)
}

fn alice() -> Credentials {
    Credentials::from_password("alice", "LAB", "secret")
}

fn server(tells_time: bool) -> Acceptor {
    let mut target_info = TargetInfo::default();
    target_info.set_name(AvId::NB_DOMAIN_NAME, "LAB");
    let mut config = ServerConfig::new(Target::Domain("LAB".to_owned()), target_info);
    config.tells_time = tells_time;
    Acceptor::new(config)
}

fn domain_controller(logon: &NetworkLogon) -> Result<LogonKeys, NtStatus> {
    let account = StoredHashes::from_password("secret", false);
    verify(logon, Some(&account), LmCompatibilityLevel::Level0)
        .map(|validation| validation.keys)
        .map_err(|refusal| refusal.status())
}

/// The answers of a negotiation in their order, or the acceptor's failure.
fn negotiate(
    initiator: &mut Initiator,
    acceptor: &mut Acceptor,
) -> Result<Vec<NegTokenResp>, NegotiationError> {
    let mut ours = spnego::Initiator::new(vec![ObjectIdentifier::NTLMSSP]);
    let mut theirs = spnego::Acceptor::new(Dialect::Windows);
    let mut domain_controller = domain_controller;
    let mut acceptor = acceptor.asking(&mut domain_controller);
    let (mut rng, mut other_rng) = (rng(), ChaCha12Rng::seed_from_u64(2));
    let mut token = ours.init(NOW, &mut rng, &mut [initiator])?.token.unwrap();
    let mut answers = Vec::new();
    loop {
        let step = theirs
            .step(NOW, &mut other_rng, &mut [&mut acceptor], &token)
            .map_err(|refused| refused.error)?;
        let Some(answer) = step.token else {
            assert!(step.done);
            return Ok(answers);
        };
        answers.push(NegTokenResp::decode(&answer).unwrap());
        let step = ours.step(NOW, &mut rng, &mut [initiator], &answer)?;
        let Some(next) = step.token else {
            assert!(step.done);
            return Ok(answers);
        };
        answers.push(NegTokenResp::decode(&next).unwrap());
        token = next;
    }
}

fn acceptor_error(error: &NegotiationError) -> &AcceptorError {
    error.failure().unwrap().downcast_ref().unwrap()
}

/// Windows demands signatures of the list once the AUTHENTICATE_MESSAGE carries a MIC (MS-SPNG section 3.3.5.1); which
/// is where NTLMv2 meets a server that tells its time.
#[test]
fn the_list_is_signed_where_the_last_message_carries_a_mic() {
    for (level, tells_time, signed) in [
        (LEVEL3, true, true),
        (LEVEL3, false, false),
        (LmCompatibilityLevel::Level2, true, false),
    ] {
        let (mut initiator, mut acceptor) = (client(level, alice()), server(tells_time));
        let answers = negotiate(&mut initiator, &mut acceptor).unwrap();
        let signatures = answers.iter().filter(|token| token.mech_list_mic.is_some());
        assert_eq!(signatures.count(), if signed { 2 } else { 0 }, "{level}");
        // The client knows at once.
        assert_eq!(answers[1].mech_list_mic.is_some(), signed, "{level}");
        assert_eq!(
            answers.last().unwrap().neg_state,
            Some(NegState::AcceptCompleted)
        );
        let Some(Logon::User(accepted)) = acceptor.logon() else {
            panic!("alice was let in");
        };
        assert_eq!(
            (&*accepted.user, &*accepted.domain, &*accepted.workstation),
            ("alice", "LAB", "PC1")
        );
        // The signature of the list has taken number 0.
        let (_, signature) = initiator.context_mut().unwrap().seal(b"message").unwrap();
        let first = u32::from(signed).to_le_bytes();
        assert_eq!(signature[12..], first);
    }
}

/// A client that carries a MIC and leaves the list unsigned is not done.
#[test]
fn the_server_waits_for_the_signature() {
    for (tells_time, state) in [
        (true, NegState::AcceptIncomplete),
        (false, NegState::AcceptCompleted),
    ] {
        let (mut client, mut acceptor) = (client(LEVEL3, alice()), server(tells_time));
        let mut negotiation = spnego::Acceptor::new(Dialect::Windows);
        let mut domain_controller = domain_controller;
        let mut accept = |token: &[u8]| {
            let mechanism: &mut dyn Mechanism = &mut acceptor.asking(&mut domain_controller);
            let step = negotiation.step(NOW, &mut rng(), &mut [mechanism], token);
            let step = step.unwrap();
            (
                step.done,
                NegTokenResp::decode(&step.token.unwrap()).unwrap(),
            )
        };
        let init = NegTokenInit {
            mech_types: MechTypeList::new(vec![ObjectIdentifier::NTLMSSP]),
            req_flags: None,
            mech_token: client.step(NOW, &mut rng(), None).unwrap().token,
            mech_list_mic: None,
        };
        let (_, challenge) = accept(&init.encode());
        let challenge = challenge.response_token.unwrap();
        let authenticate = NegTokenResp {
            response_token: client
                .step(NOW, &mut rng(), Some(&challenge))
                .unwrap()
                .token,
            ..NegTokenResp::new(NegState::AcceptIncomplete)
        };
        let (done, answer) = accept(&authenticate.encode());
        assert_eq!(answer.neg_state, Some(state));
        assert_eq!(answer.mech_list_mic.is_some(), tells_time);
        assert_eq!(done, !tells_time);
    }
}

#[test]
fn a_session_goes_on_behind_the_signed_list() {
    let (mut initiator, mut acceptor) = (client(LEVEL3, alice()), server(true));
    negotiate(&mut initiator, &mut acceptor).unwrap();
    let (ours, theirs) = (
        initiator.context_mut().unwrap(),
        acceptor.context_mut().unwrap(),
    );
    for _ in 0..3 {
        let (sealed, signature) = ours.seal(b"message").unwrap();
        assert_eq!(theirs.unseal(&sealed, &signature).unwrap(), b"message");
        let signature = theirs.sign(b"message").unwrap();
        ours.verify(b"message", &signature).unwrap();
        assert!(ours.verify(b"message", &signature).is_err());
    }
}

#[test]
fn a_logon_that_the_domain_controller_refuses_has_its_status() {
    let credentials = Credentials::from_password("alice", "LAB", "guess");
    let mut acceptor = server(true);
    let error = negotiate(&mut client(LEVEL3, credentials), &mut acceptor).unwrap_err();
    let status = acceptor_error(&error).status();
    assert_eq!(status, Some(NtStatus::WRONG_PASSWORD));
    assert!(acceptor.logon().is_none());
}

#[test]
fn anonymous_clients_are_let_in_where_they_may() {
    let mut initiator = client(LEVEL3, Credentials::Anonymous);
    let error = negotiate(&mut initiator, &mut server(true)).unwrap_err();
    assert_eq!(
        *acceptor_error(&error),
        AcceptorError::Anonymous {
            workstation: "PC1".to_owned()
        }
    );

    let mut initiator = client(LEVEL3, Credentials::Anonymous);
    let mut acceptor = server(true).allowing_anonymous();
    negotiate(&mut initiator, &mut acceptor).unwrap();
    assert!(matches!(acceptor.logon(), Some(Logon::Anonymous { .. })));
    assert!(acceptor.context().is_none() && initiator.context().is_none());
}

/// There is nothing to sign with, even where the list must be signed.
#[test]
fn a_session_without_signatures_leaves_the_list_unsigned() {
    let mut config = ClientConfig::new(LEVEL3, "PC1");
    config.flags = NegotiateFlags::NONE;
    let mut initiator = Initiator::new(config, alice());
    let answers = negotiate(&mut initiator, &mut server(true)).unwrap();
    assert!(answers.iter().all(|token| token.mech_list_mic.is_none()));
    assert!(initiator.requires_mech_list_mic() && !initiator.has_integrity());
    let failure = initiator.get_mic(b"list").unwrap_err();
    assert!(matches!(
        failure.downcast_ref(),
        Some(SessionSecurityError::NotNegotiated { .. })
    ));
}

#[test]
fn steps_out_of_turn() {
    let out_of_turn = |failure: MechanismFailure| {
        matches!(failure.downcast_ref(), Some(InitiatorError::OutOfTurn))
    };
    let mut initiator = client(LEVEL3, alice());
    let early = initiator.step(NOW, &mut rng(), Some(b"")).unwrap_err();
    assert!(out_of_turn(early.failure));
    initiator.step(NOW, &mut rng(), None).unwrap();
    let again = initiator.step(NOW, &mut rng(), None).unwrap_err();
    assert!(out_of_turn(again.failure));
    assert!(matches!(
        initiator.get_mic(b"list"),
        Err(MechanismFailure::NoContext)
    ));
    // The first message has not harmed the exchange, and what is no challenge ends it.
    let garbage = initiator.step(NOW, &mut rng(), Some(b"NTLM")).unwrap_err();
    assert!(matches!(
        garbage.failure.downcast_ref(),
        Some(InitiatorError::Client(ClientError::Decode(_)))
    ));
    assert!(!initiator.is_established());

    let mut acceptor = server(true);
    let mut domain_controller = domain_controller;
    let mut mechanism = acceptor.asking(&mut domain_controller);
    for token in [Some(&b"NTLM"[..]), None, Some(b"NTLM")] {
        assert!(mechanism.step(NOW, &mut rng(), token).is_err());
    }
    let last = mechanism.step(NOW, &mut rng(), Some(b"")).unwrap_err();
    assert!(matches!(
        last.failure.downcast_ref(),
        Some(AcceptorError::OutOfTurn)
    ));
}
