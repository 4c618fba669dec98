//! KerberosFlags (RFC 4120 section 5.2.8): bit 0 is the most significant bit of the first octet.

use kdclab_proto::messages::{ApOptions, ApReq, KdcOptions, KrbCredInfo, TicketFlags};
use kdclab_proto::messages::{EncKrbCredPart, KdcReqBody};

use crate::encoding::Message;
use crate::fixtures::fixture;

fn kdc_options(encoded: &[u8]) -> Result<KdcOptions, kdclab_proto::DecodeError> {
    let request = kdclab_proto::messages::AsReq::decode(&fixture!("captured/as-req")).unwrap();
    let body = Message::parse(request.0.req_body_bytes()).with(0, encoded);
    KdcReqBody::decode(&body).map(|body| body.kdc_options)
}

/// The BIT STRING that `flags` becomes.
fn encoded_kdc_options(flags: KdcOptions) -> Vec<u8> {
    let request = kdclab_proto::messages::AsReq::decode(&fixture!("captured/as-req")).unwrap();
    let mut body = request.0.req_body().clone();
    body.kdc_options = flags;
    Message::parse(&body.encode()).fields[0].1.to_vec()
}

fn encoded_ap_options(flags: ApOptions) -> Vec<u8> {
    let mut request = ApReq::decode(&fixture!("captured/ap-req")).unwrap();
    request.ap_options = flags;
    Message::parse(&request.encode()).fields[2].1.to_vec()
}

fn encoded_ticket_flags(flags: TicketFlags) -> Vec<u8> {
    let part = EncKrbCredPart::decode(&fixture!("captured/enc-krb-cred-part")).unwrap();
    let info = KrbCredInfo {
        flags: Some(flags),
        prealm: None,
        pname: None,
        ..part.ticket_info[0].clone()
    };
    let part = EncKrbCredPart {
        ticket_info: vec![info],
        ..part
    };
    let bytes = part.encode();
    let part = Message::parse(&bytes);
    let infos = crate::encoding::inside(part.fields[0].1);
    crate::encoding::elements(infos[0].1)[1].1.to_vec()
}

macro_rules! encodings {
    ($($test:ident($encode:ident, $flags:expr, $bits:literal))*) => {$(
        #[test]
        fn $test() {
            let bits: u32 = $bits;
            assert_eq!($flags.bits(), bits);
            assert_eq!($encode($flags), [&[0x03, 0x05, 0x00], &bits.to_be_bytes()[..]].concat());
        }
    )*};
}

encodings! {
    kdc_options_none(encoded_kdc_options, KdcOptions::NONE, 0x0000_0000)
    kdc_options_forwardable(encoded_kdc_options, KdcOptions::FORWARDABLE, 0x4000_0000)
    kdc_options_forwarded(encoded_kdc_options, KdcOptions::FORWARDED, 0x2000_0000)
    kdc_options_proxiable(encoded_kdc_options, KdcOptions::PROXIABLE, 0x1000_0000)
    kdc_options_proxy(encoded_kdc_options, KdcOptions::PROXY, 0x0800_0000)
    kdc_options_allow_postdate(encoded_kdc_options, KdcOptions::ALLOW_POSTDATE, 0x0400_0000)
    kdc_options_postdated(encoded_kdc_options, KdcOptions::POSTDATED, 0x0200_0000)
    kdc_options_renewable(encoded_kdc_options, KdcOptions::RENEWABLE, 0x0080_0000)
    kdc_options_cname_in_addl_tkt(encoded_kdc_options, KdcOptions::CNAME_IN_ADDL_TKT, 0x0002_0000)
    kdc_options_canonicalize(encoded_kdc_options, KdcOptions::CANONICALIZE, 0x0001_0000)
    kdc_options_request_anonymous(encoded_kdc_options, KdcOptions::REQUEST_ANONYMOUS, 0x0000_8000)
    kdc_options_disable_transited_check(encoded_kdc_options, KdcOptions::DISABLE_TRANSITED_CHECK, 0x0000_0020)
    kdc_options_renewable_ok(encoded_kdc_options, KdcOptions::RENEWABLE_OK, 0x0000_0010)
    kdc_options_enc_tkt_in_skey(encoded_kdc_options, KdcOptions::ENC_TKT_IN_SKEY, 0x0000_0008)
    kdc_options_renew(encoded_kdc_options, KdcOptions::RENEW, 0x0000_0002)
    kdc_options_validate(encoded_kdc_options, KdcOptions::VALIDATE, 0x0000_0001)
    ap_options_use_session_key(encoded_ap_options, ApOptions::USE_SESSION_KEY, 0x4000_0000)
    ap_options_mutual_required(encoded_ap_options, ApOptions::MUTUAL_REQUIRED, 0x2000_0000)
    ticket_flags_forwardable(encoded_ticket_flags, TicketFlags::FORWARDABLE, 0x4000_0000)
    ticket_flags_forwarded(encoded_ticket_flags, TicketFlags::FORWARDED, 0x2000_0000)
    ticket_flags_proxiable(encoded_ticket_flags, TicketFlags::PROXIABLE, 0x1000_0000)
    ticket_flags_proxy(encoded_ticket_flags, TicketFlags::PROXY, 0x0800_0000)
    ticket_flags_may_postdate(encoded_ticket_flags, TicketFlags::MAY_POSTDATE, 0x0400_0000)
    ticket_flags_postdated(encoded_ticket_flags, TicketFlags::POSTDATED, 0x0200_0000)
    ticket_flags_invalid(encoded_ticket_flags, TicketFlags::INVALID, 0x0100_0000)
    ticket_flags_renewable(encoded_ticket_flags, TicketFlags::RENEWABLE, 0x0080_0000)
    ticket_flags_initial(encoded_ticket_flags, TicketFlags::INITIAL, 0x0040_0000)
    ticket_flags_pre_authent(encoded_ticket_flags, TicketFlags::PRE_AUTHENT, 0x0020_0000)
    ticket_flags_hw_authent(encoded_ticket_flags, TicketFlags::HW_AUTHENT, 0x0010_0000)
    ticket_flags_transited_policy_checked(encoded_ticket_flags, TicketFlags::TRANSITED_POLICY_CHECKED, 0x0008_0000)
    ticket_flags_ok_as_delegate(encoded_ticket_flags, TicketFlags::OK_AS_DELEGATE, 0x0004_0000)
    ticket_flags_enc_pa_rep(encoded_ticket_flags, TicketFlags::ENC_PA_REP, 0x0001_0000)
    ticket_flags_anonymous(encoded_ticket_flags, TicketFlags::ANONYMOUS, 0x0000_8000)
}

macro_rules! received {
    ($($test:ident($encoded:expr, $bits:expr))*) => {$(
        #[test]
        fn $test() {
            let received = kdc_options(&$encoded).map(KdcOptions::bits);
            assert_eq!(received.ok(), $bits);
        }
    )*};
}

received! {
    thirty_two_bits([3, 5, 0, 0x40, 0x81, 0, 0x10], Some(0x4081_0010))
    no_bits([3, 1, 0], Some(0))
    two_bits_as_der_trims_them([3, 2, 6, 0x40], Some(0x4000_0000))
    unused_bits_are_no_flags([3, 2, 6, 0x7f], Some(0x4000_0000))
    one_octet([3, 2, 0, 0xff], Some(0xff00_0000))
    twenty_five_bits([3, 5, 7, 0xff, 0xff, 0xff, 0xff], Some(0xffff_ff80))
    bits_above_31_are_ignored([3, 6, 0, 0x40, 0, 0, 0, 0xff], Some(0x4000_0000))
    unused_bits_above_31_are_ignored([3, 6, 7, 0x40, 0, 0, 1, 0x80], Some(0x4000_0001))
    no_count_of_unused_bits_is_refused([3, 0], None)
    eight_unused_bits_are_refused([3, 5, 8, 0x40, 0, 0, 0], None)
    unused_bits_of_no_octets_are_refused([3, 1, 1], None)
    an_integer_is_refused([2, 1, 0x40], None)
    a_constructed_bit_string_is_refused([0x23, 4, 3, 2, 0, 0x40], None)
}

#[test]
fn names_are_listed_in_the_order_of_their_bits() {
    let flags = TicketFlags::INITIAL | TicketFlags::FORWARDABLE | TicketFlags::PRE_AUTHENT;
    assert_eq!(
        flags.names().collect::<Vec<_>>(),
        ["forwardable", "initial", "pre-authent"]
    );
    assert_eq!(
        format!("{flags:?}"),
        "TicketFlags(0x40600000 forwardable initial pre-authent)"
    );
}

#[test]
fn contains_wants_every_flag_and_intersects_any() {
    let both = KdcOptions::FORWARDABLE.with(KdcOptions::RENEWABLE);
    assert!(both.contains(KdcOptions::RENEWABLE));
    assert!(!KdcOptions::RENEWABLE.contains(both));
    assert!(KdcOptions::RENEWABLE.intersects(both));
    assert!(!KdcOptions::PROXY.intersects(both));
}

#[test]
fn set_changes_one_flag() {
    let mut flags = TicketFlags::FORWARDABLE;
    flags.set(TicketFlags::INVALID, true);
    assert_eq!(flags.bits(), 0x4100_0000);
    flags.set(TicketFlags::FORWARDABLE, false);
    assert_eq!(flags, TicketFlags::INVALID);
}
