//! The client's side of an exchange (MS-NLMP section 3.1).

use std::fmt;

use rand::CryptoRng;

use crate::context::SecurityContext;
use crate::hash::{Challenge, LmHash, NtHash};
use crate::level::{LmCompatibilityLevel, SentResponses};
use crate::messages::{
    AuthenticateMessage, AvFlags, AvId, ChallengeMessage, DecodeError, EncodeError, NegotiateFlags,
    NegotiateMessage, NtlmV2Response, TargetInfo, Version,
};
use crate::mic;
use crate::secret::{LmSessionKey, SessionKey};
use crate::session_keys::{KeyMaterial, Mode, exchange_key};
use crate::time::FileTime;

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// What it sends.
    pub level: LmCompatibilityLevel,
    /// Whether it asks for extended session security where its level does.
    pub extended_session_security: bool,
    /// What it asks for beyond what every client asks for: signatures, encryption, kinds of keys.
    pub flags: NegotiateFlags,
    /// Its machine's name.
    pub workstation: String,
    /// Its operating system, if it tells.
    pub version: Option<Version>,
    /// The MD5 of its channel bindings (MS-NLMP section 3.1.1.2), which NTLMv2 responses carry.
    pub channel_bindings: Option<[u8; 16]>,
    /// The principal name of the service it means to talk to, which NTLMv2 responses carry.
    pub target_name: Option<String>,
}

impl ClientConfig {
    /// What SSPI asks for when an application wants integrity and confidentiality.
    pub const SIGN_AND_SEAL: NegotiateFlags = NegotiateFlags::SIGN
        .with(NegotiateFlags::SEAL)
        .with(NegotiateFlags::KEY_EXCH)
        .with(NegotiateFlags::NEGOTIATE_128)
        .with(NegotiateFlags::NEGOTIATE_56);

    /// A client of a level that asks for signatures and encryption with the strongest keys.
    pub fn new(level: LmCompatibilityLevel, workstation: impl Into<String>) -> Self {
        Self {
            level,
            extended_session_security: true,
            flags: Self::SIGN_AND_SEAL,
            workstation: workstation.into(),
            version: Some(Version::WINDOWS_SERVER_2003),
            channel_bindings: None,
            target_name: None,
        }
    }

    /// What the NEGOTIATE_MESSAGE asks for (MS-NLMP section 3.1.5.1.1).
    fn asked(&self) -> NegotiateFlags {
        let extended =
            self.extended_session_security && self.level.asks_extended_session_security();
        self.flags
            .with(NegotiateFlags::UNICODE)
            .with(NegotiateFlags::OEM)
            .with(NegotiateFlags::REQUEST_TARGET)
            .with(NegotiateFlags::NTLM)
            .with(NegotiateFlags::ALWAYS_SIGN)
            .with_if(extended, NegotiateFlags::EXTENDED_SESSIONSECURITY)
            .with_if(
                self.level.sends() == SentResponses::LmAndNtlm,
                NegotiateFlags::LM_KEY,
            )
            .with_if(self.version.is_some(), NegotiateFlags::VERSION)
    }
}

/// Who a client says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody.
    Anonymous,
    /// A user with what became of the password.
    User {
        /// UserName.
        user: String,
        /// DomainName.
        domain: String,
        /// The NT hash.
        nt: NtHash,
        /// The LM hash, if the password has one.
        lm: Option<LmHash>,
    },
}

impl Credentials {
    /// A user with a clear password, whatever any policy says of stored hashes.
    pub fn from_password(user: &str, domain: &str, password: &str) -> Self {
        Self::User {
            user: user.to_owned(),
            domain: domain.to_owned(),
            nt: NtHash::from_password(password),
            lm: LmHash::from_password(password),
        }
    }
}

/// A client that waits for the challenge.
#[derive(Clone, Debug)]
pub struct Client {
    config: ClientConfig,
    credentials: Credentials,
    negotiate: Vec<u8>,
}

/// The last message of an exchange, and what the client has from then on.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The octets of the AUTHENTICATE_MESSAGE.
    pub message: Vec<u8>,
    /// Whether the message carries a MIC.
    pub carries_mic: bool,
    /// The session; none for an anonymous client (MS-NLMP section 3.4).
    pub context: Option<SecurityContext>,
}

impl Client {
    /// Begins an exchange, with the octets of the NEGOTIATE_MESSAGE.
    ///
    /// # Errors
    /// [`ClientError::Encode`] when a part does not fit.
    pub fn start(
        config: ClientConfig,
        credentials: Credentials,
    ) -> Result<(Self, Vec<u8>), ClientError> {
        let negotiate = NegotiateMessage {
            flags: config.asked(),
            domain: None,
            workstation: None,
            version: Some(config.version.unwrap_or(Version::UNKNOWN)),
        }
        .encode()?;
        let client = Self {
            config,
            credentials,
            negotiate: negotiate.clone(),
        };
        Ok((client, negotiate))
    }

    /// Answers the octets of a CHALLENGE_MESSAGE (MS-NLMP section 3.1.5.1.2).
    ///
    /// # Errors
    /// [`ClientError`] when the message is malformed or nothing can be agreed on.
    pub fn challenge(
        self,
        now: FileTime,
        rng: &mut dyn CryptoRng,
        message: &[u8],
    ) -> Result<Authenticated, ClientError> {
        let challenge = ChallengeMessage::decode(message)?;
        let asked = self.config.asked().with(NegotiateFlags::TARGET_INFO);
        let flags = asked
            .both(challenge.flags)
            .resolved()
            .with(NegotiateFlags::REQUEST_TARGET);
        if !flags.intersects(NegotiateFlags::UNICODE.with(NegotiateFlags::OEM)) {
            return Err(ClientError::NoCommonCharacterSet);
        }
        let Credentials::User {
            user,
            domain,
            nt,
            lm,
        } = &self.credentials
        else {
            return self.anonymous(flags);
        };
        let mut client_challenge = Challenge::default();
        rng.fill_bytes(&mut client_challenge);
        let exchange = Exchange {
            config: &self.config,
            flags,
            challenge: &challenge,
            client_challenge,
        };
        let responses = match self.config.level.sends() {
            SentResponses::NtlmV2 => exchange.ntlm_v2(now, nt, user, domain)?,
            SentResponses::LmAndNtlm => exchange.ntlm_v1(nt, lm.as_ref()),
            SentResponses::Ntlm => exchange.ntlm_v1(nt, None),
        };
        let key_exchange_key = KeyMaterial {
            ntlm_v2: self.config.level.sends() == SentResponses::NtlmV2,
            session_base_key: &responses.session_base_key,
            lm_key: &LmSessionKey::of(lm.as_ref()),
            lm_response: &responses.lm,
            server_challenge: &challenge.server_challenge,
        }
        .key_exchange_key(flags);
        let (exported, encrypted) = if flags.exchanges_key() {
            let mut key = zeroize::Zeroizing::new([0; 16]);
            rng.fill_bytes(&mut *key);
            let encrypted = exchange_key(&key_exchange_key, &key);
            (SessionKey::new(*key), encrypted.to_vec())
        } else {
            (key_exchange_key, Vec::new())
        };
        let mut authenticate = AuthenticateMessage {
            flags,
            lm_response: responses.lm,
            nt_response: responses.nt,
            domain: domain.clone(),
            user: user.clone(),
            workstation: self.config.workstation.clone(),
            encrypted_random_session_key: encrypted,
            version: Some(self.version(flags)),
            mic: responses.mic.then_some([0; 16]),
        };
        if responses.mic {
            let zero = authenticate.encode()?;
            let mic = mic::compute(&exported, &self.negotiate, message, &zero);
            authenticate.mic = Some(mic);
        }
        Ok(Authenticated {
            message: authenticate.encode()?,
            carries_mic: responses.mic,
            context: Some(SecurityContext::new(flags, exported, Mode::Client)),
        })
    }

    fn anonymous(&self, flags: NegotiateFlags) -> Result<Authenticated, ClientError> {
        let flags = flags
            .with(NegotiateFlags::ANONYMOUS)
            .without(NegotiateFlags::KEY_EXCH);
        let message = AuthenticateMessage {
            flags,
            lm_response: vec![0],
            nt_response: Vec::new(),
            domain: String::new(),
            user: String::new(),
            workstation: self.config.workstation.clone(),
            encrypted_random_session_key: Vec::new(),
            version: Some(self.version(flags)),
            mic: None,
        }
        .encode()?;
        Ok(Authenticated {
            message,
            carries_mic: false,
            context: None,
        })
    }

    fn version(&self, flags: NegotiateFlags) -> Version {
        self.config
            .version
            .filter(|_| flags.contains(NegotiateFlags::VERSION))
            .unwrap_or(Version::UNKNOWN)
    }
}

/// What responses are made of, besides the user.
struct Exchange<'a> {
    config: &'a ClientConfig,
    flags: NegotiateFlags,
    challenge: &'a ChallengeMessage,
    client_challenge: Challenge,
}

struct Responses {
    lm: Vec<u8>,
    nt: Vec<u8>,
    session_base_key: SessionKey,
    mic: bool,
}

impl Exchange<'_> {
    /// MS-NLMP section 3.3.1. Without an LM hash the LM response is a copy of the other.
    fn ntlm_v1(&self, nt: &NtHash, lm: Option<&LmHash>) -> Responses {
        let server = &self.challenge.server_challenge;
        let (lm, response) = if self
            .flags
            .contains(NegotiateFlags::EXTENDED_SESSIONSECURITY)
        {
            let mut lm = self.client_challenge.to_vec();
            lm.resize(24, 0);
            (lm, nt.session_response(server, &self.client_challenge))
        } else {
            let response = nt.response(server);
            let lm = lm.map_or(response, |lm| lm.response(server));
            (lm.to_vec(), response)
        };
        Responses {
            lm,
            nt: response.to_vec(),
            session_base_key: nt.session_base_key(),
            mic: false,
        }
    }

    /// MS-NLMP section 3.3.2. A server that tells its time gets it back, a MIC, and no LMv2 response.
    fn ntlm_v2(
        &self,
        now: FileTime,
        nt: &NtHash,
        user: &str,
        domain: &str,
    ) -> Result<Responses, ClientError> {
        let server = &self.challenge.server_challenge;
        let hash = nt.ntlm_v2(user, domain);
        let mut target_info = TargetInfo::default();
        let mut mic = false;
        if let Some(sent) = &self.challenge.target_info {
            target_info = sent.clone();
            mic = sent.timestamp().is_some();
            if mic {
                let flags = target_info.flags().0 | AvFlags::MIC_PROVIDED.0;
                target_info.set_flags(AvFlags(flags));
            }
            if let Some(hash) = self.config.channel_bindings {
                target_info.set_channel_bindings(hash);
            }
            if let Some(name) = &self.config.target_name {
                target_info.set_name(AvId::TARGET_NAME, name);
            }
        }
        let time = target_info.timestamp().unwrap_or(now);
        let response =
            NtlmV2Response::compute(&hash, server, self.client_challenge, time, target_info)?;
        let lm = if mic {
            [0; 24]
        } else {
            hash.lm_response(server, &self.client_challenge)
        };
        Ok(Responses {
            lm: lm.to_vec(),
            nt: response.encode()?,
            session_base_key: hash.session_base_key(&response.proof),
            mic,
        })
    }
}

/// Why a client does not authenticate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The challenge is malformed.
    Decode(DecodeError),
    /// The client's message cannot be written.
    Encode(EncodeError),
    /// The server wants neither Unicode nor OEM strings.
    NoCommonCharacterSet,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::NoCommonCharacterSet => f.write_str("the server has no character set for us"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<DecodeError> for ClientError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for ClientError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}
