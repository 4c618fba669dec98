//! Our initiator at MIT's and Java's acceptors, beside our own acceptor of the same dialect.
//!
//! Each test shows a session that works, then the same with one fault. Both acceptors read the same bytes with
//! the same keys, and must come to the same end.

use kdclab::script::values::ErrorName;
use kdclab::sim::SessionError;
use kdclab_client::gss::ChannelBindings;
use kdclab_client::{
    Acceptor, ApExchange, ApParameters, AsParameters, ClientConfig, Credential, TgsParameters,
};
use kdclab_proto::{ErrorCode, Keytab, Principal, Realm};

use crate::driver::{Client, now};
use crate::gss::{Gss, Implementation, Told};
use crate::mit_realm::MitRealm;
use crate::play::{refusal, says};

const LAB: &str = "LAB.EXAMPLE";
const REMOTE: &str = "REMOTE.EXAMPLE";
const SERVICE: &str = "host/srv1.lab.example";
const OTHER: &str = "host/srv2.lab.example";
const TRUST: &str = "addprinc -pw between-us krbtgt/LAB.EXAMPLE@REMOTE.EXAMPLE";

/// A client with a ticket, and a service with its keys.
struct Session {
    implementation: Implementation,
    realm: MitRealm,
    client: Client,
    tgt: Credential,
    ticket: Credential,
    keytab: Keytab,
    /// How many tokens it has shown.
    presented: u32,
    /// As whom Java's acceptor logs in.
    identity: &'static str,
    mutual: bool,
    /// Of our initiator and of the acceptors.
    bindings: (&'static str, &'static str),
    ours: Acceptor,
}

/// A session refused by both acceptors alike.
struct Refused {
    /// What the initiator learns.
    error: ErrorName,
    /// What the foreign acceptor says.
    told: Told,
}

impl Session {
    fn of(user: &str, implementation: Implementation) -> Self {
        let lab = [
            "addprinc -pw secret alice",
            "addprinc -randkey host/srv1.lab.example",
            "addprinc -randkey host/srv2.lab.example",
            TRUST,
        ];
        let remote = ["addprinc -pw secret rita", TRUST];
        let user = Principal::parse(user, None).unwrap();
        let realms: &[(&str, &[&str])] = if user.realm == Realm::from(LAB) {
            &[(LAB, &lab)]
        } else {
            &[(LAB, &lab), (REMOTE, &remote)]
        };
        let realm = MitRealm::start(realms, "");
        let own = user.realm.to_string();
        let mut client = Client::new(&own, realm.address(), &[LAB, REMOTE]);
        let login = client.log_in(AsParameters::password(user, "secret"));
        let tgt = login.unwrap().credential;
        let keytab = realm.keytab(LAB, &[SERVICE]);
        let config = match implementation {
            Implementation::Java => ClientConfig::java(LAB),
            Implementation::Mit => ClientConfig::mit(LAB),
        };
        let mut this = Self {
            implementation,
            ticket: tgt.clone(),
            ours: Acceptor::new(config, keytab.clone()),
            realm,
            client,
            tgt,
            keytab,
            presented: 0,
            identity: SERVICE,
            mutual: true,
            bindings: ("", ""),
        };
        this.renew(SERVICE);
        this
    }

    /// Gets a ticket for `service`.
    fn renew(&mut self, service: &str) {
        let server = Principal::parse(service, Some(&LAB.into())).unwrap();
        let parameters = TgsParameters::service(server.name.at(Realm::default()));
        self.ticket = self.client.ticket(&self.tgt, parameters).unwrap();
    }

    fn token(&mut self) -> (ApExchange, Vec<u8>) {
        let dialect = self.ours.config.dialect;
        let bound = |data: &str| (!data.is_empty()).then(|| ChannelBindings::of(dialect, data));
        let parameters = ApParameters {
            mutual: self.mutual,
            channel_bindings: bound(self.bindings.0),
            ..ApParameters::gss()
        };
        self.ours.channel_bindings = bound(self.bindings.1);
        let clock = self.client.clock();
        ApExchange::start(&self.ticket, &parameters, clock, &mut self.client.rng).unwrap()
    }

    /// Shows a new token to both acceptors.
    fn offer(&mut self) -> Result<(), Refused> {
        let (exchange, token) = self.token();
        self.present(&exchange, &token)
    }

    /// Shows a token to both acceptors. They agree, and so does our initiator with the answer.
    fn present(&mut self, exchange: &ApExchange, token: &[u8]) -> Result<(), Refused> {
        // A name of its own: Java reads a file again only once the clock of the file system has gone on.
        self.presented += 1;
        let path = self
            .realm
            .path(&format!("acceptor-{}.keytab", self.presented));
        std::fs::write(&path, self.keytab.to_bytes().unwrap()).unwrap();
        let conf = self.realm.path("krb5.conf");
        let (mut java, mut mit);
        let gss = match self.implementation {
            Implementation::Java => {
                java = Gss::java();
                &mut *java
            }
            Implementation::Mit => {
                mit = Gss::mit();
                &mut mit
            }
        };
        let bindings = self.bindings.1;
        let theirs = gss.accept_bound(&conf, &path, self.identity, token, bindings);
        self.ours.keytab = self.keytab.clone();
        let ours = self.ours.accept(now(), &mut self.client.rng, None, token);
        match (theirs.result, ours) {
            (Ok(name), Ok(accepted)) => {
                assert_eq!(name, accepted.context.client.to_string());
                assert_eq!(theirs.answer.is_empty(), accepted.reply.is_none());
                if let Some(reply) = accepted.reply {
                    exchange.input(&reply).unwrap();
                    exchange.input(&theirs.answer).unwrap();
                }
                Ok(())
            }
            (Err(told), Err(refused)) => {
                let ours = refused.reply.clone().unwrap_or_default();
                assert_eq!(refusal(&theirs.answer), refusal(&ours), "{told}");
                let dialect = self.ours.config.dialect;
                let session = exchange.input(&theirs.answer).unwrap_err();
                if let ErrorName::Protocol(code) = refusal(&ours) {
                    assert_eq!(session.code(dialect), Some(code));
                }
                let number = refused.error.com_err();
                if self.implementation == Implementation::Mit && number.is_some() {
                    assert_eq!(told.com_err, number, "{told}\nours: {:?}", refused.error);
                }
                let error = refusal(&theirs.answer);
                Err(Refused { error, told })
            }
            (Ok(name), Err(refused)) => panic!("they accept {name}, and we: {:?}", refused.error),
            (Err(told), Ok(_)) => panic!("we accept, and they say{told}"),
        }
    }

    #[track_caller]
    fn works(&mut self) {
        if let Err(refused) = self.offer() {
            panic!("{} refuses:{}", self.implementation, refused.told);
        }
    }

    /// Both acceptors refuse: MIT with `code`, Java without a word to the initiator, and they say `texts`.
    #[track_caller]
    fn fails(&mut self, code: ErrorCode, [mit, java]: [&str; 2]) {
        let refused = self.offer().expect_err("a fault");
        self.says(&refused, code, [mit, java]);
    }

    #[track_caller]
    fn says(&self, refused: &Refused, code: ErrorCode, [mit, java]: [&str; 2]) {
        let told = &refused.told;
        match self.implementation {
            Implementation::Java => {
                let closed = ErrorName::Session(SessionError::ConnectionClosed);
                assert_eq!(refused.error, closed, "{told}");
                assert!(says(told, java), "{java:?} is not in{told}");
            }
            Implementation::Mit => {
                assert_eq!(refused.error, ErrorName::Protocol(code), "{told}");
                assert!(says(told, mit), "{mit:?} is not in{told}");
            }
        }
    }
}

/// Each test with MIT's acceptor and with Java's.
macro_rules! acceptors {
    ($($name:ident($user:literal) $test:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn mit() {
                let test: fn(&mut Session) = $test;
                test(&mut Session::of($user, Implementation::Mit));
            }

            #[test]
            fn java() {
                let test: fn(&mut Session) = $test;
                test(&mut Session::of($user, Implementation::Java));
            }
        }
    )*};
}

const CHECKSUM_FAILED: &str = "Checksum failed";
const SKEW: [&str; 2] = ["Clock skew too great", "Clock skew too great (37)"];

acceptors! {
    stale_keytab("alice@LAB.EXAMPLE") |session| {
        session.works();
        session.realm.kadmin(LAB, &format!("cpw -randkey {SERVICE}"));
        session.renew(SERVICE);
        let mit = "Request ticket server host/srv1.lab.example@LAB.EXAMPLE kvno 2 not found in keytab; \
                   keytab is likely out of date";
        session.fails(ErrorCode::KRB_AP_ERR_BADKEYVER, [mit, CHECKSUM_FAILED]);
        session.keytab = session.realm.keytab(LAB, &[SERVICE]);
        session.works();
    };

    wrong_key_of_the_right_version("alice@LAB.EXAMPLE") |session| {
        session.works();
        for entry in &mut session.keytab.entries {
            entry.key_bytes[0] ^= 1;
        }
        let mit = "Request ticket server host/srv1.lab.example@LAB.EXAMPLE kvno 1 enctype aes256-cts found in \
                   keytab but cannot decrypt ticket";
        session.fails(ErrorCode::KRB_AP_ERR_BAD_INTEGRITY, [mit, CHECKSUM_FAILED]);
    };

    keytab_without_the_enctype_of_the_ticket("alice@LAB.EXAMPLE") |session| {
        session.works();
        let enctype = session.ticket.ticket.enc_part.etype;
        session.keytab.entries.retain(|entry| entry.enctype != enctype);
        let mit = "Request ticket server host/srv1.lab.example@LAB.EXAMPLE kvno 1 found in keytab but not with \
                   enctype aes256-cts";
        let java = "Invalid argument (400) - Cannot find key of appropriate type to decrypt AP-REQ - AES256 CTS \
                    mode with HMAC SHA1-96";
        session.fails(ErrorCode::KRB_AP_ERR_BADKEYVER, [mit, java]);
    };

    keytab_of_another_principal("alice@LAB.EXAMPLE") |session| {
        session.works();
        session.keytab = session.realm.keytab(LAB, &[OTHER]);
        session.identity = OTHER;
        let mit = "Request ticket server host/srv1.lab.example@LAB.EXAMPLE not found in keytab (ticket kvno 1)";
        session.fails(ErrorCode::KRB_AP_ERR_NOT_US, [mit, CHECKSUM_FAILED]);
    };

    ticket_for_another_service("alice@LAB.EXAMPLE") |session| {
        session.works();
        session.renew(OTHER);
        let mit = "Request ticket server host/srv2.lab.example@LAB.EXAMPLE not found in keytab (ticket kvno 1)";
        session.fails(ErrorCode::KRB_AP_ERR_NOT_US, [mit, CHECKSUM_FAILED]);
    };

    clock_of_the_client_ahead("alice@LAB.EXAMPLE") |session| {
        session.client.clock_offset = 290_000_000;
        session.works();
        session.client.clock_offset = 310_000_000;
        session.fails(ErrorCode::KRB_AP_ERR_SKEW, SKEW);
    };

    clock_of_the_client_behind("alice@LAB.EXAMPLE") |session| {
        session.client.clock_offset = -290_000_000;
        session.works();
        session.client.clock_offset = -310_000_000;
        session.fails(ErrorCode::KRB_AP_ERR_SKEW, SKEW);
    };

    replay("alice@LAB.EXAMPLE") |session| {
        let (exchange, token) = session.token();
        assert!(session.present(&exchange, &token).is_ok());
        let refused = session.present(&exchange, &token).expect_err("a replay");
        let texts = ["Request is a replay", "Request is a replay (34)"];
        session.says(&refused, ErrorCode::KRB_AP_ERR_REPEAT, texts);
        session.works();
    };

    // The acceptor of MIT sends a refusal only to who waits for an answer.
    without_mutual_authentication("alice@LAB.EXAMPLE") |session| {
        session.mutual = false;
        session.works();
        for entry in &mut session.keytab.entries {
            entry.key_bytes[0] ^= 1;
        }
        let refused = session.offer().expect_err("a fault");
        let closed = ErrorName::Session(SessionError::ConnectionClosed);
        assert_eq!(refused.error, closed);
    };

    client_of_another_realm("rita@REMOTE.EXAMPLE") |session| {
        session.works();
        session.keytab = session.realm.keytab(LAB, &[OTHER]);
        session.identity = OTHER;
        let mit = "Request ticket server host/srv1.lab.example@LAB.EXAMPLE not found in keytab (ticket kvno 1)";
        session.fails(ErrorCode::KRB_AP_ERR_NOT_US, [mit, CHECKSUM_FAILED]);
    };

    channel_bindings("alice@LAB.EXAMPLE") |session| {
        session.bindings = ("one channel", "one channel");
        session.works();
        session.bindings = ("one channel", "another channel");
        let refused = session.offer().expect_err("another channel");
        let (error, told) = match session.implementation {
            Implementation::Java => (
                ErrorName::Session(SessionError::ConnectionClosed),
                "Bytes mismatch!",
            ),
            Implementation::Mit => (
                ErrorName::Protocol(ErrorCode::KRB_ERR_GENERIC),
                "Incorrect channel bindings were supplied",
            ),
        };
        assert_eq!(refused.error, error);
        assert!(refused.told.texts.iter().any(|text| text.contains(told)), "{}", refused.told);
    };

    channel_bindings_of_the_initiator_alone("alice@LAB.EXAMPLE") |session| {
        session.bindings = ("one channel", "");
        session.works();
    };

    channel_bindings_of_the_acceptor_alone("alice@LAB.EXAMPLE") |session| {
        session.bindings = ("", "one channel");
        match session.implementation {
            Implementation::Java => {
                let refused = session.offer().expect_err("no bindings");
                let told = "Token missing ChannelBinding!";
                assert!(refused.told.texts.iter().any(|text| text.contains(told)), "{}", refused.told);
            }
            Implementation::Mit => session.works(),
        }
    };
}
