//! The examples of MS-NLMP section 4.2, and the numbers of the catalogue's S001-3.

use crate::parties::{
    CLIENT_CHALLENGE, DOMAIN, PASSWORD, Parties, RANDOM_SESSION_KEY, SERVER_CHALLENGE, Script,
    TIME, USER, WORKSTATION, target_info,
};
use hex_literal::hex;
use kdclab_ntlm::messages::{
    AuthenticateMessage, ChallengeMessage, NegotiateFlags, NtlmV2Response, Version,
};
use kdclab_ntlm::{
    Client, ClientConfig, Credentials, KeyMaterial, LmCompatibilityLevel, LmHash, LmSessionKey,
    Mode, NtHash, NtlmV2Hash, SecurityContext, SessionKey, exchange_key, seal_key, sign_key,
};

macro_rules! vectors {
    ($($name:ident: $value:expr, $expected:literal;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!($value, hex!($expected));
        }
    )*};
}

const LONG: &str = "ClusterPass#015";
const NO_FLAG: NegotiateFlags = NegotiateFlags::NONE;
const LM_KEY: NegotiateFlags = NegotiateFlags::LM_KEY;
const NON_NT: NegotiateFlags = NegotiateFlags::REQUEST_NON_NT_SESSION_KEY;
const EXTENDED: NegotiateFlags = NegotiateFlags::EXTENDED_SESSIONSECURITY;
/// The flags of the examples' CHALLENGE_MESSAGEs.
const V1: NegotiateFlags = NegotiateFlags::from_bits(0xe202_8233);
const SESSION: NegotiateFlags = NegotiateFlags::from_bits(0x820a_8233);
const V2: NegotiateFlags = NegotiateFlags::from_bits(0xe28a_8233);
const PLAINTEXT: [u8; 18] = hex!("50006c00610069006e007400650078007400");

fn lm(password: &str) -> LmHash {
    LmHash::from_password(password).unwrap()
}

fn nt(password: &str) -> NtHash {
    NtHash::from_password(password)
}

fn v2() -> NtlmV2Hash {
    nt(PASSWORD).ntlm_v2(USER, DOMAIN)
}

fn v2_response() -> NtlmV2Response {
    NtlmV2Response::compute(
        &v2(),
        &SERVER_CHALLENGE,
        CLIENT_CHALLENGE,
        TIME,
        target_info(),
    )
    .unwrap()
}

/// KXKEY of NTLMv1 with an LM hash and an LM response or without, which is what they are copied from then.
fn kxkey(password: &str, lm: Option<LmHash>, flags: NegotiateFlags) -> [u8; 16] {
    let nt = nt(password);
    let mut lm_response = match LmHash::from_password(password) {
        Some(lm) => lm.response(&SERVER_CHALLENGE),
        None => nt.response(&SERVER_CHALLENGE),
    };
    if flags.contains(EXTENDED) {
        lm_response = [0; 24];
        lm_response[..8].copy_from_slice(&CLIENT_CHALLENGE);
    }
    let key = KeyMaterial {
        ntlm_v2: false,
        session_base_key: &nt.session_base_key(),
        lm_key: &LmSessionKey::of(lm.as_ref()),
        lm_response: &lm_response,
        server_challenge: &SERVER_CHALLENGE,
    }
    .key_exchange_key(flags);
    *key.expose_bytes()
}

fn encrypted(key: [u8; 16]) -> [u8; 16] {
    exchange_key(&SessionKey::new(key), &RANDOM_SESSION_KEY)
}

vectors! {
    ms_nlmp_4_2_2_1_1_lmowf_v1: *lm(PASSWORD).expose_bytes(), "e52cac67419a9a224a3b108f3fa6cb6d";
    ms_nlmp_4_2_2_1_2_ntowf_v1: *nt(PASSWORD).expose_bytes(), "a4f49c406510bdcab6824ee7c30fd852";
    ms_nlmp_4_2_2_1_3_session_base_key: *nt(PASSWORD).session_base_key().expose_bytes(), "d87262b0cde4b1cb7499becccdf10784";
    ms_nlmp_4_2_2_1_3_kxkey_no_flag: kxkey(PASSWORD, Some(lm(PASSWORD)), NO_FLAG), "d87262b0cde4b1cb7499becccdf10784";
    ms_nlmp_4_2_2_1_3_kxkey_non_nt: kxkey(PASSWORD, Some(lm(PASSWORD)), NON_NT), "e52cac67419a9a220000000000000000";
    ms_nlmp_4_2_2_1_3_kxkey_lm_key: kxkey(PASSWORD, Some(lm(PASSWORD)), LM_KEY), "b09e379f7fbecb1eaf0afdcb0383c8a0";
    ms_nlmp_4_2_2_2_1_ntlm_v1_response: nt(PASSWORD).response(&SERVER_CHALLENGE), "67c43011f30298a2ad35ece64f16331c44bdbed927841f94";
    ms_nlmp_4_2_2_2_2_lm_v1_response: lm(PASSWORD).response(&SERVER_CHALLENGE), "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13";
    ms_nlmp_4_2_2_2_3_encrypted_key_no_flag: encrypted(kxkey(PASSWORD, Some(lm(PASSWORD)), NO_FLAG)), "518822b1b3f350c8958682ecbb3e3cb7";
    ms_nlmp_4_2_2_2_3_encrypted_key_non_nt: encrypted(kxkey(PASSWORD, Some(lm(PASSWORD)), NON_NT)), "7452ca55c225a1ca04b48fae32cf56fc";
    ms_nlmp_4_2_2_2_3_encrypted_key_lm_key: encrypted(kxkey(PASSWORD, Some(lm(PASSWORD)), LM_KEY)), "4cd7bb57d697ef9b549f02b8f9b37864";
    ms_nlmp_4_2_3_1_3_kxkey: kxkey(PASSWORD, Some(lm(PASSWORD)), EXTENDED), "eb93429a8bd952f8b89c55b87f475edc";
    ms_nlmp_4_2_3_1_3_kxkey_wins_over_lm_key: kxkey(PASSWORD, Some(lm(PASSWORD)), EXTENDED.with(LM_KEY)), "eb93429a8bd952f8b89c55b87f475edc";
    ms_nlmp_4_2_3_2_2_ntlm_v1_response: nt(PASSWORD).session_response(&SERVER_CHALLENGE, &CLIENT_CHALLENGE), "7537f803ae367128ca458204bde7caf81e97ed2683267232";
    ms_nlmp_4_2_4_1_1_ntowf_v2: *v2().expose_bytes(), "0c868a403bfd7a93a3001ef22ef02e3f";
    ms_nlmp_4_2_4_1_2_session_base_key: *v2().session_base_key(&v2_response().proof).expose_bytes(), "8de40ccadbc14a82f15cb0ad0de95ca3";
    ms_nlmp_4_2_4_1_3_temp: v2_response().encode().unwrap()[16..], "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000";
    ms_nlmp_4_2_4_2_1_lm_v2_response: v2().lm_response(&SERVER_CHALLENGE, &CLIENT_CHALLENGE), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa";
    ms_nlmp_4_2_4_2_2_nt_proof_str: v2_response().proof, "68cd0ab851e51c96aabc927bebef6a1c";
    ms_nlmp_4_2_4_2_3_encrypted_key: encrypted(*v2().session_base_key(&v2_response().proof).expose_bytes()), "c5dad2544fc9799094ce1ce90bc9d03e";

    s001_3_row_1_kxkey_of_both: kxkey(PASSWORD, Some(lm(PASSWORD)), LM_KEY), "b09e379f7fbecb1eaf0afdcb0383c8a0";
    s001_3_row_2_kxkey_of_the_server: kxkey(PASSWORD, None, LM_KEY), "ce6793cbf557d3a8eedad9196f137502";
    s001_3_row_2_key_the_server_recovers: exchange_key(&SessionKey::new(kxkey(PASSWORD, None, LM_KEY)), &hex!("4cd7bb57d697ef9b549f02b8f9b37864")), "ba5b02d0215459a6071ee18adb55efd4";
    s001_3_rows_3_and_4_kxkey: kxkey(PASSWORD, None, NO_FLAG), "d87262b0cde4b1cb7499becccdf10784";
    s001_3_rows_5_and_6_kxkey: kxkey(LONG, None, LM_KEY), "a8946a60f6210df5d8579253c5cb2cc3";
    s001_3_rows_5_and_6_lm_response_is_the_nt_response: nt(LONG).response(&SERVER_CHALLENGE)[..8], "0b566c855d9bd024";
    s001_3_rows_7_and_8_kxkey: kxkey(LONG, None, NO_FLAG), "8d79265a88d73581d8679de556eed633";
    s001_3_boundary_lm_hash_of_14_characters: *lm("ClusterPass#14").expose_bytes(), "9b4cfa82935c831825e2aa3e08c4e144";
    s001_3_boundary_nt_hash_of_15_characters: *nt(LONG).expose_bytes(), "d24a2fcc6f5ebebac5675a7d5df27630";
    s001_1_lm_hash_of_the_empty_password: *lm("").expose_bytes(), "aad3b435b51404eeaad3b435b51404ee";
    s001_1_an_empty_half_of_an_lm_hash: lm("Seven77").expose_bytes()[8..], "aad3b435b51404ee";
}

#[test]
fn s001_3_boundary_15_characters_have_no_lm_hash() {
    assert_eq!(LmHash::from_password(LONG), None);
}

#[test]
fn s001_1_eight_characters_do_not_end_in_an_empty_half() {
    assert_ne!(lm("Eight888").expose_bytes()[8..], hex!("aad3b435b51404ee"));
}

#[test]
fn ms_nlmp_3_3_1_lm_hash_knows_no_case_and_no_character_beyond_the_oem_code_page() {
    assert_eq!(lm("pASSWORD"), lm(PASSWORD));
    assert_eq!(lm("grün"), lm("GRÜN"));
    assert_ne!(lm("grün"), lm("grun"));
    assert_eq!(LmHash::from_password("10€"), None);
    assert_ne!(nt("pASSWORD"), nt(PASSWORD));
}

#[test]
fn ms_nlmp_3_3_2_the_user_counts_in_upper_case_and_the_domain_as_it_is() {
    assert_eq!(nt(PASSWORD).ntlm_v2("USER", DOMAIN), v2());
    assert_ne!(nt(PASSWORD).ntlm_v2(USER, "DOMAIN"), v2());
}

const CHALLENGE_V1: &[u8] = &hex!(
    "4e544c4d53535000020000000c000c0038000000338202e20123456789abcdef00000000000000000000000000000000"
    "060070170000000f530065007200760065007200"
);
const AUTHENTICATE_V1: &[u8] = &hex!(
    "4e544c4d5353500003000000180018006c00000018001800840000000c000c0048000000080008005400000010001000"
    "5c000000100010009c000000358280e20501280a0000000f44006f006d00610069006e00550073006500720043004f00"
    "4d0050005500540045005200"
    "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13"
    "67c43011f30298a2ad35ece64f16331c44bdbed927841f94518822b1b3f350c8958682ecbb3e3cb7"
);
const CHALLENGE_SESSION: &[u8] = &hex!(
    "4e544c4d53535000020000000c000c003800000033820a820123456789abcdef00000000000000000000000000000000"
    "060070170000000f530065007200760065007200"
);
const AUTHENTICATE_SESSION: &[u8] = &hex!(
    "4e544c4d5353500003000000180018006c00000018001800840000000c000c0048000000080008005400000010001000"
    "5c000000000000009c000000358208820501280a0000000f44006f006d00610069006e00550073006500720043004f00"
    "4d0050005500540045005200aaaaaaaaaaaaaaaa00000000000000000000000000000000"
    "7537f803ae367128ca458204bde7caf81e97ed2683267232"
);
const CHALLENGE_V2: &[u8] = &hex!(
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000"
    "060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c005300650072007600"
    "6500720000000000"
);
const AUTHENTICATE_V2: &[u8] = &hex!(
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c0048000000080008005400000010001000"
    "5c00000010001000d8000000358288e20501280a0000000f44006f006d00610069006e00550073006500720043004f00"
    "4d005000550054004500520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927b"
    "ebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e00"
    "01000c005300650072007600650072000000000000000000c5dad2544fc9799094ce1ce90bc9d03e"
);

macro_rules! messages {
    ($($name:ident: $message:ident, $octets:ident;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!($message::decode($octets).unwrap().encode().unwrap(), $octets);
        }
    )*};
}

messages! {
    ms_nlmp_4_2_2_3_challenge_message: ChallengeMessage, CHALLENGE_V1;
    ms_nlmp_4_2_2_3_authenticate_message: AuthenticateMessage, AUTHENTICATE_V1;
    ms_nlmp_4_2_3_3_challenge_message: ChallengeMessage, CHALLENGE_SESSION;
    ms_nlmp_4_2_3_3_authenticate_message: AuthenticateMessage, AUTHENTICATE_SESSION;
    ms_nlmp_4_2_4_3_challenge_message: ChallengeMessage, CHALLENGE_V2;
    ms_nlmp_4_2_4_3_authenticate_message: AuthenticateMessage, AUTHENTICATE_V2;
}

#[test]
fn ms_nlmp_4_2_4_3_what_the_challenge_says() {
    let challenge = ChallengeMessage::decode(CHALLENGE_V2).unwrap();
    assert_eq!(challenge.flags, V2);
    assert_eq!(challenge.target_name, "Server");
    assert_eq!(challenge.server_challenge, SERVER_CHALLENGE);
    assert_eq!(challenge.target_info, Some(target_info()));
    let version = challenge.version.unwrap();
    assert_eq!((version.major, version.minor, version.build), (6, 0, 6000));
    assert_eq!(version.ntlm_revision, Version::NTLMSSP_REVISION_W2K3);
}

/// What our client answers to the example's challenge. Windows XP is the client of the examples.
fn answer(level: LmCompatibilityLevel, challenge: &[u8], extended: bool) -> Vec<u8> {
    let mut config = ClientConfig::new(level, WORKSTATION);
    config.extended_session_security = extended;
    config.version = Some(Version {
        major: 5,
        minor: 1,
        build: 2600,
        ntlm_revision: Version::NTLMSSP_REVISION_W2K3,
    });
    let credentials = Credentials::from_password(USER, DOMAIN, PASSWORD);
    let (client, _) = Client::start(config, credentials).unwrap();
    client
        .challenge(TIME, &mut Script::client(), challenge)
        .unwrap()
        .message
}

/// The example's answer sets NTLMSSP_NEGOTIATE_TARGET_INFO although nobody offered it; ours does not.
#[test]
fn ms_nlmp_4_2_2_3_our_client_answers_the_challenge() {
    let answer = answer(LmCompatibilityLevel::Level1, CHALLENGE_V1, false);
    let mut expected = AuthenticateMessage::decode(AUTHENTICATE_V1).unwrap();
    expected.flags = expected.flags.without(NegotiateFlags::TARGET_INFO);
    assert_eq!(answer, expected.encode().unwrap());
}

#[test]
fn ms_nlmp_4_2_3_3_our_client_answers_the_challenge() {
    let answer = answer(LmCompatibilityLevel::Level1, CHALLENGE_SESSION, true);
    assert_eq!(answer, AUTHENTICATE_SESSION);
}

#[test]
fn ms_nlmp_4_2_4_3_our_client_answers_the_challenge() {
    let answer = answer(LmCompatibilityLevel::Level3, CHALLENGE_V2, true);
    assert_eq!(answer, AUTHENTICATE_V2);
}

fn session_key() -> SessionKey {
    SessionKey::new(RANDOM_SESSION_KEY)
}

fn kxkey_with_extended_session_security() -> SessionKey {
    SessionKey::new(hex!("eb93429a8bd952f8b89c55b87f475edc"))
}

/// Seals the examples' message as the client, and unseals it as the server.
fn sealed(flags: NegotiateFlags, key: SessionKey) -> (Vec<u8>, [u8; 16]) {
    let mut client = SecurityContext::new(flags, key.clone(), Mode::Client);
    let (sealed, signature) = client.seal(&PLAINTEXT).unwrap();
    let mut server = SecurityContext::new(flags, key, Mode::Server);
    assert_eq!(server.unseal(&sealed, &signature).unwrap(), PLAINTEXT);
    (sealed, signature)
}

#[test]
fn ms_nlmp_4_2_2_4_gss_wrap_ex() {
    let (sealed, signature) = sealed(V1, session_key());
    assert_eq!(sealed, hex!("56fe04d861f9319af0d7238a2e3b4d457fb8"));
    assert_eq!(signature, hex!("010000000000000009dcd1df2e459d36"));
}

#[test]
fn ms_nlmp_4_2_3_4_gss_wrap_ex() {
    let key = kxkey_with_extended_session_security();
    let (sealed, signature) = sealed(SESSION, key);
    assert_eq!(sealed, hex!("a02372f6530273f3aa1eb90190ce5200c99d"));
    assert_eq!(signature, hex!("01000000ff2aeb52f681793a00000000"));
}

#[test]
fn ms_nlmp_4_2_4_4_gss_wrap_ex() {
    let (sealed, signature) = sealed(V2, session_key());
    assert_eq!(sealed, hex!("54e50165bf1936dc996020c1811b0f06fb5f"));
    assert_eq!(signature, hex!("010000007fb38ec5c55d497600000000"));
}

fn signing(flags: NegotiateFlags, key: &SessionKey, mode: Mode) -> [u8; 16] {
    *sign_key(flags, key, mode).unwrap().expose_bytes()
}

fn sealing(flags: u32) -> Vec<u8> {
    let flags = NegotiateFlags::from_bits(flags);
    seal_key(
        flags,
        &SessionKey::new(std::array::from_fn(|index| index as u8)),
        Mode::Client,
    )
    .to_vec()
}

vectors! {
    ms_nlmp_4_2_3_4_client_seal_key_of_56_bits: **seal_key(SESSION, &kxkey_with_extended_session_security(), Mode::Client), "04dd7f014d8504d265a25cc86a3a7c06";
    ms_nlmp_4_2_3_4_client_sign_key: signing(SESSION, &kxkey_with_extended_session_security(), Mode::Client), "60e799be5c72fc92922ae8ebe961fb8d";
    ms_nlmp_4_2_4_4_client_seal_key_of_128_bits: **seal_key(V2, &session_key(), Mode::Client), "59f600973cc4960a25480a7c196e4c58";
    ms_nlmp_4_2_4_4_client_sign_key: signing(V2, &session_key(), Mode::Client), "4788dc861b4782f35d43fd98fe1a2d39";
    ms_nlmp_3_4_5_3_seal_key_without_flags: sealing(0), "000102030405060708090a0b0c0d0e0f";
    ms_nlmp_3_4_5_3_seal_key_of_an_lm_key_of_40_bits: sealing(0x80), "0001020304e538b0";
    ms_nlmp_3_4_5_3_seal_key_of_an_lm_key_of_56_bits: sealing(0x8000_0080), "00010203040506a0";
    ms_nlmp_3_4_5_3_seal_key_of_an_lm_key_has_no_128_bits: sealing(0x2000_0080), "0001020304e538b0";
}

#[test]
fn ms_nlmp_3_4_5_2_no_sign_key_without_extended_session_security() {
    assert_eq!(sign_key(V1, &session_key(), Mode::Client), None);
}

#[test]
fn ms_nlmp_3_4_5_the_four_keys_differ() {
    let key = session_key();
    let mut keys = vec![
        signing(V2, &key, Mode::Client).to_vec(),
        signing(V2, &key, Mode::Server).to_vec(),
        seal_key(V2, &key, Mode::Client).to_vec(),
        seal_key(V2, &key, Mode::Server).to_vec(),
        seal_key(EXTENDED, &key, Mode::Client).to_vec(),
        seal_key(
            EXTENDED.with(NegotiateFlags::NEGOTIATE_56),
            &key,
            Mode::Client,
        )
        .to_vec(),
    ];
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6);
}

#[test]
fn secrets_do_not_print() {
    let outcome = Parties::new(LmCompatibilityLevel::Level3, PASSWORD, true).exchange();
    let printed = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        Credentials::from_password(USER, DOMAIN, PASSWORD),
        v2(),
        outcome.client,
        outcome.accepted.unwrap(),
        outcome.validation.unwrap(),
        AuthenticateMessage::decode(&outcome.authenticate).unwrap(),
    );
    for secret in ["Password", "229", "164, 244", "85, 85", "104, 205"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    assert!(printed.contains("NtHash(..)"), "{printed}");
}
