//! What signatures and checksums cover is kept as it arrived.

use super::*;

fn long_lengths(bytes: &[u8]) -> Vec<u8> {
    rewrite(bytes, &|tag, contents| {
        element_with_length_of(3, tag, contents)
    })
}

/// The checksum in the authenticator of a TGS-REQ covers the body as it arrived (RFC 4120 section
/// 5.2.7.1).
#[test]
fn the_body_of_a_request_with_long_lengths() {
    let bytes = fixture!("captured/tgs-req");
    let plain = TgsReq::decode(&bytes).unwrap();
    let body = long_lengths(plain.0.req_body_bytes());
    let received = TgsReq::decode(&Message::parse(&bytes).with(4, &body)).unwrap();
    assert_eq!(received.0.req_body_bytes(), body);
    assert_eq!(received.0.req_body(), plain.0.req_body());
    assert_eq!(received.encode(), Message::parse(&bytes).with(4, &body));
}

#[test]
fn the_body_of_a_request_with_a_superfluous_octet_in_its_nonce() {
    let bytes = fixture!("captured/tgs-req");
    let plain = TgsReq::decode(&bytes).unwrap();
    let body = Message::parse(plain.0.req_body_bytes()).with(7, &[2, 2, 0, 1]);
    let received = TgsReq::decode(&Message::parse(&bytes).with(4, &body)).unwrap();
    assert_eq!(received.0.req_body().nonce, 1);
    assert_eq!(received.0.req_body_bytes(), body);
}

#[test]
fn the_body_of_a_new_request_is_its_der_encoding() {
    for bytes in [
        fixture!("captured/as-req"),
        fixture!("reference/as-req-all-fields"),
    ] {
        let received = AsReq::decode(&bytes).unwrap();
        let body = received.0.req_body().clone();
        let made = AsReq::new(received.0.padata.clone(), body.clone());
        assert_eq!(made.0.req_body_bytes(), body.encode());
        assert_eq!(made, received);
    }
}

#[test]
fn authorization_data_with_long_lengths_and_unknown_fields() {
    let plain = fixture!("reference/authorization-data");
    let element_of_unknown_form = [
        0x30, 0x0e, 0xa0, 3, 2, 1, 9, 0xa1, 2, 4, 0, 0xa2, 3, 2, 1, 1,
    ];
    let contents = [long_lengths(&plain[2..]), element_of_unknown_form.to_vec()].concat();
    let encoded = element(0x30, &contents);
    let data = AuthorizationData::decode_padded(&encoded).unwrap();
    assert_eq!(data.encode(), encoded);
    let types: Vec<i32> = data.elements().map(|element| element.ad_type).collect();
    assert_eq!(types, [1, -7, 9]);

    let ticket = fixture!("reference/enc-ticket-part-all-fields");
    let ticket = Message::parse(&ticket).with(10, &encoded);
    assert_eq!(EncTicketPart::decode(&ticket).unwrap().encode(), ticket);
}

#[test]
fn authorization_data_that_is_none_is_refused() {
    let ticket = fixture!("reference/enc-ticket-part-all-fields");
    let broken = element(0x30, &element(0x30, &[0xa0, 3, 2, 1, 9]));
    assert!(matches!(
        EncTicketPart::decode(&Message::parse(&ticket).with(10, &broken)),
        Err(DecodeError::MissingField {
            message: "AuthorizationData",
            field: "ad_data",
            ..
        })
    ));
}

#[test]
fn authorization_data_of_two_sources_follow_each_other() {
    let element = |ad_type| AuthorizationDataElement {
        ad_type,
        ad_data: vec![ad_type as u8],
    };
    let (first, second) = (element(1), element(2));
    let both = AuthorizationData::new(std::slice::from_ref(&first))
        .followed_by(&AuthorizationData::new(std::slice::from_ref(&second)));
    assert_eq!(both, AuthorizationData::new(&[first, second]));
}

/// RFC 4120 section 5.6.1: the checksum covers the message with an empty checksum of type 0.
#[test]
fn the_checksum_input_of_a_krb_safe() {
    let bytes = fixture!("captured/krb-safe");
    let empty = element(0x30, &[0xa0, 3, 2, 1, 0, 0xa1, 2, 4, 0]);
    let expected = Message::parse(&bytes).with(3, &empty);
    assert_eq!(KrbSafe::checksum_input(&bytes), Ok(expected));
}

#[test]
fn the_checksum_input_of_a_krb_safe_with_a_negative_seq_number() {
    let bytes = fixture!("reference/krb-safe-all-fields");
    let body = Message::parse(&bytes).fields[2].1.to_vec();
    let body = Message::parse(&body).with(3, &[2, 4, 0xff, 0, 0, 1]);
    let message = Message::parse(&bytes).with(2, &body);
    let decoded = KrbSafe::decode(&message).unwrap();
    assert_eq!(decoded.safe_body.seq_number, Some(0xff00_0001));
    let covered = KrbSafe::checksum_input(&message).unwrap();
    assert_eq!(Message::parse(&covered).fields[2].1, body);
    assert_eq!(
        Message::parse(&covered).fields[3].1,
        [0x30, 9, 0xa0, 3, 2, 1, 0, 0xa1, 2, 4, 0]
    );
}

#[test]
fn the_checksum_input_of_another_message_is_refused() {
    assert!(KrbSafe::checksum_input(&fixture!("captured/krb-priv")).is_err());
}
