use std::fmt;

use httparse::{EMPTY_HEADER, Header};

use super::response::Status;
use super::{MAX_BODY, MAX_HEAD, MAX_HEADERS};
use crate::sim::web::{Negotiation, Unanswered};

/// One connection to a web server: what came in and is no whole request yet, and how far its authentication is.
#[derive(Clone, Default)]
pub struct HttpConnection {
    buffer: Vec<u8>,
    /// Whether the client was told to go on with the body that it announced.
    told_to_continue: bool,
    is_closed: bool,
    pub(in crate::sim) negotiation: Option<Negotiation>,
    /// The last request that was not let in, which nothing followed so far.
    pub(in crate::sim) unanswered: Option<Unanswered>,
}

/// What a client shows to prove itself stays unseen.
impl fmt::Debug for HttpConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConnection")
            .field("is_closed", &self.is_closed)
            .finish_non_exhaustive()
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct HttpRequest {
    pub(in crate::sim) method: String,
    /// Without its query.
    pub(in crate::sim) path: String,
    pub(in crate::sim) query: Option<String>,
    pub(in crate::sim) user_agent: Option<String>,
    pub(in crate::sim) authorization: Option<String>,
    /// Whether the connection stays for another request.
    pub(in crate::sim) keep_alive: bool,
    pub(in crate::sim) body: Vec<u8>,
}

/// What the bytes so far come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Next {
    /// The client waits for a word before it sends the body.
    Continue,
    /// More bytes must come.
    More,
    /// It is no request, or none that is taken.
    Refused(Status),
    /// A request.
    Request(Box<HttpRequest>),
}

/// The request line and the headers.
struct Head {
    request: HttpRequest,
    length: usize,
    body_length: usize,
    expects_continue: bool,
}

impl HttpConnection {
    /// Whether the server ends the connection once its last answer is sent.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(in crate::sim) fn close(&mut self) {
        self.is_closed = true;
        self.buffer = Vec::new();
    }

    pub(in crate::sim) fn receive(&mut self, bytes: &[u8]) {
        if !self.is_closed {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Takes the next request out of what came in.
    pub(in crate::sim) fn next_request(&mut self) -> Next {
        if self.is_closed || self.buffer.is_empty() {
            return Next::More;
        }
        let head = match head(&self.buffer) {
            Ok(Some(head)) => head,
            Ok(None) if self.buffer.len() > MAX_HEAD => return Next::Refused(Status::BadRequest),
            Ok(None) => return Next::More,
            Err(status) => return Next::Refused(status),
        };
        let end = head.length + head.body_length;
        let Some(body) = self.buffer.get(head.length..end) else {
            return match head.expects_continue && !self.told_to_continue {
                true => {
                    self.told_to_continue = true;
                    Next::Continue
                }
                false => Next::More,
            };
        };
        let request = HttpRequest {
            body: body.to_vec(),
            ..head.request
        };
        self.buffer.drain(..end);
        self.told_to_continue = false;
        Next::Request(Box::new(request))
    }
}

/// Reads the request line and the headers; `None` while they are not whole.
fn head(bytes: &[u8]) -> Result<Option<Head>, Status> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    // A head that is too long may be whole already.
    let within = bytes.get(..MAX_HEAD).unwrap_or(bytes);
    let length = match request.parse(within) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Status::BadRequest),
    };
    let (Some(method), Some(target), Some(version)) =
        (request.method, request.path, request.version)
    else {
        return Err(Status::BadRequest);
    };
    let headers = Headers(request.headers);
    let is_1_1 = version == 1;
    // RFC 9112 section 3.2.
    if headers.count("Host") > 1 || (is_1_1 && headers.count("Host") == 0) {
        return Err(Status::BadRequest);
    }
    if headers.count("Transfer-Encoding") > 0 {
        return Err(match headers.count("Content-Length") {
            0 => Status::NotImplemented,
            _ => Status::BadRequest,
        });
    }
    let body_length = body_length(&headers)?;
    let (path, query) = target_parts(target).ok_or(Status::BadRequest)?;
    let has_option = |wanted: &str| headers.has_token("Connection", wanted);
    let keep_alive = match is_1_1 {
        true => !has_option("close"),
        false => has_option("keep-alive"),
    };
    Ok(Some(Head {
        request: HttpRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            user_agent: headers.text("User-Agent"),
            authorization: headers.text("Authorization"),
            keep_alive,
            body: Vec::new(),
        },
        length,
        body_length,
        expects_continue: is_1_1 && headers.has_token("Expect", "100-continue"),
    }))
}

/// RFC 9112 section 6.3: several lengths are one where they agree.
fn body_length(headers: &Headers<'_, '_>) -> Result<usize, Status> {
    let mut length = None;
    for value in headers.values("Content-Length") {
        let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(value).ok().filter(|_| is_number);
        let text = text.ok_or(Status::BadRequest)?;
        // What has more digits than a number may have is too long in any case.
        let number = text.parse().unwrap_or(usize::MAX);
        if length.is_some_and(|length| length != number) {
            return Err(Status::BadRequest);
        }
        length = Some(number);
    }
    match length.unwrap_or(0) {
        length if length > MAX_BODY => Err(Status::ContentTooLarge),
        length => Ok(length),
    }
}

/// The path and the query of a target in origin form or in absolute form (RFC 9112 section 3.2).
fn target_parts(target: &str) -> Option<(&str, Option<&str>)> {
    let origin = match target.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
            rest.find('/').map_or("/", |start| &rest[start..])
        }
        _ => target,
    };
    origin
        .starts_with('/')
        .then(|| match origin.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (origin, None),
        })
}

struct Headers<'h, 'b>(&'h [Header<'b>]);

impl<'b> Headers<'_, 'b> {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'b [u8]> + 'a {
        self.0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value)
    }

    fn count(&self, name: &str) -> usize {
        self.values(name).count()
    }

    /// The one value of a header; none where several contradict each other.
    fn text(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        let value = std::str::from_utf8(values.next()?).ok()?;
        values.next().is_none().then(|| value.to_owned())
    }

    /// Whether one of the header's values, which commas part, is `wanted`.
    fn has_token(&self, name: &str, wanted: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|token| token.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()))
    }
}

#[cfg(test)]
mod tests;
