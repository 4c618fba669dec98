use kdclab_proto::crypto::Rc4Gss;
use kdclab_proto::{Enctype, Key};
use rand::CryptoRng;

use super::token_order::ReceivedSequence;
use super::{cfx, rc4_tokens};
use crate::EstablishedContext;
use crate::acceptor::says_no_key;
use crate::gss::{ContextFlags, MessageError, TokenOrder};

/// The two ends of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextRole {
    /// Who accepted the context.
    Acceptor,
    /// Who initiated it.
    Initiator,
}

impl ContextRole {
    /// The other end.
    pub const fn peer(self) -> Self {
        match self {
            Self::Acceptor => Self::Initiator,
            Self::Initiator => Self::Acceptor,
        }
    }
}

/// How the parts of a wrap token of RFC 4121 are arranged (section 4.2.5). Any rotation is understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WrapLayout {
    /// As DCE RPC on Windows: a block of filler, and everything but the data before the data. Sealed tokens are
    /// rotated by RRC and EC together (MS-KILE section 3.4.5.4.1). Both ends must agree.
    DceStyle,
    /// Without rotation, as MIT and Java.
    #[default]
    Unrotated,
    /// As Windows: everything but the data stands before the data, RRC is 28 or 12 with AES and SHA-1.
    Windows,
}

impl WrapLayout {
    /// By how many octets a sealed token is rotated.
    pub(super) fn rotation(self, extra_count: u16, right_rotation: u16) -> usize {
        match self {
            Self::DceStyle => usize::from(right_rotation) + usize::from(extra_count),
            Self::Unrotated | Self::Windows => usize::from(right_rotation),
        }
    }
}

/// A message that came in a wrap token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwrapped {
    /// The message.
    pub message: Vec<u8>,
    /// Whether it was sealed, and not only signed.
    pub confidential: bool,
    /// Where it stands among the messages received.
    pub order: TokenOrder,
}

/// One end of a context that stands, which makes and reads per-message tokens: those of RFC 4121 section 4.2 with the
/// keys of newer types, those of RFC 4757 section 7 with keys of rc4-hmac.
#[derive(Clone, Debug)]
pub struct SecurityContext {
    established: EstablishedContext,
    role: ContextRole,
    layout: WrapLayout,
    send_sequence: u64,
    received: ReceivedSequence,
}

/// The tokens of a context, by the type of its key.
enum Tokens<'a> {
    Cfx(cfx::Keys<'a>),
    Rc4(Rc4Gss<'a>),
}

impl SecurityContext {
    /// The end `role` of `established`.
    pub fn new(established: EstablishedContext, role: ContextRole) -> Self {
        let mask = match message_key(&established).enctype() {
            Enctype::RC4_HMAC => u32::MAX.into(),
            _ => u64::MAX,
        };
        Self {
            send_sequence: established.send_sequence.into(),
            received: ReceivedSequence::new(
                established.receive_sequence.into(),
                mask,
                established.flags,
            ),
            layout: if established.flags.contains(ContextFlags::DCE_STYLE) {
                WrapLayout::DceStyle
            } else {
                WrapLayout::default()
            },
            established,
            role,
        }
    }

    /// The same context with wrap tokens of another layout.
    #[must_use]
    pub fn with_layout(mut self, layout: WrapLayout) -> Self {
        self.layout = layout;
        self
    }

    /// What both ends know: names, keys, flags, and on the acceptor's side whether the channel is bound.
    pub fn established(&self) -> &EstablishedContext {
        &self.established
    }

    /// Which end this is.
    pub fn role(&self) -> ContextRole {
        self.role
    }

    /// What the context offers.
    pub fn flags(&self) -> ContextFlags {
        self.established.flags
    }

    /// A MIC token over `message` (GSS_GetMIC).
    ///
    /// # Errors
    /// [`MessageError::UnsupportedEnctype`].
    pub fn get_mic(&mut self, message: &[u8]) -> Result<Vec<u8>, MessageError> {
        let sequence = self.send_sequence;
        let token = match self.tokens()? {
            Tokens::Cfx(keys) => cfx::get_mic(keys, self.role, sequence, message),
            Tokens::Rc4(key) => rc4_tokens::get_mic(key, self.role, sequence as u32, message),
        };
        self.send_sequence = sequence.wrapping_add(1);
        Ok(token)
    }

    /// Verifies the MIC token `token` over `message` (GSS_VerifyMIC).
    ///
    /// # Errors
    /// [`MessageError`] when the other end did not make it of this message.
    pub fn verify_mic(&mut self, message: &[u8], token: &[u8]) -> Result<TokenOrder, MessageError> {
        let sender = self.role.peer();
        let sequence = match self.tokens()? {
            Tokens::Cfx(keys) => cfx::verify_mic(keys, sender, message, token)?,
            Tokens::Rc4(key) => rc4_tokens::verify_mic(key, sender, message, token)?.into(),
        };
        Ok(self.received.receive(sequence))
    }

    /// A wrap token with `message` (GSS_Wrap), sealed where `confidential`, else signed.
    ///
    /// # Errors
    /// [`MessageError::UnsupportedEnctype`].
    pub fn wrap(
        &mut self,
        rng: &mut dyn CryptoRng,
        confidential: bool,
        message: &[u8],
    ) -> Result<Vec<u8>, MessageError> {
        let (role, layout, sequence) = (self.role, self.layout, self.send_sequence);
        let token = match self.tokens()? {
            Tokens::Cfx(keys) if confidential => {
                cfx::seal(keys, role, sequence, layout, rng, message)
            }
            Tokens::Cfx(keys) => cfx::sign(keys, role, sequence, layout, message),
            Tokens::Rc4(key) => {
                rc4_tokens::wrap(key, role, sequence as u32, confidential, rng, message)
            }
        };
        self.send_sequence = sequence.wrapping_add(1);
        Ok(token)
    }

    /// The message in the wrap token `token` (GSS_Unwrap).
    ///
    /// # Errors
    /// [`MessageError`] when the other end did not make it.
    pub fn unwrap(&mut self, token: &[u8]) -> Result<Unwrapped, MessageError> {
        let sender = self.role.peer();
        let (message, confidential, sequence) = match self.tokens()? {
            Tokens::Cfx(keys) => {
                let opened = cfx::unwrap(keys, sender, self.layout, token)?;
                (opened.data, opened.sealed, opened.sequence)
            }
            Tokens::Rc4(key) => {
                let opened = rc4_tokens::unwrap(key, sender, token)?;
                (opened.data, opened.sealed, opened.sequence.into())
            }
        };
        Ok(Unwrapped {
            message,
            confidential,
            order: self.received.receive(sequence),
        })
    }

    fn tokens(&self) -> Result<Tokens<'_>, MessageError> {
        let key = message_key(&self.established);
        match key.enctype() {
            Enctype::RC4_HMAC => Rc4Gss::new(key)
                .map(Tokens::Rc4)
                .ok_or_else(|| MessageError::UnsupportedEnctype(key.enctype())),
            enctype if says_no_key(enctype) => Err(MessageError::UnsupportedEnctype(enctype)),
            _ => Ok(Tokens::Cfx(cfx::Keys {
                base: base_key(&self.established),
                acceptor_subkey: used_acceptor_subkey(&self.established),
            })),
        }
    }
}

fn base_key(established: &EstablishedContext) -> &Key {
    established
        .initiator_subkey
        .as_ref()
        .unwrap_or(&established.session_key)
}

/// The acceptor's subkey where messages are under it. As in MIT, one of the old types does not replace a key of its own
/// type except in DCE style, since such messages do not say which key they are under.
fn used_acceptor_subkey(established: &EstablishedContext) -> Option<&Key> {
    let base = base_key(established).enctype();
    established.acceptor_subkey.as_ref().filter(|subkey| {
        !says_no_key(base)
            || subkey.enctype() != base
            || established.flags.contains(ContextFlags::DCE_STYLE)
    })
}

/// The key whose type decides what the tokens look like.
fn message_key(established: &EstablishedContext) -> &Key {
    used_acceptor_subkey(established).unwrap_or_else(|| base_key(established))
}
