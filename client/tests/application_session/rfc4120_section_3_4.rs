//! KRB-SAFE and KRB-PRIV (sections 3.4 and 3.5).

use kdclab_client::{
    ApParameters, Dialect, EstablishedContext, Session, SessionError, SessionOptions,
};
use kdclab_proto::crypto::{ChecksumError, ChecksumType};
use kdclab_proto::messages::{HostAddress, KrbPriv, KrbSafe};
use kdclab_proto::{Enctype, ErrorCode, KeyUsage, Timestamp};

use crate::support::{Issue, accept, acceptor, key, now, rng, seconds, start};

fn address(last: u8) -> HostAddress {
    HostAddress {
        addr_type: HostAddress::IPV4,
        address: vec![192, 0, 2, last],
    }
}

fn options(local: u8, remote: u8) -> SessionOptions {
    SessionOptions {
        local: address(local),
        remote: Some(address(remote)),
        sequence: true,
        clockskew: Some(seconds(300)),
    }
}

fn contexts() -> (EstablishedContext, EstablishedContext) {
    let (exchange, token) = start(&Issue::new().credential(), &ApParameters::gss(), now());
    let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
    let initiator = exchange.input(&accepted.reply.unwrap()).unwrap();
    (initiator, accepted.context)
}

/// Both ends of a session that differs from the usual one by `change`.
fn ends(change: impl Fn(&mut SessionOptions)) -> (Session, Session) {
    let (initiator, acceptor) = contexts();
    let session = |context: &EstablishedContext, mut options: SessionOptions| {
        change(&mut options);
        Session::new(context, options)
    };
    (
        session(&initiator, options(1, 2)),
        session(&acceptor, options(2, 1)),
    )
}

/// One message from the first end to the second.
trait Exchange {
    fn make(&self, end: &mut Session, at: Timestamp) -> Vec<u8>;
    fn read(
        &self,
        end: &mut Session,
        at: Timestamp,
        message: &[u8],
    ) -> Result<Vec<u8>, SessionError>;
}

struct Safe;
struct Priv;

impl Exchange for Safe {
    fn make(&self, end: &mut Session, at: Timestamp) -> Vec<u8> {
        end.make_safe(at, b"data")
    }

    fn read(
        &self,
        end: &mut Session,
        at: Timestamp,
        message: &[u8],
    ) -> Result<Vec<u8>, SessionError> {
        end.read_safe(at, message)
    }
}

impl Exchange for Priv {
    fn make(&self, end: &mut Session, at: Timestamp) -> Vec<u8> {
        end.make_priv(at, &mut rng(), b"data")
    }

    fn read(
        &self,
        end: &mut Session,
        at: Timestamp,
        message: &[u8],
    ) -> Result<Vec<u8>, SessionError> {
        end.read_priv(at, message)
    }
}

const BOTH: [&dyn Exchange; 2] = [&Safe, &Priv];

#[test]
fn messages_arrive_in_both_directions() {
    for exchange in BOTH {
        let (mut one, mut two) = ends(|_| {});
        for at in [now(), now() + seconds(1)] {
            let message = exchange.make(&mut one, at);
            assert_eq!(exchange.read(&mut two, at, &message), Ok(b"data".to_vec()));
            let message = exchange.make(&mut two, at);
            assert_eq!(exchange.read(&mut one, at, &message), Ok(b"data".to_vec()));
        }
    }
}

#[test]
fn a_changed_krb_safe_is_41() {
    let (mut one, mut two) = ends(|_| {});
    let mut message = KrbSafe::decode(&one.make_safe(now(), b"data")).unwrap();
    message.safe_body.user_data[0] ^= 1;
    let error = two.read_safe(now(), &message.encode()).unwrap_err();
    assert_eq!(error, SessionError::Checksum(ChecksumError::Mismatch));
    assert_eq!(
        error.code(Dialect::Mit),
        Some(ErrorCode::KRB_AP_ERR_MODIFIED)
    );
}

#[test]
fn an_unkeyed_checksum_is_50() {
    let (mut one, mut two) = ends(|_| {});
    let mut message = KrbSafe::decode(&one.make_safe(now(), b"data")).unwrap();
    message.cksum.cksumtype = ChecksumType(7);
    message.cksum.checksum = kdclab_proto::digest::md5(&message.safe_body.encode()).to_vec();
    let error = two.read_safe(now(), &message.encode()).unwrap_err();
    assert_eq!(
        error.code(Dialect::Mit),
        Some(ErrorCode::KRB_AP_ERR_INAPP_CKSUM)
    );
}

#[test]
fn a_checksum_over_the_whole_message_is_accepted() {
    let (mut one, mut two) = ends(|_| {});
    let key = contexts().0.key().clone();
    let bytes = one.make_safe(now(), b"data");
    let mut message = KrbSafe::decode(&bytes).unwrap();
    let covered = KrbSafe::checksum_input(&bytes).unwrap();
    message.cksum.checksum = key.checksum(KeyUsage::KRB_SAFE, &covered);
    assert!(two.read_safe(now(), &message.encode()).is_ok());
}

#[test]
fn a_changed_krb_priv_is_31_or_41() {
    let (mut one, mut two) = ends(|_| {});
    let mut message = KrbPriv::decode(&one.make_priv(now(), &mut rng(), b"data")).unwrap();
    message.enc_part.cipher[0] ^= 1;
    let error = two.read_priv(now(), &message.encode()).unwrap_err();
    assert_eq!(error, SessionError::Undecryptable);
    assert_eq!(
        error.code(Dialect::Mit),
        Some(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY)
    );
    assert_eq!(
        error.code(Dialect::Windows),
        Some(ErrorCode::KRB_AP_ERR_MODIFIED)
    );
}

#[test]
fn a_krb_priv_of_another_session_is_refused() {
    let (mut one, _) = ends(|_| {});
    let (_, mut context) = contexts();
    context.acceptor_subkey = Some(key(Enctype::AES256_CTS_HMAC_SHA1_96, 500));
    let mut other = Session::new(&context, options(2, 1));
    assert_eq!(
        other.read_priv(now(), &one.make_priv(now(), &mut rng(), b"data")),
        Err(SessionError::Undecryptable)
    );
}

#[test]
fn a_message_from_another_address_is_38() {
    for exchange in BOTH {
        let (mut one, mut two) = ends(|options| {
            if options.local == address(1) {
                options.local = address(3);
            }
        });
        let message = exchange.make(&mut one, now());
        let error = exchange.read(&mut two, now(), &message).unwrap_err();
        assert_eq!(
            error.code(Dialect::Mit),
            Some(ErrorCode::KRB_AP_ERR_BADADDR)
        );
    }
}

#[test]
fn a_message_for_another_address_is_38() {
    for exchange in BOTH {
        let (mut one, mut two) = ends(|options| {
            if options.remote == Some(address(2)) {
                options.remote = Some(address(3));
            }
        });
        let message = exchange.make(&mut one, now());
        assert!(matches!(
            exchange.read(&mut two, now(), &message),
            Err(SessionError::BadAddress { .. })
        ));
    }
}

#[test]
fn without_known_addresses_they_do_not_count() {
    for exchange in BOTH {
        let (mut one, mut two) = ends(|options| {
            options.remote = None;
            if options.local == address(1) {
                options.local = address(3);
            }
        });
        let message = exchange.make(&mut one, now());
        assert!(exchange.read(&mut two, now(), &message).is_ok());
    }
}

#[test]
fn a_message_300_s_old_is_accepted_and_301_s_old_is_37() {
    for exchange in BOTH {
        let (mut one, mut two) = ends(|_| {});
        let message = exchange.make(&mut one, now());
        let error = exchange
            .read(&mut two, now() + seconds(301), &message)
            .unwrap_err();
        assert_eq!(error.code(Dialect::Mit), Some(ErrorCode::KRB_AP_ERR_SKEW));
        assert!(
            exchange
                .read(&mut two, now() + seconds(300), &message)
                .is_ok()
        );
    }
}

#[test]
fn a_message_without_time_is_37_where_one_is_expected() {
    for exchange in BOTH {
        let (mut one, mut two) = ends(|options| {
            if options.local == address(1) {
                options.clockskew = None;
            }
        });
        let message = exchange.make(&mut one, now());
        assert_eq!(
            exchange.read(&mut two, now(), &message),
            Err(SessionError::ClockSkew {
                sent: None,
                now: now()
            })
        );
    }
}

#[test]
fn the_same_message_again_is_34() {
    for exchange in BOTH {
        let (mut one, mut two) = ends(|options| options.sequence = false);
        let message = exchange.make(&mut one, now());
        assert!(exchange.read(&mut two, now(), &message).is_ok());
        let error = exchange.read(&mut two, now(), &message).unwrap_err();
        assert_eq!(error.code(Dialect::Mit), Some(ErrorCode::KRB_AP_ERR_REPEAT));
    }
}

#[test]
fn a_message_left_out_is_42() {
    for exchange in BOTH {
        let (mut one, mut two) = ends(|options| options.clockskew = None);
        let first = exchange.make(&mut one, now());
        let second = exchange.make(&mut one, now());
        let error = exchange.read(&mut two, now(), &second).unwrap_err();
        assert_eq!(
            error.code(Dialect::Mit),
            Some(ErrorCode::KRB_AP_ERR_BADORDER)
        );
        assert!(exchange.read(&mut two, now(), &first).is_ok());
        assert!(exchange.read(&mut two, now(), &second).is_ok());
        assert!(exchange.read(&mut two, now(), &second).is_err());
    }
}

#[test]
fn sequence_numbers_wrap() {
    let (mut initiator, mut acceptor) = contexts();
    initiator.send_sequence = u32::MAX;
    acceptor.receive_sequence = u32::MAX;
    let mut one = Session::new(&initiator, options(1, 2));
    let mut two = Session::new(&acceptor, options(2, 1));
    for at in [now(), now() + seconds(1)] {
        let message = one.make_safe(at, b"data");
        assert!(two.read_safe(at, &message).is_ok());
    }
}

#[test]
fn another_protocol_version_is_39() {
    let (mut one, mut two) = ends(|_| {});
    let mut message = KrbPriv::decode(&one.make_priv(now(), &mut rng(), b"data")).unwrap();
    message.pvno = 4;
    assert_eq!(
        two.read_priv(now(), &message.encode()),
        Err(SessionError::WrongVersion { pvno: 4 })
    );
}
