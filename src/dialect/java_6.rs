//! Java 6: what the documents of its users show, and OpenJDK 17's texts for the rest.

use kdclab_client::AcceptError;

use super::java;

pub(super) fn acceptor_text(error: &AcceptError) -> Option<String> {
    match error {
        AcceptError::KeyEnctype(wanted) => Some(format!(
            "Invalid argument (400) - Cannot find key of appropriate type to decrypt AP REP - {}",
            wanted.enctype.0
        )),
        _ => java::acceptor_text(error),
    }
}
