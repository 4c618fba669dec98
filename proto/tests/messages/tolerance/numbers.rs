//! Numbers that some peers send signed and others unsigned.

use super::*;

fn nonce(encoded: &[u8]) -> Option<i64> {
    as_req_with(7, encoded)
        .ok()
        .map(|request| request.0.req_body().nonce)
}

#[test]
fn a_negative_nonce_is_kept_negative() {
    assert_eq!(nonce(&[2, 1, 0xff]), Some(-1));
    assert_eq!(nonce(&[2, 4, 0x80, 0, 0, 0]), Some(i32::MIN.into()));
}

#[test]
fn a_nonce_above_the_signed_range_is_kept() {
    assert_eq!(
        nonce(&[2, 5, 0, 0xff, 0xff, 0xff, 0xff]),
        Some(u32::MAX.into())
    );
}

#[test]
fn a_nonce_with_superfluous_octets_is_read() {
    assert_eq!(nonce(&[2, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]), Some(7));
    assert_eq!(nonce(&[&[2, 10], &[0xff; 10][..]].concat()), Some(-1));
}

#[test]
fn a_nonce_of_more_than_64_bits_is_refused() {
    assert_eq!(nonce(&[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    assert_eq!(nonce(&[2, 9, 0x80, 0, 0, 0, 0, 0, 0, 0, 0]), None);
}

#[test]
fn a_nonce_of_no_octets_is_refused() {
    assert_eq!(nonce(&[2, 0]), None);
}

fn encrypted_data(kvno: &[u8]) -> Vec<u8> {
    let fields = [
        element(0xa0, &[2, 1, 18]),
        element(0xa1, kvno),
        element(0xa2, &[4, 1, 0x58]),
    ];
    element(0x30, &fields.concat())
}

fn kvno(encoded: &[u8]) -> Option<u32> {
    EncryptedData::decode(&encrypted_data(encoded)).ok()?.kvno
}

#[test]
fn a_negative_kvno_is_the_unsigned_number_of_the_same_bits() {
    assert_eq!(kvno(&[2, 4, 0x80, 0x01, 0, 2]), Some(0x8001_0002));
    assert_eq!(kvno(&[2, 1, 0xff]), Some(u32::MAX));
}

#[test]
fn an_unsigned_kvno_is_read() {
    assert_eq!(kvno(&[2, 5, 0, 0x80, 0x01, 0, 2]), Some(0x8001_0002));
}

/// MIT reads the kvno as an Int32 and refuses the unsigned form of RFC 4120.
#[test]
fn a_kvno_above_the_signed_range_is_written_as_mit_does() {
    let data = EncryptedData {
        etype: kdclab_proto::Enctype(18),
        kvno: Some(0x8001_0002),
        cipher: b"X".to_vec(),
    };
    assert_eq!(data.encode(), encrypted_data(&[2, 4, 0x80, 0x01, 0, 2]));
}

#[test]
fn a_kvno_of_33_bits_is_refused() {
    for encoded in [[2, 5, 1, 0, 0, 0, 0], [2, 5, 0xff, 0x7f, 0xff, 0xff, 0xff]] {
        assert!(matches!(
            EncryptedData::decode(&encrypted_data(&encoded)),
            Err(DecodeError::InvalidValue {
                expected: "UInt32",
                ..
            })
        ));
    }
}

fn seq_number(encoded: &[u8]) -> Option<u32> {
    let bytes = fixture!("captured/authenticator");
    Authenticator::decode(&Message::parse(&bytes).with(7, encoded))
        .ok()?
        .seq_number
}

#[test]
fn a_negative_seq_number_is_the_unsigned_number_of_the_same_bits() {
    assert_eq!(
        seq_number(&[2, 4, 0xfe, 0xdc, 0xba, 0x98]),
        Some(0xfedc_ba98)
    );
    assert_eq!(
        seq_number(&[2, 5, 0, 0xfe, 0xdc, 0xba, 0x98]),
        Some(0xfedc_ba98)
    );
}

#[test]
fn a_seq_number_of_33_bits_is_refused() {
    assert_eq!(seq_number(&[2, 5, 1, 0, 0, 0, 0]), None);
}

fn etype(encoded: &[u8]) -> Option<i32> {
    let request = as_req_with(8, &element(0x30, encoded)).ok()?;
    request.0.req_body().etype.first().map(|etype| etype.0)
}

#[test]
fn a_private_etype_is_kept() {
    assert_eq!(etype(&[2, 2, 0xff, 0x7b]), Some(-133));
}

#[test]
fn an_etype_of_33_bits_is_refused() {
    assert_eq!(etype(&[2, 5, 0, 0x80, 0, 0, 0]), None);
}

#[test]
fn no_etype_at_all_is_read() {
    assert!(
        as_req_with(8, &[0x30, 0])
            .unwrap()
            .0
            .req_body()
            .etype
            .is_empty()
    );
}
