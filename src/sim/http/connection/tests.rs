use super::*;

const POST: &str = "CCM_POST /x/request?a=1 HTTP/1.1\r\nHost: sms4\r\nUser-Agent: ccmhttp\r\nContent-Length: 5\r\n\r\nhello";

fn next(bytes: &[u8]) -> Next {
    let mut connection = HttpConnection::default();
    connection.receive(bytes);
    connection.next_request()
}

fn request(bytes: &str) -> HttpRequest {
    match next(bytes.as_bytes()) {
        Next::Request(request) => *request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_is_read_whole() {
    let read = request(POST);
    assert_eq!(read.method, "CCM_POST");
    assert_eq!(
        (read.path.as_str(), read.query.as_deref()),
        ("/x/request", Some("a=1"))
    );
    assert_eq!(read.user_agent.as_deref(), Some("ccmhttp"));
    assert_eq!(read.body, b"hello");
    assert!(read.keep_alive);
}

#[test]
fn one_byte_at_a_time_comes_to_the_same() {
    let mut connection = HttpConnection::default();
    let bytes = POST.as_bytes();
    for byte in &bytes[..bytes.len() - 1] {
        connection.receive(&[*byte]);
        assert_eq!(connection.next_request(), Next::More);
    }
    connection.receive(b"o");
    assert_eq!(
        connection.next_request(),
        Next::Request(Box::new(request(POST)))
    );
    assert_eq!(connection.next_request(), Next::More);
}

#[test]
fn requests_may_follow_each_other_at_once() {
    let mut connection = HttpConnection::default();
    connection.receive(format!("{POST}{POST}").as_bytes());
    for _ in 0..2 {
        assert!(matches!(connection.next_request(), Next::Request(_)));
    }
    assert_eq!(connection.next_request(), Next::More);
}

#[test]
fn a_connection_ends_where_the_client_says_so() {
    for (line, header, stays) in [
        ("GET / HTTP/1.1", "", true),
        ("GET / HTTP/1.1", "Connection: Close\r\n", false),
        ("GET / HTTP/1.1", "Connection: te, close\r\n", false),
        ("GET / HTTP/1.0", "", false),
        ("GET / HTTP/1.0", "Connection: keep-alive\r\n", true),
    ] {
        let read = request(&format!("{line}\r\nHost: a\r\n{header}\r\n"));
        assert_eq!(read.keep_alive, stays, "{line} {header}");
    }
}

/// RFC 9110 section 10.1.1.
#[test]
fn whoever_waits_is_told_once_to_go_on() {
    let mut connection = HttpConnection::default();
    let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    connection.receive(head.as_bytes());
    assert_eq!(connection.next_request(), Next::Continue);
    assert_eq!(connection.next_request(), Next::More);
    connection.receive(b"ok");
    assert!(matches!(connection.next_request(), Next::Request(_)));
}

/// RFC 9112 sections 3, 3.2, 6.1 and 6.3.
#[test]
fn what_is_no_request_is_refused() {
    use Status::{BadRequest, ContentTooLarge, NotImplemented};
    let long = "x".repeat(MAX_HEAD);
    let many = "A: b\r\n".repeat(MAX_HEADERS + 1);
    for (text, status) in [
        ("\u{1}\u{2}\r\n\r\n".to_owned(), BadRequest),
        ("GET / HTTP/3.0\r\n\r\n".to_owned(), BadRequest),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), BadRequest),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n".to_owned(),
            BadRequest,
        ),
        ("GET x HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), BadRequest),
        (
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            BadRequest,
        ),
        (
            format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"),
            BadRequest,
        ),
        (format!("GET / HTTP/1.1\r\nHost: {long}"), BadRequest),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
            BadRequest,
        ),
        (length("-1"), BadRequest),
        (length(""), BadRequest),
        (length("+1"), BadRequest),
        (length("1\r\nContent-Length: 2"), BadRequest),
        (length("1\r\nTransfer-Encoding: chunked"), BadRequest),
        (length("65537"), ContentTooLarge),
        (length("99999999999999999999999999"), ContentTooLarge),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            NotImplemented,
        ),
    ] {
        assert_eq!(next(text.as_bytes()), Next::Refused(status), "{text:.60}");
    }
}

fn length(value: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {value}\r\n\r\n")
}

#[test]
fn equal_lengths_are_one_and_the_absolute_form_has_a_path() {
    let text =
        "POST http://a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx";
    let read = request(text);
    assert_eq!(
        (read.path.as_str(), read.body.as_slice()),
        ("/b", &b"x"[..])
    );
}

#[test]
fn a_closed_connection_keeps_nothing() {
    let mut connection = HttpConnection::default();
    connection.receive(POST.as_bytes());
    connection.close();
    connection.receive(POST.as_bytes());
    assert_eq!(connection.next_request(), Next::More);
    assert!(connection.is_closed());
    assert!(connection.buffer.is_empty());
}

proptest::proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes: Vec<u8>, cut: usize) {
        let mut connection = HttpConnection::default();
        let (first, second) = bytes.split_at(cut.min(bytes.len()));
        for part in [first, second] {
            connection.receive(part);
            connection.next_request();
        }
    }
}
