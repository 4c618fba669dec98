use crate::{KerberosString, Principal, Realm};

/// How the salt of a password key is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Salt {
    /// The realm followed by the components of the name, without separators (RFC 4120 section 4): MIT's
    /// `normal`.
    Normal,
    /// An Active Directory user: the realm in upper case followed by the account name (MS-KILE section
    /// 3.1.1.2).
    ActiveDirectoryUser {
        /// The sAMAccountName; its case counts.
        account: KerberosString,
    },
    /// An Active Directory computer: `EXAMPLE.COMhostserver1.example.com` (MS-KILE section 3.1.1.2).
    ActiveDirectoryComputer {
        /// The sAMAccountName, with or without its final `$`.
        account: KerberosString,
    },
    /// These bytes.
    Literal(Vec<u8>),
}

impl Salt {
    /// The bytes of the salt for `principal`.
    pub fn bytes(&self, principal: &Principal) -> Vec<u8> {
        match self {
            Self::Normal => normal(principal),
            Self::ActiveDirectoryUser { account } => {
                let mut salt = upper(&principal.realm);
                salt.extend_from_slice(account.as_bytes());
                salt
            }
            Self::ActiveDirectoryComputer { account } => computer(&principal.realm, account),
            Self::Literal(bytes) => bytes.clone(),
        }
    }
}

fn normal(principal: &Principal) -> Vec<u8> {
    let mut salt = principal.realm.as_bytes().to_vec();
    for component in &principal.name.components {
        salt.extend_from_slice(component.as_bytes());
    }
    salt
}

fn computer(realm: &Realm, account: &KerberosString) -> Vec<u8> {
    let account = account.as_bytes();
    let host = account.strip_suffix(b"$").unwrap_or(account);
    [
        upper(realm),
        b"host".to_vec(),
        host.to_ascii_lowercase(),
        b".".to_vec(),
        realm.as_bytes().to_ascii_lowercase(),
    ]
    .concat()
}

fn upper(realm: &Realm) -> Vec<u8> {
    realm.as_bytes().to_ascii_uppercase()
}
