use hex_literal::hex;
use proptest::prelude::*;

use super::*;

/// `a@R`, type 1, time 5, kvno 44, enctype 17, key 00 01, no 32-bit kvno.
const SHORT: [u8; 23] = hex!("0001 0001 52 0001 61 00000001 00000005 2c 0011 0002 0001");

fn file(version: u8, records: &[(i32, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![5, version];
    for (length, record) in records {
        bytes.extend(match version {
            1 => length.to_le_bytes(),
            _ => length.to_be_bytes(),
        });
        bytes.extend_from_slice(record);
    }
    bytes
}

fn entry(kvno: u32, timestamp: i64, enctype: i32) -> KeytabEntry {
    KeytabEntry {
        principal: PrincipalName::new(NameType::PRINCIPAL, ["a"]).at("R"),
        timestamp: KerberosTime::from_unix(timestamp),
        kvno,
        enctype: Enctype(enctype),
        key_bytes: Zeroizing::new(vec![0, 1]),
    }
}

#[test]
fn no_32_bit_kvno() {
    let keytab = Keytab::parse(&file(2, &[(23, &SHORT)])).unwrap();
    assert_eq!(keytab.entries, [entry(44, 5, 17)]);
}

#[test]
fn a_32_bit_kvno_beats_the_8_bit_one() {
    let record = [&SHORT[..], &hex!("0000012c")].concat();
    assert_eq!(
        Keytab::parse(&file(2, &[(27, &record)])).unwrap().entries,
        [entry(300, 5, 17)]
    );
}

#[test]
fn a_32_bit_kvno_of_zero_does_not_count() {
    let record = [&SHORT[..], &hex!("00000000")].concat();
    assert_eq!(
        Keytab::parse(&file(2, &[(27, &record)])).unwrap().entries,
        [entry(44, 5, 17)]
    );
}

#[test]
fn three_bytes_behind_the_key_are_no_kvno() {
    let record = [&SHORT[..], &hex!("000001")].concat();
    assert_eq!(
        Keytab::parse(&file(2, &[(26, &record)])).unwrap().entries,
        [entry(44, 5, 17)]
    );
}

#[test]
fn bytes_behind_the_32_bit_kvno_are_ignored() {
    let record = [&SHORT[..], &hex!("0000012c 7878")].concat();
    let keytab = Keytab::parse(&file(2, &[(29, &record), (23, &SHORT)])).unwrap();
    assert_eq!(keytab.entries, [entry(300, 5, 17), entry(44, 5, 17)]);
}

#[test]
fn a_kvno_that_the_record_has_and_the_file_has_not() {
    let error = KeytabError::Truncated { offset: 29 };
    assert_eq!(Keytab::parse(&file(2, &[(27, &SHORT)])), Err(error));
}

#[test]
fn holes_are_skipped() {
    let bytes = file(
        2,
        &[(-3, &[9, 9, 9]), (23, &SHORT), (-1, &[9]), (23, &SHORT)],
    );
    assert_eq!(
        Keytab::parse(&bytes).unwrap().entries,
        [entry(44, 5, 17), entry(44, 5, 17)]
    );
}

#[test]
fn a_hole_past_the_end_ends_the_file() {
    for length in [-4, i32::MIN, -i32::MAX] {
        let bytes = file(2, &[(23, &SHORT), (length, &[9, 9, 9])]);
        assert_eq!(Keytab::parse(&bytes).unwrap().entries.len(), 1);
    }
}

#[test]
fn a_length_of_zero_ends_the_file() {
    let bytes = file(2, &[(23, &SHORT), (0, b"garbage"), (23, &SHORT)]);
    assert_eq!(Keytab::parse(&bytes).unwrap().entries, [entry(44, 5, 17)]);
}

#[test]
fn three_trailing_bytes_are_ignored() {
    let bytes = [&file(2, &[(23, &SHORT)])[..], &[0, 0, 1]].concat();
    assert_eq!(Keytab::parse(&bytes).unwrap().entries, [entry(44, 5, 17)]);
}

#[test]
fn a_field_may_not_leave_its_record() {
    let error = KeytabError::Truncated { offset: 27 };
    let bytes = file(2, &[(22, &SHORT), (23, &SHORT)]);
    assert_eq!(Keytab::parse(&bytes), Err(error));
}

#[test]
fn an_entry_past_the_end_of_the_file() {
    let error = KeytabError::Truncated { offset: 11 };
    let bytes = file(2, &[(i32::MAX, &hex!("ffff 0001 52 ffff 61"))]);
    assert_eq!(
        Keytab::parse(&bytes),
        Err(KeytabError::Truncated { offset: 13 })
    );
    let bytes = file(2, &[(i32::MAX, &hex!("ffff 0001 52"))]);
    assert_eq!(Keytab::parse(&bytes), Err(error));
}

#[test]
fn format_0x501_counts_the_realm_and_has_no_name_type() {
    let record = hex!("0200 0100 52 0100 61 05000000 2c 1100 0200 0001 2c010000");
    let keytab = Keytab::parse(&file(1, &[(23, &record)])).unwrap();
    assert_eq!(keytab.entries, [entry(300, 5, 17)]);
    assert_eq!(
        keytab.entries[0].principal.name.name_type,
        NameType::UNKNOWN
    );
}

#[test]
fn format_0x501_without_a_realm() {
    let bytes = file(1, &[(2, &[0, 0])]);
    assert_eq!(
        Keytab::parse(&bytes),
        Err(KeytabError::NoRealm { offset: 6 })
    );
}

#[test]
fn other_versions_and_other_files() {
    assert_eq!(
        Keytab::parse(&[5, 3]),
        Err(KeytabError::UnsupportedVersion(3))
    );
    assert_eq!(
        Keytab::parse(&[5, 0]),
        Err(KeytabError::UnsupportedVersion(0))
    );
    assert_eq!(Keytab::parse(b"#!/bin/sh"), Err(KeytabError::NotAKeytab));
    assert_eq!(Keytab::parse(b""), Err(KeytabError::NotAKeytab));
    assert_eq!(
        Keytab::parse(&[5]),
        Err(KeytabError::Truncated { offset: 1 })
    );
    assert_eq!(Keytab::parse(&[5, 2]), Ok(Keytab::default()));
}

#[test]
fn mit_find_prefers_the_whole_kvno() {
    let keytab = Keytab {
        entries: vec![entry(44, 5, 17), entry(300, 5, 17), entry(300, 5, 18)],
    };
    let a = keytab.entries[0].principal.clone();
    let found = |kvno, enctype| {
        keytab
            .find(&a, kvno, Enctype(enctype))
            .map(|entry| (entry.kvno, entry.enctype.0))
    };
    assert_eq!(found(300, 17), Some((300, 17)));
    assert_eq!(found(300, 18), Some((300, 18)));
    assert_eq!(found(556, 17), Some((44, 17)));
    assert_eq!(found(44, 18), None);
    assert_eq!(found(1, 17), None);
    assert_eq!(found(300, 20), None);
    assert_eq!(keytab.find(&"b@R".parse().unwrap(), 300, Enctype(17)), None);
    assert_eq!(keytab.find(&"a@r".parse().unwrap(), 300, Enctype(17)), None);
}

#[test]
fn mit_newest_kvno_sees_the_wrap() {
    let newest = |entries: &[(u32, i64)]| {
        let keytab = Keytab {
            entries: entries
                .iter()
                .map(|(kvno, time)| entry(*kvno, *time, 17))
                .collect(),
        };
        keytab.newest_kvno(&"a@R".parse().unwrap())
    };
    assert_eq!(newest(&[]), None);
    assert_eq!(newest(&[(2, 5), (3, 1), (1, 9)]), Some(3));
    assert_eq!(newest(&[(255, 5), (1, 0)]), Some(255));
    assert_eq!(newest(&[(255, 5), (1, 5)]), Some(1));
    assert_eq!(newest(&[(1, 5), (255, 5)]), Some(1));
    assert_eq!(newest(&[(255, 5), (1, 5), (300, 1)]), Some(1));
    assert_eq!(newest(&[(240, 5), (1, 5)]), Some(240));
    assert_eq!(newest(&[(241, 5), (128, 5)]), Some(241));
}

#[test]
fn what_does_not_fit_is_refused() {
    let write = |change: &dyn Fn(&mut KeytabEntry)| {
        let mut entry = entry(1, 1, 17);
        change(&mut entry);
        Keytab {
            entries: vec![entry],
        }
        .to_bytes()
        .map(|_| ())
    };
    assert_eq!(write(&|_| {}), Ok(()));
    assert_eq!(
        write(&|entry| entry.enctype = Enctype(0x8000)),
        Err(Unrepresentable::TypeNumber {
            field: "enctype",
            number: 0x8000
        })
    );
    assert_eq!(
        write(&|entry| entry.key_bytes = vec![0; 0x1_0000].into()),
        Err(Unrepresentable::TooLong {
            field: "key",
            length: 0x1_0000,
            limit: 0xffff
        })
    );
    assert_eq!(
        write(&|entry| entry.principal.name.components = vec!["".into(); 0x1_0000]),
        Err(Unrepresentable::TooLong {
            field: "number of name components",
            length: 0x1_0000,
            limit: 0xffff
        })
    );
    for seconds in [-1, 0x1_0000_0000] {
        let time = KerberosTime::from_unix(seconds);
        assert_eq!(
            write(&|entry| entry.timestamp = time),
            Err(Unrepresentable::Time {
                field: "timestamp",
                time
            })
        );
    }
    let time = KerberosTime::from_unix(0xffff_ffff);
    assert_eq!(write(&|entry| entry.timestamp = time), Ok(()));
}

#[test]
fn debug_shows_no_key() {
    let mut entry = entry(3, 5, 17);
    entry.key_bytes = Zeroizing::new(vec![222, 173]);
    let text = format!(
        "{:?}",
        Keytab {
            entries: vec![entry]
        }
    );
    assert!(text.contains("kvno: 3"));
    assert!(!text.contains("222") && !text.contains("173"), "{text}");
}

prop_compose! {
    fn any_entry()(
        name_type: i32,
        components in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..4),
        realm in prop::collection::vec(any::<u8>(), 0..4),
        timestamp: u32,
        kvno: u32,
        enctype: i16,
        key_bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) -> KeytabEntry {
        KeytabEntry {
            principal: PrincipalName::new(NameType(name_type), components).at(realm),
            timestamp: KerberosTime::from_unix(timestamp.into()),
            kvno,
            enctype: Enctype(enctype.into()),
            key_bytes: key_bytes.into(),
        }
    }
}

fn any_keytab() -> impl Strategy<Value = Keytab> {
    prop::collection::vec(any_entry(), 0..4).prop_map(|entries| Keytab { entries })
}

proptest! {
    #[test]
    fn write_then_read_is_identity(keytab in any_keytab()) {
        let read = Keytab::parse(&keytab.to_bytes().unwrap()).unwrap();
        for (read, written) in read.entries.iter().zip(&keytab.entries) {
            prop_assert_eq!(read.principal.name.name_type, written.principal.name.name_type);
        }
        prop_assert_eq!(read, keytab);
    }

    #[test]
    fn a_cut_file_gives_an_error_or_its_whole_entries(keytab in any_keytab()) {
        let bytes = keytab.to_bytes().unwrap();
        for length in 0..bytes.len() {
            if let Ok(read) = Keytab::parse(&bytes[..length]) {
                let whole = read.entries.len();
                prop_assert!(whole < keytab.entries.len());
                prop_assert_eq!(&read.entries[..], &keytab.entries[..whole]);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(version in 0..4u8, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [&[5, version], &bytes[..]].concat();
        if let Ok(keytab) = Keytab::parse(&bytes) {
            let again = Keytab::parse(&keytab.to_bytes().unwrap());
            prop_assert_eq!(again, Ok(keytab));
        }
    }

    #[test]
    fn changed_bytes_never_panic(keytab in any_keytab(), at: prop::sample::Index, byte: u8) {
        let mut bytes = keytab.to_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(keytab) = Keytab::parse(&bytes) {
            prop_assert!(keytab.to_bytes().is_ok());
        }
    }
}
