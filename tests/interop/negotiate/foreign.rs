//! Foreign contexts step by step.

use std::path::Path;

use crate::gss::{Gss, Implementation, Told, bytes, hex};
use crate::served::text;

/// A step that went well.
#[derive(Debug)]
pub(crate) struct Step {
    /// The token for the other end; empty for none.
    pub(crate) token: Vec<u8>,
    /// Present once the context stands.
    pub(crate) established: Option<Established>,
}

/// What a foreign library tells of a context that stands.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) initiator: String,
    /// The mechanism's object identifier.
    pub(crate) mechanism: String,
}

/// A step that failed.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The token for the other end; empty for none.
    pub(crate) token: Vec<u8>,
    pub(crate) told: Told,
}

impl Gss {
    /// Sets a variable of the program's environment.
    pub(crate) fn environment(&mut self, name: &str, value: &str) {
        self.done(&["environment", name, value]).unwrap();
    }

    /// Makes it an initiator of `mechanism` for `service`. Without a cache it has no tickets.
    pub(crate) fn set_initiator(
        &mut self,
        krb5_conf: &Path,
        mechanism: &str,
        ccache: Option<&Path>,
        service: &str,
    ) -> Result<(), Told> {
        let ccache = ccache.map_or("", text);
        self.done(&["initiator", text(krb5_conf), mechanism, ccache, service])
            .map(drop)
    }

    /// Makes it an acceptor of `mechanism`; without a keytab it has no keys. Java's logs in as `principal`.
    pub(crate) fn set_acceptor(
        &mut self,
        krb5_conf: &Path,
        mechanism: &str,
        keytab: Option<&Path>,
        principal: &str,
    ) -> Result<(), Told> {
        let (conf, keytab) = (text(krb5_conf), keytab.map_or("", text));
        let mut fields = vec!["acceptor", conf, mechanism, keytab];
        if self.implementation == Implementation::Java {
            fields.push(principal);
        }
        self.done(&fields).map(drop)
    }

    pub(crate) fn step(&mut self, token: &[u8]) -> Result<Step, Refusal> {
        let answer = self.ask(&["step", &hex(token)]);
        let token = answer.get(1).map(|token| bytes(token)).unwrap_or_default();
        match answer[0].as_str() {
            "token" => Ok(Step {
                token,
                established: None,
            }),
            "established" => Ok(Step {
                token,
                established: Some(Established {
                    initiator: answer[2].clone(),
                    mechanism: answer[3].clone(),
                }),
            }),
            "refused" => Err(Refusal {
                token,
                told: self.told(&answer[2..]),
            }),
            other => panic!("step: {other}"),
        }
    }

    pub(crate) fn mic(&mut self, message: &[u8]) -> Vec<u8> {
        self.done(&["mic", &hex(message)]).unwrap()
    }

    pub(crate) fn verify(&mut self, message: &[u8], mic: &[u8]) -> Result<(), Told> {
        self.done(&["verify", &hex(message), &hex(mic)]).map(drop)
    }

    pub(crate) fn wrap(&mut self, confidential: bool, message: &[u8]) -> Vec<u8> {
        let confidential = confidential.to_string();
        self.done(&["wrap", &confidential, &hex(message)]).unwrap()
    }

    /// The message, and whether it was encrypted.
    pub(crate) fn unwrap(&mut self, token: &[u8]) -> Result<(Vec<u8>, bool), Told> {
        let answer = self.ask(&["unwrap", &hex(token)]);
        match answer[0].as_str() {
            "token" => Ok((bytes(&answer[1]), answer[2] == "true")),
            "failed" => Err(self.told(&answer[1..])),
            other => panic!("unwrap: {other}"),
        }
    }
}
