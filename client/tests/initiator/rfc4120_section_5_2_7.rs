//! How the client's key is made: PA-ETYPE-INFO2, PA-ETYPE-INFO, PA-PW-SALT (RFC 4120 section 5.2.7).

use kdclab_client::{AsParameters, ClientConfig, ClientError};
use kdclab_proto::crypto::StringToKeyError;
use kdclab_proto::messages::{
    EncryptedData, EtypeInfo, EtypeInfoEntry, KdcReq, PaData, PadataType,
};
use kdclab_proto::{Enctype, Key, KeyUsage};

use crate::support::*;

fn offer() -> PaData {
    PadataType::ENC_TIMESTAMP.with(Vec::new())
}

fn opens(request: &KdcReq, key: &Key) -> bool {
    let data = request.padata(PadataType::ENC_TIMESTAMP).unwrap();
    let data = EncryptedData::decode(data).unwrap();
    data.etype == key.enctype()
        && key
            .decrypt(KeyUsage::PA_ENC_TIMESTAMP, &data.cipher)
            .is_ok()
}

fn key(enctype: Enctype, salt: &str, parameters: Option<&[u8]>) -> Key {
    Key::from_password(enctype, PASSWORD, salt.as_bytes(), parameters).unwrap()
}

#[test]
fn section_5_2_7_5_salt_and_parameters_of_etype_info2() {
    let iterations: &[u8] = &[0, 0, 0, 3];
    let info = etype_info2(&[(AES256, Some("salt"), Some(iterations))]);
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&preauth_required(vec![info, offer()]));
    assert!(opens(&request, &key(AES256, "salt", Some(iterations))));
    assert!(!opens(&request, &key(AES256, "salt", None)));
    assert!(!opens(
        &request,
        &key(AES256, "LAB.EXAMPLEalice", Some(iterations))
    ));
}

#[test]
fn section_5_2_7_5_absent_salt_is_the_default_salt() {
    let info = etype_info2(&[(AES256, None, None)]);
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&preauth_required(vec![info, offer()]));
    assert!(opens(&request, &alice_key(AES256)));
}

#[test]
fn section_5_2_7_5_absent_salt_differs_from_an_empty_one() {
    let info = etype_info2(&[(AES256, Some(""), None)]);
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&preauth_required(vec![info, offer()]));
    assert!(opens(&request, &key(AES256, "", None)));
}

#[test]
fn mit_get_etype_info_takes_the_clients_best_type() {
    let info = etype_info2(&[(AES128, Some("a"), None), (AES256, Some("b"), None)]);
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&preauth_required(vec![info, offer()]));
    assert!(opens(&request, &key(AES256, "b", None)));
}

#[test]
fn java_get_preferred_etype_takes_the_first_entry() {
    let info = etype_info2(&[(AES128, Some("a"), None), (AES256, Some("b"), None)]);
    let mut run = password_login(&ClientConfig::java(REALM));
    let request = run.continue_with(&preauth_required(vec![info, offer()]));
    assert!(opens(&request, &key(AES128, "a", None)));
}

#[test]
fn section_5_2_7_4_etype_info_where_there_is_no_etype_info2() {
    let info = EtypeInfo(vec![EtypeInfoEntry {
        etype: AES128,
        salt: Some(b"old".to_vec()),
    }]);
    let old = PadataType::ETYPE_INFO.with(info.encode());
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&preauth_required(vec![old.clone(), offer()]));
    assert!(opens(&request, &key(AES128, "old", None)));

    let new = etype_info2(&[(AES256, Some("new"), None)]);
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&preauth_required(vec![old, new, offer()]));
    assert!(opens(&request, &key(AES256, "new", None)));
}

#[test]
fn section_5_2_7_3_pw_salt_goes_with_the_first_type() {
    let salt = PadataType::PW_SALT.with(b"bare".to_vec());
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&preauth_required(vec![salt, offer()]));
    assert!(opens(&request, &key(AES256, "bare", None)));
}

#[test]
fn salt_and_parameters_in_the_reply_of_a_kdc_without_preauth() {
    let iterations: &[u8] = &[0, 0, 0, 2];
    let mut run = password_login(&ClientConfig::mit(REALM));
    let mut parts = parts(&run.request(), &alice(), INITIAL);
    parts.rep.padata = Some(vec![etype_info2(&[(
        AES256,
        Some("pepper"),
        Some(iterations),
    )])]);
    done(run.answer(&parts.seal_as(&key(AES256, "pepper", Some(iterations)))));
}

#[test]
fn mit_decrypt_as_reply_derives_again_when_the_type_differs_from_preauth() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let info = etype_info2(&[(AES256, None, None), (AES128, Some("other"), None)]);
    let request = run.continue_with(&preauth_required(vec![info, offer()]));
    let parts = parts(&request, &alice(), INITIAL);
    done(run.answer(&parts.seal_as(&key(AES128, "other", None))));
}

#[test]
fn s002_8c_no_usable_mechanism_fails_in_mit() {
    let mut run = password_login(&ClientConfig::mit(REALM));
    let refusal = preauth_required(vec![PadataType::FX_COOKIE.with(b"MIT".to_vec())]);
    let error = failed(run.answer(&refusal.encode()));
    assert_eq!(
        error,
        ClientError::NoPreauthMechanism {
            offered: vec![PadataType::FX_COOKIE]
        }
    );
    assert_eq!(error.com_err(), Some(-1_765_328_174));
}

#[test]
fn s002_8c_java_preauthenticates_with_its_first_type_and_the_default_salt() {
    let mut run = password_login(&ClientConfig::java(REALM));
    let refusal = preauth_required(vec![PadataType::FX_COOKIE.with(b"MIT".to_vec())]);
    let request = run.continue_with(&refusal);
    assert!(opens(&request, &alice_key(AES256)));
}

#[test]
fn mit_get_etype_info_without_a_type_in_common() {
    for (offered, com_err) in [
        (Enctype::AES128_CTS_HMAC_SHA256_128, -1_765_328_147),
        (Enctype(99), -1_765_328_234),
    ] {
        let mut config = ClientConfig::mit(REALM);
        config.default_tkt_enctypes = vec![AES256];
        let mut run = password_login(&config);
        let refusal = preauth_required(vec![etype_info2(&[(offered, None, None)]), offer()]);
        let error = failed(run.answer(&refusal.encode()));
        assert_eq!(
            error,
            ClientError::NoCommonEnctype {
                offered: vec![offered],
                asked: vec![AES256]
            }
        );
        assert_eq!(error.com_err(), Some(com_err));
    }
}

#[test]
fn iterations_are_bounded() {
    let info = etype_info2(&[(AES256, None, Some(&[0x7f, 0xff, 0xff, 0xff]))]);
    let mut run = password_login(&ClientConfig::mit(REALM));
    let error = failed(run.answer(&preauth_required(vec![info, offer()]).encode()));
    let ClientError::NoPreauthKey(cause) = error else {
        panic!("{error:?}");
    };
    assert!(matches!(
        *cause,
        ClientError::StringToKey(StringToKeyError::TooManyIterations { .. })
    ));
}

#[test]
fn rfc6113_section_5_2_cookie_comes_back_first() {
    let cookie = PadataType::FX_COOKIE.with(b"MIT".to_vec());
    let mut refusal = vec![etype_info2(&[(AES256, None, None)]), offer()];
    refusal.push(cookie.clone());
    let mut run = AsRun::start(
        &ClientConfig::mit(REALM),
        AsParameters::password(alice(), PASSWORD),
    );
    let request = run.continue_with(&preauth_required(refusal));
    assert_eq!(padata_types(&request), [133, 2, 150, 149]);
    assert_eq!(request.padata(PadataType::FX_COOKIE), Some(&b"MIT"[..]));
}

#[test]
fn garbage_in_place_of_etype_info2_is_as_none() {
    let garbage = PadataType::ETYPE_INFO2.with(vec![0x30, 0x80]);
    let mut run = password_login(&ClientConfig::mit(REALM));
    let request = run.continue_with(&preauth_required(vec![garbage, offer()]));
    assert!(opens(&request, &alice_key(AES256)));
}
