//! Contexts of NTLM with gss-ntlmssp, negotiated by MIT's SPNEGO and not.

use kdclab::ntlmssp;
use kdclab_client::Dialect;
use kdclab_client::spnego::{self, NegotiationError};
use kdclab_ntlm::messages::{AvId, NegotiateFlags, TargetInfo};
use kdclab_ntlm::{
    ClientConfig, Credentials, LmCompatibilityLevel, NtStatus, ResponseKind, ServerConfig,
    ServerError, SessionSecurityError, StoredHashes, Target,
};
use kdclab_proto::ObjectIdentifier;
use kdclab_proto::messages::{NegState, NegTokenResp};
use tempfile::TempDir;

use super::foreign::Established;
use super::ours::{Account, Front, OurEnd, Ours};
use super::pair::{Failed, Pair, alter_signature};
use super::realm::SPNEGO;
use crate::gss::Gss;
use crate::served::text;

const NTLM: ObjectIdentifier = ObjectIdentifier::NTLMSSP;
const RAW: &str = "ntlmssp";
const PASSWORD: &str = "secret";
const MECHANISMS: [&str; 2] = [RAW, SPNEGO];

/// gss-ntlmssp with a file of users and a level.
struct Peer {
    gss: Gss,
    home: TempDir,
}

impl Peer {
    fn new(password: &str, level: LmCompatibilityLevel) -> Self {
        let mut this = Self {
            gss: Gss::mit(),
            home: TempDir::new().unwrap(),
        };
        let users = this.home.path().join("users");
        std::fs::write(&users, format!("LAB:alice:{password}\n")).unwrap();
        std::fs::write(this.home.path().join("krb5.conf"), "").unwrap();
        this.gss.environment("NTLM_USER_FILE", text(&users));
        this.gss.environment("NETBIOS_COMPUTER_NAME", "WEB1");
        this.gss.environment("NETBIOS_DOMAIN_NAME", "LAB");
        this.gss
            .environment("LM_COMPAT_LEVEL", &level.number().to_string());
        this
    }

    /// Our client logs on at this one.
    fn accept(
        &mut self,
        mechanism: &str,
        offered: &[ObjectIdentifier],
        client: ClientConfig,
        password: &str,
    ) -> Pair<'_> {
        let conf = self.home.path().join("krb5.conf");
        self.gss.set_acceptor(&conf, mechanism, None, "").unwrap();
        let front = match mechanism {
            SPNEGO => Front::Initiator(spnego::Initiator::new(offered.to_vec())),
            _ => Front::Raw,
        };
        let credentials = Credentials::from_password("alice", "LAB", password);
        let initiator = ntlmssp::Initiator::new(client, credentials);
        let ours = OurEnd::new(front, Ours::NtlmInitiator(Box::new(initiator)));
        Pair::new(ours, &mut self.gss)
    }

    /// This one logs on at our server.
    fn initiate(&mut self, mechanism: &str) -> Pair<'_> {
        let conf = self.home.path().join("krb5.conf");
        self.gss
            .set_initiator(&conf, mechanism, None, "HTTP@web1.lab.example")
            .unwrap();
        let mut config = ServerConfig::new(Target::Domain("LAB".to_owned()), target_info());
        config.tells_time = true;
        let account = Account {
            hashes: StoredHashes::from_password(PASSWORD, false),
            kind: None,
        };
        let mechanism = Ours::NtlmAcceptor(Box::new((ntlmssp::Acceptor::new(config), account)));
        let front = Front::Acceptor(spnego::Acceptor::new(Dialect::Windows));
        Pair::new(OurEnd::new(front, mechanism), &mut self.gss)
    }
}

fn target_info() -> TargetInfo {
    let mut target_info = TargetInfo::default();
    target_info.set_name(AvId::NB_DOMAIN_NAME, "LAB");
    target_info.set_name(AvId::NB_COMPUTER_NAME, "WEB1");
    target_info.set_name(AvId::DNS_COMPUTER_NAME, "web1.lab.example");
    target_info
}

fn client(level: LmCompatibilityLevel, extended: bool) -> ClientConfig {
    ClientConfig {
        extended_session_security: extended,
        ..ClientConfig::new(level, "PC1")
    }
}

/// The kind of response that succeeded at our domain controller.
fn kind(pair: &Pair<'_>) -> Option<ResponseKind> {
    match &pair.ours.mechanism {
        Ours::NtlmAcceptor(end) => end.1.kind,
        _ => None,
    }
}

/// What both ends know of a context that stands, and messages.
fn assert_stands(pair: &mut Pair<'_>, established: &Established, extended: bool) {
    // The name ends with a zero.
    assert_eq!(established.initiator, "LAB\\alice\0");
    assert_eq!(established.mechanism, NTLM.to_string());
    let context = pair.ours.mechanism.ntlm().expect("it stands");
    let bit = NegotiateFlags::EXTENDED_SESSIONSECURITY;
    assert_eq!(context.flags().contains(bit), extended);
    pair.exchange_messages();
}

/// A context of our client at gss-ntlmssp, with messages. At its level 0 it does without extended session security.
fn we_log_on(level: LmCompatibilityLevel, extended: bool) {
    let theirs = if extended {
        LmCompatibilityLevel::Level1
    } else {
        LmCompatibilityLevel::Level0
    };
    for mechanism in MECHANISMS {
        let mut peer = Peer::new(PASSWORD, theirs);
        let mut pair = peer.accept(mechanism, &[NTLM], client(level, extended), PASSWORD);
        let established = pair.establish().unwrap();
        if mechanism == SPNEGO {
            let sends_mic = level == LmCompatibilityLevel::Level3;
            assert_eq!(pair.signed(), (sends_mic, sends_mic));
        }
        assert_stands(&mut pair, &established, extended);
    }
    // MIT's acceptor asks for signatures where the first mechanism is not chosen.
    let mut peer = Peer::new(PASSWORD, theirs);
    let offered = [ObjectIdentifier::NEGOEX, NTLM];
    let mut pair = peer.accept(SPNEGO, &offered, client(level, extended), PASSWORD);
    let established = pair.establish().unwrap();
    assert_eq!(pair.signed(), (true, true));
    assert_stands(&mut pair, &established, extended);
}

#[test]
fn we_log_on_with_ntlm_v2() {
    we_log_on(LmCompatibilityLevel::Level3, true);
}

#[test]
fn we_log_on_with_ntlm2_session() {
    we_log_on(LmCompatibilityLevel::Level1, true);
}

#[test]
fn we_log_on_without_extended_session_security() {
    we_log_on(LmCompatibilityLevel::Level2, false);
}

#[test]
fn we_log_on_with_a_key_of_the_lm_hash() {
    we_log_on(LmCompatibilityLevel::Level0, false);
}

/// A context of gss-ntlmssp's client at our server, with messages.
fn it_logs_on(level: LmCompatibilityLevel, expected: ResponseKind, extended: bool) {
    for mechanism in MECHANISMS {
        let mut peer = Peer::new(PASSWORD, level);
        let mut pair = peer.initiate(mechanism);
        let established = pair.establish().unwrap();
        assert_eq!(kind(&pair), Some(expected));
        if mechanism == SPNEGO {
            let sends_mic = expected == ResponseKind::NtlmV2;
            assert_eq!(pair.signed(), (sends_mic, sends_mic));
        }
        assert_stands(&mut pair, &established, extended);
    }
    let mut peer = Peer::new(PASSWORD, level);
    let mut pair = peer.initiate(SPNEGO);
    pair.ours = pair.ours.requesting_mic();
    let established = pair.establish().unwrap();
    assert_eq!(pair.signed(), (true, true));
    assert_stands(&mut pair, &established, extended);
}

#[test]
fn it_logs_on_with_ntlm_v2() {
    it_logs_on(LmCompatibilityLevel::Level3, ResponseKind::NtlmV2, true);
}

#[test]
fn it_logs_on_with_ntlm2_session() {
    it_logs_on(
        LmCompatibilityLevel::Level1,
        ResponseKind::Ntlm2Session,
        true,
    );
}

#[test]
fn it_logs_on_without_extended_session_security() {
    it_logs_on(LmCompatibilityLevel::Level0, ResponseKind::Ntlm, false);
}

#[test]
fn we_with_a_wrong_password() {
    for mechanism in MECHANISMS {
        let mut peer = Peer::new(PASSWORD, LmCompatibilityLevel::Level3);
        let config = client(LmCompatibilityLevel::Level3, true);
        let mut pair = peer.accept(mechanism, &[NTLM], config, "guess");
        assert_refused_by_peer(pair.establish(), mechanism, "Invalid argument");
    }
}

/// SPNEGO rejects, and has no token of NTLM to send along.
fn assert_refused_by_peer(end: Result<Established, Failed>, mechanism: &str, told: &str) {
    let Err(Failed::Theirs(refusal, failure)) = end else {
        panic!("not refused by the peer: {end:?}");
    };
    let texts = &refusal.told.texts;
    assert!(texts.iter().any(|text| text == told), "{texts:?}");
    if mechanism == RAW {
        assert!(refusal.token.is_empty());
        return;
    }
    let reject = NegTokenResp::new(NegState::Reject);
    assert_eq!(NegTokenResp::decode(&refusal.token).unwrap(), reject);
    let failure = failure.unwrap();
    assert!(matches!(
        failure.error,
        NegotiationError::Rejected { failure: None, .. }
    ));
}

#[test]
fn it_with_a_wrong_password() {
    for mechanism in MECHANISMS {
        let mut peer = Peer::new("guess", LmCompatibilityLevel::Level3);
        let error = refused_by_us(peer.initiate(mechanism).establish(), mechanism);
        assert_eq!(error.status(), Some(NtStatus::WRONG_PASSWORD));
    }
}

/// Our server's error. Without SPNEGO the peer does not learn of it.
fn refused_by_us(end: Result<Established, Failed>, mechanism: &str) -> ntlmssp::AcceptorError {
    let Err(Failed::Ours(failure, told)) = end else {
        panic!("not refused by us: {end:?}");
    };
    if mechanism == RAW {
        assert_eq!(told, None);
    } else {
        assert_eq!(told.unwrap().texts[1], "Unknown error");
    }
    let error = failure.error.failure().unwrap();
    error
        .downcast_ref::<ntlmssp::AcceptorError>()
        .unwrap()
        .clone()
}

/// Another exchanged key, which ends gss-ntlmssp's and our AUTHENTICATE_MESSAGE.
fn alter_key(number: usize, token: &mut [u8]) {
    if number == 2 {
        let position = token.len() - 1 - signature_len(token);
        token[position] ^= 1;
    }
}

/// The MIC tells. gss-ntlmssp sends one only to SPNEGO, and without it the first message tells.
#[test]
fn altered_authenticate_message_at_ours() {
    let mut peer = Peer::new(PASSWORD, LmCompatibilityLevel::Level3);
    let end = peer.initiate(SPNEGO).establish_meddling(alter_key);
    let error = refused_by_us(end, SPNEGO);
    assert_eq!(
        error,
        ntlmssp::AcceptorError::Server(ServerError::MicMismatch)
    );

    let mut pair = peer.initiate(RAW);
    pair.establish_meddling(alter_key).unwrap();
    let token = pair.theirs.wrap(true, b"under another key");
    pair.ours.unwrap(true, &token).unwrap_err();
}

#[test]
fn altered_authenticate_message_at_peer() {
    for mechanism in MECHANISMS {
        let mut peer = Peer::new(PASSWORD, LmCompatibilityLevel::Level3);
        let config = client(LmCompatibilityLevel::Level3, true);
        let mut pair = peer.accept(mechanism, &[NTLM], config, PASSWORD);
        let end = pair.establish_meddling(alter_key);
        assert_refused_by_peer(end, mechanism, "Permission denied");
    }
}

/// How many octets at the end of `token` are a signature of the list of mechanisms.
fn signature_len(token: &[u8]) -> usize {
    let mic = NegTokenResp::decode(token)
        .ok()
        .and_then(|token| token.mech_list_mic);
    // Two headers of two octets before it.
    mic.map_or(0, |mic| mic.len() + 4)
}

#[test]
fn altered_signature_of_the_list() {
    let mut peer = Peer::new(PASSWORD, LmCompatibilityLevel::Level3);
    let end = peer
        .initiate(SPNEGO)
        .establish_meddling(|_, token| alter_signature(token));
    let Err(Failed::Ours(failure, told)) = &end else {
        panic!("not refused by us: {end:?}");
    };
    assert_eq!(told.as_ref().unwrap().texts[1], "Unknown error");
    let error = failure.error.failure().unwrap();
    // The last octet is the number's.
    assert!(matches!(
        error.downcast_ref(),
        Some(SessionSecurityError::OutOfSequence { expected: 0, .. })
    ));
    let config = client(LmCompatibilityLevel::Level3, true);
    let mut pair = peer.accept(SPNEGO, &[NTLM], config, PASSWORD);
    let end = pair.establish_meddling(|_, token| alter_signature(token));
    assert_refused_by_peer(
        end,
        SPNEGO,
        "A token had an invalid Message Integrity Check (MIC)",
    );
}
