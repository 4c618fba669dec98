use kdclab_client::{ClientConfig, ClientError, TgsExchange, TgsParameters};
use kdclab_proto::messages::{ApOptions, KdcOptions, PadataType, TicketFlags};
use kdclab_proto::{Enctype, KeyUsage, Principal};

use crate::support::*;

fn host() -> Principal {
    principal("host/srv.lab.example")
}

fn options(run: &TgsRun) -> KdcOptions {
    run.request().req_body().kdc_options
}

#[test]
fn section_5_2_7_1_the_authenticator_covers_the_body() {
    let run = TgsRun::start(&ClientConfig::mit(REALM), TgsParameters::service(host()));
    let authenticator = run.authenticator();
    let checksum = authenticator.cksum.unwrap();
    let request = run.request();
    let verify = |usage, body: &[u8]| {
        session_key().verify_checksum(checksum.cksumtype, usage, body, &checksum.checksum)
    };
    let body = request.req_body_bytes();
    verify(KeyUsage::TGS_REQ_CHECKSUM, body).unwrap();
    let mut changed = body.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    verify(KeyUsage::TGS_REQ_CHECKSUM, &changed).unwrap_err();
    verify(KeyUsage::AP_REQ_CHECKSUM, body).unwrap_err();
}

#[test]
fn section_3_3_2_request_of_mit() {
    let run = TgsRun::start(&ClientConfig::mit(REALM), TgsParameters::service(host()));
    let request = run.request();
    let body = request.req_body();
    assert_eq!(padata_types(&request), [1]);
    assert_eq!(body.cname, None);
    assert_eq!(body.kdc_options, KdcOptions::CANONICALIZE);
    assert_eq!(body.till, tgt().endtime);
    let types: Vec<i32> = body.etype.iter().map(|enctype| enctype.0).collect();
    assert_eq!(types, [18, 17, 20, 19, 16, 23, 25, 26]);
    let ap_req = run.ap_req();
    assert_eq!(ap_req.ap_options, ApOptions::NONE);
    assert_eq!(ap_req.ticket, tgt().ticket);
    let authenticator = run.authenticator();
    assert_eq!(authenticator.client(), alice());
    assert_eq!(authenticator.ctime, NOW.time());
    let subkey = authenticator.subkey.unwrap().key().unwrap();
    assert_eq!(subkey.enctype(), AES256);
    assert_ne!(subkey, session_key());
}

#[test]
fn section_3_3_2_a_request_asks_for_what_the_ticket_is() {
    let mut ticket = tgt();
    ticket.flags |= TicketFlags::FORWARDABLE | TicketFlags::PROXIABLE | TicketFlags::RENEWABLE;
    let config = ClientConfig::mit(REALM);
    let run = TgsRun::start_with(&config, &ticket, &[], TgsParameters::service(host()));
    assert_eq!(
        options(&run),
        KdcOptions::FORWARDABLE
            | KdcOptions::PROXIABLE
            | KdcOptions::RENEWABLE
            | KdcOptions::CANONICALIZE
    );
}

#[test]
fn section_2_purposes() {
    let config = ClientConfig::mit(REALM);
    let tgs = principal("krbtgt/LAB.EXAMPLE");
    let address = vec![std::net::IpAddr::from([192, 0, 2, 1]).into()];
    let of = |parameters| TgsRun::start(&config, parameters);
    assert_eq!(
        options(&of(TgsParameters::renew(tgs.clone()))),
        KdcOptions::RENEW
    );
    assert_eq!(
        options(&of(TgsParameters::validate(tgs))),
        KdcOptions::VALIDATE
    );
    let forward = of(TgsParameters::forward(&REALM.into(), Some(address.clone())));
    assert_eq!(options(&forward), KdcOptions::FORWARDED);
    assert_eq!(
        forward.request().req_body().addresses,
        Some(address.clone())
    );
    assert_eq!(
        forward.asked(),
        "krbtgt/LAB.EXAMPLE@LAB.EXAMPLE from LAB.EXAMPLE"
    );
    let proxy = of(TgsParameters::proxy(host(), address.clone()));
    assert_eq!(options(&proxy), KdcOptions::PROXY);
    assert_eq!(proxy.request().req_body().addresses, Some(address));
}

#[test]
fn section_3_7_user_to_user_sends_the_second_ticket() {
    let theirs = ticket(&principal("krbtgt/LAB.EXAMPLE"));
    let parameters = TgsParameters::user_to_user(principal("bob"), theirs.clone());
    let run = TgsRun::start(&ClientConfig::mit(REALM), parameters);
    assert!(options(&run).contains(KdcOptions::ENC_TKT_IN_SKEY));
    assert_eq!(
        run.request().req_body().additional_tickets,
        Some(vec![theirs])
    );
    let plain = TgsRun::start(&ClientConfig::mit(REALM), TgsParameters::service(host()));
    assert!(!options(&plain).contains(KdcOptions::ENC_TKT_IN_SKEY));
    assert_eq!(plain.request().req_body().additional_tickets, None);
}

#[test]
fn a_ticket_of_another_kind_is_no_start() {
    let service = credential("host/srv.lab.example", TicketFlags::NONE);
    let parameters = TgsParameters::service(principal("host/other.lab.example"));
    let config = ClientConfig::mit(REALM);
    let (_, step) = TgsExchange::start(&config, &service, &[], parameters, NOW, &mut rng());
    assert_eq!(
        failed(step),
        ClientError::NoCredential {
            client: alice(),
            server: principal("krbtgt/LAB.EXAMPLE")
        }
    );
}

#[test]
fn s004_h1_expired_ticket_sends_nothing() {
    let config = ClientConfig::mit(REALM);
    let start = |now| {
        let parameters = TgsParameters::service(host());
        TgsExchange::start(&config, &tgt(), &[], parameters, now, &mut rng()).1
    };
    sent(start(after(36_000)));
    let error = failed(start(after(36_001)));
    assert!(matches!(error, ClientError::TicketExpired { .. }));
    assert_eq!(error.com_err(), Some(-1_765_328_352));
}

#[test]
fn s004_h2_an_expired_ticket_may_be_renewed() {
    let config = ClientConfig::mit(REALM);
    let parameters = TgsParameters::renew(principal("krbtgt/LAB.EXAMPLE"));
    let now = after(36_010);
    sent(TgsExchange::start(&config, &tgt(), &[], parameters, now, &mut rng()).1);
}

#[test]
fn own_enctypes_count_in_the_request_without_canonicalize() {
    let parameters = TgsParameters {
        enctypes: Some(vec![AES128]),
        ..TgsParameters::service(host())
    };
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), parameters);
    assert_eq!(run.request().req_body().etype.len(), 8);
    // The session key is of a type that the caller does not want.
    let step = run.grant();
    assert_eq!(
        run.proceed(step),
        "host/srv.lab.example@LAB.EXAMPLE from LAB.EXAMPLE"
    );
    assert_eq!(run.request().req_body().etype, [AES128]);
}

#[test]
fn weak_types_are_not_offered_while_they_are_off() {
    let mut config = ClientConfig::mit(REALM);
    config.default_tgs_enctypes = vec![Enctype::DES_CBC_CRC, AES128];
    let types = |config: &ClientConfig| {
        let run = TgsRun::start(config, TgsParameters::service(host()));
        run.request().req_body().etype.clone()
    };
    assert_eq!(types(&config), [AES128]);
    config.weak_crypto.allow_weak_crypto = true;
    assert_eq!(types(&config), [Enctype::DES_CBC_CRC, AES128]);
}

#[test]
fn rfc4120_section_5_5_1_no_pre_authentication_data_but_the_ticket() {
    let run = TgsRun::start(&ClientConfig::java(REALM), TgsParameters::service(host()));
    assert_eq!(padata_types(&run.request()), [1]);
    assert!(run.request().padata(PadataType::TGS_REQ).is_some());
}
