//! What an acceptor checks of an opened ticket and its authenticator, in each dialect's order.

use std::net::IpAddr;

use kdclab_proto::messages::{ApReq, Authenticator, EncTicketPart, HostAddress, TicketFlags};
use kdclab_proto::{Principal, Timestamp};

use crate::acceptor::{Acceptor, transited};
use crate::replay_cache::{NotStored, PresentedAuthenticator, ReplayCache};
use crate::{AcceptError, Dialect, SessionKeyKind};

/// An AP-REQ, opened.
pub(super) struct Presented<'a> {
    pub(super) request: &'a ApReq,
    pub(super) ticket: &'a EncTicketPart,
    pub(super) server: &'a Principal,
    pub(super) authenticator: &'a Authenticator,
    /// Where it came from, when addresses are checked.
    pub(super) peer: Option<IpAddr>,
}

#[derive(Clone, Copy)]
enum Check {
    Address,
    Client,
    ClockSkew,
    Enctypes,
    InvalidFlag,
    Replay,
    TicketTimes,
    Transited,
}

/// The order decides which of several causes is told: an acceptor that is 310 s behind says 33 in MIT, 37 in
/// Java (both see a fresh ticket with a fresh authenticator).
fn order(dialect: Dialect) -> &'static [Check] {
    match dialect {
        Dialect::Mit => &[
            Check::Client,
            Check::Address,
            Check::Transited,
            Check::Replay,
            Check::TicketTimes,
            Check::ClockSkew,
            Check::InvalidFlag,
            Check::Enctypes,
        ],
        Dialect::Java | Dialect::Java6 => &[
            Check::Enctypes,
            Check::Client,
            Check::ClockSkew,
            Check::Replay,
            Check::Address,
            Check::InvalidFlag,
            Check::TicketTimes,
        ],
        // Nothing documents Windows' order; this is RFC 4120 section 3.2.3.
        Dialect::Windows => &[
            Check::Client,
            Check::Address,
            Check::ClockSkew,
            Check::Replay,
            Check::InvalidFlag,
            Check::TicketTimes,
            Check::Enctypes,
        ],
    }
}

impl Acceptor {
    pub(super) fn check(
        &self,
        replay_cache: &mut ReplayCache,
        now: Timestamp,
        presented: &Presented<'_>,
    ) -> Result<(), AcceptError> {
        for check in order(self.config.dialect) {
            match check {
                Check::Address => check_address(presented)?,
                Check::Client => check_client(presented)?,
                Check::ClockSkew => self.check_clock_skew(now, presented.authenticator)?,
                Check::Enctypes => self.check_enctypes(presented)?,
                Check::InvalidFlag => check_invalid_flag(presented.ticket)?,
                Check::Replay => self.check_replay(replay_cache, now, presented)?,
                Check::TicketTimes => self.check_ticket_times(now, presented.ticket)?,
                Check::Transited => self.check_transited(presented)?,
            }
        }
        Ok(())
    }

    /// MIT and Java compare whole seconds of ticket times; MIT also those of the authenticator.
    fn check_clock_skew(
        &self,
        now: Timestamp,
        authenticator: &Authenticator,
    ) -> Result<(), AcceptError> {
        let ctime = time_of(authenticator);
        let limit = self.config.clockskew;
        let near = match self.config.dialect {
            Dialect::Mit => authenticator
                .ctime
                .timestamp()
                .within(now.time().timestamp(), limit),
            Dialect::Java | Dialect::Java6 | Dialect::Windows => ctime.within(now, limit),
        };
        if near {
            Ok(())
        } else {
            Err(AcceptError::ClockSkew { ctime, now, limit })
        }
    }

    fn check_ticket_times(
        &self,
        now: Timestamp,
        ticket: &EncTicketPart,
    ) -> Result<(), AcceptError> {
        let second = now.time().timestamp();
        let skew = self.config.clockskew;
        let starttime = ticket.valid_from();
        if starttime.timestamp() > second + skew {
            return Err(AcceptError::TicketNotYetValid { starttime, now });
        }
        if second > ticket.endtime.timestamp() + skew {
            return Err(AcceptError::TicketExpired {
                endtime: ticket.endtime,
                now,
            });
        }
        Ok(())
    }

    fn check_transited(&self, presented: &Presented<'_>) -> Result<(), AcceptError> {
        let ticket = presented.ticket;
        if ticket.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED) {
            return Ok(());
        }
        let (client, server) = (&ticket.crealm, &presented.server.realm);
        transited::check(&ticket.transited, client, server, &self.config.capaths).map_err(
            |untrusted| AcceptError::IllegalTransit {
                client: client.clone(),
                server: server.clone(),
                transited: untrusted.0,
            },
        )
    }

    fn check_replay(
        &self,
        replay_cache: &mut ReplayCache,
        now: Timestamp,
        presented: &Presented<'_>,
    ) -> Result<(), AcceptError> {
        let authenticator = presented.authenticator;
        let client = authenticator.client();
        let entry = PresentedAuthenticator {
            client: &client,
            server: presented.server,
            ctime: authenticator.ctime,
            cusec: authenticator.cusec,
            cipher: &presented.request.authenticator.cipher,
        };
        replay_cache
            .store(now, self.config.clockskew, &entry)
            .map_err(|reason| match reason {
                NotStored::Replay => AcceptError::Replay {
                    client: client.into(),
                    server: presented.server.clone().into(),
                    ctime: time_of(authenticator),
                },
                NotStored::Full { capacity } => AcceptError::ReplayCacheFull { capacity },
            })
    }

    fn check_enctypes(&self, presented: &Presented<'_>) -> Result<(), AcceptError> {
        let session_key = (SessionKeyKind::SessionKey, Some(&presented.ticket.key));
        let subkey = (
            SessionKeyKind::Subkey,
            presented.authenticator.subkey.as_ref(),
        );
        for (kind, key) in [subkey, session_key] {
            let Some(enctype) = key.map(|key| key.enctype()) else {
                continue;
            };
            if !self.permits(enctype) {
                return Err(AcceptError::EnctypeNotPermitted { key: kind, enctype });
            }
        }
        Ok(())
    }
}

fn check_client(presented: &Presented<'_>) -> Result<(), AcceptError> {
    let (ticket, authenticator) = (presented.ticket.client(), presented.authenticator.client());
    if ticket == authenticator {
        Ok(())
    } else {
        Err(AcceptError::ClientMismatch {
            ticket: ticket.into(),
            authenticator: authenticator.into(),
        })
    }
}

fn check_address(presented: &Presented<'_>) -> Result<(), AcceptError> {
    match (presented.peer, &presented.ticket.caddr) {
        (Some(peer), Some(allowed)) if !allowed.contains(&HostAddress::from(peer)) => {
            Err(AcceptError::BadAddress { peer })
        }
        _ => Ok(()),
    }
}

fn check_invalid_flag(ticket: &EncTicketPart) -> Result<(), AcceptError> {
    if ticket.flags.contains(TicketFlags::INVALID) {
        Err(AcceptError::TicketInvalid)
    } else {
        Ok(())
    }
}

/// The initiator's time. Microseconds out of their range count as the nearest that are not.
fn time_of(authenticator: &Authenticator) -> Timestamp {
    let microseconds = authenticator.cusec.clamp(0, 999_999);
    authenticator
        .ctime
        .timestamp()
        .offset_by(microseconds.into())
}
