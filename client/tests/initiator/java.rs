//! Where OpenJDK 17 differs from MIT: `KrbAsReqBuilder`, `KrbKdcRep.check`, `CredentialsUtil`.

mod credentials_util;
mod krb_kdc_rep_check;

use kdclab_client::{
    AsOutcome, AsParameters, ClientConfig, ClientError, Credential, CryptoPolicy, Dialect,
    Exchange, KdcUnreachable, ReplyMismatch, Step, TgsParameters,
};
use kdclab_proto::messages::{KdcOptions, KrbError, TicketFlags};
use kdclab_proto::{
    DecodeError, ErrorCode, KerberosTime, Keytab, KeytabEntry, NameType, PrincipalName,
};
use zeroize::Zeroizing;

use crate::support::*;

fn java() -> ClientConfig {
    ClientConfig::java(REALM)
}

fn parameters() -> AsParameters {
    AsParameters::password(alice(), PASSWORD)
}

fn canonicalizing() -> AsParameters {
    AsParameters {
        canonicalize: Some(true),
        ..parameters()
    }
}

fn login(parameters: AsParameters, change: impl FnOnce(&mut Parts)) -> Step<AsOutcome> {
    let mut run = AsRun::start(&java(), parameters);
    let mut parts = parts(&run.request(), &alice(), INITIAL);
    change(&mut parts);
    run.answer(&parts.seal_as(&alice_key(AES256)))
}

/// The mismatch behind `Message stream modified (41)`, which never was on the wire.
fn modified(step: Step<AsOutcome>) -> ReplyMismatch {
    let error = failed(step);
    assert_eq!(
        error.code(Dialect::Java),
        Some(ErrorCode::KRB_AP_ERR_MODIFIED)
    );
    assert_eq!(error.refusal(), None);
    match error {
        ClientError::ReplyMismatch(mismatch) => *mismatch,
        other => panic!("{other:?}"),
    }
}

#[test]
fn first_request() {
    let request = AsRun::start(&java(), parameters()).request();
    let body = request.req_body();
    assert_eq!(request.padata, None);
    assert_eq!(body.kdc_options, KdcOptions::NONE);
    assert_eq!(body.till, KerberosTime::EPOCH);
    let types: Vec<i32> = body.etype.iter().map(|enctype| enctype.0).collect();
    assert_eq!(types, [18, 17, 20, 19]);
    let request = AsRun::start(&java(), canonicalizing()).request();
    assert_eq!(padata_types(&request), [149]);
}

/// Java reads the outermost element to its end before it looks what it is.
#[test]
fn s002_6_not_kerberos() {
    let answer = |bytes: &[u8]| {
        let mut run = AsRun::start(&java(), parameters());
        failed(run.answer(bytes))
    };
    let exchange = Exchange::As;
    assert_eq!(
        answer(b"HTTP/1.1 400 Bad Request"),
        ClientError::UndecodableReply {
            exchange,
            error: DecodeError::Truncated { offset: 0 }
        }
    );
    assert_eq!(
        answer(b"H\x02ab"),
        ClientError::UnexpectedMessage {
            exchange,
            first_octet: b'H'
        }
    );
}

#[test]
fn allow_weak_crypto_brings_rc4_and_3des() {
    let mut config = java();
    config.weak_crypto.allow_weak_crypto = true;
    let request = AsRun::start(&config, parameters()).request();
    let types: Vec<i32> = request.req_body().etype.iter().map(|e| e.0).collect();
    assert_eq!(types, [18, 17, 20, 19, 16, 23]);
}

/// `crypto.policy=limited`. Other programs on the host, and MIT's with the same file, do not heed it.
#[test]
fn s004_h5_a_limited_policy_takes_aes256_out() {
    let mut config = java();
    config.crypto_policy = CryptoPolicy::Limited;
    let types = |config: &ClientConfig| -> Vec<i32> {
        let request = AsRun::start(config, parameters()).request();
        request.req_body().etype.iter().map(|e| e.0).collect()
    };
    assert_eq!(types(&config), [17, 19]);
    assert_eq!(types(&config.read_by_mit())[..2], [18, 17]);
}

#[test]
fn mit_reads_the_same_file_with_its_own_defaults() {
    let mut config = java();
    config.clockskew = std::time::Duration::from_secs(77);
    let mut expected = ClientConfig::mit(REALM);
    expected.clockskew = config.clockskew;
    assert_eq!(config.read_by_mit(), expected);
    assert_eq!(expected.read_by_mit(), expected);
}

#[test]
fn s004_d2_wrong_clock_fails_with_37() {
    let mut run = AsRun::start(&java(), parameters());
    let mut required = usual_preauth_required();
    required.stime = after(3600).time();
    run.continue_with(&required);
    let error = failed(run.answer(&error(ErrorCode::KRB_AP_ERR_SKEW).encode()));
    assert_eq!(error.code(Dialect::Java), Some(ErrorCode::KRB_AP_ERR_SKEW));
}

#[test]
fn s004_d2_distant_reply_is_37_of_its_own() {
    let start = |seconds| {
        login(parameters(), move |parts| {
            parts.enc_part.starttime = Some(after(seconds).time());
        })
    };
    done(start(300));
    let error = failed(start(301));
    assert_eq!(error.refusal(), None);
    assert_eq!(error.code(Dialect::Java), Some(ErrorCode::KRB_AP_ERR_SKEW));
    // Without a start there is nothing to compare.
    done(login(parameters(), |parts| {
        parts.enc_part.starttime = None;
        parts.enc_part.authtime = after(9999).time();
    }));
}

#[test]
fn preauth_is_tried_once() {
    for code in [
        ErrorCode::KDC_ERR_PREAUTH_REQUIRED,
        ErrorCode::KDC_ERR_PREAUTH_FAILED,
    ] {
        let mut run = AsRun::start(&java(), parameters());
        let refusal = KrbError {
            error_code: code,
            ..usual_preauth_required()
        };
        let request = run.continue_with(&refusal);
        assert_eq!(padata_types(&request), [2]);
        let error = failed(run.answer(&refusal.encode()));
        assert_eq!(error.code(Dialect::Java), Some(code));
    }
}

#[test]
fn keytab_offers_the_types_it_has_and_no_others() {
    let keytab = |enctype| Keytab {
        entries: vec![KeytabEntry {
            principal: alice(),
            timestamp: NOW.time(),
            kvno: 1,
            enctype,
            key_bytes: Zeroizing::new(alice_key(enctype).expose_bytes().to_vec()),
        }],
    };
    let run = AsRun::start(&java(), AsParameters::keytab(alice(), keytab(AES128)));
    assert_eq!(run.request().req_body().etype, [AES128]);

    // The KDC wants a key the keytab does not have: the same request again, and its refusal.
    let mut run = AsRun::start(&java(), AsParameters::keytab(alice(), keytab(AES128)));
    let request = run.continue_with(&usual_preauth_required());
    assert_eq!(request.padata, None);
    let error = failed(run.answer(&usual_preauth_required().encode()));
    assert_eq!(
        error.code(Dialect::Java),
        Some(ErrorCode::KDC_ERR_PREAUTH_REQUIRED)
    );
}

#[test]
fn a_refused_canonicalize_is_dropped() {
    let mut run = AsRun::start(&java(), canonicalizing());
    let request = run.continue_with(&error(ErrorCode::KDC_ERR_BADOPTION));
    assert_eq!(request.req_body().kdc_options, KdcOptions::NONE);
    let error = failed(run.answer(&error(ErrorCode::KDC_ERR_BADOPTION).encode()));
    assert_eq!(
        error.code(Dialect::Java),
        Some(ErrorCode::KDC_ERR_BADOPTION)
    );
}

#[test]
fn undecryptable_reply_shows_no_code() {
    let mut run = AsRun::start(&java(), AsParameters::password(alice(), "wrong"));
    let reply = parts(&run.request(), &alice(), INITIAL).seal_as(&alice_key(AES256));
    let error = failed(run.answer(&reply));
    assert!(matches!(error, ClientError::UndecryptableReply { .. }));
    assert_eq!(error.code(Dialect::Java), None);
    assert_eq!(
        error.code(Dialect::Mit),
        Some(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY)
    );
}
