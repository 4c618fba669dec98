//! Which fields RFC 4120 appendix A lets a sender omit: each field of a message with all fields is left
//! out in turn.

use kdclab_proto::DecodeError;

use crate::encoding::Message;
use crate::fixtures;

/// The numbers of the fields without which the fixture `name` still decodes.
fn optional_fields(name: &str) -> (Vec<u8>, Vec<u8>) {
    let fixtures = fixtures::all();
    let fixture = fixtures
        .iter()
        .find(|fixture| fixture.name == name)
        .expect("the fixture exists");
    let (mut required, mut optional) = (Vec::new(), Vec::new());
    for index in 0..Message::parse(&fixture.bytes).fields.len() {
        let mut message = Message::parse(&fixture.bytes);
        let (tag, _) = message.fields.remove(index);
        match (fixture.again)(&message.build()) {
            Ok(_) => optional.push(tag & 0x1f),
            Err(DecodeError::MissingField { .. }) => required.push(tag & 0x1f),
            Err(error) => panic!("{name} without field {}: {error}", tag & 0x1f),
        }
    }
    (required, optional)
}

macro_rules! optional_fields {
    ($($test:ident($fixture:literal) $required:tt $optional:tt)*) => {$(
        #[test]
        fn $test() {
            let (required, optional) = optional_fields($fixture);
            assert_eq!(required, $required, "required");
            assert_eq!(optional, $optional as [u8; _], "optional");
        }
    )*};
}

optional_fields! {
    ticket("captured/ticket") [0, 1, 2, 3] []
    enc_ticket_part("reference/enc-ticket-part-all-fields") [0, 1, 2, 3, 4, 5, 7] [6, 8, 9, 10]
    as_req("reference/as-req-all-fields") [1, 2, 4] [3]
    tgs_req("reference/tgs-req-all-fields") [1, 2, 4] [3]
    as_rep("reference/as-rep-all-fields") [0, 1, 3, 4, 5, 6] [2]
    enc_kdc_rep_part("reference/enc-kdc-rep-part-all-fields")
        [0, 1, 2, 4, 5, 7, 9, 10] [3, 6, 8, 11, 12]
    ap_req("reference/ap-req") [0, 1, 2, 3, 4] []
    authenticator("reference/authenticator-all-fields") [0, 1, 2, 4, 5] [3, 6, 7, 8]
    ap_rep("reference/ap-rep") [0, 1, 2] []
    enc_ap_rep_part("reference/enc-ap-rep-part-all-fields") [0, 1] [2, 3]
    krb_safe("reference/krb-safe-all-fields") [0, 1, 2, 3] []
    krb_priv("reference/krb-priv") [0, 1, 3] []
    enc_krb_priv_part("reference/enc-krb-priv-part-all-fields") [0, 4] [1, 2, 3, 5]
    krb_cred("reference/krb-cred-two-tickets") [0, 1, 2, 3] []
    enc_krb_cred_part("reference/enc-krb-cred-part-all-fields") [0] [1, 2, 3, 4, 5]
    krb_error("reference/krb-error-all-fields") [0, 1, 4, 5, 6, 9, 10] [2, 3, 7, 8, 11, 12]
    pa_enc_ts_enc("reference/pa-enc-ts-enc") [0] [1]
}

mod kdc_req_body {
    use super::*;
    use kdclab_proto::messages::{KdcReqBody, TgsReq};

    #[test]
    fn fields() {
        let request = TgsReq::decode(&fixtures::fixture!("reference/tgs-req-all-fields")).unwrap();
        let body = request.0.req_body_bytes();
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        for index in 0..Message::parse(body).fields.len() {
            let mut message = Message::parse(body);
            let (tag, _) = message.fields.remove(index);
            match KdcReqBody::decode(&message.build()) {
                Ok(_) => optional.push(tag & 0x1f),
                Err(DecodeError::MissingField { .. }) => required.push(tag & 0x1f),
                Err(error) => panic!("without field {}: {error}", tag & 0x1f),
            }
        }
        assert_eq!(required, [0, 2, 5, 7, 8]);
        assert_eq!(optional, [1, 3, 4, 6, 9, 10, 11]);
    }
}

#[test]
fn an_error_names_the_missing_field() {
    let bytes = fixtures::fixture!("reference/krb-error-required-only");
    let mut message = Message::parse(&bytes);
    message.fields.retain(|(tag, _)| *tag != 0xa9);
    let error = kdclab_proto::messages::KrbError::decode(&message.build()).unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::MissingField {
                message: "KRB-ERROR",
                field: "realm",
                ..
            }
        ),
        "{error}"
    );
}
