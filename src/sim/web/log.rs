//! The log of IIS 6 in the W3C extended format, with the fields that the document shows.

use kdclab_proto::Principal;

use crate::sim::http::HttpRequest;
use crate::sim::world::World;

/// HTTP status, substatus and the status of Windows (winerror.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogStatus(u16, u8, u32);

impl LogStatus {
    /// The request is let in by nobody, for this reason.
    pub(super) const fn unauthorized(win32: u32) -> Self {
        Self(401, 1, win32)
    }
}

pub(super) const OK: LogStatus = LogStatus(200, 0, 0);
/// The application does not understand the request.
pub(super) const BAD_REQUEST: LogStatus = LogStatus(400, 0, 0);
/// The first leg, which has no credentials: substatus 2 says that the server's configuration wants some.
pub(super) const ANONYMOUS: LogStatus = LogStatus(401, 2, SEC_E_NO_CREDENTIALS);
pub(super) const NOT_FOUND: LogStatus = LogStatus(404, 0, ERROR_FILE_NOT_FOUND);

pub(in crate::sim) const SEC_E_UNSUPPORTED_FUNCTION: u32 = 0x8009_0302;
pub(in crate::sim) const SEC_E_INVALID_TOKEN: u32 = 0x8009_0308;
pub(in crate::sim) const SEC_E_LOGON_DENIED: u32 = 0x8009_030c;
pub(in crate::sim) const SEC_E_NO_CREDENTIALS: u32 = 0x8009_030e;
pub(in crate::sim) const SEC_E_TIME_SKEW: u32 = 0x8009_0324;
const ERROR_FILE_NOT_FOUND: u32 = 2;

impl World {
    /// Writes the line of a request: date, time, s-sitename, cs-method, cs-uri-stem, cs-uri-query, s-port, cs-username,
    /// cs(User-Agent), sc-status, sc-substatus, sc-win32-status.
    pub(super) fn log_request(
        &mut self,
        host: &str,
        port: u16,
        request: &HttpRequest,
        user: Option<&str>,
        LogStatus(status, substatus, win32): LogStatus,
    ) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(host) else {
            return;
        };
        let time = log_time(&host.clock(now).time().to_string());
        let line = format!(
            "iis.log: {time} W3SVC1 {} {} {} {port} {} {} {status} {substatus} {win32}",
            field(Some(&request.method)),
            field(Some(&request.path)),
            field(request.query.as_deref()),
            field(user),
            field(request.user_agent.as_deref()),
        );
        host.log.push(line);
    }
}

/// A time as logs of Windows have it, `2009-05-20 19:35:11`.
fn log_time(time: &str) -> String {
    time.replace('T', " ").replace('Z', "")
}

/// A field has no spaces; one without a value is a dash.
fn field(value: Option<&str>) -> String {
    match value {
        None | Some("") => "-".to_owned(),
        Some(value) => value
            .chars()
            .map(|letter| match letter {
                letter if letter.is_whitespace() => '+',
                letter if letter.is_control() => '?',
                letter => letter,
            })
            .collect(),
    }
}

/// An account of a domain as Windows shows it, `CHILD\WK02-020-51W$`.
pub(in crate::sim) fn account_name(account: &Principal) -> String {
    let realm = account.realm.to_string();
    let domain = realm.split('.').next().unwrap_or_default();
    format!("{}\\{}", domain.to_ascii_uppercase(), account.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document has the first two numbers.
    #[test]
    fn statuses_are_those_of_winerror_h() {
        assert_eq!(SEC_E_NO_CREDENTIALS, 2_148_074_254);
        assert_eq!(SEC_E_LOGON_DENIED, 2_148_074_252);
        assert_eq!(SEC_E_TIME_SKEW, 2_148_074_276);
        assert_eq!(SEC_E_INVALID_TOKEN, 2_148_074_248);
    }

    #[test]
    fn a_field_is_one_word() {
        for (value, expected) in [
            (None, "-"),
            (Some(""), "-"),
            (Some("a b\tc"), "a+b+c"),
            (Some("a\u{7}"), "a?"),
        ] {
            assert_eq!(field(value), expected);
        }
    }
}
