//! MIC and wrap tokens of the newer types of keys.

use kdclab_client::EstablishedContext;
use kdclab_client::gss::{
    ContextFlags, ContextRole, MessageError, SecurityContext, TokenOrder, Unwrapped, WrapLayout,
};
use kdclab_proto::{Enctype, Key, KeyUsage};
use proptest::prelude::*;

use crate::support::{AES128, AES256, key, now, principal, rng};

const TYPES: [Enctype; 6] = [
    AES128,
    AES256,
    Enctype::AES128_CTS_HMAC_SHA256_128,
    Enctype::AES256_CTS_HMAC_SHA384_192,
    Enctype::CAMELLIA128_CTS_CMAC,
    Enctype::CAMELLIA256_CTS_CMAC,
];

pub(crate) const FLAGS: ContextFlags = ContextFlags::MUTUAL
    .with(ContextFlags::REPLAY)
    .with(ContextFlags::SEQUENCE)
    .with(ContextFlags::CONF)
    .with(ContextFlags::INTEG);

/// Both ends of a context whose initiator made a subkey, and whose acceptor did where `acceptor_subkey` is given.
pub(crate) struct Ends {
    pub(crate) initiator: SecurityContext,
    pub(crate) acceptor: SecurityContext,
}

pub(crate) fn ends(subkey: &Key, acceptor_subkey: Option<Key>, flags: ContextFlags) -> Ends {
    let initiator = EstablishedContext {
        client: principal("alice"),
        server: principal(crate::support::SERVICE),
        session_key: key(subkey.enctype(), 1),
        initiator_subkey: Some(subkey.clone()),
        acceptor_subkey,
        flags,
        channel_bound: false,
        send_sequence: 0x0102_0304,
        receive_sequence: 0x0a0b_0c0d,
        endtime: now().time(),
    };
    let acceptor = EstablishedContext {
        send_sequence: initiator.receive_sequence,
        receive_sequence: initiator.send_sequence,
        ..initiator.clone()
    };
    Ends {
        initiator: SecurityContext::new(initiator, ContextRole::Initiator),
        acceptor: SecurityContext::new(acceptor, ContextRole::Acceptor),
    }
}

fn pair() -> Ends {
    ends(&key(AES256, 2), None, FLAGS)
}

// 4.2.6.1: MIC tokens

#[test]
fn a_mic_token_has_the_fields_of_the_rfc() {
    let subkey = key(AES256, 2);
    let token = pair().initiator.get_mic(b"message").unwrap();
    let header = [
        0x04, 0x04, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 2, 3, 4,
    ];
    let checksum = subkey.checksum(KeyUsage(25), &[b"message".as_slice(), &header].concat());
    assert_eq!(token, [header.as_slice(), &checksum].concat());
    assert_eq!(checksum.len(), 12);
}

#[test]
fn an_acceptor_signs_with_usage_23_and_says_who_it_is() {
    let subkey = key(AES256, 2);
    let token = pair().acceptor.get_mic(b"message").unwrap();
    let header = [
        0x04, 0x04, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x0a, 0x0b, 0x0c, 0x0d,
    ];
    let checksum = subkey.checksum(KeyUsage(23), &[b"message".as_slice(), &header].concat());
    assert_eq!(token, [header.as_slice(), &checksum].concat());
}

#[test]
fn mics_of_every_type_are_verified() {
    for enctype in TYPES {
        let mut ends = ends(&key(enctype, 2), None, FLAGS);
        let token = ends.initiator.get_mic(b"message").unwrap();
        assert_eq!(
            ends.acceptor.verify_mic(b"message", &token),
            Ok(TokenOrder::InOrder)
        );
        let token = ends.acceptor.get_mic(b"").unwrap();
        assert_eq!(
            ends.initiator.verify_mic(b"", &token),
            Ok(TokenOrder::InOrder)
        );
    }
}

#[test]
fn a_mic_over_another_message_is_refused() {
    let mut ends = pair();
    let token = ends.initiator.get_mic(b"message").unwrap();
    assert_eq!(
        ends.acceptor.verify_mic(b"massage", &token),
        Err(MessageError::Checksum)
    );
}

#[test]
fn a_reflected_mic_is_refused() {
    let mut ends = pair();
    let token = ends.initiator.get_mic(b"message").unwrap();
    assert_eq!(
        ends.initiator.verify_mic(b"message", &token),
        Err(MessageError::Reflected)
    );
}

#[test]
fn a_wrap_token_is_no_mic() {
    let mut ends = pair();
    let token = ends.initiator.wrap(&mut rng(), false, b"message").unwrap();
    assert_eq!(
        ends.acceptor.verify_mic(b"message", &token),
        Err(MessageError::UnexpectedTokenId {
            expected: [4, 4],
            found: [5, 4]
        })
    );
}

#[test]
fn filler_octets_are_ones() {
    for position in 3..8 {
        let mut ends = pair();
        let mut token = ends.initiator.get_mic(b"message").unwrap();
        token[position] = 0;
        assert_eq!(
            ends.acceptor.verify_mic(b"message", &token),
            Err(MessageError::InvalidFiller)
        );
    }
}

// 4.2.2: the acceptor's subkey

#[test]
fn the_acceptors_subkey_protects_and_is_announced() {
    let (ours, theirs) = (key(AES256, 2), key(AES256, 3));
    let mut ends = ends(&ours, Some(theirs.clone()), FLAGS);
    let token = ends.initiator.get_mic(b"message").unwrap();
    assert_eq!(token[2], 0x04);
    let covered = [b"message".as_slice(), &token[..16]].concat();
    assert_eq!(token[16..], theirs.checksum(KeyUsage(25), &covered));
    assert!(ends.acceptor.verify_mic(b"message", &token).is_ok());
    assert_eq!(ends.acceptor.get_mic(b"message").unwrap()[2], 0x05);
    let sealed = ends.acceptor.wrap(&mut rng(), true, b"message").unwrap();
    assert_eq!(sealed[2], 0x07);
}

#[test]
fn the_other_key_is_taken_where_the_flag_is_absent() {
    let (ours, theirs) = (key(AES256, 2), key(AES256, 3));
    let mut with = ends(&ours, Some(theirs), FLAGS);
    let token = pair().initiator.get_mic(b"message").unwrap();
    assert!(with.acceptor.verify_mic(b"message", &token).is_ok());
}

#[test]
fn a_subkey_that_was_never_sent_is_refused() {
    let mut with = ends(&key(AES256, 2), Some(key(AES256, 3)), FLAGS);
    let token = with.initiator.get_mic(b"message").unwrap();
    assert_eq!(
        pair().acceptor.verify_mic(b"message", &token),
        Err(MessageError::AcceptorSubkeyMissing)
    );
}

// 4.2.4 and 4.2.6.2: wrap tokens

fn unwrapped(message: &[u8], confidential: bool) -> Result<Unwrapped, MessageError> {
    Ok(Unwrapped {
        message: message.to_vec(),
        confidential,
        order: TokenOrder::InOrder,
    })
}

#[test]
fn a_signed_wrap_token_has_the_fields_of_the_rfc() {
    let subkey = key(AES256, 2);
    let token = pair()
        .initiator
        .wrap(&mut rng(), false, b"message")
        .unwrap();
    let covered = [5, 4, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    let checksum = subkey.checksum(KeyUsage(24), &[b"message".as_slice(), &covered].concat());
    let header = [5, 4, 0, 0xff, 0, 12, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    assert_eq!(token, [header.as_slice(), b"message", &checksum].concat());
}

#[test]
fn a_sealed_wrap_token_holds_its_header() {
    let subkey = key(AES256, 2);
    let token = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    let header = [5, 4, 2, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    assert_eq!(token[..16], header);
    let plain = subkey.decrypt(KeyUsage(24), &token[16..]).unwrap();
    assert_eq!(plain, [b"message".as_slice(), &header].concat());
    let token = pair().acceptor.wrap(&mut rng(), true, b"message").unwrap();
    assert!(subkey.decrypt(KeyUsage(22), &token[16..]).is_ok());
}

#[test]
fn messages_of_every_type_and_layout_come_back() {
    let layouts = [
        WrapLayout::DceStyle,
        WrapLayout::Unrotated,
        WrapLayout::Windows,
    ];
    for enctype in TYPES {
        for layout in layouts {
            for message in [b"".as_slice(), b"m", &[7; 16], &[9; 1000]] {
                for confidential in [false, true] {
                    let ends = ends(&key(enctype, 2), Some(key(enctype, 3)), FLAGS);
                    let mut initiator = ends.initiator.with_layout(layout);
                    let mut acceptor = ends.acceptor.with_layout(layout);
                    let token = initiator.wrap(&mut rng(), confidential, message).unwrap();
                    assert_eq!(acceptor.unwrap(&token), unwrapped(message, confidential));
                }
            }
        }
    }
}

#[test]
fn a_sealed_message_that_was_changed_is_refused() {
    let token = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    for position in 16..token.len() {
        let mut changed = token.clone();
        changed[position] ^= 1;
        assert_eq!(
            pair().acceptor.unwrap(&changed),
            Err(MessageError::Undecryptable)
        );
    }
}

#[test]
fn a_signed_message_that_was_changed_is_refused() {
    let token = pair()
        .initiator
        .wrap(&mut rng(), false, b"message")
        .unwrap();
    for position in 16..token.len() {
        let mut changed = token.clone();
        changed[position] ^= 1;
        assert_eq!(
            pair().acceptor.unwrap(&changed),
            Err(MessageError::Checksum)
        );
    }
}

#[test]
fn a_header_that_was_changed_is_refused() {
    for confidential in [false, true] {
        let token = pair()
            .initiator
            .wrap(
                &mut rng(),
                confidential,
                b"a message of more than one block",
            )
            .unwrap();
        for position in 0..16 {
            let mut changed = token.clone();
            changed[position] ^= 1;
            assert!(pair().acceptor.unwrap(&changed).is_err(), "{position}");
        }
    }
}

#[test]
fn the_sealed_header_must_be_the_header() {
    let mut changed = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    changed[15] ^= 1;
    assert_eq!(
        pair().acceptor.unwrap(&changed),
        Err(MessageError::HeaderMismatch)
    );
    let mut shortened = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    shortened[5] = 3;
    assert_eq!(
        pair().acceptor.unwrap(&shortened),
        Err(MessageError::HeaderMismatch)
    );
}

#[test]
fn a_token_cut_short_is_refused() {
    let token = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    for length in 0..token.len() {
        assert!(pair().acceptor.unwrap(&token[..length]).is_err());
    }
    assert_eq!(
        pair().acceptor.unwrap(&token[..15]),
        Err(MessageError::Truncated { length: 15 })
    );
}

// 4.2.5: rotation

/// `token` with its contents rotated by `count`, as RRC says.
fn rotated(token: &[u8], count: u16) -> Vec<u8> {
    let mut token = token.to_vec();
    token[6..8].copy_from_slice(&count.to_be_bytes());
    let length = token.len() - 16;
    token[16..].rotate_right(usize::from(count) % length);
    token
}

#[test]
fn any_rotation_is_undone() {
    for confidential in [false, true] {
        let token = pair()
            .initiator
            .wrap(&mut rng(), confidential, b"message")
            .unwrap();
        for count in (0..120).chain([65_535]) {
            assert_eq!(
                pair().acceptor.unwrap(&rotated(&token, count)),
                unwrapped(b"message", confidential),
                "{count}"
            );
        }
    }
}

#[test]
fn a_rotation_that_was_not_done_is_refused() {
    let mut token = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    token[7] = 1;
    assert_eq!(
        pair().acceptor.unwrap(&token),
        Err(MessageError::Undecryptable)
    );
}

#[test]
fn ms_kile_section_3_4_5_4_1_rotates_by_28_when_sealed_and_12_when_signed() {
    let counts = |layout, confidential| {
        let mut initiator = pair().initiator.with_layout(layout);
        let token = initiator
            .wrap(&mut rng(), confidential, b"message")
            .unwrap();
        let [a, b, c, d] = token[4..8] else {
            unreachable!("four octets");
        };
        (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
    };
    assert_eq!(counts(WrapLayout::Windows, true), (0, 28));
    assert_eq!(counts(WrapLayout::Windows, false), (12, 12));
    assert_eq!(counts(WrapLayout::DceStyle, true), (16, 28));
    assert_eq!(counts(WrapLayout::Unrotated, true), (0, 0));
}

#[test]
fn ms_kile_section_4_3_rotates_by_the_extra_count_too() {
    let token = pair()
        .initiator
        .with_layout(WrapLayout::DceStyle)
        .wrap(&mut rng(), true, b"message")
        .unwrap();
    assert_eq!(
        pair().acceptor.unwrap(&token),
        Err(MessageError::Undecryptable)
    );
    let dce = ends(&key(AES256, 2), None, FLAGS | ContextFlags::DCE_STYLE);
    let mut acceptor = dce.acceptor;
    assert_eq!(acceptor.unwrap(&token), unwrapped(b"message", true));
}

// 4.2.3 and RFC 2743 section 1.2.3: sequence

fn orders(flags: ContextFlags, sent: usize, received: &[usize]) -> Vec<TokenOrder> {
    let mut ends = ends(&key(AES256, 2), None, flags);
    let tokens: Vec<_> = (0..sent)
        .map(|_| ends.initiator.get_mic(b"message").unwrap())
        .collect();
    received
        .iter()
        .map(|index| {
            ends.acceptor
                .verify_mic(b"message", &tokens[*index])
                .unwrap()
        })
        .collect()
}

#[test]
fn the_order_of_messages_is_told() {
    use TokenOrder::{Duplicate, Gap, InOrder, Unsequenced};
    assert_eq!(
        orders(FLAGS, 5, &[0, 1, 1, 4, 3, 3, 2]),
        [
            InOrder,
            InOrder,
            Duplicate,
            Gap,
            Unsequenced,
            Duplicate,
            Unsequenced
        ]
    );
}

#[test]
fn replay_alone_tells_what_came_before() {
    use TokenOrder::{Duplicate, InOrder, Old};
    let replay = ContextFlags::REPLAY;
    assert_eq!(orders(replay, 3, &[2, 0, 0]), [InOrder, InOrder, Duplicate]);
    assert_eq!(
        orders(replay, 70, &[69, 0, 6, 6]),
        [InOrder, Old, InOrder, Duplicate]
    );
}

#[test]
fn a_context_without_detection_takes_everything() {
    assert_eq!(
        orders(ContextFlags::NONE, 2, &[1, 1, 0]),
        [TokenOrder::InOrder; 3]
    );
}

#[test]
fn sequence_numbers_go_on_beyond_32_bits() {
    let mut ends = ends(&key(AES256, 2), None, FLAGS);
    let mut established = ends.initiator.established().clone();
    established.send_sequence = u32::MAX;
    ends.initiator = SecurityContext::new(established.clone(), ContextRole::Initiator);
    established.receive_sequence = u32::MAX;
    ends.acceptor = SecurityContext::new(established, ContextRole::Acceptor);
    for expected in [u64::from(u32::MAX), u64::from(u32::MAX) + 1] {
        let token = ends.initiator.get_mic(b"message").unwrap();
        assert_eq!(token[8..16], expected.to_be_bytes());
        assert_eq!(
            ends.acceptor.verify_mic(b"message", &token),
            Ok(TokenOrder::InOrder)
        );
    }
}

#[test]
fn numbers_that_differ_above_32_bits_are_different() {
    let mut ends = pair();
    let token = ends.initiator.get_mic(b"message").unwrap();
    assert_eq!(
        ends.acceptor.verify_mic(b"message", &token),
        Ok(TokenOrder::InOrder)
    );
    let mut header = token[..16].to_vec();
    header[11] = 1;
    let covered = [b"message".as_slice(), &header].concat();
    let checksum = key(AES256, 2).checksum(KeyUsage::INITIATOR_SIGN, &covered);
    let token = [header, checksum].concat();
    assert_eq!(
        ends.acceptor.verify_mic(b"message", &token),
        Ok(TokenOrder::Gap)
    );
}

#[test]
fn keys_of_des_make_no_tokens() {
    for enctype in [Enctype::DES_CBC_MD5, Enctype::DES3_CBC_SHA1_KD] {
        let mut ends = ends(&key(enctype, 2), None, FLAGS);
        let error = MessageError::UnsupportedEnctype(enctype);
        assert_eq!(ends.initiator.get_mic(b"message"), Err(error.clone()));
        assert_eq!(ends.initiator.unwrap(b"token"), Err(error));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_no_token(
        enctype in prop::sample::select(TYPES.to_vec()),
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        wrap in any::<bool>(),
        dce in any::<bool>(),
    ) {
        if let Some(id) = bytes.first_chunk_mut() {
            *id = if wrap { [5, 4] } else { [4, 4] };
        }
        let layout = if dce { WrapLayout::DceStyle } else { WrapLayout::Unrotated };
        let ends = ends(&key(enctype, 2), Some(key(enctype, 3)), FLAGS);
        let mut acceptor = ends.acceptor.with_layout(layout);
        prop_assert!(acceptor.unwrap(&bytes).is_err());
        prop_assert!(acceptor.verify_mic(b"message", &bytes).is_err());
    }

    #[test]
    fn any_message_comes_back(
        message in prop::collection::vec(any::<u8>(), 0..200),
        confidential in any::<bool>(),
        count in any::<u16>(),
    ) {
        let token = pair().initiator.wrap(&mut rng(), confidential, &message).unwrap();
        prop_assert_eq!(
            pair().acceptor.unwrap(&rotated(&token, count)),
            unwrapped(&message, confidential)
        );
    }
}
