//! Contexts of NTLM with gss-ntlmssp, negotiated by MIT's SPNEGO and not.

use kdclab::ntlmssp;
use kdclab_client::{Dialect, spnego};
use kdclab_ntlm::messages::{AvId, NegotiateFlags, TargetInfo};
use kdclab_ntlm::{
    ClientConfig, Credentials, LmCompatibilityLevel, NtStatus, ResponseKind, ServerConfig,
    StoredHashes, Target,
};
use kdclab_proto::ObjectIdentifier;
use tempfile::TempDir;

use super::foreign::Established;
use super::ours::{Account, Front, OurEnd, Ours};
use super::pair::{Failed, Pair};
use crate::gss::Gss;
use crate::served::text;

const NTLM: ObjectIdentifier = ObjectIdentifier::NTLMSSP;
const RAW: &str = "ntlmssp";
const SPNEGO: &str = "spnego";
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
    fn accept(&mut self, mechanism: &str, client: ClientConfig, password: &str) -> Pair<'_> {
        let conf = self.home.path().join("krb5.conf");
        self.gss.set_acceptor(&conf, mechanism, None, "").unwrap();
        let front = match mechanism {
            SPNEGO => Front::Initiator(spnego::Initiator::new(vec![NTLM])),
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

fn client(level: LmCompatibilityLevel) -> ClientConfig {
    ClientConfig::new(level, "PC1")
}

/// The kind of response that succeeded at our domain controller.
fn kind(pair: &Pair<'_>) -> Option<ResponseKind> {
    match &pair.ours.mechanism {
        Ours::NtlmAcceptor(end) => end.1.kind,
        _ => None,
    }
}

fn flags(pair: &mut Pair<'_>) -> NegotiateFlags {
    pair.ours.mechanism.ntlm().expect("it stands").flags()
}

fn assert_stands(pair: &mut Pair<'_>, established: &Established) {
    assert_eq!(established.mechanism, NTLM.to_string());
    pair.exchange_messages();
}

/// A context of our client at gss-ntlmssp, with messages.
fn we_log_on(level: LmCompatibilityLevel, extended: bool) {
    for mechanism in MECHANISMS {
        let mut peer = Peer::new(PASSWORD, LmCompatibilityLevel::Level0);
        let config = ClientConfig {
            extended_session_security: extended,
            ..client(level)
        };
        let mut pair = peer.accept(mechanism, config, PASSWORD);
        let established = pair.establish().unwrap();
        let got = flags(&mut pair);
        println!("{mechanism} {level} {established:?} {got:?}");
        assert_eq!(
            got.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY),
            extended
        );
        assert_stands(&mut pair, &established);
    }
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
fn we_log_on_without_extended_session_security_lm_key() {
    we_log_on(LmCompatibilityLevel::Level0, false);
}

/// A context of gss-ntlmssp's client at our server, with messages.
fn it_logs_on(level: LmCompatibilityLevel, expected: ResponseKind, extended: bool) {
    for mechanism in MECHANISMS {
        let mut peer = Peer::new(PASSWORD, level);
        let mut pair = peer.initiate(mechanism);
        let established = pair.establish().unwrap();
        let got = flags(&mut pair);
        println!("{mechanism} {level} {established:?} {got:?}");
        assert_eq!(kind(&pair), Some(expected));
        assert_eq!(
            got.contains(NegotiateFlags::EXTENDED_SESSIONSECURITY),
            extended
        );
        if mechanism == SPNEGO {
            println!("{:?}", pair.both_signed());
        }
        assert_stands(&mut pair, &established);
    }
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
        let mut pair = peer.accept(mechanism, client(LmCompatibilityLevel::Level3), "guess");
        let Err(Failed::Theirs(refusal, failure)) = pair.establish() else {
            panic!("not refused by the peer");
        };
        println!("{mechanism} {refusal:?} {failure:?}");
    }
}

#[test]
fn it_with_a_wrong_password() {
    for mechanism in MECHANISMS {
        let mut peer = Peer::new("guess", LmCompatibilityLevel::Level3);
        let mut pair = peer.initiate(mechanism);
        let Err(Failed::Ours(failure, told)) = pair.establish() else {
            panic!("not refused by us");
        };
        println!("{mechanism} {failure:?} {told:?}");
        let error = failure.error.failure().unwrap();
        let error: &ntlmssp::AcceptorError = error.downcast_ref().unwrap();
        assert_eq!(error.status(), Some(NtStatus::WRONG_PASSWORD));
    }
}
