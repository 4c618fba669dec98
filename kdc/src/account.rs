//! What an Active Directory account has beyond a principal's keys and attributes.

use std::fmt;

use kdclab_proto::{
    Enctype, KerberosString, KerberosTime, NameType, Principal, PrincipalName, Realm,
};

use crate::{Attributes, LogonHistory, PrincipalEntry, RealmPolicy};

mod control;
mod enctypes;
mod logon_hours;

pub use control::UserAccountControl;
pub use enctypes::SupportedEncryptionTypes;
pub use logon_hours::LogonHours;

/// The attributes that the directory has for an account and a principal has not (MS-ADTS). Its sAMAccountName is the
/// principal's name, of one component; a computer's ends in `$`. The bits of userAccountControl that say the same as
/// [`Attributes`] are those attributes: [`PrincipalEntry::user_account_control`] has all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The bits of userAccountControl that no attribute stands for.
    pub(crate) control: UserAccountControl,
    /// userPrincipalName, `name@suffix`: a name to log on with. Case does not count.
    pub user_principal_name: Option<KerberosString>,
    /// servicePrincipalName: the services that run with the account's key. Two accounts may have one name, which is a
    /// fault.
    pub service_principal_names: Vec<PrincipalName>,
    /// msDS-SupportedEncryptionTypes; `None` and no type at all for
    /// [`RealmPolicy::default_supported_encryption_types`].
    pub supported_encryption_types: Option<SupportedEncryptionTypes>,
    /// logonHours; `None` for always.
    pub logon_hours: Option<LogonHours>,
    /// Who has the right Allowed-To-Authenticate on the account's object, which counts for those who come over a trust
    /// with selective authentication (MS-KILE section 3.3.5.7.5).
    pub allowed_to_authenticate: Vec<AllowedToAuthenticate>,
}

/// Whom an account's object lets authenticate over a trust with selective authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedToAuthenticate {
    /// One client.
    Principal(Principal),
    /// Every client of a realm.
    Realm(Realm),
}

impl AllowedToAuthenticate {
    fn is_for(&self, client: &Principal) -> bool {
        match self {
            Self::Principal(allowed) => allowed.eq_ignore_ascii_case(client),
            Self::Realm(allowed) => allowed
                .as_bytes()
                .eq_ignore_ascii_case(client.realm.as_bytes()),
        }
    }
}

impl Account {
    /// Whether a person is meant to log on with it: no computer, no domain controller, no trust.
    pub fn is_user(&self) -> bool {
        let others = UserAccountControl::WORKSTATION_TRUST_ACCOUNT
            | UserAccountControl::SERVER_TRUST_ACCOUNT
            | UserAccountControl::INTERDOMAIN_TRUST_ACCOUNT;
        !self.control.intersects(others)
    }

    /// Whether `client` may authenticate to it over a trust with selective authentication.
    pub fn lets_authenticate(&self, client: &Principal) -> bool {
        self.allowed_to_authenticate
            .iter()
            .any(|allowed| allowed.is_for(client))
    }

    /// Whether a key of `enctype` may be used for it at all.
    pub(crate) fn permits_key(&self, enctype: Enctype) -> bool {
        !self.is_des_only()
            || SupportedEncryptionTypes::DES
                .ticket_enctypes()
                .contains(&enctype)
    }

    /// What it supports as a service.
    pub(crate) fn supported_types(&self, policy: &RealmPolicy) -> SupportedEncryptionTypes {
        if self.is_des_only() {
            return SupportedEncryptionTypes::DES;
        }
        self.supported_encryption_types
            .filter(|types| !types.ticket_enctypes().is_empty())
            .unwrap_or(policy.default_supported_encryption_types)
    }

    fn is_des_only(&self) -> bool {
        self.control.contains(UserAccountControl::USE_DES_KEY_ONLY)
    }
}

/// The bits of userAccountControl that say the same as attributes of a principal.
const SHARED: &[(UserAccountControl, Attributes, bool)] = &[
    (
        UserAccountControl::ACCOUNTDISABLE,
        Attributes::DISALLOW_ALL_TIX,
        true,
    ),
    (
        UserAccountControl::TRUSTED_FOR_DELEGATION,
        Attributes::OK_AS_DELEGATE,
        true,
    ),
    (
        UserAccountControl::NOT_DELEGATED,
        Attributes::DISALLOW_FORWARDABLE,
        true,
    ),
    (
        UserAccountControl::NOT_DELEGATED,
        Attributes::DISALLOW_PROXIABLE,
        true,
    ),
    (
        UserAccountControl::DONT_REQ_PREAUTH,
        Attributes::REQUIRES_PRE_AUTH,
        false,
    ),
    (
        UserAccountControl::TRUSTED_TO_AUTH_FOR_DELEGATION,
        Attributes::OK_TO_AUTH_AS_DELEGATE,
        true,
    ),
    (
        UserAccountControl::NO_AUTH_DATA_REQUIRED,
        Attributes::NO_AUTH_DATA_REQUIRED,
        true,
    ),
];

/// Accounts of Active Directory.
impl PrincipalEntry {
    /// An account without keys that is called `sam_account_name`: a computer when that ends in `$`, and a user
    /// otherwise.
    pub fn new_account(realm: &Realm, sam_account_name: &str) -> Self {
        let name = PrincipalName::new(NameType::PRINCIPAL, [sam_account_name]);
        let mut entry = Self::new(name.at(realm.clone()));
        entry.set_user_account_control(if sam_account_name.ends_with('$') {
            UserAccountControl::WORKSTATION_TRUST_ACCOUNT
        } else {
            UserAccountControl::NORMAL_ACCOUNT
        });
        entry
    }

    /// userAccountControl as the directory stores it: without what is computed of an account, that it is locked out and
    /// that its password has expired.
    pub fn user_account_control(&self) -> UserAccountControl {
        let mut control = self
            .account
            .as_ref()
            .map_or(UserAccountControl::NONE, |account| account.control);
        for (bit, attribute, is_set) in SHARED {
            if self.attributes.contains(*attribute) == *is_set {
                control.set(*bit, true);
            }
        }
        control
    }

    /// What Active Directory computes of the account and does not store (msDS-User-Account-Control-Computed, MS-ADTS
    /// section 3.1.1.4.5.17): whether `history` locks it out at `now`, and whether its password has expired.
    pub fn computed_account_control(
        &self,
        history: &LogonHistory,
        now: KerberosTime,
    ) -> UserAccountControl {
        let locked = history.locked_until(&self.lockout, self.unlocked_at, now);
        let expires = !self
            .user_account_control()
            .contains(UserAccountControl::DONT_EXPIRE_PASSWORD);
        let must_change = self.attributes.contains(Attributes::REQUIRES_PWCHANGE);
        let expired = self
            .password_expiration
            .is_some_and(|expiration| now > expiration);
        let mut control = UserAccountControl::NONE;
        control.set(UserAccountControl::LOCKOUT, locked.is_some());
        control.set(
            UserAccountControl::PASSWORD_EXPIRED,
            must_change || (expires && expired),
        );
        control
    }

    /// Sets userAccountControl, and makes the entry an account if it was none. [`UserAccountControl::COMPUTED`] has no
    /// effect.
    pub fn set_user_account_control(&mut self, mut control: UserAccountControl) {
        control.set(UserAccountControl::COMPUTED, false);
        for (bit, attribute, is_set) in SHARED {
            self.attributes
                .set(*attribute, control.contains(*bit) == *is_set);
        }
        for (bit, ..) in SHARED {
            control.set(*bit, false);
        }
        self.account.get_or_insert_default().control = control;
    }
}

/// The names that a computer registers for itself when it joins a domain: `HOST/NAME` and `HOST/NAME.domain`.
pub fn host_service_principal_names(sam_account_name: &str, realm: &Realm) -> [PrincipalName; 2] {
    let host = sam_account_name
        .strip_suffix('$')
        .unwrap_or(sam_account_name);
    let domain = realm.to_str_lossy().to_ascii_lowercase();
    let full = format!("{host}.{domain}");
    [host.to_owned(), full].map(|host| PrincipalName::new(NameType::SRV_INST, ["HOST", &host]))
}

/// Reads a servicePrincipalName: `class/host`, `class/host:port` or either with a `/service name` behind it, which is a
/// domain for most that have one. The port is part of the second component (MS-ADTS section 2.2.21).
///
/// # Errors
/// [`InvalidServicePrincipalName`] when there are not two or three parts, or one is empty.
pub fn parse_service_principal_name(
    text: &str,
) -> Result<PrincipalName, InvalidServicePrincipalName> {
    let parts: Vec<&str> = text.split('/').collect();
    if !matches!(parts.len(), 2 | 3) || parts.iter().any(|part| part.is_empty()) {
        return Err(InvalidServicePrincipalName {
            text: text.to_owned(),
        });
    }
    Ok(PrincipalName::new(NameType::SRV_INST, parts))
}

/// A text that is no servicePrincipalName.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidServicePrincipalName {
    /// The text.
    pub text: String,
}

impl fmt::Display for InvalidServicePrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" is no service principal name, which is class/host or class/host/name",
            self.text
        )
    }
}

impl std::error::Error for InvalidServicePrincipalName {}
