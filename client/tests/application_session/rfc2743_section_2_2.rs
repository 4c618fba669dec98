//! Contexts step by step.

use kdclab_client::gss::{
    Acceptor, AcceptorError, ChannelBindings, ContextFlags, ContextRole, ContextToken, Initiator,
    InitiatorError, TokenError, TokenId,
};
use kdclab_client::{AcceptError, ApExchangeError, ApParameters, Dialect, ReplayCache, ReplayKey};

use crate::support::{Issue, SERVICE, acceptor, key, keytab, now, principal, rng};

fn initiator(parameters: &ApParameters<'_>) -> Initiator {
    Initiator::new(Issue::new().credential(), parameters)
}

fn init(initiator: &mut Initiator) -> Vec<u8> {
    initiator.init(now(), &mut rng()).unwrap().token.unwrap()
}

fn one_way() -> ApParameters<'static> {
    ApParameters {
        mutual: false,
        ..ApParameters::gss()
    }
}

/// An acceptor with another key than the ticket's.
fn other_key(dialect: Dialect) -> Acceptor {
    let mut service = acceptor(dialect);
    service.keytab = keytab([crate::support::entry(
        SERVICE,
        2,
        &key(crate::support::AES256, 7),
    )]);
    Acceptor::new(service, None)
}

#[test]
fn two_tokens_establish_a_context_on_both_ends() {
    let mut initiator = initiator(&ApParameters::gss());
    let first = initiator.init(now(), &mut rng()).unwrap();
    assert!(!first.done);
    assert!(initiator.context().is_none());
    let mut acceptor = Acceptor::new(acceptor(Dialect::Mit), None);
    let second = acceptor
        .step(now(), &mut rng(), &first.token.unwrap())
        .unwrap();
    assert!(second.done);
    let last = initiator.step(&second.token.unwrap()).unwrap();
    assert!(last.done);
    assert_eq!(last.token, None);
    let (ours, theirs) = (initiator.context().unwrap(), acceptor.context().unwrap());
    assert_eq!(ours.role(), ContextRole::Initiator);
    assert_eq!(theirs.role(), ContextRole::Acceptor);
    assert_eq!(ours.flags(), theirs.flags());
    assert!(ours.flags().contains(ContextFlags::MUTUAL));
    assert_eq!(ours.established().key(), theirs.established().key());
    assert_eq!(
        acceptor.accepted().unwrap().context.client,
        principal("alice")
    );
}

#[test]
fn one_token_is_enough_without_mutual_authentication() {
    let mut initiator = initiator(&one_way());
    let first = initiator.init(now(), &mut rng()).unwrap();
    assert!(first.done);
    let mut acceptor = Acceptor::new(acceptor(Dialect::Mit), None);
    let second = acceptor
        .step(now(), &mut rng(), &first.token.unwrap())
        .unwrap();
    assert!(second.done);
    assert_eq!(second.token, None);
    assert!(
        !initiator
            .context()
            .unwrap()
            .flags()
            .contains(ContextFlags::MUTUAL)
    );
}

#[test]
fn bindings_and_delegation_reach_the_acceptor() {
    let channel = ChannelBindings::new(b"tls-server-end-point:certificate");
    let forwarded = Issue::new().credential();
    let mut initiator = initiator(&ApParameters {
        channel_bindings: Some(channel.clone()),
        delegation: Some(&forwarded),
        ..ApParameters::gss()
    });
    let mut service = acceptor(Dialect::Mit);
    service.channel_bindings = Some(channel);
    let mut acceptor = Acceptor::new(service, None);
    let token = init(&mut initiator);
    acceptor.step(now(), &mut rng(), &token).unwrap();
    assert!(acceptor.context().unwrap().established().channel_bound);
    let accepted = acceptor.accepted().unwrap();
    assert_eq!(accepted.delegated.len(), 1);
    assert!(accepted.context.flags.contains(ContextFlags::DELEG));
}

#[test]
fn a_krb_error_tells_its_code_realm_and_sname() {
    for (dialect, code) in [(Dialect::Mit, 31), (Dialect::Windows, 41)] {
        let mut initiator = initiator(&ApParameters::gss());
        let token = init(&mut initiator);
        let refused = other_key(dialect)
            .step(now(), &mut rng(), &token)
            .unwrap_err();
        assert!(matches!(
            refused.refusal(),
            Some(AcceptError::TicketUndecryptable(_))
        ));
        let error = initiator.step(refused.token().unwrap()).unwrap_err();
        let refusal = error.refusal().unwrap();
        assert_eq!(refusal.error_code.0, code);
        assert_eq!(refusal.realm, principal(SERVICE).realm);
        assert_eq!(refusal.sname, principal(SERVICE).name);
        assert!(initiator.context().is_none());
    }
}

#[test]
fn a_krb_error_ends_a_context_that_stood_at_once() {
    let mut initiator = initiator(&one_way());
    let token = init(&mut initiator);
    let refused = other_key(Dialect::Windows)
        .step(now(), &mut rng(), &token)
        .unwrap_err();
    let error = initiator.step(refused.token().unwrap()).unwrap_err();
    assert_eq!(error.refusal().unwrap().error_code.0, 41);
    assert!(initiator.context().is_none());
}

#[test]
fn an_ap_rep_for_another_ap_req_is_refused() {
    let mut first = initiator(&ApParameters::gss());
    let token = init(&mut first);
    let mut acceptor = Acceptor::new(acceptor(Dialect::Mit), None);
    let reply = acceptor
        .step(now(), &mut rng(), &token)
        .unwrap()
        .token
        .unwrap();
    let mut second = initiator(&ApParameters::gss());
    second.init(now().offset_by(1), &mut rng()).unwrap();
    assert!(matches!(
        second.step(&reply),
        Err(InitiatorError::Exchange(
            ApExchangeError::MutualFailed { .. }
        ))
    ));
    assert!(first.step(&reply).is_ok());
}

#[test]
fn steps_out_of_turn_are_refused() {
    let mut initiator = initiator(&ApParameters::gss());
    assert_eq!(initiator.step(b"early"), Err(InitiatorError::OutOfTurn));
    let token = init(&mut initiator);
    assert_eq!(
        initiator.init(now(), &mut rng()),
        Err(InitiatorError::OutOfTurn)
    );
    let mut acceptor = Acceptor::new(acceptor(Dialect::Mit), None);
    let reply = acceptor
        .step(now(), &mut rng(), &token)
        .unwrap()
        .token
        .unwrap();
    assert_eq!(
        acceptor.step(now(), &mut rng(), &token),
        Err(AcceptorError::OutOfTurn)
    );
    initiator.step(&reply).unwrap();
    assert_eq!(initiator.step(&reply), Err(InitiatorError::OutOfTurn));
}

#[test]
fn an_ap_req_is_no_answer() {
    let mut initiator = initiator(&ApParameters::gss());
    let token = init(&mut initiator);
    assert_eq!(
        initiator.step(&token),
        Err(InitiatorError::Exchange(ApExchangeError::DefectiveToken(
            TokenError::UnexpectedTokenId {
                expected: TokenId::ApRep,
                found: TokenId::ApReq
            }
        )))
    );
}

#[test]
fn an_acceptor_that_refused_takes_another_token() {
    let mut acceptor = Acceptor::new(acceptor(Dialect::Windows), None);
    let late = Issue::new().token_at(now().offset_by(-3_600_000_000));
    let refused = acceptor.step(now(), &mut rng(), &late).unwrap_err();
    assert!(matches!(
        refused.refusal(),
        Some(AcceptError::ClockSkew { .. })
    ));
    assert_eq!(
        ContextToken::decode(refused.token().unwrap()).unwrap().id,
        TokenId::KrbError
    );
    assert!(
        acceptor
            .step(now(), &mut rng(), &Issue::new().token())
            .is_ok()
    );
}

#[test]
fn contexts_of_a_service_share_its_replay_cache() {
    let mut replay_cache = ReplayCache::new(ReplayKey::Hash);
    let token = Issue::new().token();
    let mut accept = || {
        Acceptor::new(acceptor(Dialect::Mit), None).step_sharing(
            &mut replay_cache,
            now(),
            &mut rng(),
            &token,
        )
    };
    assert!(accept().is_ok());
    assert!(matches!(
        accept().unwrap_err().refusal(),
        Some(AcceptError::Replay { .. })
    ));
}
