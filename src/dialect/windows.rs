//! Windows: what the documents of its users show of its event log.

use kdclab_client::ApExchangeError;
use kdclab_proto::{ErrorCode, Principal};

use crate::script::values::ErrorName;

/// The event on a client's host when the service sends a KRB-ERROR in place of its AP-REP. Only the words of
/// Event 4 are known; Event 3 has the code.
pub(super) fn session_event(
    error: &ApExchangeError,
    client: &Principal,
    target: &Principal,
    computer: &str,
) -> Option<String> {
    let ApExchangeError::Refused(error) = error else {
        return None;
    };
    let server = &error.sname;
    let (id, description) = match error.error_code {
        ErrorCode::KRB_AP_ERR_MODIFIED => (
            4,
            format!(
                "The kerberos client received a KRB_AP_ERR_MODIFIED error from the server {server}. The target \
             name used was {}. This indicates that the password used to encrypt the kerberos service ticket is \
             different than that on the target server. Commonly, this is due to identically named machine accounts \
             in the target realm ({}) and the client realm. Please contact your system administrator.",
                target.name, target.realm
            ),
        ),
        code => (
            3,
            format!(
                "{} from the server {server} to {client}, target name {}",
                ErrorName::Protocol(code).described(),
                target.name
            ),
        ),
    };
    Some(event(id, computer, &description))
}

/// An event as the viewer shows it.
fn event(id: u32, computer: &str, description: &str) -> String {
    format!(
        "System: Event Type: Error\nEvent Source: Kerberos\nEvent Category: None\nEvent ID: {id}\nUser: N/A\nComputer: \
         {computer}\nDescription: {description}"
    )
}
