//! Session security: MS-NLMP section 3.4.

use kdclab_ntlm::messages::NegotiateFlags;
use kdclab_ntlm::{Mode, SecurityContext, SessionKey, SessionSecurityError};

const BOTH: NegotiateFlags = NegotiateFlags::SIGN.with(NegotiateFlags::SEAL);
const EXTENDED: NegotiateFlags = NegotiateFlags::EXTENDED_SESSIONSECURITY;
const MISMATCH: SessionSecurityError = SessionSecurityError::SignatureMismatch { sequence: 0 };

fn pair(flags: NegotiateFlags) -> (SecurityContext, SecurityContext) {
    let key = SessionKey::new([0x55; 16]);
    (
        SecurityContext::new(flags, key.clone(), Mode::Client),
        SecurityContext::new(flags, key, Mode::Server),
    )
}

/// Every kind of session there is.
fn sessions() -> impl Iterator<Item = NegotiateFlags> {
    (0..32).map(|bits| {
        BOTH.with_if(bits & 1 != 0, EXTENDED)
            .with_if(bits & 2 != 0, NegotiateFlags::KEY_EXCH)
            .with_if(bits & 4 != 0, NegotiateFlags::NEGOTIATE_128)
            .with_if(bits & 8 != 0, NegotiateFlags::NEGOTIATE_56)
            .with_if(bits & 16 != 0, NegotiateFlags::LM_KEY)
    })
}

#[test]
fn ms_nlmp_3_4_messages_go_both_ways() {
    for flags in sessions() {
        let (mut client, mut server) = pair(flags);
        for turn in 0..4 {
            for (from, to) in [(0, 1), (1, 0)] {
                let sides = [&mut client, &mut server];
                let message = format!("message {turn} of {from}").into_bytes();
                let signature = sides[from].sign(&message).unwrap();
                sides[to].verify(&message, &signature).unwrap();
                let (sealed, signature) = sides[from].seal(&message).unwrap();
                assert_ne!(sealed, message, "{flags:?}");
                assert_eq!(
                    sides[to].unseal(&sealed, &signature),
                    Ok(message),
                    "{flags:?}"
                );
            }
        }
    }
}

#[test]
fn ms_nlmp_3_4_both_sides_may_send_at_once_with_extended_session_security() {
    let (mut client, mut server) = pair(BOTH.with(EXTENDED));
    let (asked, answered) = (
        client.seal(b"ask").unwrap(),
        server.seal(b"answer").unwrap(),
    );
    assert_eq!(server.unseal(&asked.0, &asked.1), Ok(b"ask".to_vec()));
    assert_eq!(
        client.unseal(&answered.0, &answered.1),
        Ok(b"answer".to_vec())
    );
    // Without it there is one key and one count, and the two take turns.
    let (mut client, mut server) = pair(BOTH);
    let (asked, _) = (
        client.seal(b"ask").unwrap(),
        server.seal(b"answer").unwrap(),
    );
    assert!(server.unseal(&asked.0, &asked.1).is_err());
}

#[test]
fn ms_nlmp_3_4_what_was_altered_does_not_verify_and_what_was_not_still_does() {
    for flags in sessions() {
        let (mut client, mut server) = pair(flags);
        let (sealed, signature) = client.seal(b"Plaintext").unwrap();
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(
                server.unseal(&altered, &signature),
                Err(MISMATCH),
                "{flags:?}"
            );
        }
        // Without extended session security the octets 4 to 8 are a pad.
        let checksum = if flags.contains(EXTENDED) {
            4..12
        } else {
            8..12
        };
        for index in checksum {
            let mut altered = signature;
            altered[index] ^= 1;
            assert_eq!(server.unseal(&sealed, &altered), Err(MISMATCH), "{flags:?}");
        }
        let message = b"Plaintext".to_vec();
        assert_eq!(server.unseal(&sealed, &signature), Ok(message), "{flags:?}");
    }
}

#[test]
fn ms_nlmp_3_4_4_a_number_that_is_not_next_is_out_of_sequence() {
    for flags in [BOTH, BOTH.with(EXTENDED)] {
        let (mut client, mut server) = pair(flags);
        let mut signature = client.sign(b"first").unwrap();
        signature[12] ^= 3;
        let (expected, actual) = (0, 3);
        let error = SessionSecurityError::OutOfSequence { expected, actual };
        assert_eq!(server.verify(b"first", &signature), Err(error));
        signature[12] ^= 3;
        assert_eq!(server.verify(b"first", &signature), Ok(()));
    }
}

#[test]
fn ms_nlmp_3_4_4_messages_can_be_neither_repeated_nor_swapped() {
    let (mut client, mut server) = pair(BOTH.with(EXTENDED).with(NegotiateFlags::KEY_EXCH));
    let first = client.sign(b"first").unwrap();
    let second = client.sign(b"second").unwrap();
    assert!(server.verify(b"second", &second).is_err());
    server.verify(b"first", &first).unwrap();
    assert!(server.verify(b"first", &first).is_err());
    server.verify(b"second", &second).unwrap();
}

#[test]
fn ms_nlmp_3_4_5_2_with_extended_session_security_a_message_cannot_be_sent_back() {
    let (mut client, _) = pair(BOTH.with(EXTENDED));
    let signature = client.sign(b"hello").unwrap();
    assert_eq!(client.verify(b"hello", &signature), Err(MISMATCH));
}

#[test]
fn ms_nlmp_2_2_2_9_a_signature_has_16_octets_and_version_1() {
    let (mut client, mut server) = pair(BOTH.with(EXTENDED));
    let mut signature = client.sign(b"hello").unwrap();
    for actual in [0, 15] {
        let error = SessionSecurityError::WrongSignatureLength { actual };
        assert_eq!(server.verify(b"hello", &signature[..actual]), Err(error));
    }
    signature[0] = 2;
    let error = SessionSecurityError::UnknownSignatureVersion { version: 2 };
    assert_eq!(server.verify(b"hello", &signature), Err(error));
}

#[test]
fn ms_nlmp_3_4_4_1_the_pad_does_not_count() {
    let (mut client, mut server) = pair(BOTH);
    let mut signature = client.sign(b"hello").unwrap();
    assert_eq!(signature[4..8], [0; 4]);
    signature[4..8].fill(7);
    assert_eq!(server.verify(b"hello", &signature), Ok(()));
}

#[test]
fn ms_nlmp_3_4_what_was_not_negotiated_is_refused() {
    let (mut client, _) = pair(EXTENDED);
    let any = BOTH;
    assert_eq!(
        client.sign(b""),
        Err(SessionSecurityError::NotNegotiated { any })
    );
    assert_eq!(
        client.get_mic(b""),
        Err(SessionSecurityError::NotNegotiated { any })
    );
    let (mut client, mut server) = pair(EXTENDED.with(NegotiateFlags::SIGN));
    let any = NegotiateFlags::SEAL;
    let error = SessionSecurityError::NotNegotiated { any };
    assert_eq!(client.seal(b""), Err(error.clone()));
    assert_eq!(server.unseal(b"", &[0; 16]), Err(error));
    let signature = client.sign(b"").unwrap();
    assert_eq!(server.verify(b"", &signature), Ok(()));
}

/// The first message has the key state of the mechListMIC, and the next number.
#[test]
fn ms_spng_3_3_5_1_a_mech_list_mic_leaves_the_key_state() {
    for flags in sessions() {
        let (mut client, mut server) = pair(flags);
        let (first_without, _) = client.clone().seal(b"Plaintext").unwrap();
        let mic = client.get_mic(b"mechTypes").unwrap();
        assert_eq!(server.verify_mic(b"mechTypeS", &mic), Err(MISMATCH));
        server.verify_mic(b"mechTypes", &mic).unwrap();
        let back = server.get_mic(b"mechTypes").unwrap();
        client.verify_mic(b"mechTypes", &back).unwrap();
        let (sealed, signature) = client.seal(b"Plaintext").unwrap();
        assert_eq!(sealed, first_without);
        if flags.contains(EXTENDED) {
            assert_eq!(signature[12..], [1, 0, 0, 0]);
        }
        assert!(server.unseal(&sealed, &signature).is_ok(), "{flags:?}");
    }
}

#[test]
fn a_clone_of_a_session_goes_its_own_way() {
    for flags in sessions() {
        let (mut client, mut server) = pair(flags);
        let (sealed, signature) = client.seal(&[7; 5000]).unwrap();
        server.unseal(&sealed, &signature).unwrap();
        let mut clone = client.clone();
        assert_eq!(clone.seal(b"next"), client.seal(b"next"), "{flags:?}");
        assert_eq!(clone.seal(b"after"), client.seal(b"after"), "{flags:?}");
    }
}
