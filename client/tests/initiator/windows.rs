//! Where the Windows dialect differs.

use kdclab_client::{AsParameters, ClientConfig, Dialect, TgsParameters};
use kdclab_proto::messages::{
    EncryptedData, KdcOptions, KerbErrorData, KrbError, PaEncTsEnc, PaPacRequest, PadataType,
};
use kdclab_proto::{ErrorCode, KeyUsage};

use crate::support::*;

fn windows() -> ClientConfig {
    ClientConfig::windows(REALM)
}

#[test]
fn first_request() {
    let run = AsRun::start(&windows(), AsParameters::password(alice(), PASSWORD));
    let request = run.request();
    let body = request.req_body();
    assert_eq!(
        body.kdc_options,
        KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE
    );
    assert_eq!(body.till.to_string(), "2037-09-13T02:48:05Z");
    assert_eq!(body.rtime, Some(body.till));
    let types: Vec<i32> = body.etype.iter().map(|enctype| enctype.0).collect();
    assert_eq!(types, [18, 17, 23, 24, -135]);
    let pac = PaPacRequest::decode(request.padata(PadataType::PAC_REQUEST).unwrap()).unwrap();
    assert!(pac.include_pac);
}

#[test]
fn skew_recovery_data_lets_the_request_be_repeated_once() {
    let skew = |data_type| {
        let data = KerbErrorData {
            data_type,
            data_value: None,
        };
        KrbError {
            stime: after(3600).time(),
            e_data: Some(data.encode()),
            ..error(ErrorCode::KRB_AP_ERR_SKEW)
        }
    };
    let mut run = AsRun::start(&windows(), AsParameters::password(alice(), PASSWORD));
    run.continue_with(&usual_preauth_required());
    let request = run.continue_with(&skew(KerbErrorData::SKEW_RECOVERY));
    let data = EncryptedData::decode(request.padata(PadataType::ENC_TIMESTAMP).unwrap()).unwrap();
    let plain = alice_key(AES256)
        .decrypt(KeyUsage::PA_ENC_TIMESTAMP, &data.cipher)
        .unwrap();
    let stamp = PaEncTsEnc::decode_padded(&plain).unwrap();
    assert_eq!(stamp.patimestamp, after(3600).time());
    let refusal = skew(KerbErrorData::SKEW_RECOVERY).encode();
    let error = failed(run.answer(&refusal));
    assert_eq!(
        error.code(Dialect::Windows),
        Some(ErrorCode::KRB_AP_ERR_SKEW)
    );

    let mut run = AsRun::start(&windows(), AsParameters::password(alice(), PASSWORD));
    let other = skew(KerbErrorData::EXTENDED_ERROR).encode();
    failed(run.answer(&other));
}

#[test]
fn recovered_skew_goes_with_the_ticket() {
    let mut run = AsRun::start(&windows(), AsParameters::password(alice(), PASSWORD));
    let data = KerbErrorData {
        data_type: KerbErrorData::SKEW_RECOVERY,
        data_value: None,
    };
    let request = run.continue_with(&KrbError {
        stime: after(3600).time(),
        e_data: Some(data.encode()),
        ..error(ErrorCode::KRB_AP_ERR_SKEW)
    });
    let mut parts = parts(&request, &alice(), INITIAL);
    parts.enc_part.starttime = Some(after(3600).time());
    let outcome = done(run.answer(&parts.seal_as(&alice_key(AES256))));
    assert_eq!(outcome.kdc_offset, Some(3600));
}

#[test]
fn a_refused_service_is_not_asked_for_again() {
    let mut run = TgsRun::start(
        &windows(),
        TgsParameters::service(principal("host/nowhere")),
    );
    let error = failed(run.refuse(ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN));
    assert_eq!(
        error.code(Dialect::Windows),
        Some(ErrorCode::KDC_ERR_S_PRINCIPAL_UNKNOWN)
    );
}
