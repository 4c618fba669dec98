//! A client's registration: what it says, and what the management point does with it.

use kdclab_proto::Principal;
use rand::Rng;

use super::Registration;
use crate::script::web::is_smsid;
use crate::sim::http::Status;
use crate::sim::outcome::VerbError;
use crate::sim::windows::computer_name;
use crate::sim::world::World;

/// The version of the document's client.
const VERSION: &str = "4.00.6221.1000";
/// The longest value of a registration.
const MAX_VALUE: usize = 255;

impl Registration {
    /// The registration as it travels. Configuration Manager has messages of its own, which no document describes; this
    /// one has a line for each parameter of the stored procedure that comes from the client.
    pub(in crate::sim) fn encode(&self) -> Vec<u8> {
        format!(
            "SMSID: {}\r\nNetbiosName: {}\r\nFQDName: {}\r\nVersion: {}\r\n",
            self.smsid, self.netbios_name, self.fqd_name, self.version
        )
        .into_bytes()
    }

    pub(in crate::sim) fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let value = |name: &str| {
            let mut values = text
                .lines()
                .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let value = values.next()?;
            let is_plain = |letter: char| letter.is_ascii_graphic() && letter != '"';
            let fits = (1..=MAX_VALUE).contains(&value.len()) && value.chars().all(is_plain);
            (fits && values.next().is_none()).then(|| value.to_owned())
        };
        Some(Self {
            smsid: value("SMSID").filter(|smsid| is_smsid(smsid))?,
            netbios_name: value("NetbiosName")?,
            fqd_name: value("FQDName")?,
            version: value("Version")?,
        })
    }
}

impl World {
    /// The id of the client on a host, which makes one if it has none.
    pub(super) fn smsid_of(&mut self, host: &str) -> Result<String, VerbError> {
        let host = self.host_mut(host)?;
        if let Some(smsid) = &host.smsid {
            return Ok(smsid.clone());
        }
        let mut bytes = [0; 16];
        host.rng.fill_bytes(&mut bytes);
        // RFC 9562 section 5.4.
        bytes[6] = 0x40 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
        let smsid = format!(
            "GUID:{}-{}-{}-{}-{}",
            part(0..8),
            part(8..12),
            part(12..16),
            part(16..20),
            part(20..32)
        );
        host.smsid = Some(smsid.clone());
        Ok(smsid)
    }

    /// The full name of a host.
    pub(in crate::sim) fn full_name(&self, host: &str) -> Option<String> {
        let host = self.hosts.get(host)?;
        if let Some(name) = &host.dns_name {
            return Some(name.clone());
        }
        let realm = host.identity.as_ref()?.realm.to_string();
        Some(format!(
            "{}.{}",
            computer_name(host),
            realm.to_ascii_lowercase()
        ))
    }

    /// What the client on `host` registers with.
    pub(super) fn registration(&mut self, host: &str) -> Option<Registration> {
        let smsid = self.smsid_of(host).ok()?;
        Some(Registration {
            smsid,
            netbios_name: computer_name(self.hosts.get(host)?),
            fqd_name: self.full_name(host)?,
            version: VERSION.to_owned(),
        })
    }

    /// What the management point does with a registration of `user`, or of nobody who was let in: whether it trusts the
    /// client or not, it tells the database.
    pub(super) fn take_registration(
        &mut self,
        code: &str,
        host: &str,
        body: &[u8],
        user: Option<&Principal>,
    ) -> Status {
        let (Some(site), Some(host)) = (self.sites.get_mut(code), self.hosts.get_mut(host)) else {
            return Status::Ok;
        };
        let Some(registration) = Registration::decode(body) else {
            return Status::BadRequest;
        };
        let approval = u8::from(user.is_some());
        let file = inbox_file(&mut host.rng);
        host.log.push(format!(
            r"MP_RegistrationManager.log: MP Reg: DDR file written to E:\SMS\inboxes\auth\\regreq\{file}.RDR"
        ));
        host.log.push(format!(
            "SQL Profiler: exec spUpdateClientRegistration (@SiteCode) \"{code}\", (@SMSID) \"{}\", (@ApprovalMethod) \
             {approval}, (@IsIntegratedAuth) {approval}, (@Version) \"{}\", (@NetbiosName) \"{}\", (@FQDName) \"{}\"",
            registration.smsid,
            registration.version,
            registration.netbios_name,
            registration.fqd_name
        ));
        site.database
            .update_client_registration(&registration, approval);
        Status::Ok
    }
}

/// The name of a file in an inbox, eight letters and digits as in the document's `A8Z82CVO.RDR`.
fn inbox_file(rng: &mut impl Rng) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234589";
    let mut bytes = [0; 8];
    rng.fill_bytes(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration() -> Registration {
        Registration {
            smsid: "GUID:EEAF9390-94EB-43AE-A0DE-F374E3E7E03B".to_owned(),
            netbios_name: "WK02-020-51W".to_owned(),
            fqd_name: "WK02-020-51W.Child.A2003.VM.local".to_owned(),
            version: VERSION.to_owned(),
        }
    }

    #[test]
    fn a_registration_is_read_as_it_was_written() {
        let written = registration().encode();
        assert_eq!(Registration::decode(&written), Some(registration()));
    }

    #[test]
    fn what_is_no_registration_is_none() {
        let written = String::from_utf8(registration().encode()).unwrap();
        let long = "x".repeat(MAX_VALUE + 1);
        for (from, to) in [
            ("SMSID: ", "SMSID:"),
            ("GUID:", ""),
            ("EEAF9390", "eeaf9390"),
            ("WK02-020-51W\r", "WK02 020\r"),
            ("WK02-020-51W\r", "WK02\"\r"),
            ("WK02-020-51W\r", "\r"),
            ("WK02-020-51W\r", &format!("{long}\r")),
            ("Version", "NetbiosName: x\r\nVersion"),
            ("Version", "Virsion"),
        ] {
            let text = written.replacen(from, to, 1);
            assert_ne!(text, written, "{from}");
            assert_eq!(Registration::decode(text.as_bytes()), None, "{from} {to}");
        }
        assert_eq!(Registration::decode(b"\xff"), None);
    }
}
