//! Web servers on real sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use kdclab::script::model::Phase;
use kdclab::serve::Instance;

use crate::support::{PATIENCE, SILENCE, blocking, packets, scenario};

const REQUEST: &str = "GET /ccm_system_windowsauth/x HTTP/1.1\r\nHost: mp\r\n\r\n";

async fn at_web_server<T: Send + 'static>(
    work: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> (Instance, T) {
    let instance = scenario("approval", Phase::Healthy).await;
    let resolve = &instance.environment()["KDCLAB_RESOLVE"];
    let mut parts = resolve.split(':').skip(1);
    let port: u16 = parts.next().unwrap().parse().unwrap();
    let address = SocketAddr::new(parts.next().unwrap().parse().unwrap(), port);
    let result = blocking(move || work(address)).await;
    (instance, result)
}

fn connected(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What comes until the end of the headers.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
        head.extend(octet);
    }
    String::from_utf8(head).unwrap()
}

fn body(stream: &mut TcpStream, head: &str) {
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .map_or(0, |length| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_credentials_is_challenged_and_the_connection_stays() {
    let (instance, ()) = at_web_server(|address| {
        let mut stream = connected(address);
        for _ in 0..2 {
            stream.write_all(REQUEST.as_bytes()).unwrap();
            let answer = head(&mut stream);
            assert!(
                answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"),
                "{answer}"
            );
            assert!(
                answer.contains("\r\nWWW-Authenticate: Negotiate\r\n"),
                "{answer}"
            );
            body(&mut stream, &answer);
        }
    })
    .await;
    let packets = packets(&instance.events(0));
    assert!(
        packets.iter().any(|line| line.contains("HTTP GET")),
        "{packets:?}"
    );
    assert!(
        packets.iter().any(|line| line.contains("HTTP 401")),
        "{packets:?}"
    );
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_pieces_is_answered_when_it_is_whole() {
    let (instance, ()) = at_web_server(|address| {
        let mut stream = connected(address);
        let (first, second) = REQUEST.split_at(20);
        stream.write_all(first.as_bytes()).unwrap();
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        assert!(stream.read(&mut [0]).is_err());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(second.as_bytes()).unwrap();
        assert!(head(&mut stream).starts_with("HTTP/1.1 401 "));
    })
    .await;
    instance.stop().await;
}

/// Neither garbage nor half a request nor silence disturbs another client.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_a_bad_request_and_disturbs_nobody() {
    let (instance, ()) = at_web_server(|address| {
        let _silent = connected(address);
        let mut half = connected(address);
        half.write_all(b"GET /").unwrap();
        let mut garbage = connected(address);
        garbage.write_all(b"\x00\xff\x16\x03\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        garbage.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
        let mut stream = connected(address);
        stream.write_all(REQUEST.as_bytes()).unwrap();
        assert!(head(&mut stream).starts_with("HTTP/1.1 401 "));
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_request_is_refused() {
    let (instance, ()) = at_web_server(|address| {
        let mut stream = connected(address);
        let head = format!("GET / HTTP/1.1\r\nX: {}\r\n", "x".repeat(1 << 20));
        // The server may end the connection before all is written.
        let _ = stream.write_all(head.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{answer:?}"
        );
    })
    .await;
    instance.stop().await;
}
