use crate::bits::bits;

bits! {
    /// userAccountControl (MS-ADTS section 2.2.16), by the names of its documentation.
    UserAccountControl {
        /// The account is disabled.
        ACCOUNTDISABLE = 0x0000_0002 "ACCOUNTDISABLE";
        /// Failed logons have locked the account. Computed, and not stored.
        LOCKOUT = 0x0000_0010 "LOCKOUT";
        /// No password is needed; without effect here.
        PASSWD_NOTREQD = 0x0000_0020 "PASSWD_NOTREQD";
        /// A user.
        NORMAL_ACCOUNT = 0x0000_0200 "NORMAL_ACCOUNT";
        /// The account of a trust.
        INTERDOMAIN_TRUST_ACCOUNT = 0x0000_0800 "INTERDOMAIN_TRUST_ACCOUNT";
        /// A computer.
        WORKSTATION_TRUST_ACCOUNT = 0x0000_1000 "WORKSTATION_TRUST_ACCOUNT";
        /// A domain controller.
        SERVER_TRUST_ACCOUNT = 0x0000_2000 "SERVER_TRUST_ACCOUNT";
        /// The password never expires.
        DONT_EXPIRE_PASSWORD = 0x0001_0000 "DONT_EXPIRE_PASSWORD";
        /// The user must log on with a smart card; without effect here.
        SMARTCARD_REQUIRED = 0x0004_0000 "SMARTCARD_REQUIRED";
        /// Tickets for the account's services carry the ok-as-delegate flag.
        TRUSTED_FOR_DELEGATION = 0x0008_0000 "TRUSTED_FOR_DELEGATION";
        /// The user's tickets are neither forwardable nor proxiable.
        NOT_DELEGATED = 0x0010_0000 "NOT_DELEGATED";
        /// Of the account's keys only those of DES are used.
        USE_DES_KEY_ONLY = 0x0020_0000 "USE_DES_KEY_ONLY";
        /// The user need not pre-authenticate.
        DONT_REQ_PREAUTH = 0x0040_0000 "DONT_REQ_PREAUTH";
        /// The password has expired. Computed, and not stored.
        PASSWORD_EXPIRED = 0x0080_0000 "PASSWORD_EXPIRED";
        /// The account's services may obtain forwardable tickets to themselves for any user.
        TRUSTED_TO_AUTH_FOR_DELEGATION = 0x0100_0000 "TRUSTED_TO_AUTH_FOR_DELEGATION";
        /// Tickets for the account's services carry no PAC, as none of this KDC's tickets does.
        NO_AUTH_DATA_REQUIRED = 0x0200_0000 "NO_AUTH_DATA_REQUIRED";
    }
}

impl UserAccountControl {
    /// The bits that Active Directory computes (msDS-User-Account-Control-Computed) and does not store.
    pub const COMPUTED: Self = Self::LOCKOUT.with(Self::PASSWORD_EXPIRED);
}

#[cfg(test)]
mod tests {
    use kdclab_proto::Realm;

    use super::*;
    use crate::{Attributes, PrincipalEntry};

    #[test]
    fn ms_adts_2_2_16_every_stored_bit_comes_back() {
        let mut entry = PrincipalEntry::new_account(&Realm::from("LAB"), "alice");
        assert_eq!(
            entry.user_account_control(),
            UserAccountControl::NORMAL_ACCOUNT
        );
        assert!(entry.attributes.contains(Attributes::REQUIRES_PRE_AUTH));
        for bit in UserAccountControl::known() {
            entry.set_user_account_control(bit);
            let stored = match UserAccountControl::COMPUTED.contains(bit) {
                true => UserAccountControl::NONE,
                false => bit,
            };
            assert_eq!(entry.user_account_control(), stored, "{bit}");
        }
    }

    #[test]
    fn ms_adts_2_2_16_attributes_and_bits_are_one_thing() {
        let mut entry = PrincipalEntry::new_account(&Realm::from("LAB"), "web$");
        entry.attributes.apply("-allow_tix").unwrap();
        let control = entry.user_account_control();
        assert_eq!(
            control.to_string(),
            "ACCOUNTDISABLE WORKSTATION_TRUST_ACCOUNT"
        );
        entry.set_user_account_control(UserAccountControl::WORKSTATION_TRUST_ACCOUNT);
        assert!(!entry.attributes.contains(Attributes::DISALLOW_ALL_TIX));
    }

    #[test]
    fn names_are_read_without_case_and_unknown_ones_are_not() {
        assert_eq!(
            UserAccountControl::from_name("dont_req_preauth"),
            Some(UserAccountControl::DONT_REQ_PREAUTH)
        );
        assert_eq!(UserAccountControl::from_name("DISABLED"), None);
        assert_eq!(
            UserAccountControl::from_bits(0x8000_0002).to_string(),
            "ACCOUNTDISABLE 0x80000000"
        );
        assert_eq!(UserAccountControl::NONE.to_string(), "0x0");
    }
}
