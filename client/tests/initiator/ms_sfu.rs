//! MS-SFU: a service asks a ticket to itself for a user (S4U2Self), as MIT's `s4u_creds.c` does.

use kdclab_client::{
    ClientConfig, ClientError, Credential, Exchange, ReplyMismatch, S4u2SelfExchange,
    S4u2SelfParameters, Step,
};
use kdclab_proto::messages::{
    ApReq, Authenticator, KdcOptions, KdcReq, PaForUser, PaS4uX509User, PadataType, S4uOptions,
    S4uUserId, TicketFlags,
};
use kdclab_proto::{ErrorCode, Key, KeyUsage, NameType, Principal, PrincipalName};

use crate::support::*;

fn web() -> Principal {
    principal("HTTP/web.lab.example")
}

fn web_tgt() -> Credential {
    Credential {
        client: web(),
        ..credential("krbtgt/LAB.EXAMPLE", INITIAL | TicketFlags::FORWARDABLE)
    }
}

fn start(config: &ClientConfig, user: Principal) -> (S4u2SelfExchange, Vec<u8>) {
    let parameters = S4u2SelfParameters::new(user);
    let (exchange, step) = S4u2SelfExchange::start(config, &web_tgt(), parameters, NOW, &mut rng());
    (exchange, sent(step).1)
}

fn subkey(request: &KdcReq) -> Key {
    let ap_req = ApReq::decode(request.padata(PadataType::TGS_REQ).unwrap()).unwrap();
    let plain = session_key()
        .decrypt(
            KeyUsage::TGS_REQ_AUTHENTICATOR,
            &ap_req.authenticator.cipher,
        )
        .unwrap();
    let authenticator = Authenticator::decode_padded(&plain).unwrap();
    authenticator.subkey.unwrap().key().unwrap()
}

/// The reply of a KDC that grants what `request` asks for and confirms `confirmed`.
fn granted(request: &KdcReq, client: &Principal, confirmed: Option<S4uUserId>) -> Vec<u8> {
    let key = subkey(request);
    let mut parts = parts(request, client, TicketFlags::FORWARDABLE);
    parts.rep.padata = confirmed.map(|user_id| {
        let usage = KeyUsage::PA_S4U_X509_USER_REPLY;
        let padata = PaS4uX509User::new(user_id, &key, usage, key.checksum_type()).unwrap();
        vec![PadataType::S4U_X509_USER.with(padata.encode())]
    });
    parts.seal_tgs(&key, KeyUsage::TGS_REP_SUBKEY)
}

fn asked_id(request: &KdcReq) -> S4uUserId {
    let padata = request.padata(PadataType::S4U_X509_USER).unwrap();
    let padata = PaS4uX509User::decode(padata).unwrap();
    let usage = KeyUsage::PA_S4U_X509_USER_REQUEST;
    padata.verify(&subkey(request), usage).unwrap();
    padata.user_id().clone()
}

#[test]
fn the_request_is_for_the_service_itself_and_names_the_user_twice() {
    let (mut exchange, bytes) = start(&ClientConfig::mit(REALM), alice());
    let request = tgs_req(&bytes);
    let body = request.req_body();
    assert_eq!(body.sname, Some(web().name));
    let options = KdcOptions::CANONICALIZE | KdcOptions::FORWARDABLE;
    assert_eq!(body.kdc_options, options);
    let for_user = PaForUser::decode(request.padata(PadataType::FOR_USER).unwrap()).unwrap();
    assert_eq!(for_user.user(), alice());
    for_user.verify(&session_key()).unwrap();
    let id = asked_id(&request);
    assert_eq!(i64::from(id.nonce), body.nonce);
    assert_eq!(id.options, Some(S4uOptions::USE_REPLY_KEY_USAGE));

    let reply = granted(&request, &alice(), Some(id));
    let credential = done(exchange.input(NOW, &mut rng(), Ok(&reply)));
    assert_eq!((credential.client, credential.server), (alice(), web()));
}

#[test]
fn java_sends_pa_for_user_alone() {
    let (_, bytes) = start(&ClientConfig::java(REALM), alice());
    assert_eq!(padata_types(&tgs_req(&bytes)), [1, 129]);
}

#[test]
fn a_reply_that_does_not_confirm_the_user_is_refused() {
    let spoilt: [fn(S4uUserId) -> Option<S4uUserId>; 3] = [
        |_| None,
        |id| Some(S4uUserId { cname: None, ..id }),
        |id| {
            Some(S4uUserId {
                nonce: id.nonce ^ 1,
                ..id
            })
        },
    ];
    for spoil in spoilt {
        let (mut exchange, bytes) = start(&ClientConfig::mit(REALM), alice());
        let request = tgs_req(&bytes);
        let reply = granted(&request, &alice(), spoil(asked_id(&request)));
        let error = failed(exchange.input(NOW, &mut rng(), Ok(&reply)));
        let mismatch = ReplyMismatch::ForUser { asked: alice() };
        assert_eq!(error, ClientError::ReplyMismatch(Box::new(mismatch)));
    }
}

#[test]
fn a_reply_about_another_user_is_refused() {
    let (mut exchange, bytes) = start(&ClientConfig::mit(REALM), alice());
    let request = tgs_req(&bytes);
    let reply = granted(&request, &principal("bob"), Some(asked_id(&request)));
    let error = failed(exchange.input(NOW, &mut rng(), Ok(&reply)));
    assert!(matches!(error, ClientError::ReplyMismatch(_)), "{error}");
}

#[test]
fn a_ticket_for_another_service_is_refused() {
    let (mut exchange, bytes) = start(&ClientConfig::mit(REALM), alice());
    let request = tgs_req(&bytes);
    let key = subkey(&request);
    let mut parts = parts(&request, &alice(), TicketFlags::NONE);
    let usage = KeyUsage::PA_S4U_X509_USER_REPLY;
    let padata = PaS4uX509User::new(asked_id(&request), &key, usage, key.checksum_type());
    parts.rep.padata = Some(vec![
        PadataType::S4U_X509_USER.with(padata.unwrap().encode()),
    ]);
    let reply = parts
        .for_server(&principal("HTTP/other.lab.example"))
        .seal_tgs(&key, KeyUsage::TGS_REP_SUBKEY);
    let error = failed(exchange.input(NOW, &mut rng(), Ok(&reply)));
    assert!(matches!(error, ClientError::ReplyMismatch(_)), "{error}");
}

#[test]
fn an_enterprise_name_is_first_shown_to_the_kdc() {
    for (code, exists) in [
        (ErrorCode::KDC_ERR_PREAUTH_REQUIRED, true),
        (ErrorCode::KDC_ERR_KEY_EXPIRED, true),
        (ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN, false),
        (ErrorCode::KDC_ERR_CLIENT_REVOKED, false),
    ] {
        let user = enterprise("alice@corp.example");
        let (mut exchange, bytes) = start(&ClientConfig::mit(REALM), user.clone());
        let request = as_req(&bytes);
        assert_eq!(request.req_body().cname, Some(user.name.clone()));
        assert!(
            request
                .req_body()
                .kdc_options
                .contains(KdcOptions::CANONICALIZE)
        );
        let step = exchange.input(NOW, &mut rng(), Ok(&error(code).encode()));
        if exists {
            let id = asked_id(&tgs_req(&sent(step).1));
            assert_eq!(id.cname, Some(user.name));
        } else {
            match failed(step) {
                ClientError::Refused(refusal) => {
                    assert_eq!((refusal.exchange, refusal.client), (Exchange::As, user));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn the_kdc_may_send_an_enterprise_name_to_another_realm_but_not_forever() {
    let (mut exchange, bytes) = start(&ClientConfig::mit(REALM), enterprise("alice@corp.example"));
    let mut referral = error(ErrorCode::KDC_ERR_WRONG_REALM);
    referral.crealm = Some("CORP.EXAMPLE".into());
    let mut requests = 0;
    let mut last = bytes;
    let error = loop {
        assert_eq!(
            as_req(&last).req_body().cname,
            Some(enterprise("alice@corp.example").name)
        );
        requests += 1;
        match exchange.input(NOW, &mut rng(), Ok(&referral.encode())) {
            Step::Send { realm, bytes } => {
                assert_eq!(realm, "CORP.EXAMPLE".into());
                last = bytes;
            }
            Step::Failed(error) => break error,
            Step::Done(_) => panic!("a ticket from nowhere"),
        }
    };
    assert_eq!(error, ClientError::TooManyReferrals { limit: 10 });
    assert_eq!(requests, 11);
}

#[test]
fn a_user_of_another_realm_takes_a_ticket_for_that_realm() {
    let bob = Principal::parse("bob@REMOTE.EXAMPLE", None).unwrap();
    let (mut exchange, bytes) = start(&ClientConfig::mit(REALM), bob);
    let request = tgs_req(&bytes);
    let remote = principal("krbtgt/REMOTE.EXAMPLE@LAB.EXAMPLE");
    assert_eq!(request.req_body().sname, Some(remote.name.clone()));
    let key = subkey(&request);
    let reply = parts(&request, &web(), TicketFlags::NONE).seal_tgs(&key, KeyUsage::TGS_REP_SUBKEY);
    let (realm, bytes) = sent(exchange.input(NOW, &mut rng(), Ok(&reply)));
    assert_eq!(realm, "REMOTE.EXAMPLE".into());
    let request = tgs_req(&bytes);
    let sname = request.req_body().sname.clone().unwrap();
    let enterprise = PrincipalName::new(NameType::ENTERPRISE, ["HTTP/web.lab.example@LAB.EXAMPLE"]);
    assert_eq!(sname.name_type, NameType::ENTERPRISE);
    assert_eq!(sname, enterprise);
    assert_eq!(request.req_body().realm, "REMOTE.EXAMPLE".into());
    assert!(request.padata(PadataType::FOR_USER).is_some());
}

#[test]
fn for_a_user_of_its_own_realm_a_service_goes_by_its_own_name() {
    let alice = Principal::parse("alice@LAB.EXAMPLE", None).unwrap();
    let (_, bytes) = start(&ClientConfig::mit(REALM), alice);
    let request = tgs_req(&bytes);
    let sname = request.req_body().sname.clone().unwrap();
    assert_ne!(sname.name_type, NameType::ENTERPRISE);
    assert_eq!(sname, web().name);
}
