//! PAN-OS: the line that the firewall's user-id process writes, with a number in front. Its Kerberos library
//! is MIT's, its operating system Linux.

use kdclab_client::{ApExchangeError, ClientError};

use super::errno::{Abi, Errno};
use super::mit;

pub(super) fn client_text(error: &ClientError) -> Option<String> {
    // Its password is in the configuration, nobody types it.
    let text = mit::client_text(error, false)?;
    Some(line(error.com_err()?, &text))
}

pub(super) fn session_text(error: &ApExchangeError) -> Option<String> {
    Some(line(error.com_err()?, &mit::session_text(error)?))
}

pub(super) fn os_text(errno: Errno, abi: Abi) -> String {
    match errno {
        // The status of a monitored server. The 0 says that there is no error of Kerberos.
        Errno::ConnectionRefused => "Connection Refused (0)".to_owned(),
        _ => line(errno.number(abi), errno.text()),
    }
}

fn line(number: i32, text: &str) -> String {
    format!("Error {number}: {text}")
}
