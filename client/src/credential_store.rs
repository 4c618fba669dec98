use kdclab_proto::crypto::InvalidKey;
use kdclab_proto::messages::{Ticket, TicketFlags};
use kdclab_proto::{
    Ccache, CcacheCredential, CcacheVersion, DecodeError, Enctype, HeaderField, KerberosTime,
    Principal,
};
use zeroize::Zeroizing;

use crate::{AsOutcome, ClientError, Credential};

/// What MIT writes into a credential cache file for a user-to-user ticket: the KDC option
/// enc-tkt-in-skey.
const IS_SKEY: u8 = 8;

/// The credential cache of one user: the tickets, and what MIT's libraries note beside them.
#[derive(Clone, Debug)]
pub struct CredentialStore {
    credentials: Vec<Credential>,
    /// The header, the default principal and the configuration entries, without a ticket.
    notes: Ccache,
}

/// Which credential is looked for. The store's principal is its client.
#[derive(Clone, Copy, Debug)]
pub struct CredentialQuery<'a> {
    /// The service, as it was asked for.
    pub server: &'a Principal,
    /// Whether the realm of the service does not count.
    pub any_realm: bool,
    /// The time at which the ticket must not have expired.
    pub valid_at: Option<KerberosTime>,
    /// The types of the session key that will do, best first.
    pub enctypes: Option<&'a [Enctype]>,
    /// The ticket in whose session key a user-to-user ticket is sealed.
    pub second_ticket: Option<&'a Ticket>,
}

impl<'a> CredentialQuery<'a> {
    /// Any ticket for `server` that has not expired at `now`.
    pub fn valid(server: &'a Principal, now: KerberosTime) -> Self {
        Self {
            server,
            any_realm: false,
            valid_at: Some(now),
            enctypes: None,
            second_ticket: None,
        }
    }

    fn fits(&self, credential: &Credential) -> bool {
        let server = if self.any_realm {
            credential.server.name == self.server.name
        } else {
            credential.server == *self.server
        };
        server
            && self.valid_at.is_none_or(|time| credential.endtime >= time)
            && self.second_ticket == credential.second_ticket.as_ref()
    }
}

impl CredentialStore {
    /// An empty cache of `principal`.
    pub fn new(principal: Principal) -> Self {
        Self {
            credentials: Vec::new(),
            notes: Ccache::new(principal),
        }
    }

    /// The cache that `kinit` leaves: the ticket, whether the KDC knows FAST, how the client
    /// pre-authenticated, and the difference of the clocks.
    pub fn initialized(outcome: AsOutcome) -> Self {
        let mut this = Self::new(outcome.credential.client.clone());
        let server = outcome.credential.server.clone();
        if let Some(seconds) = outcome.kdc_offset {
            this.set_kdc_offset(seconds);
        }
        if outcome.fast_available {
            this.set_config("fast_avail", Some(&server), b"yes");
        }
        if let Some(padata_type) = outcome.preauth_type {
            let value = padata_type.0.to_string();
            this.set_config("pa_type", Some(&server), value.as_bytes());
        }
        this.store(outcome.credential);
        this
    }

    /// Replaces everything with `credential`, as `kinit -R` does: the configuration entries go too.
    pub fn reinitialize(&mut self, credential: Credential) {
        self.credentials.clear();
        self.notes.credentials.clear();
        self.store(credential);
    }

    /// Adds a credential in place of an older one for the same service, with the same second ticket or
    /// none, and a session key of the same type.
    pub fn store(&mut self, credential: Credential) {
        self.credentials.retain(|old| {
            old.client != credential.client
                || old.server != credential.server
                || old.second_ticket != credential.second_ticket
                || old.session_key.enctype() != credential.session_key.enctype()
        });
        self.credentials.push(credential);
    }

    /// Forgets every credential for `server`.
    pub fn remove(&mut self, server: &Principal) {
        self.credentials
            .retain(|credential| credential.server != *server);
    }

    /// Whose cache it is.
    pub fn principal(&self) -> &Principal {
        &self.notes.principal
    }

    /// Whether there is no credential in it.
    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty()
    }

    /// The credentials, oldest first.
    pub fn credentials(&self) -> &[Credential] {
        &self.credentials
    }

    /// The first credential that fits; with `enctypes` the one whose session key has the best type. A
    /// service without a realm may be one of the principal's own realm (MIT's `krb5_cc_retrieve_cred`).
    pub fn find(&self, query: &CredentialQuery<'_>) -> Option<&Credential> {
        let found = self.find_as_named(query);
        if found.is_some() || !query.server.realm.is_empty() {
            return found;
        }
        let server = query.server.name.clone().at(self.principal().realm.clone());
        self.find_as_named(&CredentialQuery {
            server: &server,
            ..*query
        })
    }

    fn find_as_named(&self, query: &CredentialQuery<'_>) -> Option<&Credential> {
        let fitting = || {
            self.credentials
                .iter()
                .filter(|credential| credential.client == self.notes.principal)
                .filter(|credential| query.fits(credential))
        };
        match query.enctypes {
            None => fitting().next(),
            Some(enctypes) => enctypes.iter().find_map(|enctype| {
                fitting().find(|credential| credential.session_key.enctype() == *enctype)
            }),
        }
    }

    /// The ticket-granting ticket of the principal's own realm, even an expired one; where a login brought a
    /// client and a ticket of two realms, the ticket it brought.
    ///
    /// # Errors
    /// [`ClientError::NoCredential`] when there is none.
    pub fn initial_ticket(&self) -> Result<&Credential, ClientError> {
        let client = self.principal();
        let server = Principal::krbtgt(&client.realm, &client.realm);
        let query = CredentialQuery {
            valid_at: None,
            ..CredentialQuery::valid(&server, KerberosTime::EPOCH)
        };
        let from_login = |credential: &&Credential| {
            let realm = credential.server.name.krbtgt_realm();
            credential.flags.contains(TicketFlags::INITIAL)
                && realm.is_some_and(|realm| realm == credential.server.realm)
        };
        self.find(&query)
            .or_else(|| self.credentials.iter().find(from_login))
            .ok_or_else(|| ClientError::NoCredential {
                client: client.clone(),
                server: server.clone(),
            })
    }

    /// What to add to this host's clock to have the KDC's, in seconds.
    pub fn kdc_offset(&self) -> Option<i64> {
        let (seconds, _) = self.notes.kdc_offset()?;
        Some(seconds.into())
    }

    /// Notes the difference of the clocks, in seconds; what does not fit the file's field is brought to
    /// its limit.
    pub fn set_kdc_offset(&mut self, seconds: i64) {
        let limits = (i64::from(i32::MIN), i64::from(i32::MAX));
        let seconds = i32::try_from(seconds.clamp(limits.0, limits.1)).unwrap_or(0);
        let field = HeaderField::KdcOffset {
            seconds,
            microseconds: 0,
        };
        self.notes.version = CcacheVersion::V4 {
            header: vec![field],
        };
    }

    /// The value of the configuration entry `name` about `principal`, or about the whole cache.
    pub fn config(&self, name: &str, principal: Option<&Principal>) -> Option<&[u8]> {
        self.notes.config(name, principal)
    }

    /// Sets the configuration entry `name` about `principal`, or about the whole cache.
    pub fn set_config(&mut self, name: &str, principal: Option<&Principal>, value: &[u8]) {
        self.notes.set_config(name, principal, Some(value));
    }

    /// Whether the cache holds configuration entries, which old readers stumble over.
    pub fn has_config(&self) -> bool {
        self.notes.configs().next().is_some()
    }

    /// The cache as a file of MIT's.
    pub fn to_ccache(&self) -> Ccache {
        let mut ccache = self.notes.clone();
        let entries = self.credentials.iter().map(ccache_credential);
        ccache.credentials.extend(entries);
        ccache
    }

    /// The cache that a file holds, and what of it cannot be used: tickets that cannot be read, and
    /// session keys of types that are not implemented.
    pub fn from_ccache(ccache: &Ccache) -> (Self, Vec<UnusableEntry>) {
        let mut this = Self::new(ccache.principal.clone());
        this.notes.version = ccache.version.clone();
        let configs = ccache.credentials.iter();
        let configs = configs.filter(|entry| entry.config().is_some() && !entry.is_removed());
        this.notes.credentials = configs.cloned().collect();
        let mut unusable = Vec::new();
        for entry in ccache.tickets() {
            match credential(entry) {
                Ok(credential) => this.credentials.push(credential),
                Err(reason) => unusable.push(UnusableEntry {
                    server: entry.server.clone(),
                    reason,
                }),
            }
        }
        (this, unusable)
    }
}

/// An entry of a credential cache file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableEntry {
    /// The service of the entry.
    pub server: Principal,
    /// Why.
    pub reason: UnusableEntryReason,
}

/// Why an entry of a credential cache file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusableEntryReason {
    /// The session key is none of a type that is implemented.
    SessionKey(InvalidKey),
    /// The ticket or the second ticket cannot be decoded.
    Ticket(DecodeError),
}

fn credential(entry: &CcacheCredential) -> Result<Credential, UnusableEntryReason> {
    let ticket = |bytes: &[u8]| Ticket::decode(bytes).map_err(UnusableEntryReason::Ticket);
    let second_ticket = match entry.second_ticket.as_slice() {
        [] => None,
        bytes => Some(ticket(bytes)?),
    };
    let addresses = Some(entry.addresses.clone()).filter(|addresses| !addresses.is_empty());
    Ok(Credential {
        client: entry.client.clone(),
        server: entry.server.clone(),
        session_key: entry
            .session_key()
            .map_err(UnusableEntryReason::SessionKey)?,
        ticket: ticket(&entry.ticket)?,
        second_ticket,
        flags: entry.flags,
        authtime: entry.authtime,
        starttime: entry.starttime.unwrap_or(entry.authtime),
        endtime: entry.endtime,
        renew_till: entry.renew_till,
        addresses,
        is_skey: entry.is_user_to_user(),
    })
}

fn ccache_credential(credential: &Credential) -> CcacheCredential {
    let second_ticket = credential.second_ticket.as_ref().map(Ticket::encode);
    CcacheCredential {
        client: credential.client.clone(),
        server: credential.server.clone(),
        enctype: credential.session_key.enctype(),
        session_key_bytes: Zeroizing::new(credential.session_key.expose_bytes().to_vec()),
        authtime: credential.authtime,
        starttime: Some(credential.starttime),
        endtime: credential.endtime,
        renew_till: credential.renew_till,
        is_skey: if credential.is_skey { IS_SKEY } else { 0 },
        flags: credential.flags,
        addresses: credential.addresses.clone().unwrap_or_default(),
        authorization_data: Vec::new(),
        ticket: credential.ticket.encode(),
        second_ticket: second_ticket.unwrap_or_default(),
    }
}
