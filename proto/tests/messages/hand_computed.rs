//! Encodings put together by hand from the ASN.1, for types that no tool at hand writes.

use hex_literal::hex;
use kdclab_proto::messages::*;

/// MS-KILE section 2.2.2 with the KERB-EXT-ERROR of section 2.2.1: status, a reserved field and flags, each
/// 32 bits with the least significant octet first. The status is STATUS_ACCOUNT_DISABLED.
#[test]
fn kerb_error_data_with_an_ntstatus() {
    let encoded = hex!("30 15 a1 03 02 01 03 a2 0e 04 0c 72 00 00 c0 00 00 00 00 01 00 00 00");
    let data = KerbErrorData::extended_error(0xc000_0072);
    assert_eq!(data.encode(), encoded);
    assert_eq!(KerbErrorData::decode(&encoded), Ok(data.clone()));
    assert_eq!(data.status(), Some(0xc000_0072));
}

#[test]
fn kerb_error_data_for_a_skewed_clock() {
    let encoded = hex!("30 05 a1 03 02 01 02");
    let data = KerbErrorData {
        data_type: KerbErrorData::SKEW_RECOVERY,
        data_value: None,
    };
    assert_eq!(data.encode(), encoded);
    assert_eq!(KerbErrorData::decode(&encoded), Ok(data.clone()));
    assert_eq!(data.status(), None);
}

#[test]
fn kerb_error_data_of_another_type_has_no_ntstatus() {
    let encoded = hex!("30 0d a1 03 02 01 02 a2 06 04 04 72 00 00 c0");
    assert_eq!(KerbErrorData::decode(&encoded).unwrap().status(), None);
}

#[test]
fn kerb_error_data_too_short_for_an_ntstatus_has_none() {
    let encoded = hex!("30 0c a1 03 02 01 03 a2 05 04 03 72 00 00");
    assert_eq!(KerbErrorData::decode(&encoded).unwrap().status(), None);
}

#[test]
fn kerb_error_data_begins_with_tag_1() {
    assert!(KerbErrorData::decode(&hex!("30 05 a0 03 02 01 02")).is_err());
}

/// RFC 4120 section 5.9.1.
#[test]
fn typed_data_with_and_without_a_value() {
    let encoded = hex!("30 16 30 0d a0 03 02 01 66 a1 06 04 04 01 02 03 04 30 05 a0 03 02 01 ff");
    let data = TypedData(vec![
        TypedDataElement {
            data_type: 0x66,
            data_value: Some(vec![1, 2, 3, 4]),
        },
        TypedDataElement {
            data_type: -1,
            data_value: None,
        },
    ]);
    assert_eq!(data.encode(), encoded);
    assert_eq!(TypedData::decode(&encoded), Ok(data));
}

#[test]
fn typed_data_without_a_type_is_refused() {
    assert!(TypedData::decode(&hex!("30 0a 30 08 a1 06 04 04 01 02 03 04")).is_err());
}

/// MS-KILE section 2.2.3.
#[test]
fn pa_pac_request() {
    for (encoded, include_pac) in [
        (hex!("30 05 a0 03 01 01 ff"), true),
        (hex!("30 05 a0 03 01 01 00"), false),
    ] {
        let request = PaPacRequest { include_pac };
        assert_eq!(request.encode(), encoded);
        assert_eq!(PaPacRequest::decode(&encoded), Ok(request));
    }
}

/// Encoders that follow BER only send any octet for true (X.690 section 8.2.2).
#[test]
fn pa_pac_request_with_a_true_of_1() {
    let request = PaPacRequest::decode(&hex!("30 05 a0 03 01 01 01"));
    assert_eq!(request, Ok(PaPacRequest { include_pac: true }));
}

#[test]
fn pa_pac_request_with_a_boolean_of_two_octets_is_refused() {
    assert!(PaPacRequest::decode(&hex!("30 06 a0 04 01 02 00 ff")).is_err());
}

/// X.690 section 8.3.2: the fewest octets that hold the number in two's complement.
#[test]
fn integers_are_written_minimally() {
    for (number, encoded) in [
        (0, &hex!("02 01 00")[..]),
        (127, &hex!("02 01 7f")),
        (128, &hex!("02 02 00 80")),
        (255, &hex!("02 02 00 ff")),
        (256, &hex!("02 02 01 00")),
        (32_767, &hex!("02 02 7f ff")),
        (32_768, &hex!("02 03 00 80 00")),
        (i32::MAX, &hex!("02 04 7f ff ff ff")),
        (-1, &hex!("02 01 ff")),
        (-128, &hex!("02 01 80")),
        (-129, &hex!("02 02 ff 7f")),
        (-32_768, &hex!("02 02 80 00")),
        (-32_769, &hex!("02 03 ff 7f ff")),
        (i32::MIN, &hex!("02 04 80 00 00 00")),
    ] {
        let padata = PadataType(number).with(Vec::new());
        let encoded = crate::encoding::element(
            0x30,
            &[
                crate::encoding::element(0xa1, encoded),
                hex!("a2 02 04 00").to_vec(),
            ]
            .concat(),
        );
        assert_eq!(padata.encode(), encoded, "{number}");
        assert_eq!(PaData::decode(&encoded), Ok(padata), "{number}");
    }
}

/// X.690 sections 8.1.3.4 and 10.1: one octet up to 127, then the fewest that hold the length.
#[test]
fn lengths_are_written_minimally() {
    for (length, header) in [
        (0, &hex!("04 00")[..]),
        (127, &hex!("04 7f")),
        (128, &hex!("04 81 80")),
        (255, &hex!("04 81 ff")),
        (256, &hex!("04 82 01 00")),
        (65_535, &hex!("04 82 ff ff")),
        (65_536, &hex!("04 83 01 00 00")),
    ] {
        let padata = PadataType(1).with(vec![7; length]);
        let encoded = padata.encode();
        let value_at = encoded.len() - length - header.len();
        assert_eq!(
            &encoded[value_at..value_at + header.len()],
            header,
            "{length}"
        );
        assert_eq!(PaData::decode(&encoded), Ok(padata), "{length}");
    }
}
