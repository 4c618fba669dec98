//! What both exchanges need: the surroundings of a request, and the choice of keys and times.

use std::net::SocketAddr;
use std::time::Duration;

use kdclab_proto::messages::{
    EncTicketPart, EncryptedData, KdcOptions, KdcReqBody, Ticket, TicketFlags,
};
use kdclab_proto::{Enctype, KerberosTime, Key, KeyUsage, Principal, Timestamp};
use rand::CryptoRng;

use crate::outcome::Issued;
use crate::{Attributes, Database, KdcError, LongTermKey, PrincipalEntry, Traffic};

/// The surroundings of one request.
pub(crate) struct Context<'a> {
    pub(crate) database: &'a Database,
    pub(crate) traffic: &'a Traffic,
    pub(crate) now: Timestamp,
    pub(crate) peer: SocketAddr,
}

/// A reply that carries a ticket.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) issued: Issued,
}

impl Context<'_> {
    pub(crate) fn time(&self) -> KerberosTime {
        self.now.time()
    }

    /// Whether a client's clock is near enough. As MIT does, only whole seconds count.
    pub(crate) fn is_within_skew(&self, client: KerberosTime) -> bool {
        let apart = client.unix().abs_diff(self.time().unix());
        apart <= self.database.policy().clockskew.as_secs()
    }

    /// Whether a long-term key of `enctype` may be used for `entry`.
    pub(crate) fn permits_key(&self, entry: &PrincipalEntry, enctype: Enctype) -> bool {
        let account = entry.account.as_ref();
        self.database.policy().permits(enctype)
            && account.is_none_or(|account| account.permits_key(enctype))
    }

    /// The key that tickets for `server` are sealed with: the first of its newest version, and for an account of Active
    /// Directory the strongest of the types that the account supports, whether or not the client knows it.
    pub(crate) fn sealing_key<'s>(
        &self,
        server: &'s PrincipalEntry,
    ) -> Result<(u32, &'s Key), KdcError> {
        let policy = self.database.policy();
        let set = server.key_sets().first();
        let permitted = |key: &&LongTermKey| self.permits_key(server, key.key.enctype());
        let key = match &server.account {
            None => set.and_then(|set| set.keys.iter().find(permitted)),
            Some(account) => {
                let supported = account.supported_types(policy).ticket_enctypes();
                let mut keys = supported.iter().map(|enctype| server.newest_key(*enctype));
                keys.find_map(|key| key.filter(permitted))
            }
        };
        match (set, key) {
            (Some(set), Some(key)) => Ok((set.kvno, &key.key)),
            _ => Err(KdcError::ServiceKeyMissing(server.principal().clone())),
        }
    }

    /// The newest key of `entry` of the first type in `requested` that there is one of.
    pub(crate) fn reply_key<'s>(
        &self,
        entry: &'s PrincipalEntry,
        requested: &[Enctype],
    ) -> Option<&'s LongTermKey> {
        requested
            .iter()
            .filter(|enctype| self.permits_key(entry, **enctype))
            .find_map(|enctype| entry.newest_key(*enctype))
    }

    /// The first type in `requested` that a session key for `server` may have. A service is taken to know
    /// aes256-cts-hmac-sha1-96 and the types of its keys unless it says otherwise; an account of Active Directory knows
    /// the types it supports.
    pub(crate) fn session_enctype(
        &self,
        server: &PrincipalEntry,
        requested: &[Enctype],
    ) -> Result<Enctype, KdcError> {
        let is_known = |enctype| match &server.session_enctypes {
            Some(known) => known.contains(&enctype),
            None => {
                enctype == Enctype::AES256_CTS_HMAC_SHA1_96 || server.newest_key(enctype).is_some()
            }
        };
        let candidates = match &server.account {
            Some(account) if server.session_enctypes.is_none() => account
                .supported_types(self.database.policy())
                .session_enctypes(requested),
            _ => requested
                .iter()
                .copied()
                .filter(|enctype| is_known(*enctype))
                .collect(),
        };
        candidates
            .into_iter()
            .find(|enctype| self.database.policy().permits_session(*enctype))
            .ok_or_else(|| KdcError::SessionEnctypeUnavailable {
                requested: requested.to_vec(),
            })
    }

    /// When a ticket ends that begins at `starttime`: the earliest of what the client asks for, what the
    /// presented ticket reaches to, and what client, service and realm allow.
    pub(crate) fn endtime(
        &self,
        starttime: KerberosTime,
        till: KerberosTime,
        presented: KerberosTime,
        entries: &[&PrincipalEntry],
    ) -> KerberosTime {
        let till = if till == KerberosTime::EPOCH {
            KerberosTime::MAX
        } else {
            till
        };
        let longest = entries
            .iter()
            .filter_map(|entry| entry.max_life)
            .fold(self.database.policy().max_life, Duration::min);
        till.min(presented).min(after(starttime, longest))
    }

    /// Until when a ticket can be renewed; `None` when it cannot. A ticket asked for with `renewable` is
    /// renewable even where the allowed time is zero.
    pub(crate) fn renew_till(
        &self,
        body: &KdcReqBody,
        starttime: KerberosTime,
        endtime: KerberosTime,
        presented: Option<&EncTicketPart>,
        entries: &[&PrincipalEntry],
    ) -> Option<KerberosTime> {
        if entries
            .iter()
            .any(|entry| entry.attributes.contains(Attributes::DISALLOW_RENEWABLE))
            || presented.is_some_and(|ticket| !ticket.flags.contains(TicketFlags::RENEWABLE))
        {
            return None;
        }
        let renewable = body.kdc_options.contains(KdcOptions::RENEWABLE);
        let wanted = if renewable {
            match body.rtime {
                None | Some(KerberosTime::EPOCH) => KerberosTime::MAX,
                Some(rtime) => rtime,
            }
        } else if body.kdc_options.contains(KdcOptions::RENEWABLE_OK) && body.till > endtime {
            body.till
        } else {
            return None;
        };
        let longest = entries
            .iter()
            .filter_map(|entry| entry.max_renewable_life)
            .fold(self.database.policy().max_renewable_life, Duration::min);
        let presented = presented
            .and_then(|ticket| ticket.renew_till)
            .unwrap_or(KerberosTime::MAX);
        let renew_till = wanted.min(presented).min(after(starttime, longest));
        (renewable || renew_till > endtime).then_some(renew_till)
    }
}

/// Seals `part` into a ticket for `server`. `kvno` is absent under a session key.
pub(crate) fn seal(
    server: &Principal,
    part: &EncTicketPart,
    key: &Key,
    kvno: Option<u32>,
    rng: &mut dyn CryptoRng,
) -> Ticket {
    Ticket {
        tkt_vno: 5,
        realm: server.realm.clone(),
        sname: server.name.clone(),
        enc_part: encrypted(key, kvno, KeyUsage::TICKET, &part.encode(), rng),
    }
}

pub(crate) fn encrypted(
    key: &Key,
    kvno: Option<u32>,
    usage: KeyUsage,
    plain: &[u8],
    rng: &mut dyn CryptoRng,
) -> EncryptedData {
    EncryptedData {
        etype: key.enctype(),
        kvno,
        cipher: key.encrypt(usage, rng, plain),
    }
}

/// Opens what was sealed with `key`; a ciphertext that names another type does not open.
pub(crate) fn decrypted(key: &Key, usage: KeyUsage, data: &EncryptedData) -> Option<Vec<u8>> {
    if data.etype != key.enctype() {
        return None;
    }
    key.decrypt(usage, &data.cipher).ok()
}

/// `duration` after `time`.
pub(crate) fn after(time: KerberosTime, duration: Duration) -> KerberosTime {
    time.saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}
