//! The initiator's side of the client/server exchange (RFC 4120 section 3.2).

use std::fmt;

use kdclab_proto::crypto::InvalidKey;
use kdclab_proto::messages::{
    ApOptions, ApRep, ApReq, Authenticator, EncApRepPart, EncryptedData, EtypeList, KrbError,
};
use kdclab_proto::{
    DecodeError, Enctype, ErrorCode, KerberosTime, Key, KeyUsage, LibraryError, Timestamp,
};
use rand::CryptoRng;

use crate::gss::{
    AuthenticatorChecksum, ChannelBindings, ContextFlags, ContextToken,
    InvalidAuthenticatorChecksum, Mechanism, TokenError, TokenId,
};
use crate::{Credential, Dialect, EstablishedContext, Framing, krb_cred, sequence_number};

/// What an initiator asks of a session.
#[derive(Clone, Debug)]
pub struct ApParameters<'a> {
    /// How the AP-REQ travels.
    pub framing: Framing,
    /// Whether the acceptor must answer with an AP-REP.
    pub mutual: bool,
    /// Whether the ticket is sealed in the acceptor's session key (user-to-user).
    pub use_session_key: bool,
    /// Whether the session gets a key of its own.
    pub subkey: bool,
    /// What else a GSS context should offer.
    pub flags: ContextFlags,
    /// What ties a GSS context to its channel.
    pub channel_bindings: Option<ChannelBindings>,
    /// A forwarded ticket-granting ticket to hand over in a GSS context.
    pub delegation: Option<&'a Credential>,
    /// The types the acceptor may choose for its subkey, best first (RFC 4537); sent with `mutual` only.
    pub enctypes: Vec<Enctype>,
}

impl ApParameters<'_> {
    /// What GSS libraries ask for by default: mutual authentication and a subkey.
    pub fn gss() -> Self {
        Self {
            framing: Framing::Gss,
            mutual: true,
            use_session_key: false,
            subkey: true,
            flags: ContextFlags::REPLAY
                .with(ContextFlags::SEQUENCE)
                .with(ContextFlags::CONF)
                .with(ContextFlags::INTEG),
            channel_bindings: None,
            delegation: None,
            enctypes: Vec::new(),
        }
    }

    /// A bare AP-REQ without mutual authentication, with a subkey.
    pub fn raw() -> Self {
        Self {
            framing: Framing::Raw,
            mutual: false,
            flags: ContextFlags::NONE,
            ..Self::gss()
        }
    }
}

/// An AP-REQ on its way, and what its sender must remember to understand the answer.
#[derive(Clone, Debug)]
pub struct ApExchange {
    framing: Framing,
    ctime: KerberosTime,
    cusec: i32,
    context: EstablishedContext,
}

impl ApExchange {
    /// Makes the AP-REQ for `credential`'s service: the exchange and the token to send.
    ///
    /// # Errors
    /// [`ApExchangeError::Checksum`] when the delegated credentials are too long for a GSS token.
    pub fn start(
        credential: &Credential,
        parameters: &ApParameters<'_>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Vec<u8>), ApExchangeError> {
        let session_key = &credential.session_key;
        let subkey = if parameters.subkey {
            let key = Key::generate(session_key.enctype(), rng);
            Some(key.map_err(ApExchangeError::Subkey)?)
        } else {
            None
        };
        let mut flags = parameters.flags;
        flags.set(ContextFlags::MUTUAL, parameters.mutual);
        flags.set(ContextFlags::DELEG, parameters.delegation.is_some());
        let cksum = match parameters.framing {
            Framing::Raw => None,
            Framing::Gss => {
                let delegation = parameters
                    .delegation
                    .map(|forwarded| krb_cred::make(&[forwarded], session_key, now, rng).encode());
                let checksum = AuthenticatorChecksum {
                    channel_bindings: AuthenticatorChecksum::digest_of(
                        parameters.channel_bindings.as_ref(),
                    ),
                    flags,
                    delegation,
                    extensions: Vec::new(),
                };
                Some(checksum.encode().map_err(ApExchangeError::Checksum)?)
            }
        };
        let seq_number = sequence_number(rng);
        let negotiates = parameters.mutual && !parameters.enctypes.is_empty();
        let authenticator = Authenticator {
            authenticator_vno: 5,
            crealm: credential.client.realm.clone(),
            cname: credential.client.name.clone(),
            cksum,
            cusec: now.microseconds() as i32,
            ctime: now.time(),
            subkey: subkey.as_ref().map(Into::into),
            seq_number: Some(seq_number),
            authorization_data: negotiates
                .then(|| EtypeList(parameters.enctypes.clone()).to_authorization_data()),
        };
        let mut ap_options = ApOptions::NONE;
        ap_options.set(ApOptions::MUTUAL_REQUIRED, parameters.mutual);
        ap_options.set(ApOptions::USE_SESSION_KEY, parameters.use_session_key);
        let request = ApReq {
            pvno: 5,
            msg_type: 14,
            ap_options,
            ticket: credential.ticket.clone(),
            authenticator: EncryptedData {
                etype: session_key.enctype(),
                kvno: None,
                cipher: session_key.encrypt(
                    KeyUsage::AP_REQ_AUTHENTICATOR,
                    rng,
                    &authenticator.encode(),
                ),
            },
        };
        let token = match parameters.framing {
            Framing::Raw => request.encode(),
            Framing::Gss => ContextToken {
                mechanism: Mechanism::Kerberos,
                id: TokenId::ApReq,
                message: &request.encode(),
            }
            .encode(),
        };
        let exchange = Self {
            framing: parameters.framing,
            ctime: authenticator.ctime,
            cusec: authenticator.cusec,
            context: EstablishedContext {
                client: credential.client.clone(),
                server: credential.server.clone(),
                session_key: session_key.clone(),
                initiator_subkey: subkey,
                acceptor_subkey: None,
                flags,
                channel_bound: false,
                send_sequence: seq_number,
                receive_sequence: seq_number,
                endtime: credential.endtime,
            },
        };
        Ok((exchange, token))
    }

    /// The session at once, where no AP-REP was asked for.
    pub fn established(&self) -> Option<&EstablishedContext> {
        (!self.context.flags.contains(ContextFlags::MUTUAL)).then_some(&self.context)
    }

    /// Reads the acceptor's answer, an AP-REP.
    ///
    /// # Errors
    /// [`ApExchangeError`] when it is a KRB-ERROR or does not come from who opened the ticket.
    pub fn input(&self, token: &[u8]) -> Result<EstablishedContext, ApExchangeError> {
        let reply = match self.framing {
            Framing::Raw => read_message(token)?,
            Framing::Gss => {
                let token = ContextToken::decode(token).map_err(ApExchangeError::DefectiveToken)?;
                match token.id {
                    TokenId::ApRep => read_ap_rep(token.message)?,
                    TokenId::KrbError => return Err(read_krb_error(token.message)),
                    TokenId::ApReq => {
                        return Err(ApExchangeError::DefectiveToken(
                            TokenError::UnexpectedTokenId {
                                expected: TokenId::ApRep,
                                found: token.id,
                            },
                        ));
                    }
                }
            }
        };
        let session_key = &self.context.session_key;
        if reply.enc_part.etype != session_key.enctype() {
            return Err(ApExchangeError::Undecryptable);
        }
        let plain = session_key
            .decrypt(KeyUsage::AP_REP, &reply.enc_part.cipher)
            .map_err(|_| ApExchangeError::Undecryptable)?;
        let part = EncApRepPart::decode_padded(&plain).map_err(ApExchangeError::Malformed)?;
        if (part.ctime, part.cusec) != (self.ctime, self.cusec) {
            return Err(ApExchangeError::MutualFailed {
                sent: (self.ctime, self.cusec),
                received: (part.ctime, part.cusec),
            });
        }
        let subkey = part.subkey.as_ref().map(|subkey| subkey.key()).transpose();
        Ok(EstablishedContext {
            acceptor_subkey: subkey.map_err(ApExchangeError::Subkey)?,
            receive_sequence: part.seq_number.unwrap_or(0),
            ..self.context.clone()
        })
    }
}

fn read_message(message: &[u8]) -> Result<ApRep, ApExchangeError> {
    const KRB_ERROR: u8 = 0x60 | KrbError::APPLICATION;
    match message.first() {
        Some(&KRB_ERROR) => Err(read_krb_error(message)),
        _ => read_ap_rep(message),
    }
}

fn read_ap_rep(message: &[u8]) -> Result<ApRep, ApExchangeError> {
    ApRep::decode(message).map_err(ApExchangeError::Malformed)
}

fn read_krb_error(message: &[u8]) -> ApExchangeError {
    match KrbError::decode(message) {
        Ok(error) => ApExchangeError::Refused(error.into()),
        Err(error) => ApExchangeError::Malformed(error),
    }
}

/// Why an initiator has no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApExchangeError {
    /// The request cannot be put in a GSS token.
    Checksum(InvalidAuthenticatorChecksum),
    /// The answer is not a token of the Kerberos mechanism.
    DefectiveToken(TokenError),
    /// The answer or its encrypted part is malformed.
    Malformed(DecodeError),
    /// The AP-REP carries another time than the authenticator: it does not answer it.
    MutualFailed {
        /// The time sent, and its microseconds.
        sent: (KerberosTime, i32),
        /// The time received, and its microseconds.
        received: (KerberosTime, i32),
    },
    /// The acceptor refuses.
    Refused(Box<KrbError>),
    /// A subkey cannot exist.
    Subkey(InvalidKey),
    /// The session key does not open the AP-REP.
    Undecryptable,
}

impl ApExchangeError {
    /// The protocol code the dialect's initiator tells its user; Java reads no KRB-ERROR here and has none.
    pub fn code(&self, dialect: Dialect) -> Option<ErrorCode> {
        match self {
            Self::Refused(error) => (!dialect.is_java()).then_some(error.error_code),
            Self::MutualFailed { .. } => {
                (dialect != Dialect::Mit).then_some(ErrorCode::KRB_AP_ERR_MUT_FAIL)
            }
            Self::Undecryptable => {
                (!dialect.is_java()).then_some(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY)
            }
            Self::Checksum(_) | Self::DefectiveToken(_) | Self::Malformed(_) | Self::Subkey(_) => {
                None
            }
        }
    }

    /// The com_err number MIT's initiator returns; `None` where it is another library's.
    pub fn com_err(&self) -> Option<i32> {
        match self {
            Self::MutualFailed { .. } => Some(LibraryError::KRB5_MUTUAL_FAILED.0),
            _ => self.code(Dialect::Mit).and_then(ErrorCode::com_err),
        }
    }
}

impl fmt::Display for ApExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum(error) => write!(f, "{error}"),
            Self::DefectiveToken(error) => write!(f, "{error}"),
            Self::Malformed(error) => write!(f, "malformed answer: {error}"),
            Self::MutualFailed { sent, received } => write!(
                f,
                "the acceptor returned the time {} and {} us for {} and {} us",
                received.0, received.1, sent.0, sent.1
            ),
            Self::Refused(error) => write!(f, "the acceptor answered {}", error.error_code),
            Self::Subkey(error) => write!(f, "unusable subkey: {error}"),
            Self::Undecryptable => f.write_str("the session key does not open the AP-REP"),
        }
    }
}

impl std::error::Error for ApExchangeError {}
