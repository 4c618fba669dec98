//! picky-krb as an oracle, in the manner of `rasn_oracle`. It has no KRB-SAFE and no ETYPE-INFO, and takes
//! the microseconds of a KRB-ERROR's client and of an EncKrbPrivPart for times, so these stay absent here.

use kdclab_proto::messages::*;
use kdclab_proto::{KerberosString, KerberosTime, PrincipalName, Realm};
use picky_asn1::bit_string::BitString;
use picky_asn1::date::GeneralizedTime;
use picky_asn1::restricted_string::Ia5String;
use picky_asn1::wrapper::{
    Asn1SequenceOf, BitStringAsn1, GeneralStringAsn1, GeneralizedTimeAsn1, IntegerAsn1,
    OctetStringAsn1, Optional,
};
use picky_krb::{data_types, messages};
use proptest::prelude::*;

use crate::strategies;

/// The message as picky-krb represents it.
trait Translate {
    type Oracle;

    fn translate(&self) -> Self::Oracle;
}

impl<T: Translate> Translate for Vec<T> {
    type Oracle = Asn1SequenceOf<T::Oracle>;

    fn translate(&self) -> Self::Oracle {
        Asn1SequenceOf(self.iter().map(T::translate).collect())
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

fn integer(number: impl Into<i64>) -> IntegerAsn1 {
    IntegerAsn1::from_bytes_be_signed(number.into().to_be_bytes().to_vec())
}

fn octets(bytes: &[u8]) -> OctetStringAsn1 {
    bytes.to_vec().into()
}

fn bits(flags: u32) -> BitStringAsn1 {
    BitString::with_bytes(flags.to_be_bytes().to_vec()).into()
}

fn general_string(bytes: &[u8]) -> GeneralStringAsn1 {
    Ia5String::new(bytes)
        .expect("the strategies make printable strings")
        .into()
}

/// An optional field of a picky-krb structure.
fn field<T, F: From<T>>(value: Option<T>) -> Optional<Option<F>> {
    Optional(value.map(F::from))
}

fn optional<T: Translate, F: From<T::Oracle>>(value: &Option<T>) -> Optional<Option<F>> {
    field(value.as_ref().map(T::translate))
}

fn optional_octets<F: From<OctetStringAsn1>>(value: &Option<Vec<u8>>) -> Optional<Option<F>> {
    field(value.as_deref().map(octets))
}

translate! {
    KerberosString => GeneralStringAsn1: |string| general_string(string.as_bytes());
    Realm => GeneralStringAsn1: |realm| general_string(realm.as_bytes());
    KerberosTime => GeneralizedTimeAsn1: |time| {
        let text = time.to_generalized();
        let part = |from: usize, to: usize| text[from..to].parse::<u16>().expect("digits");
        let small = |from| u8::try_from(part(from, from + 2)).expect("two digits");
        GeneralizedTime::new(part(0, 4), small(4), small(6), small(8), small(10), small(12))
            .expect("a time")
            .into()
    };
    PrincipalName => data_types::PrincipalName: |name| data_types::PrincipalName {
        name_type: integer(name.name_type.0).into(),
        name_string: name.components.translate().into(),
    };
    HostAddress => data_types::HostAddress: |address| data_types::HostAddress {
        addr_type: integer(address.addr_type).into(),
        address: octets(&address.address).into(),
    };
    PaData => data_types::PaData: |padata| data_types::PaData {
        padata_type: integer(padata.padata_type.0).into(),
        padata_data: octets(&padata.padata_value).into(),
    };
    Checksum => data_types::Checksum: |checksum| data_types::Checksum {
        cksumtype: integer(checksum.cksumtype.0).into(),
        checksum: octets(&checksum.checksum).into(),
    };
    EncryptionKey => data_types::EncryptionKey: |key| {
        let part = EncApRepPart {
            ctime: KerberosTime::EPOCH,
            cusec: 0,
            subkey: Some(key.clone()),
            seq_number: None,
        };
        let part: data_types::EncApRepPart =
            picky_asn1_der::from_bytes(&part.encode()).expect("an EncAPRepPart");
        part.0.subkey.0.expect("the subkey is there").0
    };
    AuthorizationData => data_types::AuthorizationData: |data| Asn1SequenceOf(
        data.elements()
            .map(|element| data_types::AuthorizationDataInner {
                ad_type: integer(element.ad_type).into(),
                ad_data: octets(&element.ad_data).into(),
            })
            .collect(),
    );
    EncryptedData => data_types::EncryptedData: |data| data_types::EncryptedData {
        etype: integer(data.etype.0).into(),
        kvno: field(data.kvno.map(integer)),
        cipher: octets(&data.cipher).into(),
    };
    Ticket => data_types::Ticket: |ticket| data_types::Ticket::from(data_types::TicketInner {
        tkt_vno: integer(ticket.tkt_vno).into(),
        realm: ticket.realm.translate().into(),
        sname: ticket.sname.translate().into(),
        enc_part: ticket.enc_part.translate().into(),
    });
    EncTicketPart => data_types::EncTicketPart: |part| {
        data_types::EncTicketPart::from(data_types::EncTicketPartInner {
            flags: bits(part.flags.bits()).into(),
            key: part.key.translate().into(),
            crealm: part.crealm.translate().into(),
            cname: part.cname.translate().into(),
            transited: data_types::TransitedEncoding {
                tr_type: integer(part.transited.tr_type).into(),
                contents: octets(&part.transited.contents).into(),
            }
            .into(),
            auth_time: part.authtime.translate().into(),
            starttime: optional(&part.starttime),
            endtime: part.endtime.translate().into(),
            renew_till: optional(&part.renew_till),
            caddr: optional(&part.caddr),
            authorization_data: optional(&part.authorization_data),
        })
    };
    KdcReqBody => messages::KdcReqBody: |body| messages::KdcReqBody {
        kdc_options: bits(body.kdc_options.bits()).into(),
        cname: optional(&body.cname),
        realm: body.realm.translate().into(),
        sname: optional(&body.sname),
        from: optional(&body.from),
        till: body.till.translate().into(),
        rtime: optional(&body.rtime),
        nonce: integer(body.nonce).into(),
        etype: Asn1SequenceOf(body.etype.iter().map(|etype| integer(etype.0)).collect()).into(),
        addresses: optional(&body.addresses),
        enc_authorization_data: optional(&body.enc_authorization_data),
        additional_tickets: optional(&body.additional_tickets),
    };
    KdcReq => messages::KdcReq: |request| messages::KdcReq {
        pvno: integer(request.pvno).into(),
        msg_type: integer(request.msg_type).into(),
        padata: optional(&request.padata),
        req_body: request.req_body().translate().into(),
    };
    AsReq => messages::AsReq: |request| messages::AsReq::from(request.0.translate());
    TgsReq => messages::TgsReq: |request| messages::TgsReq::from(request.0.translate());
    KdcRep => messages::KdcRep: |reply| messages::KdcRep {
        pvno: integer(reply.pvno).into(),
        msg_type: integer(reply.msg_type).into(),
        padata: optional(&reply.padata),
        crealm: reply.crealm.translate().into(),
        cname: reply.cname.translate().into(),
        ticket: reply.ticket.translate().into(),
        enc_part: reply.enc_part.translate().into(),
    };
    AsRep => messages::AsRep: |reply| messages::AsRep::from(reply.0.translate());
    TgsRep => messages::TgsRep: |reply| messages::TgsRep::from(reply.0.translate());
    LastReqEntry => data_types::LastReqInner: |entry| data_types::LastReqInner {
        lr_type: integer(entry.lr_type).into(),
        lr_value: entry.lr_value.translate().into(),
    };
    EncKdcRepPart => messages::EncKdcRepPart: |part| messages::EncKdcRepPart {
        key: part.key.translate().into(),
        last_req: part.last_req.translate().into(),
        nonce: integer(part.nonce).into(),
        key_expiration: optional(&part.key_expiration),
        flags: bits(part.flags.bits()).into(),
        auth_time: part.authtime.translate().into(),
        start_time: optional(&part.starttime),
        end_time: part.endtime.translate().into(),
        renew_till: optional(&part.renew_till),
        srealm: part.srealm.translate().into(),
        sname: part.sname.translate().into(),
        caddr: optional(&part.caddr),
        encrypted_pa_data: optional(&part.encrypted_pa_data),
    };
    EncAsRepPart => messages::EncAsRepPart: |part| {
        messages::EncAsRepPart::from(part.0.translate())
    };
    EncTgsRepPart => messages::EncTgsRepPart: |part| {
        messages::EncTgsRepPart::from(part.0.translate())
    };
    ApReq => messages::ApReq: |request| messages::ApReq::from(messages::ApReqInner {
        pvno: integer(request.pvno).into(),
        msg_type: integer(request.msg_type).into(),
        ap_options: bits(request.ap_options.bits()).into(),
        ticket: request.ticket.translate().into(),
        authenticator: request.authenticator.translate().into(),
    });
    Authenticator => data_types::Authenticator: |authenticator| {
        data_types::Authenticator::from(data_types::AuthenticatorInner {
            authenticator_vno: integer(authenticator.authenticator_vno).into(),
            crealm: authenticator.crealm.translate().into(),
            cname: authenticator.cname.translate().into(),
            cksum: optional(&authenticator.cksum),
            cusec: integer(authenticator.cusec).into(),
            ctime: authenticator.ctime.translate().into(),
            subkey: optional(&authenticator.subkey),
            seq_number: field(authenticator.seq_number.map(integer)),
            authorization_data: optional(&authenticator.authorization_data),
        })
    };
    ApRep => messages::ApRep: |reply| messages::ApRep::from(messages::ApRepInner {
        pvno: integer(reply.pvno).into(),
        msg_type: integer(reply.msg_type).into(),
        enc_part: reply.enc_part.translate().into(),
    });
    EncApRepPart => data_types::EncApRepPart: |part| {
        data_types::EncApRepPart::from(data_types::EncApRepPartInner {
            ctime: part.ctime.translate().into(),
            cusec: integer(part.cusec).into(),
            subkey: optional(&part.subkey),
            seq_number: field(part.seq_number.map(integer)),
        })
    };
    KrbPriv => messages::KrbPriv: |message| messages::KrbPriv::from(messages::KrbPrivInner {
        pvno: integer(message.pvno).into(),
        msg_type: integer(message.msg_type).into(),
        enc_part: message.enc_part.translate().into(),
    });
    EncKrbPrivPart => data_types::EncKrbPrivPart: |part| {
        data_types::EncKrbPrivPart::from(data_types::EncKrbPrivPartInner {
            user_data: octets(&part.user_data.0).into(),
            timestamp: optional(&part.timestamp),
            usec: Optional(None),
            seq_number: field(part.seq_number.map(integer)),
            s_address: part.s_address.translate().into(),
            r_address: optional(&part.r_address),
        })
    };
    KrbCred => messages::KrbCred: |message| messages::KrbCred::from(messages::KrbCredInner {
        pvno: integer(message.pvno).into(),
        msg_type: integer(message.msg_type).into(),
        tickets: message.tickets.translate().into(),
        enc_part: message.enc_part.translate().into(),
    });
    KrbCredInfo => data_types::KrbCredInfo: |info| data_types::KrbCredInfo {
        key: info.key.translate().into(),
        prealm: optional(&info.prealm),
        pname: optional(&info.pname),
        flags: field(info.flags.map(|flags| bits(flags.bits()))),
        auth_time: optional(&info.authtime),
        start_time: optional(&info.starttime),
        end_time: optional(&info.endtime),
        renew_till: optional(&info.renew_till),
        srealm: optional(&info.srealm),
        sname: optional(&info.sname),
        caddr: optional(&info.caddr),
    };
    EncKrbCredPart => data_types::EncKrbCredPart: |part| {
        data_types::EncKrbCredPart::from(data_types::EncKrbCredPartInner {
            ticket_info: part.ticket_info.translate().into(),
            nonce: field(part.nonce.map(integer)),
            timestamp: optional(&part.timestamp),
            usec: field(part.usec.map(integer)),
            s_address: optional(&part.s_address),
            r_address: optional(&part.r_address),
        })
    };
    KrbError => messages::KrbError: |error| messages::KrbError::from(messages::KrbErrorInner {
        pvno: integer(error.pvno).into(),
        msg_type: integer(error.msg_type).into(),
        ctime: optional(&error.ctime),
        cusec: Optional(None),
        stime: error.stime.translate().into(),
        susec: integer(error.susec).into(),
        error_code: u32::try_from(error.error_code.0)
            .expect("the strategies make codes that are not negative")
            .into(),
        crealm: optional(&error.crealm),
        cname: optional(&error.cname),
        realm: error.realm.translate().into(),
        sname: error.sname.translate().into(),
        e_text: optional(&error.e_text),
        e_data: optional_octets(&error.e_data),
    });
    PaEncTsEnc => data_types::PaEncTsEnc: |time| data_types::PaEncTsEnc {
        patimestamp: time.patimestamp.translate().into(),
        pausec: field(time.pausec.map(integer)),
    };
    EtypeInfo2 => data_types::EtypeInfo2: |info| Asn1SequenceOf(
        info.0
            .iter()
            .map(|entry| data_types::EtypeInfo2Entry {
                etype: integer(entry.etype.0).into(),
                salt: optional(&entry.salt),
                s2kparams: optional_octets(&entry.s2kparams),
            })
            .collect(),
    );
    MethodData => Asn1SequenceOf<data_types::PaData>: |data| data.0.translate();
}

fn krb_error() -> impl Strategy<Value = KrbError> {
    strategies::krb_error().prop_map(|error| KrbError {
        cusec: None,
        ..error
    })
}

fn enc_krb_priv_part() -> impl Strategy<Value = EncKrbPrivPart> {
    strategies::enc_krb_priv_part().prop_map(|part| EncKrbPrivPart { usec: None, ..part })
}

macro_rules! same_fields_and_bytes {
    ($($test:ident: $type:ident from $strategy:expr;)*) => {
        proptest! {$(
            #[test]
            fn $test(message in $strategy) {
                let translated = message.translate();
                let encoded = message.encode();
                prop_assert_eq!(&picky_asn1_der::to_vec(&translated).unwrap(), &encoded);
                let decoded: <$type as Translate>::Oracle = picky_asn1_der::from_bytes(&encoded).unwrap();
                prop_assert_eq!(decoded, translated);
                prop_assert!($type::decode(&encoded).unwrap() == message);
            }
        )*}
    };
}

same_fields_and_bytes! {
    ap_rep: ApRep from strategies::ap_rep();
    ap_req: ApReq from strategies::ap_req();
    as_rep: AsRep from strategies::as_rep();
    as_req: AsReq from strategies::as_req();
    authenticator: Authenticator from strategies::authenticator();
    enc_ap_rep_part: EncApRepPart from strategies::enc_ap_rep_part();
    enc_as_rep_part: EncAsRepPart from strategies::enc_as_rep_part();
    enc_krb_cred_part: EncKrbCredPart from strategies::enc_krb_cred_part();
    enc_krb_priv_part_without_usec: EncKrbPrivPart from enc_krb_priv_part();
    enc_tgs_rep_part: EncTgsRepPart from strategies::enc_tgs_rep_part();
    enc_ticket_part: EncTicketPart from strategies::enc_ticket_part();
    encrypted_data: EncryptedData from strategies::encrypted_data();
    etype_info2: EtypeInfo2 from strategies::etype_info2();
    krb_cred: KrbCred from strategies::krb_cred();
    krb_error_without_cusec: KrbError from krb_error();
    krb_priv: KrbPriv from strategies::krb_priv();
    method_data: MethodData from strategies::method_data();
    pa_enc_ts_enc: PaEncTsEnc from strategies::pa_enc_ts_enc();
    tgs_rep: TgsRep from strategies::tgs_rep();
    tgs_req: TgsReq from strategies::tgs_req();
    ticket: Ticket from strategies::ticket();
}
