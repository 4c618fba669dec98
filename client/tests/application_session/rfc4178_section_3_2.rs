//! The negotiation of a mechanism.

use kdclab_client::spnego::{Acceptor, Initiator, NegotiationError};
use kdclab_client::{ApParameters, Dialect, gss};
use kdclab_proto::messages::{NegState, NegTokenInit, NegTokenResp};

use crate::negotiation::{
    KRB5, NTLM, ThreeTokens, ThreeTokensError, accept, init, initiate, kerberos_acceptor,
    kerberos_initiator, message, negotiate,
};
use crate::support::Issue;

#[test]
fn an_optimistic_token_establishes_the_context_in_one_exchange() {
    let mut initiator = Initiator::new(vec![KRB5, NTLM]);
    let mut acceptor = Acceptor::new(Dialect::Mit);
    let (mut kerberos, mut service) = (kerberos_initiator(), kerberos_acceptor());
    let (first, travelled) = negotiate(
        &mut initiator,
        &mut [&mut kerberos, &mut ThreeTokens::initiator()],
        &mut acceptor,
        &mut [&mut service, &mut ThreeTokens::acceptor()],
    );
    assert!(first.mech_token.is_some());
    let [answer] = travelled.as_slice() else {
        panic!("{travelled:?}");
    };
    assert_eq!(answer.neg_state, Some(NegState::AcceptCompleted));
    assert_eq!(answer.supported_mech, Some(KRB5));
    assert!(answer.response_token.is_some());
    // Windows ends a session where a signature comes that nobody asked for.
    assert_eq!(answer.mech_list_mic, None);
    assert_eq!(initiator.mech_type(), Some(&KRB5));
    assert_eq!(acceptor.mech_type(), Some(&KRB5));
    assert_eq!(
        kerberos.context().unwrap().established().key(),
        service.context().unwrap().established().key()
    );
}

#[test]
fn without_mutual_authentication_the_answer_has_no_token() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let one_way = ApParameters {
        mutual: false,
        ..ApParameters::gss()
    };
    let mut kerberos = gss::Initiator::new(Issue::new().credential(), &one_way);
    let (_, travelled) = negotiate(
        &mut initiator,
        &mut [&mut kerberos],
        &mut Acceptor::new(Dialect::Mit),
        &mut [&mut kerberos_acceptor()],
    );
    assert_eq!(travelled.len(), 1);
    assert_eq!(travelled[0].response_token, None);
}

#[test]
fn three_tokens_take_two_exchanges() {
    let mut initiator = Initiator::new(vec![NTLM]);
    let (_, travelled) = negotiate(
        &mut initiator,
        &mut [&mut ThreeTokens::initiator()],
        &mut Acceptor::new(Dialect::Windows),
        &mut [&mut ThreeTokens::acceptor()],
    );
    let states: Vec<_> = travelled.iter().map(|token| token.neg_state).collect();
    assert_eq!(
        states,
        [
            Some(NegState::AcceptIncomplete),
            Some(NegState::AcceptIncomplete),
            Some(NegState::AcceptCompleted)
        ]
    );
    assert_eq!(travelled[1].response_token, Some(message(3)));
    assert_eq!(travelled[1].supported_mech, None);
    assert!(travelled.iter().all(|token| token.mech_list_mic.is_none()));
}

#[test]
fn a_mechanism_that_cannot_start_is_not_offered() {
    let mut initiator = Initiator::new(vec![NTLM, KRB5]);
    let mut ntlm = ThreeTokens {
        can_start: false,
        ..ThreeTokens::initiator()
    };
    let token = init(&mut initiator, &mut [&mut ntlm, &mut kerberos_initiator()]).unwrap();
    let token = NegTokenInit::decode(&token).unwrap();
    assert_eq!(token.mech_types.mech_types(), [KRB5]);
    assert!(token.mech_token.is_some());
    let [(mech_type, failure)] = initiator.failures() else {
        panic!("{:?}", initiator.failures());
    };
    assert_eq!(*mech_type, NTLM);
    assert_eq!(failure.downcast_ref(), Some(&ThreeTokensError::NoPassword));
}

#[test]
fn an_initiator_without_a_mechanism_that_starts_says_why() {
    let mut initiator = Initiator::new(vec![NTLM]);
    let mut ntlm = ThreeTokens {
        can_start: false,
        ..ThreeTokens::initiator()
    };
    let error = init(&mut initiator, &mut [&mut ntlm]).unwrap_err();
    assert!(matches!(error, NegotiationError::NoMechanism { .. }));
    assert_eq!(
        error.failure().unwrap().downcast_ref(),
        Some(&ThreeTokensError::NoPassword)
    );
    assert!(matches!(
        init(&mut Initiator::new(vec![]), &mut []),
        Err(NegotiationError::NoMechanism { failures }) if failures.is_empty()
    ));
}

#[test]
fn an_acceptor_without_common_mechanism_rejects() {
    let mut initiator = Initiator::new(vec![NTLM]);
    let mut ntlm = ThreeTokens::initiator();
    let first = init(&mut initiator, &mut [&mut ntlm]).unwrap();
    let refused = accept(
        &mut Acceptor::new(Dialect::Mit),
        &mut [&mut kerberos_acceptor()],
        &first,
    )
    .unwrap_err();
    assert!(matches!(
        refused.error,
        NegotiationError::NoCommonMechanism { offered } if offered == [NTLM]
    ));
    let error = initiate(&mut initiator, &mut [&mut ntlm], &refused.reply.unwrap()).unwrap_err();
    assert!(matches!(
        error,
        NegotiationError::Rejected { failure: None, .. }
    ));
}

/// The initiator's error when Kerberos and NTLM were offered and `answer` comes.
fn initiators_error(answer: &NegTokenResp) -> NegotiationError {
    let mut initiator = Initiator::new(vec![KRB5, NTLM]);
    let (mut kerberos, mut ntlm) = (kerberos_initiator(), ThreeTokens::initiator());
    init(&mut initiator, &mut [&mut kerberos, &mut ntlm]).unwrap();
    initiate(
        &mut initiator,
        &mut [&mut kerberos, &mut ntlm],
        &answer.encode(),
    )
    .unwrap_err()
}

#[test]
fn a_choice_that_was_not_offered_is_refused() {
    let mech_type = kdclab_proto::ObjectIdentifier::NEGOEX;
    let answer = NegTokenResp {
        supported_mech: Some(mech_type.clone()),
        ..NegTokenResp::new(NegState::AcceptIncomplete)
    };
    assert!(matches!(
        initiators_error(&answer),
        NegotiationError::MechanismNotOffered { mech_type: found } if found == mech_type
    ));
}

#[test]
fn a_mechanism_that_was_left_out_of_the_list_cannot_be_chosen() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let (mut kerberos, mut ntlm) = (kerberos_initiator(), ThreeTokens::initiator());
    init(&mut initiator, &mut [&mut kerberos, &mut ntlm]).unwrap();
    let answer = NegTokenResp {
        supported_mech: Some(NTLM),
        ..NegTokenResp::new(NegState::RequestMic)
    };
    assert!(matches!(
        initiate(&mut initiator, &mut [&mut kerberos, &mut ntlm], &answer.encode()),
        Err(NegotiationError::MechanismNotOffered { mech_type }) if mech_type == NTLM
    ));
}

#[test]
fn a_choice_cannot_change() {
    let mut initiator = Initiator::new(vec![NTLM, KRB5]);
    let (mut kerberos, mut ntlm) = (kerberos_initiator(), ThreeTokens::initiator());
    init(&mut initiator, &mut [&mut kerberos, &mut ntlm]).unwrap();
    let mut answer = NegTokenResp {
        supported_mech: Some(NTLM),
        response_token: Some(message(2)),
        ..NegTokenResp::new(NegState::AcceptIncomplete)
    };
    let mut mechanisms = (kerberos, ntlm);
    let mut step = |answer: &NegTokenResp| {
        initiate(
            &mut initiator,
            &mut [&mut mechanisms.0, &mut mechanisms.1],
            &answer.encode(),
        )
    };
    step(&answer).unwrap();
    answer.supported_mech = Some(KRB5);
    assert!(matches!(
        step(&answer),
        Err(NegotiationError::MechanismNotOffered { mech_type }) if mech_type == KRB5
    ));
}

#[test]
fn a_context_that_stands_on_one_end_only_is_refused() {
    let answer = NegTokenResp::new(NegState::AcceptCompleted);
    assert!(matches!(
        initiators_error(&answer),
        NegotiationError::MissingToken { mech_type } if mech_type == KRB5
    ));
    let answer = NegTokenResp {
        supported_mech: Some(NTLM),
        ..answer
    };
    assert!(matches!(
        initiators_error(&answer),
        NegotiationError::Incomplete { mech_type } if mech_type == NTLM
    ));
}

#[test]
fn an_acceptor_may_send_nothing_but_its_token() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let mut kerberos = kerberos_initiator();
    let first = init(&mut initiator, &mut [&mut kerberos]).unwrap();
    let answer = accept(
        &mut Acceptor::new(Dialect::Mit),
        &mut [&mut kerberos_acceptor()],
        &first,
    )
    .unwrap();
    let answer = NegTokenResp::decode(&answer.token.unwrap()).unwrap();
    let bare = NegTokenResp {
        neg_state: None,
        supported_mech: None,
        ..answer
    };
    assert!(
        initiate(&mut initiator, &mut [&mut kerberos], &bare.encode())
            .unwrap()
            .done
    );
}

#[test]
fn steps_out_of_turn_are_refused() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let mut kerberos = kerberos_initiator();
    let answer = NegTokenResp::new(NegState::AcceptCompleted).encode();
    assert!(matches!(
        initiate(&mut initiator, &mut [&mut kerberos], &answer),
        Err(NegotiationError::OutOfTurn)
    ));
    let first = init(&mut initiator, &mut [&mut kerberos]).unwrap();
    assert!(matches!(
        init(&mut initiator, &mut [&mut kerberos]),
        Err(NegotiationError::OutOfTurn)
    ));
    let mut acceptor = Acceptor::new(Dialect::Mit);
    let mut service = kerberos_acceptor();
    accept(&mut acceptor, &mut [&mut service], &first).unwrap();
    assert!(matches!(
        accept(&mut acceptor, &mut [&mut service], &first)
            .unwrap_err()
            .error,
        NegotiationError::OutOfTurn
    ));
}
