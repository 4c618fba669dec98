//! The encrypted parts of each message, and what is in clear around them.

use kdclab_proto::messages::{
    ApRep, ApReq, AsRep, AsReq, Authenticator, EncApRepPart, EncKdcRepPart, EncTicketPart,
    EncryptedData, EncryptionKey, KdcRep, KdcReq, KrbError, PaEncTsEnc, PadataType, TgsRep, TgsReq,
    Ticket,
};
use kdclab_proto::{DecodeError, KerberosTime, Key, KeyUsage};

/// A ciphertext of a message.
pub(super) struct Part {
    /// The message and the part.
    pub(super) name: &'static str,
    /// The key usages it may be sealed with.
    pub(super) usages: &'static [KeyUsage],
    pub(super) data: EncryptedData,
    pub(super) kind: Kind,
}

/// What a part contains once it is open.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    ApRep,
    Authenticator,
    EncTimestamp,
    KdcRep,
    Ticket,
}

impl Kind {
    /// What an opened part says, without its keys, and its key.
    pub(super) fn read(self, plain: &[u8]) -> (String, Option<Key>) {
        self.decode(plain)
            .unwrap_or_else(|_| ("something else".to_owned(), None))
    }

    fn decode(self, plain: &[u8]) -> Result<(String, Option<Key>), DecodeError> {
        let (content, key) = match self {
            Self::ApRep => {
                let part = EncApRepPart::decode_padded(plain)?;
                let content = format!("ctime {}", instant(part.ctime, part.cusec));
                (content, part.subkey)
            }
            Self::Authenticator => {
                let part = Authenticator::decode_padded(plain)?;
                let ctime = instant(part.ctime, part.cusec);
                let content = format!("client {}, ctime {ctime}", part.client());
                (content, part.subkey)
            }
            Self::EncTimestamp => {
                let part = PaEncTsEnc::decode_padded(plain)?;
                let time = instant(part.patimestamp, part.pausec.unwrap_or(0));
                (format!("time {time}"), None)
            }
            Self::KdcRep => {
                let part = EncKdcRepPart::decode_padded(plain)?;
                let content = format!(
                    "session key of type {}, server {}, nonce {}, until {}",
                    enctype(&part.key),
                    part.sname.clone().at(part.srealm.clone()),
                    part.nonce,
                    part.endtime
                );
                (content, Some(part.key))
            }
            Self::Ticket => {
                let part = EncTicketPart::decode_padded(plain)?;
                let content = format!(
                    "client {}, session key of type {}, until {}",
                    part.client(),
                    enctype(&part.key),
                    part.endtime
                );
                (content, Some(part.key))
            }
        };
        Ok((content, key.and_then(|key| key.key().ok())))
    }
}

fn instant(time: KerberosTime, microseconds: i32) -> String {
    format!("{time} + {microseconds} us")
}

fn enctype(key: &EncryptionKey) -> String {
    key.key()
        .map_or_else(|error| error.to_string(), |key| key.enctype().to_string())
}

/// What `message` says in clear, and its encrypted parts in the order of the message.
pub(super) fn of_message(message: &[u8]) -> (String, Vec<Part>) {
    let read = match message.first().and_then(|tag| tag.checked_sub(0x60)) {
        Some(AsReq::APPLICATION) => AsReq::decode(message).map(|request| as_req(&request.0)),
        Some(AsRep::APPLICATION) => AsRep::decode(message).map(|reply| kdc_rep(reply.0, &AS_REP)),
        Some(TgsReq::APPLICATION) => TgsReq::decode(message).map(|request| tgs_req(&request.0)),
        Some(TgsRep::APPLICATION) => {
            TgsRep::decode(message).map(|reply| kdc_rep(reply.0, &TGS_REP))
        }
        Some(ApReq::APPLICATION) => ApReq::decode(message).map(|request| {
            let clear = format!("for {}", request.ticket.server());
            (clear, ap_req(request, &AP_REQ).into())
        }),
        Some(ApRep::APPLICATION) => ApRep::decode(message).map(|reply| {
            let part = Part {
                name: "AP-REP enc-part",
                usages: &[KeyUsage::AP_REP],
                data: reply.enc_part,
                kind: Kind::ApRep,
            };
            (String::new(), vec![part])
        }),
        Some(KrbError::APPLICATION) => KrbError::decode(message).map(|error| {
            let text = error
                .e_text
                .as_ref()
                .map(|text| format!(", e-text {}", text.to_str_lossy()))
                .unwrap_or_default();
            (format!("{}{text}", error.error_code), Vec::new())
        }),
        _ => return (String::new(), Vec::new()),
    };
    read.unwrap_or_else(|error| (format!("does not decode: {error}"), Vec::new()))
}

fn as_req(request: &KdcReq) -> (String, Vec<Part>) {
    let body = request.req_body();
    let client = body.cname.as_ref().map_or_else(
        || "nobody".to_owned(),
        |name| name.clone().at(body.realm.clone()).to_string(),
    );
    let timestamp = request
        .padata(PadataType::ENC_TIMESTAMP)
        .and_then(|value| EncryptedData::decode(value).ok())
        .map(|data| Part {
            name: "AS-REQ PA-ENC-TIMESTAMP",
            usages: &[KeyUsage::PA_ENC_TIMESTAMP],
            data,
            kind: Kind::EncTimestamp,
        });
    (
        format!("{client} asks {}", asked(request)),
        timestamp.into_iter().collect(),
    )
}

fn tgs_req(request: &KdcReq) -> (String, Vec<Part>) {
    let parts = request
        .padata(PadataType::TGS_REQ)
        .and_then(|value| ApReq::decode(value).ok())
        .map(|ap| ap_req(ap, &TGS_REQ));
    (
        format!("asks {}", asked(request)),
        parts.into_iter().flatten().collect(),
    )
}

fn asked(request: &KdcReq) -> String {
    let body = request.req_body();
    let server = body.sname.as_ref().map_or_else(
        || "nothing".to_owned(),
        |name| name.clone().at(body.realm.clone()).to_string(),
    );
    format!("for {server}, nonce {}", body.nonce)
}

/// The names of the two parts of a message and the usages of the second.
struct Names {
    ticket: &'static str,
    other: &'static str,
    usages: &'static [KeyUsage],
}

const AS_REP: Names = Names {
    ticket: "AS-REP ticket",
    other: "AS-REP enc-part",
    usages: &[KeyUsage::AS_REP],
};
const TGS_REP: Names = Names {
    ticket: "TGS-REP ticket",
    other: "TGS-REP enc-part",
    usages: &[KeyUsage::TGS_REP_SESSION_KEY, KeyUsage::TGS_REP_SUBKEY],
};
const TGS_REQ: Names = Names {
    ticket: "TGS-REQ ticket",
    other: "TGS-REQ authenticator",
    usages: &[KeyUsage::TGS_REQ_AUTHENTICATOR],
};
const AP_REQ: Names = Names {
    ticket: "AP-REQ ticket",
    other: "AP-REQ authenticator",
    usages: &[KeyUsage::AP_REQ_AUTHENTICATOR],
};

/// Every name that a part can have.
pub(crate) const PART_NAMES: [&str; 10] = [
    "AP-REP enc-part",
    "AP-REQ authenticator",
    "AP-REQ ticket",
    "AS-REP enc-part",
    "AS-REP ticket",
    "AS-REQ PA-ENC-TIMESTAMP",
    "TGS-REP enc-part",
    "TGS-REP ticket",
    "TGS-REQ authenticator",
    "TGS-REQ ticket",
];

fn kdc_rep(reply: KdcRep, names: &Names) -> (String, Vec<Part>) {
    let clear = format!(
        "for {}, ticket for {}",
        reply.client(),
        reply.ticket.server()
    );
    let enc_part = Part {
        name: names.other,
        usages: names.usages,
        data: reply.enc_part,
        kind: Kind::KdcRep,
    };
    (clear, vec![ticket(reply.ticket, names), enc_part])
}

fn ap_req(request: ApReq, names: &Names) -> [Part; 2] {
    let authenticator = Part {
        name: names.other,
        usages: names.usages,
        data: request.authenticator,
        kind: Kind::Authenticator,
    };
    [ticket(request.ticket, names), authenticator]
}

fn ticket(ticket: Ticket, names: &Names) -> Part {
    Part {
        name: names.ticket,
        usages: &[KeyUsage::TICKET],
        data: ticket.enc_part,
        kind: Kind::Ticket,
    }
}
