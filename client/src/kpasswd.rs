//! The client's side of the password protocol (RFC 3244).

use std::fmt;
use std::net::IpAddr;

use kdclab_proto::messages::{
    ChangePasswdData, HostAddress, KpasswdCode, KpasswdFrameError, KpasswdReply, KpasswdRequest,
    KpasswdResult, KpasswdVersion, KrbError,
};
use kdclab_proto::{Principal, Timestamp};
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::session::{Session, SessionError, SessionOptions};
use crate::{
    Answer, ApExchange, ApExchangeError, ApParameters, ClientError, Credential, EstablishedContext,
    KdcUnreachable, Step,
};

/// What a request for a new password asks. The password does not show in `Debug`.
#[derive(Clone)]
pub struct KpasswdParameters {
    /// Whose password it is; `None` is the client's own. A request that names somebody has version
    /// 0xff80.
    pub target: Option<Principal>,
    /// The address of this host, which the request names.
    pub address: IpAddr,
    new_password: Zeroizing<Vec<u8>>,
}

impl KpasswdParameters {
    /// A new password for the client itself.
    pub fn change(new_password: &str, address: IpAddr) -> Self {
        Self {
            target: None,
            address,
            new_password: Zeroizing::new(new_password.as_bytes().to_vec()),
        }
    }

    /// A new password for `target`.
    pub fn set(target: Principal, new_password: &str, address: IpAddr) -> Self {
        Self {
            target: Some(target),
            ..Self::change(new_password, address)
        }
    }

    fn data(&self) -> Zeroizing<Vec<u8>> {
        match &self.target {
            None => self.new_password.clone(),
            Some(_) => {
                let data = ChangePasswdData {
                    new_password: self.new_password.clone(),
                    target: self.target.clone(),
                };
                Zeroizing::new(data.encode())
            }
        }
    }
}

impl fmt::Debug for KpasswdParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KpasswdParameters")
            .field("target", &self.target)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// A request for a new password that waits for its answer.
#[derive(Clone, Debug)]
pub struct KpasswdExchange {
    exchange: ApExchange,
    options: SessionOptions,
}

impl KpasswdExchange {
    /// Makes the request. `credential` is one for `kadmin/changepw`, from an AS exchange.
    ///
    /// # Errors
    /// [`ClientError::PasswordNotChanged`] when the request cannot be made.
    pub fn start(
        credential: &Credential,
        parameters: &KpasswdParameters,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Step<()>), ClientError> {
        let (exchange, ap_req) = ApExchange::start(credential, &ApParameters::raw(), now, rng)
            .map_err(KpasswdFailure::Ap)?;
        let options = SessionOptions {
            local: HostAddress::from(parameters.address),
            remote: None,
            sequence: true,
            clockskew: None,
        };
        // Without mutual authentication the session is there at once.
        let context = exchange.established().ok_or(KpasswdFailure::NoResult)?;
        let mut session = Session::new(context, options.clone());
        let request = KpasswdRequest {
            version: match parameters.target {
                None => KpasswdVersion::Change,
                Some(_) => KpasswdVersion::Set,
            },
            ap_req,
            krb_priv: session.make_priv(now, rng, &parameters.data()),
        };
        let bytes = request.encode().map_err(KpasswdFailure::Frame)?;
        let realm = credential.server.realm.clone();
        let this = Self { exchange, options };
        Ok((this, Step::Send { realm, bytes }))
    }

    /// Takes the answer.
    pub fn input(&self, now: Timestamp, answer: Answer<'_>) -> Step<()> {
        match self.read(now, answer) {
            Ok(()) => Step::Done(()),
            Err(error) => Step::Failed(error),
        }
    }

    fn read(&self, now: Timestamp, answer: Answer<'_>) -> Result<(), ClientError> {
        let bytes = answer.map_err(KpasswdFailure::Unreachable)?;
        let result = self.result(now, bytes)?;
        if result.code == KpasswdCode::SUCCESS {
            Ok(())
        } else {
            Err(KpasswdFailure::Refused(result).into())
        }
    }

    fn result(&self, now: Timestamp, bytes: &[u8]) -> Result<KpasswdResult, KpasswdFailure> {
        let reply = KpasswdReply::decode(bytes).map_err(KpasswdFailure::Frame)?;
        if reply.ap_rep.is_empty() {
            let error = KrbError::decode(&reply.message)
                .map_err(|error| KpasswdFailure::Ap(ApExchangeError::Malformed(error)))?;
            let result = error.e_data.as_deref().and_then(KpasswdResult::decode);
            // Nobody vouches for this message, so it changes nothing to believe it.
            return match result {
                Some(result) if result.code != KpasswdCode::SUCCESS => Ok(result),
                _ => Err(KpasswdFailure::Ap(ApExchangeError::Refused(Box::new(
                    error,
                )))),
            };
        }
        let context = self
            .exchange
            .input(&reply.ap_rep)
            .map_err(KpasswdFailure::Ap)?;
        let data = self.open(&context, now, &reply.message)?;
        KpasswdResult::decode(&data).ok_or(KpasswdFailure::NoResult)
    }

    fn open(
        &self,
        context: &EstablishedContext,
        now: Timestamp,
        message: &[u8],
    ) -> Result<Vec<u8>, KpasswdFailure> {
        let mut session = Session::new(context, self.options.clone());
        session
            .read_priv(now, message)
            .map_err(KpasswdFailure::Session)
    }
}

/// Why a password is not changed although the service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KpasswdFailure {
    /// The session with the service does not stand.
    Ap(ApExchangeError),
    /// The answer is no message of the password protocol, or the request does not fit into one.
    Frame(KpasswdFrameError),
    /// The answer holds no result.
    NoResult,
    /// The service refuses.
    Refused(KpasswdResult),
    /// The result is not from the service, or not in order.
    Session(SessionError),
    /// No password service answered.
    Unreachable(KdcUnreachable),
}

impl fmt::Display for KpasswdFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ap(error) => error.fmt(f),
            Self::Frame(error) => error.fmt(f),
            Self::NoResult => f.write_str("the answer holds no result"),
            Self::Refused(result) => {
                write!(f, "the password service refused with {}", result.code.0)?;
                if result.text.is_empty() {
                    Ok(())
                } else {
                    write!(f, ", {}", result.text)
                }
            }
            Self::Session(error) => error.fmt(f),
            Self::Unreachable(failures) => {
                write!(f, "no password service answered: {failures}")
            }
        }
    }
}

impl From<KpasswdFailure> for ClientError {
    fn from(failure: KpasswdFailure) -> Self {
        Self::PasswordNotChanged(Box::new(failure))
    }
}
