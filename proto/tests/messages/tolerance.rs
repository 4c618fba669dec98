//! What deployed peers send and expect to be understood, each beside what must be refused. Where a test
//! says what MIT does, its 1.20 decoders were asked.

use kdclab_proto::messages::*;
use kdclab_proto::{DecodeError, KerberosString, NameType};

use crate::encoding::{Message, element, element_with_length_of, has_fields, rewrite};
use crate::fixtures::{self, fixture};

fn as_req_with(field: u8, contents: &[u8]) -> Result<AsReq, DecodeError> {
    let request = AsReq::decode(&fixture!("captured/as-req")).unwrap();
    let body = Message::parse(request.0.req_body_bytes()).with(field, contents);
    let bytes = fixture!("captured/as-req");
    AsReq::decode(&Message::parse(&bytes).with(4, &body))
}

fn general_string(text: &[u8]) -> Vec<u8> {
    element(0x1b, text)
}

fn name(components: &[&[u8]]) -> Vec<u8> {
    let components: Vec<u8> = components
        .iter()
        .flat_map(|component| general_string(component))
        .collect();
    let fields = [
        element(0xa0, &[2, 1, 1]),
        element(0xa1, &element(0x30, &components)),
    ];
    element(0x30, &fields.concat())
}

mod strings {
    use super::*;

    #[test]
    fn a_utf8_name_is_kept() {
        let request = as_req_with(1, &name(&["zoë".as_bytes()])).unwrap();
        let cname = request.0.req_body().cname.clone().unwrap();
        assert_eq!(cname.components, [KerberosString::from("zoë")]);
        assert_eq!(cname.name_type, NameType::PRINCIPAL);
    }

    #[test]
    fn every_byte_in_a_name_is_kept() {
        let every_byte: Vec<u8> = (0..=255).collect();
        let request = as_req_with(1, &name(&[&every_byte, b""])).unwrap();
        let cname = request.0.req_body().cname.clone().unwrap();
        assert_eq!(cname.components[0].as_bytes(), every_byte);
        let again = AsReq::new(None, request.0.req_body().clone()).encode();
        assert_eq!(
            AsReq::decode(&again).unwrap().0.req_body().cname,
            Some(cname)
        );
    }

    #[test]
    fn every_byte_in_a_realm_is_kept() {
        let every_byte: Vec<u8> = (0..=255).collect();
        let request = as_req_with(2, &general_string(&every_byte)).unwrap();
        assert_eq!(request.0.req_body().realm.as_bytes(), every_byte);
    }

    #[test]
    fn a_name_without_components_is_read() {
        let request = as_req_with(1, &name(&[])).unwrap();
        assert!(
            request
                .0
                .req_body()
                .cname
                .clone()
                .unwrap()
                .components
                .is_empty()
        );
    }

    #[test]
    fn a_realm_of_another_string_type_is_refused() {
        for tag in [0x04, 0x0c, 0x13, 0x16, 0x1a, 0x3b] {
            let refused = as_req_with(2, &element(tag, b"KDCLAB.TEST")).map(|_| ());
            assert!(
                matches!(refused, Err(DecodeError::UnexpectedTag { expected: 0x1b, found, .. }) if found == tag),
                "{tag:#04x}: {refused:?}"
            );
        }
    }

    #[test]
    fn a_name_without_a_type_is_refused() {
        let untyped = element(
            0x30,
            &element(0xa1, &element(0x30, &general_string(b"alice"))),
        );
        assert!(matches!(
            as_req_with(1, &untyped),
            Err(DecodeError::MissingField {
                message: "PrincipalName",
                field: "name_type",
                ..
            })
        ));
    }
}

mod numbers {
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
}

mod times {
    use super::*;

    fn till(text: &str) -> Option<String> {
        let request = as_req_with(5, &element(0x18, text.as_bytes())).ok()?;
        Some(request.0.req_body().till.to_string())
    }

    #[test]
    fn whole_seconds() {
        assert_eq!(
            till("20260101000000Z").as_deref(),
            Some("2026-01-01T00:00:00Z")
        );
    }

    #[test]
    fn the_epoch_that_means_as_late_as_allowed() {
        assert_eq!(
            till("19700101000000Z").as_deref(),
            Some("1970-01-01T00:00:00Z")
        );
    }

    #[test]
    fn without_seconds_or_zone_or_calendar_is_refused() {
        for text in [
            "202601010000Z",
            "20260101000000",
            "20260101000000+0100",
            "20260230000000Z",
            "",
        ] {
            assert_eq!(till(text), None, "{text}");
        }
    }
}

mod structure {
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
}

mod versions_and_types {
    use super::*;

    /// A KDC answers with KDC_ERR_BAD_PVNO and an acceptor with KRB_AP_ERR_BADVERSION, so the message must
    /// be readable. MIT's decoders refuse it with KRB5KDC_ERR_BAD_PVNO.
    #[test]
    fn another_protocol_version_is_readable() {
        let version_4: &[u8] = &[2, 1, 4];
        let with = |bytes: Vec<u8>, field| Message::parse(&bytes).with(field, version_4);
        let request = AsReq::decode(&with(fixture!("captured/as-req"), 1)).unwrap();
        assert_eq!(request.0.pvno, 4);
        let request = TgsReq::decode(&with(fixture!("captured/tgs-req"), 1)).unwrap();
        assert_eq!(request.0.pvno, 4);
        let request = ApReq::decode(&with(fixture!("captured/ap-req"), 0)).unwrap();
        assert_eq!(request.pvno, 4);
        let ticket = Ticket::decode(&with(fixture!("captured/ticket"), 0)).unwrap();
        assert_eq!(ticket.tkt_vno, 4);
        let error = KrbError::decode(&with(fixture!("captured/krb-error-preauth-required"), 0));
        assert_eq!(error.unwrap().pvno, 4);
    }

    #[test]
    fn another_protocol_version_is_written_back() {
        let bytes = fixture!("captured/as-req");
        let changed = Message::parse(&bytes).with(1, &[2, 1, 4]);
        assert_eq!(AsReq::decode(&changed).unwrap().encode(), changed);
    }

    macro_rules! msg_types {
        ($($test:ident: $fixture:literal, $type:ident, field $field:literal, $expected:literal;)*) => {$(
            #[test]
            fn $test() {
                let bytes = fixture!($fixture);
                let message = Message::parse(&bytes);
                let own: &[u8] = &[2, 1, $expected];
                assert!(message.fields.contains(&(0xa0 | $field, own)));
                let changed = message.with($field, &[2, 1, 99]);
                assert_eq!(
                    $type::decode(&changed).map(|_| ()),
                    Err(DecodeError::MsgTypeMismatch { expected: $expected, found: 99 })
                );
            }
        )*};
    }

    msg_types! {
        as_req_is_10: "captured/as-req", AsReq, field 2, 10;
        as_rep_is_11: "captured/as-rep", AsRep, field 1, 11;
        tgs_req_is_12: "captured/tgs-req", TgsReq, field 2, 12;
        tgs_rep_is_13: "captured/tgs-rep", TgsRep, field 1, 13;
        ap_req_is_14: "captured/ap-req", ApReq, field 1, 14;
        ap_rep_is_15: "captured/ap-rep", ApRep, field 1, 15;
        krb_safe_is_20: "captured/krb-safe", KrbSafe, field 1, 20;
        krb_priv_is_21: "captured/krb-priv", KrbPriv, field 1, 21;
        krb_cred_is_22: "captured/krb-cred", KrbCred, field 1, 22;
        krb_error_is_30: "captured/krb-error-preauth-required", KrbError, field 1, 30;
    }
}

mod kept_byte_for_byte {
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
}
