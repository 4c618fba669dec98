//! Messages of an established session: KRB-SAFE and KRB-PRIV (RFC 4120 sections 3.4 and 3.5).

use std::fmt;
use std::time::Duration;

use kdclab_proto::crypto::ChecksumError;
use kdclab_proto::messages::{
    Checksum, EncKrbPrivPart, EncryptedData, HostAddress, KrbPriv, KrbSafe, KrbSafeBody,
};
use kdclab_proto::{DecodeError, ErrorCode, KerberosTime, Key, KeyUsage, Principal, Timestamp};
use rand::CryptoRng;

use crate::replay_cache::{NotStored, PresentedAuthenticator, ReplayCache, ReplayKey};
use crate::{Dialect, EstablishedContext};

/// How the two ends of a session protect their messages. Both must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// This end's address, in every message it sends.
    pub local: HostAddress,
    /// The other end's address; `None` takes messages from anywhere.
    pub remote: Option<HostAddress>,
    /// Whether messages carry sequence numbers.
    pub sequence: bool,
    /// Whether messages carry the time, and how far apart two clocks may be.
    pub clockskew: Option<Duration>,
}

/// One end of an established session, which makes and reads KRB-SAFE and KRB-PRIV.
#[derive(Clone, Debug)]
pub struct Session {
    key: Key,
    client: Principal,
    server: Principal,
    options: SessionOptions,
    send_sequence: u32,
    receive_sequence: u32,
    replay_cache: ReplayCache,
}

/// What a message says of itself besides its data.
struct Origin<'a> {
    timestamp: Option<KerberosTime>,
    usec: Option<i32>,
    seq_number: Option<u32>,
    s_address: &'a HostAddress,
    r_address: Option<&'a HostAddress>,
    /// The octets that only the same message has.
    protection: &'a [u8],
}

impl Session {
    /// The session of `context`, under [`EstablishedContext::key`].
    pub fn new(context: &EstablishedContext, options: SessionOptions) -> Self {
        Self {
            key: context.key().clone(),
            client: context.client.clone(),
            server: context.server.clone(),
            options,
            send_sequence: context.send_sequence,
            receive_sequence: context.receive_sequence,
            replay_cache: ReplayCache::new(ReplayKey::Hash),
        }
    }

    /// A KRB-PRIV with `data`.
    pub fn make_priv(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, data: &[u8]) -> Vec<u8> {
        let (timestamp, usec) = self.time(now);
        let part = EncKrbPrivPart {
            user_data: data.to_vec().into(),
            timestamp,
            usec,
            seq_number: self.next_sequence(),
            s_address: self.options.local.clone(),
            r_address: self.options.remote.clone(),
        };
        KrbPriv {
            pvno: 5,
            msg_type: 21,
            enc_part: EncryptedData {
                etype: self.key.enctype(),
                kvno: None,
                cipher: self.key.encrypt(KeyUsage::KRB_PRIV, rng, &part.encode()),
            },
        }
        .encode()
    }

    /// The data of the KRB-PRIV `message`.
    ///
    /// # Errors
    /// [`SessionError`] when it is malformed, not from the other end, not for this one, not in order or not
    /// new.
    pub fn read_priv(&mut self, now: Timestamp, message: &[u8]) -> Result<Vec<u8>, SessionError> {
        let message = KrbPriv::decode(message).map_err(SessionError::Malformed)?;
        check_version(message.pvno)?;
        let sealed = &message.enc_part;
        if sealed.etype != self.key.enctype() {
            return Err(SessionError::Undecryptable);
        }
        let plain = self
            .key
            .decrypt(KeyUsage::KRB_PRIV, &sealed.cipher)
            .map_err(|_| SessionError::Undecryptable)?;
        let part = EncKrbPrivPart::decode_padded(&plain).map_err(SessionError::Malformed)?;
        self.check(
            now,
            &Origin {
                timestamp: part.timestamp,
                usec: part.usec,
                seq_number: part.seq_number,
                s_address: &part.s_address,
                r_address: part.r_address.as_ref(),
                protection: &sealed.cipher,
            },
        )?;
        Ok(part.user_data.0.to_vec())
    }

    /// A KRB-SAFE with `data`.
    pub fn make_safe(&mut self, now: Timestamp, data: &[u8]) -> Vec<u8> {
        let (timestamp, usec) = self.time(now);
        let safe_body = KrbSafeBody {
            user_data: data.to_vec(),
            timestamp,
            usec,
            seq_number: self.next_sequence(),
            s_address: self.options.local.clone(),
            r_address: self.options.remote.clone(),
        };
        let checksum = self.key.checksum(KeyUsage::KRB_SAFE, &safe_body.encode());
        KrbSafe {
            pvno: 5,
            msg_type: 20,
            safe_body,
            cksum: Checksum {
                cksumtype: self.key.checksum_type(),
                checksum,
            },
        }
        .encode()
    }

    /// The data of the KRB-SAFE `message`. Its checksum may cover the body, as RFC 4120 section 3.4.1 has
    /// it, or the message without its checksum, as MIT sends it.
    ///
    /// # Errors
    /// [`SessionError`] when it is malformed, not from the other end, not for this one, not in order or not
    /// new.
    pub fn read_safe(&mut self, now: Timestamp, message: &[u8]) -> Result<Vec<u8>, SessionError> {
        let whole = KrbSafe::checksum_input(message).map_err(SessionError::Malformed)?;
        let message = KrbSafe::decode(message).map_err(SessionError::Malformed)?;
        check_version(message.pvno)?;
        let body = message.safe_body;
        let verify = |covered: &[u8]| {
            self.key.verify_checksum(
                message.cksum.cksumtype,
                KeyUsage::KRB_SAFE,
                covered,
                &message.cksum.checksum,
            )
        };
        verify(&whole)
            .or_else(|_| verify(&body.encode()))
            .map_err(SessionError::Checksum)?;
        self.check(
            now,
            &Origin {
                timestamp: body.timestamp,
                usec: body.usec,
                seq_number: body.seq_number,
                s_address: &body.s_address,
                r_address: body.r_address.as_ref(),
                protection: &message.cksum.checksum,
            },
        )?;
        Ok(body.user_data)
    }

    fn time(&self, now: Timestamp) -> (Option<KerberosTime>, Option<i32>) {
        match self.options.clockskew {
            Some(_) => (Some(now.time()), Some(now.microseconds() as i32)),
            None => (None, None),
        }
    }

    fn next_sequence(&mut self) -> Option<u32> {
        if !self.options.sequence {
            return None;
        }
        let number = self.send_sequence;
        self.send_sequence = number.wrapping_add(1);
        Some(number)
    }

    /// The checks of RFC 4120 section 3.4.2, in its order.
    fn check(&mut self, now: Timestamp, origin: &Origin<'_>) -> Result<(), SessionError> {
        let wrong_sender = self
            .options
            .remote
            .as_ref()
            .is_some_and(|remote| remote != origin.s_address);
        let wrong_recipient = origin
            .r_address
            .is_some_and(|recipient| *recipient != self.options.local);
        if wrong_sender || wrong_recipient {
            return Err(SessionError::BadAddress {
                sender: origin.s_address.clone(),
                recipient: origin.r_address.cloned(),
            });
        }
        if let Some(limit) = self.options.clockskew {
            self.check_time(now, limit, origin)?;
        }
        if self.options.sequence {
            if origin.seq_number != Some(self.receive_sequence) {
                return Err(SessionError::BadOrder {
                    expected: self.receive_sequence,
                    found: origin.seq_number,
                });
            }
            self.receive_sequence = self.receive_sequence.wrapping_add(1);
        }
        Ok(())
    }

    fn check_time(
        &mut self,
        now: Timestamp,
        limit: Duration,
        origin: &Origin<'_>,
    ) -> Result<(), SessionError> {
        let (Some(ctime), Some(cusec)) = (origin.timestamp, origin.usec) else {
            return Err(SessionError::ClockSkew { sent: None, now });
        };
        if !ctime.timestamp().within(now.time().timestamp(), limit) {
            return Err(SessionError::ClockSkew {
                sent: Some(ctime),
                now,
            });
        }
        let presented = PresentedAuthenticator {
            client: &self.client,
            server: &self.server,
            ctime,
            cusec,
            cipher: origin.protection,
        };
        self.replay_cache
            .store(now, limit, &presented)
            .map_err(|reason| match reason {
                NotStored::Replay => SessionError::Replay { sent: ctime },
                NotStored::Full { capacity } => SessionError::ReplayCacheFull { capacity },
            })
    }
}

fn check_version(pvno: i32) -> Result<(), SessionError> {
    if pvno == 5 {
        Ok(())
    } else {
        Err(SessionError::WrongVersion { pvno })
    }
}

/// Why a message of a session is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// The message is not from the other end, or not for this one.
    BadAddress {
        /// The sender it names.
        sender: HostAddress,
        /// The recipient it names.
        recipient: Option<HostAddress>,
    },
    /// The message is not the next one.
    BadOrder {
        /// The sequence number of the next message.
        expected: u32,
        /// The one found.
        found: Option<u32>,
    },
    /// The checksum does not stand.
    Checksum(ChecksumError),
    /// The message carries no time, or one too far from ours.
    ClockSkew {
        /// The sender's time.
        sent: Option<KerberosTime>,
        /// Our time.
        now: Timestamp,
    },
    /// The message or its encrypted part is malformed.
    Malformed(DecodeError),
    /// The message was received before.
    Replay {
        /// The sender's time.
        sent: KerberosTime,
    },
    /// There is no room to remember another message.
    ReplayCacheFull {
        /// The number of messages remembered.
        capacity: usize,
    },
    /// The session's key does not open the message.
    Undecryptable,
    /// The message is of another protocol version than 5.
    WrongVersion {
        /// The version found.
        pvno: i32,
    },
}

impl SessionError {
    /// The code of RFC 4120, and of MIT where it differs; `None` for a message that is none.
    pub fn code(&self, dialect: Dialect) -> Option<ErrorCode> {
        Some(match self {
            Self::BadAddress { .. } => ErrorCode::KRB_AP_ERR_BADADDR,
            Self::BadOrder { .. } => ErrorCode::KRB_AP_ERR_BADORDER,
            Self::Checksum(ChecksumError::Inappropriate(_)) => ErrorCode::KRB_AP_ERR_INAPP_CKSUM,
            Self::Checksum(ChecksumError::Mismatch) => ErrorCode::KRB_AP_ERR_MODIFIED,
            Self::ClockSkew { .. } => ErrorCode::KRB_AP_ERR_SKEW,
            Self::Malformed(_) => return None,
            Self::Replay { .. } => ErrorCode::KRB_AP_ERR_REPEAT,
            Self::ReplayCacheFull { .. } => ErrorCode::KRB_ERR_GENERIC,
            Self::Undecryptable => match dialect {
                Dialect::Java | Dialect::Java6 | Dialect::Mit => {
                    ErrorCode::KRB_AP_ERR_BAD_INTEGRITY
                }
                Dialect::Windows => ErrorCode::KRB_AP_ERR_MODIFIED,
            },
            Self::WrongVersion { .. } => ErrorCode::KRB_AP_ERR_BADVERSION,
        })
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadAddress { .. } => {
                f.write_str("the message names another sender or another recipient")
            }
            Self::BadOrder {
                expected,
                found: Some(found),
            } => write!(f, "sequence number {found} where {expected} belongs"),
            Self::BadOrder { expected, .. } => {
                write!(f, "no sequence number where {expected} belongs")
            }
            Self::Checksum(error) => write!(f, "{error}"),
            Self::ClockSkew {
                sent: Some(sent),
                now,
            } => write!(f, "sent at {sent}, received at {now}"),
            Self::ClockSkew { .. } => f.write_str("the message carries no time"),
            Self::Malformed(error) => write!(f, "malformed message: {error}"),
            Self::Replay { sent } => write!(f, "the message of {sent} was received before"),
            Self::ReplayCacheFull { capacity } => {
                write!(f, "no room to remember more than {capacity} messages")
            }
            Self::Undecryptable => f.write_str("the session's key does not open the message"),
            Self::WrongVersion { pvno } => write!(f, "protocol version {pvno} where 5 belongs"),
        }
    }
}

impl std::error::Error for SessionError {}
