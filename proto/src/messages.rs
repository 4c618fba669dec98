//! The messages of RFC 4120 and their parts.
//!
//! Field names are those of the RFC. Each message has `decode` and `encode`; the encrypted parts are
//! decoded with `decode_padded` where DES or 3DES leave zero bytes behind them.

#[macro_use]
mod sequence;
mod ap;
mod cred;
mod error;
mod etype_list;
mod flags;
mod kdc;
mod kpasswd;
mod padata;
mod parts;
mod s4u;
mod spnego;
mod ticket;

pub use ap::{
    ApRep, ApReq, Authenticator, EncApRepPart, EncKrbPrivPart, KrbPriv, KrbSafe, KrbSafeBody,
    PrivateData,
};
pub use cred::{EncKrbCredPart, KrbCred, KrbCredInfo};
pub use error::{KerbErrorData, KrbError, TypedData, TypedDataElement};
pub use etype_list::EtypeList;
pub use flags::{ApOptions, KdcOptions, S4uOptions, SpnegoContextFlags, TicketFlags};
pub use kdc::{
    AsRep, AsReq, EncAsRepPart, EncKdcRepPart, EncTgsRepPart, KdcRep, KdcReq, KdcReqBody,
    LastReqEntry, TgsRep, TgsReq,
};
pub use kpasswd::{
    ChangePasswdData, KpasswdCode, KpasswdFrameError, KpasswdReply, KpasswdRequest, KpasswdResult,
    KpasswdVersion,
};
pub use padata::{
    EtypeInfo, EtypeInfo2, EtypeInfo2Entry, EtypeInfoEntry, MethodData, PaEncTsEnc, PaPacRequest,
    PadataType,
};
pub use parts::{
    AuthorizationData, AuthorizationDataElement, Checksum, EncryptedData, EncryptionKey,
    HostAddress, HostAddresses, PaData, TransitedEncoding,
};
pub use s4u::{PaForUser, PaS4uX509User, S4uUserId};
pub use spnego::{MechTypeList, NegHints, NegState, NegTokenInit, NegTokenInit2, NegTokenResp};
pub use ticket::{EncTicketPart, Ticket};
