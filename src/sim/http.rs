//! HTTP/1.1 (RFC 9112) as bytes: requests as they come in, and the answers to them.

mod connection;
mod label;
mod response;
mod token;

pub use connection::HttpConnection;
pub(super) use connection::{HttpRequest, Next};
pub(super) use label::{message_name, start_label};
pub(super) use response::{HttpResponse, Received, Status};
pub(super) use token::{describe, negotiate_token};

/// The longest request line with its headers, in bytes, as IIS 6 takes them (MaxRequestBytes).
const MAX_HEAD: usize = 16 * 1024;
/// The most headers of a message.
const MAX_HEADERS: usize = 64;
/// The longest body, in bytes.
const MAX_BODY: usize = 64 * 1024;
