//! The messages of NTLM (MS-NLMP section 2.2.1) and what they are made of.

mod authenticate;
mod av_pair;
mod challenge;
mod error;
mod fields;
mod flags;
mod negotiate;
mod ntlm_v2;
mod version;

pub use authenticate::{AuthenticateMessage, MIC_OFFSET};
pub use av_pair::{AvFlags, AvId, AvPair, TargetInfo};
pub use challenge::ChallengeMessage;
pub use error::{DecodeError, EncodeError, Field};
pub use flags::NegotiateFlags;
pub use negotiate::NegotiateMessage;
pub use ntlm_v2::NtlmV2Response;
pub use version::Version;
