//! The messages of the password protocol (RFC 3244): a frame around Kerberos messages.

use std::fmt;

use zeroize::Zeroizing;

use crate::der::{self, DecodeError, Field, Reader, Value, Writer};
use crate::{Principal, PrincipalName, Realm};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KpasswdVersion {
    /// A new password for the client of the ticket (version 1).
    Change,
    /// A new password for whom [`ChangePasswdData`] names (version 0xff80).
    Set,
}

impl KpasswdVersion {
    fn number(self) -> u16 {
        match self {
            Self::Change => 1,
            Self::Set => 0xff80,
        }
    }
}

/// A request: who asks, and under the session's key the new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KpasswdRequest {
    /// What it asks for.
    pub version: KpasswdVersion,
    /// An AP-REQ for `kadmin/changepw`.
    pub ap_req: Vec<u8>,
    /// A KRB-PRIV with the password itself or a [`ChangePasswdData`].
    pub krb_priv: Vec<u8>,
}

impl KpasswdRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`KpasswdFrameError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KpasswdFrameError> {
        let (version, ap_req, krb_priv) = read_frame(bytes)?;
        let version = match version {
            1 => KpasswdVersion::Change,
            0xff80 => KpasswdVersion::Set,
            version => return Err(KpasswdFrameError::UnknownVersion { version }),
        };
        if krb_priv.is_empty() {
            return Err(KpasswdFrameError::Truncated);
        }
        Ok(Self {
            version,
            ap_req: ap_req.to_vec(),
            krb_priv: krb_priv.to_vec(),
        })
    }

    /// The request's octets.
    ///
    /// # Errors
    /// [`KpasswdFrameError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, KpasswdFrameError> {
        write_frame(self.version.number(), &self.ap_req, &self.krb_priv)
    }
}

/// A reply: an AP-REP with a KRB-PRIV, or a KRB-ERROR. Both hold a [`KpasswdResult`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KpasswdReply {
    /// The AP-REP; empty before a KRB-ERROR.
    pub ap_rep: Vec<u8>,
    /// The KRB-PRIV or the KRB-ERROR.
    pub message: Vec<u8>,
}

impl KpasswdReply {
    /// Reads a reply. Its version does not count.
    ///
    /// # Errors
    /// [`KpasswdFrameError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KpasswdFrameError> {
        let (_, ap_rep, message) = read_frame(bytes)?;
        Ok(Self {
            ap_rep: ap_rep.to_vec(),
            message: message.to_vec(),
        })
    }

    /// The reply's octets.
    ///
    /// # Errors
    /// [`KpasswdFrameError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, KpasswdFrameError> {
        write_frame(1, &self.ap_rep, &self.message)
    }
}

fn read_frame(bytes: &[u8]) -> Result<(u16, &[u8], &[u8]), KpasswdFrameError> {
    let truncated = || KpasswdFrameError::Truncated;
    let number = |at: usize| -> Result<u16, KpasswdFrameError> {
        let octets = bytes.get(at..at + 2).ok_or_else(truncated)?;
        Ok(u16::from_be_bytes([octets[0], octets[1]]))
    };
    let stated = usize::from(number(0)?);
    if stated != bytes.len() {
        let actual = bytes.len();
        return Err(KpasswdFrameError::WrongLength { stated, actual });
    }
    let version = number(2)?;
    let ap_length = usize::from(number(4)?);
    let (ap, rest) = bytes[6..]
        .split_at_checked(ap_length)
        .ok_or_else(truncated)?;
    Ok((version, ap, rest))
}

fn write_frame(version: u16, ap: &[u8], message: &[u8]) -> Result<Vec<u8>, KpasswdFrameError> {
    let length = 6 + ap.len() + message.len();
    let too_long = |_| KpasswdFrameError::TooLong { length };
    let whole = u16::try_from(length).map_err(too_long)?;
    let ap_length = u16::try_from(ap.len()).map_err(too_long)?;
    let mut bytes = Vec::with_capacity(length);
    for number in [whole, version, ap_length] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(ap);
    bytes.extend(message);
    Ok(bytes)
}

/// Why octets are no message of the password protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KpasswdFrameError {
    /// The message would be longer than its length can say.
    TooLong {
        /// Its length.
        length: usize,
    },
    /// A part is missing.
    Truncated,
    /// The version is neither that of changing nor that of setting a password.
    UnknownVersion {
        /// The version.
        version: u16,
    },
    /// The message is not as long as it says.
    WrongLength {
        /// What it says.
        stated: usize,
        /// What it is.
        actual: usize,
    },
}

impl fmt::Display for KpasswdFrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(f, "a message of {length} octets has no frame"),
            Self::Truncated => f.write_str("a part of the message is missing"),
            Self::UnknownVersion { version } => write!(f, "unknown protocol version {version:#x}"),
            Self::WrongLength { stated, actual } => {
                write!(f, "the message says {stated} octets and has {actual}")
            }
        }
    }
}

impl std::error::Error for KpasswdFrameError {}

/// ChangePasswdData: whose password shall be which. The password does not show in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangePasswdData {
    /// The new password.
    pub new_password: Zeroizing<Vec<u8>>,
    /// Whose; the client's own if absent.
    pub target: Option<Principal>,
}

sequence!(@message ChangePasswdData);

impl Value for ChangePasswdData {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut inner = reader.expect(der::SEQUENCE)?.reader();
        let message = "ChangePasswdData";
        let new_password: Vec<u8> =
            Field::read_field(&mut inner, der::context(0), message, "newpasswd")?;
        let name: Option<PrincipalName> =
            Field::read_field(&mut inner, der::context(1), message, "targname")?;
        let realm: Option<Realm> =
            Field::read_field(&mut inner, der::context(2), message, "targrealm")?;
        Ok(Self {
            new_password: Zeroizing::new(new_password),
            target: name.map(|name| name.at(realm.unwrap_or_default())),
        })
    }

    fn write(&self, writer: &mut Writer) {
        let (name, realm) = match &self.target {
            Some(target) => (Some(target.name.clone()), Some(target.realm.clone())),
            None => (None, None),
        };
        writer.nest(der::SEQUENCE, |writer| {
            writer.nest(der::context(0), |writer| {
                writer.primitive(der::OCTET_STRING, &self.new_password);
            });
            Field::write_field(&name, writer, der::context(1));
            Field::write_field(&realm, writer, der::context(2));
        });
    }
}

impl fmt::Debug for ChangePasswdData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangePasswdData")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// What came of a request (RFC 3244 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KpasswdResult {
    /// The result code.
    pub code: KpasswdCode,
    /// What the server says of it.
    pub text: String,
}

impl KpasswdResult {
    /// Reads a result; `None` when there is not even a code. A text that is not UTF-8 is mended.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (code, text) = bytes.split_at_checked(2)?;
        Some(Self {
            code: KpasswdCode(u16::from_be_bytes([code[0], code[1]])),
            text: String::from_utf8_lossy(text).into_owned(),
        })
    }

    /// The result's octets.
    pub fn encode(&self) -> Vec<u8> {
        [&self.code.0.to_be_bytes(), self.text.as_bytes()].concat()
    }
}

/// A result code (RFC 3244 section 2). Unknown numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KpasswdCode(pub u16);

macro_rules! codes {
    ($($(#[$meta:meta])* $number:literal $name:ident $symbol:literal $text:literal;)*) => {
        impl KpasswdCode {
            $($(#[$meta])* pub const $name: Self = Self($number);)*

            /// Every code that has a name.
            pub fn all() -> impl Iterator<Item = Self> {
                [$(Self::$name),*].into_iter()
            }

            /// The name in MIT's headers.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($symbol),)*
                    _ => None,
                }
            }

            /// The code of a name in MIT's headers.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($symbol => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// What MIT's kpasswd prints before the server's own words.
            pub fn mit_text(self) -> &'static str {
                match self.0 {
                    $($number => $text,)*
                    _ => "Password change failed",
                }
            }
        }
    };
}

codes! {
    /// The password is changed.
    0 SUCCESS "KRB5_KPASSWD_SUCCESS" "Success";
    /// The request is malformed.
    1 MALFORMED "KRB5_KPASSWD_MALFORMED" "Malformed request error";
    /// The server cannot do it.
    2 HARDERROR "KRB5_KPASSWD_HARDERROR" "Server error";
    /// The client is not authenticated.
    3 AUTHERROR "KRB5_KPASSWD_AUTHERROR" "Authentication error";
    /// The password is not good enough.
    4 SOFTERROR "KRB5_KPASSWD_SOFTERROR" "Password change rejected";
    /// The client may not set that password.
    5 ACCESSDENIED "KRB5_KPASSWD_ACCESSDENIED" "Access denied";
    /// The server does not know the version.
    6 BAD_VERSION "KRB5_KPASSWD_BAD_VERSION" "Wrong protocol version";
    /// The ticket must come from an AS exchange.
    7 INITIAL_FLAG_NEEDED "KRB5_KPASSWD_INITIAL_FLAG_NEEDED" "Initial password required";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> KpasswdRequest {
        KpasswdRequest {
            version: KpasswdVersion::Set,
            ap_req: vec![1, 2, 3],
            krb_priv: vec![4, 5],
        }
    }

    #[test]
    fn rfc3244_section_2_request_frame() {
        let bytes = request().encode().unwrap();
        assert_eq!(bytes, [0, 11, 0xff, 0x80, 0, 3, 1, 2, 3, 4, 5]);
        assert_eq!(KpasswdRequest::decode(&bytes), Ok(request()));
    }

    #[test]
    fn rfc3244_section_2_reply_frame() {
        let reply = KpasswdReply {
            ap_rep: vec![],
            message: vec![9],
        };
        let bytes = reply.encode().unwrap();
        assert_eq!(bytes, [0, 7, 0, 1, 0, 0, 9]);
        assert_eq!(KpasswdReply::decode(&bytes), Ok(reply));
    }

    #[test]
    fn a_frame_that_does_not_fit_is_refused() {
        let truncated = KpasswdFrameError::Truncated;
        for (bytes, error) in [
            (&[][..], truncated.clone()),
            (&[0], truncated.clone()),
            (&[0, 4, 0, 1], truncated.clone()),
            (&[0, 7, 0, 1, 0, 2, 0], truncated.clone()),
            (&[0, 6, 0, 1, 0, 0], truncated.clone()),
            (&[0, 7, 0, 1, 0, 1, 0], truncated),
            (
                &[0, 8, 0, 1, 0, 0, 0],
                KpasswdFrameError::WrongLength {
                    stated: 8,
                    actual: 7,
                },
            ),
            (
                &[0, 7, 0, 2, 0, 0, 0],
                KpasswdFrameError::UnknownVersion { version: 2 },
            ),
        ] {
            assert_eq!(KpasswdRequest::decode(bytes), Err(error), "{bytes:?}");
        }
        let long = KpasswdRequest {
            krb_priv: vec![0; 65_530],
            ..request()
        };
        let length = 65_539;
        assert_eq!(long.encode(), Err(KpasswdFrameError::TooLong { length }));
    }

    #[test]
    fn change_passwd_data_reads_back_and_does_not_print_the_password() {
        for target in [None, Some("bob@LAB".parse().unwrap())] {
            let data = ChangePasswdData {
                new_password: Zeroizing::new(b"battery".to_vec()),
                target,
            };
            assert_eq!(ChangePasswdData::decode(&data.encode()), Ok(data.clone()));
            assert!(!format!("{data:?}").contains("battery"));
            assert!(!format!("{data:?}").contains("98, 97"));
        }
        assert!(ChangePasswdData::decode(b"battery").is_err());
    }

    #[test]
    fn a_result_has_a_code_and_a_text() {
        let result = KpasswdResult {
            code: KpasswdCode::SOFTERROR,
            text: "too short".to_owned(),
        };
        assert_eq!(result.encode(), b"\x00\x04too short");
        assert_eq!(KpasswdResult::decode(b"\x00\x04too short"), Some(result));
        assert_eq!(KpasswdResult::decode(b"\x00"), None);
    }

    #[test]
    fn codes_have_names() {
        assert_eq!(KpasswdCode::all().count(), 8);
        for code in KpasswdCode::all() {
            assert_eq!(KpasswdCode::from_name(code.name().unwrap()), Some(code));
        }
        assert_eq!(KpasswdCode(8).name(), None);
        assert_eq!(KpasswdCode::from_name("KRB5_KPASSWD_SOFT"), None);
    }
}
