//! The client's side of the TGS exchange (RFC 4120 section 3.3): a ticket for a ticket, across realms
//! where need be (section 3.3.1, RFC 6806 section 8).

mod parameters;
mod path;
pub(crate) mod request;

use kdclab_proto::messages::{KdcOptions, Ticket, TicketFlags};
use kdclab_proto::{Enctype, Principal, PrincipalName, Realm, Timestamp};
use rand::CryptoRng;

use crate::dialect::{Behaviour, TgsFallback};
use crate::error::Exchange;
use crate::reply_check::is_tgs;
use crate::{Answer, ClientConfig, ClientError, Credential, Step};
pub use parameters::{TgsParameters, TgsPurpose};
use path::Path;
use request::{Pending, Request};

/// A TGS exchange in progress.
///
/// A ticket for a service is asked for with canonicalize first. Referrals are followed; where the
/// first request fails it is repeated without canonicalize. A service whose realm is known and another
/// than the client's begins with the way there, as `capaths` says.
#[derive(Clone, Debug)]
pub struct TgsExchange {
    config: ClientConfig,
    parameters: TgsParameters,
    /// The service as the credential will name it.
    requested: Principal,
    /// The service in the realm that is asked.
    server: Principal,
    /// Whether the KDCs have to find the service's realm.
    realm_unknown: bool,
    /// The ticket the exchange started with.
    first: Credential,
    /// The ticket of the next request.
    current: Credential,
    /// Tickets for other realms that the client holds.
    cached: Vec<Credential>,
    intermediates: Vec<Credential>,
    state: State,
    /// What the way to the service's realm is for.
    then: Goal,
    path: Path,
    realms_seen: Vec<Realm>,
    referrals: usize,
    pending: Option<Pending>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The one request for a purpose other than a service ticket.
    Direct,
    /// The request for the service, without canonicalize.
    NonReferral,
    /// Requests for the service, with canonicalize.
    Referrals,
    /// Requests for the ticket-granting ticket of the service's realm, along the path.
    TicketGranting { canonicalize: bool },
    /// The same where a KDC led off the path.
    TicketGrantingOffPath,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    NonReferral,
    Referrals,
}

impl TgsExchange {
    /// Makes the first request. `ticket` is the ticket-granting ticket of the client's realm; to renew
    /// or validate, the ticket itself. Of `cached`, those for other realms spare requests.
    pub fn start(
        config: &ClientConfig,
        ticket: &Credential,
        cached: &[Credential],
        parameters: TgsParameters,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Step<Credential>) {
        let behaviour = config.dialect.behaviour();
        let mut requested = parameters.server.clone();
        if requested.realm.is_empty() {
            requested.realm = known_realm(config, &requested.name, behaviour).unwrap_or_default();
        }
        let realm_unknown = requested.realm.is_empty();
        let mut server = requested.clone();
        if realm_unknown {
            server.realm = ticket.client.realm.clone();
        }
        let is_useful = |credential: &&Credential| {
            is_tgs(&credential.server.name) && credential.client == ticket.client
        };
        let mut this = Self {
            config: config.clone(),
            requested,
            server,
            realm_unknown,
            first: ticket.clone(),
            current: ticket.clone(),
            cached: cached.iter().filter(is_useful).cloned().collect(),
            intermediates: Vec::new(),
            state: State::Direct,
            then: if behaviour.follows_referrals {
                Goal::Referrals
            } else {
                Goal::NonReferral
            },
            path: Path::default(),
            realms_seen: Vec::new(),
            referrals: 0,
            pending: None,
            parameters,
        };
        let step = this.begin(now, rng);
        (this, step)
    }

    /// Takes the answer to the request sent last.
    pub fn input(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        answer: Answer<'_>,
    ) -> Step<Credential> {
        let step = self.advance(now, rng, answer);
        step.unwrap_or_else(Step::Failed)
    }

    /// The tickets for other realms that the client got on its way and keeps, the nearest realm first.
    pub fn intermediates(&self) -> &[Credential] {
        &self.intermediates
    }

    fn behaviour(&self) -> &'static Behaviour {
        self.config.dialect.behaviour()
    }

    fn begin(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> Step<Credential> {
        let step = match self.parameters.purpose {
            TgsPurpose::Service | TgsPurpose::UserToUser { .. } => self
                .check_ticket(now)
                .and_then(|()| self.go_to_realm(now, rng)),
            _ => self.ask_directly(now, rng),
        };
        step.unwrap_or_else(Step::Failed)
    }

    /// Only a ticket-granting ticket that has not expired is worth a request.
    fn check_ticket(&self, now: Timestamp) -> Result<(), ClientError> {
        let now = self.kdc_time(now);
        let Credential {
            client,
            server,
            endtime,
            ..
        } = &self.first;
        if !is_tgs(&server.name) {
            return Err(ClientError::NoCredential {
                client: client.clone(),
                server: Principal::krbtgt(&client.realm, &client.realm),
            });
        }
        if now.time() > *endtime {
            return Err(ClientError::TicketExpired {
                server: server.clone(),
                endtime: *endtime,
                now,
            });
        }
        Ok(())
    }

    fn kdc_time(&self, now: Timestamp) -> Timestamp {
        now.offset_by(self.parameters.kdc_offset.saturating_mul(1_000_000))
    }

    fn advance(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        answer: Answer<'_>,
    ) -> Result<Step<Credential>, ClientError> {
        let Some(pending) = self.pending.take() else {
            let exchange = Exchange::Tgs;
            return Err(ClientError::NothingAsked { exchange });
        };
        let hides_errors = self.behaviour().hides_path_errors;
        let outcome = match answer {
            Ok(bytes) => pending.credential(self.behaviour(), self.config.clockskew, bytes),
            Err(failures) => Err(ClientError::KdcUnreachable {
                realm: pending.realm.clone(),
                failures,
            }),
        };
        match self.state {
            State::Direct => Ok(Step::Done(outcome?)),
            State::NonReferral => Ok(self.complete(outcome?)),
            State::Referrals => match outcome {
                Err(error @ ClientError::KdcUnreachable { .. }) => Err(error),
                _ => self.referral_answer(now, rng, outcome),
            },
            State::TicketGranting { canonicalize } => match outcome {
                Err(error @ ClientError::KdcUnreachable { .. }) if !hides_errors => Err(error),
                _ => self.path_answer(now, rng, outcome, canonicalize),
            },
            State::TicketGrantingOffPath => match outcome {
                Err(error) => Err(self.no_path(error)),
                Ok(ticket) => self.off_path_answer(now, rng, ticket),
            },
        }
    }

    fn complete(&self, mut credential: Credential) -> Step<Credential> {
        credential.server = self.requested.clone();
        Step::Done(credential)
    }

    fn ask_directly(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        self.state = State::Direct;
        let current = self.current.addresses.clone();
        let (option, addresses) = match &self.parameters.purpose {
            TgsPurpose::Forward { addresses } => (KdcOptions::FORWARDED, addresses.clone()),
            TgsPurpose::Proxy { addresses } => (KdcOptions::PROXY, Some(addresses.clone())),
            TgsPurpose::Renew => (KdcOptions::RENEW, current),
            TgsPurpose::Validate => (KdcOptions::VALIDATE, current),
            TgsPurpose::Service | TgsPurpose::UserToUser { .. } => (KdcOptions::NONE, current),
        };
        let mut options = option | self.wanted_options();
        if !self.behaviour().tgs_inherits {
            // What is renewed or forwarded may be renewed or forwarded again.
            let again = [
                (KdcOptions::RENEW, KdcOptions::RENEWABLE),
                (KdcOptions::FORWARDED, KdcOptions::FORWARDABLE),
            ];
            for (purpose, implied) in again {
                options.set(implied, option == purpose || options.contains(implied));
            }
        }
        let ticket = self.current.clone();
        let request = Request {
            options,
            server: self.server.clone(),
            enctypes: self.enctypes(),
            addresses,
            till: self.parameters.till,
            rtime: self.parameters.rtime,
            second_ticket: None,
            for_user: None,
            now: self.kdc_time(now),
            ticket: &ticket,
        };
        let realm = self.server.realm.clone();
        self.send(request, realm, rng)
    }

    fn wanted_options(&self) -> KdcOptions {
        let mut options = self.configured_options();
        options.set(KdcOptions::CANONICALIZE, self.parameters.canonicalize);
        options
    }

    /// What the configuration asks for where tickets do not inherit it.
    fn configured_options(&self) -> KdcOptions {
        let mut options = KdcOptions::NONE;
        let forwardable = self.config.forwardable
            && !self.behaviour().tgs_inherits
            && self.current.flags.contains(TicketFlags::FORWARDABLE);
        options.set(KdcOptions::FORWARDABLE, forwardable);
        options
    }

    fn enctypes(&self) -> Vec<Enctype> {
        let own = self.parameters.enctypes.clone();
        own.unwrap_or_else(|| self.config.tgs_enctypes())
    }

    fn send(
        &mut self,
        request: Request<'_>,
        realm: Realm,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        if request.enctypes.is_empty() {
            return Err(ClientError::NoEnctype);
        }
        let (pending, bytes) = request.make(self.behaviour(), realm.clone(), rng)?;
        self.pending = Some(pending);
        Ok(Step::Send { realm, bytes })
    }

    fn ask_for_service(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        state: State,
    ) -> Result<Step<Credential>, ClientError> {
        self.state = state;
        let with_referrals = state == State::Referrals;
        let mut options = self.wanted_options();
        options.set(
            KdcOptions::CANONICALIZE,
            with_referrals || self.parameters.canonicalize,
        );
        let second_ticket = self.second_ticket();
        options.set(KdcOptions::ENC_TKT_IN_SKEY, second_ticket.is_some());
        // The answer may be a ticket for another realm, for which the caller's own types do not count.
        let enctypes = if with_referrals {
            self.config.tgs_enctypes()
        } else {
            self.enctypes()
        };
        let ticket = self.current.clone();
        let request = Request {
            options,
            server: self.server.clone(),
            enctypes,
            addresses: ticket.addresses.clone(),
            till: self.parameters.till,
            rtime: self.parameters.rtime,
            second_ticket,
            for_user: None,
            now: self.kdc_time(now),
            ticket: &ticket,
        };
        let realm = granted_realm(&ticket);
        self.send(request, realm, rng)
    }

    fn second_ticket(&self) -> Option<Ticket> {
        match &self.parameters.purpose {
            TgsPurpose::UserToUser { ticket } => Some(ticket.clone()),
            _ => None,
        }
    }

    fn ask_service_from_goal(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        match self.then {
            Goal::NonReferral => self.ask_for_service(now, rng, State::NonReferral),
            Goal::Referrals => {
                self.referrals = 0;
                self.realms_seen.clear();
                self.ask_for_service(now, rng, State::Referrals)
            }
        }
    }

    fn referral_answer(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        outcome: Result<Credential, ClientError>,
    ) -> Result<Step<Credential>, ClientError> {
        let credential = match outcome {
            Ok(credential) => credential,
            Err(error) => return self.fall_back(now, rng, error),
        };
        if credential.server.name == self.server.name {
            let own = self.parameters.enctypes.as_ref();
            let enctype = credential.session_key.enctype();
            if own.is_none_or(|own| own.contains(&enctype)) {
                return Ok(self.complete(credential));
            }
            return self.ask_for_service(now, rng, State::NonReferral);
        }
        let referred = credential.server.name.krbtgt_realm();
        let Some(realm) = referred.filter(|realm| *realm != granted_realm(&self.current)) else {
            // Old KDCs of Active Directory change the name, or answer with a ticket for themselves.
            return self.ask_for_service(now, rng, State::NonReferral);
        };
        let limit = self.behaviour().max_referrals;
        if self.referrals >= limit {
            return Err(ClientError::TooManyReferrals { limit });
        }
        self.referrals += 1;
        if self.realms_seen.contains(&realm) {
            return Err(ClientError::ReferralLoop { realm });
        }
        self.realms_seen.push(realm.clone());
        self.current = credential;
        self.server.realm = realm;
        self.ask_for_service(now, rng, State::Referrals)
    }

    /// The request without canonicalize, where there is one to make.
    fn fall_back(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        error: ClientError,
    ) -> Result<Step<Credential>, ClientError> {
        match self.behaviour().tgs_fallback {
            TgsFallback::None => Err(error),
            TgsFallback::FirstRequestOnly if self.referrals > 0 => Err(error),
            TgsFallback::FirstRequestOnly if self.realm_unknown => {
                self.go_to_fallback_realm(now, rng)
            }
            TgsFallback::FirstRequestOnly => self.ask_for_service(now, rng, State::NonReferral),
            TgsFallback::FromTheStart => {
                if let Some(before) = self.path.ticket_for_target.take() {
                    self.current = before;
                } else {
                    self.current = self.first.clone();
                }
                self.server.realm = granted_realm(&self.current);
                self.ask_for_service(now, rng, State::NonReferral)
            }
        }
    }

    fn go_to_fallback_realm(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        let name = &self.server.name;
        let Some(realm) = self.config.fallback_realm(name) else {
            return Err(ClientError::HostRealmUnknown {
                service: name.clone(),
            });
        };
        if realm == self.server.realm {
            return self.ask_for_service(now, rng, State::NonReferral);
        }
        self.server.realm = realm;
        self.then = Goal::NonReferral;
        self.go_to_realm(now, rng)
    }
}

/// The realm for which a ticket-granting ticket is good.
pub(crate) fn granted_realm(credential: &Credential) -> Realm {
    let server = &credential.server;
    let realm = server.name.krbtgt_realm();
    realm.unwrap_or_else(|| server.realm.clone())
}

/// The realm of a service that states none, where the client's configuration tells it.
fn known_realm(
    config: &ClientConfig,
    service: &PrincipalName,
    behaviour: &Behaviour,
) -> Option<Realm> {
    let host = service.components.get(1);
    let mapped = host.and_then(|host| config.host_realm(&host.to_str_lossy()));
    let own = || (!behaviour.unknown_realm_is_own).then(|| config.default_realm.clone())?;
    mapped.cloned().or_else(own)
}
