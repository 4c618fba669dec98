use std::collections::{BTreeMap, BTreeSet};

/// What a client says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Registration {
    pub(in crate::sim) smsid: String,
    pub(in crate::sim) netbios_name: String,
    pub(in crate::sim) fqd_name: String,
    pub(in crate::sim) version: String,
}

/// A client in the database, with the parameters of spUpdateClientRegistration that approve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct ClientRecord {
    pub(in crate::sim) netbios_name: String,
    pub(in crate::sim) approval_method: u8,
    pub(in crate::sim) is_integrated_auth: u8,
}

impl ClientRecord {
    pub(in crate::sim) fn is_approved(&self) -> bool {
        self.approval_method == 1 && self.is_integrated_auth == 1
    }
}

/// The most clients that a database takes, as many as a scenario may have accounts. Whoever is not let in can
/// register as well.
const MAX_CLIENTS: usize = 10_000;
/// The most names that are kept of an id: two already make it a duplicate.
const MAX_NAMES: usize = 16;

/// The clients of a site. The id is the key, so two clients with one id overwrite each other.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct SiteDatabase {
    clients: BTreeMap<String, ClientRecord>,
    /// The names under which each id has registered.
    names: BTreeMap<String, BTreeSet<String>>,
}

impl SiteDatabase {
    /// spUpdateClientRegistration.
    pub(in crate::sim) fn update_client_registration(
        &mut self,
        registration: &Registration,
        approval: u8,
    ) {
        let name = registration.netbios_name.clone();
        let is_new = !self.clients.contains_key(&registration.smsid);
        if is_new && self.clients.len() >= MAX_CLIENTS {
            return;
        }
        let names = self.names.entry(registration.smsid.clone()).or_default();
        if names.len() < MAX_NAMES {
            names.insert(name.clone());
        }
        let record = ClientRecord {
            netbios_name: name,
            approval_method: approval,
            is_integrated_auth: approval,
        };
        self.clients.insert(registration.smsid.clone(), record);
    }

    pub(in crate::sim) fn client(&self, smsid: &str) -> Option<&ClientRecord> {
        self.clients.get(smsid)
    }

    /// Whether the report of duplicate GUIDs lists the id.
    pub(in crate::sim) fn is_duplicate(&self, smsid: &str) -> bool {
        self.names.get(smsid).is_some_and(|names| names.len() > 1)
    }

    pub(in crate::sim) fn delete(&mut self, smsid: &str) -> bool {
        self.names.remove(smsid);
        self.clients.remove(smsid).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(smsid: usize, name: usize) -> Registration {
        Registration {
            smsid: format!("GUID:{smsid}"),
            netbios_name: format!("PC{name}"),
            fqd_name: "pc.example".to_owned(),
            version: "1".to_owned(),
        }
    }

    /// Nobody needs to prove anything to register.
    #[test]
    fn endless_registrations_take_a_bounded_place() {
        let mut database = SiteDatabase::default();
        for number in 0..MAX_CLIENTS + 10 {
            database.update_client_registration(&registration(number, number), 0);
            database.update_client_registration(&registration(0, number), 0);
        }
        assert_eq!(database.clients.len(), MAX_CLIENTS);
        assert_eq!(database.names["GUID:0"].len(), MAX_NAMES);
        assert!(database.is_duplicate("GUID:0"));
        assert!(!database.is_duplicate("GUID:1"));
    }
}
