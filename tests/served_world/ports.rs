//! Every port of the world, on both loopback addresses.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpStream};

use kdclab::script::model::Phase;
use kdclab::serve::Instance;
use kdclab_client::gss::{ContextToken, TokenId};
use kdclab_proto::ErrorCode;

use crate::support::{
    PREAUTH, acceptor_of, as_req, blocking, error_code, establish, kdc_of, log_in, now, over_tcp,
    over_udp, read_framed, scenario, served, server_of, stime, ticket,
};

const SERVICE: &str = "host/srv1.lab.example";

fn over_ipv6(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), address.port())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kdc_answers_on_both_loopback_addresses() {
    let instance = served(&[]).await;
    let kdc = kdc_of(&instance, "ws1");
    blocking(move || {
        let request = as_req("alice@LAB.EXAMPLE");
        for address in [kdc, over_ipv6(kdc)] {
            assert_eq!(error_code(&over_udp(address, &request).unwrap()), PREAUTH);
            assert_eq!(error_code(&over_tcp(address, &request).unwrap()), PREAUTH);
        }
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_answers_with_an_ap_rep() {
    let instance = served(&[]).await;
    let (kdc, acceptor) = (kdc_of(&instance, "ws1"), acceptor_of(&instance));
    let reply = blocking(move || {
        let tgt = log_in(kdc, "alice", "correct horse").unwrap();
        let credential = ticket(kdc, &tgt, SERVICE).unwrap();
        establish(acceptor, &credential).unwrap()
    })
    .await;
    assert_eq!(ContextToken::decode(&reply).unwrap().id, TokenId::ApRep);
    instance.stop().await;
}

/// What the service of the symptom's first call answers its user.
async fn first_call(instance: &Instance) -> std::io::Result<Vec<u8>> {
    let environment = instance.environment().clone();
    let acceptor = acceptor_of(instance);
    blocking(move || {
        let variable = |name: &str| environment[name].clone();
        let kdc = variable("KDCLAB_KDC").parse().unwrap();
        let tgt = log_in(kdc, &variable("KDCLAB_USER"), &variable("KDCLAB_PASSWORD")).unwrap();
        let credential = ticket(kdc, &tgt, &variable("KDCLAB_SERVICE")).unwrap();
        establish(acceptor, &credential)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_refuses_in_the_words_of_its_dialect() {
    for (id, code) in [
        ("service-key-mismatch", ErrorCode::KRB_AP_ERR_MODIFIED),
        ("service-key-mismatch-mit", ErrorCode::KRB_AP_ERR_BADKEYVER),
    ] {
        let instance = scenario(id, Phase::Broken).await;
        let reply = first_call(&instance).await.unwrap();
        let token = ContextToken::decode(&reply).unwrap();
        assert_eq!(token.id, TokenId::KrbError, "{id}");
        assert_eq!(error_code(token.message), code, "{id}");
        instance.stop().await;
    }
}

/// Java's acceptors send no KRB-ERROR.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_words_ends_the_connection() {
    let instance = scenario("service-key-mismatch-java", Phase::Broken).await;
    let error = first_call(&instance).await.expect_err("no token");
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_ap_req_is_a_replay() {
    let instance = served(&[]).await;
    let (kdc, acceptor) = (kdc_of(&instance, "ws1"), acceptor_of(&instance));
    let replies = blocking(move || {
        let tgt = log_in(kdc, "alice", "correct horse").unwrap();
        let credential = ticket(kdc, &tgt, SERVICE).unwrap();
        let parameters = kdclab_client::ApParameters::gss();
        let (_, token) = kdclab_client::ApExchange::start(
            &credential,
            &parameters,
            now(),
            &mut crate::support::rng(),
        )
        .unwrap();
        [(); 2].map(|()| over_tcp(acceptor, &token).unwrap())
    })
    .await;
    let tokens = replies
        .each_ref()
        .map(|reply| ContextToken::decode(reply).unwrap());
    assert_eq!(tokens[0].id, TokenId::ApRep);
    assert_eq!(error_code(tokens[1].message), ErrorCode::KRB_AP_ERR_REPEAT);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kdc_has_the_clock_of_its_host_beside_that_of_the_client() {
    let faults = [
        r#"set_clock = { host = "kdc1", offset = "+20m" }"#,
        r#"set_clock = { host = "ws2", offset = "+20m" }"#,
    ];
    let instance = served(&faults).await;
    for (host, ahead) in [("ws1", 1200), ("ws2", 0)] {
        let kdc = kdc_of(&instance, host);
        let reply = blocking(move || over_udp(kdc, &as_req("alice@LAB.EXAMPLE")).unwrap()).await;
        let seconds = stime(&reply).time().seconds_since(now().time());
        assert!((ahead - 15..=ahead).contains(&seconds), "{host}: {seconds}");
    }
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_service_has_a_port_of_its_own() {
    let instance = served(&[]).await;
    let kpasswd = server_of(instance.directory(), "ws1", "kpasswd_server");
    assert_ne!(kpasswd, kdc_of(&instance, "ws1"));
    blocking(move || TcpStream::connect(kpasswd).unwrap()).await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_service_is_where_the_host_looks_for_it() {
    let instance = served(&[]).await;
    let port = |host: &str, key: &str| server_of(instance.directory(), host, key).port();
    let look_at = |port: u16| {
        format!("configure_client = {{ host = \"ws1\", set = {{ kpasswd_port = {port} }} }}")
    };
    instance.step(&look_at(88)).await.unwrap();
    assert_eq!(port("ws1", "kpasswd_server"), port("ws1", "kdc"));
    assert_ne!(port("ws2", "kpasswd_server"), port("ws2", "kdc"));
    instance.step(&look_at(749)).await.unwrap();
    assert_eq!(port("ws1", "kpasswd_server"), 1);
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_message_disturbs_nobody() {
    let instance = served(&[]).await;
    let (kdc, acceptor) = (kdc_of(&instance, "ws1"), acceptor_of(&instance));
    blocking(move || {
        let idle: Vec<_> = [kdc, acceptor]
            .into_iter()
            .flat_map(|address| std::iter::repeat_n(address, 300))
            .map(|address| {
                let mut stream = TcpStream::connect(address).unwrap();
                std::io::Write::write_all(&mut stream, &[0, 0]).unwrap();
                stream
            })
            .collect();
        // The oldest had to go, as at krb5kdc.
        let mut oldest = &idle[0];
        oldest
            .set_read_timeout(Some(crate::support::PATIENCE))
            .unwrap();
        let ended = std::io::Read::read(&mut oldest, &mut [0]);
        assert!(
            matches!(&ended, Ok(0))
                || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
        );
        let reply = over_tcp(kdc, &as_req("alice@LAB.EXAMPLE")).unwrap();
        assert_eq!(error_code(&reply), PREAUTH);
        let tgt = log_in(kdc, "alice", "correct horse").unwrap();
        let credential = ticket(kdc, &tgt, SERVICE).unwrap();
        establish(acceptor, &credential).unwrap();
        drop(idle);
    })
    .await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_gets_no_answer_and_harms_nobody() {
    let instance = served(&[]).await;
    let (kdc, acceptor) = (kdc_of(&instance, "ws1"), acceptor_of(&instance));
    blocking(move || {
        for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0x6a, 0x80]] {
            for address in [kdc, acceptor] {
                let mut stream = TcpStream::connect(address).unwrap();
                std::io::Write::write_all(&mut stream, &crate::support::framed(garbage)).unwrap();
                let _ = read_framed(&mut stream);
            }
        }
        let reply = over_udp(kdc, &as_req("alice@LAB.EXAMPLE")).unwrap();
        assert_eq!(error_code(&reply), PREAUTH);
    })
    .await;
    instance.stop().await;
}
