//! Replay caches (RFC 4120 section 3.2.3), and what they take for a replay.

use kdclab_client::{
    AcceptError, Acceptor, ApParameters, Dialect, NotStored, PresentedAuthenticator, ReplayCache,
    ReplayKey,
};
use kdclab_proto::{ErrorCode, Principal, Timestamp};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use crate::support::{
    Issue, accept, accept_at, acceptor, code_in, now, principal, refusal, rng, seconds,
};

fn with_cache(key: ReplayKey) -> Acceptor {
    Acceptor {
        replay_cache: ReplayCache::new(key),
        ..acceptor(Dialect::Mit)
    }
}

/// Two tokens with the same time and different bytes.
fn simultaneous(first: &Issue, second: &Issue) -> (Vec<u8>, Vec<u8>) {
    let token = |issue: &Issue, seed| {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let parameters = ApParameters::gss();
        kdclab_client::ApExchange::start(&issue.credential(), &parameters, now(), &mut rng)
            .unwrap()
            .1
    };
    (token(first, 1), token(second, 2))
}

fn second_of(key: ReplayKey, (first, second): (Vec<u8>, Vec<u8>)) -> Option<AcceptError> {
    let mut acceptor = with_cache(key);
    assert!(accept(&mut acceptor, &first).is_ok());
    accept(&mut acceptor, &second)
        .err()
        .map(|refused| refused.error)
}

fn same_bytes() -> (Vec<u8>, Vec<u8>) {
    let token = Issue::new().token();
    (token.clone(), token)
}

#[test]
fn the_same_bytes_are_a_replay_under_tuple() {
    let error = second_of(ReplayKey::Tuple, same_bytes()).unwrap();
    assert!(matches!(error, AcceptError::Replay { .. }));
    assert_eq!(error.code(Dialect::Mit), Some(ErrorCode::KRB_AP_ERR_REPEAT));
}

#[test]
fn the_same_bytes_are_a_replay_under_hash() {
    let error = second_of(ReplayKey::Hash, same_bytes()).unwrap();
    assert_eq!(
        error,
        AcceptError::Replay {
            client: principal("alice@LAB.EXAMPLE").into(),
            server: principal(crate::support::SERVICE).into(),
            ctime: now(),
        }
    );
}

#[test]
fn nothing_is_a_replay_without_a_cache() {
    assert_eq!(second_of(ReplayKey::None, same_bytes()), None);
}

#[test]
fn the_same_microsecond_is_a_replay_under_tuple() {
    let issue = Issue::new();
    assert!(matches!(
        second_of(ReplayKey::Tuple, simultaneous(&issue, &issue)),
        Some(AcceptError::Replay { .. })
    ));
}

#[test]
fn the_same_microsecond_is_no_replay_under_hash() {
    let issue = Issue::new();
    assert_eq!(
        second_of(ReplayKey::Hash, simultaneous(&issue, &issue)),
        None
    );
}

#[test]
fn the_same_microsecond_of_another_client_is_no_replay_under_tuple() {
    let mut bob = Issue::new();
    bob.part.cname = principal("bob@LAB.EXAMPLE").name;
    assert_eq!(
        second_of(ReplayKey::Tuple, simultaneous(&Issue::new(), &bob)),
        None
    );
}

#[test]
fn the_next_microsecond_is_no_replay_under_tuple() {
    let issue = Issue::new();
    let tokens = (issue.token(), issue.token_at(now().offset_by(1)));
    assert_eq!(second_of(ReplayKey::Tuple, tokens), None);
}

#[test]
fn dialects_have_their_caches() {
    let issue = Issue::new();
    for dialect in [Dialect::Java, Dialect::Mit] {
        let (first, second) = simultaneous(&issue, &issue);
        let mut acceptor = acceptor(dialect);
        assert!(accept(&mut acceptor, &first).is_ok());
        assert!(accept(&mut acceptor, &second).is_ok());
        assert!(matches!(
            refusal(&mut acceptor, &first),
            AcceptError::Replay { .. }
        ));
    }
    let (first, second) = simultaneous(&issue, &issue);
    let mut windows = acceptor(Dialect::Windows);
    assert!(accept(&mut windows, &first).is_ok());
    let refused = accept(&mut windows, &second).unwrap_err();
    assert_eq!(code_in(&refused), Some(34));
}

#[test]
fn a_refused_authenticator_is_not_remembered() {
    let mut acceptor = with_cache(ReplayKey::Tuple);
    let mut changed = Issue::new().credential();
    changed.ticket.enc_part.cipher[20] ^= 1;
    let (_, bad) = crate::support::start(&changed, &ApParameters::gss(), now());
    assert!(accept(&mut acceptor, &bad).is_err());
    assert!(acceptor.replay_cache.is_empty());
    assert!(accept(&mut acceptor, &Issue::new().token()).is_ok());
}

#[test]
fn two_acceptors_share_a_cache_or_do_not() {
    let token = Issue::new().token();
    let (one, two) = (acceptor(Dialect::Mit), acceptor(Dialect::Mit));
    let mut shared = ReplayCache::new(ReplayKey::Hash);
    assert!(
        one.accept_sharing(&mut shared, now(), &mut rng(), None, &token)
            .is_ok()
    );
    let refused = two
        .accept_sharing(&mut shared, now(), &mut rng(), None, &token)
        .unwrap_err();
    assert!(matches!(refused.error, AcceptError::Replay { .. }));
    assert!(accept(&mut two.clone(), &token).is_ok());
}

#[test]
fn a_copy_of_an_acceptor_remembers_and_then_goes_its_own_way() {
    let mut original = acceptor(Dialect::Mit);
    let issue = Issue::new();
    assert!(accept(&mut original, &issue.token()).is_ok());
    let mut copy = original.clone();
    assert!(accept(&mut copy, &issue.token()).is_err());
    let next = issue.token_at(now().offset_by(1));
    assert!(accept(&mut original, &next).is_ok());
    assert!(accept(&mut copy, &next).is_ok());
}

#[test]
fn a_replay_is_told_before_the_skew_in_mit() {
    let mut acceptor = acceptor(Dialect::Mit);
    let token = Issue::new().token();
    assert!(accept_at(&mut acceptor, now() + seconds(290), &token).is_ok());
    let refused = accept_at(&mut acceptor, now() + seconds(301), &token).unwrap_err();
    assert!(matches!(refused.error, AcceptError::Replay { .. }));
}

/// Presents one authenticator of `ctime` at `first` and again at `second`.
fn twice(ctime: Timestamp, first: Timestamp, second: Timestamp) -> Result<(), NotStored> {
    let mut cache = ReplayCache::new(ReplayKey::Tuple);
    let (client, server) = (principal("alice"), principal("HTTP/web1"));
    let presented = presented(&client, &server, ctime);
    assert_eq!(cache.store(first, seconds(300), &presented), Ok(()));
    cache.store(second, seconds(300), &presented)
}

fn presented<'a>(
    client: &'a Principal,
    server: &'a Principal,
    ctime: Timestamp,
) -> PresentedAuthenticator<'a> {
    PresentedAuthenticator {
        client,
        server,
        ctime: ctime.time(),
        cusec: ctime.microseconds() as i32,
        cipher: &[],
    }
}

#[test]
fn an_authenticator_is_remembered_while_its_time_is_within_the_skew() {
    let ahead = now() + seconds(300);
    assert_eq!(
        twice(ahead, now(), now() + seconds(600)),
        Err(NotStored::Replay)
    );
}

#[test]
fn an_authenticator_is_forgotten_once_its_time_is_beyond_the_skew() {
    assert_eq!(twice(now(), now(), now() + seconds(302)), Ok(()));
}

#[test]
fn a_full_cache_takes_nothing_new_until_something_expires() {
    let mut cache = ReplayCache::with_capacity(ReplayKey::Tuple, 1);
    let (client, server) = (principal("alice"), principal("HTTP/web1"));
    let mut store = |at: Timestamp| {
        let result = cache.store(at, seconds(300), &presented(&client, &server, at));
        (result, cache.len())
    };
    assert_eq!(store(now()), (Ok(()), 1));
    assert_eq!(
        store(now().offset_by(1)),
        (Err(NotStored::Full { capacity: 1 }), 1)
    );
    assert_eq!(store(now() + seconds(302)), (Ok(()), 1));
}

#[test]
fn a_full_cache_refuses_with_a_generic_error() {
    let mut acceptor = acceptor(Dialect::Mit);
    acceptor.replay_cache = ReplayCache::with_capacity(ReplayKey::Hash, 0);
    let refused = accept(&mut acceptor, &Issue::new().token()).unwrap_err();
    assert_eq!(refused.error, AcceptError::ReplayCacheFull { capacity: 0 });
    assert_eq!(code_in(&refused), Some(60));
}
