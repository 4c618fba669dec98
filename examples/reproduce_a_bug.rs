//! A bug report as a test: the help desk's tool told users to type their password again when it was the web
//! server that had an old key.
//!
//! `cargo test --example reproduce_a_bug` runs the tests, `cargo run --example reproduce_a_bug` shows the packets.

use kdclab::{Call, Lab, LabError};

/// The code under test: what the tool tells a user.
fn advice(error: &str) -> &'static str {
    match error {
        "KDC_ERR_PREAUTH_FAILED" => "Type your password again.",
        "KDC_ERR_CLIENT_REVOKED" => "Ask for your account to be enabled.",
        // The fix for the bug: until it was here, these fell through to the password.
        "KRB_AP_ERR_BADKEYVER" | "KRB_AP_ERR_BAD_INTEGRITY" | "KRB_AP_ERR_MODIFIED" => {
            "Nothing you can do: the service has an old key."
        }
        "KRB_AP_ERR_SKEW" => "Nothing you can do: a clock is wrong.",
        _ => "Ask the help desk.",
    }
}

/// A user, a web server, and an administrator who gives the web server a new key and forgets its keytab.
fn lab() -> Result<Lab, LabError> {
    Lab::builder()
        .realm("LAB.EXAMPLE")
        .user("alice", "correct horse")
        .service("HTTP/web1.lab.example")
        .fault(r#"reset_key = "HTTP/web1.lab.example""#)
        .build()
}

fn visit() -> Call {
    Call::login("alice").to("HTTP/web1.lab.example")
}

fn main() -> Result<(), LabError> {
    let mut lab = lab()?;
    lab.break_it()?;
    let outcome = lab.call(visit())?;
    println!("{}", outcome.timeline().join("\n"));
    println!("{}", advice(outcome.error().unwrap_or_default()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_is_not_the_users_fault() -> Result<(), LabError> {
        let mut lab = lab()?;
        lab.call(visit())?.expect_success();

        lab.break_it()?;
        let outcome = lab.call(visit())?;
        outcome.expect_error("KRB_AP_ERR_BADKEYVER");
        assert_eq!(outcome.sent_by(), Some("web1"));
        assert_eq!(
            advice(outcome.error().unwrap_or_default()),
            "Nothing you can do: the service has an old key."
        );

        // And what the tool must go on saying of a wrong password.
        let outcome = lab.call(visit().password("wrong"))?;
        outcome.expect_error("KDC_ERR_PREAUTH_FAILED");
        assert_eq!(
            advice(outcome.error().unwrap_or_default()),
            "Type your password again."
        );
        Ok(())
    }

    #[test]
    fn exporting_the_key_is_the_remedy() -> Result<(), LabError> {
        let mut lab = lab()?;
        lab.break_it()?;
        let mut purged = lab.clone();
        purged.step(r#"set_password = { user = "alice", password = "new one" }"#)?;
        purged.call(visit())?.expect_error("KRB_AP_ERR_BADKEYVER");
        lab.step(r#"export_keytab = { of = "HTTP/web1.lab.example", to = "web1" }"#)?;
        lab.call(visit())?.expect_success();
        Ok(())
    }
}
