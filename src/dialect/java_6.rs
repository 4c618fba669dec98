//! Java 6: what the documents of its users show, and OpenJDK 17's texts for the rest.

use kdclab_client::{AcceptError, ClientError};

use super::java;

pub(super) fn client_text(error: &ClientError, is_login: bool) -> Option<String> {
    match error {
        // 63 is KRB_AP_ERR_GEN_CRED, a number of its own and none of the protocol.
        ClientError::NoPathToRealm { .. } => {
            Some("Fail to create credential. (63) - No service creds".to_owned())
        }
        _ => java::client_text(error, is_login),
    }
}

pub(super) fn acceptor_text(error: &AcceptError) -> Option<String> {
    match error {
        AcceptError::KeyEnctype(wanted) => Some(format!(
            "Invalid argument (400) - Cannot find key of appropriate type to decrypt AP REP - {}",
            wanted.enctype.0
        )),
        _ => java::acceptor_text(error),
    }
}
