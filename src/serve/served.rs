//! The served KDCs with the realms as they are now: a new password changes them while they are served.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError, RwLock};

use kdclab_kdc::{Kdc, Kpasswd, Transport};
use rand::rngs::ChaCha12Rng;

use super::wall_clock;
use crate::sim::ServedKdc;

/// What a port is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// A KDC.
    Kdc,
    /// The password service beside it.
    Kpasswd,
}

/// The KDCs. A reader takes the realms as they are and keeps no lock.
pub(super) struct Served {
    kdcs: Vec<(ServedKdc, RwLock<Kdc>)>,
    /// Held while a password changes, so that no change undoes another.
    changing: Mutex<()>,
}

impl Served {
    pub(super) fn new(kdcs: Vec<ServedKdc>) -> Self {
        let with_state = |kdc: ServedKdc| {
            let now = RwLock::new(kdc.kdc.clone());
            (kdc, now)
        };
        Self {
            kdcs: kdcs.into_iter().map(with_state).collect(),
            changing: Mutex::new(()),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kdcs.len()
    }

    pub(super) fn kdc(&self, index: usize) -> &ServedKdc {
        &self.kdcs[index].0
    }

    /// What the service of KDC number `index` answers.
    pub(super) fn answer(
        &self,
        (index, service): (usize, Service),
        address: SocketAddr,
        rng: &mut ChaCha12Rng,
        transport: &Transport,
        request: &[u8],
    ) -> Option<Vec<u8>> {
        let (kdc, _) = &self.kdcs[index];
        let now = wall_clock().offset_by(kdc.clock_offset);
        match service {
            Service::Kdc => {
                let current = self.current(index);
                current
                    .handle(&kdc.traffic, now, rng, transport, request)
                    .bytes
            }
            Service::Kpasswd => {
                let _held = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
                let current = self.current(index);
                let service = Kpasswd {
                    kdc: &current,
                    traffic: &kdc.traffic,
                    keys: &kdc.keys,
                    address: address.ip(),
                };
                let answer = service.handle(now, rng, transport, request);
                if let Some(changed) = answer.changed {
                    self.replace(&changed);
                }
                answer.bytes
            }
        }
    }

    fn current(&self, index: usize) -> Kdc {
        let current = self.kdcs[index].1.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a changed realm in place at every KDC that serves it.
    fn replace(&self, changed: &kdclab_kdc::Database) {
        for (_, current) in &self.kdcs {
            let mut current = current.write().unwrap_or_else(PoisonError::into_inner);
            if current.realm(changed.realm()).is_some() {
                *current = current.with_realm(changed.clone());
            }
        }
    }
}
