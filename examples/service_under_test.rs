//! A tokio service under test: a login server that asks a KDC whether a password is right, against a lab on
//! real sockets.
//!
//! `cargo test --example service_under_test` runs the tests, `cargo run --example service_under_test` tries one login.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kdclab::Lab;
use kdclab::serve::Instance;
use kdclab_client::{AsExchange, AsParameters, ClientConfig, Dialect, Step};
use kdclab_proto::{ErrorCode, Timestamp};
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

const PATIENCE: Duration = Duration::from_millis(300);
const TRIES: u32 = 3;

/// The service under test. A client sends a name and a password, a line each, and gets one line.
struct LoginServer {
    realm: String,
    kdc: SocketAddr,
}

impl LoginServer {
    async fn serve(self, listener: TcpListener) {
        let this = std::sync::Arc::new(self);
        while let Ok((stream, _)) = listener.accept().await {
            let this = this.clone();
            tokio::spawn(async move { this.answer(stream).await });
        }
    }

    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (reading, mut writing) = stream.split();
        let mut lines = BufReader::new(reading).lines();
        let user = lines.next_line().await?.unwrap_or_default();
        let password = lines.next_line().await?.unwrap_or_default();
        let answer = self.verdict(&user, &password).await;
        writing.write_all(answer.as_bytes()).await
    }

    async fn verdict(&self, user: &str, password: &str) -> &'static str {
        match self.log_in(user, password).await {
            Ok(()) => "welcome",
            Err(Some(ErrorCode::KDC_ERR_CLIENT_REVOKED)) => "your account is disabled",
            Err(Some(ErrorCode::KDC_ERR_PREAUTH_FAILED)) => "wrong password",
            Err(Some(_)) => "no",
            Err(None) => "try again later",
        }
    }

    /// An AS exchange. The error is what the KDC answered, `None` if it did not.
    async fn log_in(&self, user: &str, password: &str) -> Result<(), Option<ErrorCode>> {
        let client = format!("{user}@{}", self.realm)
            .parse()
            .map_err(|_| Some(ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN))?;
        let mut rng = ChaCha12Rng::try_from_rng(&mut SysRng).map_err(|_| None)?;
        let config = ClientConfig::mit(self.realm.as_str());
        let parameters = AsParameters::password(client, password);
        let (mut exchange, mut step) = AsExchange::start(&config, parameters, now(), &mut rng);
        loop {
            match step {
                Step::Done(_) => return Ok(()),
                Step::Failed(error) => return Err(error.code(Dialect::Mit)),
                Step::Send { bytes, .. } => {
                    let reply = self.ask(&bytes).await.ok_or(None)?;
                    step = exchange.input(now(), &mut rng, Ok(&reply));
                }
            }
        }
    }

    /// A datagram to the KDC and one back; the request is sent again where none comes.
    async fn ask(&self, request: &[u8]) -> Option<Vec<u8>> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.ok()?;
        socket.connect(self.kdc).await.ok()?;
        let mut reply = vec![0; 1 << 16];
        for _ in 0..TRIES {
            socket.send(request).await.ok()?;
            if let Ok(Ok(length)) = tokio::time::timeout(PATIENCE, socket.recv(&mut reply)).await {
                reply.truncate(length);
                return Some(reply);
            }
        }
        None
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program on real sockets lives in the wall clock's time"
)]
fn now() -> Timestamp {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix_microseconds(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}

/// The service in front of a served lab, and one login at it after the other.
struct Bench {
    instance: Instance,
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Bench {
    async fn set_up(lab: &Lab) -> Result<Self, Box<dyn Error>> {
        let instance = lab.serve().await?;
        let environment = instance.environment();
        let server = LoginServer {
            realm: environment["KDCLAB_REALM"].clone(),
            kdc: environment["KDCLAB_KDC"].parse()?,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self {
            address: listener.local_addr()?,
            server: tokio::spawn(server.serve(listener)),
            instance,
        })
    }

    async fn log_in(&self, user: &str, password: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        let lines = format!("{user}\n{password}\n");
        stream.write_all(lines.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    async fn tear_down(self) {
        self.server.abort();
        self.instance.stop().await;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut lab = Lab::load("client-disabled")?;
    lab.break_it()?;
    let bench = Bench::set_up(&lab).await?;
    println!("{}", bench.log_in("svc-monitor", "S3rvice pass").await?);
    bench.tear_down().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn Error>>;

    const USER: (&str, &str) = ("svc-monitor", "S3rvice pass");

    #[tokio::test]
    async fn a_right_password_opens_and_a_wrong_one_does_not() -> TestResult {
        let bench = Bench::set_up(&Lab::load("client-disabled")?).await?;
        assert_eq!(bench.log_in(USER.0, USER.1).await?, "welcome");
        assert_eq!(bench.log_in(USER.0, "guess").await?, "wrong password");
        assert_eq!(bench.log_in("nobody", "guess").await?, "no");
        bench.tear_down().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_disabled_account_is_told_until_it_is_enabled() -> TestResult {
        let mut lab = Lab::load("client-disabled")?;
        lab.break_it()?;
        let bench = Bench::set_up(&lab).await?;
        let disabled = "your account is disabled";
        assert_eq!(bench.log_in(USER.0, USER.1).await?, disabled);
        assert_eq!(bench.log_in(USER.0, "guess").await?, disabled);
        bench.instance.fix(1).await?;
        assert_eq!(bench.log_in(USER.0, USER.1).await?, "welcome");
        bench.tear_down().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_lost_request_is_sent_again() -> TestResult {
        let bench = Bench::set_up(&Lab::load("client-disabled")?).await?;
        let lose = r#"link = { message = "AS-REQ", count = 2, do = "drop" }"#;
        bench.instance.step(lose).await?;
        assert_eq!(bench.log_in(USER.0, USER.1).await?, "welcome");
        bench.tear_down().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_kdc_that_answers_one_user_alone_stops_nobody_else() -> TestResult {
        let bench = Bench::set_up(&Lab::load("client-disabled")?).await?;
        let lose = format!(
            r#"link = {{ principal = "{}", name = "lost", do = "drop" }}"#,
            USER.0
        );
        bench.instance.step(&lose).await?;
        let (ours, other) = tokio::join!(
            bench.log_in(USER.0, USER.1),
            bench.log_in("alice", "correct horse")
        );
        assert_eq!(
            (ours?.as_str(), other?.as_str()),
            ("try again later", "welcome")
        );
        bench
            .instance
            .step(r#"repair_links = { name = "lost" }"#)
            .await?;
        assert_eq!(bench.log_in(USER.0, USER.1).await?, "welcome");
        bench.tear_down().await;
        Ok(())
    }
}
