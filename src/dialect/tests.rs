//! The catalogue's tables of error codes (section 0.1): number and text in each dialect.

use std::time::Duration;

use kdclab_client::{
    ApExchangeError, ClientError, Exchange, FailureReason, KdcUnreachable, Refusal, ReplyMismatch,
    ServerFailure, Transport,
};
use kdclab_proto::messages::KrbError;
use kdclab_proto::{DecodeError, ErrorCode, KerberosTime, LibraryError, Principal};

use super::{Intent, client_text, session_text};
use crate::script::model::DialectName;

fn principal(text: &str) -> Principal {
    text.parse().unwrap()
}

fn time() -> KerberosTime {
    KerberosTime::from_unix(1_767_225_600)
}

fn krb_error(code: i32, e_text: Option<&str>) -> KrbError {
    let server = principal("host/srv@LAB.EXAMPLE");
    KrbError {
        pvno: 5,
        msg_type: 30,
        ctime: None,
        cusec: None,
        stime: time(),
        susec: 0,
        error_code: ErrorCode(code),
        crealm: None,
        cname: None,
        realm: server.realm,
        sname: server.name,
        e_text: e_text.map(Into::into),
        e_data: None,
    }
}

/// A KDC's refusal of a ticket for host/srv that alice asked for.
fn refused(exchange: Exchange, code: i32, e_text: Option<&str>) -> ClientError {
    ClientError::Refused(Box::new(Refusal {
        exchange,
        realm: "LAB.EXAMPLE".into(),
        client: principal("alice@LAB.EXAMPLE"),
        server: principal("host/srv@LAB.EXAMPLE"),
        secret: None,
        error: krb_error(code, e_text),
    }))
}

/// What a user reads whose program has its password from elsewhere and wants a service.
fn told(dialect: DialectName, error: &ClientError) -> Option<String> {
    let intent = Intent {
        is_typed: false,
        is_login: false,
        has_tgt: false,
    };
    client_text(dialect, error, intent)
}

/// Code, com_err number, MIT's text, Java's text.
macro_rules! codes {
    ($($name:ident: $code:literal, $com_err:literal, $mit:literal, $java:literal;)*) => {$(
        #[test]
        fn $name() {
            let error = refused(Exchange::As, $code, None);
            assert_eq!(error.com_err(), Some($com_err));
            assert_eq!(told(DialectName::Mit, &error).as_deref(), Some($mit));
            assert_eq!(told(DialectName::Java, &error).as_deref(), Some($java));
            let line = format!("Error {}: {}", $com_err, $mit);
            assert_eq!(told(DialectName::PanOs, &error), Some(line));
            assert_eq!(told(DialectName::Windows, &error), None);
        }
    )*};
}

// OpenJDK 17.0.15 has no text for 26 to 28, 43 and 68, which the catalogue gives one, and has one for 63, of
// which the catalogue says that it has none.
codes! {
    name_exp: 1, -1765328383, "Client's entry in database has expired", "Client's entry in database expired (1)";
    c_principal_unknown: 6, -1765328378, "Client 'alice@LAB.EXAMPLE' not found in Kerberos database", "Client not found in Kerberos database (6)";
    s_principal_unknown: 7, -1765328377, "Server host/srv@LAB.EXAMPLE not found in Kerberos database", "Server not found in Kerberos database (7)";
    principal_not_unique: 8, -1765328376, "Principal has multiple entries in Kerberos database", "Multiple principal entries in database (8)";
    policy: 12, -1765328372, "KDC policy rejects request", "KDC policy rejects request (12)";
    badoption: 13, -1765328371, "KDC can't fulfill requested option", "KDC cannot accommodate requested option (13)";
    etype_nosupp: 14, -1765328370, "KDC has no support for encryption type", "KDC has no support for encryption type (14)";
    client_revoked: 18, -1765328366, "Client's credentials have been revoked", "Clients credentials have been revoked (18)";
    tgt_revoked: 20, -1765328364, "TGT has been revoked", "TGT has been revoked (20)";
    key_expired: 23, -1765328361, "Password has expired", "Password has expired - change password to reset (23)";
    preauth_failed: 24, -1765328360, "Preauthentication failed", "Pre-authentication information was invalid (24)";
    preauth_required: 25, -1765328359, "Additional pre-authentication required", "Additional pre-authentication required (25)";
    server_nomatch: 26, -1765328358, "Requested server and ticket don't match", "null (26)";
    must_use_user2user: 27, -1765328357, "Server principal valid for user2user only", "null (27)";
    path_not_accepted: 28, -1765328356, "KDC policy rejects transited path", "null (28)";
    svc_unavailable: 29, -1765328355, "A service is not available that is required to process the request", "A service is not available";
    bad_integrity: 31, -1765328353, "Decrypt integrity check failed", "Integrity check on decrypted field failed (31)";
    tkt_expired: 32, -1765328352, "Ticket expired", "Ticket expired (32)";
    tkt_nyv: 33, -1765328351, "Ticket not yet valid", "Ticket not yet valid (33)";
    repeat: 34, -1765328350, "Request is a replay", "Request is a replay (34)";
    not_us: 35, -1765328349, "The ticket isn't for us", "The ticket isn't for us (35)";
    skew: 37, -1765328347, "Clock skew too great", "Clock skew too great (37)";
    modified: 41, -1765328343, "Message stream modified", "Message stream modified (41)";
    ill_cr_tkt: 43, -1765328341, "Illegal cross-realm ticket", "null (43)";
    badkeyver: 44, -1765328340, "Key version is not available", "Specified version of key is not available (44)";
    nokey: 45, -1765328339, "Service key not available", "Service key not available (45)";
    mut_fail: 46, -1765328338, "Mutual authentication failed", "Mutual authentication failed (46)";
    response_too_big: 52, -1765328332, "Response too big for UDP, retry with TCP", "Response too big for UDP, retry with TCP (52)";
    generic: 60, -1765328324, "Generic error (see e-text)", "Generic error (description in e-text) (60)";
    kdc_not_trusted: 63, -1765328321, "KDC not trusted", "Fail to create credential. (63)";
    wrong_realm: 68, -1765328316, "Realm not local to KDC", "null (68)";
}

/// Code and e-text, and Java's text of both.
macro_rules! java_with_e_text {
    ($($name:ident: $code:literal, $e_text:literal => $java:literal;)*) => {$(
        #[test]
        fn $name() {
            let error = refused(Exchange::Tgs, $code, Some($e_text));
            assert_eq!(told(DialectName::Java, &error).as_deref(), Some($java));
        }
    )*};
}

java_with_e_text! {
    client_not_found: 6, "CLIENT_NOT_FOUND" => "Client not found in Kerberos database (6) - CLIENT_NOT_FOUND";
    looking_up_server: 7, "LOOKING_UP_SERVER" => "Server not found in Kerberos database (7) - LOOKING_UP_SERVER";
    bad_encryption_type: 14, "BAD_ENCRYPTION_TYPE" => "KDC has no support for encryption type (14) - BAD_ENCRYPTION_TYPE";
    locked_out: 18, "LOCKED_OUT" => "Clients credentials have been revoked (18) - LOCKED_OUT";
    wrong_key: 24, "PREAUTH_FAILED" => "Pre-authentication information was invalid (24) - PREAUTH_FAILED";
    wrong_key_of_old_kdcs: 31, "PREAUTH_FAILED" => "Integrity check on decrypted field failed (31) - PREAUTH_FAILED";
    process_tgs: 60, "PROCESS_TGS" => "Generic error (description in e-text) (60) - PROCESS_TGS";
}

#[test]
fn mit_tells_the_e_text_of_the_tgs() {
    let error = refused(Exchange::Tgs, 60, Some("PROCESS_TGS"));
    let text = "KDC returned error string: PROCESS_TGS";
    assert_eq!(told(DialectName::Mit, &error).as_deref(), Some(text));
}

#[test]
fn kinit_says_that_a_typed_password_is_incorrect() {
    let error = refused(Exchange::As, 24, None);
    let intent = Intent {
        is_typed: true,
        is_login: true,
        has_tgt: false,
    };
    let told = |dialect| client_text(dialect, &error, intent);
    assert_eq!(
        told(DialectName::Mit).as_deref(),
        Some("Password incorrect")
    );
    // A firewall has its password from its configuration, whoever asks.
    assert_eq!(
        told(DialectName::PanOs).as_deref(),
        Some("Error -1765328360: Preauthentication failed")
    );
}

/// What OpenJDK 17 said of a KDC that takes no connection, and of one that closes it without a word.
#[test]
fn java_tells_what_became_of_a_connection() {
    let told = |reason| {
        let (server, transport) = (0, Transport::Tcp);
        let failure = ServerFailure {
            server,
            transport,
            reason,
        };
        told(DialectName::Java, &unreachable(vec![failure]))
    };
    let text = |reason| told(reason).unwrap();
    assert_eq!(text(FailureReason::ConnectTimedOut), "Connect timed out");
    assert_eq!(text(FailureReason::Closed), "Cannot get a KDC reply");
    assert_eq!(told(FailureReason::TimedOut), None);
}

#[test]
fn mit_tells_of_a_generic_error_without_e_text() {
    let error = refused(Exchange::Tgs, 60, None);
    assert_eq!(
        told(DialectName::Mit, &error).as_deref(),
        Some("Generic error (see e-text)")
    );
}

/// A PortUnreachableException has no message: GSS says so, a login and other failures do not.
#[test]
fn java_tells_of_a_closed_port_only_where_it_has_a_ticket() {
    let told = |transport, reason, has_tgt| {
        let failure = ServerFailure {
            server: 0,
            transport,
            reason,
        };
        let intent = Intent {
            is_typed: false,
            is_login: false,
            has_tgt,
        };
        client_text(DialectName::Java, &unreachable(vec![failure]), intent)
    };
    let refused = FailureReason::Refused;
    let text = "No valid credentials provided (Mechanism level: null)";
    let is_told = told(Transport::Udp, refused.clone(), true);
    assert_eq!(is_told.as_deref(), Some(text));
    assert_eq!(told(Transport::Udp, refused.clone(), false), None);
    let text = Some("Connection refused");
    assert_eq!(told(Transport::Tcp, refused, true).as_deref(), text);
    let text = Some("Receive timed out");
    let timed_out = FailureReason::TimedOut;
    assert_eq!(told(Transport::Udp, timed_out, true).as_deref(), text);
}

fn unreachable(failures: Vec<ServerFailure>) -> ClientError {
    ClientError::KdcUnreachable {
        realm: "LAB.EXAMPLE".into(),
        failures: KdcUnreachable { failures },
    }
}

/// An error that MIT's library raises by itself, its number and its text.
macro_rules! library_errors {
    ($($name:ident: $error:expr => $com_err:literal, $text:literal;)*) => {$(
        #[test]
        fn $name() {
            let error: ClientError = $error;
            assert_eq!(error.com_err(), Some($com_err));
            assert_eq!(told(DialectName::Mit, &error).as_deref(), Some($text));
        }
    )*};
}

library_errors! {
    kdcrep_modified: ReplyMismatch::ReferredBack { realm: "LAB.EXAMPLE".into() }.into()
        => -1765328237, "KDC reply did not match expectations";
    kdcrep_skew: ClientError::ReplySkew { starttime: time(), now: time().timestamp(), limit: Duration::from_secs(300) }
        => -1765328236, "Clock skew too great in KDC reply";
    realm_unknown: unreachable(Vec::new()) => -1765328230, "Cannot find KDC for realm \"LAB.EXAMPLE\"";
    kdc_unreach: unreachable(vec![ServerFailure { server: 0, transport: Transport::Udp, reason: FailureReason::TimedOut }])
        => -1765328228, "Cannot contact any KDC for realm 'LAB.EXAMPLE'";
    kt_notfound: ClientError::NoKeyInKeytab { principal: principal("host/srv@LAB.EXAMPLE"), enctype: None }
        => -1765328203, "Key table entry not found";
    no_preauth_mechanism: ClientError::NoPreauthMechanism { offered: Vec::new() }
        => -1765328174, "Generic preauthentication failure";
    asn1_overrun: ClientError::UndecodableReply { exchange: Exchange::As, error: DecodeError::Truncated { offset: 9 } }
        => 1859794437, "ASN.1 encoding ended unexpectedly";
}

#[test]
fn cc_notfound() {
    let error = ClientError::NoCredential {
        client: principal("alice@LAB.EXAMPLE"),
        server: principal("krbtgt/LAB.EXAMPLE@LAB.EXAMPLE"),
    };
    assert_eq!(error.com_err(), Some(-1765328243));
    let text = LibraryError(-1765328243).text();
    assert_eq!(text, Some("Matching credential not found"));
}

#[test]
fn mutual_failed() {
    let error = ApExchangeError::MutualFailed {
        sent: (time(), 1),
        received: (time(), 2),
    };
    assert_eq!(error.com_err(), Some(-1765328226));
    let told = |dialect| session_text(dialect, &error);
    assert_eq!(
        told(DialectName::Mit).as_deref(),
        Some("Mutual authentication failed")
    );
    assert_eq!(
        told(DialectName::PanOs).as_deref(),
        Some("Error -1765328226: Mutual authentication failed")
    );
}

#[test]
fn java_calls_a_path_that_was_not_found_63() {
    let error = ClientError::NoPathToRealm {
        realm: "LAB.EXAMPLE".into(),
        cause: Box::new(refused(Exchange::Tgs, 52, None)),
    };
    for dialect in [DialectName::Java, DialectName::Java6] {
        assert_eq!(
            told(dialect, &error).as_deref(),
            Some("Fail to create credential. (63) - No service creds")
        );
    }
}
