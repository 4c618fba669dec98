//! The faults of links on real sockets.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use kdclab::serve::Instance;
use kdclab_proto::ErrorCode;
use kdclab_proto::messages::KrbError;

use crate::support::{
    PREAUTH, SILENCE, acceptor_of, as_req, blocking, error_code, establish, is_silent, kdc_of,
    log_in, now, over_tcp, over_udp, packets, receive, served, served_with, ticket, udp,
};

fn request() -> Vec<u8> {
    as_req("alice@LAB.EXAMPLE")
}

/// What blocking code makes of the KDC of a served world with faults.
async fn at_kdc<T: Send + 'static>(
    faults: &[&str],
    work: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> (Instance, T) {
    let instance = served(faults).await;
    let kdc = kdc_of(&instance, "ws1");
    let result = blocking(move || work(kdc)).await;
    (instance, result)
}

/// A KDC's host is its own client.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_reaches_itself() {
    let text = r#"
format    = 1
title     = "A host by itself"
story     = "A KDC whose administrator logs in on it."
lesson    = true
realm."LAB.EXAMPLE" = { kdc = "kdc1", users = { alice = "correct horse" } }
host = { kdc1 = {} }
control = [{ call = { user = "alice", from = "kdc1" } }]
"#;
    let instance = kdclab::Lab::from_toml(text).unwrap().serve().await.unwrap();
    let kdc = kdc_of(&instance, "kdc1");
    blocking(move || {
        assert_eq!(error_code(&over_udp(kdc, &request()).unwrap()), PREAUTH);
        assert_eq!(error_code(&over_tcp(kdc, &request()).unwrap()), PREAUTH);
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_is_spent_hides_no_other() {
    let faults = [
        r#"link = { to = "kdc1", transport = "udp", count = 1, do = "drop" }"#,
        r#"link = { to = "kdc1", transport = "udp", do = "refuse" }"#,
    ];
    let (instance, ()) = at_kdc(&faults, |kdc| {
        let socket = udp(kdc);
        socket.send(&request()).unwrap();
        is_silent(&socket);
    })
    .await;
    instance.step(r#"reset_key = "bob""#).await.unwrap();
    let kdc = kdc_of(&instance, "ws1");
    blocking(move || {
        let refused = over_udp(kdc, &request()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_request_is_never_answered() {
    let fault = r#"link = { to = "kdc1", message = "AS-REQ", do = "drop" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        let socket = udp(kdc);
        socket.send(&request()).unwrap();
        is_silent(&socket);
        let mut stream = TcpStream::connect(kdc).unwrap();
        std::io::Write::write_all(&mut stream, &crate::support::framed(&request())).unwrap();
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        let error = std::io::Read::read(&mut stream, &mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    })
    .await;
    let lines = packets(&instance.events(0));
    let lost = lines.iter().filter(|line| line.ends_with("AS-REQ (lost)"));
    assert_eq!(lost.count(), 2, "{lines:#?}");
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_reply_is_lost_after_the_kdc_has_made_it() {
    let fault = r#"link = { from = "kdc1", message = "KRB-ERROR", do = "drop" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        let socket = udp(kdc);
        socket.send(&request()).unwrap();
        is_silent(&socket);
    })
    .await;
    let lines = packets(&instance.events(0));
    assert!(
        lines.last().unwrap().ends_with("KRB-ERROR 25 (lost)"),
        "{lines:#?}"
    );
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_request_is_answered_late() {
    let fault = r#"link = { to = "kdc1", message = "AS-REQ", do = { delay = "1s" } }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        for over in [over_udp, over_tcp] {
            let before = now();
            assert_eq!(error_code(&over(kdc, &request()).unwrap()), PREAUTH);
            assert!(!now().within(before, Duration::from_secs(1)));
        }
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusing_port_is_closed_to_the_system() {
    let fault = r#"link = { from = "ws1", to = "kdc1", do = "refuse" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        let refused = |result: std::io::Result<Vec<u8>>| result.unwrap_err().kind();
        assert_eq!(
            refused(over_udp(kdc, &request())),
            ErrorKind::ConnectionRefused
        );
        assert_eq!(
            refused(over_tcp(kdc, &request())),
            ErrorKind::ConnectionRefused
        );
    })
    .await;
    assert_eq!(packets(&instance.events(0)), [""; 0]);
    instance.step("repair_links = {}").await.unwrap();
    let kdc = kdc_of(&instance, "ws1");
    blocking(move || {
        assert_eq!(error_code(&over_udp(kdc, &request()).unwrap()), PREAUTH);
        assert_eq!(error_code(&over_tcp(kdc, &request()).unwrap()), PREAUTH);
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_one_host_leaves_another_alone() {
    let instance = served(&[r#"link = { from = "ws1", to = "kdc1", do = "refuse" }"#]).await;
    let kdc = kdc_of(&instance, "ws2");
    blocking(move || assert_eq!(error_code(&over_udp(kdc, &request()).unwrap()), PREAUTH)).await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tcp_alone_can_be_closed() {
    let fault = r#"link = { to = "kdc1", transport = "tcp", do = "refuse" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        assert_eq!(error_code(&over_udp(kdc, &request()).unwrap()), PREAUTH);
        let refused = over_tcp(kdc, &request()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_down_does_not_even_accept_a_connection() {
    let (instance, ()) = at_kdc(&[r#"host_down = "kdc1""#], |kdc| {
        let socket = udp(kdc);
        socket.send(&request()).unwrap();
        is_silent(&socket);
        let error = TcpStream::connect_timeout(&kdc, SILENCE).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    })
    .await;
    instance.step(r#"host_up = "kdc1""#).await.unwrap();
    let kdc = kdc_of(&instance, "ws1");
    blocking(move || assert_eq!(error_code(&over_tcp(kdc, &request()).unwrap()), PREAUTH)).await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_reply_is_no_message_any_more() {
    let fault = r#"link = { from = "kdc1", message = "KRB-ERROR", do = { truncate = 40 } }"#;
    let (instance, reply) = at_kdc(&[fault], |kdc| over_udp(kdc, &request()).unwrap()).await;
    assert_eq!(reply.len(), 40);
    assert!(KrbError::decode(&reply).is_err());
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupted_reply_differs_in_one_bit() {
    let fault = r#"link = { from = "kdc1", message = "KRB-ERROR", count = 1, do = "corrupt" }"#;
    let (instance, (first, second)) = at_kdc(&[fault], |kdc| {
        // The KDC answers a repeated request with the same reply.
        let request = request();
        (
            over_udp(kdc, &request).unwrap(),
            over_udp(kdc, &request).unwrap(),
        )
    })
    .await;
    let bits = first.iter().zip(&second).map(|(a, b)| (a ^ b).count_ones());
    assert_eq!(first.len(), second.len());
    assert_eq!(bits.sum::<u32>(), 1);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicated_request_is_answered_twice() {
    let fault = r#"link = { to = "kdc1", message = "AS-REQ", do = "duplicate" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        let socket = udp(kdc);
        socket.send(&request()).unwrap();
        for _ in 0..2 {
            assert_eq!(error_code(&receive(&socket).unwrap()), PREAUTH);
        }
        is_silent(&socket);
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_request_overtakes_a_reordered_one() {
    let fault = r#"link = { to = "kdc1", message = "AS-REQ", count = 2, do = "reorder" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        let (first, second) = (udp(kdc), udp(kdc));
        first.send(&request()).unwrap();
        is_silent(&first);
        second.send(&request()).unwrap();
        receive(&second).unwrap();
        first
            .set_read_timeout(Some(crate::support::PATIENCE))
            .unwrap();
        receive(&first).unwrap();
    })
    .await;
    instance.stop().await;
}

/// The answer to a request leaves from where the request arrived.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_does_not_overtake_one_to_another_socket() {
    let fault = r#"link = { to = "kdc1", message = "AS-REQ", count = 3, do = "reorder" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        let over_ipv6 = udp((std::net::Ipv6Addr::LOCALHOST, kdc.port()).into());
        let (first, second) = (udp(kdc), udp(kdc));
        first.send(&request()).unwrap();
        is_silent(&first);
        over_ipv6.send(&request()).unwrap();
        is_silent(&over_ipv6);
        second.send(&request()).unwrap();
        receive(&second).unwrap();
        first
            .set_read_timeout(Some(crate::support::PATIENCE))
            .unwrap();
        receive(&first).unwrap();
        is_silent(&over_ipv6);
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_nth_request_is_dropped() {
    let fault = r#"link = { to = "kdc1", message = "AS-REQ", after = 1, count = 1, do = "drop" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        over_udp(kdc, &request()).unwrap();
        let socket = udp(kdc);
        socket.send(&request()).unwrap();
        is_silent(&socket);
        over_udp(kdc, &request()).unwrap();
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_principals_requests_are_dropped() {
    let fault = r#"link = { to = "kdc1", principal = "alice", do = "drop" }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        let socket = udp(kdc);
        socket.send(&request()).unwrap();
        is_silent(&socket);
        over_udp(kdc, &as_req("bob@LAB.EXAMPLE")).unwrap();
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_too_long_for_udp_is_52_there_and_whole_over_tcp() {
    let instance = served_with("settings = { udp_reply_limit = 150 }", &[]).await;
    let kdc = kdc_of(&instance, "ws1");
    blocking(move || {
        let reply = over_udp(kdc, &request()).unwrap();
        assert_eq!(error_code(&reply), ErrorCode::KRB_ERR_RESPONSE_TOO_BIG);
        assert_eq!(error_code(&over_tcp(kdc, &request()).unwrap()), PREAUTH);
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_place_of_a_reply_arrives_behind_its_length() {
    let fault =
        r#"link = { from = "kdc1", message = "KRB-ERROR", do = { replace = "no Kerberos" } }"#;
    let (instance, ()) = at_kdc(&[fault], |kdc| {
        assert_eq!(over_udp(kdc, &request()).unwrap(), b"no Kerberos");
        assert_eq!(over_tcp(kdc, &request()).unwrap(), b"no Kerberos");
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_corrupted_on_its_way_to_the_service() {
    let fault = r#"link = { to = "srv1", message = "AP-REQ", do = "corrupt_ticket" }"#;
    let instance = served(&[fault]).await;
    let (kdc, acceptor) = (kdc_of(&instance, "ws1"), acceptor_of(&instance));
    let reply = blocking(move || {
        let tgt = log_in(kdc, "alice", "correct horse").unwrap();
        let credential = ticket(kdc, &tgt, "host/srv1.lab.example").unwrap();
        establish(acceptor, &credential).unwrap()
    })
    .await;
    let token = kdclab_client::gss::ContextToken::decode(&reply).unwrap();
    assert_eq!(
        error_code(token.message),
        ErrorCode::KRB_AP_ERR_BAD_INTEGRITY
    );
    instance.stop().await;
}
