//! Nothing that arrives may do worse than fail to decode.

use kdclab_proto::DecodeError;
use kdclab_proto::messages::*;
use proptest::prelude::*;

use crate::encoding::{element, element_with_length_of, elements, rewrite};
use crate::fixtures;

/// Every decoder of the library on the same bytes; what they return is not looked at.
fn decode_as_everything(bytes: &[u8]) {
    macro_rules! decode {
        ($($type:ident)*) => {$(
            let _ = $type::decode(bytes).map(|message| message.encode());
            let _ = $type::decode_padded(bytes);
        )*};
    }
    decode! {
        ApRep ApReq AsRep AsReq Authenticator Checksum EncApRepPart EncAsRepPart EncKrbCredPart
        EncKrbPrivPart EncTgsRepPart EncTicketPart EncryptedData KdcReqBody KerbErrorData KrbCred
        KrbError KrbPriv KrbSafe KrbSafeBody PaData PaEncTsEnc PaPacRequest TgsRep TgsReq Ticket
    }
    let _ = EncKdcRepPart::decode_padded(bytes);
    let _ = AuthorizationData::decode_padded(bytes).map(|data| data.elements().count());
    let _ = EtypeInfo::decode(bytes);
    let _ = EtypeInfo2::decode(bytes);
    let _ = MethodData::decode(bytes);
    let _ = KrbSafe::checksum_input(bytes);
    if let Ok(error) = KrbError::decode(bytes) {
        let _ = error.padata(PadataType::ETYPE_INFO2);
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        decode_as_everything(&bytes);
    }

    #[test]
    fn arbitrary_bytes_inside_the_tags_of_a_message_do_not_panic(
        application in 0u8..31,
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        decode_as_everything(&element(0x60 | application, &element(0x30, &bytes)));
    }

    #[test]
    fn changed_bytes_of_real_messages_do_not_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let fixtures = fixtures::all();
        let fixture = which.get(&fixtures);
        let mut bytes = fixture.bytes.clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        decode_as_everything(&bytes);
    }

    #[test]
    fn what_decodes_encodes_to_something_that_decodes_alike(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let fixtures = fixtures::all();
        let fixture = which.get(&fixtures);
        let mut bytes = fixture.bytes.clone();
        let place = place.index(bytes.len());
        bytes[place] = value;
        if let Ok(encoded) = (fixture.again)(&bytes) {
            prop_assert_eq!((fixture.again)(&encoded), Ok(encoded), "{}", fixture.name);
        }
    }
}

#[test]
fn a_message_cut_anywhere_is_truncated() {
    for fixture in fixtures::all() {
        for end in 0..fixture.bytes.len() {
            assert_eq!(
                (fixture.again)(&fixture.bytes[..end]),
                Err(DecodeError::Truncated { offset: 0 }),
                "{} cut at {end}",
                fixture.name
            );
        }
    }
}

#[test]
fn a_message_whose_contents_are_cut_never_decodes_to_the_same() {
    for fixture in fixtures::all() {
        let [(tag, contents)] = elements(&fixture.bytes)[..] else {
            panic!("{} is not one element", fixture.name);
        };
        for end in 0..contents.len() {
            let cut = element(tag, &contents[..end]);
            assert_ne!(
                (fixture.again)(&cut).as_ref(),
                Ok(&fixture.bytes),
                "{} cut at {end}",
                fixture.name
            );
            decode_as_everything(&cut);
        }
    }
}

#[test]
fn a_message_with_lengths_of_any_accepted_size_is_read() {
    for fixture in fixtures::all() {
        for octets in 3..=8 {
            let long = rewrite(&fixture.bytes, &|tag, contents| {
                element_with_length_of(octets, tag, contents)
            });
            assert_eq!(
                (fixture.afresh)(&long).as_ref(),
                Ok(&fixture.bytes),
                "{} with lengths of {octets} octets",
                fixture.name
            );
        }
    }
}

#[test]
fn a_length_of_nine_octets_is_refused() {
    for fixture in fixtures::all() {
        let [(tag, contents)] = elements(&fixture.bytes)[..] else {
            panic!("{} is not one element", fixture.name);
        };
        assert_eq!(
            (fixture.again)(&element_with_length_of(9, tag, contents)),
            Err(DecodeError::UnsupportedLength { offset: 0 }),
            "{}",
            fixture.name
        );
    }
}

#[test]
fn an_indefinite_length_is_refused() {
    for fixture in fixtures::all() {
        let [(tag, contents)] = elements(&fixture.bytes)[..] else {
            panic!("{} is not one element", fixture.name);
        };
        let indefinite = [&[tag, 0x80], contents, &[0, 0]].concat();
        assert_eq!(
            (fixture.again)(&indefinite),
            Err(DecodeError::UnsupportedLength { offset: 0 }),
            "{}",
            fixture.name
        );
    }
}

#[test]
fn a_length_beyond_the_address_space_is_truncated_and_allocates_nothing() {
    for length in [
        &[0x84, 0xff, 0xff, 0xff, 0xff][..],
        &[0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        for tag in [0x6a, 0x6c, 0x7e] {
            let bytes = [&[tag], length, &[0x30]].concat();
            let expected = Err(DecodeError::Truncated { offset: 0 });
            match tag {
                0x6a => assert_eq!(AsReq::decode(&bytes).map(|_| ()), expected),
                0x6c => assert_eq!(TgsReq::decode(&bytes).map(|_| ()), expected),
                _ => assert_eq!(KrbError::decode(&bytes).map(|_| ()), expected),
            }
        }
    }
}

#[test]
fn thousands_of_nested_elements_do_not_exhaust_the_stack() {
    for tag in [0x30, 0x61, 0x6a, 0xa0, 0xa3] {
        let mut bytes = Vec::new();
        for _ in 0..100_000 {
            bytes.extend([tag, 0x84, 0x00, 0x01, 0x00, 0x00]);
        }
        decode_as_everything(&bytes);
        let nested = (0..5_000).fold(Vec::new(), |inner, _| element(tag, &inner));
        decode_as_everything(&nested);
        assert!(AsReq::decode(&nested).is_err());
    }
}
