//! Hadoop 0.20 with security and its kin: what daemons write of the directories they find.

use crate::sim::DaemonError;

pub(super) fn text(error: &DaemonError) -> String {
    match error {
        DaemonError::DirectoryMode {
            directory,
            expected,
            actual,
        } => format!(
            "java.io.IOException: Incorrect permission for {directory}, expected: {expected}, while actual: {actual}"
        ),
        DaemonError::UserDirectoryMode { attempt, .. }
        | DaemonError::UserDirectoryOwner { attempt, .. } => format!(
            "Error initializing {attempt}: java.io.IOException: org.apache.hadoop.util.Shell$ExitCodeException:"
        ),
    }
}

/// The line that follows the text in the daemon's log.
pub(super) fn detail(error: &DaemonError) -> String {
    let reason = match error {
        DaemonError::DirectoryMode { .. } => return "at DiskChecker.checkDir".to_owned(),
        DaemonError::UserDirectoryMode {
            directory, actual, ..
        } => format!("{directory} is {actual}"),
        DaemonError::UserDirectoryOwner {
            directory,
            expected,
            actual,
            ..
        } => format!("{directory} belongs to {actual}, not to {expected}"),
    };
    format!("at LinuxTaskController.initializeUser, LinuxTaskController.runCommand: {reason}")
}
