use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use data_encoding::BASE64;
use kdclab_client::spnego::mech_types;
use kdclab_client::{ApParameters, CredentialQuery, Dialect, gss, spnego};
use kdclab_proto::{KeyCache, Principal};

use super::*;
use crate::script::model::Call;
use crate::script::verb::Verb;
use crate::script::{Spanned, parse, step};

const WORLD: &str = r#"
format = 1
title  = "A web server"
story  = "A story."
lesson = true
epoch  = "2009-05-20T19:35:11Z"

[realm."LAB.EXAMPLE"]
kdc      = "dc1"
dialect  = "active-directory"

[realm."LAB.EXAMPLE".accounts]
alice         = { password = "correct horse" }
"WEB1$"       = { host = "web1", password = "of the computer" }
"svc-reports" = { host = "web1", password = "of the reports", service_principal_names = ["HTTP/reports.lab.example"] }

[host]
dc1  = { dialect = "windows" }
ws1  = { dialect = "windows" }
[host.web1]
dialect = "windows"

[host.web1.web]
system  = { path = "/system" }
deeper  = { path = "/system/reports", account = "svc-reports" }
reports = { path = "/reports", account = "svc-reports", port = 81 }
"#;

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3));

fn world() -> World {
    let script = parse(Path::new("web.toml"), WORLD).unwrap_or_else(|fault| panic!("{fault}"));
    World::build(&script, 1, None, &KeyCache::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn ask(world: &mut World, port: u16, request: &str) -> String {
    let mut connection = HttpConnection::default();
    let bytes = request.as_bytes();
    let answer = world.http_answer("web1", port, PEER, &mut connection, bytes);
    String::from_utf8(answer.unwrap()).unwrap()
}

/// A request of alice with a ticket for `service`, as a client of Windows sends it.
fn negotiating(world: &mut World, path: &str, service: &str) -> String {
    let named = |name: &str| Spanned::new(0..0, name.to_owned());
    let call = Call {
        user: Some(named("alice")),
        to: Some(named(service)),
        ..Call::from_host(named("ws1"))
    };
    // The ticket is all that counts.
    world.call_one(&call);
    let alice: Principal = "alice@LAB.EXAMPLE".parse().unwrap();
    let service = format!("{service}@LAB.EXAMPLE").parse().unwrap();
    let now = world.now;
    let host = world.hosts.get_mut("ws1").unwrap();
    let query = CredentialQuery {
        any_realm: true,
        ..CredentialQuery::valid(&service, now.time())
    };
    let credential = host.caches[&alice].find(&query).unwrap().clone();
    let mut kerberos = gss::Initiator::new(credential, &ApParameters::gss());
    let mechanisms: &mut [&mut dyn spnego::Mechanism] = &mut [&mut kerberos];
    let mut initiator = spnego::Initiator::new(mech_types(Dialect::Windows, mechanisms));
    let clock = host.clock(now);
    let step = initiator.init(clock, &mut host.rng, mechanisms).unwrap();
    let token = BASE64.encode(&step.token.unwrap());
    format!(
        "GET {path} HTTP/1.1\r\nHost: web1\r\nUser-Agent: a b\r\nAuthorization: Negotiate {token}\r\n\r\n"
    )
}

fn last_line(world: &World) -> &str {
    world.log("web1").last().map_or("", String::as_str)
}

#[test]
fn whoever_brings_nothing_is_asked_to_negotiate() {
    let mut world = world();
    let answer = ask(
        &mut world,
        80,
        "CCM_POST /system/request HTTP/1.1\r\nHost: web1\r\n\r\n",
    );
    assert!(
        answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("Date: Wed, 20 May 2009 19:35:11 GMT\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("\r\nWWW-Authenticate: Negotiate\r\n"),
        "{answer}"
    );
    assert_eq!(
        last_line(&world),
        "iis.log: 2009-05-20 19:35:11 W3SVC1 CCM_POST /system/request - 80 - - 401 2 2148074254"
    );
}

#[test]
fn a_ticket_of_the_application_s_account_is_good_and_proved() {
    for (path, port, service) in [
        ("/system/request", 80, "HTTP/web1.lab.example"),
        ("/reports", 81, "HTTP/reports.lab.example"),
        ("/SYSTEM/reports/x", 80, "HTTP/reports.lab.example"),
    ] {
        let mut world = world();
        let request = negotiating(&mut world, path, service);
        let answer = ask(&mut world, port, &request);
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n"),
            "{path}: {answer}"
        );
        assert!(
            answer.contains("WWW-Authenticate: Negotiate oY"),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\nLAB\\alice\r\n"), "{answer}");
        let line = format!(" W3SVC1 GET {path} - {port} LAB\\alice a+b 200 0 0");
        assert!(last_line(&world).ends_with(&line), "{}", last_line(&world));
    }
}

#[test]
fn a_ticket_of_another_account_is_41_within_401() {
    for (path, port, service) in [
        ("/system/request", 80, "HTTP/reports.lab.example"),
        ("/reports", 81, "HTTP/web1.lab.example"),
    ] {
        let mut world = world();
        let request = negotiating(&mut world, path, service);
        let answer = ask(&mut world, port, &request);
        assert!(answer.starts_with("HTTP/1.1 401 "), "{path}: {answer}");
        let token = answer.split("WWW-Authenticate: Negotiate ").nth(1).unwrap();
        let token = BASE64
            .decode(token.lines().next().unwrap().as_bytes())
            .unwrap();
        let response = kdclab_proto::messages::NegTokenResp::decode(&token).unwrap();
        assert_eq!(
            crate::dialect::refusal_in(&response.response_token.unwrap()),
            Some(kdclab_proto::ErrorCode::KRB_AP_ERR_MODIFIED)
        );
        assert!(last_line(&world).ends_with("401 1 2148074252"));
        assert_eq!(world.causes["web1"], "ticket-undecryptable");
    }
}

#[test]
fn a_request_recorded_on_its_way_is_good_once() {
    let mut world = world();
    let request = negotiating(&mut world, "/system", "HTTP/web1.lab.example");
    assert!(ask(&mut world, 80, &request).starts_with("HTTP/1.1 200"));
    assert!(ask(&mut world, 80, &request).starts_with("HTTP/1.1 401"));
    assert_eq!(world.causes["web1"], "replay");
}

#[test]
fn clocks_that_are_apart_have_a_status_of_their_own() {
    let mut world = world();
    let request = negotiating(&mut world, "/system", "HTTP/web1.lab.example");
    let verb = step(
        world.scope(),
        "set_clock = { host = \"web1\", offset = \"+310s\" }",
    )
    .unwrap();
    world.apply(&verb).unwrap();
    assert!(ask(&mut world, 80, &request).starts_with("HTTP/1.1 401"));
    assert!(last_line(&world).ends_with("401 1 2148074276"));
    assert_eq!(world.causes["web1"], "clock-skew");
}

#[test]
fn tokens_that_are_none_are_refused() {
    for (authorization, status) in [
        ("Basic YWxpY2U6eA==", "401 2 2148074254"),
        ("Negotiate", "401 1 2148074248"),
        ("Negotiate !", "401 1 2148074248"),
        ("Negotiate YAAA", "401 1 2148074248"),
        ("Negotiate TlRMTVNTUAABAAAA", "401 1 2148074242"),
    ] {
        let mut world = world();
        let request =
            format!("GET /system HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\n\r\n");
        let answer = ask(&mut world, 80, &request);
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert!(last_line(&world).ends_with(status), "{}", last_line(&world));
    }
}

#[test]
fn a_path_of_nobody_and_a_request_that_is_none() {
    let mut world = world();
    let answer = ask(&mut world, 80, "GET /systems HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert!(last_line(&world).ends_with("404 0 2"));
    let before = world.log("web1").len();
    let answer = ask(&mut world, 80, "\u{1}\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("Connection: close"), "{answer}");
    // http.sys keeps such requests out of the log of the web site.
    assert_eq!(world.log("web1").len(), before);
}

#[test]
fn a_connection_goes_on_after_a_refusal_until_the_client_wants_no_more() {
    let mut world = world();
    let request = negotiating(&mut world, "/system", "HTTP/web1.lab.example");
    let request = request.replace("Host: web1", "Host: web1\r\nConnection: close");
    let both = format!("GET /system HTTP/1.1\r\nHost: web1\r\n\r\n{request}");
    let mut connection = HttpConnection::default();
    let (first, rest) = both.as_bytes().split_at(30);
    let answer = world.http_answer("web1", 80, PEER, &mut connection, first);
    assert_eq!(answer, None);
    let answer = world.http_answer("web1", 80, PEER, &mut connection, rest);
    let answer = String::from_utf8(answer.unwrap()).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}");
    assert!(connection.is_closed());
    let answer = world.http_answer("web1", 80, PEER, &mut connection, both.as_bytes());
    assert_eq!(answer, None);
}

#[test]
fn an_application_moves_with_its_port() {
    let mut world = world();
    let text = "move_web_application = { host = \"web1\", application = \"system\", port = 8080 }";
    let verb: Verb = step(world.scope(), text).unwrap();
    world.apply(&verb).unwrap();
    let request = "GET /system HTTP/1.1\r\nHost: a\r\n\r\n";
    assert!(ask(&mut world, 80, request).starts_with("HTTP/1.1 404"));
    assert!(ask(&mut world, 8080, request).starts_with("HTTP/1.1 401"));
    assert!(world.apply(&verb).is_err());
}
