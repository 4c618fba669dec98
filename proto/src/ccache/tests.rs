use hex_literal::hex;
use proptest::prelude::*;

use super::*;
use crate::crypto::Enctype;
use crate::messages::{AuthorizationDataElement, HostAddress, TicketFlags};
use crate::time::KerberosTime;

fn owner() -> Principal {
    "a@R".parse().unwrap()
}

fn credential(server: &str) -> CcacheCredential {
    CcacheCredential {
        client: owner(),
        server: server.parse().unwrap(),
        enctype: Enctype(18),
        session_key_bytes: Zeroizing::new(vec![222, 173]),
        authtime: KerberosTime::from_unix(1),
        starttime: None,
        endtime: KerberosTime::from_unix(0xffff_ffff),
        renew_till: Some(KerberosTime::from_unix(3)),
        is_skey: 0,
        flags: TicketFlags::FORWARDABLE,
        addresses: Vec::new(),
        authorization_data: Vec::new(),
        ticket: b"t".to_vec(),
        second_ticket: Vec::new(),
    }
}

fn cache(servers: &[&str]) -> Ccache {
    Ccache {
        credentials: servers.iter().map(|server| credential(server)).collect(),
        ..Ccache::new(owner())
    }
}

/// `a@R` as a principal of type 1.
const OWNER: [u8; 18] = hex!("00000001 00000001 00000001 52 00000001 61");

#[test]
fn an_empty_cache() {
    let bytes = [&hex!("0504 0000")[..], &OWNER].concat();
    assert_eq!(Ccache::parse(&bytes), Ok(Ccache::new(owner())));
    assert_eq!(Ccache::new(owner()).to_bytes().unwrap()[..], bytes);
}

#[test]
fn header_tag_1_is_the_kdc_offset_and_others_are_kept() {
    let header = hex!("0504 0018 0007 0002 abcd 0001 0008 ffffffff fff0bdc1 0001 0002 0102");
    let bytes = [&header[..], &OWNER].concat();
    let cache = Ccache::parse(&bytes).unwrap();
    assert_eq!(cache.kdc_offset(), Some((-1, -999_999)));
    let other = |tag, value: &[u8]| HeaderField::Other {
        tag,
        value: value.to_vec(),
    };
    let offset = HeaderField::KdcOffset {
        seconds: -1,
        microseconds: -999_999,
    };
    assert_eq!(
        cache.version,
        CcacheVersion::V4 {
            header: vec![other(7, &[0xab, 0xcd]), offset, other(1, &[1, 2])]
        }
    );
    assert_eq!(cache.to_bytes().unwrap()[..], bytes);
}

#[test]
fn a_header_field_may_not_leave_the_header() {
    let bytes = [&hex!("0504 0006 0007 0003 abcd")[..], &OWNER].concat();
    assert_eq!(
        Ccache::parse(&bytes),
        Err(CcacheError::Truncated { offset: 8 })
    );
    let bytes = [&hex!("0504 0001 00")[..], &OWNER].concat();
    assert_eq!(
        Ccache::parse(&bytes),
        Err(CcacheError::Truncated { offset: 4 })
    );
    assert_eq!(
        Ccache::parse(&hex!("0504 0009 0007 0000")),
        Err(CcacheError::Truncated { offset: 4 })
    );
}

#[test]
fn other_versions_and_other_files() {
    for version in [0, 1, 2, 5] {
        let error = Ccache::parse(&[5, version]).unwrap_err();
        assert_eq!(error, CcacheError::UnsupportedVersion(version));
        assert!(error.to_string().contains(&format!("format {version}")));
    }
    assert_eq!(
        Ccache::parse(b"[libdefaults]"),
        Err(CcacheError::NotACcache)
    );
    assert_eq!(Ccache::parse(b""), Err(CcacheError::NotACcache));
    assert_eq!(
        Ccache::parse(&[5]),
        Err(CcacheError::Truncated { offset: 1 })
    );
}

#[test]
fn counts_are_not_trusted() {
    let bytes = hex!("0503 00000001 ffffffff 00000001 52 00000001 61");
    assert_eq!(
        Ccache::parse(&bytes),
        Err(CcacheError::Truncated { offset: 20 })
    );
    let mut bytes = cache(&["x@R"]).to_bytes().unwrap();
    let addresses = bytes.len() - 17;
    assert_eq!(bytes[addresses..addresses + 4], [0; 4]);
    bytes[addresses..addresses + 4].fill(0xff);
    assert!(matches!(
        Ccache::parse(&bytes),
        Err(CcacheError::Truncated { offset }) if offset > addresses
    ));
}

#[test]
fn version_3_has_the_enctype_twice_and_no_header() {
    let mut cache = cache(&["x@R"]);
    let longer = cache.to_bytes().unwrap().len();
    cache.version = CcacheVersion::V3;
    let bytes = cache.to_bytes().unwrap();
    assert_eq!(bytes.len(), longer);
    assert!(
        bytes
            .windows(8)
            .any(|window| window == hex!("0012 0012 00000002"))
    );
    assert_eq!(Ccache::parse(&bytes), Ok(cache));
}

#[test]
fn tickets_are_neither_configuration_nor_removed() {
    let mut cache = cache(&["x@R", "krb5_ccache_conf_data/pa_type/x@X-CACHECONF:", "y@R"]);
    cache.credentials[0].authtime = KerberosTime::from_unix(0xffff_ffff);
    cache.credentials[0].endtime = KerberosTime::EPOCH;
    let servers: Vec<_> = cache
        .tickets()
        .map(|ticket| ticket.server.to_string())
        .collect();
    assert_eq!(servers, ["y@R"]);
    let find = |client: &str, server: &str| {
        cache
            .find(&client.parse().unwrap(), &server.parse().unwrap())
            .is_some()
    };
    assert!(find("a@R", "y@R"));
    assert!(!find("b@R", "y@R"));
    assert!(!find("a@R", "x@R"));
    assert!(!find("a@R", "y@r"));
}

#[test]
fn set_config_replaces_and_removes() {
    let mut cache = cache(&["x@R"]);
    let about = "krbtgt/R@R".parse().unwrap();
    cache.set_config("pa_type", Some(&about), Some(b"2"));
    cache.set_config("pa_type", None, Some(b"whole cache"));
    cache.set_config("pa_type", Some(&about), Some(b"151"));
    assert_eq!(cache.config("pa_type", Some(&about)), Some(&b"151"[..]));
    assert_eq!(cache.config("pa_type", None), Some(&b"whole cache"[..]));
    assert_eq!(cache.config("pa_typ", None), None);
    assert_eq!(cache.config("pa_type", Some(&owner())), None);
    assert_eq!(cache.configs().count(), 2);
    assert_eq!(
        cache.credentials[2].server.to_string(),
        r"krb5_ccache_conf_data/pa_type/krbtgt\/R\@R@X-CACHECONF:"
    );
    cache.set_config("pa_type", Some(&about), None);
    cache.set_config("pa_type", None, None);
    assert_eq!(cache, self::cache(&["x@R"]));
}

#[test]
fn what_only_resembles_configuration_is_none() {
    for server in [
        "krb5_ccache_conf_data@X-CACHECONF:",
        "krb5_ccache_conf_data/pa_type@X-RMED-CONF:",
        "krb5_ccache_conf_data/pa_type@R",
        "other/pa_type@X-CACHECONF:",
        "krb5_ccache_conf_data/a/b/c@X-CACHECONF:",
    ] {
        assert_eq!(credential(server).config(), None, "{server}");
    }
    let entry = credential("krb5_ccache_conf_data/pa_type@X-CACHECONF:");
    let config = entry.config().unwrap();
    assert_eq!(
        (config.name, config.principal, config.value),
        (&"pa_type".into(), None, &b"t"[..])
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let write = |change: &dyn Fn(&mut CcacheCredential)| {
        let mut cache = cache(&["x@R"]);
        change(&mut cache.credentials[0]);
        cache.to_bytes().map(|_| ())
    };
    assert_eq!(write(&|_| {}), Ok(()));
    let time = KerberosTime::from_unix(0x1_0000_0000);
    assert_eq!(
        write(&|credential| credential.endtime = time),
        Err(Unrepresentable::Time {
            field: "endtime",
            time
        })
    );
    assert_eq!(
        write(&|credential| credential.enctype = Enctype(-0x8001)),
        Err(Unrepresentable::TypeNumber {
            field: "enctype",
            number: -0x8001
        })
    );
    let mut cache = Ccache::new(owner());
    let field = |length| HeaderField::Other {
        tag: 9,
        value: vec![0; length],
    };
    cache.version = CcacheVersion::V4 {
        header: vec![field(0xfff0), field(0xf)],
    };
    assert_eq!(
        cache.to_bytes(),
        Err(Unrepresentable::TooLong {
            field: "header",
            length: 0x1_0007,
            limit: 0xffff
        })
    );
}

#[test]
fn debug_shows_no_session_key() {
    let text = format!("{:?}", cache(&["x@R"]));
    assert!(text.contains("flags: TicketFlags(0x40000000 forwardable)"));
    assert!(!text.contains("222") && !text.contains("173"), "{text}");
}

fn bytes(limit: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..limit)
}

prop_compose! {
    fn any_principal()(
        name_type: i32,
        components in prop::collection::vec(bytes(4), 0..4),
        realm in bytes(4),
    ) -> Principal {
        PrincipalName::new(NameType(name_type), components).at(realm)
    }
}

prop_compose! {
    fn any_credential()(
        client in any_principal(),
        server in any_principal(),
        enctype: i16,
        key in bytes(40),
        times: [u32; 4],
        is_skey: u8,
        flags: u32,
        typed in prop::collection::vec((any::<i16>(), bytes(20)), 0..3),
        ticket in bytes(20),
        second_ticket in bytes(20),
    ) -> CcacheCredential {
        let time = |index: usize| KerberosTime::from_unix(times[index].into());
        let optional = |index| Some(time(index)).filter(|time| *time != KerberosTime::EPOCH);
        CcacheCredential {
            client,
            server,
            enctype: Enctype(enctype.into()),
            session_key_bytes: key.into(),
            authtime: time(0),
            starttime: optional(1),
            endtime: time(2),
            renew_till: optional(3),
            is_skey,
            flags: TicketFlags::from_bits(flags),
            addresses: typed
                .iter()
                .map(|(number, bytes)| HostAddress { addr_type: (*number).into(), address: bytes.clone() })
                .collect(),
            authorization_data: typed
                .into_iter()
                .map(|(number, bytes)| AuthorizationDataElement { ad_type: number.into(), ad_data: bytes })
                .collect(),
            ticket,
            second_ticket,
        }
    }
}

fn any_version() -> impl Strategy<Value = CcacheVersion> {
    let offset = any::<(i32, i32)>().prop_map(|(seconds, microseconds)| HeaderField::KdcOffset {
        seconds,
        microseconds,
    });
    let other = (2u16.., bytes(9)).prop_map(|(tag, value)| HeaderField::Other { tag, value });
    let header = prop::collection::vec(prop_oneof![offset, other], 0..3);
    prop_oneof![
        Just(CcacheVersion::V3),
        header.prop_map(|header| CcacheVersion::V4 { header })
    ]
}

prop_compose! {
    fn any_cache()(
        version in any_version(),
        principal in any_principal(),
        credentials in prop::collection::vec(any_credential(), 0..3),
    ) -> Ccache {
        Ccache { version, principal, credentials }
    }
}

proptest! {
    #[test]
    fn write_then_read_is_identity(cache in any_cache()) {
        let bytes = cache.to_bytes().unwrap();
        let read = Ccache::parse(&bytes).unwrap();
        prop_assert_eq!(&read, &cache);
        prop_assert_eq!(read.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn a_cut_file_gives_an_error_or_its_whole_credentials(cache in any_cache()) {
        let bytes = cache.to_bytes().unwrap();
        for length in 0..bytes.len() {
            if let Ok(read) = Ccache::parse(&bytes[..length]) {
                let whole = read.credentials.len();
                prop_assert!(whole < cache.credentials.len());
                prop_assert_eq!(&read.credentials[..], &cache.credentials[..whole]);
                prop_assert_eq!(&read.to_bytes().unwrap()[..], &bytes[..length]);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(version in 0..6u8, bytes in bytes(200)) {
        let bytes = [&[5, version], &bytes[..]].concat();
        if let Ok(cache) = Ccache::parse(&bytes) {
            let again = Ccache::parse(&cache.to_bytes().unwrap());
            prop_assert_eq!(again, Ok(cache));
        }
    }

    #[test]
    fn changed_bytes_never_panic(cache in any_cache(), at: prop::sample::Index, byte: u8) {
        let mut bytes = cache.to_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(cache) = Ccache::parse(&bytes) {
            let again = Ccache::parse(&cache.to_bytes().unwrap());
            prop_assert_eq!(again, Ok(cache));
        }
    }
}
