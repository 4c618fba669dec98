//! What the Resource Kit's `klist tickets` prints of a user's tickets.

use kdclab_client::Credential;
use kdclab_proto::{Enctype, KerberosTime};

use crate::sim::world::World;

impl World {
    /// The tickets for services, one line each, in the cache of `HOST/USER`. The clock is shown in UTC.
    pub(crate) fn klist(&self, place: &str) -> Vec<String> {
        let cache = place.split_once('/').and_then(|(host, user)| {
            let user = self.principal(user).ok()?;
            self.hosts.get(host)?.caches.get(&user)
        });
        let tickets = cache.map_or(&[][..], |cache| cache.credentials());
        let is_for_service = |ticket: &&Credential| ticket.server.name.krbtgt_realm().is_none();
        tickets.iter().filter(is_for_service).map(line).collect()
    }
}

fn line(ticket: &Credential) -> String {
    let mut server = ticket.server.clone();
    if server.realm.is_empty() {
        // Asked for without a realm, it is of the user's own.
        server.realm = ticket.client.realm.clone();
    }
    format!(
        "Server: {}, KerbTicket Encryption Type: {}, End Time: {}",
        server,
        encryption_type(ticket.ticket.enc_part.etype),
        time(ticket.endtime)
    )
}

fn encryption_type(enctype: Enctype) -> String {
    match enctype {
        Enctype::RC4_HMAC => "RSADSI RC4-HMAC(NT)".to_owned(),
        other => other.to_string(),
    }
}

/// `4/2/2008 21:02:20`.
fn time(time: KerberosTime) -> String {
    let digits: String = time
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    let short = |range: std::ops::Range<usize>| part(range).trim_start_matches('0').to_owned();
    format!(
        "{}/{}/{} {}:{}:{}",
        short(4..6),
        short(6..8),
        part(0..4),
        part(8..10),
        part(10..12),
        part(12..14)
    )
}
