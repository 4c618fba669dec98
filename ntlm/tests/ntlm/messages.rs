//! The octets of messages: MS-NLMP section 2.2.

use kdclab_ntlm::messages::{
    AuthenticateMessage, AvFlags, AvId, AvPair, ChallengeMessage, DecodeError, EncodeError, Field,
    NegotiateFlags, NegotiateMessage, NtlmV2Response, TargetInfo, Version,
};
use kdclab_ntlm::{Client, FileTime, LmCompatibilityLevel, Server, ServerStep, verify};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::parties::{PASSWORD, Parties, Script, TIME};

fn flags() -> impl Strategy<Value = NegotiateFlags> {
    any::<u32>().prop_map(NegotiateFlags::from_bits)
}

/// What code page 437 and Unicode both have.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äöüßÇ░ .$-]{0,20}"
}

fn version() -> impl Strategy<Value = Version> {
    any::<(u8, u8, u16, u8)>().prop_map(|(major, minor, build, ntlm_revision)| Version {
        major,
        minor,
        build,
        ntlm_revision,
    })
}

fn target_info() -> impl Strategy<Value = TargetInfo> {
    vec((1u16..20, vec(any::<u8>(), 0..40)), 0..8).prop_map(|pairs| {
        let mut target_info = TargetInfo::default();
        for (id, value) in pairs {
            target_info.set(AvId(id), value);
        }
        target_info
    })
}

fn octets(length: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..length)
}

prop_compose! {
    fn negotiate()(
        flags in flags(), domain in option::of(text()), workstation in option::of(text()),
        version in option::of(version()),
    ) -> NegotiateMessage {
        let flags = flags
            .with_if(domain.is_some(), NegotiateFlags::OEM_DOMAIN_SUPPLIED)
            .with_if(workstation.is_some(), NegotiateFlags::OEM_WORKSTATION_SUPPLIED);
        NegotiateMessage { flags, domain, workstation, version }
    }
}

prop_compose! {
    fn challenge()(
        flags in flags(), target_name in text(), server_challenge in any::<[u8; 8]>(),
        target_info in option::of(target_info()), version in option::of(version()),
    ) -> ChallengeMessage {
        let flags = flags.with_if(target_info.is_some(), NegotiateFlags::TARGET_INFO);
        ChallengeMessage { flags, target_name, server_challenge, target_info, version }
    }
}

prop_compose! {
    fn authenticate()(
        flags in flags(), lm_response in octets(30), nt_response in octets(300),
        names in (text(), text(), text()), encrypted_random_session_key in octets(20),
        version in version(), mic in option::of(any::<[u8; 16]>()),
    ) -> AuthenticateMessage {
        let (domain, user, workstation) = names;
        AuthenticateMessage {
            flags, lm_response, nt_response, domain, user, workstation,
            encrypted_random_session_key, version: Some(version), mic,
        }
    }
}

/// Everything that reads octets gets them, as they are and behind the beginning of each message.
fn feed(octets: &[u8]) {
    let _ = TargetInfo::decode(octets);
    let _ = NtlmV2Response::decode(octets);
    for message_type in 1..4u32 {
        for message in [
            octets.to_vec(),
            [b"NTLMSSP\0", &message_type.to_le_bytes()[..], octets].concat(),
        ] {
            let _ = NegotiateMessage::decode(&message);
            let _ = ChallengeMessage::decode(&message);
            let _ = AuthenticateMessage::decode(&message);
            feed_roles(&message);
        }
    }
}

fn feed_roles(message: &[u8]) {
    let parties = Parties::new(LmCompatibilityLevel::Level3, PASSWORD, true);
    let (client, negotiate) = Client::start(parties.client, parties.credentials).unwrap();
    let _ = client.challenge(TIME, &mut Script::client(), message);
    let _ = Server::start(&parties.server, TIME, &mut Script::server(), message);
    let (server, _) =
        Server::start(&parties.server, TIME, &mut Script::server(), &negotiate).unwrap();
    if let Ok(ServerStep::Logon(pending)) = server.authenticate(message) {
        let account = parties.account.as_ref();
        let verified = verify(pending.request(), account, parties.domain_controller);
        let _ = pending.finish(verified.as_ref().map(|v| &v.keys).map_err(|e| e.status()));
    }
}

proptest! {
    #[test]
    fn ms_nlmp_2_2_1_1_negotiate_message_reads_back(message in negotiate()) {
        prop_assert_eq!(NegotiateMessage::decode(&message.encode().unwrap()), Ok(message));
    }

    #[test]
    fn ms_nlmp_2_2_1_2_challenge_message_reads_back(message in challenge()) {
        prop_assert_eq!(ChallengeMessage::decode(&message.encode().unwrap()), Ok(message));
    }

    #[test]
    fn ms_nlmp_2_2_1_3_authenticate_message_reads_back(message in authenticate()) {
        prop_assert_eq!(AuthenticateMessage::decode(&message.encode().unwrap()), Ok(message));
    }

    #[test]
    fn ms_nlmp_2_2_2_1_av_pairs_read_back(target_info in target_info()) {
        prop_assert_eq!(TargetInfo::decode(&target_info.encode().unwrap()), Ok(target_info));
    }

    #[test]
    fn garbage_never_panics(octets in octets(200)) {
        feed(&octets);
    }

    #[test]
    fn altered_messages_never_panic(
        message in prop_oneof![
            negotiate().prop_map(|message| message.encode().unwrap()),
            challenge().prop_map(|message| message.encode().unwrap()),
            authenticate().prop_map(|message| message.encode().unwrap()),
        ],
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
    ) {
        let mut message = message;
        for (index, octet) in changes {
            let index = index.index(message.len());
            message[index] = octet;
        }
        let _ = NegotiateMessage::decode(&message);
        let _ = ChallengeMessage::decode(&message);
        let _ = AuthenticateMessage::decode(&message);
        feed_roles(&message);
        message.truncate(length.index(message.len() + 1));
        feed_roles(&message);
    }
}

#[test]
fn every_beginning_and_every_changed_octet_of_an_exchange_is_survived() {
    let mut parties = Parties::new(LmCompatibilityLevel::Level3, PASSWORD, true);
    parties.server.tells_time = true;
    let outcome = parties.exchange();
    for message in [outcome.negotiate, outcome.challenge, outcome.authenticate] {
        for length in 0..message.len() {
            feed_roles(&message[..length]);
        }
        for index in 0..message.len() {
            for octet in [0, 0x7f, 0xff] {
                let mut altered = message.clone();
                altered[index] = octet;
                feed_roles(&altered);
            }
        }
    }
}

fn sample() -> AuthenticateMessage {
    AuthenticateMessage {
        flags: NegotiateFlags::UNICODE,
        lm_response: vec![1; 24],
        nt_response: vec![2; 24],
        domain: "D".to_owned(),
        user: "U".to_owned(),
        workstation: "W".to_owned(),
        encrypted_random_session_key: vec![3; 16],
        version: None,
        mic: None,
    }
}

#[test]
fn ms_nlmp_2_2_1_3_old_clients_have_neither_version_nor_mic() {
    let message = sample();
    let octets = message.encode().unwrap();
    assert_eq!(octets.len(), 64 + 2 * 3 + 24 * 2 + 16);
    assert_eq!(AuthenticateMessage::decode(&octets), Ok(message));
}

#[test]
fn ms_nlmp_2_2_1_1_the_oldest_clients_end_after_the_flags() {
    let octets = b"NTLMSSP\0\x01\0\0\0\x02\x02\0\0";
    let flags = NegotiateFlags::OEM.with(NegotiateFlags::NTLM);
    let message = NegotiateMessage::decode(octets).unwrap();
    assert_eq!((message.flags, message.version), (flags, None));
    assert_eq!(
        NegotiateMessage::decode(&octets[..15]),
        Err(DecodeError::Truncated {
            field: Field::Header
        })
    );
}

#[test]
fn ms_nlmp_2_2_1_2_the_oldest_servers_end_the_header_after_the_challenge() {
    let octets =
        b"NTLMSSP\0\x02\0\0\0\x01\0\x01\0\x20\0\0\0\x02\x02\0\0\x01\x23\x45\x67\x89\xab\xcd\xefD";
    let message = ChallengeMessage::decode(octets).unwrap();
    assert_eq!(message.target_name, "D");
    assert_eq!((message.target_info, message.version), (None, None));
}

#[test]
fn ms_nlmp_2_2_1_other_octets_are_not_ntlm() {
    let octets = sample().encode().unwrap();
    assert_eq!(AuthenticateMessage::decode(b""), Err(DecodeError::NotNtlm));
    assert_eq!(
        AuthenticateMessage::decode(&octets[1..]),
        Err(DecodeError::NotNtlm)
    );
    let (expected, actual) = (1, 3);
    assert_eq!(
        NegotiateMessage::decode(&octets),
        Err(DecodeError::UnexpectedType { expected, actual })
    );
}

/// The field at 12, LmChallengeResponse, ends where the message does; one octet further it does not.
#[test]
fn ms_nlmp_2_2_1_3_fields_lie_behind_the_header_and_within_the_message() {
    let octets = sample().encode().unwrap();
    let last = octets.len() as u32 - 24;
    for (offset, fits) in [
        (63, false),
        (64, true),
        (last, true),
        (last + 1, false),
        (u32::MAX, false),
    ] {
        let mut octets = octets.clone();
        octets[16..20].copy_from_slice(&offset.to_le_bytes());
        let decoded = AuthenticateMessage::decode(&octets);
        let (field, length) = (Field::LmChallengeResponse, 24);
        if fits {
            assert!(decoded.is_ok(), "{offset}");
        } else {
            assert_eq!(
                decoded,
                Err(DecodeError::OutOfBounds {
                    field,
                    offset,
                    length
                })
            );
        }
    }
}

#[test]
fn ms_nlmp_2_2_1_3_an_empty_field_may_point_anywhere() {
    let mut octets = sample().encode().unwrap();
    octets[12..14].fill(0);
    octets[16..20].fill(0xff);
    let message = AuthenticateMessage::decode(&octets).unwrap();
    assert_eq!(message.lm_response, []);
}

#[test]
fn ms_nlmp_2_2_1_3_names_are_utf_16() {
    let mut octets = sample().encode().unwrap();
    let field = Field::DomainName;
    octets[65] = 0xd8;
    assert_eq!(
        AuthenticateMessage::decode(&octets),
        Err(DecodeError::NotUnicode { field })
    );
    octets[65] = 0;
    octets[28] = 1;
    assert_eq!(
        AuthenticateMessage::decode(&octets),
        Err(DecodeError::NotUnicode { field })
    );
    octets[28] = 2;
    assert!(AuthenticateMessage::decode(&octets).is_ok());
}

#[test]
fn a_field_longer_than_its_length_can_say_is_not_written() {
    let mut message = sample();
    message.nt_response = vec![0; 0xffff];
    assert!(message.encode().is_ok());
    message.nt_response.push(0);
    let (field, length) = (Field::NtChallengeResponse, 0x1_0000);
    assert_eq!(
        message.encode(),
        Err(EncodeError::TooLong { field, length })
    );
    let mut target_info = TargetInfo::default();
    target_info.set(AvId::SINGLE_HOST, vec![0; 0x1_0000]);
    let field = Field::AvPair;
    assert_eq!(
        target_info.encode(),
        Err(EncodeError::TooLong { field, length })
    );
}

#[test]
fn ms_nlmp_2_2_2_1_values_of_av_pairs() {
    let mut target_info = TargetInfo::default();
    assert_eq!(target_info.flags(), AvFlags::default());
    assert_eq!(target_info.timestamp(), None);
    assert_eq!(target_info.channel_bindings(), None);
    assert_eq!(target_info.name(AvId::DNS_TREE_NAME), None);
    target_info.set(AvId::EOL, vec![1]);
    assert_eq!(target_info.pairs(), []);
    target_info.set_flags(AvFlags::MIC_PROVIDED);
    target_info.set_timestamp(FileTime(0x0102_0304_0506_0708));
    target_info.set_channel_bindings([9; 16]);
    target_info.set_name(AvId::DNS_TREE_NAME, "lab");
    target_info.set_flags(AvFlags(3));
    let octets = target_info.encode().unwrap();
    assert_eq!(octets[..8], [6, 0, 4, 0, 3, 0, 0, 0]);
    assert_eq!(octets[8..20], [7, 0, 8, 0, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(octets[octets.len() - 4..], [0; 4]);
    let read = TargetInfo::decode(&octets).unwrap();
    assert_eq!(read.flags(), AvFlags(3));
    assert_eq!(read.timestamp(), Some(FileTime(0x0102_0304_0506_0708)));
    assert_eq!(read.channel_bindings(), Some([9; 16]));
    assert_eq!(read.name(AvId::DNS_TREE_NAME).as_deref(), Some("lab"));
    let ids: Vec<u16> = read.pairs().iter().map(|AvPair { id, .. }| id.0).collect();
    assert_eq!(ids, [6, 7, 10, 5]);
}

#[test]
fn ms_nlmp_2_2_2_1_av_pairs_without_an_end_are_refused() {
    let field = Field::TargetInfo;
    let truncated = Err(DecodeError::Truncated { field });
    for octets in [
        &[][..],
        &[0, 0, 0],
        &[1, 0, 0, 0],
        &[1, 0, 2, 0, 65, 0],
        &[0, 0, 1, 0],
    ] {
        assert_eq!(TargetInfo::decode(octets), truncated, "{octets:?}");
    }
    assert!(TargetInfo::decode(&[1, 0, 2, 0, 65, 0, 0, 0, 0, 0]).is_ok());
    assert!(TargetInfo::decode(&[0, 0, 0, 0, 9, 9]).is_ok());
}

#[test]
fn ms_nlmp_2_2_2_7_another_version_of_the_response_is_refused() {
    let mut octets = vec![0; 48];
    let (expected, actual) = (0x0101, 0);
    assert_eq!(
        NtlmV2Response::decode(&octets),
        Err(DecodeError::UnexpectedType { expected, actual })
    );
    octets[16..18].fill(1);
    assert!(NtlmV2Response::decode(&octets).is_ok());
    assert!(NtlmV2Response::decode(&octets[..47]).is_err());
}

#[test]
fn ms_nlmp_2_2_2_5_flags_print_their_names() {
    let flags = NegotiateFlags::LM_KEY.with(NegotiateFlags::from_bits(0x100));
    assert_eq!(format!("{flags:?}"), "NTLMSSP_NEGOTIATE_LM_KEY|0x00000100");
    assert_eq!(format!("{:?}", NegotiateFlags::NONE), "0x00000000");
}

#[test]
fn ms_nlmp_3_1_5_1_2_keys_are_exchanged_for_signatures_or_encryption_only() {
    let flags = NegotiateFlags::KEY_EXCH;
    assert!(!flags.exchanges_key());
    assert!(flags.with(NegotiateFlags::SIGN).exchanges_key());
    assert!(flags.with(NegotiateFlags::SEAL).exchanges_key());
    assert!(!NegotiateFlags::SIGN.exchanges_key());
}

#[test]
fn ms_nlmp_3_2_5_1_2_who_answers_the_challenge_is_not_anonymous() {
    let mut message = sample();
    message.user = String::new();
    assert!(!message.is_anonymous());
    message.lm_response = vec![0];
    assert!(!message.is_anonymous());
    message.nt_response = Vec::new();
    assert!(message.is_anonymous());
    message.lm_response = vec![1];
    assert!(!message.is_anonymous());
}
