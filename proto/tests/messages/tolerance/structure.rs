//! Unknown, missing, misplaced and superfluous elements.

use super::*;

const UNKNOWN_FIELD: &[u8] = &[0xbe, 0x03, 0x02, 0x01, 0x00];

#[test]
fn unknown_fields_at_the_end_of_every_sequence_are_skipped() {
    for fixture in fixtures::all() {
        let extended = rewrite(&fixture.bytes, &|tag, contents| {
            if has_fields(tag, contents) {
                element(tag, &[contents, UNKNOWN_FIELD].concat())
            } else {
                element(tag, contents)
            }
        });
        assert_ne!(extended, fixture.bytes, "{}", fixture.name);
        assert_eq!(
            (fixture.afresh)(&extended).as_ref(),
            Ok(&fixture.bytes),
            "{}",
            fixture.name
        );
    }
}

/// MIT reports a missing field as well.
#[test]
fn an_unknown_field_before_a_known_one_is_refused() {
    let bytes = fixture!("captured/as-req");
    let mut message = Message::parse(&bytes);
    message.fields.insert(1, (0xbe, &[0x02, 0x01, 0x00]));
    assert!(matches!(
        AsReq::decode(&message.build()),
        Err(DecodeError::MissingField {
            field: "msg_type",
            ..
        })
    ));
}

#[test]
fn fields_out_of_order_are_refused() {
    let bytes = fixture!("captured/as-req");
    let mut message = Message::parse(&bytes);
    message.fields.swap(0, 1);
    assert!(matches!(
        AsReq::decode(&message.build()),
        Err(DecodeError::MissingField { field: "pvno", .. })
    ));
}

#[test]
fn a_field_sent_twice_is_refused() {
    let bytes = fixture!("captured/as-req");
    let mut message = Message::parse(&bytes);
    let pvno = message.fields[0];
    message.fields.insert(0, pvno);
    assert!(AsReq::decode(&message.build()).is_err());
}

#[test]
fn a_second_element_in_a_field_is_refused() {
    let bytes = fixture!("captured/as-req");
    let changed = Message::parse(&bytes).with(1, &[2, 1, 5, 2, 1, 5]);
    assert_eq!(
        AsReq::decode(&changed),
        Err(DecodeError::TrailingBytes { offset: 11 })
    );
}

#[test]
fn a_second_element_beside_the_body_is_refused() {
    let request = AsReq::decode(&fixture!("captured/as-req")).unwrap();
    let body = [request.0.req_body_bytes(), &[5, 0]].concat();
    let bytes = fixture!("captured/as-req");
    assert!(matches!(
        AsReq::decode(&Message::parse(&bytes).with(4, &body)),
        Err(DecodeError::TrailingBytes { .. })
    ));
}

#[test]
fn a_second_element_in_the_application_tag_is_refused() {
    for fixture in fixtures::all() {
        if fixture.bytes[0] == 0x30 {
            continue;
        }
        let [(tag, contents)] = crate::encoding::elements(&fixture.bytes)[..] else {
            panic!("{} is not one element", fixture.name);
        };
        let two = element(tag, &[contents, &[5, 0]].concat());
        assert!(
            matches!(
                (fixture.again)(&two),
                Err(DecodeError::TrailingBytes { .. })
            ),
            "{}",
            fixture.name
        );
    }
}

#[test]
fn bytes_after_a_message_are_refused_unless_they_are_padding() {
    let plain = fixture!("captured/enc-ticket-part-service");
    let padded = [&plain[..], &[0; 7]].concat();
    assert_eq!(
        EncTicketPart::decode(&padded),
        Err(DecodeError::TrailingBytes {
            offset: plain.len()
        })
    );
    assert_eq!(
        EncTicketPart::decode_padded(&padded),
        EncTicketPart::decode(&plain)
    );
}

#[test]
fn another_application_tag_is_refused() {
    for fixture in fixtures::all() {
        let mut bytes = fixture.bytes;
        let expected = bytes[0];
        bytes[0] = 0x7f;
        assert_eq!(
            (fixture.again)(&bytes),
            Err(DecodeError::UnexpectedTag {
                offset: 0,
                expected,
                found: 0x7f
            }),
            "{}",
            fixture.name
        );
    }
}

#[test]
fn a_primitive_application_tag_is_refused_as_mit_does() {
    let mut bytes = fixture!("captured/as-req");
    bytes[0] = 0x4a;
    assert!(AsReq::decode(&bytes).is_err());
}

/// RFC 4120 section 5.4.2: some KDCs, MIT's among them, put an EncTGSRepPart into an AS-REP.
#[test]
fn an_enc_kdc_rep_part_is_read_under_either_tag() {
    let mut bytes = fixture!("captured/enc-as-rep-part");
    let part = EncTgsRepPart::decode(&bytes).unwrap().0;
    assert_eq!(EncKdcRepPart::decode_padded(&bytes), Ok(part.clone()));
    bytes[0] = 0x79;
    assert_eq!(EncAsRepPart::decode(&bytes), Ok(EncAsRepPart(part.clone())));
    assert_eq!(EncKdcRepPart::decode_padded(&bytes), Ok(part));
    assert!(EncTgsRepPart::decode(&bytes).is_err());
    bytes[0] = 0x7b;
    assert!(EncKdcRepPart::decode_padded(&bytes).is_err());
}
