use std::fmt;
use std::time::Duration;

use kdclab_proto::KerberosTime;

/// Whose behaviour a host imitates. Where implementations disagree, the dialect decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// OpenJDK 17, `Krb5LoginModule` and JGSS.
    Java,
    /// Java 6, as documents of its time describe it.
    Java6,
    /// MIT krb5 1.20.
    Mit,
    /// Windows.
    Windows,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Java => "java",
            Self::Java6 => "java-6",
            Self::Mit => "mit",
            Self::Windows => "windows",
        })
    }
}

/// What an implementation does in its exchanges with a KDC and no configuration file changes.
pub(crate) struct Behaviour {
    /// Whose preference picks the entry of ETYPE-INFO2.
    pub(crate) etype_info: EtypeInfoChoice,
    /// Whether the client makes a key of its first enctype and the default salt where the KDC names no
    /// mechanism it knows, instead of giving up.
    pub(crate) guesses_key: bool,
    /// Whether a KDC_ERR_PREAUTH_FAILED to a request without pre-authentication is taken as
    /// KDC_ERR_PREAUTH_REQUIRED.
    pub(crate) preauth_failed_is_required: bool,
    /// When an AS-REQ carries PA-REQ-ENC-PA-REP.
    pub(crate) req_enc_pa_rep: ReqEncPaRep,
    /// Whether AS-REQs carry an empty PA-AS-FRESHNESS (RFC 8070 section 3).
    pub(crate) as_freshness: bool,
    /// PA-PAC-REQUEST in AS-REQs whose caller does not decide it.
    pub(crate) pac_request: Option<bool>,
    /// Whether renewable-ok goes with an AS-REQ that asks for no renewable ticket.
    pub(crate) renewable_ok: bool,
    /// `till` and `rtime` where the longest life possible is asked for.
    pub(crate) endless: KerberosTime,
    /// Whether an AS-REQ with canonicalize that fails is repeated without.
    pub(crate) as_retries_without_canonicalize: bool,
    /// Whether an AS-REQ is repeated with the KDC's time after KRB_AP_ERR_SKEW with skew recovery data.
    pub(crate) skew_recovery: bool,
    /// Which conditions a reply must meet.
    pub(crate) reply_check: ReplyCheck,
    /// Whether the outermost element of a reply is read to its end before anyone looks what it is.
    pub(crate) reads_element_first: bool,
    /// Whether a TGS-REQ's authenticator carries a subkey.
    pub(crate) tgs_subkey: bool,
    /// Whether a TGS-REQ asks for what the ticket it is made with already is, and to its end.
    pub(crate) tgs_inherits: bool,
    /// Whether a service ticket is asked for with canonicalize first, so that a KDC may refer to another realm.
    pub(crate) follows_referrals: bool,
    /// Whether a service that asks for a user does so in PA-S4U-X509-USER besides PA-FOR-USER.
    pub(crate) s4u_x509_user: bool,
    /// Whether requests for cross-realm tickets are made with canonicalize first.
    pub(crate) tgt_with_canonicalize: bool,
    /// What follows a TGS-REQ with canonicalize that fails.
    pub(crate) tgs_fallback: TgsFallback,
    /// Whether a service without a realm is first looked for in the client's own.
    pub(crate) unknown_realm_is_own: bool,
    /// Whether failures on the way to another realm end in one error that says only that.
    pub(crate) hides_path_errors: bool,
    /// In which order the realms of the path to another realm are tried.
    pub(crate) path_order: PathOrder,
    /// Whether the path between two realms without capaths follows the hierarchy of their names.
    pub(crate) hierarchical_path: bool,
    /// How many referrals in a row are followed.
    pub(crate) max_referrals: usize,
    /// How a message is delivered.
    pub(crate) delivery: Delivery,
    /// Whether KRB_ERR_RESPONSE_TOO_BIG ends the exchange, as any other error does, where others repeat the
    /// request by TCP.
    pub(crate) too_big_is_final: bool,
}

/// Whose preference picks the entry of ETYPE-INFO2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EtypeInfoChoice {
    /// The first of the client's own types that has an entry.
    Client,
    /// The first entry.
    Kdc,
}

/// When an AS-REQ carries PA-REQ-ENC-PA-REP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReqEncPaRep {
    Always,
    WithCanonicalize,
}

/// Which conditions a reply must meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyCheck {
    Java,
    Mit,
}

/// What follows a TGS-REQ with canonicalize that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TgsFallback {
    /// The request without canonicalize to the first realm, however far referrals led.
    FromTheStart,
    /// The same without canonicalize, unless a referral came before it.
    FirstRequestOnly,
    /// Nothing.
    None,
}

/// In which order the realms of the path to another realm are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathOrder {
    /// The target first, then the realm before it, and so on back.
    FarthestFirst,
    /// The target first, then the nearest realm, and so on.
    NearestAfterTarget,
}

/// How a message is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// All servers in passes, both transports (MIT's `sendto_kdc.c`).
    Passes,
    /// One server after the other, each tried `tries` times for `timeout`.
    OneByOne { tries: u32, timeout: Duration },
}

const MIT: Behaviour = Behaviour {
    etype_info: EtypeInfoChoice::Client,
    guesses_key: false,
    preauth_failed_is_required: false,
    req_enc_pa_rep: ReqEncPaRep::Always,
    as_freshness: true,
    pac_request: None,
    renewable_ok: true,
    endless: KerberosTime::EPOCH,
    as_retries_without_canonicalize: false,
    skew_recovery: false,
    reply_check: ReplyCheck::Mit,
    reads_element_first: false,
    tgs_subkey: true,
    tgs_inherits: true,
    follows_referrals: true,
    s4u_x509_user: true,
    tgt_with_canonicalize: false,
    tgs_fallback: TgsFallback::FirstRequestOnly,
    unknown_realm_is_own: true,
    hides_path_errors: false,
    path_order: PathOrder::FarthestFirst,
    hierarchical_path: false,
    max_referrals: 10,
    delivery: Delivery::Passes,
    too_big_is_final: false,
};

const JAVA: Behaviour = Behaviour {
    etype_info: EtypeInfoChoice::Kdc,
    guesses_key: true,
    preauth_failed_is_required: true,
    req_enc_pa_rep: ReqEncPaRep::WithCanonicalize,
    as_freshness: false,
    renewable_ok: false,
    as_retries_without_canonicalize: true,
    reply_check: ReplyCheck::Java,
    reads_element_first: true,
    tgs_subkey: false,
    tgs_inherits: false,
    s4u_x509_user: false,
    tgt_with_canonicalize: true,
    tgs_fallback: TgsFallback::FromTheStart,
    unknown_realm_is_own: false,
    hides_path_errors: true,
    path_order: PathOrder::NearestAfterTarget,
    hierarchical_path: true,
    max_referrals: 5,
    delivery: Delivery::OneByOne {
        tries: 3,
        timeout: Duration::from_secs(30),
    },
    ..MIT
};

/// Referrals came with JDK 12. That a reply too big for UDP was fatal is what the documents of its users say.
const JAVA_6: Behaviour = Behaviour {
    as_retries_without_canonicalize: false,
    follows_referrals: false,
    tgt_with_canonicalize: false,
    tgs_fallback: TgsFallback::None,
    max_referrals: 0,
    too_big_is_final: true,
    ..JAVA
};

const WINDOWS: Behaviour = Behaviour {
    as_freshness: false,
    pac_request: Some(true),
    // 2037-09-13T02:48:05Z
    endless: KerberosTime::from_unix(2_136_422_885),
    skew_recovery: true,
    tgt_with_canonicalize: true,
    tgs_fallback: TgsFallback::None,
    delivery: Delivery::OneByOne {
        tries: 3,
        timeout: Duration::from_secs(5),
    },
    ..MIT
};

impl Dialect {
    /// Whether this is a Java, of any age.
    pub const fn is_java(self) -> bool {
        matches!(self, Self::Java | Self::Java6)
    }

    pub(crate) const fn behaviour(self) -> &'static Behaviour {
        match self {
            Self::Java => &JAVA,
            Self::Java6 => &JAVA_6,
            Self::Mit => &MIT,
            Self::Windows => &WINDOWS,
        }
    }
}
