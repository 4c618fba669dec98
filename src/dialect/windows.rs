//! Windows: what the documents of its users show of its event log.

use kdclab_client::{ApExchangeError, ClientError};
use kdclab_ntlm::NtStatus;
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
    Some(kerberos_event(id, computer).described(&description))
}

/// An error that the Kerberos client tells.
fn kerberos_event(id: u32, computer: &str) -> Event<'_> {
    Event {
        log: "System",
        kind: EventKind::Error,
        source: "Kerberos",
        category: "None",
        id,
        computer,
    }
}

/// What an event tells beside its description.
pub(super) struct Event<'a> {
    /// The log it stands in.
    pub(super) log: &'a str,
    pub(super) kind: EventKind,
    pub(super) source: &'a str,
    pub(super) category: &'a str,
    pub(super) id: u32,
    pub(super) computer: &'a str,
}

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    Error,
    FailureAudit,
    SuccessAudit,
}

impl EventKind {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::FailureAudit => "Failure Audit",
            Self::SuccessAudit => "Success Audit",
        }
    }
}

impl Event<'_> {
    /// The event as the viewer shows it.
    pub(super) fn described(&self, description: &str) -> String {
        format!(
            "{}: Event Type: {}\nEvent Source: {}\nEvent Category: {}\nEvent ID: {}\nUser: N/A\nComputer: \
             {}\nDescription: {description}",
            self.log,
            self.kind.name(),
            self.source,
            self.category,
            self.id,
            self.computer
        )
    }
}

/// Event 680 of a domain controller: what became of a logon by NTLM.
pub(crate) fn logon_attempt(
    computer: &str,
    account: &str,
    workstation: &str,
    status: NtStatus,
) -> String {
    let is_success = status == NtStatus(0);
    Event {
        log: "Security",
        kind: match is_success {
            true => EventKind::SuccessAudit,
            false => EventKind::FailureAudit,
        },
        source: "Security",
        category: "Account Logon",
        id: 680,
        computer,
    }
    .described(&format!(
        "Logon attempt by: MICROSOFT_AUTHENTICATION_PACKAGE_V1_0\nLogon account: {account}\nSource Workstation: \
         {workstation}\nError Code: 0x{:X}",
        status.0
    ))
}

/// Event 3 with the fields of a KRB-ERROR, which the client writes once Kerberos logging is on (KB 262177).
pub(super) fn kdc_event(error: &ClientError, computer: &str) -> Option<String> {
    let refusal = error.refusal()?;
    let error = &refusal.error;
    let code = error.error_code;
    let time = error.stime.to_string();
    let part = |range: std::ops::Range<usize>| {
        let digits = time.get(range).unwrap_or_default();
        digits.trim_start_matches('0').to_owned()
    };
    let or_0 = |digits: String| match digits.as_str() {
        "" => "0".to_owned(),
        _ => digits,
    };
    let server_time = format!(
        "{}:{}:{}.0000 {}/{}/{} Z",
        or_0(part(11..13)),
        or_0(part(14..16)),
        or_0(part(17..19)),
        part(5..7),
        part(8..10),
        part(0..4)
    );
    let target = error.sname.clone().at(error.realm.clone());
    let description = format!(
        "A Kerberos Error Message was received:\n on logon session\n Client Time:\n Server Time: {server_time}\n Error \
         Code: {:#x} {}\n Extended Error:\n Client Realm:\n Client Name:\n Server Realm: {}\n Server Name: {}\n Target \
         Name: {target}\n Error Text:\n File:\n Line:\n Error Data is in record data.",
        code.0,
        code.name().unwrap_or_default(),
        error.realm,
        error.sname
    );
    Some(kerberos_event(3, computer).described(&description))
}
