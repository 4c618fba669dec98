use data_encoding::BASE64;
use kdclab_client::gss::ContextToken;
use kdclab_proto::messages::{NegState, NegTokenInit, NegTokenResp};

use super::{MAX_HEAD, MAX_HEADERS};

/// What `Negotiate` brings in the value of a header (RFC 4559 section 4): `None` where the scheme is another one, and
/// within it `None` where there is no token, or none in base64.
pub(super) fn token_of(value: &str) -> Option<Option<Vec<u8>>> {
    let value = value.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    scheme.eq_ignore_ascii_case("Negotiate").then(|| {
        let token = BASE64.decode(token.trim().as_bytes()).ok();
        token.filter(|token| !token.is_empty())
    })
}

/// The token of a request's `Authorization: Negotiate`; `None` where there is no such header, an empty token where it
/// has none.
pub(in crate::sim) fn negotiate_token(authorization: Option<&str>) -> Option<Vec<u8>> {
    Some(token_of(authorization?)?.unwrap_or_default())
}

/// What a message of HTTP says.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Described {
    /// Its first line, and what the token is.
    pub(in crate::sim) clear: String,
    /// The Kerberos message in its token.
    pub(in crate::sim) kerberos: Option<Vec<u8>>,
}

/// Takes a message of HTTP apart; `None` for anything else.
pub(in crate::sim) fn describe(bytes: &[u8]) -> Option<Described> {
    super::start_label(bytes)?;
    let line = bytes.split(|byte| *byte == b'\r').next()?;
    let mut described = Described {
        clear: String::from_utf8_lossy(line).escape_debug().to_string(),
        kerberos: None,
    };
    let Some(token) = token_in(bytes) else {
        return Some(described);
    };
    let (name, mech_token) = opened(&token);
    described.clear.push_str(&format!(", Negotiate {name}"));
    if let Some(mech_token) = mech_token
        && let Ok(token) = ContextToken::decode(&mech_token)
    {
        described.kerberos = Some(token.message.to_vec());
    }
    Some(described)
}

/// The token that a message carries.
fn token_in(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = bytes.get(..MAX_HEAD).unwrap_or(bytes);
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let start = head.windows(2).position(|pair| pair == b"\r\n")?;
    let Ok(httparse::Status::Complete((_, headers))) =
        httparse::parse_headers(head.get(start + 2..)?, &mut headers)
    else {
        return None;
    };
    headers
        .iter()
        .filter(|header| {
            ["Authorization", "WWW-Authenticate"]
                .iter()
                .any(|name| header.name.eq_ignore_ascii_case(name))
        })
        .find_map(|header| token_of(std::str::from_utf8(header.value).ok()?)?)
}

/// What a token of SPNEGO or of a mechanism is, and the mechanism's token in it.
fn opened(token: &[u8]) -> (String, Option<Vec<u8>>) {
    if token.starts_with(b"NTLMSSP\0") {
        return ("a token of NTLM".to_owned(), None);
    }
    if let Ok(init) = NegTokenInit::decode(token) {
        let kerberos = "NegTokenInit".to_owned();
        return (kerberos, init.mech_token);
    }
    if let Ok(response) = NegTokenResp::decode(token) {
        let state = match response.neg_state {
            Some(NegState::AcceptCompleted) => " accept-completed",
            Some(NegState::AcceptIncomplete) => " accept-incomplete",
            Some(NegState::Reject) => " reject",
            Some(NegState::RequestMic) => " request-mic",
            _ => "",
        };
        return (format!("NegTokenResp{state}"), response.response_token);
    }
    ("a token without SPNEGO".to_owned(), Some(token.to_vec()))
}
