use std::borrow::Cow;
use std::fmt;

/// An OBJECT IDENTIFIER, as the contents of its DER encoding (X.690 section 8.19). It prints as numbers with
/// dots between them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectIdentifier(Cow<'static, [u8]>);

impl ObjectIdentifier {
    /// 1.2.840.113554.1.2.2, the Kerberos mechanism (RFC 4121 section 1).
    pub const KERBEROS: Self =
        Self::from_static(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02]);
    /// 1.2.840.48018.1.2.2, the same with the number that Windows 2000 truncated (RFC 4178 appendix C).
    pub const MICROSOFT_KERBEROS: Self =
        Self::from_static(&[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02]);
    /// 1.3.6.1.4.1.311.2.2.30, the extended negotiation of Windows (MS-NEGOEX section 1.9).
    pub const NEGOEX: Self =
        Self::from_static(&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1e]);
    /// 1.3.6.1.4.1.311.2.2.10, NTLMSSP (MS-NLMP section 1.9).
    pub const NTLMSSP: Self =
        Self::from_static(&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a]);
    /// 1.3.6.1.5.5.2, SPNEGO (RFC 4178 section 3.1).
    pub const SPNEGO: Self = Self::from_static(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02]);

    const fn from_static(contents: &'static [u8]) -> Self {
        Self(Cow::Borrowed(contents))
    }

    /// The identifier with these contents; `None` when they are empty or end inside of a number.
    pub fn from_contents(contents: &[u8]) -> Option<Self> {
        let complete = contents.last().is_some_and(|last| last & 0x80 == 0);
        complete.then(|| Self(Cow::Owned(contents.to_vec())))
    }

    /// The contents of the DER encoding.
    pub fn contents(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is one of the two numbers of the Kerberos mechanism.
    pub fn is_kerberos(&self) -> bool {
        *self == Self::KERBEROS || *self == Self::MICROSOFT_KERBEROS
    }
}

impl fmt::Display for ObjectIdentifier {
    /// Numbers of more than 64 bits are shown as the greatest of 64 bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        let mut number = 0u64;
        for octet in self.0.iter() {
            number = match number.checked_mul(128) {
                Some(shifted) => shifted | u64::from(octet & 0x7f),
                None => u64::MAX,
            };
            if octet & 0x80 != 0 {
                continue;
            }
            if is_first {
                let first = (number / 40).min(2);
                write!(f, "{first}.{}", number - first * 40)?;
            } else {
                write!(f, ".{number}")?;
            }
            is_first = false;
            number = 0;
        }
        Ok(())
    }
}

impl fmt::Debug for ObjectIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! texts {
        ($($name:ident: $oid:expr => $text:literal;)*) => {$(
            #[test]
            fn $name() {
                assert_eq!($oid.to_string(), $text);
            }
        )*};
    }

    texts! {
        rfc4121_section_1: ObjectIdentifier::KERBEROS => "1.2.840.113554.1.2.2";
        rfc4178_appendix_c: ObjectIdentifier::MICROSOFT_KERBEROS => "1.2.840.48018.1.2.2";
        rfc4178_section_3_1: ObjectIdentifier::SPNEGO => "1.3.6.1.5.5.2";
        ms_negoex_section_1_9: ObjectIdentifier::NEGOEX => "1.3.6.1.4.1.311.2.2.30";
        ms_nlmp_section_1_9: ObjectIdentifier::NTLMSSP => "1.3.6.1.4.1.311.2.2.10";
        x690_section_8_19_5: ObjectIdentifier::from_contents(&[0x88, 0x37, 0x03]).unwrap() => "2.999.3";
        a_number_of_many_octets: ObjectIdentifier::from_contents(&[[0xff; 20].as_slice(), &[0x7f]].concat()).unwrap()
            => "2.18446744073709551535";
    }

    #[test]
    fn an_identifier_ends_with_its_last_number() {
        assert_eq!(ObjectIdentifier::from_contents(&[]), None);
        assert_eq!(ObjectIdentifier::from_contents(&[0x2a, 0x86]), None);
        assert!(ObjectIdentifier::from_contents(&[0x2a, 0x06]).is_some());
    }
}
