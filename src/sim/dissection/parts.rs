//! The encrypted parts of each message, and what is in clear around them.

use kdclab_proto::messages::{
    ApRep, ApReq, AsRep, AsReq, Authenticator, ChangePasswdData, EncApRepPart, EncKdcRepPart,
    EncKrbPrivPart, EncTicketPart, EncryptedData, EncryptionKey, KdcRep, KdcReq, KpasswdReply,
    KpasswdRequest, KpasswdResult, KpasswdVersion, KrbError, KrbPriv, PaEncTsEnc, PadataType,
    TgsRep, TgsReq, Ticket,
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
    KpasswdRep,
    KpasswdReq(KpasswdVersion),
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
            Self::KpasswdRep => {
                let part = EncKrbPrivPart::decode_padded(plain)?;
                (result(KpasswdResult::decode(&part.user_data.0)), None)
            }
            Self::KpasswdReq(version) => {
                let part = EncKrbPrivPart::decode_padded(plain)?;
                let target = match version {
                    KpasswdVersion::Change => None,
                    KpasswdVersion::Set => ChangePasswdData::decode(&part.user_data.0)?.target,
                };
                let whose =
                    target.map_or_else(|| "the client".to_owned(), |target| target.to_string());
                (format!("a new password for {whose}"), None)
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

fn result(result: Option<KpasswdResult>) -> String {
    result.map_or_else(
        || "something else".to_owned(),
        |result| format!("result {}", result.code.0),
    )
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
    // A request and a reply of version 1 have the same frame.
    if let Some(read) = KpasswdRequest::decode(message)
        .ok()
        .and_then(|request| kpasswd_req(&request).ok())
    {
        return read;
    }
    if let Ok(reply) = KpasswdReply::decode(message) {
        return kpasswd_rep(&reply).unwrap_or_default();
    }
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
        Some(ApRep::APPLICATION) => ApRep::decode(message)
            .map(|reply| (String::new(), vec![ap_rep(reply, "AP-REP enc-part")])),
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

fn ap_rep(reply: ApRep, name: &'static str) -> Part {
    Part {
        name,
        usages: &[KeyUsage::AP_REP],
        data: reply.enc_part,
        kind: Kind::ApRep,
    }
}

fn krb_priv(message: &[u8], name: &'static str, kind: Kind) -> Result<Part, DecodeError> {
    Ok(Part {
        name,
        usages: &[KeyUsage::KRB_PRIV],
        data: KrbPriv::decode(message)?.enc_part,
        kind,
    })
}

/// An AP-REQ and a KRB-PRIV (RFC 3244 section 2).
fn kpasswd_req(request: &KpasswdRequest) -> Result<(String, Vec<Part>), DecodeError> {
    let shown = ApReq::decode(&request.ap_req)?;
    let clear = format!("for {}", shown.ticket.server());
    let kind = Kind::KpasswdReq(request.version);
    let sealed = krb_priv(&request.krb_priv, "KPASSWD-REQ KRB-PRIV", kind)?;
    let parts = ap_req(shown, &KPASSWD_REQ).into_iter().chain([sealed]);
    Ok((clear, parts.collect()))
}

/// An AP-REP and a KRB-PRIV, or a KRB-ERROR that has the result in its e-data.
fn kpasswd_rep(reply: &KpasswdReply) -> Result<(String, Vec<Part>), DecodeError> {
    if reply.ap_rep.is_empty() {
        let error = KrbError::decode(&reply.message)?;
        let told = error.e_data.as_deref().and_then(KpasswdResult::decode);
        return Ok((
            format!("{}, {}", error.error_code, result(told)),
            Vec::new(),
        ));
    }
    let confirmed = ap_rep(ApRep::decode(&reply.ap_rep)?, "KPASSWD-REP AP-REP");
    let sealed = krb_priv(&reply.message, "KPASSWD-REP KRB-PRIV", Kind::KpasswdRep)?;
    Ok((String::new(), vec![confirmed, sealed]))
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

const KPASSWD_REQ: Names = Names {
    ticket: "KPASSWD-REQ ticket",
    other: "KPASSWD-REQ authenticator",
    usages: &[KeyUsage::AP_REQ_AUTHENTICATOR],
};

/// Every name that a part can have.
pub(crate) const PART_NAMES: [&str; 15] = [
    "AP-REP enc-part",
    "AP-REQ authenticator",
    "AP-REQ ticket",
    "AS-REP enc-part",
    "AS-REP ticket",
    "AS-REQ PA-ENC-TIMESTAMP",
    "KPASSWD-REP AP-REP",
    "KPASSWD-REP KRB-PRIV",
    "KPASSWD-REQ KRB-PRIV",
    "KPASSWD-REQ authenticator",
    "KPASSWD-REQ ticket",
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
