//! Keytabs and credential caches that MIT krb5 1.20 wrote (data/README.md), shown as its klist shows them
//! and written back byte for byte.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use kdclab_proto::messages::{AuthorizationDataElement, HostAddress};
use kdclab_proto::{
    Ccache, CcacheCredential, CcacheVersion, Enctype, HeaderField, KerberosTime, Keytab, NameType,
    Principal,
};

macro_rules! data {
    ($name:expr) => {
        include_bytes!(concat!("data/", $name)).as_slice()
    };
}

fn principal(text: &str) -> Principal {
    text.parse().unwrap()
}

fn enctype_name(enctype: i32) -> &'static str {
    match enctype {
        16 => "DEPRECATED:des3-cbc-sha1",
        17 => "aes128-cts-hmac-sha1-96",
        18 => "aes256-cts-hmac-sha1-96",
        19 => "aes128-cts-hmac-sha256-128",
        20 => "aes256-cts-hmac-sha384-192",
        23 => "DEPRECATED:arcfour-hmac",
        25 => "camellia128-cts-cmac",
        26 => "camellia256-cts-cmac",
        _ => panic!("no name for enctype {enctype}"),
    }
}

/// `2026-11-23T09:12:02Z` as klist prints it, `11/23/26 09:12:02`.
fn klist_time(time: KerberosTime) -> String {
    let text = time.to_string();
    let (date, clock) = text.split_once('T').unwrap();
    let date: Vec<_> = date.split('-').collect();
    format!(
        "{}/{}/{} {}",
        date[1],
        date[2],
        &date[0][2..],
        clock.trim_end_matches('Z')
    )
}

/// What `klist -kte` prints.
fn klist_keytab(file: &str, keytab: &Keytab) -> String {
    let mut text = format!("Keytab name: FILE:{file}\nKVNO Timestamp         Principal\n");
    writeln!(text, "---- ----------------- {}", "-".repeat(56)).unwrap();
    for entry in &keytab.entries {
        writeln!(
            text,
            "{:4} {} {} ({}) ",
            entry.kvno,
            klist_time(entry.timestamp),
            entry.principal,
            enctype_name(entry.enctype.0)
        )
        .unwrap();
    }
    text
}

fn klist_addresses(addresses: &[HostAddress]) -> String {
    let addresses: Vec<_> = addresses
        .iter()
        .map(|address| match address.addr_type {
            2 => Ipv4Addr::from(<[u8; 4]>::try_from(&address.address[..]).unwrap()).to_string(),
            24 => Ipv6Addr::from(<[u8; 16]>::try_from(&address.address[..]).unwrap()).to_string(),
            other => panic!("address type {other}"),
        })
        .collect();
    match addresses.is_empty() {
        true => "(none)".to_owned(),
        false => addresses.join(", "),
    }
}

fn klist_flags(flags: u32) -> String {
    "?FfPpDdiRIAHTO"
        .char_indices()
        .filter(|(bit, _)| flags & (0x8000_0000 >> bit) != 0)
        .map(|(_, letter)| letter)
        .collect()
}

fn klist_ticket(cache: &Ccache, ticket: &CcacheCredential) -> String {
    let start = ticket.starttime.unwrap_or(ticket.authtime);
    let mut text = format!(
        "{}  {}  {}\n\t",
        klist_time(start),
        klist_time(ticket.endtime),
        ticket.server
    );
    if ticket.client != cache.principal {
        write!(text, "for client {}, ", ticket.client).unwrap();
    }
    if let Some(renew_till) = ticket.renew_till {
        write!(text, "renew until {}, ", klist_time(renew_till)).unwrap();
    }
    writeln!(text, "Flags: {}", klist_flags(ticket.flags.bits())).unwrap();
    if let Ok(sealed) = rasn::der::decode::<rasn_kerberos::Ticket>(&ticket.ticket) {
        writeln!(
            text,
            "\tEtype (skey, tkt): {}, {} ",
            enctype_name(ticket.enctype.0),
            enctype_name(sealed.enc_part.etype)
        )
        .unwrap();
    }
    writeln!(text, "\tAddresses: {}", klist_addresses(&ticket.addresses)).unwrap();
    text
}

/// What `klist -efanC` prints.
fn klist_cache(file: &str, cache: &Ccache) -> String {
    let mut text = format!(
        "Ticket cache: FILE:{file}\nDefault principal: {}\n\n",
        cache.principal
    );
    text.push_str("Valid starting     Expires            Service principal\n");
    for credential in &cache.credentials {
        if let Some(config) = credential.config() {
            write!(text, "config: {}", config.name).unwrap();
            if let Some(principal) = config.principal {
                write!(text, "({principal})").unwrap();
            }
            let value = str::from_utf8(config.value).unwrap();
            writeln!(text, " = {value}\n\tAddresses: (none)").unwrap();
        } else if cache.tickets().any(|ticket| ticket == credential) {
            text.push_str(&klist_ticket(cache, credential));
        }
    }
    text
}

macro_rules! keytabs_as_klist_shows_them {
    ($($name:ident($file:literal);)*) => {$(
        #[test]
        fn $name() {
            let keytab = Keytab::parse(data!($file)).unwrap();
            assert_eq!(klist_keytab($file, &keytab), include_str!(concat!("data/", $file, ".klist")));
        }
    )*};
}

keytabs_as_klist_shows_them! {
    klist_of_services_keytab("services.keytab");
    klist_of_hole_keytab("hole.keytab");
    klist_of_reused_hole_keytab("reused-hole.keytab");
    klist_of_ktutil_keytab("ktutil.keytab");
    klist_of_version1_keytab("version1.keytab");
}

macro_rules! caches_as_klist_shows_them {
    ($($name:ident($file:literal);)*) => {$(
        #[test]
        fn $name() {
            let cache = Ccache::parse(data!($file)).unwrap();
            assert_eq!(klist_cache($file, &cache), include_str!(concat!("data/", $file, ".klist")));
            assert_eq!(&cache.to_bytes().unwrap()[..], data!($file));
        }
    )*};
}

caches_as_klist_shows_them! {
    klist_and_bytes_of_alice_ccache("alice.ccache");
    klist_and_bytes_of_bob_ccache("bob.ccache");
    klist_and_bytes_of_addresses_ccache("addresses.ccache");
    klist_and_bytes_of_version3_ccache("version3.ccache");
    klist_and_bytes_of_stored_ccache("stored.ccache");
}

#[test]
fn bytes_of_keytabs_without_holes() {
    for bytes in [data!("services.keytab"), data!("ktutil.keytab")] {
        assert_eq!(
            &Keytab::parse(bytes).unwrap().to_bytes().unwrap()[..],
            bytes
        );
    }
}

#[test]
fn writing_leaves_holes_and_padding_out() {
    let services = Keytab::parse(data!("services.keytab")).unwrap();
    let web = principal("HTTP/web1.lab.example@LAB.EXAMPLE");
    let mut kept = services.clone();
    kept.entries.retain(|entry| entry.principal != web);
    let hole = Keytab::parse(data!("hole.keytab")).unwrap();
    assert_eq!(hole, kept);
    assert_eq!(hole.to_bytes(), kept.to_bytes());

    let reused = Keytab::parse(data!("reused-hole.keytab")).unwrap();
    let bytes = reused.to_bytes().unwrap();
    assert!(bytes.len() < data!("reused-hole.keytab").len());
    assert_eq!(Keytab::parse(&bytes), Ok(reused));
}

#[test]
fn version_1_holds_the_same_entries_without_name_types() {
    let mut old = Keytab::parse(data!("version1.keytab")).unwrap();
    let new = Keytab::parse(data!("ktutil.keytab")).unwrap();
    for (old, new) in old.entries.iter_mut().zip(&new.entries) {
        assert_eq!(old.principal.name.name_type, NameType::UNKNOWN);
        assert_eq!(new.principal.name.name_type, NameType::PRINCIPAL);
        old.timestamp = new.timestamp;
    }
    assert_eq!(old, new);
}

#[test]
fn look_up_in_a_keytab() {
    let keytab = Keytab::parse(data!("services.keytab")).unwrap();
    let host = principal("host/fs1.lab.example@LAB.EXAMPLE");
    let web = principal("HTTP/web1.lab.example@LAB.EXAMPLE");
    let absent = principal("host/fs1.lab.example@lab.example");
    assert_eq!(keytab.newest_kvno(&host), Some(3));
    assert_eq!(keytab.newest_kvno(&web), Some(300));
    assert_eq!(keytab.newest_kvno(&absent), None);
    assert_eq!(keytab.entries_of(&host).count(), 10);
    assert_eq!(keytab.entries_of(&web).count(), 8);
    assert_eq!(keytab.entries_of(&absent).count(), 0);
    let old = keytab
        .find(&host, 2, Enctype::AES128_CTS_HMAC_SHA1_96)
        .unwrap();
    let new = keytab
        .find(&host, 3, Enctype::AES128_CTS_HMAC_SHA1_96)
        .unwrap();
    assert_eq!((old.key_bytes.len(), new.key_bytes.len()), (16, 16));
    assert_ne!(old.key_bytes, new.key_bytes);
    assert!(keytab.find(&host, 3, Enctype::RC4_HMAC).is_none());
    assert!(keytab.find(&web, 301, Enctype::RC4_HMAC).is_none());
}

#[test]
fn the_user_to_user_ticket_carries_the_tgt_of_its_server() {
    let alice = Ccache::parse(data!("alice.ccache")).unwrap();
    let bob = Ccache::parse(data!("bob.ccache")).unwrap();
    let tgt = alice
        .find(
            &alice.principal,
            &principal("krbtgt/LAB.EXAMPLE@LAB.EXAMPLE"),
        )
        .unwrap();
    let ticket = bob.find(&bob.principal, &alice.principal).unwrap();
    assert!(ticket.is_user_to_user());
    assert_eq!(ticket.is_skey, 8);
    assert_eq!(ticket.second_ticket, tgt.ticket);
    let host = principal("host/fs1.lab.example@LAB.EXAMPLE");
    let ordinary = bob.find(&bob.principal, &host).unwrap();
    assert!(!ordinary.is_user_to_user());
    assert!(ordinary.second_ticket.is_empty());
    assert_eq!(ordinary.flags.bits(), 0x50a9_0000);
    assert_eq!(ordinary.session_key_bytes.len(), 32);
}

#[test]
fn configuration_entries() {
    let cache = Ccache::parse(data!("stored.ccache")).unwrap();
    let tgs = principal("krbtgt/LAB.EXAMPLE@LAB.EXAMPLE");
    assert_eq!(cache.config("fast_avail", Some(&tgs)), Some(&b"yes"[..]));
    assert_eq!(cache.config("pa_type", Some(&tgs)), Some(&b"2"[..]));
    assert_eq!(
        cache.config("proxy_impersonator", None),
        Some(&b"proxy/fs1@LAB.EXAMPLE"[..])
    );
    assert_eq!(cache.config("proxy_impersonator", Some(&tgs)), None);
    assert_eq!(cache.config("refresh_time", None), None);
    assert_eq!(cache.configs().count(), 3);
}

#[test]
fn a_configuration_entry_set_here_has_the_bytes_of_mit() {
    let mut cache = Ccache::parse(data!("bob.ccache")).unwrap();
    let tgs = principal("krbtgt/LAB.EXAMPLE@LAB.EXAMPLE");
    assert!(
        cache.credentials[0]
            .config()
            .is_some_and(|config| *config.name == "fast_avail")
    );
    let written_by_mit = cache.credentials.split_off(1);
    cache.set_config("fast_avail", Some(&tgs), Some(b"yes"));
    cache.credentials.extend(written_by_mit);
    assert_eq!(&cache.to_bytes().unwrap()[..], data!("bob.ccache"));
}

#[test]
fn removed_entries_are_seen_and_passed_over() {
    let cache = Ccache::parse(data!("stored.ccache")).unwrap();
    let removed: Vec<_> = cache
        .credentials
        .iter()
        .filter(|credential| credential.is_removed())
        .map(|credential| credential.server.to_string())
        .collect();
    assert_eq!(
        removed,
        [
            "HTTP/web1.lab.example@LAB.EXAMPLE",
            "krb5_ccache_conf_data/refresh_time@X-RMED-CONF:"
        ]
    );
    assert!(
        cache
            .find(&cache.principal, &principal(&removed[0]))
            .is_none()
    );
    assert_eq!(cache.tickets().count(), 4);
}

#[test]
fn the_kdc_offset_is_in_the_header() {
    let stored = Ccache::parse(data!("stored.ccache")).unwrap();
    let (seconds, microseconds) = stored.kdc_offset().unwrap();
    assert_eq!(
        f64::from(seconds).abs().clamp(89.0, 91.0),
        f64::from(seconds)
    );
    assert!(microseconds.abs() < 1_000_000);
    let bob = Ccache::parse(data!("bob.ccache")).unwrap();
    let header = vec![HeaderField::KdcOffset {
        seconds: 0,
        microseconds: 0,
    }];
    assert_eq!(bob.version, CcacheVersion::V4 { header });
    let old = Ccache::parse(data!("version3.ccache")).unwrap();
    assert_eq!(old.version, CcacheVersion::V3);
    assert_eq!(old.kdc_offset(), None);
}

#[test]
fn the_odd_credential_survives() {
    let cache = Ccache::parse(data!("stored.ccache")).unwrap();
    let odd = cache.credentials.last().unwrap();
    assert_eq!(odd.client, principal(r"odd\/one//\@@OTHER"));
    assert_eq!(odd.client.name.name_type, NameType(-128));
    assert_eq!(odd.server, principal("ä/€@LAB.EXAMPLE"));
    assert_eq!(odd.server.name.name_type, NameType::SRV_HST);
    assert_eq!(odd.enctype, Enctype(0x7abc));
    assert_eq!(odd.session_key_bytes[..], [1, 2, 3, 4, 5]);
    assert_eq!(odd.authtime.unix(), 1);
    assert_eq!(odd.starttime, None);
    assert_eq!(odd.endtime.unix(), 0xffff_fffe);
    assert_eq!(odd.renew_till, None);
    assert_eq!(odd.flags.bits(), 0x00a5_0000);
    let datum = |ad_type, ad_data: &[u8]| AuthorizationDataElement {
        ad_type,
        ad_data: ad_data.to_vec(),
    };
    assert_eq!(
        odd.authorization_data,
        [datum(1, &[0x30, 0]), datum(-17, &[])]
    );
    assert_eq!(odd.ticket, b"not a ticket");
}

#[test]
fn keytabs_cut_anywhere() {
    for bytes in [
        data!("services.keytab"),
        data!("hole.keytab"),
        data!("reused-hole.keytab"),
        data!("ktutil.keytab"),
        data!("version1.keytab"),
    ] {
        let whole = Keytab::parse(bytes).unwrap();
        let mut errors = 0;
        for length in 0..bytes.len() {
            match Keytab::parse(&bytes[..length]) {
                Ok(cut) => assert!(whole.entries.starts_with(&cut.entries)),
                Err(_) => errors += 1,
            }
        }
        assert!(errors > bytes.len() / 2);
    }
}

#[test]
fn caches_cut_anywhere() {
    for bytes in [
        data!("bob.ccache"),
        data!("version3.ccache"),
        data!("stored.ccache"),
    ] {
        let whole = Ccache::parse(bytes).unwrap();
        let mut shorter = 0;
        for length in 0..bytes.len() {
            if let Ok(cut) = Ccache::parse(&bytes[..length]) {
                shorter += 1;
                assert!(whole.credentials.starts_with(&cut.credentials));
                assert_eq!(&cut.to_bytes().unwrap()[..], &bytes[..length]);
            }
        }
        assert_eq!(shorter, whole.credentials.len());
    }
}
