use httparse::EMPTY_HEADER;
use kdclab_proto::KerberosTime;

use super::token::token_of;
use super::{MAX_BODY, MAX_HEAD, MAX_HEADERS};

/// A status that a web server answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Status {
    Ok,
    BadRequest,
    Unauthorized,
    NotFound,
    ContentTooLarge,
    NotImplemented,
}

impl Status {
    pub(in crate::sim) fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::NotFound => 404,
            Self::ContentTooLarge => 413,
            Self::NotImplemented => 501,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::BadRequest => "Bad Request",
            Self::Unauthorized => "Unauthorized",
            Self::NotFound => "Not Found",
            Self::ContentTooLarge => "Request Entity Too Large",
            Self::NotImplemented => "Not Implemented",
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(in crate::sim) struct HttpResponse {
    pub(in crate::sim) status: Status,
    /// What `WWW-Authenticate` says: the scheme alone, or a token of it.
    pub(in crate::sim) authenticate: Option<String>,
    pub(in crate::sim) body: String,
}

impl HttpResponse {
    /// An answer that says its status and nothing else.
    pub(in crate::sim) fn of(status: Status) -> Self {
        Self {
            status,
            authenticate: None,
            body: String::new(),
        }
    }

    /// The answer as IIS 6 sends it at `now`, without its body in answer to a HEAD.
    pub(in crate::sim) fn encode(
        &self,
        now: KerberosTime,
        method: &str,
        keep_alive: bool,
    ) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\nDate: {}\r\nServer: Microsoft-IIS/6.0\r\n",
            self.status.code(),
            self.status.reason(),
            imf_fixdate(now)
        );
        if let Some(value) = &self.authenticate {
            head.push_str(&format!("WWW-Authenticate: {value}\r\n"));
        }
        if !keep_alive {
            head.push_str("Connection: close\r\n");
        }
        head.push_str(&format!(
            "Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
            self.body.len()
        ));
        let body = match method {
            "HEAD" => "",
            _ => &self.body,
        };
        [head.as_bytes(), body.as_bytes()].concat()
    }
}

/// RFC 9110 section 5.6.7, `Wed, 20 May 2009 19:35:11 GMT`.
fn imf_fixdate(time: KerberosTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    // 1970-01-01 was a Thursday.
    let day = time.unix().div_euclid(24 * 60 * 60).rem_euclid(7);
    let weekday = usize::try_from(day).map_or("", |day| DAYS[day]);
    let text = time.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let month = part(5..7)
        .parse::<usize>()
        .ok()
        .and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!(
        "{weekday}, {} {} {} {} GMT",
        part(8..10),
        month.unwrap_or(&""),
        part(0..4),
        part(11..19)
    )
}

/// An answer as a client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Received {
    pub(in crate::sim) status: u16,
    /// The token that `WWW-Authenticate: Negotiate` brought.
    pub(in crate::sim) token: Option<Vec<u8>>,
    /// Whether the server offers to negotiate.
    pub(in crate::sim) negotiates: bool,
    /// Whether the server ends the connection.
    pub(in crate::sim) closes: bool,
}

impl Received {
    /// Reads a whole answer; `None` where more bytes must come.
    ///
    /// # Errors
    /// The unit, where it is no answer, or none that the client takes.
    pub(in crate::sim) fn decode(bytes: &[u8]) -> Result<Option<Self>, ()> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let length = match response.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() <= MAX_HEAD => return Ok(None),
            _ => return Err(()),
        };
        let mut received = Self {
            status: response.code.ok_or(())?,
            token: None,
            negotiates: false,
            closes: false,
        };
        let mut body_length = 0;
        for header in response.headers.iter() {
            let value = std::str::from_utf8(header.value).map_err(drop)?;
            if header.name.eq_ignore_ascii_case("Content-Length") {
                body_length = value.parse::<usize>().map_err(drop)?;
            } else if header.name.eq_ignore_ascii_case("WWW-Authenticate") {
                let token = token_of(value);
                received.negotiates |= token.is_some();
                received.token = token.flatten().or(received.token);
            } else if header.name.eq_ignore_ascii_case("Connection") {
                received.closes |= value.eq_ignore_ascii_case("close");
            }
        }
        if body_length > MAX_BODY {
            return Err(());
        }
        Ok((bytes.len() >= length.saturating_add(body_length)).then_some(received))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9110 section 5.6.7 has the first one as its example.
    #[test]
    fn dates_are_those_of_rfc_9110() {
        for (unix, date) in [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_242_848_111, "Wed, 20 May 2009 19:35:11 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] {
            assert_eq!(imf_fixdate(KerberosTime::from_unix(unix)), date);
        }
    }

    #[test]
    fn an_answer_is_read_once_it_is_whole() {
        let response = HttpResponse {
            authenticate: Some("Negotiate AQID".to_owned()),
            body: "hello".to_owned(),
            ..HttpResponse::of(Status::Unauthorized)
        };
        let bytes = response.encode(KerberosTime::from_unix(0), "GET", false);
        for end in 0..bytes.len() {
            assert_eq!(Received::decode(&bytes[..end]), Ok(None), "{end}");
        }
        let expected = Received {
            status: 401,
            token: Some(vec![1, 2, 3]),
            negotiates: true,
            closes: true,
        };
        assert_eq!(Received::decode(&bytes), Ok(Some(expected)));
        assert_eq!(Received::decode(b"\x60\x82 no answer"), Err(()));
    }

    #[test]
    fn a_head_request_gets_no_body() {
        let response = HttpResponse {
            body: "hello".to_owned(),
            ..HttpResponse::of(Status::Ok)
        };
        let bytes = response.encode(KerberosTime::from_unix(0), "HEAD", true);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.ends_with("Content-Length: 5\r\n\r\n"), "{text}");
    }
}
