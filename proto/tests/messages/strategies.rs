//! Arbitrary messages that every implementation can represent: printable ASCII strings, kvnos and
//! nonces that are not negative, times from 1970 on.

use kdclab_proto::crypto::ChecksumType;
use kdclab_proto::messages::*;
use kdclab_proto::{
    Enctype, ErrorCode, KerberosString, KerberosTime, NameType, PrincipalName, Realm,
};
use proptest::option::of;
use proptest::prelude::*;

pub(crate) fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..40),
        1 => prop::collection::vec(any::<u8>(), 100..300),
    ]
}

fn string() -> impl Strategy<Value = KerberosString> {
    "[ -~]{0,24}".prop_map(KerberosString::from)
}

fn realm() -> impl Strategy<Value = Realm> {
    "[ -~]{0,24}".prop_map(Realm::from)
}

fn time() -> impl Strategy<Value = KerberosTime> {
    (0..=KerberosTime::MAX.unix()).prop_map(KerberosTime::from_unix)
}

fn microseconds() -> impl Strategy<Value = i32> {
    0..1_000_000
}

fn nonce() -> impl Strategy<Value = i64> {
    any::<u32>().prop_map(i64::from)
}

fn enctype() -> impl Strategy<Value = Enctype> {
    any::<i32>().prop_map(Enctype)
}

fn name() -> impl Strategy<Value = PrincipalName> {
    (any::<i32>(), prop::collection::vec(string(), 0..4))
        .prop_map(|(name_type, components)| PrincipalName::new(NameType(name_type), components))
}

fn ticket_flags() -> impl Strategy<Value = TicketFlags> {
    any::<u32>().prop_map(TicketFlags::from_bits)
}

fn address() -> impl Strategy<Value = HostAddress> {
    (any::<i32>(), octets()).prop_map(|(addr_type, address)| HostAddress { addr_type, address })
}

fn addresses() -> impl Strategy<Value = HostAddresses> {
    prop::collection::vec(address(), 0..3)
}

fn checksum() -> impl Strategy<Value = Checksum> {
    (any::<i32>(), octets()).prop_map(|(cksumtype, checksum)| Checksum {
        cksumtype: ChecksumType(cksumtype),
        checksum,
    })
}

/// Keys come into being by decryption only, so one is decoded from the plaintext of an AP-REP.
fn key() -> impl Strategy<Value = EncryptionKey> {
    (any::<i32>(), octets())
        .prop_map(|(enctype, value)| crate::rasn_oracle::key_from_enc_ap_rep_part(enctype, &value))
}

fn authorization_data() -> impl Strategy<Value = AuthorizationData> {
    let element = (any::<i32>(), octets())
        .prop_map(|(ad_type, ad_data)| AuthorizationDataElement { ad_type, ad_data });
    prop::collection::vec(element, 0..3).prop_map(|elements| AuthorizationData::new(&elements))
}

fn padata() -> impl Strategy<Value = Vec<PaData>> {
    let padata =
        (any::<i32>(), octets()).prop_map(|(number, value)| PadataType(number).with(value));
    prop::collection::vec(padata, 0..3)
}

pub(crate) fn encrypted_data() -> impl Strategy<Value = EncryptedData> {
    (enctype(), of(0..=i32::MAX as u32), octets()).prop_map(|(etype, kvno, cipher)| EncryptedData {
        etype,
        kvno,
        cipher,
    })
}

pub(crate) fn ticket() -> impl Strategy<Value = Ticket> {
    (realm(), name(), encrypted_data()).prop_map(|(realm, sname, enc_part)| Ticket {
        tkt_vno: 5,
        realm,
        sname,
        enc_part,
    })
}

pub(crate) fn enc_ticket_part() -> impl Strategy<Value = EncTicketPart> {
    let transited = (any::<i32>(), octets())
        .prop_map(|(tr_type, contents)| TransitedEncoding { tr_type, contents });
    (
        (ticket_flags(), key(), realm(), name(), transited),
        (time(), of(time()), time(), of(time())),
        (of(addresses()), of(authorization_data())),
    )
        .prop_map(
            |(
                (flags, key, crealm, cname, transited),
                (authtime, starttime, endtime, renew_till),
                (caddr, authorization_data),
            )| EncTicketPart {
                flags,
                key,
                crealm,
                cname,
                transited,
                authtime,
                starttime,
                endtime,
                renew_till,
                caddr,
                authorization_data,
            },
        )
}

fn kdc_req_body() -> impl Strategy<Value = KdcReqBody> {
    (
        (any::<u32>(), of(name()), realm(), of(name())),
        (of(time()), time(), of(time()), nonce()),
        (
            prop::collection::vec(enctype(), 0..5),
            of(addresses()),
            of(encrypted_data()),
            of(prop::collection::vec(ticket(), 0..3)),
        ),
    )
        .prop_map(
            |(
                (kdc_options, cname, realm, sname),
                (from, till, rtime, nonce),
                (etype, addresses, enc_authorization_data, additional_tickets),
            )| KdcReqBody {
                kdc_options: KdcOptions::from_bits(kdc_options),
                cname,
                realm,
                sname,
                from,
                till,
                rtime,
                nonce,
                etype,
                addresses,
                enc_authorization_data,
                additional_tickets,
            },
        )
}

pub(crate) fn as_req() -> impl Strategy<Value = AsReq> {
    (of(padata()), kdc_req_body()).prop_map(|(padata, body)| AsReq::new(padata, body))
}

pub(crate) fn tgs_req() -> impl Strategy<Value = TgsReq> {
    (of(padata()), kdc_req_body()).prop_map(|(padata, body)| TgsReq::new(padata, body))
}

fn kdc_rep(msg_type: i32) -> impl Strategy<Value = KdcRep> {
    (of(padata()), realm(), name(), ticket(), encrypted_data()).prop_map(
        move |(padata, crealm, cname, ticket, enc_part)| KdcRep {
            pvno: 5,
            msg_type,
            padata,
            crealm,
            cname,
            ticket,
            enc_part,
        },
    )
}

pub(crate) fn as_rep() -> impl Strategy<Value = AsRep> {
    kdc_rep(11).prop_map(AsRep)
}

pub(crate) fn tgs_rep() -> impl Strategy<Value = TgsRep> {
    kdc_rep(13).prop_map(TgsRep)
}

fn enc_kdc_rep_part() -> impl Strategy<Value = EncKdcRepPart> {
    let last_req =
        (any::<i32>(), time()).prop_map(|(lr_type, lr_value)| LastReqEntry { lr_type, lr_value });
    (
        (
            key(),
            prop::collection::vec(last_req, 0..3),
            nonce(),
            of(time()),
            ticket_flags(),
        ),
        (time(), of(time()), time(), of(time())),
        (realm(), name(), of(addresses()), of(padata())),
    )
        .prop_map(
            |(
                (key, last_req, nonce, key_expiration, flags),
                (authtime, starttime, endtime, renew_till),
                (srealm, sname, caddr, encrypted_pa_data),
            )| EncKdcRepPart {
                key,
                last_req,
                nonce,
                key_expiration,
                flags,
                authtime,
                starttime,
                endtime,
                renew_till,
                srealm,
                sname,
                caddr,
                encrypted_pa_data,
            },
        )
}

pub(crate) fn enc_as_rep_part() -> impl Strategy<Value = EncAsRepPart> {
    enc_kdc_rep_part().prop_map(EncAsRepPart)
}

pub(crate) fn enc_tgs_rep_part() -> impl Strategy<Value = EncTgsRepPart> {
    enc_kdc_rep_part().prop_map(EncTgsRepPart)
}

pub(crate) fn ap_req() -> impl Strategy<Value = ApReq> {
    (any::<u32>(), ticket(), encrypted_data()).prop_map(|(options, ticket, authenticator)| ApReq {
        pvno: 5,
        msg_type: 14,
        ap_options: ApOptions::from_bits(options),
        ticket,
        authenticator,
    })
}

pub(crate) fn authenticator() -> impl Strategy<Value = Authenticator> {
    (
        (realm(), name(), of(checksum()), microseconds(), time()),
        (of(key()), of(any::<u32>()), of(authorization_data())),
    )
        .prop_map(
            |((crealm, cname, cksum, cusec, ctime), (subkey, seq_number, authorization_data))| {
                Authenticator {
                    authenticator_vno: 5,
                    crealm,
                    cname,
                    cksum,
                    cusec,
                    ctime,
                    subkey,
                    seq_number,
                    authorization_data,
                }
            },
        )
}

pub(crate) fn ap_rep() -> impl Strategy<Value = ApRep> {
    encrypted_data().prop_map(|enc_part| ApRep {
        pvno: 5,
        msg_type: 15,
        enc_part,
    })
}

pub(crate) fn enc_ap_rep_part() -> impl Strategy<Value = EncApRepPart> {
    (time(), microseconds(), of(key()), of(any::<u32>())).prop_map(
        |(ctime, cusec, subkey, seq_number)| EncApRepPart {
            ctime,
            cusec,
            subkey,
            seq_number,
        },
    )
}

pub(crate) fn krb_safe() -> impl Strategy<Value = KrbSafe> {
    let body = (
        octets(),
        of(time()),
        of(microseconds()),
        of(any::<u32>()),
        address(),
        of(address()),
    )
        .prop_map(
            |(user_data, timestamp, usec, seq_number, s_address, r_address)| KrbSafeBody {
                user_data,
                timestamp,
                usec,
                seq_number,
                s_address,
                r_address,
            },
        );
    (body, checksum()).prop_map(|(safe_body, cksum)| KrbSafe {
        pvno: 5,
        msg_type: 20,
        safe_body,
        cksum,
    })
}

pub(crate) fn krb_priv() -> impl Strategy<Value = KrbPriv> {
    encrypted_data().prop_map(|enc_part| KrbPriv {
        pvno: 5,
        msg_type: 21,
        enc_part,
    })
}

pub(crate) fn enc_krb_priv_part() -> impl Strategy<Value = EncKrbPrivPart> {
    (
        octets(),
        of(time()),
        of(microseconds()),
        of(any::<u32>()),
        address(),
        of(address()),
    )
        .prop_map(
            |(user_data, timestamp, usec, seq_number, s_address, r_address)| EncKrbPrivPart {
                user_data: user_data.into(),
                timestamp,
                usec,
                seq_number,
                s_address,
                r_address,
            },
        )
}

pub(crate) fn krb_cred() -> impl Strategy<Value = KrbCred> {
    (prop::collection::vec(ticket(), 0..3), encrypted_data()).prop_map(|(tickets, enc_part)| {
        KrbCred {
            pvno: 5,
            msg_type: 22,
            tickets,
            enc_part,
        }
    })
}

pub(crate) fn enc_krb_cred_part() -> impl Strategy<Value = EncKrbCredPart> {
    let info = (
        (key(), of(realm()), of(name()), of(ticket_flags())),
        (of(time()), of(time()), of(time()), of(time())),
        (of(realm()), of(name()), of(addresses())),
    )
        .prop_map(
            |(
                (key, prealm, pname, flags),
                (authtime, starttime, endtime, renew_till),
                (srealm, sname, caddr),
            )| KrbCredInfo {
                key,
                prealm,
                pname,
                flags,
                authtime,
                starttime,
                endtime,
                renew_till,
                srealm,
                sname,
                caddr,
            },
        );
    (
        prop::collection::vec(info, 0..3),
        of(nonce()),
        of(time()),
        of(microseconds()),
        of(address()),
        of(address()),
    )
        .prop_map(
            |(ticket_info, nonce, timestamp, usec, s_address, r_address)| EncKrbCredPart {
                ticket_info,
                nonce,
                timestamp,
                usec,
                s_address,
                r_address,
            },
        )
}

pub(crate) fn krb_error() -> impl Strategy<Value = KrbError> {
    (
        (
            of(time()),
            of(microseconds()),
            time(),
            microseconds(),
            0..1000,
        ),
        (of(realm()), of(name()), realm(), name()),
        (of(string()), of(octets())),
    )
        .prop_map(
            |(
                (ctime, cusec, stime, susec, error_code),
                (crealm, cname, realm, sname),
                (e_text, e_data),
            )| KrbError {
                pvno: 5,
                msg_type: 30,
                ctime,
                cusec,
                stime,
                susec,
                error_code: ErrorCode(error_code),
                crealm,
                cname,
                realm,
                sname,
                e_text,
                e_data,
            },
        )
}

pub(crate) fn pa_enc_ts_enc() -> impl Strategy<Value = PaEncTsEnc> {
    (time(), of(microseconds())).prop_map(|(patimestamp, pausec)| PaEncTsEnc {
        patimestamp,
        pausec,
    })
}

pub(crate) fn etype_info() -> impl Strategy<Value = EtypeInfo> {
    let entry = (enctype(), of(octets())).prop_map(|(etype, salt)| EtypeInfoEntry { etype, salt });
    prop::collection::vec(entry, 0..4).prop_map(EtypeInfo)
}

pub(crate) fn etype_info2() -> impl Strategy<Value = EtypeInfo2> {
    let entry = (enctype(), of(string()), of(octets())).prop_map(|(etype, salt, s2kparams)| {
        EtypeInfo2Entry {
            etype,
            salt,
            s2kparams,
        }
    });
    prop::collection::vec(entry, 0..4).prop_map(EtypeInfo2)
}

pub(crate) fn method_data() -> impl Strategy<Value = MethodData> {
    padata().prop_map(MethodData)
}
