use kdclab_proto::Realm;

use crate::{ClientError, KdcUnreachable};

/// What an exchange does next.
#[derive(Clone, Debug)]
pub enum Step<T> {
    /// The exchange has its result.
    Done(T),
    /// The exchange failed.
    Failed(ClientError),
    /// Send a request and bring the [`Answer`].
    Send {
        /// The realm whose KDC is to answer.
        realm: Realm,
        /// The request.
        bytes: Vec<u8>,
    },
}

/// What came back: a reply of any content, or none.
pub type Answer<'a> = Result<&'a [u8], KdcUnreachable>;
