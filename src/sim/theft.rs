//! What a thief does with another's files: a stolen cache is copied, a stolen key makes tickets.

use std::time::Duration;

use kdclab_client::{Credential, CredentialStore};
use kdclab_proto::crypto::InvalidKey;
use kdclab_proto::messages::{
    EncTicketPart, EncryptedData, EncryptionKey, Ticket, TicketFlags, TransitedEncoding,
};
use kdclab_proto::{KerberosTime, Key, KeyUsage, Keytab, KeytabEntry, Principal};
use rand::CryptoRng;

use super::outcome::VerbError;
use super::world::World;
use crate::script::verb::{CcacheCopy, ForgeTicket};

/// A ticket to be made without a KDC. Whoever has the key of a service can make one for it; with the key
/// of the ticket-granting service, for everything.
#[derive(Clone, Debug)]
pub struct Forgery {
    /// The client it names.
    pub client: Principal,
    /// The service it is for.
    pub server: Principal,
    /// What it says it is.
    pub flags: TicketFlags,
    /// How long it is valid.
    pub lifetime: Duration,
}

impl Forgery {
    /// The key that the KDC would seal the ticket with: the first of the newest version in `keytab`.
    pub fn key<'k>(&self, keytab: &'k Keytab) -> Option<&'k KeytabEntry> {
        let newest = keytab.newest_kvno(&self.server)?;
        keytab
            .entries_of(&self.server)
            .find(|entry| entry.kvno == newest)
    }

    /// The ticket, sealed with `key` and valid from `now`, and its session key.
    ///
    /// # Errors
    /// [`InvalidKey`] when the type of `key` is not implemented.
    pub fn seal(
        &self,
        key: &KeytabEntry,
        now: KerberosTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<Credential, InvalidKey> {
        let sealing = key.key()?;
        let session_key = Key::generate(key.enctype, rng)?;
        let seconds = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        let part = EncTicketPart {
            flags: self.flags,
            key: EncryptionKey::from(&session_key),
            crealm: self.client.realm.clone(),
            cname: self.client.name.clone(),
            transited: TransitedEncoding::empty(),
            authtime: now,
            starttime: Some(now),
            endtime: now.saturating_add(seconds),
            renew_till: None,
            caddr: None,
            authorization_data: None,
        };
        let ticket = Ticket {
            tkt_vno: 5,
            realm: self.server.realm.clone(),
            sname: self.server.name.clone(),
            enc_part: EncryptedData {
                etype: key.enctype,
                kvno: Some(key.kvno),
                cipher: sealing.encrypt(KeyUsage::TICKET, rng, &part.encode()),
            },
        };
        Ok(Credential {
            client: self.client.clone(),
            server: self.server.clone(),
            session_key,
            ticket,
            second_ticket: None,
            flags: part.flags,
            authtime: part.authtime,
            starttime: now,
            endtime: part.endtime,
            renew_till: None,
            addresses: None,
            is_skey: false,
        })
    }
}

impl World {
    pub(super) fn copy_ccache(&mut self, copy: &CcacheCopy) -> Result<bool, VerbError> {
        let user = self.principal(copy.user.get_ref())?;
        let from = self.host(copy.from.get_ref())?;
        let cache = from
            .caches
            .get(&user)
            .cloned()
            .ok_or_else(|| VerbError::Unknown {
                what: "credential cache on the host",
                name: copy.from.get_ref().clone(),
            })?;
        let to = self.host_mut(copy.to.get_ref())?;
        let new = cache.to_ccache();
        let old = to.caches.insert(user, cache);
        Ok(old.is_none_or(|old| old.to_ccache() != new))
    }

    pub(super) fn forge_ticket(&mut self, forged: &ForgeTicket) -> Result<bool, VerbError> {
        let client = self.principal(forged.client.get_ref())?;
        let server = match &forged.server {
            Some(server) => self.principal(server.get_ref())?,
            None => Principal::krbtgt(&client.realm, &client.realm),
        };
        let now = self.now;
        let host = self.host_mut(forged.on.get_ref())?;
        let forgery = Forgery {
            flags: forged
                .flags
                .iter()
                .fold(TicketFlags::NONE, |flags, flag| flags | flag.0),
            lifetime: forged.lifetime.0,
            client,
            server,
        };
        let Some(key) = forgery.key(&host.keytab) else {
            return Err(VerbError::NoKeys {
                principal: forgery.server.to_string(),
            });
        };
        let credential = forgery.seal(key, host.clock(now).time(), &mut host.rng)?;
        let mut cache = CredentialStore::new(forgery.client.clone());
        cache.store(credential);
        host.caches.insert(forgery.client, cache);
        Ok(true)
    }
}
