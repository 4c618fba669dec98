use kdclab_client::{AsParameters, ClientConfig, ClientError, ReplyMismatch, TgsParameters};
use kdclab_proto::messages::{KdcOptions, KrbError, PadataType, TicketFlags};
use kdclab_proto::{ErrorCode, Principal};

use crate::support::*;

fn referral(code: ErrorCode, realm: &str) -> KrbError {
    KrbError {
        crealm: Some(realm.into()),
        cname: Some(alice().name),
        ..error(code)
    }
}

fn canonicalizing() -> AsParameters {
    AsParameters {
        canonicalize: Some(true),
        ..AsParameters::password(alice(), PASSWORD)
    }
}

#[test]
fn section_7_client_referral_with_canonicalize() {
    for code in [
        ErrorCode::KDC_ERR_WRONG_REALM,
        // Windows 2003.
        ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN,
    ] {
        let mut run = AsRun::start(&ClientConfig::mit(REALM), canonicalizing());
        let request = run.continue_with(&referral(code, "OTHER.EXAMPLE"));
        assert_eq!(run.realm, "OTHER.EXAMPLE".into());
        let body = request.req_body();
        assert_eq!(body.realm, "OTHER.EXAMPLE".into());
        assert_eq!(
            body.sname.as_ref().unwrap().to_string(),
            "krbtgt/OTHER.EXAMPLE"
        );
        assert_eq!(body.cname, Some(alice().name));
    }
}

#[test]
fn s002_10_client_referral_without_canonicalize_is_final() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let refusal = referral(ErrorCode::KDC_ERR_WRONG_REALM, "OTHER.EXAMPLE");
    let error = failed(run.answer(&refusal.encode()));
    assert_eq!(error.com_err(), Some(-1_765_328_316));
}

#[test]
fn s002_10_wrong_realm_that_names_no_realm_is_final() {
    let mut run = AsRun::start(&ClientConfig::mit(REALM), canonicalizing());
    let refusal = error(ErrorCode::KDC_ERR_WRONG_REALM);
    let error = failed(run.answer(&refusal.encode()));
    assert_eq!(error.com_err(), Some(-1_765_328_316));
}

#[test]
fn s002_7_client_unknown_in_the_realm_asked_is_final() {
    let mut run = AsRun::start(&ClientConfig::mit(REALM), canonicalizing());
    let refusal = referral(ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN, REALM);
    let error = failed(run.answer(&refusal.encode()));
    assert_eq!(error.com_err(), Some(-1_765_328_378));
}

#[test]
fn section_7_client_referrals_are_bounded() {
    let mut run = AsRun::start(&ClientConfig::mit(REALM), canonicalizing());
    for hop in 0..10 {
        let realm = if hop % 2 == 0 { "A" } else { "B" };
        run.continue_with(&referral(ErrorCode::KDC_ERR_WRONG_REALM, realm));
    }
    let refusal = referral(ErrorCode::KDC_ERR_WRONG_REALM, "A");
    let error = failed(run.answer(&refusal.encode()));
    assert_eq!(error.com_err(), Some(-1_765_328_316));
}

#[test]
fn section_5_enterprise_name_follows_referrals_without_canonicalize() {
    let parameters = AsParameters::password(enterprise("alice@corp.example"), PASSWORD);
    let mut run = AsRun::start(&ClientConfig::mit(REALM), parameters);
    assert!(
        !run.request()
            .req_body()
            .kdc_options
            .contains(KdcOptions::CANONICALIZE)
    );
    run.continue_with(&referral(ErrorCode::KDC_ERR_WRONG_REALM, "OTHER.EXAMPLE"));
    assert_eq!(run.realm, "OTHER.EXAMPLE".into());
}

#[test]
fn section_11_the_kdc_proves_which_request_it_saw() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let key = alice_key(AES256);
    let parts = parts(&run.request(), &alice(), INITIAL).prove_request(&run.bytes, &key);
    let outcome = done(run.answer(&parts.seal_as(&key)));
    assert!(!outcome.fast_available);
}

#[test]
fn section_11_a_request_changed_on_its_way_is_noticed() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let key = alice_key(AES256);
    let mut seen = run.bytes.clone();
    *seen.last_mut().unwrap() ^= 1;
    let parts = parts(&run.request(), &alice(), INITIAL).prove_request(&seen, &key);
    let error = failed(run.answer(&parts.seal_as(&key)));
    assert_eq!(error, ReplyMismatch::EncPaRep.into());
    assert_eq!(error.com_err(), Some(-1_765_328_237));
}

#[test]
fn section_11_the_flag_without_the_proof_is_refused() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let flags = INITIAL | TicketFlags::ENC_PA_REP;
    let reply = parts(&run.request(), &alice(), flags).seal_as(&alice_key(AES256));
    assert_eq!(failed(run.answer(&reply)), ReplyMismatch::EncPaRep.into());
}

#[test]
fn section_11_encrypted_fx_fast_says_that_the_kdc_knows_fast() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let key = alice_key(AES256);
    let mut parts = parts(&run.request(), &alice(), INITIAL).prove_request(&run.bytes, &key);
    let padata = parts.enc_part.encrypted_pa_data.as_mut().unwrap();
    padata.push(PadataType::FX_FAST.with(Vec::new()));
    assert!(done(run.answer(&parts.seal_as(&key))).fast_available);
}

fn web() -> Principal {
    principal("HTTP/web.other.example")
}

#[test]
fn section_8_service_referral_is_followed() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), TgsParameters::service(web()));
    assert_eq!(
        run.asked(),
        "HTTP/web.other.example@LAB.EXAMPLE from LAB.EXAMPLE (canonicalize)"
    );
    let step = run.grant_server("krbtgt/OTHER.EXAMPLE");
    assert_eq!(
        run.proceed(step),
        "HTTP/web.other.example@OTHER.EXAMPLE from OTHER.EXAMPLE (canonicalize)"
    );
    let credential = done(run.grant());
    // The credential bears the name it was asked for, the ticket the name it has.
    assert_eq!(credential.server, web());
    assert_eq!(
        credential.ticket.server(),
        principal("HTTP/web.other.example@OTHER.EXAMPLE")
    );
}

#[test]
fn section_8_referral_loop_ends() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), TgsParameters::service(web()));
    for (server, asked) in [
        (
            "krbtgt/B@LAB.EXAMPLE",
            "HTTP/web.other.example@B from B (canonicalize)",
        ),
        (
            "krbtgt/C@B",
            "HTTP/web.other.example@C from C (canonicalize)",
        ),
    ] {
        let step = run.grant_server(server);
        assert_eq!(run.proceed(step), asked);
    }
    let error = failed(run.grant_server("krbtgt/B@C"));
    assert_eq!(error, ClientError::ReferralLoop { realm: "B".into() });
    assert_eq!(error.com_err(), Some(-1_765_328_228));
}

#[test]
fn section_8_chain_of_referrals_ends_after_10() {
    let mut run = TgsRun::start(&ClientConfig::mit(REALM), TgsParameters::service(web()));
    for hop in 0..10 {
        let step = run.grant_server(&format!("krbtgt/R{hop}"));
        run.proceed(step);
    }
    let error = failed(run.grant_server("krbtgt/R10"));
    assert_eq!(error, ClientError::TooManyReferrals { limit: 10 });
}
