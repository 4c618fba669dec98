//! Tickets whose time is over before it comes.

use std::time::Duration;

use kdclab_client::{Credential, CredentialStore};
use kdclab_proto::messages::EncTicketPart;
use kdclab_proto::{KerberosTime, Key, KeyUsage, Principal};
use rand::CryptoRng;

use super::outcome::VerbError;
use super::world::World;
use crate::script::verb::ExpireTicket;

/// How long ago an expired ticket has ended, beyond the clock skew that anybody allows.
const AGO: Duration = Duration::from_secs(3600);

impl World {
    pub(super) fn expire_ticket(&mut self, expiry: &ExpireTicket) -> Result<bool, VerbError> {
        let user = self.principal(expiry.user.get_ref())?;
        let server = match &expiry.server {
            Some(server) => Some(self.principal(server.get_ref())?),
            None => None,
        };
        let host = self.host(expiry.on.get_ref())?;
        let cache = host.caches.get(&user).filter(|cache| !cache.is_empty());
        let Some(cache) = cache else {
            return Err(VerbError::Unknown {
                what: "credential cache on the host",
                name: expiry.on.get_ref().clone(),
            });
        };
        let concerned: Vec<(Credential, Opened)> = cache
            .credentials()
            .iter()
            .filter(|credential| {
                server
                    .as_ref()
                    .is_none_or(|name| credential.server == *name)
            })
            .map(|credential| match self.open(credential) {
                Some(opened) => Ok((credential.clone(), opened)),
                None => Err(unopened(&credential.ticket.server())),
            })
            .collect::<Result<_, VerbError>>()?;
        if let (Some(server), []) = (&server, concerned.as_slice()) {
            return Err(VerbError::Unknown {
                what: "ticket in the cache for",
                name: server.to_string(),
            });
        }
        let ago = AGO.saturating_add(self.longest_clockskew()).as_secs();
        let now = host.clock(self.now).time();
        let end = now.saturating_add(-i64::try_from(ago).unwrap_or(i64::MAX));
        let host = self.host_mut(expiry.on.get_ref())?;
        let mut changed = false;
        for (mut credential, mut opened) in concerned {
            if !end_at(&mut opened.part, end, expiry.renewable) {
                continue;
            }
            opened.seal(&mut credential, &mut host.rng);
            host.caches
                .entry(user.clone())
                .or_insert_with(|| CredentialStore::new(user.clone()))
                .store(credential);
            changed = true;
        }
        Ok(changed)
    }

    /// Moves every time that has been written down by so many seconds: what the databases say of principals,
    /// failed logons, and the times of the tickets in the caches, which are sealed again. So a world gets
    /// another date, or time passes in one whose clocks are not its own. Tickets that no key opens keep
    /// their times, and replay caches are empty afterwards.
    pub(crate) fn shift(&mut self, by: i64) {
        if by == 0 {
            return;
        }
        self.epoch = self.epoch.saturating_add(by);
        self.now = self.now.offset_by(by.saturating_mul(1_000_000));
        for realm in self.databases.keys().cloned().collect::<Vec<_>>() {
            // Nothing is renamed, so nothing can be refused.
            let _ = self.change_database(&realm, |database| Ok(database.shifted(by)));
        }
        for process in self.kdc_processes.values() {
            process.traffic.shift(by);
        }
        self.replay_caches.clear();
        let mut older = Vec::new();
        for (name, host) in &self.hosts {
            for (user, cache) in &host.caches {
                for credential in cache.credentials() {
                    if let Some(opened) = self.open(credential) {
                        older.push((name.clone(), user.clone(), credential.clone(), opened));
                    }
                }
            }
        }
        for (name, user, mut credential, mut opened) in older {
            shift_times(&mut opened.part, by);
            if let Some(host) = self.hosts.get_mut(&name) {
                opened.seal(&mut credential, &mut host.rng);
                if let Some(cache) = host.caches.get_mut(&user) {
                    cache.store(credential);
                }
            }
        }
    }

    /// Opens the credential's ticket. The service may have its key although the KDC has forgotten it.
    fn open(&self, credential: &Credential) -> Option<Opened> {
        let server = credential.ticket.server();
        let databases = self
            .databases
            .values()
            .filter_map(|database| database.lookup(&server))
            .flat_map(|entry| entry.key_sets().iter().flat_map(|set| &set.keys))
            .map(|key| key.key.clone());
        let keytabs = self
            .hosts
            .values()
            .flat_map(|host| host.keytab.entries_of(&server))
            .filter_map(|entry| entry.key().ok());
        // A ticket from user to user is sealed with the session key of another.
        let session_keys = self
            .hosts
            .values()
            .flat_map(|host| host.caches.values())
            .flat_map(CredentialStore::credentials)
            .map(|other| other.session_key.clone())
            .filter(|_| credential.is_skey);
        databases
            .chain(keytabs)
            .chain(session_keys)
            .find_map(|key| Opened::by(key, credential))
    }

    fn longest_clockskew(&self) -> Duration {
        let hosts = self.hosts.values().map(|host| host.config.clockskew);
        let realms = self
            .databases
            .values()
            .map(|database| database.policy().clockskew);
        hosts.chain(realms).max().unwrap_or_default()
    }
}

fn unopened(server: &Principal) -> VerbError {
    VerbError::Unknown {
        what: "key that opens the ticket for",
        name: server.to_string(),
    }
}

/// What a ticket holds, with the key that seals it.
struct Opened {
    key: Key,
    part: EncTicketPart,
}

impl Opened {
    fn by(key: Key, credential: &Credential) -> Option<Self> {
        let sealed = &credential.ticket.enc_part;
        if key.enctype() != sealed.etype {
            return None;
        }
        let plain = key.decrypt(KeyUsage::TICKET, &sealed.cipher).ok()?;
        let part = EncTicketPart::decode(&plain).ok()?;
        Some(Self { key, part })
    }

    /// Puts it in the ticket's place, and its times beside it.
    fn seal(&self, credential: &mut Credential, rng: &mut dyn CryptoRng) {
        let part = &self.part;
        credential.authtime = part.authtime;
        credential.starttime = part.valid_from();
        credential.endtime = part.endtime;
        credential.renew_till = part.renew_till;
        credential.ticket.enc_part.cipher = self.key.encrypt(KeyUsage::TICKET, rng, &part.encode());
    }
}

fn shift_times(part: &mut EncTicketPart, by: i64) {
    for time in [&mut part.authtime, &mut part.endtime] {
        *time = time.saturating_add(by);
    }
    for time in [&mut part.starttime, &mut part.renew_till]
        .into_iter()
        .flatten()
    {
        *time = time.saturating_add(by);
    }
}

/// Makes a ticket as old as one that has ended at `end`. Whether it has changed.
fn end_at(part: &mut EncTicketPart, end: KerberosTime, renewable: bool) -> bool {
    let by = end.unix() - part.endtime.unix();
    if by >= 0 {
        return false;
    }
    let renew_till = part.renew_till;
    shift_times(part, by);
    part.renew_till = match renewable {
        true => renew_till,
        false => renew_till.map(|till| till.min(end)),
    };
    true
}
