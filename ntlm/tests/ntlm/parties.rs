//! Client, server and domain controller with the common values of MS-NLMP section 4.2.1.

use std::convert::Infallible;

use kdclab_ntlm::messages::{AvId, TargetInfo};
use kdclab_ntlm::{
    Accepted, Authenticated, Challenge, Client, ClientConfig, Credentials, FileTime,
    LmCompatibilityLevel, LogonRefusal, SecurityContext, Server, ServerConfig, ServerError,
    ServerStep, StoredHashes, Target, Validation, verify,
};
use rand::{TryCryptoRng, TryRng};

pub(crate) const USER: &str = "User";
pub(crate) const DOMAIN: &str = "Domain";
pub(crate) const PASSWORD: &str = "Password";
pub(crate) const WORKSTATION: &str = "COMPUTER";
pub(crate) const SERVER_CHALLENGE: Challenge = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
pub(crate) const CLIENT_CHALLENGE: Challenge = [0xaa; 8];
pub(crate) const RANDOM_SESSION_KEY: [u8; 16] = [0x55; 16];
pub(crate) const TIME: FileTime = FileTime(0);

/// Gives out what it is told to, piece by piece; a piece of another length is a bug of the test.
pub(crate) struct Script(Vec<Vec<u8>>);

impl Script {
    pub(crate) fn new(pieces: &[&[u8]]) -> Self {
        Self(pieces.iter().rev().map(|piece| piece.to_vec()).collect())
    }

    pub(crate) fn server() -> Self {
        Self::new(&[&SERVER_CHALLENGE])
    }

    pub(crate) fn client() -> Self {
        Self::new(&[&CLIENT_CHALLENGE, &RANDOM_SESSION_KEY])
    }
}

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unimplemented!("NTLM asks for octets")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unimplemented!("NTLM asks for octets")
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        octets.copy_from_slice(&self.0.pop().expect("one piece more"));
        Ok(())
    }
}

impl TryCryptoRng for Script {}

pub(crate) fn target_info() -> TargetInfo {
    let mut target_info = TargetInfo::default();
    target_info.set_name(AvId::NB_DOMAIN_NAME, DOMAIN);
    target_info.set_name(AvId::NB_COMPUTER_NAME, "Server");
    target_info
}

/// Everything that can differ between two exchanges.
#[derive(Clone)]
pub(crate) struct Parties {
    pub(crate) client: ClientConfig,
    pub(crate) credentials: Credentials,
    pub(crate) server: ServerConfig,
    pub(crate) account: Option<StoredHashes>,
    pub(crate) domain_controller: LmCompatibilityLevel,
}

/// What came of an exchange.
pub(crate) struct Outcome {
    pub(crate) negotiate: Vec<u8>,
    pub(crate) challenge: Vec<u8>,
    pub(crate) authenticate: Vec<u8>,
    pub(crate) client: SecurityContext,
    pub(crate) validation: Result<Validation, LogonRefusal>,
    pub(crate) accepted: Result<Accepted, ServerError>,
}

impl Parties {
    /// One password at both ends, extended session security or not, and a domain controller that accepts
    /// everything.
    pub(crate) fn new(level: LmCompatibilityLevel, password: &str, extended: bool) -> Self {
        let mut client = ClientConfig::new(level, WORKSTATION);
        client.extended_session_security = extended;
        Self {
            client,
            credentials: Credentials::from_password(USER, DOMAIN, password),
            server: ServerConfig::new(Target::Server("Server".to_owned()), target_info()),
            account: Some(StoredHashes::from_password(password, false)),
            domain_controller: LmCompatibilityLevel::Level0,
        }
    }

    pub(crate) fn exchange(&self) -> Outcome {
        self.exchange_with(|_| {})
    }

    /// An exchange in which somebody changes the last message on its way.
    pub(crate) fn exchange_with(&self, meddle: impl FnOnce(&mut Vec<u8>)) -> Outcome {
        let (client, negotiate) =
            Client::start(self.client.clone(), self.credentials.clone()).unwrap();
        let (server, challenge) =
            Server::start(&self.server, TIME, &mut Script::server(), &negotiate).unwrap();
        let Authenticated {
            mut message,
            context,
            ..
        } = client
            .challenge(TIME, &mut Script::client(), &challenge)
            .unwrap();
        meddle(&mut message);
        let ServerStep::Logon(pending) = server.authenticate(&message).unwrap() else {
            panic!("not anonymous");
        };
        let account = self.account.as_ref();
        let validation = verify(pending.request(), account, self.domain_controller);
        let answer = match &validation {
            Ok(validation) => Ok(&validation.keys),
            Err(refusal) => Err(refusal.status()),
        };
        Outcome {
            negotiate,
            challenge,
            authenticate: message,
            client: context.unwrap(),
            accepted: pending.finish(answer),
            validation,
        }
    }
}
