//! The pvno and msg-type fields.

use super::*;

/// A KDC answers with KDC_ERR_BAD_PVNO and an acceptor with KRB_AP_ERR_BADVERSION, so the message must
/// be readable. MIT's decoders refuse it with KRB5KDC_ERR_BAD_PVNO.
#[test]
fn another_protocol_version_is_readable() {
    let version_4: &[u8] = &[2, 1, 4];
    let with = |bytes: Vec<u8>, field| Message::parse(&bytes).with(field, version_4);
    let request = AsReq::decode(&with(fixture!("captured/as-req"), 1)).unwrap();
    assert_eq!(request.0.pvno, 4);
    let request = TgsReq::decode(&with(fixture!("captured/tgs-req"), 1)).unwrap();
    assert_eq!(request.0.pvno, 4);
    let request = ApReq::decode(&with(fixture!("captured/ap-req"), 0)).unwrap();
    assert_eq!(request.pvno, 4);
    let ticket = Ticket::decode(&with(fixture!("captured/ticket"), 0)).unwrap();
    assert_eq!(ticket.tkt_vno, 4);
    let error = KrbError::decode(&with(fixture!("captured/krb-error-preauth-required"), 0));
    assert_eq!(error.unwrap().pvno, 4);
}

#[test]
fn another_protocol_version_is_written_back() {
    let bytes = fixture!("captured/as-req");
    let changed = Message::parse(&bytes).with(1, &[2, 1, 4]);
    assert_eq!(AsReq::decode(&changed).unwrap().encode(), changed);
}

macro_rules! msg_types {
    ($($test:ident: $fixture:literal, $type:ident, field $field:literal, $expected:literal;)*) => {$(
        #[test]
        fn $test() {
            let bytes = fixture!($fixture);
            let message = Message::parse(&bytes);
            let own: &[u8] = &[2, 1, $expected];
            assert!(message.fields.contains(&(0xa0 | $field, own)));
            let changed = message.with($field, &[2, 1, 99]);
            assert_eq!(
                $type::decode(&changed).map(|_| ()),
                Err(DecodeError::MsgTypeMismatch { expected: $expected, found: 99 })
            );
        }
    )*};
}

msg_types! {
    as_req_is_10: "captured/as-req", AsReq, field 2, 10;
    as_rep_is_11: "captured/as-rep", AsRep, field 1, 11;
    tgs_req_is_12: "captured/tgs-req", TgsReq, field 2, 12;
    tgs_rep_is_13: "captured/tgs-rep", TgsRep, field 1, 13;
    ap_req_is_14: "captured/ap-req", ApReq, field 1, 14;
    ap_rep_is_15: "captured/ap-rep", ApRep, field 1, 15;
    krb_safe_is_20: "captured/krb-safe", KrbSafe, field 1, 20;
    krb_priv_is_21: "captured/krb-priv", KrbPriv, field 1, 21;
    krb_cred_is_22: "captured/krb-cred", KrbCred, field 1, 22;
    krb_error_is_30: "captured/krb-error-preauth-required", KrbError, field 1, 30;
}
