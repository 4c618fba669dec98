//! Octets that are erased when dropped, compare in constant time and do not print.

macro_rules! secret {
    ($(#[$meta:meta])* $name:ident, $length:literal) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(zeroize::Zeroizing<[u8; $length]>);

        impl $name {
            /// The secret of these octets.
            pub fn new(octets: [u8; $length]) -> Self {
                Self(zeroize::Zeroizing::new(octets))
            }

            /// The secret octets.
            pub fn expose_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                bool::from(subtle::ConstantTimeEq::ct_eq(&self.0[..], &other.0[..]))
            }
        }

        impl Eq for $name {}

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

pub(crate) use secret;

secret! {
    /// A key of a session (MS-NLMP section 3.1.1.1): SessionBaseKey, KeyExchangeKey or
    /// ExportedSessionKey, and what a domain controller returns as UserSessionKey.
    SessionKey, 16
}

secret! {
    /// What a domain controller tells a server of the stored LM hash: its first eight octets, or eight zeros
    /// when none is stored (the LmKey of NETLOGON_VALIDATION, MS-NRPC section 2.2.1.4.11).
    LmSessionKey, 8
}

impl SessionKey {
    /// Eight octets and eight zeros.
    pub(crate) fn half(first: &[u8; 8]) -> Self {
        let mut octets = zeroize::Zeroizing::new([0; 16]);
        octets[..8].copy_from_slice(first);
        Self(octets)
    }
}
