use zeroize::Zeroizing;

use super::{Ccache, CcacheCredential};
use crate::crypto::Enctype;
use crate::messages::TicketFlags;
use crate::name::{KerberosString, NameType, Principal, PrincipalName};
use crate::time::KerberosTime;

/// The realm of the servers of configuration entries.
const REALM: &str = "X-CACHECONF:";
/// The first component of the servers of configuration entries.
const FIRST_COMPONENT: &str = "krb5_ccache_conf_data";

/// A configuration entry: a fact that MIT's libraries keep in a cache in the guise of a credential for
/// `krb5_ccache_conf_data/NAME[/PRINCIPAL]@X-CACHECONF:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CcacheConfig<'a> {
    /// What it is: `fast_avail`, `pa_type`, `proxy_impersonator`, `refresh_time`, ...
    pub name: &'a KerberosString,
    /// The principal it is about, as text; `None` when it is about the whole cache.
    pub principal: Option<&'a KerberosString>,
    /// Its value.
    pub value: &'a [u8],
}

impl CcacheCredential {
    /// The configuration this entry holds; `None` when it is a ticket.
    pub fn config(&self) -> Option<CcacheConfig<'_>> {
        if self.server.realm.as_bytes() != REALM.as_bytes() {
            return None;
        }
        let (name, principal) = match self.server.name.components.as_slice() {
            [first, name] if *first == FIRST_COMPONENT => (name, None),
            [first, name, principal] if *first == FIRST_COMPONENT => (name, Some(principal)),
            _ => return None,
        };
        Some(CcacheConfig {
            name,
            principal,
            value: &self.ticket,
        })
    }
}

impl Ccache {
    /// The configuration entries, in the order of the file.
    pub fn configs(&self) -> impl Iterator<Item = CcacheConfig<'_>> {
        self.credentials.iter().filter_map(CcacheCredential::config)
    }

    /// The value of the configuration entry `name` about `principal`, or with `None` about the whole
    /// cache. The first one counts.
    pub fn config(&self, name: &str, principal: Option<&Principal>) -> Option<&[u8]> {
        let server = server(name, principal);
        self.credentials
            .iter()
            .find(|credential| credential.server == server)
            .map(|credential| credential.ticket.as_slice())
    }

    /// Sets the configuration entry `name` about `principal`, or with `None` about the whole cache; a
    /// value of `None` removes it.
    pub fn set_config(&mut self, name: &str, principal: Option<&Principal>, value: Option<&[u8]>) {
        let server = server(name, principal);
        self.credentials
            .retain(|credential| credential.server != server);
        if let Some(value) = value {
            self.credentials.push(CcacheCredential {
                client: self.principal.clone(),
                server,
                enctype: Enctype(0),
                session_key_bytes: Zeroizing::default(),
                authtime: KerberosTime::EPOCH,
                starttime: None,
                endtime: KerberosTime::EPOCH,
                renew_till: None,
                is_skey: 0,
                flags: TicketFlags::NONE,
                addresses: Vec::new(),
                authorization_data: Vec::new(),
                ticket: value.to_vec(),
                second_ticket: Vec::new(),
            });
        }
    }
}

fn server(name: &str, principal: Option<&Principal>) -> Principal {
    let mut components = vec![FIRST_COMPONENT.to_owned(), name.to_owned()];
    components.extend(principal.map(Principal::to_string));
    PrincipalName::new(NameType::PRINCIPAL, components).at(REALM)
}
