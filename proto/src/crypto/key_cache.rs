//! A memo of string-to-key results.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::crypto::{Enctype, Key, StringToKeyError};

type Question = (Enctype, Password, Vec<u8>, Option<Vec<u8>>);

struct Password(Zeroizing<String>);

impl Ord for Password {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

impl PartialOrd for Password {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Password {}

/// The most keys a cache remembers. A client derives keys with whatever salts a KDC sends it.
const CAPACITY: usize = 1 << 17;

/// The keys of passwords already asked for, so that none is derived twice: PBKDF2 is slow on purpose.
/// Clones share their contents. A cache is an argument of whoever builds a realm or logs in, never a global.
#[derive(Clone, Default)]
pub struct KeyCache {
    keys: Arc<Mutex<BTreeMap<Question, Key>>>,
}

impl KeyCache {
    /// The key of `password` (RFC 3961 `string-to-key`), derived unless it is known.
    ///
    /// # Errors
    /// Those of [`Key::from_password`].
    pub fn key(
        &self,
        enctype: Enctype,
        password: &str,
        salt: &[u8],
        s2kparams: Option<&[u8]>,
    ) -> Result<Key, StringToKeyError> {
        let question = (
            enctype,
            Password(Zeroizing::new(password.to_owned())),
            salt.to_vec(),
            s2kparams.map(<[u8]>::to_vec),
        );
        let known = self.lock().get(&question).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let key = Key::from_password(enctype, password, salt, s2kparams)?;
        let mut keys = self.lock();
        if keys.len() < CAPACITY {
            keys.insert(question, key.clone());
        }
        Ok(key)
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether no key is known.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Question, Key>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCache({} keys)", self.len())
    }
}
