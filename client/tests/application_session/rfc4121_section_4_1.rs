//! Context tokens and the authenticator's checksum.

use kdclab_client::gss::{
    AuthenticatorChecksum, ChannelBindings, ContextFlags, ContextToken,
    InvalidAuthenticatorChecksum, Mechanism, TokenError, TokenId,
};
use kdclab_client::{AcceptError, Acceptor, ApParameters, Dialect};
use kdclab_proto::crypto::{ChecksumError, ChecksumType};
use kdclab_proto::messages::{
    Authenticator, AuthorizationData, AuthorizationDataElement, Checksum, HostAddress,
};
use kdclab_proto::{KeyUsage, digest};

use crate::support::{Issue, accept, acceptor, code_in, key, now, refusal, session_key, start};

// 4.1: framing

#[test]
fn a_token_names_its_mechanism_and_kind() {
    let token = ContextToken {
        mechanism: Mechanism::Kerberos,
        id: TokenId::ApReq,
        message: b"message",
    };
    let bytes = token.encode();
    assert_eq!(
        bytes,
        [
            &[
                0x60, 0x14, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 1, 0
            ],
            b"message".as_slice()
        ]
        .concat()
    );
    assert_eq!(ContextToken::decode(&bytes), Ok(token));
}

#[test]
fn token_ids_are_those_of_the_rfc() {
    assert_eq!(TokenId::ApReq.octets(), [0x01, 0x00]);
    assert_eq!(TokenId::ApRep.octets(), [0x02, 0x00]);
    assert_eq!(TokenId::KrbError.octets(), [0x03, 0x00]);
}

#[test]
fn lengths_of_every_size_come_back() {
    for size in [0, 114, 115, 116, 242, 243, 65_520, 65_535, 70_000] {
        let message = vec![7; size];
        let token = ContextToken {
            mechanism: Mechanism::MicrosoftKerberos,
            id: TokenId::ApRep,
            message: &message,
        };
        assert_eq!(ContextToken::decode(&token.encode()), Ok(token));
    }
}

macro_rules! defective_tokens {
    ($($name:ident: $change:expr => $error:expr;)*) => {$(
        #[test]
        fn $name() {
            let mut bytes = ContextToken {
                mechanism: Mechanism::Kerberos,
                id: TokenId::ApReq,
                message: b"message",
            }
            .encode();
            #[allow(clippy::redundant_closure_call)]
            ($change)(&mut bytes);
            assert_eq!(ContextToken::decode(&bytes), Err($error));
        }
    )*};
}

defective_tokens! {
    an_empty_token: |bytes: &mut Vec<u8>| bytes.clear() => TokenError::NotAnInitialToken { found: None };
    a_bare_ap_req: |bytes: &mut Vec<u8>| bytes[0] = 0x6e => TokenError::NotAnInitialToken { found: Some(0x6e) };
    a_token_cut_short: |bytes: &mut Vec<u8>| { bytes.pop(); } => TokenError::WrongLength { stated: 20, actual: 19 };
    a_token_with_more_behind: |bytes: &mut Vec<u8>| bytes.push(0) => TokenError::WrongLength { stated: 20, actual: 21 };
    an_indefinite_length: |bytes: &mut Vec<u8>| bytes[1] = 0x80 => TokenError::InvalidLength;
    a_length_longer_than_needed: |bytes: &mut Vec<u8>| { bytes.splice(1..2, [0x81, 20]); } => TokenError::InvalidLength;
    a_length_with_leading_zero: |bytes: &mut Vec<u8>| { bytes.splice(1..2, [0x82, 0, 0xff]); } => TokenError::InvalidLength;
    a_length_of_five_octets: |bytes: &mut Vec<u8>| { bytes.splice(1..2, [0x85, 1, 0, 0, 0, 0]); } => TokenError::InvalidLength;
    a_length_cut_short: |bytes: &mut Vec<u8>| { bytes.truncate(2); bytes[1] = 0x84; } => TokenError::InvalidLength;
    a_token_without_mechanism: |bytes: &mut Vec<u8>| bytes[2] = 0x04 => TokenError::NoMechanism;
    a_mechanism_longer_than_the_token: |bytes: &mut Vec<u8>| bytes[3] = 0x7f => TokenError::NoMechanism;
    an_unknown_token_id: |bytes: &mut Vec<u8>| bytes[13] = 4 => TokenError::UnknownTokenId { octets: [4, 0] };
    a_token_without_token_id: |bytes: &mut Vec<u8>| { bytes.truncate(14); bytes[1] = 12; } => TokenError::NoTokenId;
    another_mechanism: |bytes: &mut Vec<u8>| bytes[12] = 3 => TokenError::OtherMechanism {
        oid: vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x03]
    };
}

#[test]
fn an_acceptor_refuses_a_token_that_is_no_ap_req_in_silence() {
    let mut token = Issue::new().token();
    let id = token.windows(2).position(|pair| pair == [1, 0]).unwrap();
    token[id] = 2;
    let refused = accept(&mut acceptor(Dialect::Mit), &token).unwrap_err();
    assert_eq!(
        refused.error,
        AcceptError::DefectiveToken(TokenError::UnexpectedTokenId {
            expected: TokenId::ApReq,
            found: TokenId::ApRep
        })
    );
    assert_eq!(refused.reply, None);
}

#[test]
fn an_acceptor_answers_with_the_mechanism_it_was_addressed_by() {
    let token = Issue::new().token();
    let inner = ContextToken::decode(&token).unwrap();
    let microsoft = ContextToken {
        mechanism: Mechanism::MicrosoftKerberos,
        ..inner
    }
    .encode();
    let accepted = accept(&mut acceptor(Dialect::Mit), &microsoft).unwrap();
    let reply = accepted.reply.unwrap();
    assert_eq!(
        ContextToken::decode(&reply).unwrap().mechanism,
        Mechanism::MicrosoftKerberos
    );
    assert!(matches!(
        refusal(&mut acceptor(Dialect::Java), &microsoft),
        AcceptError::DefectiveToken(TokenError::OtherMechanism { .. })
    ));
}

// 4.1.1: the authenticator's checksum

fn full() -> AuthenticatorChecksum {
    AuthenticatorChecksum {
        channel_bindings: [9; 16],
        flags: ContextFlags::DELEG | ContextFlags::MUTUAL,
        delegation: Some(vec![1, 2, 3]),
        extensions: vec![(2, vec![4, 5])],
    }
}

#[test]
fn a_checksum_has_the_fields_of_the_rfc() {
    let checksum = full().encode().unwrap();
    assert_eq!(checksum.cksumtype, ChecksumType(0x8003));
    let bindings = [9; 16];
    let expected = [
        &[16, 0, 0, 0],
        bindings.as_slice(),
        &[3, 0, 0, 0, 1, 0, 3, 0, 1, 2, 3],
        &[0, 0, 0, 2, 0, 0, 0, 2, 4, 5],
    ]
    .concat();
    assert_eq!(checksum.checksum, expected);
    assert_eq!(AuthenticatorChecksum::decode(&expected), Ok(full()));
}

#[test]
fn a_checksum_cut_short_anywhere_is_refused() {
    let value = full().encode().unwrap().checksum;
    // Without its delegation, or without its extension, the value is whole again.
    for length in (0..value.len()).filter(|length| !matches!(length, 24..=27 | 31)) {
        assert!(
            matches!(
                AuthenticatorChecksum::decode(&value[..length]),
                Err(InvalidAuthenticatorChecksum::Truncated { .. })
            ),
            "{length}"
        );
    }
}

#[test]
fn bindings_of_another_length_are_refused() {
    let mut value = full().encode().unwrap().checksum;
    value[0] = 20;
    assert_eq!(
        AuthenticatorChecksum::decode(&value),
        Err(InvalidAuthenticatorChecksum::BindingsLength { length: 20 })
    );
}

#[test]
fn another_option_in_place_of_delegation_is_refused() {
    let mut value = full().encode().unwrap().checksum;
    value[24] = 2;
    assert_eq!(
        AuthenticatorChecksum::decode(&value),
        Err(InvalidAuthenticatorChecksum::UnknownOption { option: 2 })
    );
}

#[test]
fn a_delegation_flag_without_credentials_is_tolerated() {
    let checksum = AuthenticatorChecksum {
        flags: ContextFlags::DELEG,
        ..AuthenticatorChecksum::default()
    };
    let request = |authenticator: &mut Authenticator| {
        authenticator.cksum = Some(checksum.encode().unwrap());
    };
    let accepted = accept(&mut acceptor(Dialect::Mit), &framed(request)).unwrap();
    assert!(!accepted.context.flags.contains(ContextFlags::DELEG));
}

/// The token whose authenticator is what `change` leaves.
fn framed(change: impl FnOnce(&mut Authenticator)) -> Vec<u8> {
    ContextToken {
        mechanism: Mechanism::Kerberos,
        id: TokenId::ApReq,
        message: &Issue::new().request(change).encode(),
    }
    .encode()
}

fn with_checksum(checksum: Option<Checksum>) -> Vec<u8> {
    framed(|authenticator| authenticator.cksum = checksum)
}

#[test]
fn a_missing_checksum_is_accepted_except_by_java() {
    let token = with_checksum(None);
    for dialect in [Dialect::Mit, Dialect::Windows] {
        let accepted = accept(&mut acceptor(dialect), &token).unwrap();
        assert_eq!(accepted.context.flags, ContextFlags::NONE);
    }
    assert_eq!(
        refusal(&mut acceptor(Dialect::Java), &token),
        AcceptError::ChecksumMissing
    );
}

fn keyed(data: &[u8]) -> Checksum {
    Checksum {
        cksumtype: session_key().checksum_type(),
        checksum: session_key().checksum(KeyUsage::AP_REQ_CHECKSUM, data),
    }
}

fn rsa_md5(data: &[u8]) -> Checksum {
    Checksum {
        cksumtype: ChecksumType(7),
        checksum: digest::md5(data).to_vec(),
    }
}

#[test]
fn a_checksum_over_nothing_is_accepted_except_by_java() {
    for checksum in [keyed(b""), rsa_md5(b"")] {
        let token = with_checksum(Some(checksum.clone()));
        let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
        assert_eq!(
            accepted.context.flags,
            ContextFlags::REPLAY | ContextFlags::SEQUENCE
        );
        assert_eq!(
            refusal(&mut acceptor(Dialect::Java), &token),
            AcceptError::Checksum(ChecksumError::Inappropriate(checksum.cksumtype))
        );
    }
}

#[test]
fn a_checksum_over_something_is_refused() {
    for checksum in [keyed(b"data"), rsa_md5(b"data")] {
        assert_eq!(
            refusal(&mut acceptor(Dialect::Mit), &with_checksum(Some(checksum))),
            AcceptError::Checksum(ChecksumError::Mismatch)
        );
    }
}

#[test]
fn a_checksum_of_an_unknown_type_is_refused() {
    let checksum = Checksum {
        cksumtype: ChecksumType(999),
        checksum: vec![0; 16],
    };
    assert_eq!(
        refusal(&mut acceptor(Dialect::Mit), &with_checksum(Some(checksum))),
        AcceptError::Checksum(ChecksumError::Inappropriate(ChecksumType(999)))
    );
}

#[test]
fn a_malformed_checksum_is_refused() {
    let checksum = Checksum {
        cksumtype: AuthenticatorChecksum::TYPE,
        checksum: vec![16, 0, 0, 0],
    };
    assert!(matches!(
        refusal(&mut acceptor(Dialect::Mit), &with_checksum(Some(checksum))),
        AcceptError::ChecksumMalformed(_)
    ));
}

#[test]
fn flags_reach_the_acceptor_without_those_it_does_not_know() {
    let checksum = AuthenticatorChecksum {
        flags: ContextFlags::from_bits(0x8000_0000) | ContextFlags::CONF,
        ..AuthenticatorChecksum::default()
    };
    let token = with_checksum(Some(checksum.encode().unwrap()));
    let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
    assert_eq!(accepted.context.flags, ContextFlags::CONF);
}

#[test]
fn a_dce_style_ap_req_in_a_token_is_refused() {
    let checksum = AuthenticatorChecksum {
        flags: ContextFlags::DCE_STYLE,
        ..AuthenticatorChecksum::default()
    };
    let token = with_checksum(Some(checksum.encode().unwrap()));
    assert_eq!(
        refusal(&mut acceptor(Dialect::Mit), &token),
        AcceptError::DceStyle
    );
    assert!(accept(&mut acceptor(Dialect::Java), &token).is_ok());
}

// 4.1.1.2: channel bindings

fn channel() -> ChannelBindings {
    ChannelBindings::new(b"tls-server-end-point:certificate")
}

fn other_channel() -> ChannelBindings {
    ChannelBindings::new(b"tls-server-end-point:another certificate")
}

fn token_bound_to(bindings: Option<ChannelBindings>) -> Vec<u8> {
    let parameters = ApParameters {
        channel_bindings: bindings,
        ..ApParameters::gss()
    };
    start(&Issue::new().credential(), &parameters, now()).1
}

/// Whether the context is bound, or why it is refused.
fn bind(
    dialect: Dialect,
    initiator: Option<ChannelBindings>,
    own: Option<ChannelBindings>,
) -> Result<bool, AcceptError> {
    let mut acceptor = Acceptor {
        channel_bindings: own,
        ..acceptor(dialect)
    };
    accept(&mut acceptor, &token_bound_to(initiator))
        .map(|accepted| accepted.context.channel_bound)
        .map_err(|refused| refused.error)
}

fn unequal(initiator: bool) -> Result<bool, AcceptError> {
    Err(AcceptError::ChannelBindings { initiator })
}

#[test]
fn the_digest_covers_every_field_in_order() {
    let bindings = ChannelBindings {
        initiator_addrtype: 2,
        initiator_address: vec![192, 0, 2, 7],
        acceptor_addrtype: 24,
        acceptor_address: vec![1; 16],
        application_data: b"data".to_vec(),
    };
    let structure = [
        [2, 0, 0, 0, 4, 0, 0, 0, 192, 0, 2, 7].as_slice(),
        &[24, 0, 0, 0, 16, 0, 0, 0],
        &[1; 16],
        &[4, 0, 0, 0],
        b"data",
    ]
    .concat();
    assert_eq!(bindings.digest(), digest::md5(&structure));
}

#[test]
fn the_same_channel_binds() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        assert_eq!(bind(dialect, Some(channel()), Some(channel())), Ok(true));
    }
}

#[test]
fn different_channels_are_refused() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        assert_eq!(
            bind(dialect, Some(channel()), Some(other_channel())),
            unequal(true)
        );
    }
}

#[test]
fn different_channels_are_60_on_the_wire_from_mit() {
    let mut acceptor = acceptor(Dialect::Mit);
    acceptor.channel_bindings = Some(other_channel());
    let refused = accept(&mut acceptor, &token_bound_to(Some(channel()))).unwrap_err();
    assert_eq!(code_in(&refused), Some(60));
    assert_eq!(refused.error.com_err(), None);
}

#[test]
fn a_silent_initiator_is_refused_by_java_alone() {
    let own = Some(channel());
    assert_eq!(bind(Dialect::Mit, None, own.clone()), Ok(false));
    assert_eq!(bind(Dialect::Windows, None, own.clone()), Ok(false));
    assert_eq!(bind(Dialect::Java, None, own), unequal(false));
}

#[test]
fn an_acceptor_without_bindings_does_not_look_at_the_initiators() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        assert_eq!(bind(dialect, Some(channel()), None), Ok(false));
    }
}

#[test]
fn java_marks_absent_addresses_and_so_matches_only_itself() {
    let java = || Some(ChannelBindings::of(Dialect::Java, *b"data"));
    let mit = || Some(ChannelBindings::of(Dialect::Mit, *b"data"));
    assert_eq!(bind(Dialect::Java, java(), java()), Ok(true));
    assert_eq!(bind(Dialect::Java, mit(), java()), unequal(true));
    assert_eq!(bind(Dialect::Mit, java(), mit()), unequal(true));
}

/// A token without bindings whose sender promises to send them (MS-KILE section 2.2.5).
fn promising() -> Vec<u8> {
    let promise = AuthorizationData::new(&[AuthorizationDataElement {
        ad_type: 143,
        ad_data: vec![0, 0x40, 0, 0],
    }]);
    let outer = AuthorizationData::new(&[AuthorizationDataElement {
        ad_type: AuthorizationDataElement::AD_IF_RELEVANT,
        ad_data: promise.encode(),
    }]);
    framed(|authenticator| {
        authenticator.cksum = Some(AuthenticatorChecksum::default().encode().unwrap());
        authenticator.authorization_data = Some(outer);
    })
}

#[test]
fn an_initiator_that_always_binds_must_bind() {
    let mut bound = acceptor(Dialect::Mit);
    bound.channel_bindings = Some(channel());
    assert_eq!(
        refusal(&mut bound, &promising()),
        AcceptError::ChannelBindings { initiator: false }
    );
    assert!(accept(&mut acceptor(Dialect::Mit), &promising()).is_ok());
}

#[test]
fn gss_compares_a_tickets_addresses_with_those_of_the_bindings() {
    let from = |address: [u8; 4]| ChannelBindings {
        initiator_addrtype: ChannelBindings::ADDRTYPE_INET,
        initiator_address: address.to_vec(),
        ..ChannelBindings::default()
    };
    let mut issue = Issue::new();
    issue.part.caddr = Some(vec![HostAddress {
        addr_type: HostAddress::IPV4,
        address: vec![192, 0, 2, 7],
    }]);
    let mut acceptor = acceptor(Dialect::Mit);
    assert!(accept(&mut acceptor, &issue.token_at(now())).is_ok());
    acceptor.channel_bindings = Some(from([192, 0, 2, 7]));
    assert!(accept(&mut acceptor, &issue.token_at(now().offset_by(1))).is_ok());
    acceptor.channel_bindings = Some(from([192, 0, 2, 8]));
    assert!(matches!(
        refusal(&mut acceptor, &issue.token_at(now().offset_by(2))),
        AcceptError::BadAddress { .. }
    ));
}

#[test]
fn keys_do_not_show() {
    let (exchange, _) = start(&Issue::new().credential(), &ApParameters::gss(), now());
    let secret = key(kdclab_proto::Enctype::AES256_CTS_HMAC_SHA1_96, 200);
    let bytes = format!("{:?}", secret.expose_bytes());
    let shown = format!("{exchange:?} {:?}", acceptor(Dialect::Mit));
    assert!(!shown.contains(bytes.trim_matches(['[', ']'])));
    assert!(shown.contains("Key("));
}
