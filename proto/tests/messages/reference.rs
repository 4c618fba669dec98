//! What MIT's encoder makes of structures with every optional field set, or none.

use kdclab_proto::crypto::ChecksumType;
use kdclab_proto::messages::*;
use kdclab_proto::{Enctype, ErrorCode, KerberosTime, NameType, PrincipalName};

use crate::fixtures::fixture;

/// 2026-01-01T00:00:00Z.
const NEW_YEAR: KerberosTime = KerberosTime::from_unix(1_767_225_600);
const NONCE: i64 = 0x7fed_cba9;

fn client() -> PrincipalName {
    PrincipalName::new(NameType::PRINCIPAL, ["alice", "admin"])
}

fn service() -> PrincipalName {
    PrincipalName::new(NameType::SRV_HST, ["host", "www.b.example"])
}

fn cross_realm_krbtgt() -> PrincipalName {
    PrincipalName::new(NameType::SRV_INST, ["krbtgt", "B.EXAMPLE"])
}

fn addresses() -> HostAddresses {
    let [ipv4, ipv6] = ["192.0.2.1", "2001:db8::1"].map(|text| {
        let address: std::net::IpAddr = text.parse().expect("an address");
        HostAddress::from(address)
    });
    vec![ipv4, ipv6]
}

fn encrypted(kvno: Option<u32>) -> EncryptedData {
    EncryptedData {
        etype: Enctype(18),
        kvno,
        cipher: b"ciphertext of the encrypted part".to_vec(),
    }
}

fn tickets() -> [Ticket; 2] {
    [
        Ticket {
            tkt_vno: 5,
            realm: "B.EXAMPLE".into(),
            sname: service(),
            enc_part: encrypted(Some(5)),
        },
        Ticket {
            tkt_vno: 5,
            realm: "A.EXAMPLE".into(),
            sname: cross_realm_krbtgt(),
            enc_part: encrypted(Some(0x8000_0001)),
        },
    ]
}

fn padata() -> Vec<PaData> {
    vec![
        PadataType::ENC_TIMESTAMP.with(b"one".to_vec()),
        PadataType::REQ_ENC_PA_REP.with(Vec::new()),
    ]
}

fn authorization_data() -> AuthorizationData {
    AuthorizationData::new(&[
        AuthorizationDataElement {
            ad_type: 1,
            ad_data: b"first".to_vec(),
        },
        AuthorizationDataElement {
            ad_type: -7,
            ad_data: b"second".to_vec(),
        },
    ])
}

fn checksum() -> Checksum {
    Checksum {
        cksumtype: ChecksumType(16),
        checksum: b"checksum....".to_vec(),
    }
}

/// The key in every fixture: octets 1 to 16 as aes128-cts-hmac-sha1-96.
fn key() -> EncryptionKey {
    let value: Vec<u8> = (1..=16).collect();
    crate::rasn_oracle::key_from_enc_ap_rep_part(17, &value)
}

fn req_body() -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::from_bits(0x5081_0010),
        cname: Some(client()),
        realm: "A.EXAMPLE".into(),
        sname: Some(cross_realm_krbtgt()),
        from: Some(NEW_YEAR.saturating_add(60)),
        till: NEW_YEAR.saturating_add(36_000),
        rtime: Some(NEW_YEAR.saturating_add(604_800)),
        nonce: NONCE,
        etype: [18, 17, 20, 23, -133].map(Enctype).to_vec(),
        addresses: Some(addresses()),
        enc_authorization_data: Some(encrypted(None)),
        additional_tickets: Some(tickets().to_vec()),
    }
}

fn enc_kdc_rep_part() -> EncKdcRepPart {
    EncKdcRepPart {
        key: key(),
        last_req: vec![
            LastReqEntry {
                lr_type: 0,
                lr_value: KerberosTime::EPOCH,
            },
            LastReqEntry {
                lr_type: 6,
                lr_value: NEW_YEAR,
            },
        ],
        nonce: NONCE,
        key_expiration: Some(KerberosTime::from_unix(1_798_761_600)),
        flags: TicketFlags::from_bits(0x50e1_0000),
        authtime: NEW_YEAR,
        starttime: Some(NEW_YEAR.saturating_add(60)),
        endtime: NEW_YEAR.saturating_add(36_000),
        renew_till: Some(NEW_YEAR.saturating_add(604_800)),
        srealm: "B.EXAMPLE".into(),
        sname: service(),
        caddr: Some(addresses()),
        encrypted_pa_data: Some(padata()),
    }
}

macro_rules! reference {
    ($($test:ident: $type:ident, $fixture:literal, $message:expr;)*) => {$(
        #[test]
        fn $test() {
            let bytes = fixture!($fixture);
            let message: $type = $message;
            assert_eq!(message.encode(), bytes);
            assert!($type::decode(&bytes).unwrap() == message);
        }
    )*};
}

reference! {
    as_req_with_all_fields: AsReq, "reference/as-req-all-fields",
        AsReq::new(Some(padata()), req_body());
    tgs_rep_without_padata: TgsRep, "reference/tgs-rep-no-padata", TgsRep(KdcRep {
        pvno: 5,
        msg_type: 13,
        padata: None,
        crealm: "A.EXAMPLE".into(),
        cname: client(),
        ticket: tickets()[0].clone(),
        enc_part: encrypted(None),
    });
    as_rep_with_all_fields: AsRep, "reference/as-rep-all-fields", AsRep(KdcRep {
        pvno: 5,
        msg_type: 11,
        padata: Some(padata()),
        crealm: "A.EXAMPLE".into(),
        cname: client(),
        ticket: tickets()[1].clone(),
        enc_part: encrypted(Some(5)),
    });
    tgs_req_with_all_fields: TgsReq, "reference/tgs-req-all-fields",
        TgsReq::new(Some(padata()), req_body());
    tgs_req_with_required_fields_and_a_negative_nonce: TgsReq, "reference/tgs-req-negative-nonce",
        TgsReq::new(None, KdcReqBody {
            kdc_options: KdcOptions::NONE,
            cname: None,
            realm: "A.EXAMPLE".into(),
            sname: Some(cross_realm_krbtgt()),
            from: None,
            till: KerberosTime::EPOCH,
            rtime: None,
            nonce: -0x2152_4111,
            etype: vec![Enctype(18)],
            addresses: None,
            enc_authorization_data: None,
            additional_tickets: None,
        });
    enc_kdc_rep_part_with_all_fields: EncTgsRepPart, "reference/enc-kdc-rep-part-all-fields",
        EncTgsRepPart(enc_kdc_rep_part());
    enc_ticket_part_with_all_fields: EncTicketPart, "reference/enc-ticket-part-all-fields", EncTicketPart {
        flags: TicketFlags::from_bits(0x50e1_0000),
        key: key(),
        crealm: "A.EXAMPLE".into(),
        cname: client(),
        transited: TransitedEncoding {
            tr_type: TransitedEncoding::DOMAIN_X500_COMPRESS,
            contents: b"C.EXAMPLE,D.EXAMPLE".to_vec(),
        },
        authtime: NEW_YEAR,
        starttime: Some(NEW_YEAR.saturating_add(60)),
        endtime: NEW_YEAR.saturating_add(36_000),
        renew_till: Some(NEW_YEAR.saturating_add(604_800)),
        caddr: Some(addresses()),
        authorization_data: Some(authorization_data()),
    };
    authenticator_with_all_fields: Authenticator, "reference/authenticator-all-fields", Authenticator {
        authenticator_vno: 5,
        crealm: "A.EXAMPLE".into(),
        cname: client(),
        cksum: Some(checksum()),
        cusec: 999_999,
        ctime: NEW_YEAR,
        subkey: Some(key()),
        seq_number: Some(0xfedc_ba98),
        authorization_data: Some(authorization_data()),
    };
    ap_req: ApReq, "reference/ap-req", ApReq {
        pvno: 5,
        msg_type: 14,
        ap_options: ApOptions::USE_SESSION_KEY.with(ApOptions::MUTUAL_REQUIRED),
        ticket: tickets()[0].clone(),
        authenticator: encrypted(None),
    };
    ap_rep: ApRep, "reference/ap-rep", ApRep { pvno: 5, msg_type: 15, enc_part: encrypted(None) };
    enc_ap_rep_part_with_all_fields: EncApRepPart, "reference/enc-ap-rep-part-all-fields", EncApRepPart {
        ctime: NEW_YEAR,
        cusec: 123_456,
        subkey: Some(key()),
        seq_number: Some(17),
    };
    krb_error_with_all_fields: KrbError, "reference/krb-error-all-fields", KrbError {
        pvno: 5,
        msg_type: 30,
        ctime: Some(NEW_YEAR.saturating_add(-1)),
        cusec: Some(5),
        stime: NEW_YEAR,
        susec: 128,
        error_code: ErrorCode(60),
        crealm: Some("A.EXAMPLE".into()),
        cname: Some(client()),
        realm: "B.EXAMPLE".into(),
        sname: service(),
        e_text: Some("generic".into()),
        e_data: Some(b"more".to_vec()),
    };
    krb_error_with_required_fields: KrbError, "reference/krb-error-required-only", KrbError {
        pvno: 5,
        msg_type: 30,
        ctime: None,
        cusec: None,
        stime: NEW_YEAR,
        susec: 0,
        error_code: ErrorCode(7),
        crealm: None,
        cname: None,
        realm: "B.EXAMPLE".into(),
        sname: service(),
        e_text: None,
        e_data: None,
    };
    krb_safe_with_all_fields: KrbSafe, "reference/krb-safe-all-fields", KrbSafe {
        pvno: 5,
        msg_type: 20,
        safe_body: KrbSafeBody {
            user_data: b"user data".to_vec(),
            timestamp: Some(NEW_YEAR),
            usec: Some(42),
            seq_number: Some(0x80),
            s_address: addresses()[0].clone(),
            r_address: Some(addresses()[1].clone()),
        },
        cksum: checksum(),
    };
    krb_priv: KrbPriv, "reference/krb-priv", KrbPriv { pvno: 5, msg_type: 21, enc_part: encrypted(None) };
    enc_krb_priv_part_with_all_fields: EncKrbPrivPart, "reference/enc-krb-priv-part-all-fields", EncKrbPrivPart {
        user_data: b"user data".to_vec().into(),
        timestamp: Some(NEW_YEAR),
        usec: Some(42),
        seq_number: Some(u32::MAX),
        s_address: addresses()[0].clone(),
        r_address: Some(addresses()[1].clone()),
    };
    krb_cred_with_two_tickets: KrbCred, "reference/krb-cred-two-tickets", KrbCred {
        pvno: 5,
        msg_type: 22,
        tickets: tickets().to_vec(),
        enc_part: encrypted(None),
    };
    enc_krb_cred_part_with_all_fields_and_with_none: EncKrbCredPart, "reference/enc-krb-cred-part-all-fields",
        EncKrbCredPart {
            ticket_info: vec![
                KrbCredInfo {
                    key: key(),
                    prealm: Some("A.EXAMPLE".into()),
                    pname: Some(client()),
                    flags: Some(TicketFlags::from_bits(0x50e1_0000)),
                    authtime: Some(NEW_YEAR),
                    starttime: Some(NEW_YEAR.saturating_add(60)),
                    endtime: Some(NEW_YEAR.saturating_add(36_000)),
                    renew_till: Some(NEW_YEAR.saturating_add(604_800)),
                    srealm: Some("B.EXAMPLE".into()),
                    sname: Some(service()),
                    caddr: Some(addresses()),
                },
                KrbCredInfo {
                    key: key(),
                    prealm: None,
                    pname: None,
                    flags: None,
                    authtime: None,
                    starttime: None,
                    endtime: None,
                    renew_till: None,
                    srealm: None,
                    sname: None,
                    caddr: None,
                },
            ],
            nonce: Some(99),
            timestamp: Some(NEW_YEAR),
            usec: Some(42),
            s_address: Some(addresses()[0].clone()),
            r_address: Some(addresses()[1].clone()),
        };
    etype_info2: EtypeInfo2, "reference/etype-info2", EtypeInfo2(vec![
        EtypeInfo2Entry {
            etype: Enctype(18),
            salt: Some("A.EXAMPLEalice".into()),
            s2kparams: Some(vec![0, 0, 0x10, 0]),
        },
        EtypeInfo2Entry { etype: Enctype(23), salt: None, s2kparams: None },
    ]);
    etype_info: EtypeInfo, "reference/etype-info", EtypeInfo(vec![
        EtypeInfoEntry { etype: Enctype(18), salt: Some(b"A.EXAMPLEalice".to_vec()) },
        EtypeInfoEntry { etype: Enctype(23), salt: None },
    ]);
    method_data: MethodData, "reference/method-data", MethodData(padata());
    typed_data: TypedData, "reference/typed-data", TypedData(vec![TypedDataElement {
        data_type: 1,
        data_value: Some(b"typd".to_vec()),
    }]);
    pa_enc_ts_enc: PaEncTsEnc, "reference/pa-enc-ts-enc", PaEncTsEnc {
        patimestamp: NEW_YEAR,
        pausec: Some(123_456),
    };
}

#[test]
fn authorization_data_of_two_elements() {
    let bytes = fixture!("reference/authorization-data");
    assert_eq!(authorization_data().encode(), bytes);
    assert_eq!(
        AuthorizationData::decode_padded(&bytes),
        Ok(authorization_data())
    );
}
