//! Nothing that arrives makes either end of a negotiation panic, and nothing made at random establishes a context.

use kdclab_client::Dialect;
use kdclab_client::spnego::{Acceptor, Initiator};
use kdclab_proto::messages::{MechTypeList, NegState, NegTokenInit, NegTokenInit2, NegTokenResp};
use proptest::prelude::*;

use crate::negotiation::{
    KRB5, MS_KRB5, NTLM, ThreeTokens, accept, init, initiate, kerberos_acceptor, kerberos_initiator,
};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..200)
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(vec![Dialect::Java, Dialect::Mit, Dialect::Windows])
}

fn state() -> impl Strategy<Value = Option<NegState>> {
    prop::option::of(prop::sample::select(vec![
        NegState::AcceptCompleted,
        NegState::AcceptIncomplete,
        NegState::Reject,
        NegState::RequestMic,
    ]))
}

fn resp() -> impl Strategy<Value = NegTokenResp> {
    (
        state(),
        prop::option::of(prop::sample::select(vec![KRB5, MS_KRB5, NTLM])),
        prop::option::of(bytes()),
        prop::option::of(bytes()),
    )
        .prop_map(
            |(neg_state, supported_mech, response_token, mech_list_mic)| NegTokenResp {
                neg_state,
                supported_mech,
                response_token,
                mech_list_mic,
            },
        )
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in bytes()) {
        for framed in [bytes.clone(), [&[0x60, bytes.len() as u8], bytes.as_slice()].concat()] {
            let _ = NegTokenInit::decode(&framed);
            let _ = NegTokenInit2::decode(&framed);
        }
        let _ = NegTokenResp::decode(&bytes);
    }

    #[test]
    fn any_bytes_are_refused_by_an_acceptor(dialect in dialect(), bytes in bytes()) {
        let mut acceptor = Acceptor::new(dialect);
        let mut mechanisms = (kerberos_acceptor(), ThreeTokens::acceptor());
        prop_assert!(accept(&mut acceptor, &mut [&mut mechanisms.0, &mut mechanisms.1], &bytes).is_err());
    }

    #[test]
    fn any_token_in_a_negotiation_is_refused(
        dialect in dialect(),
        mech_token in prop::option::of(bytes()),
        mech_list_mic in prop::option::of(bytes()),
        answers in prop::collection::vec(resp(), 0..3),
    ) {
        let mut acceptor = Acceptor::new(dialect);
        let mut service = kerberos_acceptor();
        let init = NegTokenInit {
            mech_types: MechTypeList::new(vec![MS_KRB5, NTLM]),
            req_flags: None,
            mech_token,
            mech_list_mic,
        };
        let first = accept(&mut acceptor, &mut [&mut service], &init.encode());
        prop_assert!(first.is_err() || !first.unwrap().done);
        for answer in answers {
            let _ = accept(&mut acceptor, &mut [&mut service], &answer.encode());
        }
        prop_assert!(service.context().is_none());
    }

    #[test]
    fn any_answer_leaves_an_initiator_of_kerberos_without_a_context(answers in prop::collection::vec(resp(), 1..4)) {
        let mut initiator = Initiator::new(vec![MS_KRB5, KRB5, NTLM]);
        let (mut kerberos, mut ntlm) = (kerberos_initiator(), ThreeTokens::initiator());
        init(&mut initiator, &mut [&mut kerberos, &mut ntlm]).unwrap();
        for answer in answers {
            let step = initiate(&mut initiator, &mut [&mut kerberos, &mut ntlm], &answer.encode());
            prop_assert!(step.is_err() || !step.unwrap().done);
        }
        prop_assert!(kerberos.context().is_none());
    }

    #[test]
    fn a_changed_octet_anywhere_does_not_panic(
        position in any::<prop::sample::Index>(),
        octet in any::<u8>(),
        dialect in dialect(),
    ) {
        let mut initiator = Initiator::new(vec![KRB5, NTLM]);
        let mut token = init(&mut initiator, &mut [&mut kerberos_initiator()]).unwrap();
        let index = position.index(token.len());
        token[index] = octet;
        let _ = accept(&mut Acceptor::new(dialect), &mut [&mut kerberos_acceptor()], &token);
    }
}
