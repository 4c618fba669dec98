//! What lies on hosts, for those who look.

use kdclab_client::{Credential, CredentialStore};
use kdclab_proto::Principal;

use super::world::World;

impl World {
    /// The tickets in the credential cache that `user` has on `host`, oldest first.
    pub fn credentials(&self, host: &str, user: &Principal) -> &[Credential] {
        self.hosts
            .get(host)
            .and_then(|host| host.caches.get(user))
            .map_or(&[], CredentialStore::credentials)
    }
}
