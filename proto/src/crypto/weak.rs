use super::Enctype;

/// The switches for weak enctypes, each named after its libdefaults relation in krb5.conf. The default
/// has all of them off.
///
/// They do what they do in MIT 1.20 as Debian 12 ships it (1.20.1-2+deb12u5): each is independent, so
/// `allow_weak_crypto` alone gives neither RC4 nor 3DES session keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WeakCryptoPolicy {
    /// Lets DES take part at all.
    pub allow_weak_crypto: bool,
    /// Lets RC4 session keys exist.
    pub allow_rc4: bool,
    /// Lets 3DES session keys exist.
    pub allow_des3: bool,
}

impl WeakCryptoPolicy {
    /// Whether a session key may have this type.
    pub fn permits(&self, enctype: Enctype) -> bool {
        match enctype {
            Enctype::RC4_HMAC => self.allow_rc4,
            Enctype::DES3_CBC_SHA1_KD => self.allow_des3,
            _ => self.permits_in_list(enctype),
        }
    }

    /// Whether the type stays in a list such as permitted_enctypes, and long-term keys of it work. RC4 and
    /// 3DES need no switch for that.
    pub fn permits_in_list(&self, enctype: Enctype) -> bool {
        self.allow_weak_crypto || !enctype.needs_allow_weak_crypto()
    }
}
