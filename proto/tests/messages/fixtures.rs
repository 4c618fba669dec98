//! The messages under `tests/data/messages`, each with the type it is.

use kdclab_proto::DecodeError;
use kdclab_proto::messages::*;

pub(crate) struct Fixture {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Decodes and encodes again.
    pub(crate) again: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
    /// Decodes and encodes from the fields alone, even what is kept byte for byte.
    pub(crate) afresh: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
}

/// The bytes of a hex file.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| *byte != b'\n').collect();
    digits
        .chunks(2)
        .map(|pair| {
            let pair = str::from_utf8(pair).expect("hex is ASCII");
            u8::from_str_radix(pair, 16).expect("two hex digits")
        })
        .collect()
}

/// The bytes of one fixture.
macro_rules! fixture {
    ($path:literal) => {
        crate::fixtures::bytes(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/messages/",
            $path,
            ".hex"
        )))
    };
}
pub(crate) use fixture;

/// Writes from the fields what the type otherwise keeps as it arrived.
pub(crate) trait Afresh {
    fn afresh(self) -> Self;
}

macro_rules! nothing_kept {
    ($($type:ident)*) => {$(
        impl Afresh for $type {
            fn afresh(self) -> Self {
                self
            }
        }
    )*};
}

nothing_kept! {
    ApRep ApReq AsRep EncApRepPart EncKrbCredPart EncKrbPrivPart EncTgsRepPart EtypeInfo
    EtypeInfo2 KrbCred KrbError KrbPriv KrbSafe MethodData PaEncTsEnc TgsRep Ticket
    TypedData
}

fn elements_afresh(data: AuthorizationData) -> AuthorizationData {
    AuthorizationData::new(&data.elements().collect::<Vec<_>>())
}

impl Afresh for AsReq {
    fn afresh(self) -> Self {
        Self::new(self.0.padata.clone(), self.0.req_body().clone())
    }
}

impl Afresh for TgsReq {
    fn afresh(self) -> Self {
        Self::new(self.0.padata.clone(), self.0.req_body().clone())
    }
}

impl Afresh for Authenticator {
    fn afresh(mut self) -> Self {
        self.authorization_data = self.authorization_data.map(elements_afresh);
        self
    }
}

impl Afresh for EncTicketPart {
    fn afresh(mut self) -> Self {
        self.authorization_data = self.authorization_data.map(elements_afresh);
        self
    }
}

macro_rules! fixtures {
    ($($path:literal: $type:ident,)*) => {
        /// Every message.
        pub(crate) fn all() -> Vec<Fixture> {
            vec![$(Fixture {
                name: $path,
                bytes: fixture!($path),
                again: |bytes| $type::decode(bytes).map(|message| message.encode()),
                afresh: |bytes| $type::decode(bytes).map(|message| message.afresh().encode()),
            }),*]
        }
    };
}

fixtures! {
    "captured/ap-rep": ApRep,
    "captured/ap-req": ApReq,
    "captured/ap-req-of-tgs-req": ApReq,
    "captured/as-rep": AsRep,
    "captured/as-req": AsReq,
    "captured/as-req-preauth": AsReq,
    "captured/authenticator": Authenticator,
    "captured/authenticator-of-tgs-req": Authenticator,
    "captured/enc-ap-rep-part": EncApRepPart,
    "captured/enc-as-rep-part": EncTgsRepPart,
    "captured/enc-krb-cred-part": EncKrbCredPart,
    "captured/enc-krb-priv-part": EncKrbPrivPart,
    "captured/enc-tgs-rep-part": EncTgsRepPart,
    "captured/enc-ticket-part-service": EncTicketPart,
    "captured/enc-ticket-part-tgt": EncTicketPart,
    "captured/etype-info2": EtypeInfo2,
    "captured/krb-cred": KrbCred,
    "captured/krb-error-preauth-required": KrbError,
    "captured/krb-priv": KrbPriv,
    "captured/krb-safe": KrbSafe,
    "captured/method-data": MethodData,
    "captured/pa-enc-ts-enc": PaEncTsEnc,
    "captured/tgs-rep": TgsRep,
    "captured/tgs-rep-forwarded": TgsRep,
    "captured/tgs-req": TgsReq,
    "captured/tgs-req-forwarded": TgsReq,
    "captured/ticket": Ticket,
    "reference/ap-rep": ApRep,
    "reference/ap-req": ApReq,
    "reference/as-rep-all-fields": AsRep,
    "reference/as-req-all-fields": AsReq,
    "reference/authenticator-all-fields": Authenticator,
    "reference/enc-ap-rep-part-all-fields": EncApRepPart,
    "reference/enc-krb-cred-part-all-fields": EncKrbCredPart,
    "reference/enc-krb-priv-part-all-fields": EncKrbPrivPart,
    "reference/enc-kdc-rep-part-all-fields": EncTgsRepPart,
    "reference/enc-ticket-part-all-fields": EncTicketPart,
    "reference/etype-info": EtypeInfo,
    "reference/etype-info2": EtypeInfo2,
    "reference/krb-cred-two-tickets": KrbCred,
    "reference/krb-error-all-fields": KrbError,
    "reference/krb-error-required-only": KrbError,
    "reference/krb-priv": KrbPriv,
    "reference/krb-safe-all-fields": KrbSafe,
    "reference/method-data": MethodData,
    "reference/pa-enc-ts-enc": PaEncTsEnc,
    "reference/tgs-rep-no-padata": TgsRep,
    "reference/tgs-req-all-fields": TgsReq,
    "reference/tgs-req-negative-nonce": TgsReq,
    "reference/typed-data": TypedData,
}
