//! Which key of the keytab opens a ticket, dialect by dialect.

use kdclab_proto::messages::{ApOptions, ApReq, EncTicketPart, Ticket};
use kdclab_proto::{Enctype, Key, KeyUsage, KeytabEntry, Principal};

use crate::acceptor::{Acceptor, Framing};
use crate::{AcceptError, Dialect, WantedKey};

/// A ticket, opened.
pub(super) struct OpenedTicket {
    pub(super) part: EncTicketPart,
    /// The principal of the key that opened it.
    pub(super) server: Principal,
}

enum Failure {
    /// The key does not fit.
    Integrity,
    /// The key fits and the contents are no ticket.
    Malformed(AcceptError),
}

impl Acceptor {
    /// Opens the ticket of `request` with the key of the user-to-user exchange when the request says so and
    /// there is one, else with the keytab.
    pub(super) fn open_ticket(&self, request: &ApReq) -> Result<OpenedTicket, AcceptError> {
        let ticket = &request.ticket;
        let wanted = WantedKey {
            server: ticket.server(),
            kvno: ticket.enc_part.kvno.unwrap_or(0),
            enctype: ticket.enc_part.etype,
            acceptor: self.name.clone(),
        };
        if let Some(key) = &self.user_to_user_key
            && request.ap_options.contains(ApOptions::USE_SESSION_KEY)
        {
            return match decrypt(ticket, key) {
                Ok(part) => Ok(OpenedTicket {
                    part,
                    server: wanted.server,
                }),
                Err(Failure::Malformed(error)) => Err(error),
                Err(Failure::Integrity) => Err(AcceptError::TicketUndecryptable(wanted.into())),
            };
        }
        match self.config.dialect {
            Dialect::Java | Dialect::Java6 => self.open_as_java(ticket, wanted),
            Dialect::Mit => self.open_as_mit(ticket, wanted),
            Dialect::Windows => self.open_as_windows(ticket, wanted),
        }
    }

    fn open_as_mit(&self, ticket: &Ticket, wanted: WantedKey) -> Result<OpenedTicket, AcceptError> {
        let has_match = self
            .keytab
            .entries
            .iter()
            .any(|entry| self.name.matches(&entry.principal));
        if self.framing == Framing::Gss && !has_match {
            return Err(AcceptError::NoCredentials {
                acceptor: self.name.clone().into(),
                keytab_has_keys: !self.keytab.entries.is_empty(),
            });
        }
        if self.keytab.entries.is_empty() {
            return Err(AcceptError::NoKeys);
        }
        if !has_match {
            return Err(AcceptError::NoKeysForAcceptor(wanted.into()));
        }
        match self.name.principal() {
            Some(principal) => self.open_as_principal(principal, ticket, wanted),
            None => self.open_with_any(ticket, wanted),
        }
    }

    /// MIT with one name: the one key of that name, version and type.
    fn open_as_principal(
        &self,
        principal: &Principal,
        ticket: &Ticket,
        wanted: WantedKey,
    ) -> Result<OpenedTicket, AcceptError> {
        let of_type: Vec<&KeytabEntry> = self
            .keytab
            .entries_of(principal)
            .filter(|entry| entry.enctype == wanted.enctype)
            .collect();
        let entry = if wanted.kvno == 0 {
            of_type.iter().max_by_key(|entry| entry.kvno).copied()
        } else {
            self.keytab.find(principal, wanted.kvno, wanted.enctype)
        };
        let entry = match (entry, of_type.iter().map(|entry| entry.kvno).max()) {
            (Some(entry), _) => entry,
            (None, Some(newest)) => {
                return Err(AcceptError::KeyVersion {
                    wanted: wanted.into(),
                    newest,
                });
            }
            (None, None) => return Err(AcceptError::KeyEnctype(wanted.into())),
        };
        if !self.permits(wanted.enctype) {
            return Err(AcceptError::TicketEnctypeNotPermitted(wanted.into()));
        }
        match decrypt_with_entry(ticket, entry) {
            Ok(part) => Ok(OpenedTicket {
                part,
                server: principal.clone(),
            }),
            Err(Failure::Malformed(error)) => Err(error),
            Err(Failure::Integrity) => Err(AcceptError::TicketUndecryptable(wanted.into())),
        }
    }

    /// MIT without one: every key of the ticket's type, whatever its principal and version. What is missing
    /// is told apart only once none fits.
    fn open_with_any(
        &self,
        ticket: &Ticket,
        wanted: WantedKey,
    ) -> Result<OpenedTicket, AcceptError> {
        let ours = || {
            self.keytab
                .entries
                .iter()
                .filter(|entry| self.name.matches(&entry.principal))
        };
        if self.permits(wanted.enctype) {
            for entry in ours().filter(|entry| entry.enctype == wanted.enctype) {
                match decrypt_with_entry(ticket, entry) {
                    Ok(part) => {
                        return Ok(OpenedTicket {
                            part,
                            server: entry.principal.clone(),
                        });
                    }
                    Err(Failure::Malformed(error)) => return Err(error),
                    Err(Failure::Integrity) => {}
                }
            }
        }
        let in_keytab = self.keytab.entries_of(&wanted.server).next().is_some();
        if in_keytab && !self.name.matches(&wanted.server) {
            return Err(AcceptError::ServerNotAcceptor(wanted.into()));
        }
        let versions = self.keytab.entries_of(&wanted.server);
        let Some(newest) = versions.map(|entry| entry.kvno).max() else {
            return Err(AcceptError::ServerNotInKeytab(wanted.into()));
        };
        let of_version: Vec<Enctype> = self
            .keytab
            .entries_of(&wanted.server)
            .filter(|entry| entry.kvno == wanted.kvno)
            .map(|entry| entry.enctype)
            .collect();
        if of_version.is_empty() {
            return Err(AcceptError::KeyVersion {
                wanted: wanted.into(),
                newest,
            });
        }
        if of_version.contains(&wanted.enctype) {
            Err(AcceptError::TicketUndecryptable(wanted.into()))
        } else {
            Err(AcceptError::KeyEnctype(wanted.into()))
        }
    }

    /// Java: one key, that of the ticket's version or else the newest of its type, among the keys of the
    /// ticket's server or, without any, among all.
    fn open_as_java(
        &self,
        ticket: &Ticket,
        wanted: WantedKey,
    ) -> Result<OpenedTicket, AcceptError> {
        if !self.permits(wanted.enctype) {
            return Err(AcceptError::TicketEnctypeNotPermitted(wanted.into()));
        }
        let of_type: Vec<&KeytabEntry> = self
            .keys_of_or(&wanted.server, None)
            .into_iter()
            .filter(|entry| entry.enctype == wanted.enctype)
            .collect();
        let fits = |entry: &&&KeytabEntry| {
            wanted.kvno == 0 || entry.kvno == 0 || entry.kvno == wanted.kvno
        };
        let newest = || of_type.iter().max_by_key(|entry| entry.kvno);
        let Some(entry) = of_type.iter().find(fits).or_else(newest) else {
            return Err(AcceptError::KeyEnctype(wanted.into()));
        };
        match decrypt_with_entry(ticket, entry) {
            Ok(part) => Ok(OpenedTicket {
                part,
                server: wanted.server,
            }),
            Err(Failure::Malformed(error)) => Err(error),
            Err(Failure::Integrity) if wanted.kvno != 0 && entry.kvno != wanted.kvno => {
                Err(AcceptError::KeyVersion {
                    newest: entry.kvno,
                    wanted: wanted.into(),
                })
            }
            Err(Failure::Integrity) => Err(AcceptError::TicketUndecryptable(wanted.into())),
        }
    }

    /// Windows: the keys of the account that bears the ticket's name, the machine's for a name that none
    /// bears, newest first.
    fn open_as_windows(
        &self,
        ticket: &Ticket,
        wanted: WantedKey,
    ) -> Result<OpenedTicket, AcceptError> {
        if self.keytab.entries.is_empty() {
            return Err(AcceptError::NoKeys);
        }
        let mut keys = self.keys_of_or(&wanted.server, self.identity.as_ref());
        keys.sort_by_key(|entry| std::cmp::Reverse(entry.kvno));
        let newest = keys.first().map(|entry| entry.kvno);
        let has_version = keys.iter().any(|entry| entry.kvno == wanted.kvno);
        keys.retain(|entry| entry.enctype == wanted.enctype);
        if !self.permits(wanted.enctype) {
            return Err(AcceptError::TicketEnctypeNotPermitted(wanted.into()));
        }
        for entry in &keys {
            match decrypt_with_entry(ticket, entry) {
                Ok(part) => {
                    return Ok(OpenedTicket {
                        part,
                        server: wanted.server,
                    });
                }
                Err(Failure::Malformed(error)) => return Err(error),
                Err(Failure::Integrity) => {}
            }
        }
        match newest {
            None => Err(AcceptError::ServerNotInKeytab(wanted.into())),
            Some(_) if keys.is_empty() => Err(AcceptError::KeyEnctype(wanted.into())),
            Some(newest) if wanted.kvno != 0 && !has_version => Err(AcceptError::KeyVersion {
                wanted: wanted.into(),
                newest,
            }),
            Some(_) => Err(AcceptError::TicketUndecryptable(wanted.into())),
        }
    }

    /// The acceptor's keys that bear the name `server`, or without any those of `fallback`, or all of them.
    fn keys_of_or(&self, server: &Principal, fallback: Option<&Principal>) -> Vec<&KeytabEntry> {
        let is_windows = self.config.dialect == Dialect::Windows;
        let keys = |principal: &Principal| -> Vec<&KeytabEntry> {
            self.keytab
                .entries
                .iter()
                .filter(|entry| match is_windows {
                    true => entry.principal.eq_ignore_ascii_case(principal),
                    false => entry.principal == *principal,
                })
                .filter(|entry| self.name.matches(&entry.principal))
                .collect()
        };
        let own = keys(server);
        if !own.is_empty() {
            return own;
        }
        fallback.map_or_else(
            || {
                self.keytab
                    .entries
                    .iter()
                    .filter(|entry| self.name.matches(&entry.principal))
                    .collect()
            },
            keys,
        )
    }
}

fn decrypt_with_entry(ticket: &Ticket, entry: &KeytabEntry) -> Result<EncTicketPart, Failure> {
    let key = entry.key().map_err(|_| Failure::Integrity)?;
    decrypt(ticket, &key)
}

fn decrypt(ticket: &Ticket, key: &Key) -> Result<EncTicketPart, Failure> {
    if key.enctype() != ticket.enc_part.etype {
        return Err(Failure::Integrity);
    }
    let plain = key
        .decrypt(KeyUsage::TICKET, &ticket.enc_part.cipher)
        .map_err(|_| Failure::Integrity)?;
    EncTicketPart::decode_padded(&plain)
        .map_err(|error| Failure::Malformed(AcceptError::TicketMalformed(error)))
}
