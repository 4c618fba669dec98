//! Negotiation tokens on the wire.

use kdclab_proto::messages::{
    MechTypeList, NegState, NegTokenInit, NegTokenResp, SpnegoContextFlags,
};
use kdclab_proto::{DecodeError, ObjectIdentifier};

use crate::negotiation::{KRB5, MS_KRB5, NTLM};

/// A NegTokenInit with Kerberos alone and a token of two octets, as MIT's initiator (and curl with it) frames one.
const MIT: [u8; 37] = [
    0x60, 0x23, 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02, 0xa0, 0x19, 0x30, 0x17, 0xa0, 0x0d,
    0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0xa2, 0x06, 0x04,
    0x04, 0x60, 0x02, 0x05, 0x00,
];

/// The list that Windows offers over HTTP, as printed in logs of Java: its own number of Kerberos, Kerberos, NEGOEX and
/// NTLMSSP.
const WINDOWS_LIST: [u8; 48] = [
    0x30, 0x2e, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x06, 0x09, 0x2a,
    0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82,
    0x37, 0x02, 0x02, 0x1e, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a,
];

fn list(mech_types: &[ObjectIdentifier]) -> MechTypeList {
    MechTypeList::new(mech_types.to_vec())
}

fn mit() -> NegTokenInit {
    NegTokenInit {
        mech_types: list(&[KRB5]),
        req_flags: None,
        mech_token: Some(vec![0x60, 0x02, 0x05, 0x00]),
        mech_list_mic: None,
    }
}

#[test]
fn section_4_2_1_a_neg_token_init_of_mit() {
    assert_eq!(NegTokenInit::decode(&MIT), Ok(mit()));
    assert_eq!(mit().encode(), MIT);
}

#[test]
fn section_4_1_the_list_of_windows() {
    let mech_types = [MS_KRB5, KRB5, ObjectIdentifier::NEGOEX, NTLM];
    assert_eq!(list(&mech_types).der(), WINDOWS_LIST);
}

#[test]
fn section_4_2_1_every_field_comes_back() {
    let token = NegTokenInit {
        req_flags: Some(SpnegoContextFlags::MUTUAL | SpnegoContextFlags::INTEG),
        mech_list_mic: Some(vec![9; 200]),
        ..mit()
    };
    assert_eq!(NegTokenInit::decode(&token.encode()), Ok(token));
}

#[test]
fn section_4_2_1_flags_may_be_as_short_as_javas() {
    let mut token = MIT.to_vec();
    token.splice(29..29, [0xa1, 0x04, 0x03, 0x02, 0x01, 0x76]);
    for length in [1, 11, 13] {
        token[length] += 6;
    }
    let flags = NegTokenInit::decode(&token).unwrap().req_flags.unwrap();
    assert!(flags.contains(SpnegoContextFlags::MUTUAL));
    assert!(flags.contains(SpnegoContextFlags::INTEG));
    assert!(!flags.contains(SpnegoContextFlags::DELEG));
}

#[test]
fn section_4_2_2_an_answer_without_a_token() {
    // What IIS sends when it asks for no mutual authentication: "oQcwBaADCgEA".
    let accepted = [0xa1, 0x07, 0x30, 0x05, 0xa0, 0x03, 0x0a, 0x01, 0x00];
    let token = NegTokenResp::new(NegState::AcceptCompleted);
    assert_eq!(NegTokenResp::decode(&accepted), Ok(token.clone()));
    assert_eq!(token.encode(), accepted);
}

#[test]
fn section_4_2_2_states_have_the_numbers_of_the_rfc() {
    let states = [
        NegState::AcceptCompleted,
        NegState::AcceptIncomplete,
        NegState::Reject,
        NegState::RequestMic,
    ];
    for (number, state) in states.into_iter().enumerate() {
        assert_eq!(NegTokenResp::new(state).encode()[8], number as u8);
    }
    let unknown = [0xa1, 0x07, 0x30, 0x05, 0xa0, 0x03, 0x0a, 0x01, 0x04];
    assert_eq!(
        NegTokenResp::decode(&unknown),
        Err(DecodeError::InvalidValue {
            offset: 6,
            expected: "negState"
        })
    );
}

#[test]
fn section_4_2_2_every_field_comes_back() {
    let token = NegTokenResp {
        neg_state: Some(NegState::AcceptIncomplete),
        supported_mech: Some(MS_KRB5),
        response_token: Some(vec![1; 300]),
        mech_list_mic: Some(vec![2; 28]),
    };
    assert_eq!(NegTokenResp::decode(&token.encode()), Ok(token));
}

#[test]
fn lengths_may_be_longer_than_needed_and_the_list_keeps_them() {
    let mut token = MIT.to_vec();
    token.splice(17..18, [0x82, 0x00, 0x0b]);
    for length in [1, 11, 13, 15] {
        token[length] += 2;
    }
    let init = NegTokenInit::decode(&token).unwrap();
    assert_eq!(init.mech_types.mech_types(), [KRB5]);
    assert_eq!(init.mech_types.der()[..4], [0x30, 0x82, 0x00, 0x0b]);
}

macro_rules! defective_tokens {
    ($($name:ident: $change:expr => $error:pat,)*) => {$(
        #[test]
        fn $name() {
            let mut bytes = MIT.to_vec();
            #[allow(clippy::redundant_closure_call)]
            ($change)(&mut bytes);
            assert!(matches!(NegTokenInit::decode(&bytes), Err($error)), "{:?}", NegTokenInit::decode(&bytes));
        }
    )*};
}

defective_tokens! {
    an_empty_token: |bytes: &mut Vec<u8>| bytes.clear() => DecodeError::Truncated { offset: 0 },
    a_token_cut_short: |bytes: &mut Vec<u8>| { bytes.pop(); } => DecodeError::Truncated { offset: 0 },
    a_token_with_more_behind: |bytes: &mut Vec<u8>| bytes.push(0) => DecodeError::TrailingBytes { offset: 37 },
    another_mechanism: |bytes: &mut Vec<u8>| bytes[9] = 3 => DecodeError::InvalidValue { offset: 2, .. },
    a_neg_token_resp_in_its_place: |bytes: &mut Vec<u8>| bytes[10] = 0xa1 => DecodeError::UnexpectedTag { offset: 10, .. },
    an_identifier_without_end: |bytes: &mut Vec<u8>| bytes[28] = 0x82 => DecodeError::InvalidValue { offset: 18, .. },
    no_list: |bytes: &mut Vec<u8>| bytes[14] = 0xa1 => DecodeError::MissingField { field: "mech_types", .. },
}

#[test]
fn a_list_is_of_64_mechanisms_at_most() {
    let token = |count| {
        NegTokenInit {
            mech_types: list(&vec![KRB5; count]),
            ..mit()
        }
        .encode()
    };
    assert!(NegTokenInit::decode(&token(64)).is_ok());
    assert!(matches!(
        NegTokenInit::decode(&token(65)),
        Err(DecodeError::InvalidValue { .. })
    ));
}
