use kdclab_proto::messages::KdcOptions;
use kdclab_proto::{Principal, Realm, Timestamp};
use rand::CryptoRng;

use super::request::Request;
use super::{State, TgsExchange, granted_realm};
use crate::dialect::PathOrder;
use crate::realm_path::realm_path;
use crate::reply_check::{ReplyMismatch, is_tgs};
use crate::{ClientError, Credential, Step};

/// The way to the service's realm.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    /// The realms from the client's to the service's, both included.
    realms: Vec<Realm>,
    /// How far the client has come.
    position: usize,
    /// The realms to ask for from here, the next one last.
    candidates: Vec<usize>,
    off_path_requests: usize,
    /// The ticket for the service's realm, once it is there.
    pub(super) ticket_for_target: Option<Credential>,
}

impl Path {
    fn new(realms: Vec<Realm>, order: PathOrder) -> Self {
        let mut path = Self {
            realms,
            ..Self::default()
        };
        path.stand_at(0, order);
        path
    }

    fn stand_at(&mut self, position: usize, order: PathOrder) {
        self.position = position;
        let last = self.realms.len().saturating_sub(1);
        self.candidates = match order {
            PathOrder::FarthestFirst => (position + 1..=last).collect(),
            PathOrder::NearestAfterTarget => {
                let between = (position + 1..last).rev();
                between.chain((position < last).then_some(last)).collect()
            }
        };
    }

    fn next(&self) -> Option<&Realm> {
        self.realms.get(*self.candidates.last()?)
    }

    /// Where the realm stands between here and the end.
    fn find(&self, realm: &Realm) -> Option<usize> {
        let from_here = self.position + 1;
        let rest = self.realms.get(from_here..)?;
        let index = rest.iter().position(|other| other == realm)?;
        Some(from_here + index)
    }
}

impl TgsExchange {
    /// Gets a ticket-granting ticket for the service's realm and goes on with the service.
    pub(super) fn go_to_realm(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        let home = granted_realm(&self.first);
        let target = self.server.realm.clone();
        self.current = self.first.clone();
        if target == home {
            return self.ask_service_from_goal(now, rng);
        }
        if let Some(cached) = self.cached_ticket(now, &target) {
            return self.arrive(now, rng, cached);
        }
        let realms = realm_path(&self.config, &home, &target);
        self.path = Path::new(realms, self.behaviour().path_order);
        self.realms_seen.clear();
        self.ask_for_next_realm(now, rng)
    }

    fn arrive(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        ticket: Credential,
    ) -> Result<Step<Credential>, ClientError> {
        self.path.ticket_for_target = Some(ticket.clone());
        self.current = ticket;
        self.ask_service_from_goal(now, rng)
    }

    fn cached_ticket(&self, now: Timestamp, realm: &Realm) -> Option<Credential> {
        let now = self.kdc_time(now).time();
        let fits = |credential: &&Credential| {
            credential.server.name.krbtgt_realm().as_ref() == Some(realm)
                && credential.endtime >= now
        };
        self.cached.iter().find(fits).cloned()
    }

    fn ask_for_next_realm(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step<Credential>, ClientError> {
        let target = self.server.realm.clone();
        // Every turn comes nearer to the end of the path.
        while let Some(next) = self.path.next().cloned() {
            let Some(cached) = self.cached_ticket(now, &next) else {
                let canonicalize = self.behaviour().tgt_with_canonicalize;
                return self.ask_for_realm(now, rng, &next, State::TicketGranting { canonicalize });
            };
            if next == target {
                return self.arrive(now, rng, cached);
            }
            self.current = cached;
            let position = self.path.find(&next).unwrap_or(self.path.position);
            self.path.stand_at(position, self.behaviour().path_order);
        }
        Err(ClientError::NoCredential {
            client: self.first.client.clone(),
            server: Principal::krbtgt(&target, &granted_realm(&self.current)),
        })
    }

    fn ask_for_realm(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        realm: &Realm,
        state: State,
    ) -> Result<Step<Credential>, ClientError> {
        self.state = state;
        let ticket = self.current.clone();
        let asked = granted_realm(&ticket);
        let mut options = self.configured_options();
        let canonicalize = matches!(state, State::TicketGranting { canonicalize: true });
        options.set(KdcOptions::CANONICALIZE, canonicalize);
        let request = Request {
            options,
            server: Principal::krbtgt(realm, &asked),
            enctypes: self.config.tgs_enctypes(),
            addresses: ticket.addresses.clone(),
            till: None,
            rtime: None,
            second_ticket: None,
            for_user: None,
            now: self.kdc_time(now),
            ticket: &ticket,
        };
        self.send(request, asked, rng)
    }

    pub(super) fn path_answer(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        outcome: Result<Credential, ClientError>,
        canonicalize: bool,
    ) -> Result<Step<Credential>, ClientError> {
        let ticket = match outcome {
            Ok(ticket) => ticket,
            Err(error) => return self.try_another_realm(now, rng, error, canonicalize),
        };
        let Some(realm) = ticket.server.name.krbtgt_realm() else {
            let got = ticket.server;
            return Err(ReplyMismatch::NotTicketGranting { got }.into());
        };
        let was_asked_for = self.path.next() == Some(&realm);
        self.realms_seen.push(realm.clone());
        match self.path.find(&realm) {
            Some(position) => {
                if was_asked_for {
                    self.intermediates.push(ticket.clone());
                }
                if realm == self.server.realm {
                    return self.arrive(now, rng, ticket);
                }
                self.current = ticket;
                self.path.stand_at(position, self.behaviour().path_order);
                self.ask_for_next_realm(now, rng)
            }
            None if realm == granted_realm(&self.first) => {
                Err(ReplyMismatch::ReferredBack { realm }.into())
            }
            None => {
                self.current = ticket;
                self.path.off_path_requests = 1;
                let target = self.server.realm.clone();
                self.ask_for_realm(now, rng, &target, State::TicketGrantingOffPath)
            }
        }
    }

    /// Asks the same KDC for less: the same ticket without canonicalize, or that of another realm.
    fn try_another_realm(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        error: ClientError,
        canonicalize: bool,
    ) -> Result<Step<Credential>, ClientError> {
        let behaviour = self.behaviour();
        let refused = error.refusal().is_some();
        let fallback = behaviour.hides_path_errors && canonicalize && refused;
        if let Some(realm) = self.path.next().filter(|_| fallback).cloned() {
            let state = State::TicketGranting {
                canonicalize: false,
            };
            return self.ask_for_realm(now, rng, &realm, state);
        }
        self.path.candidates.pop();
        if self.path.next().is_some() {
            return self.ask_for_next_realm(now, rng);
        }
        Err(self.no_path(error))
    }

    /// What ends the way to the service's realm.
    pub(super) fn no_path(&self, error: ClientError) -> ClientError {
        if self.behaviour().hides_path_errors {
            ClientError::NoPathToRealm {
                realm: self.server.realm.clone(),
                cause: Box::new(error),
            }
        } else {
            error
        }
    }

    pub(super) fn off_path_answer(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        ticket: Credential,
    ) -> Result<Step<Credential>, ClientError> {
        if !is_tgs(&ticket.server.name) {
            let got = ticket.server;
            return Err(ReplyMismatch::NotTicketGranting { got }.into());
        }
        let realm = granted_realm(&ticket);
        if self.realms_seen.contains(&realm) {
            return Err(ClientError::ReferralLoop { realm });
        }
        self.realms_seen.push(realm.clone());
        if realm == self.server.realm {
            return self.arrive(now, rng, ticket);
        }
        let limit = self.behaviour().max_referrals;
        if self.path.off_path_requests >= limit {
            return Err(ReplyMismatch::PathTooLong { limit }.into());
        }
        self.path.off_path_requests += 1;
        self.current = ticket;
        let target = self.server.realm.clone();
        self.ask_for_realm(now, rng, &target, State::TicketGrantingOffPath)
    }
}
