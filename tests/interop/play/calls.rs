//! The calls of a scenario, made by real programs.

use std::path::PathBuf;

use kdclab::script::model::{AcceptorTable, Call, DialectName, Kpasswd};
use kdclab::script::verb::Verb;
use kdclab::script::{Script, Spanned};
use kdclab_client::CryptoPolicy;
use kdclab_proto::{Keytab, Principal};

use super::failed::{Failed, refused};
use super::{Kdc, Play, Program};
use crate::gss::{Gss, Implementation, Javas, Login, Told};
use crate::served::{Reached, Session, text};

/// The files that the scenarios' texts name: those of a program that is told nothing else.
const DEFAULT_CCACHE: &str = "FILE:/tmp/krb5cc_%{uid}";
const DEFAULT_KEYTAB: &str = "FILE:/etc/krb5.keytab";

impl Play<'_> {
    /// One call, by the programs of its host.
    pub(super) fn call(&mut self, call: &Call) -> Result<(), Failed> {
        self.acceptors.clear();
        match self.dialect(call.from.get_ref()) {
            _ if call.kinit => self.mit_call(call),
            DialectName::Java => self.java_call(call),
            DialectName::Mit => self.mit_call(call),
            // PAN-OS has MIT's library in it, and puts the number before its text.
            DialectName::PanOs => self.mit_call(call).map_err(|mut failed| {
                if let Some(number) = failed.told.com_err {
                    let texts = &mut failed.told.texts;
                    texts
                        .iter_mut()
                        .for_each(|text| *text = format!("Error {number}: {text}"));
                }
                failed
            }),
            other => panic!("no programs of {other:?} run here"),
        }
    }

    fn dialect(&self, host: &str) -> DialectName {
        let mut hosts = self.scenario.script.host.iter();
        let found = hosts.find(|(name, _)| name.get_ref() == host);
        found.expect("a host").1.dialect
    }

    pub(super) fn is_java(&self, host: &str) -> bool {
        self.dialect(host) == DialectName::Java
    }

    fn java_call(&mut self, call: &Call) -> Result<(), Failed> {
        let host = call.from.get_ref();
        let user = self.world.caller(call).expect("a user");
        let name = user.to_string();
        let conf = self.krb5_conf(host);
        let password = self.world.password(call, &user).map(str::to_owned);
        let keytab = self.client_keytab(host);
        let ccache = self.session(&user, host).ccache();
        if !call.warm && call.log_in {
            let _ = std::fs::remove_file(&ccache);
        }
        let login = if !call.log_in || (call.warm && ccache.exists()) {
            Login::Cache(&ccache)
        } else if call.user.is_none() && self.has_client_keytab(host) {
            Login::Keytab(&name, &keytab)
        } else {
            Login::Password(&name, password.as_deref().expect("a password"))
        };
        let policy = self.crypto_policy(host);
        let mut javas = self.javas();
        let java = javas.with(policy);
        let failed = |told| Failed::new("OpenJDK 17", told);
        let Some((service, at)) = self.world.called_service(call) else {
            self.used.insert(Program::JavaLogin);
            return java.log_in(&conf, &login).map_err(failed);
        };
        self.used.insert(Program::JavaInitiator);
        let service_name = host_based(&service);
        let token = java
            .initiate(&conf, &login, &service_name)
            .map_err(failed)?;
        let answer = self.accept(host, &at, &service, &token, Some(&mut javas))?;
        let answered = javas.with(policy).answer(&answer);
        answered.map_err(|told| refused("OpenJDK 17", told, &answer))
    }

    /// What a Java program finds in its user's cache, which kinit fills: Krb5LoginModule keeps its ticket to itself.
    pub(super) fn fill_cache(&mut self, call: &Call) {
        let host = call.from.get_ref();
        let user = self.world.caller(call).expect("a user");
        let password = self.world.password(call, &user).map(str::to_owned);
        let filled = kinit(self.session(&user, host), call, &user, password.as_deref());
        assert!(filled.is_ok(), "kinit fails: {}", filled.unwrap_err().told);
    }

    fn mit_call(&mut self, call: &Call) -> Result<(), Failed> {
        let host = call.from.get_ref();
        let user = self.world.caller(call).expect("a user");
        let conf = self.krb5_conf(host);
        let by_keytab = self.has_client_keytab(host);
        let keytab = self.client_keytab(host);
        let password = self.world.password(call, &user).map(str::to_owned);
        let called = self.world.called_service(call);
        let failed = |told| Failed::new("GSS-API of MIT krb5", told);
        if let Some(other) = &call.for_user {
            let name = user.to_string();
            // `-U` asks for an enterprise name, such as a UPN.
            let (flag, other) = match call.enterprise {
                true => ("-U", other.get_ref().clone()),
                false => ("-I", self.principal(other.get_ref()).to_string()),
            };
            self.used.extend([Program::Kinit, Program::Kvno]);
            let session = self.session(&user, host);
            program(session, "kinit", &["-k", "-t", text(&keytab), &name], "")?;
            // Of a ticket request the trace has no numbers.
            let asked = program(session, "kvno", &[flag, &other, &name], "");
            return asked.map_err(|failed| Failed {
                trace: None,
                ..failed
            });
        }
        if call.user.is_none() || self.dialect(host) == DialectName::PanOs {
            // A program with an identity of its own, in a keytab or with a password in its configuration.
            let name = user.to_string();
            let ccache = self.session(&user, host).ccache();
            let login = if call.warm && ccache.exists() {
                Login::Cache(&ccache)
            } else if by_keytab {
                Login::Keytab(&name, &keytab)
            } else {
                Login::Password(&name, password.as_deref().expect("a password"))
            };
            self.used.insert(Program::MitInitiator);
            let Some((service, at)) = called else {
                return self.mit.log_in(&conf, &login).map_err(failed);
            };
            let token = self.mit.initiate(&conf, &login, &host_based(&service));
            return self.mit_session(host, &service, &at, &token.map_err(failed)?);
        }
        let is_kinit = call.renew || call.log_in;
        let session = self.session(&user, host);
        let ccache = session.ccache();
        if !call.warm {
            let _ = std::fs::remove_file(&ccache);
        }
        if call.log_in && !ccache.exists() {
            kinit(session, call, &user, password.as_deref())?;
        }
        if call.renew {
            // Of a ticket request the trace has no numbers.
            program(session, "kinit", &["-R"], "").map_err(|failed| Failed {
                trace: None,
                ..failed
            })?;
        }
        if is_kinit {
            self.used.insert(Program::Kinit);
        }
        let Some((service, at)) = called else {
            return Ok(());
        };
        self.used.insert(Program::MitInitiator);
        let login = Login::Cache(&ccache);
        let token = self.mit.initiate(&conf, &login, &host_based(&service));
        let token = token.map_err(|mut told| {
            told.generalize(&ccache, DEFAULT_CCACHE);
            failed(told)
        })?;
        self.mit_session(host, &service, &at, &token)
    }

    fn mit_session(
        &mut self,
        from: &str,
        service: &Principal,
        at: &str,
        token: &[u8],
    ) -> Result<(), Failed> {
        let answer = self.accept(from, at, service, token, None)?;
        let answered = self.mit.answer(&answer);
        answered.map_err(|told| refused("GSS-API of MIT krb5", told, &answer))
    }

    fn crypto_policy(&self, host: &str) -> CryptoPolicy {
        let mut configs = self.world.client_configs();
        let found = configs.find(|(name, _)| *name == host);
        found.expect("a host").1.crypto_policy
    }

    fn javas(&self) -> Javas {
        let mut configs = self.world.client_configs();
        Javas::lock(configs.any(|(_, config)| config.crypto_policy == CryptoPolicy::Limited))
    }

    /// The answer of the acceptor on host `at` to a program on host `from`. `javas` are Java's programs if one
    /// of them is at work already.
    fn accept(
        &mut self,
        from: &str,
        at: &str,
        service: &Principal,
        token: &[u8],
        javas: Option<&mut Javas>,
    ) -> Result<Vec<u8>, Failed> {
        match self.acceptor(from, at) {
            Some(Implementation::Java) => {
                self.used.insert(Program::JavaAcceptor);
                let policy = self.crypto_policy(at);
                match javas {
                    Some(javas) => self.accept_with(javas.with(policy), at, service, token),
                    None => self.accept_with(self.javas().with(policy), at, service, token),
                }
            }
            Some(Implementation::Mit) => {
                self.used.insert(Program::MitAcceptor);
                // A process of its own: within one, MIT's library gives an initiator the acceptor's words.
                let mut mit = Gss::mit_acceptor();
                self.accept_with(&mut mit, at, service, token)
            }
            None => {
                self.used.insert(Program::OurAcceptor);
                match self.served.reach(from, at, service, token) {
                    Reached::Answer(answer) => Ok(answer),
                    Reached::Closed => {
                        let by = format!("our acceptor on {at}");
                        Err(refused(&by, Told::nothing(), &[]))
                    }
                }
            }
        }
    }

    /// The real acceptor that can stand for that of host `at`; ours alone has its clock, its settings or
    /// the faults of the way to it.
    fn acceptor(&self, from: &str, at: &str) -> Option<Implementation> {
        let implementation = match self.dialect(at) {
            DialectName::Java => Implementation::Java,
            DialectName::Mit | DialectName::PanOs => Implementation::Mit,
            DialectName::Java6 | DialectName::Windows => return None,
        };
        let is_real = self.kdc == Kdc::Krb5kdc
            || (self.world.clock_offset(from) == self.world.clock_offset(at)
                && !is_special_acceptor(&self.scenario.script, from, at));
        is_real.then_some(implementation)
    }

    fn accept_with(
        &mut self,
        gss: &mut Gss,
        at: &str,
        service: &Principal,
        token: &[u8],
    ) -> Result<Vec<u8>, Failed> {
        let conf = self.krb5_conf(at);
        let keytab = self.keytab(at);
        let held = std::fs::read(&keytab).map(|bytes| Keytab::parse(&bytes).unwrap());
        let entries = held.unwrap_or_default().entries;
        // Java's acceptor logs in as one principal of its keytab.
        let principal = entries
            .iter()
            .map(|entry| &entry.principal)
            .find(|principal| *principal == service)
            .or_else(|| entries.first().map(|entry| &entry.principal))
            .map(ToString::to_string)
            .unwrap_or_default();
        let mut accepted = gss.accept(&conf, &keytab, &principal, token);
        if let Err(told) = &mut accepted.result {
            told.generalize(&keytab, DEFAULT_KEYTAB);
        }
        if let Err(told) = accepted.result {
            self.acceptors.insert(at.to_owned(), told);
            if accepted.answer.is_empty() {
                let by = format!("the acceptor on {at}");
                return Err(refused(&by, Told::nothing(), &[]));
            }
        }
        Ok(accepted.answer)
    }

    fn has_client_keytab(&self, host: &str) -> bool {
        self.world.client_keytabs().any(|(name, _)| name == host)
    }

    pub(super) fn session(&mut self, user: &Principal, host: &str) -> &Session {
        let conf = self.krb5_conf(host);
        let shared = match self.kdc {
            Kdc::Krb5kdc => None,
            Kdc::Ours => Some(self.served.ccache(host, user)),
        };
        self.sessions
            .entry((user.clone(), host.to_owned()))
            .or_insert_with(|| Session::new(&conf).with_ccache(shared))
    }

    fn keytab(&self, host: &str) -> PathBuf {
        match &self.krb5kdc {
            Some(krb5kdc) => krb5kdc.keytab(host),
            None => self.served.dir().join(format!("{host}.keytab")),
        }
    }

    fn client_keytab(&self, host: &str) -> PathBuf {
        match &self.krb5kdc {
            Some(krb5kdc) => krb5kdc.client_keytab(host),
            None => self.served.dir().join(format!("{host}.client.keytab")),
        }
    }

    /// The krb5.conf of `host`, with the addresses of the KDCs that the programs shall meet.
    fn krb5_conf(&self, host: &str) -> PathBuf {
        let path = self.home.path().join(format!("{host}.krb5.conf"));
        let conf = std::fs::read_to_string(self.served.krb5_conf(host)).unwrap();
        let conf = self.network.lead(&conf);
        std::fs::write(&path, conf).unwrap();
        path
    }
}

/// `kpasswd`, which tells why a new password is refused on the last lines.
pub(super) fn kpasswd(
    session: &Session,
    kpasswd: &Kpasswd,
    user: &Principal,
    old: &str,
) -> Result<(), Failed> {
    let typed = format!("{old}\n{new}\n{new}\n", new = kpasswd.new);
    let Some(output) = session
        .run("kpasswd", &[&user.to_string()], &typed)
        .failure()
    else {
        return Ok(());
    };
    let said = output.rsplit("Enter it again: ").next().unwrap_or(&output);
    let said = said.trim();
    let said = said.strip_prefix("kpasswd: ").unwrap_or(said);
    let told = Told {
        com_err: None,
        texts: vec![
            said.split(" changing password")
                .next()
                .unwrap_or(said)
                .to_owned(),
        ],
    };
    Err(Failed::new("kpasswd", told))
}

fn kinit(
    session: &Session,
    call: &Call,
    user: &Principal,
    password: Option<&str>,
) -> Result<(), Failed> {
    let mut arguments = Vec::new();
    for (flag, span) in [
        ("-l", call.lifetime),
        ("-r", call.renewable),
        ("-s", call.postdated),
    ] {
        if let Some(span) = span {
            arguments.extend([flag.to_owned(), format!("{}s", span.seconds())]);
        }
    }
    if let Some(span) = call.postdated {
        arguments.extend(["-s".to_owned(), format!("{}s", span.seconds())]);
    }
    if call.forwardable {
        arguments.push("-f".to_owned());
    }
    arguments.push(user.to_string());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let typed = format!("{}\n", password.unwrap_or_default());
    program(session, "kinit", &arguments, &typed)
}

/// A program of MIT, which prints `kinit: TEXT while getting initial credentials`.
fn program(session: &Session, name: &str, arguments: &[&str], typed: &str) -> Result<(), Failed> {
    let Some(output) = session.run(name, arguments, typed).failure() else {
        return Ok(());
    };
    let line = output
        .rsplit(&format!("{name}: "))
        .next()
        .unwrap_or(&output);
    let said = line.split(" while ").next().unwrap_or(line);
    let told = Told {
        com_err: None,
        texts: vec![said.to_owned()],
    };
    Err(Failed {
        trace: Some(session.trace()),
        ..Failed::new(format!("{name} {}", arguments.join(" ")), told)
    })
}

/// As GSS-API names a service: `HTTP@host.example`.
fn host_based(service: &Principal) -> String {
    service.name.to_string().replacen('/', "@", 1)
}

/// Whether no real acceptor on host `at` stands for the scenario's: it has settings that real ones lack, or
/// its way from host `from` has faults.
fn is_special_acceptor(script: &Script, from: &str, at: &str) -> bool {
    let mut tables = script.host.iter();
    let (_, table) = tables
        .find(|(name, _)| name.get_ref() == at)
        .expect("a host");
    let is_set = |acceptor: &AcceptorTable| {
        acceptor.replay_cache.is_some()
            || acceptor.ap_rep_added_seconds.is_some()
            || acceptor.shares_replay_cache_with.is_some()
            || acceptor.clockskew.is_some()
    };
    let fixes = script.fix.iter().flat_map(|fix| &fix.steps);
    let mut steps = script.given.iter().chain(&script.fault).chain(fixes);
    is_set(&table.acceptor)
        || steps.any(|step| match step.get_ref() {
            Verb::ConfigureAcceptor(configured) => {
                configured.host.get_ref() == at && is_set(&configured.set)
            }
            Verb::HostDown(host) => host.get_ref() == at,
            Verb::Link(link) => {
                let is = |end: &Option<Spanned<String>>| {
                    end.as_ref()
                        .is_none_or(|host| host.get_ref() == at || host.get_ref() == from)
                };
                let of_session = link
                    .message
                    .as_ref()
                    .is_none_or(|message| message.get_ref().starts_with("AP-"));
                is(&link.from) && is(&link.to) && of_session
            }
            _ => false,
        })
}
