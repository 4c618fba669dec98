//! What a client asks of KDCs and of the password service, and what it does with what it gets.

use std::borrow::Cow;

use kdclab_client::{
    AsOutcome, AsParameters, Credential, CredentialStore, KpasswdParameters, S4u2SelfParameters,
    Step, TgsParameters,
};
use kdclab_kdc::changepw_of;
use kdclab_proto::messages::HostAddress;
use kdclab_proto::{NameType, PrincipalName};

use super::delivery::{Delivered, Delivery};
use super::exchange::{Got, KdcExchange};
use super::{Client, Stage};
use crate::script::model::{Call, Kpasswd};
use crate::sim::world::World;

impl Client {
    pub(super) fn log_in(&mut self, world: &mut World, call: &Call) {
        self.previous.too_big = false;
        let password = world
            .password(call, &self.user)
            .unwrap_or_default()
            .to_owned();
        let is_computer = self.wanted.is_some();
        let by_password =
            !is_computer && (call.user.is_some() || world.configured_password(call).is_some());
        let now = self.clock(world);
        let Some(config) = self.config(world).map(Cow::into_owned) else {
            return;
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let mut parameters = if by_password {
            AsParameters::password(self.user.clone(), &password)
        } else {
            let keytab = match is_computer {
                true => &host.keytab,
                false => &host.client_keytab,
            };
            AsParameters::keytab(self.user.clone(), keytab.clone())
        };
        parameters.ticket_lifetime = call.lifetime.map(|span| span.0);
        parameters.renew_lifetime = call.renewable.map(|span| span.0);
        parameters.postdate = call.postdated.map(|span| span.0);
        parameters.forwardable = call.forwardable.then_some(true);
        parameters.key_cache = world.key_cache.clone();
        parameters.addresses = (!config.noaddresses).then(|| vec![HostAddress::from(host.address)]);
        let (exchange, step) = KdcExchange::log_in(&config, parameters, now, &mut host.rng);
        self.step(world, Box::new(exchange), step);
    }

    /// Gets the ticket for the password service, which even an expired password gives.
    pub(super) fn log_in_to_change(&mut self, world: &mut World, kpasswd: &Kpasswd) {
        self.user = world.principal(kpasswd.user.get_ref()).unwrap_or_default();
        let typed = kpasswd.old.as_ref();
        let password = typed.or_else(|| world.passwords.get(&self.user));
        let password = password.cloned().unwrap_or_default();
        let now = self.clock(world);
        let Some(config) = self.config(world).map(Cow::into_owned) else {
            return;
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let mut parameters = AsParameters::password(self.user.clone(), &password);
        parameters.service = Some(changepw_of(&self.user.realm).name);
        parameters.key_cache = world.key_cache.clone();
        let (exchange, step) = KdcExchange::log_in(&config, parameters, now, &mut host.rng);
        self.step(world, Box::new(exchange), step);
    }

    /// Shows the ticket for the password service together with the new password.
    pub(super) fn change_password(
        &mut self,
        world: &mut World,
        kpasswd: &Kpasswd,
        login: &AsOutcome,
    ) {
        self.previous.too_big = false;
        let offset = login.kdc_offset.unwrap_or(0);
        let now = self
            .clock(world)
            .offset_by(offset.saturating_mul(1_000_000));
        let target = kpasswd.of.as_ref().map(|of| world.principal(of.get_ref()));
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let parameters = match target {
            Some(target) => {
                KpasswdParameters::set(target.unwrap_or_default(), &kpasswd.new, host.address)
            }
            None => KpasswdParameters::change(&kpasswd.new, host.address),
        };
        match KdcExchange::kpasswd(&login.credential, &parameters, now, &mut host.rng) {
            Ok((exchange, step)) => self.step(world, Box::new(exchange), step),
            Err(error) => self.fail_with(world, &error),
        }
    }

    pub(super) fn ask_tgs(
        &mut self,
        world: &mut World,
        ticket: &Credential,
        mut parameters: TgsParameters,
    ) {
        self.previous.too_big = false;
        let now = self.clock(world);
        let Some(config) = self.config(world).map(Cow::into_owned) else {
            return;
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let ticket = &host.with_authenticator_client(ticket);
        let cache = host.caches.get(&self.user);
        parameters.kdc_offset = cache.and_then(CredentialStore::kdc_offset).unwrap_or(0);
        let cached = cache.map_or(&[][..], CredentialStore::credentials);
        let rng = &mut host.rng;
        let (exchange, step) =
            KdcExchange::with_ticket(&config, ticket, cached, parameters, now, rng);
        self.step(world, Box::new(exchange), step);
    }

    pub(super) fn ask_for_user(
        &mut self,
        world: &mut World,
        ticket: &Credential,
        user: &str,
        enterprise: bool,
    ) {
        self.previous.too_big = false;
        let now = self.clock(world);
        let user = if enterprise {
            PrincipalName::new(NameType::ENTERPRISE, [user]).at(self.user.realm.clone())
        } else {
            world.principal(user).unwrap_or_default()
        };
        let mut parameters = S4u2SelfParameters::new(user);
        let offset = self.cache(world).and_then(CredentialStore::kdc_offset);
        parameters.kdc_offset = offset.unwrap_or(0);
        let Some(config) = self.config(world).map(Cow::into_owned) else {
            return;
        };
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        let ticket = &host.with_authenticator_client(ticket);
        let rng = &mut host.rng;
        let (exchange, step) = KdcExchange::for_user(&config, ticket, parameters, now, rng);
        self.step(world, Box::new(exchange), step);
    }

    /// Does what an exchange says until it waits for a packet or has ended.
    pub(super) fn step(
        &mut self,
        world: &mut World,
        mut exchange: Box<KdcExchange>,
        mut step: Step<Got>,
    ) {
        loop {
            match step {
                Step::Done(got) => {
                    if let (Some(kpasswd), Got::Login(login)) = (&self.kpasswd, &got) {
                        let kpasswd = kpasswd.clone();
                        return self.change_password(world, &kpasswd, login);
                    }
                    let is_last = matches!(got, Got::ForUser(_) | Got::Password);
                    self.keep(world, got);
                    self.stage = Stage::Idle;
                    return if is_last {
                        self.succeed()
                    } else {
                        self.next(world)
                    };
                }
                Step::Failed(error) => return self.fail_with(world, &error),
                Step::Send { realm, bytes } => {
                    let Some(config) = self.config(world).map(Cow::into_owned) else {
                        return;
                    };
                    let (delivery, ended) = Delivery::begin(
                        world,
                        self.index,
                        &self.host,
                        &config,
                        (&realm, exchange.service()),
                        bytes,
                        &self.previous,
                    );
                    let Some(delivered) = ended else {
                        self.stage = Stage::Kdc(exchange, Box::new(delivery));
                        return;
                    };
                    self.previous = delivery.leaves();
                    step = self.answer(world, &mut exchange, delivered);
                }
            }
        }
    }

    /// Goes on with an exchange once the delivery of its request has ended.
    pub(super) fn resume(
        &mut self,
        world: &mut World,
        mut exchange: Box<KdcExchange>,
        delivery: Box<Delivery>,
        ended: Option<Delivered>,
    ) {
        match ended {
            None => self.stage = Stage::Kdc(exchange, delivery),
            Some(delivered) => {
                self.previous = delivery.leaves();
                let step = self.answer(world, &mut exchange, delivered);
                self.step(world, exchange, step);
            }
        }
    }

    pub(super) fn answer(
        &self,
        world: &mut World,
        exchange: &mut KdcExchange,
        delivered: Delivered,
    ) -> Step<Got> {
        let now = self.clock(world);
        let Some(host) = world.hosts.get_mut(&self.host) else {
            unreachable!("a client's host exists as long as its world");
        };
        let answer = delivered.as_deref().map_err(Clone::clone);
        exchange.input(now, &mut host.rng, answer)
    }

    /// Puts what an exchange got into the user's cache.
    pub(super) fn keep(&mut self, world: &mut World, got: Got) {
        let is_java = self.is_java(world);
        let Some(host) = world.hosts.get_mut(&self.host) else {
            return;
        };
        match got {
            Got::ForUser(credential) => {
                self.flags = Some(credential.flags);
                if let Some(cache) = host.caches.get_mut(&self.user) {
                    cache.store(credential);
                }
            }
            Got::Login(outcome) => {
                self.logged_in = true;
                self.flags = Some(outcome.credential.flags);
                let cache = if is_java {
                    // Java keeps nothing but tickets.
                    let mut cache = CredentialStore::new(outcome.credential.client.clone());
                    cache.store(outcome.credential);
                    cache
                } else {
                    CredentialStore::initialized(outcome)
                };
                host.caches.insert(self.user.clone(), cache);
            }
            Got::Password => {}
            Got::Renewed(credential) => {
                self.renewed = true;
                self.flags = Some(credential.flags);
                if let Some(cache) = host.caches.get_mut(&self.user) {
                    cache.reinitialize(credential);
                }
            }
            Got::Tickets(tickets) => {
                self.ticket = tickets.last().cloned();
                if let Some(cache) = host.caches.get_mut(&self.user) {
                    tickets.into_iter().for_each(|ticket| cache.store(ticket));
                }
            }
        }
    }
}
