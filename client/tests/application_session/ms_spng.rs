//! What Windows does of its own.

use kdclab_client::gss;
use kdclab_client::spnego::{
    Acceptor, Initiator, Mechanism, MechanismFailure, NegotiationError, mech_types,
};
use kdclab_client::{AcceptError, Dialect, ReplayCache, ReplayKey};
use kdclab_proto::messages::{MechTypeList, NegState, NegTokenInit2, NegTokenResp};
use kdclab_proto::{ErrorCode, ObjectIdentifier};

use crate::negotiation::{
    KRB5, MS_KRB5, NTLM, ThreeTokens, ThreeTokensError, accept, init, initiate, kerberos_acceptor,
    kerberos_initiator, message, negotiate,
};
use crate::support::{AES256, Issue, SERVICE, acceptor, entry, key, keytab, krb_error, now, rng};

// 2.2.1: NegTokenInit2

#[test]
fn section_2_2_1_a_hint_has_the_encoding_of_windows() {
    let user_to_user = ObjectIdentifier::from_contents(&[
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x03,
    ])
    .unwrap();
    // The security blob of an SMB2 NEGOTIATE response of Windows Server.
    let expected = [
        [0x60, 0x76, 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02].as_slice(),
        &[0xa0, 0x6c, 0x30, 0x6a, 0xa0, 0x3c, 0x30, 0x3a],
        &[
            0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1e,
        ],
        &[
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02,
        ],
        &[
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02,
        ],
        &[
            0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x03,
        ],
        &[
            0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a,
        ],
        &[0xa3, 0x2a, 0x30, 0x28, 0xa0, 0x26, 0x1b, 0x24],
        b"not_defined_in_RFC4178@please_ignore",
    ]
    .concat();
    let hint = NegTokenInit2::new(MechTypeList::new(vec![
        ObjectIdentifier::NEGOEX,
        MS_KRB5,
        KRB5,
        user_to_user,
        NTLM,
    ]));
    assert_eq!(hint.encode(), expected);
    assert_eq!(NegTokenInit2::decode(&expected), Ok(hint));
}

#[test]
fn section_2_2_1_a_hint_with_lengths_longer_than_needed_is_read() {
    // The security blob of a server in a public log of an SMB client.
    let blob = [
        [0x60, 0x82, 0x00, 0x76, 0x06, 0x82, 0x00, 0x06].as_slice(),
        &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02, 0xa0, 0x82, 0x00, 0x68],
        &[
            0x30, 0x82, 0x00, 0x64, 0xa0, 0x82, 0x00, 0x2c, 0x30, 0x82, 0x00, 0x28,
        ],
        &[
            0x06, 0x82, 0x00, 0x09, 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02,
        ],
        &[
            0x06, 0x82, 0x00, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02,
        ],
        &[
            0x06, 0x82, 0x00, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a,
        ],
        &[
            0xa3, 0x82, 0x00, 0x30, 0x30, 0x82, 0x00, 0x2c, 0xa0, 0x82, 0x00, 0x28,
        ],
        &[0x1b, 0x82, 0x00, 0x24],
        b"not_defined_in_RFC4178@please_ignore",
    ]
    .concat();
    let hint = NegTokenInit2::decode(&blob).unwrap();
    assert_eq!(hint.mech_types.unwrap().mech_types(), [MS_KRB5, KRB5, NTLM]);
}

// 3.2.5: the number of Kerberos

#[test]
fn section_3_2_5_the_number_of_windows_is_answered_with_itself() {
    for offered in [MS_KRB5, KRB5] {
        let mut initiator = Initiator::new(vec![offered.clone(), NTLM]);
        let mut kerberos = kerberos_initiator();
        let mut service = kerberos_acceptor();
        let (_, travelled) = negotiate(
            &mut initiator,
            &mut [&mut kerberos],
            &mut Acceptor::new(Dialect::Windows),
            &mut [&mut service],
        );
        assert_eq!(travelled[0].supported_mech, Some(offered));
    }
}

#[test]
fn an_initiator_takes_either_number_for_the_other() {
    let mut initiator = Initiator::new(vec![MS_KRB5, NTLM]);
    let mut kerberos = kerberos_initiator();
    let first = init(&mut initiator, &mut [&mut kerberos]).unwrap();
    let answer = accept(
        &mut Acceptor::new(Dialect::Windows),
        &mut [&mut kerberos_acceptor()],
        &first,
    )
    .unwrap();
    let answer = NegTokenResp {
        supported_mech: Some(KRB5),
        ..NegTokenResp::decode(&answer.token.unwrap()).unwrap()
    };
    assert!(
        initiate(&mut initiator, &mut [&mut kerberos], &answer.encode())
            .unwrap()
            .done
    );
}

#[test]
fn windows_names_kerberos_twice() {
    let (mut kerberos, mut ntlm) = (kerberos_initiator(), ThreeTokens::initiator());
    let mechanisms: [&mut dyn Mechanism; 2] = [&mut kerberos, &mut ntlm];
    assert_eq!(
        mech_types(Dialect::Windows, &mechanisms),
        [MS_KRB5, KRB5, NTLM]
    );
    assert_eq!(mech_types(Dialect::Mit, &mechanisms), [KRB5, NTLM]);
}

// A KRB-ERROR in a negotiation

/// A service whose account's password is another one than the ticket's.
fn other_key(dialect: Dialect) -> gss::Acceptor {
    let mut service = acceptor(dialect);
    service.keytab = keytab([entry(SERVICE, 2, &key(AES256, 7))]);
    gss::Acceptor::new(service, None)
}

#[test]
fn windows_sends_a_krb_error_with_accept_incomplete() {
    let mut initiator = Initiator::new(vec![MS_KRB5, KRB5, NTLM]);
    let mut kerberos = kerberos_initiator();
    let first = init(&mut initiator, &mut [&mut kerberos]).unwrap();
    let mut negotiation = Acceptor::new(Dialect::Windows);
    let refused = accept(
        &mut negotiation,
        &mut [&mut other_key(Dialect::Windows)],
        &first,
    )
    .unwrap_err();
    assert!(refused.may_continue);
    let NegotiationError::Mechanism {
        mech_type,
        failure: MechanismFailure::Accept(error),
    } = &refused.error
    else {
        panic!("{:?}", refused.error);
    };
    assert_eq!(*mech_type, MS_KRB5);
    assert!(matches!(
        error.refusal(),
        Some(AcceptError::TicketUndecryptable(_))
    ));
    let reply = refused.reply.unwrap();
    let token = NegTokenResp::decode(&reply).unwrap();
    assert_eq!(token.neg_state, Some(NegState::AcceptIncomplete));
    assert_eq!(token.supported_mech, Some(MS_KRB5));
    let code = krb_error(&token.response_token.unwrap()).error_code;
    assert_eq!(code, ErrorCode::KRB_AP_ERR_MODIFIED);
    let error = initiate(&mut initiator, &mut [&mut kerberos], &reply).unwrap_err();
    let Some(MechanismFailure::Initiate(error)) = error.failure() else {
        panic!("{error:?}");
    };
    assert_eq!(error.refusal().unwrap().error_code, code);
}

/// As seen with MIT 1.20: a1 .. 30 .. a0 03 0a 01 02 a2 .., and the KRB-ERROR in it.
#[test]
fn mit_sends_a_krb_error_with_reject() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let mut kerberos = kerberos_initiator();
    let first = init(&mut initiator, &mut [&mut kerberos]).unwrap();
    let mut negotiation = Acceptor::new(Dialect::Mit);
    let service = &mut other_key(Dialect::Mit);
    let refused = accept(&mut negotiation, &mut [service], &first).unwrap_err();
    assert!(!refused.may_continue);
    let reply = refused.reply.unwrap();
    let token = NegTokenResp::decode(&reply).unwrap();
    assert_eq!(token.neg_state, Some(NegState::Reject));
    assert_eq!(token.supported_mech, None);
    let error = initiate(&mut initiator, &mut [&mut kerberos], &reply).unwrap_err();
    assert!(matches!(error, NegotiationError::Rejected { .. }));
    let Some(MechanismFailure::Initiate(error)) = error.failure() else {
        panic!("{error:?}");
    };
    assert_eq!(
        error.refusal().unwrap().error_code,
        ErrorCode::KRB_AP_ERR_BAD_INTEGRITY
    );
    assert!(matches!(
        accept(&mut negotiation, &mut [service], &first)
            .unwrap_err()
            .error,
        NegotiationError::OutOfTurn
    ));
}

#[test]
fn java_says_nothing() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let first = init(&mut initiator, &mut [&mut kerberos_initiator()]).unwrap();
    let refused = accept(
        &mut Acceptor::new(Dialect::Java),
        &mut [&mut other_key(Dialect::Java)],
        &first,
    )
    .unwrap_err();
    assert_eq!(refused.reply, None);
    assert!(matches!(refused.error, NegotiationError::Mechanism { .. }));
}

#[test]
fn windows_takes_another_ap_req_after_a_krb_error() {
    let mut negotiation = Acceptor::new(Dialect::Windows);
    let mut service = gss::Acceptor::new(acceptor(Dialect::Windows), None);
    let mut initiator = Initiator::new(vec![MS_KRB5]);
    let mut slow = kerberos_initiator();
    let first = initiator
        .init(
            now().offset_by(-3_600_000_000),
            &mut rng(),
            &mut [&mut slow],
        )
        .unwrap();
    let refused = accept(&mut negotiation, &mut [&mut service], &first.token.unwrap()).unwrap_err();
    assert!(refused.may_continue);
    let again = NegTokenResp {
        response_token: Some(Issue::new().token()),
        ..NegTokenResp::new(NegState::AcceptIncomplete)
    };
    let answer = accept(&mut negotiation, &mut [&mut service], &again.encode()).unwrap();
    assert!(answer.done);
    assert!(service.context().is_some());
}

#[test]
fn the_failure_of_another_mechanism_keeps_its_data() {
    let mut initiator = Initiator::new(vec![NTLM]);
    let mut ours = ThreeTokens::initiator();
    let mut theirs = ThreeTokens {
        logon_fails: true,
        ..ThreeTokens::acceptor()
    };
    let mut negotiation = Acceptor::new(Dialect::Windows);
    let first = init(&mut initiator, &mut [&mut ours]).unwrap();
    let second = accept(&mut negotiation, &mut [&mut theirs], &first).unwrap();
    let third = initiate(&mut initiator, &mut [&mut ours], &second.token.unwrap()).unwrap();
    let refused = accept(&mut negotiation, &mut [&mut theirs], &third.token.unwrap()).unwrap_err();
    assert_eq!(
        refused.error.failure().unwrap().downcast_ref(),
        Some(&ThreeTokensError::LogonFailure { user: "alice" })
    );
    assert!(!refused.may_continue);
    assert_eq!(
        refused.reply,
        Some(NegTokenResp::new(NegState::Reject).encode())
    );
}

// Tokens without negotiation

#[test]
fn kerberos_comes_without_negotiation() {
    let mut negotiation = Acceptor::new(Dialect::Windows);
    let mut service = kerberos_acceptor();
    let mut kerberos = kerberos_initiator();
    let token = kerberos.init(now(), &mut rng()).unwrap().token.unwrap();
    let answer = accept(&mut negotiation, &mut [&mut service], &token).unwrap();
    assert!(answer.done);
    assert!(negotiation.is_raw());
    assert_eq!(negotiation.mech_type(), Some(&KRB5));
    assert!(kerberos.step(&answer.token.unwrap()).unwrap().done);
}

#[test]
fn a_krb_error_comes_without_negotiation_too() {
    let token = Issue::new().token();
    let refused = accept(
        &mut Acceptor::new(Dialect::Windows),
        &mut [&mut other_key(Dialect::Windows)],
        &token,
    )
    .unwrap_err();
    let code = krb_error(&refused.reply.unwrap()).error_code;
    assert_eq!(code, ErrorCode::KRB_AP_ERR_MODIFIED);
}

#[test]
fn ntlm_comes_without_negotiation() {
    let mut negotiation = Acceptor::new(Dialect::Windows);
    let (mut service, mut ntlm) = (kerberos_acceptor(), ThreeTokens::acceptor());
    let mut accept =
        |token: &[u8]| accept(&mut negotiation, &mut [&mut service, &mut ntlm], token).unwrap();
    let second = accept(&message(1));
    assert!(!second.done);
    assert_eq!(second.token, Some(message(2)));
    let last = accept(&message(3));
    assert!(last.done);
    assert_eq!(last.token, None);
    assert_eq!(negotiation.mech_type(), Some(&NTLM));
}

#[test]
fn ntlm_without_negotiation_is_refused_where_it_is_unknown() {
    let refused = accept(
        &mut Acceptor::new(Dialect::Windows),
        &mut [&mut kerberos_acceptor()],
        &message(1),
    )
    .unwrap_err();
    assert_eq!(refused.reply, None);
    assert!(matches!(
        refused.error,
        NegotiationError::NoCommonMechanism { offered } if offered == [NTLM]
    ));
}

#[test]
fn contexts_share_a_replay_cache_under_negotiation() {
    let mut replay_cache = ReplayCache::new(ReplayKey::Hash);
    let mut initiator = Initiator::new(vec![KRB5]);
    let first = init(&mut initiator, &mut [&mut kerberos_initiator()]).unwrap();
    let mut accept = || {
        accept(
            &mut Acceptor::new(Dialect::Mit),
            &mut [&mut kerberos_acceptor().sharing(&mut replay_cache)],
            &first,
        )
    };
    assert!(accept().is_ok());
    let refused = accept().unwrap_err();
    let Some(MechanismFailure::Accept(error)) = refused.error.failure() else {
        panic!("{:?}", refused.error);
    };
    assert!(matches!(error.refusal(), Some(AcceptError::Replay { .. })));
}
