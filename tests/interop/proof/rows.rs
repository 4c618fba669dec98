//! What was seen with MIT's or Java's programs when the failures were collected, and what shows it again.

use self::Proof::{None as Nobody, Scenario as S, Test as T};

/// One fact that was seen.
pub(crate) struct Row {
    /// Its place in the catalogue.
    pub(crate) id: &'static str,
    /// What it says.
    pub(crate) what: &'static str,
    /// What proves it.
    pub(crate) proofs: &'static [Proof],
}

/// What shows a fact again.
pub(crate) enum Proof {
    /// Nothing, and why.
    None(&'static str),
    /// A scenario that real programs play.
    Scenario(&'static str),
    /// A test of `tests/interop`, by file and name.
    Test(&'static str, &'static str),
}

const TABLE_ONLY: &str = "no KDC sends it here: its text is compared with the library's own table in src/dialect/tests.rs and proto/tests";

const fn row(id: &'static str, what: &'static str, proofs: &'static [Proof]) -> Row {
    Row { id, what, proofs }
}

pub(crate) const ROWS: &[Row] = &[
    row(
        "0.1",
        "1 client expired",
        &[S("client-expired"), T("agreement", "client_expired_java")],
    ),
    row(
        "0.1",
        "6 client unknown",
        &[S("client-unknown"), T("agreement", "client_unknown_java")],
    ),
    row(
        "0.1",
        "7 server unknown",
        &[
            S("cross-realm-missing-in-lab"),
            S("cross-realm-missing-in-lab-java"),
        ],
    ),
    row("0.1", "8 principal not unique", &[Nobody(TABLE_ONLY)]),
    row(
        "0.1",
        "12 KDC policy",
        &[Nobody(
            "Active Directory sends it here, in scenarios whose clients are Windows (non-transitive-trust, selective-authentication)",
        )],
    ),
    row(
        "0.1",
        "13 bad option",
        &[S("renew-not-allowed"), S("renew-not-requested")],
    ),
    row(
        "0.1",
        "14 no common encryption type",
        &[S("no-common-enctype"), S("no-common-enctype-java")],
    ),
    row(
        "0.1",
        "18 client revoked",
        &[
            S("client-disabled"),
            S("client-locked-out"),
            T("agreement", "client_disabled_java"),
        ],
    ),
    row("0.1", "20 TGT revoked", &[Nobody(TABLE_ONLY)]),
    row(
        "0.1",
        "23 password expired",
        &[
            S("password-expired"),
            T("agreement", "password_expired_java"),
        ],
    ),
    row(
        "0.1",
        "24 pre-authentication failed",
        &[
            S("wrong-password"),
            S("wrong-password-typed"),
            S("wrong-password-java"),
        ],
    ),
    row(
        "0.1",
        "25 pre-authentication required",
        &[S("wrong-password")],
    ),
    row(
        "0.1",
        "26 server and ticket do not match",
        &[Nobody(
            "kvno cannot be made to show another user's ticket in a user-to-user request",
        )],
    ),
    row(
        "0.1",
        "27 user-to-user only",
        &[Nobody(
            "Active Directory sends it here, in a scenario whose client is Windows (user-without-spn)",
        )],
    ),
    row("0.1", "28, 29, 63", &[Nobody(TABLE_ONLY)]),
    row(
        "0.1",
        "31 integrity check failed",
        &[
            S("cross-realm-password-mismatch"),
            S("cross-realm-password-mismatch-java"),
            S("undecryptable-reply-java"),
        ],
    ),
    row(
        "0.1",
        "32 ticket expired",
        &[S("ticket-expired"), S("renew-time-over")],
    ),
    row(
        "0.1",
        "33 ticket not yet valid",
        &[T("agreement/clocks", "acceptor_behind_new_ticket")],
    ),
    row(
        "0.1",
        "34 replay",
        &[
            T("agreement/replays", "replay_to_two_servers"),
            T("agreement/replays", "replay_to_java"),
        ],
    ),
    row("0.1", "35 not for us", &[S("keytab-of-other-service")]),
    row(
        "0.1",
        "37 clock skew",
        &[
            S("clock-skew-login-java"),
            S("clock-skew-ticket-request"),
            S("clock-skew-ticket-request-java"),
        ],
    ),
    row(
        "0.1",
        "41 message stream modified",
        &[S("service-key-mismatch")],
    ),
    row(
        "0.1",
        "43 illegal cross-realm ticket",
        &[Nobody(
            "it takes a path of trusts through realms that the acceptor does not know, which no scenario of these documents has",
        )],
    ),
    row("0.1", "44 key version", &[S("service-key-mismatch-mit")]),
    row(
        "0.1",
        "45, 46",
        &[Nobody(
            "a GSS acceptor says 44 or 35, and a library that looks by name is not installed as a program",
        )],
    ),
    row(
        "0.1",
        "52 response too big",
        &[
            S("reply-too-big-for-udp"),
            S("reply-too-big-tcp-closed"),
            S("reply-too-big-tcp-closed-java"),
        ],
    ),
    row(
        "0.1",
        "60 generic error with e-text",
        &[
            S("cross-realm-kvno-ahead-in-lab"),
            S("cross-realm-kvno-ahead-in-lab-java"),
        ],
    ),
    row(
        "0.1",
        "68 wrong realm",
        &[
            S("realm-not-local-to-kdc"),
            S("realm-not-local-to-kdc-java"),
        ],
    ),
    row(
        "0.1",
        "library: reply did not match expectations",
        &[S("reply-names-other-client")],
    ),
    row(
        "0.1",
        "library: clock skew in KDC reply",
        &[S("clock-skew-login-without-preauth")],
    ),
    row("0.1", "library: cannot find KDC", &[S("realm-without-kdc")]),
    row(
        "0.1",
        "library: cannot contact any KDC",
        &[S("kdc-port-closed")],
    ),
    row(
        "0.1",
        "library: mutual authentication failed",
        &[
            S("ap-rep-plus-one"),
            T("gss_acceptor", "an_answer_to_another_request_is_not_taken"),
        ],
    ),
    row("0.1", "library: no credentials", &[S("no-ticket")]),
    row(
        "0.1",
        "library: key table entry not found",
        &[S("keytab-empty")],
    ),
    row(
        "0.1",
        "library: generic preauthentication failure",
        &[S("client-without-aes-key-preauth")],
    ),
    row("0.1", "library: ASN.1 overrun", &[S("truncated-reply")]),
    row(
        "0.2",
        "acceptor cannot decrypt, version present: MIT 31, Java no token",
        &[
            S("service-key-mismatch-mit-same-kvno"),
            S("service-key-mismatch-java"),
        ],
    ),
    row(
        "0.2",
        "no key of the version: MIT 44, Java Checksum failed",
        &[
            S("service-key-mismatch-mit"),
            S("service-key-mismatch-java"),
        ],
    ),
    row(
        "0.2",
        "no key of the encryption type",
        &[
            S("keytab-without-ticket-enctype"),
            S("keytab-without-ticket-enctype-java"),
        ],
    ),
    row(
        "0.2",
        "keytab with other principals only",
        &[
            S("keytab-of-other-service"),
            S("keytab-of-other-service-java"),
            S("keytab-of-namesake"),
            S("keytab-of-namesake-java"),
        ],
    ),
    row(
        "0.2",
        "KRB-ERROR in place of AP-REP",
        &[S("service-key-mismatch"), S("clock-skew-acceptor-java")],
    ),
    row(
        "0.2",
        "disabled account with a TGT",
        &[S("client-disabled-with-ticket")],
    ),
    row(
        "0.2",
        "password login with a wrong clock",
        &[S("clock-skew-login"), S("clock-skew-login-java")],
    ),
    row(
        "0.2",
        "same client and time, other bytes",
        &[Nobody("real programs do not choose their time")],
    ),
    row(
        "0.2",
        "a realm that the KDC does not serve",
        &[
            S("client-of-foreign-realm"),
            S("kdc-of-other-realms"),
            S("kdc-of-other-realms-java"),
        ],
    ),
    row(
        "0.2",
        "a reply with another client, realm or ticket",
        &[
            S("reply-names-other-client"),
            S("reply-names-other-client-java"),
            S("reply-names-other-ticket-realm"),
            S("reply-names-other-ticket-realm-java"),
        ],
    ),
    row(
        "0.2",
        "truncated reply, no Kerberos",
        &[
            S("truncated-reply"),
            S("truncated-reply-java"),
            S("reply-not-kerberos"),
            S("reply-not-kerberos-java"),
        ],
    ),
    row(
        "0.2",
        "another message at the KDC's port",
        &[S("kpasswd-to-kdc-port")],
    ),
    row(
        "0.4",
        "290 s accepted, 310 s refused",
        &[
            S("clock-skew-ticket-request"),
            T("mit_kdc", "a_ticket_request_290_seconds_off_works"),
            T("agreement/clocks", "ticket_request_within_the_limit"),
        ],
    ),
    row(
        "S002-1",
        "closed port",
        &[
            S("kdc-port-closed"),
            S("kdc-port-closed-java"),
            S("kdc-port-closed-with-ticket-java"),
        ],
    ),
    row(
        "S002-1",
        "silent KDC",
        &[
            S("kdc-silent"),
            S("kdc-silent-behind-open-tcp"),
            S("kdc-silent-tcp-refused"),
            S("kdc-silent-java"),
        ],
    ),
    row(
        "S002-1",
        "realm without KDC",
        &[
            S("realm-without-kdc"),
            S("realm-without-kdc-java"),
            S("realm-misspelt"),
        ],
    ),
    row(
        "S002-1",
        "name that does not resolve",
        &[S("kdc-name-unresolved")],
    ),
    row(
        "S002-1",
        "KDC of other realms is silent",
        &[S("kdc-of-other-realms"), S("kdc-of-other-realms-java")],
    ),
    row(
        "S002-2",
        "disabled, locked, expired, password expired",
        &[
            S("client-disabled"),
            S("client-locked-out"),
            S("client-expired"),
            S("password-expired"),
        ],
    ),
    row(
        "S002-6",
        "checks of the reply",
        &[
            S("reply-names-other-client"),
            S("reply-names-other-client-realm"),
            S("reply-names-other-ticket-realm"),
            S("reply-names-other-ticket-service"),
            S("reply-recorded-earlier"),
            S("realm-in-lower-case"),
        ],
    ),
    row(
        "S002-6",
        "Java: Message stream modified (41)",
        &[
            S("reply-names-other-client-java"),
            S("reply-names-other-client-realm-java"),
            S("realm-in-lower-case-java"),
        ],
    ),
    row(
        "S002-6",
        "FAST: Ticket modified in KDC reply",
        &[Nobody("the lab has no FAST")],
    ),
    row(
        "S002-6",
        "request rewritten",
        &[S("request-rewritten"), S("request-rewritten-java")],
    ),
    row(
        "S002-6",
        "look-alikes: truncated, not Kerberos, damaged",
        &[
            S("truncated-reply"),
            S("reply-not-kerberos"),
            S("damaged-reply"),
        ],
    ),
    row(
        "S002-7",
        "client unknown, and of a foreign realm",
        &[S("client-unknown"), S("client-of-foreign-realm")],
    ),
    row(
        "S002-8",
        "(a) nothing in common",
        &[S("no-common-enctype"), S("no-common-enctype-java")],
    ),
    row(
        "S002-8",
        "(b) no AES key, without preauth",
        &[S("client-without-aes-key")],
    ),
    row(
        "S002-8",
        "(c) no AES key, with preauth",
        &[
            S("client-without-aes-key-preauth"),
            S("client-without-aes-key-java"),
        ],
    ),
    row(
        "S002-8",
        "(d) session key types of a service",
        &[S("service-session-enctype")],
    ),
    row(
        "S002-9",
        "wrong password, keytab, and preauth off",
        &[
            S("wrong-password"),
            S("wrong-password-typed"),
            S("stale-client-keytab"),
            S("undecryptable-reply"),
            S("undecryptable-reply-java"),
            S("no-lockout-without-preauth"),
        ],
    ),
    row(
        "S002-9",
        "clock skew is 37",
        &[S("clock-skew-is-not-24"), S("clock-skew-is-not-24-java")],
    ),
    row(
        "S002-10",
        "68 with and without canonicalization",
        &[S("realm-not-local-to-kdc"), S("realm-not-local-referral")],
    ),
    row(
        "S002-11",
        "31 by place",
        &[
            S("undecryptable-reply"),
            S("cross-realm-password-mismatch"),
            S("service-key-mismatch-mit-same-kvno"),
        ],
    ),
    row(
        "S002-12",
        "S4U2Self for a user that is unknown",
        &[
            S("s4u2self-user-unknown"),
            T("mit_clients", "kvno_for_a_user_that_does_not_exist"),
        ],
    ),
    row(
        "S004-P",
        "AP-REP with another time",
        &[S("ap-rep-plus-one"), S("protocol-walk")],
    ),
    row(
        "S004-P",
        "altered ticket is 31",
        &[S("ticket-altered"), S("ticket-altered-tgs")],
    ),
    row(
        "S004-D1",
        "KDC down, tickets in hand, second KDC",
        &[
            S("kdc-down"),
            S("kdc-down-java"),
            S("first-kdc-port-closed"),
        ],
    ),
    row(
        "S004-D2",
        "login",
        &[
            S("clock-skew-login"),
            S("clock-skew-login-java"),
            S("clock-skew-login-without-preauth"),
        ],
    ),
    row(
        "S004-D2",
        "ticket request with a cached ticket",
        &[
            S("clock-skew-ticket-request"),
            S("clock-skew-ticket-request-timesync"),
            S("clock-skew-ticket-request-java"),
        ],
    ),
    row(
        "S004-D2",
        "acceptor ahead and behind",
        &[
            T("agreement/clocks", "acceptor_ahead"),
            T("agreement/clocks", "acceptor_ahead_java"),
            T("agreement/clocks", "acceptor_behind_new_ticket"),
            T("agreement/clocks", "acceptor_behind_old_ticket"),
            T("agreement/clocks", "acceptor_behind_java"),
        ],
    ),
    row(
        "S004-D3",
        "kpasswd at the KDC's port",
        &[S("kpasswd-to-kdc-port")],
    ),
    row(
        "S004-D4",
        "forged TGT, krbtgt changed",
        &[
            S("forged-tgt"),
            S("forged-tgt-preauth-flag"),
            T("theft", "a_forged_ticket_works_until_its_key_is_gone"),
        ],
    ),
    row(
        "S004-D5",
        "stolen cache outlives the password",
        &[
            S("stolen-ccache"),
            T("theft", "a_stolen_cache_outlives_password_and_account"),
        ],
    ),
    row(
        "S004-H1",
        "no TGT",
        &[S("no-ticket"), S("no-ticket-java"), S("no-ticket-jaas")],
    ),
    row(
        "S004-H1",
        "expired TGT",
        &[
            S("ticket-expired"),
            S("ticket-expired-java"),
            S("ticket-expired-jaas"),
        ],
    ),
    row(
        "S004-H2",
        "renewal",
        &[
            S("renew-limit-of-krbtgt"),
            S("renew-limit-of-user"),
            S("renew-limit-of-realm"),
            S("renew-not-allowed"),
            S("renew-not-requested"),
            S("renew-time-over"),
            S("renew-limit-raised-later"),
        ],
    ),
    row(
        "S004-H5",
        "(a) keytab overwritten",
        &[
            S("keytab-rekeyed"),
            S("keytab-rekeyed-java"),
            S("keytab-rekeyed-without-preauth"),
            S("keytab-rekeyed-without-preauth-java"),
            S("keytab-rekeyed-old-kdc-java"),
        ],
    ),
    row(
        "S004-H5",
        "(b) limited key sizes",
        &[
            S("key-size-limit-keytab-java"),
            S("key-size-limit-acceptor-java"),
        ],
    ),
    row(
        "S004-H6",
        "acceptor's keytab",
        &[
            S("keytab-without-ticket-enctype"),
            S("keytab-without-ticket-enctype-java"),
            S("keytab-restored"),
            S("keytab-restored-java"),
            S("keytab-of-other-service"),
            S("keytab-empty"),
        ],
    ),
    row(
        "S004-H9",
        "different passwords",
        &[
            S("cross-realm-password-mismatch"),
            S("cross-realm-password-mismatch-java"),
        ],
    ),
    row(
        "S004-H9",
        "different key versions",
        &[
            S("cross-realm-kvno-ahead-in-lab"),
            S("cross-realm-kvno-ahead-in-remote"),
            S("cross-realm-kvno-ahead-in-lab-java"),
            S("cross-realm-kvno-ahead-in-remote-java"),
        ],
    ),
    row(
        "S004-H9",
        "no common encryption type, partial overlap",
        &[
            S("cross-realm-enctype-lab-weaker"),
            S("cross-realm-enctype-remote-weaker"),
            S("cross-realm-enctype-partial-overlap"),
            S("cross-realm-enctype-lab-weaker-java"),
            S("cross-realm-enctype-remote-weaker-java"),
            S("cross-realm-enctype-partial-overlap-java"),
        ],
    ),
    row(
        "S004-H9",
        "principal missing, wrong direction",
        &[
            S("cross-realm-missing-in-lab"),
            S("cross-realm-missing-in-lab-java"),
            S("cross-realm-missing-in-remote"),
            S("cross-realm-missing-in-remote-java"),
            S("cross-realm-wrong-direction"),
            S("cross-realm-wrong-direction-java"),
        ],
    ),
    row(
        "S004-H11",
        "52, TCP, TCP closed",
        &[
            S("reply-too-big-for-udp"),
            S("reply-too-big-tcp-closed"),
            S("reply-too-big-tcp-closed-java"),
            S("reply-too-big-cross-realm"),
            S("reply-too-big-cross-realm-java"),
        ],
    ),
    row(
        "S004-H11",
        "udp_preference_limit = 1",
        &[
            S("udp-preference-limit-tcp-closed"),
            S("udp-preference-limit-tcp-closed-java"),
        ],
    ),
    row(
        "S004-H12",
        "the same request twice",
        &[
            T("agreement/replays", "replay_to_two_servers"),
            T("agreement/replays", "replay_to_java"),
            T("peers/acceptors", "replay"),
        ],
    ),
    row(
        "S004-H12",
        "two requests of one microsecond",
        &[Nobody(
            "real programs do not choose their time; the simulation alone lets two clients act in one microsecond",
        )],
    ),
    row("S004-H12", "37 and no replay", &[S("replay-or-clock-skew")]),
];
