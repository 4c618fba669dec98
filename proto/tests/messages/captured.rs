//! One session of MIT krb5 1.20: kinit with a password, a service ticket, an AP exchange with a subkey
//! from both ends, KRB-SAFE, KRB-PRIV and a forwarded TGT. `tests/data/messages/README.md` says how it
//! was recorded.

use kdclab_proto::crypto::ChecksumType;
use kdclab_proto::messages::*;
use kdclab_proto::{Enctype, ErrorCode, KerberosTime, NameType, PrincipalName};

use crate::fixtures::{self, fixture};

const AES256: Enctype = Enctype::AES256_CTS_HMAC_SHA1_96;

fn alice() -> PrincipalName {
    PrincipalName::new(NameType::PRINCIPAL, ["alice"])
}

fn krbtgt() -> PrincipalName {
    PrincipalName::new(NameType::SRV_INST, ["krbtgt", "KDCLAB.TEST"])
}

fn host() -> PrincipalName {
    PrincipalName::new(NameType::PRINCIPAL, ["host", "www.kdclab.test"])
}

/// Names compare without their type, which the wire must carry all the same.
#[track_caller]
fn assert_name(found: &PrincipalName, expected: &PrincipalName) {
    assert_eq!(found, expected);
    assert_eq!(found.name_type, expected.name_type);
}

fn time(text: &str) -> KerberosTime {
    text.parse().expect("a time")
}

fn numbers(padata: &[PaData]) -> Vec<i32> {
    padata.iter().map(|padata| padata.padata_type.0).collect()
}

#[test]
fn every_message_is_encoded_to_the_bytes_it_came_in() {
    for fixture in fixtures::all() {
        assert_eq!(
            (fixture.again)(&fixture.bytes).as_ref(),
            Ok(&fixture.bytes),
            "{}",
            fixture.name
        );
        assert_eq!(
            (fixture.afresh)(&fixture.bytes).as_ref(),
            Ok(&fixture.bytes),
            "{}",
            fixture.name
        );
    }
}

#[test]
fn as_req() {
    let request = AsReq::decode(&fixture!("captured/as-req")).unwrap().0;
    assert_eq!((request.pvno, request.msg_type), (5, 10));
    assert_eq!(numbers(request.padata.as_deref().unwrap()), [150, 149]);
    assert_eq!(request.padata(PadataType::REQ_ENC_PA_REP), Some(&[][..]));
    assert_eq!(request.padata(PadataType::ENC_TIMESTAMP), None);
    let body = request.req_body();
    let asked = KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE;
    assert_eq!(body.kdc_options, asked);
    assert_name(body.cname.as_ref().unwrap(), &alice());
    assert_eq!(body.realm.to_string(), "KDCLAB.TEST");
    assert_name(body.sname.as_ref().unwrap(), &krbtgt());
    assert_eq!(body.from, None);
    assert_eq!(body.till, time("2026-11-24T09:15:20Z"));
    assert_eq!(body.rtime, Some(time("2026-11-30T09:15:20Z")));
    assert_eq!(body.nonce, 0x59d3_f54b);
    assert_eq!(body.etype, [18, 17, 20, 19, 16, 23, 25, 26].map(Enctype));
    assert_eq!(body.addresses, None);
    assert_eq!(body.enc_authorization_data, None);
    assert_eq!(body.additional_tickets, None);
}

#[test]
fn krb_error_preauth_required() {
    let error = KrbError::decode(&fixture!("captured/krb-error-preauth-required")).unwrap();
    assert_eq!((error.pvno, error.msg_type), (5, 30));
    assert_eq!((error.ctime, error.cusec), (None, None));
    assert_eq!(error.stime, time("2026-11-23T09:15:20Z"));
    assert_eq!(error.susec, 0x02_7a0a);
    assert_eq!(error.error_code, ErrorCode(25));
    assert_eq!(error.crealm, Some("KDCLAB.TEST".into()));
    assert_name(error.cname.as_ref().unwrap(), &alice());
    assert_eq!(error.realm.to_string(), "KDCLAB.TEST");
    assert_name(&error.sname, &krbtgt());
    assert_eq!(error.e_text.as_ref().unwrap(), "NEEDED_PREAUTH");
    assert_eq!(error.e_data, Some(fixture!("captured/method-data")));
    assert_eq!(numbers(&error.method_data().0), [136, 19, 2, 133]);
    assert_eq!(error.padata(PadataType::FX_COOKIE), Some(b"MIT".to_vec()));
    assert_eq!(
        error.padata(PadataType::ETYPE_INFO2),
        Some(fixture!("captured/etype-info2"))
    );
    assert_eq!(error.padata(PadataType::PK_AS_REQ), None);
}

#[test]
fn krb_error_with_other_e_data_proposes_nothing() {
    let mut error = KrbError::decode(&fixture!("captured/krb-error-preauth-required")).unwrap();
    error.e_data = Some(KerbErrorData::extended_error(0xc000_0072).encode());
    assert_eq!(error.method_data(), MethodData::default());
    error.e_data = None;
    assert_eq!(error.padata(PadataType::FX_COOKIE), None);
}

#[test]
fn etype_info2() {
    let info = EtypeInfo2::decode(&fixture!("captured/etype-info2")).unwrap();
    let entry = EtypeInfo2Entry {
        etype: AES256,
        salt: Some("KDCLAB.TESTalice".into()),
        s2kparams: None,
    };
    assert_eq!(info.0, [entry]);
}

#[test]
fn as_req_preauth() {
    let request = AsReq::decode(&fixture!("captured/as-req-preauth"))
        .unwrap()
        .0;
    assert_eq!(
        numbers(request.padata.as_deref().unwrap()),
        [133, 2, 150, 149]
    );
    let timestamp = request.padata(PadataType::ENC_TIMESTAMP).unwrap();
    let timestamp = EncryptedData::decode(timestamp).unwrap();
    assert_eq!((timestamp.etype, timestamp.kvno), (AES256, None));
    assert_eq!(request.req_body().nonce, 0x5fb7_2fc7);
}

#[test]
fn pa_enc_ts_enc() {
    let plain = PaEncTsEnc::decode(&fixture!("captured/pa-enc-ts-enc")).unwrap();
    assert_eq!(plain.patimestamp, time("2026-11-23T09:15:20Z"));
    assert_eq!(plain.pausec, Some(0x02_7a0c));
}

#[test]
fn as_rep() {
    let reply = AsRep::decode(&fixture!("captured/as-rep")).unwrap().0;
    assert_eq!((reply.pvno, reply.msg_type), (5, 11));
    assert_eq!(
        reply.padata(PadataType::ETYPE_INFO2),
        Some(&fixture!("captured/etype-info2")[..])
    );
    assert_eq!(reply.client(), alice().at("KDCLAB.TEST"));
    assert_eq!(reply.ticket.tkt_vno, 5);
    assert_eq!(reply.ticket.server(), krbtgt().at("KDCLAB.TEST"));
    assert_eq!(
        (reply.ticket.enc_part.etype, reply.ticket.enc_part.kvno),
        (AES256, Some(1))
    );
    assert_eq!((reply.enc_part.etype, reply.enc_part.kvno), (AES256, None));
    assert_eq!(reply.enc_part.cipher.len(), 283);
}

/// MIT's KDC puts an EncTGSRepPart into its AS-REP.
#[test]
fn enc_as_rep_part() {
    let part = EncTgsRepPart::decode(&fixture!("captured/enc-as-rep-part"))
        .unwrap()
        .0;
    assert_eq!(part.key.enctype(), AES256);
    let nothing = LastReqEntry {
        lr_type: 0,
        lr_value: KerberosTime::EPOCH,
    };
    assert_eq!(part.last_req, [nothing]);
    assert_eq!(part.nonce, 0x5fb7_2fc7);
    assert_eq!(part.key_expiration, None);
    assert_eq!(
        part.flags.names().collect::<Vec<_>>(),
        [
            "forwardable",
            "renewable",
            "initial",
            "pre-authent",
            "enc-pa-rep"
        ]
    );
    assert_eq!(part.authtime, time("2026-11-23T09:15:20Z"));
    assert_eq!(part.starttime, None);
    assert_eq!(part.endtime, time("2026-11-23T19:15:20Z"));
    assert_eq!(part.renew_till, Some(time("2026-11-30T09:15:20Z")));
    assert_name(&part.sname, &krbtgt());
    assert_eq!(part.caddr, None);
    assert_eq!(
        numbers(part.encrypted_pa_data.as_deref().unwrap()),
        [149, 136]
    );
    let checksum = Checksum::decode(part.padata(PadataType::REQ_ENC_PA_REP).unwrap()).unwrap();
    assert_eq!(
        (checksum.cksumtype, checksum.checksum.len()),
        (ChecksumType(16), 12)
    );
}

/// The reply and the ticket carry the same session key.
#[test]
fn enc_ticket_part_of_the_tgt() {
    let ticket = EncTicketPart::decode(&fixture!("captured/enc-ticket-part-tgt")).unwrap();
    let reply = EncTgsRepPart::decode(&fixture!("captured/enc-as-rep-part"))
        .unwrap()
        .0;
    assert!(ticket.key == reply.key);
    assert_eq!(ticket.flags, reply.flags);
    assert_eq!(ticket.client(), alice().at("KDCLAB.TEST"));
    assert_eq!(ticket.transited, TransitedEncoding::empty());
    assert_eq!(ticket.valid_from(), ticket.authtime);
    let data = ticket.authorization_data.unwrap();
    let element = data.elements().next().unwrap();
    assert_eq!(element.ad_type, AuthorizationDataElement::AD_IF_RELEVANT);
    let inner = AuthorizationData::decode_padded(&element.ad_data).unwrap();
    let types: Vec<i32> = inner.elements().map(|element| element.ad_type).collect();
    assert_eq!(types, [AuthorizationDataElement::AD_WIN2K_PAC]);
}

#[test]
fn tgs_req() {
    let request = TgsReq::decode(&fixture!("captured/tgs-req")).unwrap().0;
    assert_eq!((request.pvno, request.msg_type), (5, 12));
    assert_eq!(numbers(request.padata.as_deref().unwrap()), [1, 136]);
    assert_eq!(
        request.padata(PadataType::TGS_REQ),
        Some(&fixture!("captured/ap-req-of-tgs-req")[..])
    );
    let body = request.req_body();
    assert_eq!(body.kdc_options.bits(), 0x4081_0000);
    assert_eq!(body.cname, None);
    assert_name(body.sname.as_ref().unwrap(), &host());
    assert_eq!(body.till, time("2026-11-23T19:15:20Z"));
    assert_eq!(body.nonce, 0x60de_592d);
}

#[test]
fn ap_req_of_tgs_req() {
    let request = ApReq::decode(&fixture!("captured/ap-req-of-tgs-req")).unwrap();
    assert_eq!(request.ap_options, ApOptions::NONE);
    let issued = AsRep::decode(&fixture!("captured/as-rep"))
        .unwrap()
        .0
        .ticket;
    assert_eq!(request.ticket, issued);
}

#[test]
fn authenticator_of_tgs_req() {
    let plain = fixture!("captured/authenticator-of-tgs-req");
    let authenticator = Authenticator::decode(&plain).unwrap();
    assert_eq!(authenticator.client(), alice().at("KDCLAB.TEST"));
    let checksum = authenticator.cksum.unwrap();
    assert_eq!(
        (checksum.cksumtype, checksum.checksum.len()),
        (ChecksumType(16), 12)
    );
    assert_eq!(authenticator.cusec, 0x02_7553);
    assert_eq!(authenticator.subkey.unwrap().enctype(), AES256);
    assert_eq!(authenticator.authorization_data, None);
}

#[test]
fn tgs_rep() {
    let reply = TgsRep::decode(&fixture!("captured/tgs-rep")).unwrap().0;
    assert_eq!((reply.pvno, reply.msg_type), (5, 13));
    assert_eq!(numbers(reply.padata.as_deref().unwrap()), [136]);
    assert_eq!(reply.client(), alice().at("KDCLAB.TEST"));
    assert_eq!(reply.ticket.encode(), fixture!("captured/ticket"));
    assert_name(&reply.ticket.sname, &host());
}

#[test]
fn enc_tgs_rep_part() {
    let part = EncTgsRepPart::decode(&fixture!("captured/enc-tgs-rep-part"))
        .unwrap()
        .0;
    assert_eq!(part.nonce, 0x60de_592d);
    assert_eq!(
        part.flags.names().collect::<Vec<_>>(),
        [
            "forwardable",
            "renewable",
            "pre-authent",
            "transited-policy-checked",
            "enc-pa-rep"
        ]
    );
    assert_name(&part.sname, &host());
    assert_eq!(part.encrypted_pa_data, None);
    let ticket = EncTicketPart::decode(&fixture!("captured/enc-ticket-part-service")).unwrap();
    assert!(ticket.key == part.key);
    assert_eq!(ticket.endtime, part.endtime);
}

#[test]
fn tgs_req_forwarded() {
    let request = TgsReq::decode(&fixture!("captured/tgs-req-forwarded"))
        .unwrap()
        .0;
    let asked = KdcOptions::FORWARDABLE | KdcOptions::FORWARDED | KdcOptions::RENEWABLE;
    assert_eq!(request.req_body().kdc_options, asked);
    assert_name(request.req_body().sname.as_ref().unwrap(), &krbtgt());
    let reply = TgsRep::decode(&fixture!("captured/tgs-rep-forwarded"))
        .unwrap()
        .0;
    assert_name(&reply.ticket.sname, &krbtgt());
}

#[test]
fn ap_req() {
    let request = ApReq::decode(&fixture!("captured/ap-req")).unwrap();
    assert_eq!((request.pvno, request.msg_type), (5, 14));
    assert_eq!(request.ap_options, ApOptions::MUTUAL_REQUIRED);
    assert_eq!(request.ticket.encode(), fixture!("captured/ticket"));
    assert_eq!(
        (request.authenticator.etype, request.authenticator.kvno),
        (AES256, None)
    );
}

#[test]
fn authenticator_and_enc_ap_rep_part_agree() {
    let authenticator = Authenticator::decode(&fixture!("captured/authenticator")).unwrap();
    assert_eq!(authenticator.authenticator_vno, 5);
    assert_eq!(authenticator.seq_number, Some(0x186f_4043));
    let part = EncApRepPart::decode(&fixture!("captured/enc-ap-rep-part")).unwrap();
    assert_eq!(
        (part.ctime, part.cusec),
        (authenticator.ctime, authenticator.cusec)
    );
    assert_eq!(part.seq_number, Some(0x2993_4918));
    assert!(part.subkey.is_some() && part.subkey == authenticator.subkey);
}

#[test]
fn ap_rep() {
    let reply = ApRep::decode(&fixture!("captured/ap-rep")).unwrap();
    assert_eq!((reply.pvno, reply.msg_type), (5, 15));
    assert_eq!((reply.enc_part.etype, reply.enc_part.kvno), (AES256, None));
}

#[test]
fn krb_safe() {
    let message = KrbSafe::decode(&fixture!("captured/krb-safe")).unwrap();
    assert_eq!((message.pvno, message.msg_type), (5, 20));
    let body = message.safe_body;
    assert_eq!(body.user_data, b"some user data.");
    assert_eq!(body.timestamp, Some(time("2026-11-23T09:15:20Z")));
    assert_eq!(body.usec, Some(0x02_7555));
    assert_eq!(body.seq_number, Some(0x186f_4043));
    assert_eq!(
        body.s_address,
        std::net::IpAddr::from([127, 0, 0, 1]).into()
    );
    assert_eq!(
        body.r_address,
        Some(std::net::IpAddr::from([127, 0, 0, 2]).into())
    );
    assert_eq!(
        (message.cksum.cksumtype, message.cksum.checksum.len()),
        (ChecksumType(16), 12)
    );
}

#[test]
fn krb_priv_and_its_part() {
    let message = KrbPriv::decode(&fixture!("captured/krb-priv")).unwrap();
    assert_eq!((message.pvno, message.msg_type), (5, 21));
    let part = EncKrbPrivPart::decode(&fixture!("captured/enc-krb-priv-part")).unwrap();
    assert_eq!(**part.user_data.0, *b"some user data.");
    assert_eq!(part.seq_number, Some(0x186f_4044));
    assert_eq!(part.s_address.addr_type, HostAddress::IPV4);
}

#[test]
fn krb_cred_and_its_part() {
    let message = KrbCred::decode(&fixture!("captured/krb-cred")).unwrap();
    assert_eq!((message.pvno, message.msg_type), (5, 22));
    let issued = TgsRep::decode(&fixture!("captured/tgs-rep-forwarded"))
        .unwrap()
        .0
        .ticket;
    assert_eq!(message.tickets, [issued]);
    let part = EncKrbCredPart::decode(&fixture!("captured/enc-krb-cred-part")).unwrap();
    assert_eq!(part.nonce, Some(0x186f_4045));
    let [info] = &part.ticket_info[..] else {
        panic!("one ticket was forwarded");
    };
    assert_name(info.pname.as_ref().unwrap(), &alice());
    assert_name(info.sname.as_ref().unwrap(), &krbtgt());
    assert_eq!(info.flags.map(TicketFlags::bits), Some(0x60a9_0000));
    assert_eq!(info.authtime, Some(time("2026-11-23T09:15:20Z")));
    assert_eq!(info.starttime, Some(time("2026-11-23T09:15:20Z")));
    assert_eq!(info.caddr, None);
}
