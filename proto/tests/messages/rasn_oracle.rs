//! rasn-kerberos as an oracle. Each message is translated field by field into the type of that library;
//! both must write it as the same bytes and read these as the same fields.

use kdclab_proto::messages::*;
use kdclab_proto::{KerberosString, KerberosTime, PrincipalName, Realm};
use proptest::prelude::*;
use rasn::types::{BitString, GeneralString};
use rasn_kerberos as oracle;

use crate::encoding::element;
use crate::strategies;

/// The message as rasn-kerberos represents it.
trait Translate {
    type Oracle;

    fn translate(&self) -> Self::Oracle;
}

impl<T: Translate> Translate for Option<T> {
    type Oracle = Option<T::Oracle>;

    fn translate(&self) -> Self::Oracle {
        self.as_ref().map(T::translate)
    }
}

impl<T: Translate> Translate for Vec<T> {
    type Oracle = Vec<T::Oracle>;

    fn translate(&self) -> Self::Oracle {
        self.iter().map(T::translate).collect()
    }
}

macro_rules! translate {
    ($($type:ty => $oracle:ty: |$value:ident| $translation:expr;)*) => {$(
        impl Translate for $type {
            type Oracle = $oracle;

            fn translate(&self) -> $oracle {
                let $value = self;
                $translation
            }
        }
    )*};
}

fn general_string(bytes: &[u8]) -> GeneralString {
    GeneralString::from_bytes(bytes).expect("the strategies make printable strings")
}

fn bits(flags: u32) -> BitString {
    BitString::from_slice(&flags.to_be_bytes())
}

fn octets(value: &Option<Vec<u8>>) -> Option<rasn::types::OctetString> {
    value.clone().map(Into::into)
}

fn unsigned(nonce: i64) -> u32 {
    nonce
        .try_into()
        .expect("the strategies make nonces of 32 bits")
}

translate! {
    KerberosString => GeneralString: |string| general_string(string.as_bytes());
    Realm => GeneralString: |realm| general_string(realm.as_bytes());
    KerberosTime => oracle::KerberosTime: |time| {
        let encoded = element(0x18, time.to_generalized().as_bytes());
        rasn::der::decode(&encoded).expect("a GeneralizedTime")
    };
    PrincipalName => oracle::PrincipalName: |name| oracle::PrincipalName {
        r#type: name.name_type.0,
        string: name.components.translate(),
    };
    HostAddress => oracle::HostAddress: |address| oracle::HostAddress {
        addr_type: address.addr_type,
        address: address.address.clone().into(),
    };
    PaData => oracle::PaData: |padata| oracle::PaData {
        r#type: padata.padata_type.0,
        value: padata.padata_value.clone().into(),
    };
    Checksum => oracle::Checksum: |checksum| oracle::Checksum {
        r#type: checksum.cksumtype.0,
        checksum: checksum.checksum.clone().into(),
    };
    EncryptionKey => oracle::EncryptionKey: |key| {
        let part = EncApRepPart {
            ctime: KerberosTime::EPOCH,
            cusec: 0,
            subkey: Some(key.clone()),
            seq_number: None,
        };
        let part: oracle::EncApRepPart = rasn::der::decode(&part.encode()).expect("an EncAPRepPart");
        part.subkey.expect("the subkey is there")
    };
    AuthorizationData => oracle::AuthorizationData: |data| data
        .elements()
        .map(|element| oracle::AuthorizationDataValue {
            r#type: element.ad_type,
            data: element.ad_data.into(),
        })
        .collect();
    EncryptedData => oracle::EncryptedData: |data| oracle::EncryptedData {
        etype: data.etype.0,
        kvno: data.kvno,
        cipher: data.cipher.clone().into(),
    };
    Ticket => oracle::Ticket: |ticket| oracle::Ticket {
        tkt_vno: ticket.tkt_vno.into(),
        realm: ticket.realm.translate(),
        sname: ticket.sname.translate(),
        enc_part: ticket.enc_part.translate(),
    };
    EncTicketPart => oracle::EncTicketPart: |part| oracle::EncTicketPart {
        flags: oracle::TicketFlags(bits(part.flags.bits())),
        key: part.key.translate(),
        crealm: part.crealm.translate(),
        cname: part.cname.translate(),
        transited: oracle::TransitedEncoding {
            r#type: part.transited.tr_type,
            contents: part.transited.contents.clone().into(),
        },
        auth_time: part.authtime.translate(),
        start_time: part.starttime.translate(),
        end_time: part.endtime.translate(),
        renew_till: part.renew_till.translate(),
        caddr: part.caddr.translate(),
        authorization_data: part.authorization_data.translate(),
    };
    KdcReqBody => oracle::KdcReqBody: |body| oracle::KdcReqBody {
        kdc_options: oracle::KdcOptions(bits(body.kdc_options.bits())),
        cname: body.cname.translate(),
        realm: body.realm.translate(),
        sname: body.sname.translate(),
        from: body.from.translate(),
        till: body.till.translate(),
        rtime: body.rtime.translate(),
        nonce: unsigned(body.nonce),
        etype: body.etype.iter().map(|etype| etype.0).collect(),
        addresses: body.addresses.translate(),
        enc_authorization_data: body.enc_authorization_data.translate(),
        additional_tickets: body.additional_tickets.translate(),
    };
    KdcReq => oracle::KdcReq: |request| oracle::KdcReq {
        pvno: request.pvno.into(),
        msg_type: request.msg_type.into(),
        padata: request.padata.translate(),
        req_body: request.req_body().translate(),
    };
    AsReq => oracle::AsReq: |request| oracle::AsReq(request.0.translate());
    TgsReq => oracle::TgsReq: |request| oracle::TgsReq(request.0.translate());
    KdcRep => oracle::KdcRep: |reply| oracle::KdcRep {
        pvno: reply.pvno.into(),
        msg_type: reply.msg_type.into(),
        padata: reply.padata.translate(),
        crealm: reply.crealm.translate(),
        cname: reply.cname.translate(),
        ticket: reply.ticket.translate(),
        enc_part: reply.enc_part.translate(),
    };
    AsRep => oracle::AsRep: |reply| oracle::AsRep(reply.0.translate());
    TgsRep => oracle::TgsRep: |reply| oracle::TgsRep(reply.0.translate());
    LastReqEntry => oracle::LastReqValue: |entry| oracle::LastReqValue {
        r#type: entry.lr_type,
        value: entry.lr_value.translate(),
    };
    EncKdcRepPart => oracle::EncKdcRepPart: |part| oracle::EncKdcRepPart {
        key: part.key.translate(),
        last_req: part.last_req.translate(),
        nonce: unsigned(part.nonce),
        key_expiration: part.key_expiration.translate(),
        flags: oracle::TicketFlags(bits(part.flags.bits())),
        auth_time: part.authtime.translate(),
        start_time: part.starttime.translate(),
        end_time: part.endtime.translate(),
        renew_till: part.renew_till.translate(),
        srealm: part.srealm.translate(),
        sname: part.sname.translate(),
        caddr: part.caddr.translate(),
        encrypted_pa_data: part.encrypted_pa_data.translate(),
    };
    EncAsRepPart => oracle::EncAsRepPart: |part| oracle::EncAsRepPart(part.0.translate());
    EncTgsRepPart => oracle::EncTgsRepPart: |part| oracle::EncTgsRepPart(part.0.translate());
    ApReq => oracle::ApReq: |request| oracle::ApReq {
        pvno: request.pvno.into(),
        msg_type: request.msg_type.into(),
        ap_options: oracle::ApOptions(bits(request.ap_options.bits())),
        ticket: request.ticket.translate(),
        authenticator: request.authenticator.translate(),
    };
    Authenticator => oracle::Authenticator: |authenticator| oracle::Authenticator {
        authenticator_vno: authenticator.authenticator_vno.into(),
        crealm: authenticator.crealm.translate(),
        cname: authenticator.cname.translate(),
        cksum: authenticator.cksum.translate(),
        cusec: authenticator.cusec.into(),
        ctime: authenticator.ctime.translate(),
        subkey: authenticator.subkey.translate(),
        seq_number: authenticator.seq_number,
        authorization_data: authenticator.authorization_data.translate(),
    };
    ApRep => oracle::ApRep: |reply| oracle::ApRep {
        pvno: reply.pvno.into(),
        msg_type: reply.msg_type.into(),
        enc_part: reply.enc_part.translate(),
    };
    EncApRepPart => oracle::EncApRepPart: |part| oracle::EncApRepPart {
        ctime: part.ctime.translate(),
        cusec: part.cusec.into(),
        subkey: part.subkey.translate(),
        seq_number: part.seq_number,
    };
    KrbSafe => oracle::KrbSafe: |message| oracle::KrbSafe {
        pvno: message.pvno.into(),
        msg_type: message.msg_type.into(),
        body: oracle::KrbSafeBody {
            user_data: message.safe_body.user_data.clone().into(),
            timestamp: message.safe_body.timestamp.translate(),
            usec: message.safe_body.usec.map(Into::into),
            seq_number: message.safe_body.seq_number,
            s_address: message.safe_body.s_address.translate(),
            r_address: message.safe_body.r_address.translate(),
        },
        cksum: message.cksum.translate(),
    };
    KrbPriv => oracle::KrbPriv: |message| oracle::KrbPriv {
        pvno: message.pvno.into(),
        msg_type: message.msg_type.into(),
        enc_part: message.enc_part.translate(),
    };
    EncKrbPrivPart => oracle::EncKrbPrivPart: |part| oracle::EncKrbPrivPart {
        user_data: part.user_data.0.to_vec().into(),
        timestamp: part.timestamp.translate(),
        usec: part.usec.map(Into::into),
        seq_number: part.seq_number,
        sender_address: part.s_address.translate(),
        recipient_address: part.r_address.translate(),
    };
    KrbCred => oracle::KrbCred: |message| oracle::KrbCred {
        pvno: message.pvno.into(),
        msg_type: message.msg_type.into(),
        tickets: message.tickets.translate(),
        enc_part: message.enc_part.translate(),
    };
    KrbCredInfo => oracle::KrbCredInfo: |info| oracle::KrbCredInfo {
        key: info.key.translate(),
        prealm: info.prealm.translate(),
        pname: info.pname.translate(),
        flags: info.flags.map(|flags| oracle::TicketFlags(bits(flags.bits()))),
        auth_time: info.authtime.translate(),
        start_time: info.starttime.translate(),
        end_time: info.endtime.translate(),
        renew_till: info.renew_till.translate(),
        srealm: info.srealm.translate(),
        sname: info.sname.translate(),
        caddr: info.caddr.translate(),
    };
    EncKrbCredPart => oracle::EncKrbCredPart: |part| oracle::EncKrbCredPart {
        ticket_info: part.ticket_info.translate(),
        nonce: part.nonce.map(unsigned),
        timestamp: part.timestamp.translate(),
        usec: part.usec.map(Into::into),
        sender_address: part.s_address.translate(),
        recipient_address: part.r_address.translate(),
    };
    KrbError => oracle::KrbError: |error| oracle::KrbError {
        pvno: error.pvno.into(),
        msg_type: error.msg_type.into(),
        ctime: error.ctime.translate(),
        cusec: error.cusec.map(Into::into),
        stime: error.stime.translate(),
        susec: error.susec.into(),
        error_code: error.error_code.0,
        crealm: error.crealm.translate(),
        cname: error.cname.translate(),
        realm: error.realm.translate(),
        sname: error.sname.translate(),
        e_text: error.e_text.translate(),
        e_data: octets(&error.e_data),
    };
    PaEncTsEnc => oracle::PaEncTsEnc: |time| oracle::PaEncTsEnc {
        patimestamp: time.patimestamp.translate(),
        pausec: time.pausec.map(Into::into),
    };
    EtypeInfo => oracle::EtypeInfo: |info| info
        .0
        .iter()
        .map(|entry| oracle::EtypeInfoEntry {
            etype: entry.etype.0,
            salt: octets(&entry.salt),
        })
        .collect();
    EtypeInfo2 => oracle::EtypeInfo2: |info| info
        .0
        .iter()
        .map(|entry| oracle::EtypeInfo2Entry {
            etype: entry.etype.0,
            salt: entry.salt.translate(),
            s2kparams: octets(&entry.s2kparams),
        })
        .collect();
    MethodData => oracle::MethodData: |data| data.0.translate();
}

/// A key of `enctype`, which [`EncryptionKey`] offers no way to make from its parts.
pub(crate) fn key_from_enc_ap_rep_part(enctype: i32, value: &[u8]) -> EncryptionKey {
    let part = oracle::EncApRepPart {
        ctime: KerberosTime::EPOCH.translate(),
        cusec: 0.into(),
        subkey: Some(oracle::EncryptionKey {
            r#type: enctype,
            value: value.to_vec().into(),
        }),
        seq_number: None,
    };
    let encoded = rasn::der::encode(&part).expect("every field has an encoding");
    let part = EncApRepPart::decode(&encoded).expect("an EncAPRepPart");
    part.subkey.expect("the subkey is there")
}

macro_rules! same_fields_and_bytes {
    ($($test:ident: $type:ident;)*) => {
        proptest! {$(
            #[test]
            fn $test(message in strategies::$test()) {
                let translated = message.translate();
                let encoded = message.encode();
                prop_assert_eq!(&rasn::der::encode(&translated).unwrap(), &encoded);
                prop_assert_eq!(rasn::der::decode::<oracle::$type>(&encoded).unwrap(), translated);
                prop_assert!($type::decode(&encoded).unwrap() == message);
            }
        )*}
    };
}

same_fields_and_bytes! {
    ap_rep: ApRep;
    ap_req: ApReq;
    as_rep: AsRep;
    as_req: AsReq;
    authenticator: Authenticator;
    enc_ap_rep_part: EncApRepPart;
    enc_as_rep_part: EncAsRepPart;
    enc_krb_cred_part: EncKrbCredPart;
    enc_krb_priv_part: EncKrbPrivPart;
    enc_tgs_rep_part: EncTgsRepPart;
    enc_ticket_part: EncTicketPart;
    encrypted_data: EncryptedData;
    etype_info: EtypeInfo;
    etype_info2: EtypeInfo2;
    krb_cred: KrbCred;
    krb_error: KrbError;
    krb_priv: KrbPriv;
    krb_safe: KrbSafe;
    method_data: MethodData;
    pa_enc_ts_enc: PaEncTsEnc;
    tgs_rep: TgsRep;
    tgs_req: TgsReq;
    ticket: Ticket;
}
