//! The eight rows of the catalogue's S001-3, by bytes: does a session work between a client that has the clear
//! password and a server that has what the domain controller returns?

use crate::parties::{Outcome, Parties};
use hex_literal::hex;
use kdclab_ntlm::messages::AuthenticateMessage;
use kdclab_ntlm::{
    LmCompatibilityLevel, ResponseKind, SecurityContext, SessionSecurityError, StoredHashes,
};

const SHORT: &str = "Password";
const LONG: &str = "ClusterPass#015";
const BELOW_2: [LmCompatibilityLevel; 2] =
    [LmCompatibilityLevel::Level0, LmCompatibilityLevel::Level1];
const FROM_2: [LmCompatibilityLevel; 4] = [
    LmCompatibilityLevel::Level2,
    LmCompatibilityLevel::Level3,
    LmCompatibilityLevel::Level4,
    LmCompatibilityLevel::Level5,
];

fn exchange(password: &str, level: LmCompatibilityLevel, no_lm_hash: bool) -> Outcome {
    let mut parties = Parties::new(level, password, false);
    parties.account = Some(StoredHashes::from_password(password, no_lm_hash));
    parties.exchange()
}

fn encrypted_key(outcome: &Outcome) -> Vec<u8> {
    let message = AuthenticateMessage::decode(&outcome.authenticate).unwrap();
    message.encrypted_random_session_key
}

/// What becomes of the first message signed and of the first message sealed, from either side.
fn first_messages(
    client: &SecurityContext,
    server: &SecurityContext,
) -> [Result<(), SessionSecurityError>; 4] {
    let signed = |from: &SecurityContext, to: &SecurityContext| {
        let signature = from.clone().sign(b"JoinVersion")?;
        to.clone().verify(b"JoinVersion", &signature)
    };
    let sealed = |from: &SecurityContext, to: &SecurityContext| {
        let (sealed, signature) = from.clone().seal(b"JoinVersion")?;
        let message = to.clone().unseal(&sealed, &signature)?;
        assert_eq!(message, b"JoinVersion");
        Ok(())
    };
    [
        signed(client, server),
        signed(server, client),
        sealed(client, server),
        sealed(server, client),
    ]
}

fn assert_works(password: &str, levels: &[LmCompatibilityLevel], no_lm_hash: bool) {
    for level in levels {
        let outcome = exchange(password, *level, no_lm_hash);
        let accepted = outcome.accepted.unwrap();
        assert_eq!(
            first_messages(&outcome.client, &accepted.context),
            [const { Ok(()) }; 4],
            "{level}"
        );
    }
}

fn assert_encrypted_key(
    password: &str,
    level: LmCompatibilityLevel,
    no_lm_hash: bool,
    encrypted: [u8; 16],
    recovered: [u8; 16],
) {
    let outcome = exchange(password, level, no_lm_hash);
    assert_eq!(encrypted_key(&outcome), encrypted, "{level}");
    let context = outcome.accepted.unwrap().context;
    assert_eq!(*context.exported_session_key().expose_bytes(), recovered);
}

#[test]
fn s001_3_row_1_short_password_low_level_lm_hash_stored_works() {
    assert_works(SHORT, &BELOW_2, false);
    for level in BELOW_2 {
        let encrypted = hex!("4cd7bb57d697ef9b549f02b8f9b37864");
        assert_encrypted_key(SHORT, level, false, encrypted, [0x55; 16]);
    }
}

#[test]
fn s001_3_row_2_short_password_low_level_no_lm_hash_logs_on_and_no_signature_verifies() {
    for level in BELOW_2 {
        let outcome = exchange(SHORT, level, true);
        assert_eq!(
            encrypted_key(&outcome),
            hex!("4cd7bb57d697ef9b549f02b8f9b37864")
        );
        assert_eq!(outcome.validation.unwrap().kind, ResponseKind::Ntlm);
        let server = outcome.accepted.unwrap().context;
        assert_eq!(
            *server.exported_session_key().expose_bytes(),
            hex!("ba5b02d0215459a6071ee18adb55efd4")
        );
        let mismatch = || Err(SessionSecurityError::SignatureMismatch { sequence: 0 });
        assert_eq!(
            first_messages(&outcome.client, &server),
            [mismatch(), mismatch(), mismatch(), mismatch()],
            "{level}"
        );
    }
}

#[test]
fn s001_3_row_3_short_password_high_level_lm_hash_stored_works() {
    assert_works(SHORT, &FROM_2, false);
    let encrypted = hex!("518822b1b3f350c8958682ecbb3e3cb7");
    assert_encrypted_key(SHORT, FROM_2[0], false, encrypted, [0x55; 16]);
}

#[test]
fn s001_3_row_4_short_password_high_level_no_lm_hash_works() {
    assert_works(SHORT, &FROM_2, true);
    let encrypted = hex!("518822b1b3f350c8958682ecbb3e3cb7");
    assert_encrypted_key(SHORT, FROM_2[0], true, encrypted, [0x55; 16]);
}

#[test]
fn s001_3_row_5_long_password_low_level_lm_hash_allowed_works() {
    assert_works(LONG, &BELOW_2, false);
    for level in BELOW_2 {
        let encrypted = hex!("7379c1f316576d06a748636b61064546");
        assert_encrypted_key(LONG, level, false, encrypted, [0x55; 16]);
    }
}

#[test]
fn s001_3_row_6_long_password_low_level_no_lm_hash_works() {
    assert_works(LONG, &BELOW_2, true);
    for level in BELOW_2 {
        let encrypted = hex!("7379c1f316576d06a748636b61064546");
        assert_encrypted_key(LONG, level, true, encrypted, [0x55; 16]);
    }
}

#[test]
fn s001_3_row_7_long_password_high_level_lm_hash_allowed_works() {
    assert_works(LONG, &FROM_2, false);
    let encrypted = hex!("eda146ed76b2025fa44f17d83b876ad6");
    assert_encrypted_key(LONG, FROM_2[0], false, encrypted, [0x55; 16]);
}

#[test]
fn s001_3_row_8_long_password_high_level_no_lm_hash_works() {
    assert_works(LONG, &FROM_2, true);
    let encrypted = hex!("eda146ed76b2025fa44f17d83b876ad6");
    assert_encrypted_key(LONG, FROM_2[0], true, encrypted, [0x55; 16]);
}

/// The boundary is between 14 and 15 characters: the longest password that fails and the shortest that works.
#[test]
fn s001_3_boundary_14_characters_fail_and_15_work() {
    let outcome = exchange("ClusterPass#14", BELOW_2[0], true);
    let server = outcome.accepted.unwrap().context;
    let results = first_messages(&outcome.client, &server);
    assert!(results.iter().all(Result::is_err), "{results:?}");
    assert_works("ClusterPass#14", &BELOW_2, false);
    assert_works("ClusterPass#015", &BELOW_2, true);
}

/// A password that was set before the policy has its LM hash, and one set after it has none: the policy itself
/// changes nothing that is stored.
#[test]
fn s001_7_the_policy_acts_when_the_password_is_set() {
    let before = StoredHashes::from_password(SHORT, false);
    let mut parties = Parties::new(BELOW_2[0], SHORT, false);
    parties.account = Some(before);
    let works = parties.exchange();
    let server = works.accepted.unwrap().context;
    assert!(first_messages(&works.client, &server)[0].is_ok());
    parties.account = Some(StoredHashes::from_password(SHORT, true));
    let fails = parties.exchange();
    let server = fails.accepted.unwrap().context;
    assert!(first_messages(&fails.client, &server)[0].is_err());
}
