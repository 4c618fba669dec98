//! Encryption and checksum profiles (RFC 3961) and the keys they work with.
//!
//! A [`Key`] carries its [`Enctype`] and does what RFC 3961 asks of a profile: string-to-key,
//! encryption, checksums and the pseudo-random function. Randomness is always an argument.

mod aes_sha1;
mod aes_sha2;
mod block;
mod camellia;
mod checksum;
mod des;
mod des3;
mod enctype;
mod enctype_list;
mod error;
mod key;
mod key_cache;
mod mac;
mod prf_plus;
mod profile;
mod rc4;
mod rc4_gss;
mod salt;
mod simplified;
mod string_to_key;
mod usage;
mod weak;

#[cfg(test)]
mod tests;

pub use checksum::ChecksumType;
pub use enctype::Enctype;
pub use enctype_list::parse_enctype_list;
pub use error::{
    ChecksumError, IntegrityError, InvalidConfounder, InvalidKey, PrfPlusTooLong, StringToKeyError,
    UnknownEnctype,
};
pub use key::Key;
pub use key_cache::KeyCache;
pub use prf_plus::krb_fx_cf2;
pub use rc4_gss::Rc4Gss;
pub use salt::Salt;
pub use string_to_key::MAX_ITERATIONS;
pub use usage::KeyUsage;
pub use weak::WeakCryptoPolicy;
