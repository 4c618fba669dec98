use kdclab_client::{
    AsOutcome, ClientError, Credential, CredentialQuery, CredentialStore, UnusableEntryReason,
};
use kdclab_proto::messages::{PadataType, TicketFlags};
use kdclab_proto::{Ccache, Enctype, KerberosTime, Key};

use crate::support::*;

fn outcome() -> AsOutcome {
    AsOutcome {
        credential: tgt(),
        preauth_type: Some(PadataType::ENC_TIMESTAMP),
        fast_available: true,
        kdc_offset: Some(-42),
        key_expiration: None,
    }
}

fn host() -> Credential {
    credential("host/srv.lab.example", TicketFlags::NONE)
}

fn find<'a>(store: &'a CredentialStore, server: &str, now: KerberosTime) -> Option<&'a Credential> {
    store.find(&CredentialQuery::valid(&principal(server), now))
}

#[test]
fn kinit_leaves_ticket_and_configuration() {
    let store = CredentialStore::initialized(outcome());
    let tgs = principal("krbtgt/LAB.EXAMPLE");
    assert_eq!(store.principal(), &alice());
    assert_eq!(store.initial_ticket().unwrap().server, tgs);
    assert_eq!(store.config("fast_avail", Some(&tgs)), Some(&b"yes"[..]));
    assert_eq!(store.config("pa_type", Some(&tgs)), Some(&b"2"[..]));
    assert_eq!(store.kdc_offset(), Some(-42));
    assert!(store.has_config());
}

#[test]
fn s004_h2_kinit_r_leaves_the_ticket_alone() {
    let mut store = CredentialStore::initialized(outcome());
    store.store(host());
    store.reinitialize(tgt());
    assert_eq!(store.credentials().len(), 1);
    assert!(!store.has_config());
    assert_eq!(store.kdc_offset(), Some(-42));
}

#[test]
fn s004_h1_no_ticket_granting_ticket() {
    let store = CredentialStore::new(alice());
    let error = store.initial_ticket().unwrap_err();
    assert_eq!(
        error,
        ClientError::NoCredential {
            client: alice(),
            server: principal("krbtgt/LAB.EXAMPLE")
        }
    );
    assert_eq!(error.com_err(), Some(-1_765_328_243));
}

/// With canonicalize a reply may name a client of another realm than its ticket's.
#[test]
fn s002_6_ticket_of_another_realm_than_the_client() {
    let mut login = outcome();
    login.credential.flags = TicketFlags::INITIAL;
    login.credential.client.realm = "OTHER.EXAMPLE".into();
    let store = CredentialStore::initialized(login.clone());
    let tgs = principal("krbtgt/LAB.EXAMPLE");
    assert_eq!(store.initial_ticket().unwrap().server, tgs);
    login.credential.flags = TicketFlags::NONE;
    let store = CredentialStore::initialized(login.clone());
    store.initial_ticket().unwrap_err();
    // The realm that the name of the service has and the one that issued it must be the same.
    login.credential.flags = TicketFlags::INITIAL;
    login.credential.server = principal("krbtgt/LAB");
    let store = CredentialStore::initialized(login);
    store.initial_ticket().unwrap_err();
}

#[test]
fn an_expired_ticket_is_found_only_without_a_time() {
    let mut store = CredentialStore::new(alice());
    store.store(host());
    let server = "host/srv.lab.example";
    assert!(find(&store, server, after(36_000).time()).is_some());
    assert!(find(&store, server, after(36_001).time()).is_none());
    let server = principal(server);
    let query = CredentialQuery {
        valid_at: None,
        ..CredentialQuery::valid(&server, after(36_001).time())
    };
    assert!(store.find(&query).is_some());
}

#[test]
fn realm_and_client_count() {
    let mut store = CredentialStore::new(alice());
    store.store(host());
    let elsewhere = principal("host/srv.lab.example@OTHER");
    let query = CredentialQuery::valid(&elsewhere, NOW.time());
    assert!(store.find(&query).is_none());
    let any_realm = CredentialQuery {
        any_realm: true,
        ..query
    };
    assert!(store.find(&any_realm).is_some());
    let mut of_bob = CredentialStore::new(principal("bob"));
    of_bob.store(host());
    assert!(find(&of_bob, "host/srv.lab.example", NOW.time()).is_none());
}

#[test]
fn the_best_type_of_session_key() {
    let mut store = CredentialStore::new(alice());
    let mut weaker = host();
    weaker.session_key = Key::new(AES128, &[1; 16]).unwrap();
    store.store(weaker);
    store.store(host());
    let server = principal("host/srv.lab.example");
    let best = |enctypes: &[Enctype]| {
        let query = CredentialQuery {
            enctypes: Some(enctypes),
            ..CredentialQuery::valid(&server, NOW.time())
        };
        store
            .find(&query)
            .map(|credential| credential.session_key.enctype())
    };
    assert_eq!(best(&[AES256, AES128]), Some(AES256));
    assert_eq!(best(&[AES128, AES256]), Some(AES128));
    assert_eq!(best(&[Enctype::RC4_HMAC]), None);
}

#[test]
fn a_newer_ticket_takes_the_place_of_the_older() {
    let mut store = CredentialStore::new(alice());
    store.store(host());
    let mut newer = host();
    newer.endtime = after(72_000).time();
    store.store(newer);
    assert_eq!(store.credentials().len(), 1);
    assert_eq!(store.credentials()[0].endtime, after(72_000).time());
    store.remove(&principal("host/srv.lab.example"));
    assert!(store.credentials().is_empty());
}

#[test]
fn user_to_user_tickets_are_apart() {
    let mut store = CredentialStore::new(alice());
    let theirs = ticket(&principal("krbtgt/LAB.EXAMPLE"));
    let mut sealed = host();
    sealed.second_ticket = Some(theirs.clone());
    sealed.is_skey = true;
    store.store(sealed);
    assert!(find(&store, "host/srv.lab.example", NOW.time()).is_none());
    let server = principal("host/srv.lab.example");
    let query = CredentialQuery {
        second_ticket: Some(&theirs),
        ..CredentialQuery::valid(&server, NOW.time())
    };
    assert!(store.find(&query).is_some());
}

#[test]
fn a_referred_service_is_found_as_it_was_asked_for() {
    let mut store = CredentialStore::new(alice());
    let mut referred = host();
    referred.server.realm = "".into();
    referred.ticket = ticket(&principal("host/srv.lab.example@OTHER"));
    let asked = referred.server.clone();
    store.store(referred);
    let found = |server| {
        store
            .find(&CredentialQuery::valid(server, NOW.time()))
            .is_some()
    };
    assert!(found(&asked));
    assert!(!found(&principal("host/srv.lab.example@OTHER")));
}

#[test]
fn krb5_cc_retrieve_cred_takes_no_realm_for_the_own_realm() {
    let mut store = CredentialStore::new(alice());
    store.store(host());
    let query = |name: &str| {
        let server = principal(name).name.at("");
        store
            .find(&CredentialQuery::valid(&server, NOW.time()))
            .is_some()
    };
    assert!(query("host/srv.lab.example"));
    assert!(!query("host/other.lab.example"));
}

#[test]
fn file_and_back() {
    let mut store = CredentialStore::initialized(outcome());
    let mut sealed = host();
    sealed.second_ticket = Some(ticket(&principal("krbtgt/LAB.EXAMPLE")));
    sealed.is_skey = true;
    sealed.renew_till = Some(after(99_999).time());
    sealed.addresses = Some(vec![std::net::IpAddr::from([192, 0, 2, 1]).into()]);
    store.store(sealed);
    let bytes = store.to_ccache().to_bytes().unwrap();
    let (again, unusable) = CredentialStore::from_ccache(&Ccache::parse(&bytes).unwrap());
    assert_eq!(unusable, []);
    assert_eq!(again.to_ccache(), store.to_ccache());
    assert_eq!(again.kdc_offset(), Some(-42));
    let found = &again.credentials()[1];
    assert!(found.is_skey);
    assert_eq!(found.session_key, session_key());
    assert_eq!(found.addresses, store.credentials()[1].addresses);
}

#[test]
fn file_with_entries_that_cannot_be_used() {
    let mut file = CredentialStore::initialized(outcome()).to_ccache();
    let mut of_unknown_type = file.tickets().next().unwrap().clone();
    of_unknown_type.enctype = Enctype(99);
    let mut without_ticket = file.tickets().next().unwrap().clone();
    without_ticket.ticket = vec![0x61];
    file.credentials.extend([of_unknown_type, without_ticket]);
    let (store, unusable) = CredentialStore::from_ccache(&file);
    assert_eq!(store.credentials().len(), 1);
    assert!(matches!(
        unusable
            .iter()
            .map(|entry| &entry.reason)
            .collect::<Vec<_>>()[..],
        [
            UnusableEntryReason::SessionKey(_),
            UnusableEntryReason::Ticket(_)
        ]
    ));
}

#[test]
fn an_offset_beyond_the_field_is_cut() {
    let mut store = CredentialStore::new(alice());
    assert_eq!(store.kdc_offset(), None);
    store.set_kdc_offset(i64::MAX);
    assert_eq!(store.kdc_offset(), Some(i32::MAX.into()));
    store.set_kdc_offset(i64::MIN);
    assert_eq!(store.kdc_offset(), Some(i32::MIN.into()));
}
