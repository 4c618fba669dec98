//! The server's side of an exchange (MS-NLMP section 3.2). It knows no passwords: it asks a domain controller
//! and derives its keys from nothing but the answer.

use std::fmt;

use rand::CryptoRng;

use crate::context::SecurityContext;
use crate::domain_controller::{LogonKeys, NetworkLogon};
use crate::hash::Challenge;
use crate::messages::{
    AuthenticateMessage, AvFlags, ChallengeMessage, DecodeError, EncodeError, NegotiateFlags,
    NegotiateMessage, NtlmV2Response, TargetInfo, Version,
};
use crate::mic;
use crate::nt_status::NtStatus;
use crate::secret::SessionKey;
use crate::session_keys::{KeyMaterial, Mode, exchange_key};
use crate::time::FileTime;

/// Whose accounts a server authenticates against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Those of its domain.
    Domain(String),
    /// Its own.
    Server(String),
}

/// How a server behaves.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// What it is called in the challenge.
    pub target: Target,
    /// What it tells of its names.
    pub target_info: TargetInfo,
    /// Whether it tells its time, as Windows does since Vista. NTLMv2 clients answer with a MIC.
    pub tells_time: bool,
    /// What it grants if asked for.
    pub supported: NegotiateFlags,
    /// Its operating system, if it tells.
    pub version: Option<Version>,
    /// The MD5 of the channel bindings that NTLMv2 responses must carry (MS-NLMP section 3.2.1.2).
    pub channel_bindings: Option<[u8; 16]>,
}

impl ServerConfig {
    /// A server of Windows Server 2003 that grants whatever it is asked for.
    pub fn new(target: Target, target_info: TargetInfo) -> Self {
        Self {
            target,
            target_info,
            tells_time: false,
            supported: NegotiateFlags::from_bits(u32::MAX),
            version: Some(Version::WINDOWS_SERVER_2003),
            channel_bindings: None,
        }
    }

    /// What a client gets of what it asks for (MS-NLMP section 3.2.5.1.1).
    fn granted(&self, asked: NegotiateFlags) -> NegotiateFlags {
        const STRENGTH: NegotiateFlags = NegotiateFlags::NEGOTIATE_128
            .with(NegotiateFlags::NEGOTIATE_56)
            .with(NegotiateFlags::KEY_EXCH);
        let flags = asked.both(NEGOTIABLE).both(self.supported).resolved();
        let flags = if flags.intersects(NegotiateFlags::SIGN.with(NegotiateFlags::SEAL)) {
            flags
        } else {
            flags.without(STRENGTH)
        };
        let target_type = match self.target {
            Target::Domain(_) => NegotiateFlags::TARGET_TYPE_DOMAIN,
            Target::Server(_) => NegotiateFlags::TARGET_TYPE_SERVER,
        };
        flags
            .with_if(
                flags.contains(NegotiateFlags::VERSION) && self.version.is_some(),
                NegotiateFlags::VERSION,
            )
            .with_if(
                flags.contains(NegotiateFlags::REQUEST_TARGET),
                target_type.with(NegotiateFlags::TARGET_INFO),
            )
    }
}

/// What client and server negotiate. The rest says something of one message.
const NEGOTIABLE: NegotiateFlags = NegotiateFlags::UNICODE
    .with(NegotiateFlags::OEM)
    .with(NegotiateFlags::REQUEST_TARGET)
    .with(NegotiateFlags::SIGN)
    .with(NegotiateFlags::SEAL)
    .with(NegotiateFlags::LM_KEY)
    .with(NegotiateFlags::NTLM)
    .with(NegotiateFlags::ALWAYS_SIGN)
    .with(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .with(NegotiateFlags::IDENTIFY)
    .with(NegotiateFlags::REQUEST_NON_NT_SESSION_KEY)
    .with(NegotiateFlags::VERSION)
    .with(NegotiateFlags::NEGOTIATE_128)
    .with(NegotiateFlags::KEY_EXCH)
    .with(NegotiateFlags::NEGOTIATE_56);

/// A server that has sent its challenge.
#[derive(Clone, Debug)]
pub struct Server {
    channel_bindings: Option<[u8; 16]>,
    flags: NegotiateFlags,
    server_challenge: Challenge,
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
}

/// What a server does next.
#[derive(Clone, Debug)]
pub enum ServerStep {
    /// The client does not say who it is. Whether that will do is the application's business; there is no session
    /// security (MS-NLMP section 3.4).
    Anonymous {
        /// The client's machine, as it says.
        workstation: String,
    },
    /// A domain controller has to be asked.
    Logon(Box<PendingLogon>),
}

/// A server that waits for a domain controller.
#[derive(Clone, Debug)]
pub struct PendingLogon {
    request: NetworkLogon,
    flags: NegotiateFlags,
    encrypted_random_session_key: Vec<u8>,
    mic: Option<PendingMic>,
}

/// A MIC, and the messages it covers.
#[derive(Clone)]
struct PendingMic {
    mic: [u8; 16],
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
    authenticate: Vec<u8>,
}

/// The responses in the last message stay unseen.
impl fmt::Debug for PendingMic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingMic").finish_non_exhaustive()
    }
}

/// A client that is let in.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// UserName.
    pub user: String,
    /// DomainName.
    pub domain: String,
    /// The client's machine, as it says.
    pub workstation: String,
    /// The session.
    pub context: SecurityContext,
}

impl Server {
    /// Answers the octets of a NEGOTIATE_MESSAGE with those of a CHALLENGE_MESSAGE (MS-NLMP section
    /// 3.2.5.1.1).
    ///
    /// # Errors
    /// [`ServerError`] when the message is malformed or nothing can be agreed on.
    pub fn start(
        config: &ServerConfig,
        now: FileTime,
        rng: &mut dyn CryptoRng,
        message: &[u8],
    ) -> Result<(Self, Vec<u8>), ServerError> {
        let negotiate = NegotiateMessage::decode(message)?;
        let flags = config.granted(negotiate.flags);
        if !flags.intersects(NegotiateFlags::UNICODE.with(NegotiateFlags::OEM)) {
            return Err(ServerError::NoCommonCharacterSet);
        }
        let mut server_challenge = Challenge::default();
        rng.fill_bytes(&mut server_challenge);
        let (target_name, target_info) = if flags.contains(NegotiateFlags::TARGET_INFO) {
            let (Target::Domain(name) | Target::Server(name)) = &config.target;
            let mut target_info = config.target_info.clone();
            if config.tells_time {
                target_info.set_timestamp(now);
            }
            (name.clone(), Some(target_info))
        } else {
            (String::new(), None)
        };
        let version = config
            .version
            .filter(|_| flags.contains(NegotiateFlags::VERSION));
        let challenge = ChallengeMessage {
            flags,
            target_name,
            server_challenge,
            target_info,
            version: Some(version.unwrap_or(Version::UNKNOWN)),
        }
        .encode()?;
        let server = Self {
            channel_bindings: config.channel_bindings,
            flags,
            server_challenge,
            negotiate: message.to_vec(),
            challenge: challenge.clone(),
        };
        Ok((server, challenge))
    }

    /// Takes the octets of an AUTHENTICATE_MESSAGE (MS-NLMP section 3.2.5.1.2).
    ///
    /// # Errors
    /// [`ServerError`] when the message is malformed, or lacks what this server or its own flags demand.
    pub fn authenticate(self, message: &[u8]) -> Result<ServerStep, ServerError> {
        let authenticate = AuthenticateMessage::decode(message)?;
        let flags = self.flags.both(authenticate.flags).resolved();
        if authenticate.is_anonymous() {
            return Ok(ServerStep::Anonymous {
                workstation: authenticate.workstation,
            });
        }
        let own = if authenticate.nt_response.len() > 24 {
            NtlmV2Response::decode(&authenticate.nt_response)?.target_info
        } else {
            TargetInfo::default()
        };
        if self.channel_bindings.is_some() && own.channel_bindings() != self.channel_bindings {
            return Err(ServerError::ChannelBindingsMismatch);
        }
        let mic = if own.flags().contains(AvFlags::MIC_PROVIDED) {
            Some(PendingMic {
                mic: authenticate.mic.ok_or(ServerError::MicMissing)?,
                negotiate: self.negotiate,
                challenge: self.challenge,
                authenticate: message.to_vec(),
            })
        } else {
            None
        };
        Ok(ServerStep::Logon(Box::new(PendingLogon {
            request: NetworkLogon {
                user: authenticate.user,
                domain: authenticate.domain,
                workstation: authenticate.workstation,
                server_challenge: self.server_challenge,
                use_client_challenge: flags.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY),
                lm_response: authenticate.lm_response,
                nt_response: authenticate.nt_response,
            },
            flags,
            encrypted_random_session_key: authenticate.encrypted_random_session_key,
            mic,
        })))
    }
}

impl PendingLogon {
    /// What to ask the domain controller.
    pub fn request(&self) -> &NetworkLogon {
        &self.request
    }

    /// Whether the AUTHENTICATE_MESSAGE carries a MIC.
    pub fn carries_mic(&self) -> bool {
        self.mic.is_some()
    }

    /// Takes the domain controller's answer. Keys that are not the client's do not show here, unless the client
    /// sent a MIC: they show at the first message that is signed or sealed.
    ///
    /// # Errors
    /// [`ServerError`] when the logon is refused, the exchanged key has a wrong length or the MIC does not
    /// verify.
    pub fn finish(self, answer: Result<&LogonKeys, NtStatus>) -> Result<Accepted, ServerError> {
        let keys = answer.map_err(ServerError::Refused)?;
        let key_exchange_key = KeyMaterial {
            ntlm_v2: self.request.nt_response.len() > 24,
            session_base_key: &keys.user_session_key,
            lm_key: &keys.lm_key,
            lm_response: &self.request.lm_response,
            server_challenge: &self.request.server_challenge,
        }
        .key_exchange_key(self.flags);
        let exported = if self.flags.exchanges_key() {
            let encrypted: &[u8] = &self.encrypted_random_session_key;
            let encrypted = encrypted
                .try_into()
                .map_err(|_| ServerError::WrongKeyLength {
                    actual: encrypted.len(),
                })?;
            SessionKey::new(exchange_key(&key_exchange_key, encrypted))
        } else {
            key_exchange_key
        };
        if let Some(pending) = &self.mic {
            let computed = mic::compute(
                &exported,
                &pending.negotiate,
                &pending.challenge,
                &pending.authenticate,
            );
            if !mic::verify(&pending.mic, &computed) {
                return Err(ServerError::MicMismatch);
            }
        }
        Ok(Accepted {
            user: self.request.user,
            domain: self.request.domain,
            workstation: self.request.workstation,
            context: SecurityContext::new(self.flags, exported, Mode::Server),
        })
    }
}

/// Why a server does not let a client in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerError {
    /// The NTLMv2 response carries other channel bindings than the server's, or none.
    ChannelBindingsMismatch,
    /// A message is malformed.
    Decode(DecodeError),
    /// The challenge cannot be written.
    Encode(EncodeError),
    /// The messages are not those the client saw, or the two sides have different keys.
    MicMismatch,
    /// The NTLMv2 response promises a MIC and the message has no room for it.
    MicMissing,
    /// The client wants neither Unicode nor OEM strings.
    NoCommonCharacterSet,
    /// The domain controller refuses the logon, or there is none to ask.
    Refused(NtStatus),
    /// EncryptedRandomSessionKey has not 16 octets although it was negotiated.
    WrongKeyLength {
        /// What it has.
        actual: usize,
    },
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChannelBindingsMismatch => {
                f.write_str("the channel bindings are not the server's")
            }
            Self::Decode(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::MicMismatch => f.write_str("the MIC over the messages does not verify"),
            Self::MicMissing => f.write_str("the MIC that the response promises is missing"),
            Self::NoCommonCharacterSet => f.write_str("the client has no character set for us"),
            Self::Refused(status) => write!(f, "the logon was refused with {status}"),
            Self::WrongKeyLength { actual } => {
                write!(f, "the exchanged key has {actual} octets, not 16")
            }
        }
    }
}

impl std::error::Error for ServerError {}

impl From<DecodeError> for ServerError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for ServerError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}
