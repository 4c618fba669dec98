//! What hosts of Windows send each other: NTLM's own messages, and around them frames of our own in place of
//! DCE/RPC and of Netlogon.
//!
//! The frames say no more than a cluster's connections and a secure channel need: a request with its signature, a
//! fault with its number, a network logon and its answer (MS-NRPC section 3.5.4.5.1). Netlogon's own encryption of
//! what travels on the secure channel is not modelled.

use kdclab_ntlm::messages::{
    AuthenticateMessage, ChallengeMessage, NegotiateFlags, NegotiateMessage,
};
use kdclab_ntlm::{LmSessionKey, LogonKeys, NetworkLogon, NtStatus, SIGNATURE_LEN, SessionKey};

use crate::dialect::Win32Error;

const NTLM: &[u8] = b"NTLMSSP\0";
const RPC: &[u8] = b"RPC";
const NETLOGON: &[u8] = b"NLO";

/// A message.
#[derive(Clone, Debug)]
pub(in crate::sim) enum Message {
    Negotiate(NegotiateMessage),
    Challenge(ChallengeMessage),
    Authenticate(AuthenticateMessage),
    Logon(NetworkLogon),
    /// What became of a logon: the keys, or why not.
    Answer(Result<LogonKeys, NtStatus>),
    Request(Sealed),
    Response(Sealed),
    Fault(Win32Error),
}

/// A sealed message with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Sealed {
    pub(in crate::sim) signature: [u8; SIGNATURE_LEN],
    pub(in crate::sim) ciphertext: Vec<u8>,
}

impl Message {
    /// Reads a message; `None` where it is something else.
    pub(in crate::sim) fn decode(octets: &[u8]) -> Option<Self> {
        if octets.starts_with(NTLM) {
            return match octets.get(8)? {
                1 => NegotiateMessage::decode(octets).map(Self::Negotiate),
                2 => ChallengeMessage::decode(octets).map(Self::Challenge),
                3 => AuthenticateMessage::decode(octets).map(Self::Authenticate),
                _ => return None,
            }
            .ok();
        }
        if let Some(rest) = octets.strip_prefix(RPC) {
            let (kind, rest) = rest.split_first()?;
            return match kind {
                0 => Sealed::decode(rest).map(Self::Request),
                1 => Sealed::decode(rest).map(Self::Response),
                2 => Some(Self::Fault(Win32Error(u32::from_le_bytes(
                    rest.try_into().ok()?,
                )))),
                _ => None,
            };
        }
        let (kind, rest) = octets.strip_prefix(NETLOGON)?.split_first()?;
        match kind {
            0 => decode_logon(rest).map(Self::Logon),
            1 => decode_answer(rest).map(Self::Answer),
            _ => None,
        }
    }

    /// The message's name.
    pub(in crate::sim) fn name(&self) -> &'static str {
        match self {
            Self::Negotiate(_) => "NTLM NEGOTIATE",
            Self::Challenge(_) => "NTLM CHALLENGE",
            Self::Authenticate(_) => "NTLM AUTHENTICATE",
            Self::Logon(_) => "NETLOGON LOGON",
            Self::Answer(_) => "NETLOGON ANSWER",
            Self::Request(_) => "RPC REQUEST",
            Self::Response(_) => "RPC RESPONSE",
            Self::Fault(_) => "RPC FAULT",
        }
    }

    /// What everybody on the way can read, keys and responses left out.
    pub(in crate::sim) fn clear(&self) -> String {
        match self {
            Self::Negotiate(message) => format!("asks for {}", flags(message.flags)),
            Self::Challenge(message) => format!(
                "target {}, grants {}",
                message.target_name,
                flags(message.flags)
            ),
            Self::Authenticate(message) => {
                let extended = message
                    .flags
                    .contains(NegotiateFlags::EXTENDED_SESSIONSECURITY);
                let responses = responses(&message.lm_response, &message.nt_response, extended);
                format!(
                    "user {}, domain {}, workstation {}, {responses}, {}",
                    message.user,
                    message.domain,
                    message.workstation,
                    flags(message.flags)
                )
            }
            Self::Logon(logon) => {
                let extended = logon.use_client_challenge;
                let responses = responses(&logon.lm_response, &logon.nt_response, extended);
                format!(
                    "user {}, domain {}, workstation {}, {responses}",
                    logon.user, logon.domain, logon.workstation
                )
            }
            Self::Answer(Ok(keys)) => {
                let lm_key = match keys.lm_key.expose_bytes() {
                    [0, 0, 0, 0, 0, 0, 0, 0] => "an LM key of zeros",
                    _ => "an LM key",
                };
                format!("success, a user session key and {lm_key}")
            }
            Self::Answer(Err(status)) => status.to_string(),
            Self::Request(sealed) | Self::Response(sealed) => {
                format!("{} octets, signed and sealed", sealed.ciphertext.len())
            }
            Self::Fault(error) => error.to_string(),
        }
    }
}

impl Sealed {
    fn decode(octets: &[u8]) -> Option<Self> {
        let (signature, ciphertext) = octets.split_first_chunk()?;
        Some(Self {
            signature: *signature,
            ciphertext: ciphertext.to_vec(),
        })
    }

    /// The octets of the request.
    pub(super) fn request(&self) -> Vec<u8> {
        [RPC, &[0], &self.signature, &self.ciphertext].concat()
    }

    /// The octets of the response.
    pub(super) fn response(&self) -> Vec<u8> {
        [RPC, &[1], &self.signature, &self.ciphertext].concat()
    }
}

/// The octets of a fault.
pub(super) fn fault(error: Win32Error) -> Vec<u8> {
    [RPC, &[2], &error.0.to_le_bytes()].concat()
}

/// The octets of a network logon; `None` where a part is too long.
pub(super) fn encode_logon(logon: &NetworkLogon) -> Option<Vec<u8>> {
    let mut octets = [NETLOGON, &[0], &logon.server_challenge].concat();
    octets.push(logon.use_client_challenge.into());
    for part in [
        logon.user.as_bytes(),
        logon.domain.as_bytes(),
        logon.workstation.as_bytes(),
        &logon.lm_response,
        &logon.nt_response,
    ] {
        octets.extend(u16::try_from(part.len()).ok()?.to_le_bytes());
        octets.extend(part);
    }
    Some(octets)
}

fn decode_logon(octets: &[u8]) -> Option<NetworkLogon> {
    let (server_challenge, octets) = octets.split_first_chunk()?;
    let (use_client_challenge, mut rest) = octets.split_first()?;
    let mut part = || {
        let (length, octets) = rest.split_first_chunk()?;
        let (part, octets) = octets.split_at_checked(u16::from_le_bytes(*length).into())?;
        rest = octets;
        Some(part.to_vec())
    };
    let text = |octets: Vec<u8>| String::from_utf8(octets).ok();
    Some(NetworkLogon {
        server_challenge: *server_challenge,
        use_client_challenge: *use_client_challenge != 0,
        user: text(part()?)?,
        domain: text(part()?)?,
        workstation: text(part()?)?,
        lm_response: part()?,
        nt_response: part()?,
    })
}

/// The octets of the answer to a network logon.
pub(super) fn encode_answer(answer: Result<&LogonKeys, NtStatus>) -> Vec<u8> {
    let status = answer.err().unwrap_or(NtStatus(0));
    let mut octets = [NETLOGON, &[1], &status.0.to_le_bytes()].concat();
    if let Ok(keys) = answer {
        octets.extend(keys.user_session_key.expose_bytes());
        octets.extend(keys.lm_key.expose_bytes());
    }
    octets
}

fn decode_answer(octets: &[u8]) -> Option<Result<LogonKeys, NtStatus>> {
    let (status, rest) = octets.split_first_chunk()?;
    let status = NtStatus(u32::from_le_bytes(*status));
    if status != NtStatus(0) {
        return rest.is_empty().then_some(Err(status));
    }
    let (user_session_key, rest) = rest.split_first_chunk()?;
    Some(Ok(LogonKeys {
        user_session_key: SessionKey::new(*user_session_key),
        lm_key: LmSessionKey::new(rest.try_into().ok()?),
    }))
}

/// What responses are, as far as their form tells.
fn responses(lm: &[u8], nt: &[u8], extended: bool) -> String {
    let nt_kind = match nt.len() {
        0 => "no NT response",
        24 if extended => "an NTLM2 session response",
        24 => "an NTLMv1 response",
        _ => "an NTLMv2 response",
    };
    let lm_kind = match lm.len() {
        0 | 1 => "no LM response",
        _ if lm == nt => "a copy of it in place of the LM response",
        24 if nt.len() > 24 => "an LMv2 response",
        24 if extended => "a client challenge in place of the LM response",
        _ => "an LM response",
    };
    format!("{nt_kind} and {lm_kind}")
}

/// The flags on which keys and signatures depend, without the common beginning of their names.
fn flags(flags: NegotiateFlags) -> String {
    let names = [
        (NegotiateFlags::SIGN, "SIGN"),
        (NegotiateFlags::SEAL, "SEAL"),
        (NegotiateFlags::KEY_EXCH, "KEY_EXCH"),
        (NegotiateFlags::LM_KEY, "LM_KEY"),
        (
            NegotiateFlags::EXTENDED_SESSIONSECURITY,
            "EXTENDED_SESSIONSECURITY",
        ),
    ];
    let set = names
        .into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, name)| name);
    let set: Vec<&str> = set.collect();
    if set.is_empty() {
        return "no protection".to_owned();
    }
    set.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logon() -> NetworkLogon {
        NetworkLogon {
            user: "svc-cluster".to_owned(),
            domain: "CONTOSO".to_owned(),
            workstation: "NODE2".to_owned(),
            server_challenge: [1; 8],
            use_client_challenge: true,
            lm_response: vec![2; 24],
            nt_response: vec![3; 24],
        }
    }

    #[test]
    fn a_logon_and_its_answers_come_back() {
        let octets = encode_logon(&logon()).unwrap();
        assert!(matches!(Message::decode(&octets), Some(Message::Logon(back)) if back == logon()));
        let keys = LogonKeys {
            user_session_key: SessionKey::new([4; 16]),
            lm_key: LmSessionKey::new([5; 8]),
        };
        for answer in [Ok(keys), Err(NtStatus::WRONG_PASSWORD)] {
            let octets = encode_answer(answer.as_ref().map_err(|status| *status));
            let Some(Message::Answer(back)) = Message::decode(&octets) else {
                panic!("no answer");
            };
            assert_eq!(back, answer);
        }
    }

    #[test]
    fn every_beginning_of_a_message_is_none() {
        let sealed = Sealed {
            signature: [6; SIGNATURE_LEN],
            ciphertext: Vec::new(),
        };
        let keys = LogonKeys {
            user_session_key: SessionKey::new([4; 16]),
            lm_key: LmSessionKey::new([5; 8]),
        };
        for octets in [
            encode_logon(&logon()).unwrap(),
            encode_answer(Ok(&keys)),
            sealed.request(),
            sealed.response(),
            fault(Win32Error::ACCESS_DENIED),
        ] {
            assert!(Message::decode(&octets).is_some());
            for length in 0..octets.len() {
                assert!(Message::decode(&octets[..length]).is_none(), "{length}");
            }
        }
    }

    #[test]
    fn a_part_that_is_too_long_is_not_sent() {
        let logon = NetworkLogon {
            nt_response: vec![0; 1 << 16],
            ..logon()
        };
        assert_eq!(encode_logon(&logon), None);
    }

    #[test]
    fn responses_and_keys_are_not_shown() {
        let keys = LogonKeys {
            user_session_key: SessionKey::new([4; 16]),
            lm_key: LmSessionKey::new([5; 8]),
        };
        let shown = [
            Message::Logon(logon()).clear(),
            Message::Answer(Ok(keys.clone())).clear(),
            format!("{:?}", Message::Logon(logon())),
            format!("{:?}", Message::Answer(Ok(keys))),
        ];
        assert_eq!(
            shown[0],
            "user svc-cluster, domain CONTOSO, workstation NODE2, an NTLM2 session response and a client challenge in \
             place of the LM response"
        );
        assert!(
            shown
                .iter()
                .all(|text| !text.contains("4, 4") && !text.contains("3, 3"))
        );
    }
}
