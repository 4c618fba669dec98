//! The exchange with a KDC that a client is in the middle of.

use kdclab_client::{
    Answer, AsExchange, AsOutcome, AsParameters, ClientConfig, ClientError, Credential,
    KpasswdExchange, KpasswdParameters, S4u2SelfExchange, S4u2SelfParameters, Step, TgsExchange,
    TgsParameters, TgsPurpose,
};
use kdclab_proto::Timestamp;
use rand::CryptoRng;

use super::delivery::Service;

/// An exchange of either kind, which a client brings answers to until it has a [`Got`].
pub(super) enum KdcExchange {
    As(AsExchange),
    ForUser(S4u2SelfExchange),
    Kpasswd(KpasswdExchange),
    Renewal(TgsExchange),
    Tgs(TgsExchange),
}

/// What an exchange got.
pub(super) enum Got {
    /// A user's ticket to the service that asked for it.
    ForUser(Credential),
    /// A new password.
    Password,
    /// A new cache.
    Login(AsOutcome),
    /// The ticket-granting ticket with a new life.
    Renewed(Credential),
    /// A service ticket, behind the tickets for other realms on the way to it.
    Tickets(Vec<Credential>),
}

impl KdcExchange {
    pub(super) fn log_in(
        config: &ClientConfig,
        parameters: AsParameters,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Step<Got>) {
        let (exchange, step) = AsExchange::start(config, parameters, now, rng);
        (Self::As(exchange), map(step, Got::Login))
    }

    pub(super) fn with_ticket(
        config: &ClientConfig,
        ticket: &Credential,
        cached: &[Credential],
        parameters: TgsParameters,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Step<Got>) {
        let renews = parameters.purpose == TgsPurpose::Renew;
        let (exchange, step) = TgsExchange::start(config, ticket, cached, parameters, now, rng);
        if renews {
            (Self::Renewal(exchange), map(step, Got::Renewed))
        } else {
            let step = map(step, |credential| tickets(&exchange, credential));
            (Self::Tgs(exchange), step)
        }
    }

    pub(super) fn for_user(
        config: &ClientConfig,
        ticket: &Credential,
        parameters: S4u2SelfParameters,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Step<Got>) {
        let (exchange, step) = S4u2SelfExchange::start(config, ticket, parameters, now, rng);
        (Self::ForUser(exchange), map(step, Got::ForUser))
    }

    pub(super) fn kpasswd(
        credential: &Credential,
        parameters: &KpasswdParameters,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Step<Got>), ClientError> {
        let (exchange, step) = KpasswdExchange::start(credential, parameters, now, rng)?;
        Ok((Self::Kpasswd(exchange), map(step, |()| Got::Password)))
    }

    /// Who answers its requests.
    pub(super) fn service(&self) -> Service {
        match self {
            Self::Kpasswd(_) => Service::Kpasswd,
            Self::As(_) | Self::ForUser(_) | Self::Renewal(_) | Self::Tgs(_) => Service::Kdc,
        }
    }

    pub(super) fn input(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        answer: Answer<'_>,
    ) -> Step<Got> {
        match self {
            Self::As(exchange) => map(exchange.input(now, rng, answer), Got::Login),
            Self::ForUser(exchange) => map(exchange.input(now, rng, answer), Got::ForUser),
            Self::Kpasswd(exchange) => map(exchange.input(now, answer), |()| Got::Password),
            Self::Renewal(exchange) => map(exchange.input(now, rng, answer), Got::Renewed),
            Self::Tgs(exchange) => {
                let step = exchange.input(now, rng, answer);
                map(step, |credential| tickets(exchange, credential))
            }
        }
    }
}

fn tickets(exchange: &TgsExchange, credential: Credential) -> Got {
    let mut tickets = exchange.intermediates().to_vec();
    tickets.push(credential);
    Got::Tickets(tickets)
}

fn map<T>(step: Step<T>, got: impl FnOnce(T) -> Got) -> Step<Got> {
    match step {
        Step::Done(result) => Step::Done(got(result)),
        Step::Failed(error) => Step::Failed(error),
        Step::Send { realm, bytes } => Step::Send { realm, bytes },
    }
}
