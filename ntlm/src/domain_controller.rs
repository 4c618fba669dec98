//! What a domain controller knows and answers when a server asks it about a network logon (MS-NRPC section
//! 3.5.4.5, MS-APDS section 3.1.5).

use std::fmt;

use crate::hash::{Challenge, LmHash, NtHash, NtlmV2Hash};
use crate::level::{LmCompatibilityLevel, ResponseKind};
use crate::messages::NtlmV2Response;
use crate::nt_status::NtStatus;
use crate::primitives::equal;
use crate::secret::{LmSessionKey, SessionKey};

/// What a server asks a domain controller (NETLOGON_NETWORK_INFO, MS-NRPC section 2.2.1.4.5). `Debug` leaves
/// out the responses, from which a password can be guessed.
#[derive(Clone, PartialEq, Eq)]
pub struct NetworkLogon {
    /// The user, as the client wrote the name.
    pub user: String,
    /// The domain, as the client wrote the name.
    pub domain: String,
    /// The client's machine, as the client wrote the name.
    pub workstation: String,
    /// The challenge the server gave the client.
    pub server_challenge: Challenge,
    /// Whether an NTLMv1 response answers the client's challenge as well, which is in the LM response
    /// (MSV1_0_USE_CLIENT_CHALLENGE of the ParameterControl).
    pub use_client_challenge: bool,
    /// LmChallengeResponse.
    pub lm_response: Vec<u8>,
    /// NtChallengeResponse.
    pub nt_response: Vec<u8>,
}

impl fmt::Debug for NetworkLogon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkLogon")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .field("workstation", &self.workstation)
            .finish_non_exhaustive()
    }
}

/// What is stored of an account's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHashes {
    /// The NT hash.
    pub nt: NtHash,
    /// The LM hash, if the password has one and the policy let it be stored.
    pub lm: Option<LmHash>,
}

impl StoredHashes {
    /// What is stored when a password is set. With `no_lm_hash`, "Do not store LAN Manager hash value on next
    /// password change", there is no LM hash until the password is set again (catalogue S001-0).
    pub fn from_password(password: &str, no_lm_hash: bool) -> Self {
        Self {
            nt: NtHash::from_password(password),
            lm: LmHash::from_password(password).filter(|_| !no_lm_hash),
        }
    }

    fn lm_key(&self) -> LmSessionKey {
        match &self.lm {
            Some(lm) => lm.session_key(),
            None => LmSessionKey::new([0; 8]),
        }
    }
}

/// What a domain controller returns of a successful logon (NETLOGON_VALIDATION_SAM_INFO, MS-NRPC section
/// 2.2.1.4.11): all a server gets to derive its keys from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogonKeys {
    /// UserSessionKey: SessionBaseKey.
    pub user_session_key: SessionKey,
    /// LmKey: the first half of the stored LM hash, zeros when none is stored.
    pub lm_key: LmSessionKey,
}

/// A logon that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// Which response it was that succeeded.
    pub kind: ResponseKind,
    /// The answer.
    pub keys: LogonKeys,
}

/// Checks a logon against an account, `None` being one that does not exist. Where there is an NT response it
/// alone counts (Samba, `ntlm_password_check`).
///
/// # Errors
/// [`LogonRefusal`] when the account does not exist, the level refuses the kind of response, or the response
/// is not that of the password.
pub fn verify(
    logon: &NetworkLogon,
    account: Option<&StoredHashes>,
    level: LmCompatibilityLevel,
) -> Result<Validation, LogonRefusal> {
    let account = account.ok_or_else(|| LogonRefusal::NoSuchUser {
        user: logon.user.clone(),
    })?;
    let (kind, user_session_key) = if logon.nt_response.is_empty() {
        verify_lm_response(logon, account)?
    } else {
        verify_nt_response(logon, account)?
    };
    if !level.accepts(kind) {
        return Err(LogonRefusal::RefusedByLevel { level, kind });
    }
    Ok(Validation {
        kind,
        keys: LogonKeys {
            user_session_key,
            lm_key: account.lm_key(),
        },
    })
}

type Verified = Result<(ResponseKind, SessionKey), LogonRefusal>;

fn verify_nt_response(logon: &NetworkLogon, account: &StoredHashes) -> Verified {
    let response = &logon.nt_response[..];
    if response.len() >= NtlmV2Response::MIN_LEN {
        let kind = ResponseKind::NtlmV2;
        let (proof, temp) = response.split_first_chunk().unwrap_or((&[0; 16], &[]));
        return ntlm_v2_hashes(logon, account)
            .find(|hash| equal(&hash.proof(&logon.server_challenge, temp), proof))
            .map(|hash| (kind, hash.session_base_key(proof)))
            .ok_or(LogonRefusal::WrongPassword { kind });
    }
    if response.len() != 24 {
        let length = response.len();
        return Err(LogonRefusal::MalformedResponse { length });
    }
    let client = logon.lm_response.first_chunk();
    let (kind, expected) = match client.filter(|_| logon.use_client_challenge) {
        Some(client) => (
            ResponseKind::Ntlm2Session,
            account.nt.session_response(&logon.server_challenge, client),
        ),
        None => (
            ResponseKind::Ntlm,
            account.nt.response(&logon.server_challenge),
        ),
    };
    if equal(&expected, response) {
        Ok((kind, account.nt.session_base_key()))
    } else {
        Err(LogonRefusal::WrongPassword { kind })
    }
}

/// The LM field by itself holds an LM, an LMv2 or an NTLMv1 response.
fn verify_lm_response(logon: &NetworkLogon, account: &StoredHashes) -> Verified {
    let server = &logon.server_challenge;
    let response: &[u8; 24] = match logon.lm_response[..].try_into() {
        Ok(response) => response,
        Err(_) => {
            let length = logon.lm_response.len();
            return Err(LogonRefusal::MalformedResponse { length });
        }
    };
    if let Some(lm) = &account.lm
        && equal(&lm.response(server), response)
    {
        return Ok((ResponseKind::Lm, lm.user_session_key()));
    }
    let (proof, client) = response
        .split_first_chunk()
        .and_then(|(proof, rest)| Some((proof, rest.first_chunk()?)))
        .unwrap_or((&[0; 16], &[0; 8]));
    if let Some(hash) = ntlm_v2_hashes(logon, account)
        .find(|hash| equal(&hash.lm_response(server, client), response))
    {
        return Ok((ResponseKind::LmV2, hash.session_base_key(proof)));
    }
    if equal(&account.nt.response(server), response) {
        return Ok((ResponseKind::Ntlm, account.nt.session_base_key()));
    }
    Err(LogonRefusal::WrongPassword {
        kind: ResponseKind::Lm,
    })
}

/// The hash for the domain as the client wrote it, then for none (MS-NLMP section 3.2.5.1.2).
fn ntlm_v2_hashes(
    logon: &NetworkLogon,
    account: &StoredHashes,
) -> impl Iterator<Item = NtlmV2Hash> {
    [&logon.domain[..], ""]
        .into_iter()
        .map(|domain| account.nt.ntlm_v2(&logon.user, domain))
}

/// Why a domain controller refuses a logon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogonRefusal {
    /// What counts of the responses has a length that no response has.
    MalformedResponse {
        /// Its octets.
        length: usize,
    },
    /// There is no such account.
    NoSuchUser {
        /// The user asked for.
        user: String,
    },
    /// The response is that of the password, and the domain controller's level refuses its kind.
    RefusedByLevel {
        /// The level.
        level: LmCompatibilityLevel,
        /// What the response is.
        kind: ResponseKind,
    },
    /// The response is not that of the password.
    WrongPassword {
        /// What the response is, as far as its form tells.
        kind: ResponseKind,
    },
}

impl LogonRefusal {
    /// What the server is told. Only the cause tells a refused kind of response from a wrong password.
    pub fn status(&self) -> NtStatus {
        match self {
            Self::NoSuchUser { .. } => NtStatus::NO_SUCH_USER,
            Self::MalformedResponse { .. }
            | Self::RefusedByLevel { .. }
            | Self::WrongPassword { .. } => NtStatus::WRONG_PASSWORD,
        }
    }
}

impl fmt::Display for LogonRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedResponse { length } => write!(f, "no response has {length} octets"),
            Self::NoSuchUser { user } => write!(f, "there is no account {user}"),
            Self::RefusedByLevel { level, kind } => {
                write!(f, "level {level} refuses {kind} responses")
            }
            Self::WrongPassword { kind } => {
                write!(f, "the {kind} response is not that of the password")
            }
        }
    }
}

impl std::error::Error for LogonRefusal {}
