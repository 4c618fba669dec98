//! Signatures of the list of mechanisms.

use kdclab_client::gss::TokenOrder;
use kdclab_client::spnego::{Acceptor, Initiator, MechanismFailure, NegotiationError};
use kdclab_client::{ApParameters, Dialect, gss};
use kdclab_proto::messages::{MechTypeList, NegState, NegTokenInit, NegTokenResp};

use crate::negotiation::{
    KRB5, NTLM, ThreeTokens, ThreeTokensError, accept, init, initiate, kerberos_acceptor,
    kerberos_initiator, message, negotiate,
};
use crate::support::Issue;

fn states(travelled: &[NegTokenResp]) -> Vec<(NegState, bool, bool)> {
    travelled
        .iter()
        .map(|token| {
            (
                token.neg_state.unwrap(),
                token.response_token.is_some(),
                token.mech_list_mic.is_some(),
            )
        })
        .collect()
}

#[test]
fn another_mechanism_than_the_first_is_chosen_with_request_mic() {
    let mut initiator = Initiator::new(vec![NTLM, KRB5]);
    let (_, travelled) = negotiate(
        &mut initiator,
        &mut [&mut ThreeTokens::initiator(), &mut kerberos_initiator()],
        &mut Acceptor::new(Dialect::Mit),
        &mut [&mut kerberos_acceptor()],
    );
    assert_eq!(initiator.mech_type(), Some(&KRB5));
    assert_eq!(travelled[0].supported_mech, Some(KRB5));
    assert_eq!(
        states(&travelled),
        [
            (NegState::RequestMic, false, false),
            (NegState::AcceptIncomplete, true, false),
            (NegState::AcceptIncomplete, true, true),
            (NegState::AcceptCompleted, false, true),
        ]
    );
}

#[test]
fn the_last_token_of_the_initiator_brings_its_signature() {
    let mut initiator = Initiator::new(vec![KRB5, NTLM]);
    let (_, travelled) = negotiate(
        &mut initiator,
        &mut [&mut kerberos_initiator(), &mut ThreeTokens::initiator()],
        &mut Acceptor::new(Dialect::Windows),
        &mut [&mut ThreeTokens::acceptor()],
    );
    assert_eq!(
        states(&travelled),
        [
            (NegState::RequestMic, false, false),
            (NegState::AcceptIncomplete, true, false),
            (NegState::AcceptIncomplete, true, false),
            (NegState::AcceptIncomplete, true, true),
            (NegState::AcceptCompleted, false, true),
        ]
    );
}

#[test]
fn an_acceptor_may_ask_for_signatures_of_its_own_accord() {
    let mut initiator = Initiator::new(vec![KRB5, NTLM]);
    let (_, travelled) = negotiate(
        &mut initiator,
        &mut [&mut kerberos_initiator()],
        &mut Acceptor::new(Dialect::Mit).requesting_mic(),
        &mut [&mut kerberos_acceptor()],
    );
    assert_eq!(
        states(&travelled),
        [
            (NegState::RequestMic, true, true),
            (NegState::AcceptCompleted, false, true),
        ]
    );
}

#[test]
fn a_mechanism_may_ask_for_signatures() {
    for (ours, theirs) in [(true, false), (false, true)] {
        let mut initiator = Initiator::new(vec![NTLM]);
        let mut ours = ThreeTokens {
            requires_mic: ours,
            ..ThreeTokens::initiator()
        };
        let mut theirs = ThreeTokens {
            requires_mic: theirs,
            ..ThreeTokens::acceptor()
        };
        let (_, travelled) = negotiate(
            &mut initiator,
            &mut [&mut ours],
            &mut Acceptor::new(Dialect::Windows),
            &mut [&mut theirs],
        );
        assert!(travelled[1].mech_list_mic.is_some());
        assert!(travelled[2].mech_list_mic.is_some());
    }
}

/// Windows waits with accept-incomplete and its own signature where the initiator did not sign with its last token.
#[test]
fn an_acceptor_that_waits_for_a_signature_gets_it() {
    let mut initiator = Initiator::new(vec![NTLM]);
    let mut ours = ThreeTokens::initiator();
    init(&mut initiator, &mut [&mut ours]).unwrap();
    let second = NegTokenResp {
        supported_mech: Some(NTLM),
        response_token: Some(message(2)),
        ..NegTokenResp::new(NegState::AcceptIncomplete)
    };
    let third = initiate(&mut initiator, &mut [&mut ours], &second.encode()).unwrap();
    assert!(!third.done);
    let waits = NegTokenResp::new(NegState::AcceptIncomplete);
    let fifth = initiate(&mut initiator, &mut [&mut ours], &waits.encode()).unwrap();
    let fifth = NegTokenResp::decode(&fifth.token.unwrap()).unwrap();
    assert_eq!(fifth.response_token, None);
    assert!(fifth.mech_list_mic.is_some());
}

#[test]
fn mechanisms_without_integrity_sign_nothing() {
    let without = |mechanism| ThreeTokens {
        integrity: false,
        ..mechanism
    };
    let mut initiator = Initiator::new(vec![KRB5, NTLM]);
    let (_, travelled) = negotiate(
        &mut initiator,
        &mut [
            &mut kerberos_initiator(),
            &mut without(ThreeTokens::initiator()),
        ],
        &mut Acceptor::new(Dialect::Mit),
        &mut [&mut without(ThreeTokens::acceptor())],
    );
    assert!(travelled.iter().all(|token| token.mech_list_mic.is_none()));
}

// The rejecting twins

#[test]
fn a_list_that_was_changed_on_its_way_is_found_out() {
    // Somebody takes Kerberos, which both have, out of the list.
    let mut initiator = Initiator::new(vec![KRB5, NTLM]);
    let mut acceptor = Acceptor::new(Dialect::Windows).requesting_mic();
    let (mut ours, mut theirs) = (ThreeTokens::initiator(), ThreeTokens::acceptor());
    let mut kerberos = kerberos_initiator();
    let first = init(&mut initiator, &mut [&mut kerberos, &mut ours]).unwrap();
    let changed = NegTokenInit {
        mech_types: MechTypeList::new(vec![NTLM]),
        mech_token: None,
        ..NegTokenInit::decode(&first).unwrap()
    };
    let mut token = changed.encode();
    let error = loop {
        match accept(
            &mut acceptor,
            &mut [&mut kerberos_acceptor(), &mut theirs],
            &token,
        ) {
            Err(refused) => break refused,
            Ok(answer) => {
                let answer = answer.token.unwrap();
                token = initiate(&mut initiator, &mut [&mut kerberos, &mut ours], &answer)
                    .unwrap()
                    .token
                    .unwrap();
            }
        }
    };
    let NegotiationError::MechListMic { mech_type, failure } = &error.error else {
        panic!("{:?}", error.error);
    };
    assert_eq!(*mech_type, NTLM);
    assert_eq!(failure.downcast_ref(), Some(&ThreeTokensError::Signature));
    assert_eq!(
        error.reply,
        Some(NegTokenResp::new(NegState::Reject).encode())
    );
}

#[test]
fn an_initiator_that_must_be_signed_to_does_not_do_without() {
    let mut initiator = Initiator::new(vec![KRB5, NTLM]);
    let mut acceptor = Acceptor::new(Dialect::Mit);
    let (mut ours, mut theirs) = (ThreeTokens::initiator(), ThreeTokens::acceptor());
    let mut kerberos = kerberos_initiator();
    let mut token = init(&mut initiator, &mut [&mut kerberos, &mut ours]).unwrap();
    for _ in 0..2 {
        let answer = accept(&mut acceptor, &mut [&mut theirs], &token).unwrap();
        let answer = answer.token.unwrap();
        let step = initiate(&mut initiator, &mut [&mut kerberos, &mut ours], &answer).unwrap();
        token = step.token.unwrap();
    }
    assert!(
        NegTokenResp::decode(&token)
            .unwrap()
            .mech_list_mic
            .is_some()
    );
    let answer = accept(&mut acceptor, &mut [&mut theirs], &token).unwrap();
    let signed = NegTokenResp::decode(&answer.token.unwrap()).unwrap();
    let unsigned = NegTokenResp {
        mech_list_mic: None,
        ..signed.clone()
    };
    let mut twin = initiator.clone();
    let mut mechanisms = (kerberos, ours);
    assert!(matches!(
        initiate(
            &mut initiator,
            &mut [&mut mechanisms.0, &mut mechanisms.1],
            &unsigned.encode()
        ),
        Err(NegotiationError::MechListMicMissing)
    ));
    assert!(
        initiate(
            &mut twin,
            &mut [&mut mechanisms.0, &mut mechanisms.1],
            &signed.encode()
        )
        .unwrap()
        .done
    );
}

#[test]
fn an_acceptor_that_must_be_signed_to_does_not_do_without() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let mut acceptor = Acceptor::new(Dialect::Mit).requesting_mic();
    let mut service = kerberos_acceptor();
    let first = init(&mut initiator, &mut [&mut kerberos_initiator()]).unwrap();
    accept(&mut acceptor, &mut [&mut service], &first).unwrap();
    let unsigned = NegTokenResp::new(NegState::AcceptCompleted).encode();
    assert!(matches!(
        accept(&mut acceptor, &mut [&mut service], &unsigned)
            .unwrap_err()
            .error,
        NegotiationError::MechListMicMissing
    ));
}

#[test]
fn a_signature_of_kerberos_that_was_changed_is_refused() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let mut acceptor = Acceptor::new(Dialect::Mit).requesting_mic();
    let mut kerberos = kerberos_initiator();
    let first = init(&mut initiator, &mut [&mut kerberos]).unwrap();
    let answer = accept(&mut acceptor, &mut [&mut kerberos_acceptor()], &first).unwrap();
    let mut answer = NegTokenResp::decode(&answer.token.unwrap()).unwrap();
    *answer.mech_list_mic.as_mut().unwrap().last_mut().unwrap() ^= 1;
    assert!(matches!(
        initiate(&mut initiator, &mut [&mut kerberos], &answer.encode()),
        Err(NegotiationError::MechListMic { .. })
    ));
}

#[test]
fn a_signature_before_the_context_stands_is_refused() {
    let mut initiator = Initiator::new(vec![NTLM]);
    let mut acceptor = Acceptor::new(Dialect::Mit);
    let mut theirs = ThreeTokens::acceptor();
    let first = init(&mut initiator, &mut [&mut ThreeTokens::initiator()]).unwrap();
    let first = NegTokenInit {
        mech_list_mic: Some(vec![1]),
        ..NegTokenInit::decode(&first).unwrap()
    };
    assert!(matches!(
        accept(&mut acceptor, &mut [&mut theirs], &first.encode())
            .unwrap_err()
            .error,
        NegotiationError::UnexpectedMic
    ));
}

#[test]
fn request_mic_comes_in_the_first_answer_only() {
    let mut initiator = Initiator::new(vec![NTLM]);
    let mut ours = ThreeTokens::initiator();
    init(&mut initiator, &mut [&mut ours]).unwrap();
    let second = NegTokenResp {
        response_token: Some(message(2)),
        ..NegTokenResp::new(NegState::AcceptIncomplete)
    };
    initiate(&mut initiator, &mut [&mut ours], &second.encode()).unwrap();
    let late = NegTokenResp::new(NegState::RequestMic);
    assert!(matches!(
        initiate(&mut initiator, &mut [&mut ours], &late.encode()),
        Err(NegotiationError::UnexpectedMic)
    ));
}

/// Windows 2000 sends the mechanism's token in the place of its signature.
#[test]
fn appendix_c_a_copy_of_the_token_is_no_signature() {
    let mut initiator = Initiator::new(vec![KRB5]);
    let mut kerberos = kerberos_initiator();
    let first = init(&mut initiator, &mut [&mut kerberos]).unwrap();
    let answer = accept(
        &mut Acceptor::new(Dialect::Windows),
        &mut [&mut kerberos_acceptor()],
        &first,
    )
    .unwrap();
    let answer = NegTokenResp::decode(&answer.token.unwrap()).unwrap();
    let doubled = NegTokenResp {
        mech_list_mic: answer.response_token.clone(),
        ..answer
    };
    assert!(
        initiate(&mut initiator, &mut [&mut kerberos], &doubled.encode())
            .unwrap()
            .done
    );
}

/// The answer to an initiator whose context stands after its first token, and which signs at once with its message
/// number `number`.
fn signed_at_once(number: usize) -> Result<NegTokenResp, NegotiationError> {
    let one_way = ApParameters {
        mutual: false,
        ..ApParameters::gss()
    };
    let mut kerberos = gss::Initiator::new(Issue::new().credential(), &one_way);
    let mut initiator = Initiator::new(vec![KRB5]);
    let first = init(&mut initiator, &mut [&mut kerberos]).unwrap();
    let first = NegTokenInit::decode(&first).unwrap();
    let context = kerberos.context_mut().unwrap();
    let mut mic = None;
    for _ in 0..number {
        mic = Some(context.get_mic(first.mech_types.der()).unwrap());
    }
    let signed = NegTokenInit {
        mech_list_mic: mic,
        ..first
    };
    let mut acceptor = Acceptor::new(Dialect::Mit);
    let mut service = kerberos_acceptor();
    let answer = accept(&mut acceptor, &mut [&mut service], &signed.encode())
        .map_err(|refused| refused.error)?;
    assert!(answer.done);
    let answer = answer.token.unwrap();
    assert!(
        initiate(&mut initiator, &mut [&mut kerberos], &answer)
            .unwrap()
            .done
    );
    Ok(NegTokenResp::decode(&answer).unwrap())
}

#[test]
fn an_initiator_that_signs_at_once_is_signed_to() {
    let answer = signed_at_once(1).unwrap();
    assert_eq!(answer.neg_state, Some(NegState::AcceptCompleted));
    assert!(answer.mech_list_mic.is_some());
    assert_eq!(signed_at_once(0).unwrap().mech_list_mic, None);
}

#[test]
fn a_signature_is_the_first_message_of_its_context() {
    let error = signed_at_once(2).unwrap_err();
    assert!(matches!(
        error.failure(),
        Some(MechanismFailure::Order(TokenOrder::Gap))
    ));
}
