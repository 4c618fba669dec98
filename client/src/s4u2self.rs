//! A service asks a ticket to itself for a user who did not log on (S4U2Self, MS-SFU section 3.1.5.1).

use kdclab_proto::messages::{AsRep, KdcOptions, KrbError, TicketFlags};
use kdclab_proto::{DecodeError, ErrorCode, NameType, Principal, PrincipalName, Timestamp};
use rand::CryptoRng;

use crate::error::{Exchange, Refusal};
use crate::reply_check::ReplyMismatch;
use crate::tgs_exchange::granted_realm;
use crate::tgs_exchange::request::{Pending, Request};
use crate::{
    Answer, AsExchange, AsParameters, ClientConfig, ClientError, Credential, Step, TgsExchange,
    TgsParameters,
};

/// What an S4U2Self exchange is to get.
#[derive(Clone, Debug)]
pub struct S4u2SelfParameters {
    /// The user. An NT-ENTERPRISE name is first shown to a KDC, which tells whether it knows it.
    pub user: Principal,
    /// What to add to this host's clock to have the KDC's, in seconds, as an AS exchange learnt it.
    pub kdc_offset: i64,
}

impl S4u2SelfParameters {
    /// A ticket for `user`.
    pub fn new(user: Principal) -> Self {
        Self {
            user,
            kdc_offset: 0,
        }
    }
}

/// An S4U2Self exchange in progress. It finds the realm of the user, gets a ticket-granting ticket for
/// it where it is another one, and asks there.
#[derive(Clone, Debug)]
pub struct S4u2SelfExchange {
    config: ClientConfig,
    parameters: S4u2SelfParameters,
    /// The service's ticket-granting ticket for the user's realm, once it is there.
    ticket: Credential,
    state: State,
    referrals: usize,
}

#[derive(Clone, Debug)]
enum State {
    /// An AS-REQ for the user is on its way.
    Identify,
    /// The ticket for the user's realm is on its way.
    Realm(Box<TgsExchange>),
    /// The request is on its way.
    Request(Box<Pending>),
    Over,
}

impl S4u2SelfExchange {
    /// Makes the first request. `ticket` is the service's ticket-granting ticket for its own realm.
    pub fn start(
        config: &ClientConfig,
        ticket: &Credential,
        parameters: S4u2SelfParameters,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Step<Credential>) {
        let mut this = Self {
            config: config.clone(),
            ticket: ticket.clone(),
            state: State::Over,
            referrals: 0,
            parameters,
        };
        let step = if this.parameters.user.name.name_type == NameType::ENTERPRISE {
            this.identify(now, rng)
        } else {
            this.go_to_realm(now, rng)
        };
        let step = step.unwrap_or_else(Step::Failed);
        (this, step)
    }

    /// Takes the answer to the request sent last.
    pub fn input(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        answer: Answer<'_>,
    ) -> Step<Credential> {
        let step = match std::mem::replace(&mut self.state, State::Over) {
            State::Identify => self.identified(now, rng, answer),
            State::Realm(mut exchange) => {
                let step = exchange.input(now, rng, answer);
                self.realm_step(now, rng, exchange, step)
            }
            State::Request(pending) => self.complete(&pending, answer),
            State::Over => {
                let exchange = Exchange::Tgs;
                Err(ClientError::NothingAsked { exchange })
            }
        };
        step.unwrap_or_else(Step::Failed)
    }

    /// Asks the KDC for a ticket of the user, as a login begins: the refusal tells whether the user
    /// exists (MIT's `k5_identify_realm`).
    fn identify(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        let mut parameters = AsParameters::password(self.parameters.user.clone(), "");
        parameters.canonicalize = Some(true);
        match AsExchange::start(&self.config, parameters, now, rng).1 {
            Step::Send { realm, bytes } => {
                self.state = State::Identify;
                Ok(Step::Send { realm, bytes })
            }
            Step::Failed(error) => Err(error),
            Step::Done(_) => {
                let exchange = Exchange::As;
                Err(ClientError::NothingAsked { exchange })
            }
        }
    }

    fn identified(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        answer: Answer<'_>,
    ) -> Result<Step<Credential>, ClientError> {
        const AS_REP: u8 = 0x60 | AsRep::APPLICATION;
        let exchange = Exchange::As;
        let user = &self.parameters.user;
        let bytes = answer.map_err(|failures| ClientError::KdcUnreachable {
            realm: user.realm.clone(),
            failures,
        })?;
        if bytes.first() == Some(&AS_REP) {
            return self.go_to_realm(now, rng);
        }
        let undecodable = |error: DecodeError| ClientError::UndecodableReply { exchange, error };
        let error = KrbError::decode(bytes).map_err(undecodable)?;
        match error.error_code {
            ErrorCode::KDC_ERR_PREAUTH_REQUIRED | ErrorCode::KDC_ERR_KEY_EXPIRED => {
                self.go_to_realm(now, rng)
            }
            ErrorCode::KDC_ERR_WRONG_REALM if error.crealm.is_some() => {
                let limit = self.config.dialect.behaviour().max_referrals;
                if self.referrals >= limit {
                    return Err(ClientError::TooManyReferrals { limit });
                }
                self.referrals += 1;
                self.parameters.user.realm = error.crealm.unwrap_or_default();
                self.identify(now, rng)
            }
            _ => Err(ClientError::Refused(Box::new(Refusal {
                exchange,
                realm: user.realm.clone(),
                client: user.clone(),
                server: Principal::krbtgt(&user.realm, &user.realm),
                secret: None,
                error,
            }))),
        }
    }

    fn go_to_realm(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        let own = granted_realm(&self.ticket);
        let realm = &self.parameters.user.realm;
        if *realm == own {
            return self.ask(now, rng);
        }
        let mut parameters = TgsParameters::service(Principal::krbtgt(realm, &own));
        parameters.kdc_offset = self.parameters.kdc_offset;
        let (exchange, step) =
            TgsExchange::start(&self.config, &self.ticket, &[], parameters, now, rng);
        self.realm_step(now, rng, Box::new(exchange), step)
    }

    fn realm_step(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        exchange: Box<TgsExchange>,
        step: Step<Credential>,
    ) -> Result<Step<Credential>, ClientError> {
        match step {
            Step::Done(ticket) => {
                self.ticket = ticket;
                self.ask(now, rng)
            }
            Step::Failed(error) => Err(error),
            Step::Send { .. } => {
                self.state = State::Realm(exchange);
                Ok(step)
            }
        }
    }

    fn ask(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        let behaviour = self.config.dialect.behaviour();
        let mut options = KdcOptions::CANONICALIZE;
        let may_forward = self.ticket.flags.contains(TicketFlags::FORWARDABLE);
        options.set(KdcOptions::FORWARDABLE, may_forward);
        let realm = granted_realm(&self.ticket);
        let now = now.offset_by(self.parameters.kdc_offset.saturating_mul(1_000_000));
        let request = Request {
            ticket: &self.ticket,
            server: self.own_name().at(realm.clone()),
            options,
            enctypes: self.config.tgs_enctypes(),
            addresses: self.ticket.addresses.clone(),
            till: None,
            rtime: None,
            second_ticket: None,
            for_user: Some(self.parameters.user.clone()),
            now,
        };
        if request.enctypes.is_empty() {
            return Err(ClientError::NoEnctype);
        }
        let (pending, bytes) = request.make(behaviour, realm.clone(), rng)?;
        self.state = State::Request(Box::new(pending));
        Ok(Step::Send { realm, bytes })
    }

    /// The service, as the KDC that is asked knows it: that of another realm by an enterprise name, which has
    /// the service's realm in it.
    fn own_name(&self) -> PrincipalName {
        let service = &self.ticket.client;
        if granted_realm(&self.ticket) == service.realm {
            return service.name.clone();
        }
        PrincipalName::new(NameType::ENTERPRISE, [service.to_string()])
    }

    fn complete(
        &self,
        pending: &Pending,
        answer: Answer<'_>,
    ) -> Result<Step<Credential>, ClientError> {
        let bytes = answer.map_err(|failures| ClientError::KdcUnreachable {
            realm: pending.realm.clone(),
            failures,
        })?;
        let clockskew = self.config.clockskew;
        let behaviour = self.config.dialect.behaviour();
        let credential = pending.credential(behaviour, clockskew, bytes)?;
        let asked = &self.ticket.client;
        if credential.server.name != asked.name {
            return Err(ReplyMismatch::Server {
                asked: asked.clone(),
                got: credential.server,
            }
            .into());
        }
        Ok(Step::Done(credential))
    }
}
