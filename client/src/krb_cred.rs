//! Forwarding credentials in a KRB-CRED (RFC 4120 section 3.6).

use std::fmt;

use kdclab_proto::crypto::InvalidKey;
use kdclab_proto::messages::{
    EncKrbCredPart, EncryptedData, KrbCred, KrbCredInfo, Ticket, TicketFlags,
};
use kdclab_proto::{DecodeError, Enctype, KerberosTime, Key, KeyUsage, Timestamp};
use rand::CryptoRng;

use crate::Credential;

/// The enctype of an encrypted part that is not encrypted.
const NULL: Enctype = Enctype(0);

/// The message that hands `credentials` over, sealed under `key`, the session key of the ticket that
/// authenticates the sender (RFC 4121 section 4.1.1).
pub(crate) fn make(
    credentials: &[&Credential],
    key: &Key,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
) -> KrbCred {
    let part = EncKrbCredPart {
        ticket_info: credentials.iter().copied().map(info).collect(),
        nonce: None,
        timestamp: Some(now.time()),
        usec: Some(now.microseconds() as i32),
        s_address: None,
        r_address: None,
    };
    KrbCred {
        pvno: 5,
        msg_type: 22,
        tickets: credentials
            .iter()
            .map(|credential| credential.ticket.clone())
            .collect(),
        enc_part: EncryptedData {
            etype: key.enctype(),
            kvno: None,
            cipher: key.encrypt(KeyUsage::KRB_CRED, rng, &part.encode()),
        },
    }
}

fn info(credential: &Credential) -> KrbCredInfo {
    KrbCredInfo {
        key: (&credential.session_key).into(),
        prealm: Some(credential.client.realm.clone()),
        pname: Some(credential.client.name.clone()),
        flags: Some(credential.flags),
        authtime: Some(credential.authtime),
        starttime: Some(credential.starttime),
        endtime: Some(credential.endtime),
        renew_till: credential.renew_till,
        srealm: Some(credential.server.realm.clone()),
        sname: Some(credential.server.name.clone()),
        caddr: credential.addresses.clone(),
    }
}

/// Opens a KRB-CRED with the first of `keys` that fits, or without a key where it is not encrypted, as some
/// initiators leave it inside an encrypted authenticator.
pub(crate) fn read(message: &[u8], keys: &[&Key]) -> Result<Vec<Credential>, KrbCredError> {
    let message = KrbCred::decode(message).map_err(KrbCredError::Malformed)?;
    if message.pvno != 5 {
        return Err(KrbCredError::WrongVersion { pvno: message.pvno });
    }
    let sealed = &message.enc_part;
    let plain = if sealed.etype == NULL {
        sealed.cipher.clone()
    } else {
        keys.iter()
            .filter(|key| key.enctype() == sealed.etype)
            .find_map(|key| key.decrypt(KeyUsage::KRB_CRED, &sealed.cipher).ok())
            .ok_or(KrbCredError::Undecryptable {
                enctype: sealed.etype,
            })?
    };
    let part = EncKrbCredPart::decode_padded(&plain).map_err(KrbCredError::Malformed)?;
    if part.ticket_info.len() != message.tickets.len() {
        return Err(KrbCredError::Unequal {
            tickets: message.tickets.len(),
            infos: part.ticket_info.len(),
        });
    }
    message
        .tickets
        .into_iter()
        .zip(part.ticket_info)
        .map(|(ticket, info)| credential(ticket, info))
        .collect()
}

fn credential(ticket: Ticket, info: KrbCredInfo) -> Result<Credential, KrbCredError> {
    let (Some(name), Some(realm)) = (info.pname, info.prealm) else {
        return Err(KrbCredError::NoClient);
    };
    let server = match (info.sname, info.srealm) {
        (Some(name), Some(realm)) => name.at(realm),
        _ => ticket.server(),
    };
    let authtime = info.authtime.unwrap_or(KerberosTime::EPOCH);
    Ok(Credential {
        client: name.at(realm),
        server,
        session_key: info.key.key().map_err(KrbCredError::SessionKey)?,
        ticket,
        second_ticket: None,
        flags: info.flags.unwrap_or(TicketFlags::NONE),
        authtime,
        starttime: info.starttime.unwrap_or(authtime),
        endtime: info.endtime.unwrap_or(KerberosTime::EPOCH),
        renew_till: info.renew_till,
        addresses: info.caddr,
        is_skey: false,
    })
}

/// Why forwarded credentials cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KrbCredError {
    /// The message or its encrypted part is malformed.
    Malformed(DecodeError),
    /// A credential does not say whose it is.
    NoClient,
    /// A session key cannot exist.
    SessionKey(InvalidKey),
    /// None of the session's keys opens the encrypted part.
    Undecryptable {
        /// The encrypted part's type.
        enctype: Enctype,
    },
    /// The message does not describe each of its tickets.
    Unequal {
        /// The number of tickets.
        tickets: usize,
        /// The number of descriptions.
        infos: usize,
    },
    /// The message is of another protocol version than 5.
    WrongVersion {
        /// The version found.
        pvno: i32,
    },
}

impl fmt::Display for KrbCredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed credentials: {error}"),
            Self::NoClient => f.write_str("a credential does not name its client"),
            Self::SessionKey(error) => write!(f, "unusable session key: {error}"),
            Self::Undecryptable { enctype } => {
                write!(
                    f,
                    "no key of the session opens the credentials of type {enctype}"
                )
            }
            Self::Unequal { tickets, infos } => {
                write!(f, "{tickets} tickets with {infos} descriptions")
            }
            Self::WrongVersion { pvno } => write!(f, "protocol version {pvno} where 5 belongs"),
        }
    }
}

impl std::error::Error for KrbCredError {}
