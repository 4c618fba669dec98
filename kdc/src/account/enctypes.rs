use kdclab_proto::Enctype;

use crate::bits::bits;

bits! {
    /// msDS-SupportedEncryptionTypes (MS-KILE section 2.2.7): what a service can decrypt.
    SupportedEncryptionTypes {
        /// des-cbc-crc.
        DES_CBC_CRC = 0x0000_0001 "DES-CBC-CRC";
        /// des-cbc-md5.
        DES_CBC_MD5 = 0x0000_0002 "DES-CBC-MD5";
        /// rc4-hmac.
        RC4_HMAC = 0x0000_0004 "RC4-HMAC";
        /// aes128-cts-hmac-sha1-96.
        AES128_CTS_HMAC_SHA1_96 = 0x0000_0008 "AES128-CTS-HMAC-SHA1-96";
        /// aes256-cts-hmac-sha1-96.
        AES256_CTS_HMAC_SHA1_96 = 0x0000_0010 "AES256-CTS-HMAC-SHA1-96";
        /// Session keys are of AES where the ticket's key is an old one.
        AES256_CTS_HMAC_SHA1_96_SK = 0x0000_0020 "AES256-CTS-HMAC-SHA1-96-SK";
        /// FAST; without effect here.
        FAST_SUPPORTED = 0x0001_0000 "FAST-supported";
        /// Compound identity; without effect here.
        COMPOUND_IDENTITY_SUPPORTED = 0x0002_0000 "Compound-identity-supported";
        /// Claims; without effect here.
        CLAIMS_SUPPORTED = 0x0004_0000 "Claims-supported";
        /// SIDs are not compressed; without effect here.
        RESOURCE_SID_COMPRESSION_DISABLED = 0x0008_0000 "Resource-SID-compression-disabled";
    }
}

const AES: [Enctype; 2] = [
    Enctype::AES256_CTS_HMAC_SHA1_96,
    Enctype::AES128_CTS_HMAC_SHA1_96,
];

impl SupportedEncryptionTypes {
    /// Both types of DES.
    pub const DES: Self = Self::DES_CBC_CRC.with(Self::DES_CBC_MD5);

    /// What domain controllers take for the attribute of accounts without one since November 2022, 0x27
    /// (DefaultDomainSupportedEncTypes): RC4 seals the ticket, and the session key is of AES where the client knows it.
    pub const DOMAIN_DEFAULT: Self = Self::DES
        .with(Self::RC4_HMAC)
        .with(Self::AES256_CTS_HMAC_SHA1_96_SK);

    /// The types that tickets may be sealed with, strongest first.
    pub fn ticket_enctypes(self) -> Vec<Enctype> {
        [
            (Self::AES256_CTS_HMAC_SHA1_96, AES[0]),
            (Self::AES128_CTS_HMAC_SHA1_96, AES[1]),
            (Self::RC4_HMAC, Enctype::RC4_HMAC),
            (Self::DES_CBC_MD5, Enctype::DES_CBC_MD5),
            (Self::DES_CBC_CRC, Enctype::DES_CBC_CRC),
        ]
        .into_iter()
        .filter(|(flag, _)| self.contains(*flag))
        .map(|(_, enctype)| enctype)
        .collect()
    }

    /// Of the types a client asks for, in its order, those that a session key may have. With
    /// [`Self::AES256_CTS_HMAC_SHA1_96_SK`] AES goes before everything else.
    pub fn session_enctypes(self, requested: &[Enctype]) -> Vec<Enctype> {
        let superseded = self.contains(Self::AES256_CTS_HMAC_SHA1_96_SK);
        let of_tickets = self.ticket_enctypes();
        let asked = |enctypes: &[Enctype]| -> Vec<Enctype> {
            let requested = requested.iter();
            requested
                .filter(|enctype| enctypes.contains(enctype))
                .copied()
                .collect()
        };
        let mut sessions = match superseded {
            true => asked(&AES),
            false => Vec::new(),
        };
        sessions.extend(asked(&of_tickets));
        sessions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AES256: Enctype = AES[0];
    const RC4: Enctype = Enctype::RC4_HMAC;

    #[test]
    fn ms_kile_2_2_7_old_keys_seal_and_aes_is_for_the_session() {
        let default = SupportedEncryptionTypes::DOMAIN_DEFAULT;
        assert_eq!(default.bits(), 0x27);
        assert_eq!(default.ticket_enctypes()[0], RC4);
        assert_eq!(default.session_enctypes(&[RC4, AES256]), [AES256, RC4]);
        let rc4 = SupportedEncryptionTypes::RC4_HMAC;
        assert_eq!(rc4.session_enctypes(&[AES256, RC4]), [RC4]);
        assert_eq!(rc4.session_enctypes(&[AES256]), []);
    }
}
