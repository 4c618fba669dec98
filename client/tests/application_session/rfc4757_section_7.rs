//! MIC and wrap tokens of keys of rc4-hmac.

use kdclab_client::gss::{
    ContextRole, MessageError, SecurityContext, TokenError, TokenOrder, Unwrapped,
};
use kdclab_proto::KeyUsage;
use proptest::prelude::*;

use crate::rfc4121_section_4_2::{Ends, FLAGS, ends};
use crate::support::{AES256, RC4, key, rng};

/// The framing of a token of 24 and more octets: the length, the identifier of Kerberos.
const OID: [u8; 11] = [
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02,
];

fn pair() -> Ends {
    ends(&key(RC4, 2), None, FLAGS)
}

fn unwrapped(message: &[u8], confidential: bool) -> Result<Unwrapped, MessageError> {
    Ok(Unwrapped {
        message: message.to_vec(),
        confidential,
        order: TokenOrder::InOrder,
    })
}

#[test]
fn section_7_2_a_mic_token_has_the_fields_of_the_rfc() {
    let token = pair().initiator.get_mic(b"message").unwrap();
    assert_eq!(token.len(), 2 + 11 + 24);
    assert_eq!(token[..2], [0x60, 35]);
    assert_eq!(token[2..13], OID);
    let header = [0x01, 0x01, 0x11, 0x00, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(token[13..21], header);
    let checksum = key(RC4, 2).checksum(KeyUsage(15), &[header.as_slice(), b"message"].concat());
    assert_eq!(token[29..], checksum[..8]);
}

#[test]
fn section_7_3_a_signed_wrap_token_has_the_fields_of_the_rfc() {
    let token = pair()
        .initiator
        .wrap(&mut rng(), false, b"message")
        .unwrap();
    let header = [0x02, 0x01, 0x11, 0x00, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(token[13..21], header);
    assert_eq!(token[45..], *b"message\x01");
    let covered = [header.as_slice(), &token[37..]].concat();
    let checksum = key(RC4, 2).checksum(KeyUsage(13), &covered);
    assert_eq!(token[29..37], checksum[..8]);
}

#[test]
fn section_7_3_a_sealed_wrap_token_hides_its_message() {
    let token = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    assert_eq!(
        token[13..21],
        [0x02, 0x01, 0x11, 0x00, 0x10, 0x00, 0xff, 0xff]
    );
    assert_eq!(token.len(), 2 + 11 + 24 + 8 + 8);
    assert!(!token.windows(7).any(|window| window == b"message"));
}

#[test]
fn messages_come_back_from_either_end() {
    for message in [b"".as_slice(), b"m", &[7; 200]] {
        for confidential in [false, true] {
            let mut ends = pair();
            let token = ends
                .initiator
                .wrap(&mut rng(), confidential, message)
                .unwrap();
            assert_eq!(
                ends.acceptor.unwrap(&token),
                unwrapped(message, confidential)
            );
            let token = ends
                .acceptor
                .wrap(&mut rng(), confidential, message)
                .unwrap();
            assert_eq!(
                ends.initiator.unwrap(&token),
                unwrapped(message, confidential)
            );
        }
        let mut ends = pair();
        let token = ends.acceptor.get_mic(message).unwrap();
        assert_eq!(
            ends.initiator.verify_mic(message, &token),
            Ok(TokenOrder::InOrder)
        );
    }
}

/// Where the sequence number stands in a token of less than 128 octets. RC4 hides it, and only a sealed message, whose
/// key depends on it, protects it.
const SEQUENCE: std::ops::Range<usize> = 21..25;

#[test]
fn a_changed_octet_is_refused() {
    for confidential in [false, true] {
        let token = pair()
            .initiator
            .wrap(&mut rng(), confidential, b"message")
            .unwrap();
        for position in 0..token.len() {
            let mut changed = token.clone();
            changed[position] ^= 1;
            let answer = pair().acceptor.unwrap(&changed);
            if !confidential && SEQUENCE.contains(&position) {
                assert_ne!(answer.unwrap().order, TokenOrder::InOrder);
            } else {
                assert!(answer.is_err(), "{position}");
            }
        }
    }
    let token = pair().initiator.get_mic(b"message").unwrap();
    for position in 0..token.len() {
        let mut changed = token.clone();
        changed[position] ^= 1;
        let answer = pair().acceptor.verify_mic(b"message", &changed);
        if SEQUENCE.contains(&position) {
            assert_ne!(answer, Ok(TokenOrder::InOrder));
        } else {
            assert!(answer.is_err(), "{position}");
        }
    }
}

#[test]
fn a_mic_over_another_message_is_refused() {
    let token = pair().initiator.get_mic(b"message").unwrap();
    assert_eq!(
        pair().acceptor.verify_mic(b"massage", &token),
        Err(MessageError::Checksum)
    );
}

#[test]
fn a_reflected_token_is_refused() {
    let mut ends = pair();
    let token = ends.initiator.wrap(&mut rng(), true, b"message").unwrap();
    assert_eq!(ends.initiator.unwrap(&token), Err(MessageError::Reflected));
    let token = ends.initiator.get_mic(b"message").unwrap();
    assert_eq!(
        ends.initiator.verify_mic(b"message", &token),
        Err(MessageError::Reflected)
    );
}

#[test]
fn other_algorithms_and_mechanisms_are_refused() {
    let token = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    let changed = |position: usize, octet: u8| {
        let mut token = token.clone();
        token[position] = octet;
        pair().acceptor.unwrap(&token).unwrap_err()
    };
    assert_eq!(
        changed(15, 0x04),
        MessageError::UnknownAlgorithm {
            algorithms: [0x04, 0, 0x10, 0]
        }
    );
    assert_eq!(changed(19, 0), MessageError::InvalidFiller);
    assert_eq!(
        changed(13, 1),
        MessageError::UnexpectedTokenId {
            expected: [2, 1],
            found: [1, 1]
        }
    );
    assert!(matches!(
        changed(12, 3),
        MessageError::Framing(TokenError::OtherMechanism { .. })
    ));
}

#[test]
fn a_token_cut_short_is_refused() {
    let token = pair().initiator.wrap(&mut rng(), true, b"message").unwrap();
    for length in 0..token.len() {
        assert!(pair().acceptor.unwrap(&token[..length]).is_err());
    }
}

#[test]
fn the_order_of_messages_is_told() {
    let mut ends = pair();
    let tokens: Vec<_> = (0..3)
        .map(|_| ends.initiator.get_mic(b"message").unwrap())
        .collect();
    let mut order = |index: usize| {
        ends.acceptor
            .verify_mic(b"message", &tokens[index])
            .unwrap()
    };
    assert_eq!(order(0), TokenOrder::InOrder);
    assert_eq!(order(0), TokenOrder::Duplicate);
    assert_eq!(order(2), TokenOrder::Gap);
    assert_eq!(order(1), TokenOrder::Unsequenced);
}

#[test]
fn sequence_numbers_come_round_after_32_bits() {
    let mut established = pair().initiator.established().clone();
    established.send_sequence = u32::MAX;
    established.receive_sequence = u32::MAX;
    let mut initiator = SecurityContext::new(established.clone(), ContextRole::Initiator);
    let mut acceptor = SecurityContext::new(established, ContextRole::Acceptor);
    for _ in 0..3 {
        let token = initiator.wrap(&mut rng(), true, b"message").unwrap();
        assert_eq!(acceptor.unwrap(&token), unwrapped(b"message", true));
    }
}

/// Messages of RC4 do not say which key they are under, so MIT leaves the acceptor's of the same type alone.
#[test]
fn an_acceptors_subkey_of_rc4_is_left_alone() {
    let mut with = ends(&key(RC4, 2), Some(key(RC4, 3)), FLAGS);
    let token = with.initiator.get_mic(b"message").unwrap();
    assert!(pair().acceptor.verify_mic(b"message", &token).is_ok());
}

#[test]
fn rfc4537_an_acceptors_subkey_of_a_newer_type_replaces_rc4() {
    let mut with = ends(&key(RC4, 2), Some(key(AES256, 3)), FLAGS);
    let token = with.initiator.get_mic(b"message").unwrap();
    assert_eq!(token[..3], [4, 4, 4]);
    assert!(with.acceptor.verify_mic(b"message", &token).is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_no_token(bytes in prop::collection::vec(any::<u8>(), 0..200), wrap in any::<bool>()) {
        let length = 11 + 2 + bytes.len();
        let mut token = vec![0x60, 0x81, length as u8];
        if length < 0x80 {
            token.remove(1);
        }
        token.extend(OID);
        token.extend(if wrap { [2, 1] } else { [1, 1] });
        token.extend(&bytes);
        let mut acceptor = pair().acceptor;
        for token in [&bytes, &token] {
            prop_assert!(acceptor.unwrap(token).is_err());
            prop_assert!(acceptor.verify_mic(b"message", token).is_err());
        }
    }
}
