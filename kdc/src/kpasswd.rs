//! The password service (RFC 3244), which listens beside the KDC on port 464: `kadmin/changepw`.

mod error;
mod log;

use std::net::IpAddr;

use kdclab_proto::messages::{
    ApRep, ApReq, Authenticator, ChangePasswdData, EncApRepPart, EncKrbPrivPart, EncTicketPart,
    HostAddress, KpasswdCode, KpasswdReply, KpasswdRequest, KpasswdResult, KpasswdVersion,
    KrbError, KrbPriv, TicketFlags,
};
use kdclab_proto::{
    ErrorCode, Key, KeyCache, KeyUsage, NameType, Principal, PrincipalName, Realm, Timestamp,
};
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::context::{Context, after, decrypted, encrypted};
use crate::tgs::header;
use crate::{
    Attributes, Database, Dialect, Kdc, KdcError, LongTermKey, PasswordKeys, PrincipalEntry,
    Traffic, Transport,
};

pub use error::KpasswdError;
pub use log::{KpasswdExchange, KpasswdOutcome};

/// The password service of the realms that a KDC serves.
#[derive(Clone, Copy)]
pub struct Kpasswd<'a> {
    /// The realms.
    pub kdc: &'a Kdc,
    /// What requests change.
    pub traffic: &'a Traffic,
    /// The keys of passwords made before.
    pub keys: &'a KeyCache,
    /// Where it listens, as its replies say.
    pub address: IpAddr,
}

/// What the password service does with one request.
#[derive(Clone, Debug)]
pub struct KpasswdAnswer {
    /// The message to send; `None` for silence.
    pub bytes: Option<Vec<u8>>,
    /// What happened.
    pub outcome: KpasswdOutcome,
    /// The realm with the new password, to be put in place of the old one.
    pub changed: Option<Database>,
}

/// A client that proved who it is.
struct Authenticated<'a> {
    database: &'a Database,
    ticket: EncTicketPart,
    authenticator: Authenticator,
    session: Key,
    /// The subkey of the authenticator, else the session key.
    key: Key,
}

impl Kpasswd<'_> {
    /// Answers one request. A refusal is an answer; silence is one too.
    pub fn handle(
        &self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        transport: &Transport,
        request: &[u8],
    ) -> KpasswdAnswer {
        let request = match KpasswdRequest::decode(request) {
            Ok(request) => request,
            Err(error) => {
                return KpasswdAnswer {
                    bytes: None,
                    outcome: KpasswdOutcome::Dropped(error),
                    changed: None,
                };
            }
        };
        let mut exchange = KpasswdExchange {
            version: request.version,
            peer: transport.peer,
            client: None,
            target: None,
            result: Ok(()),
        };
        let (bytes, changed) = match self.authenticate(now, transport, &request.ap_req) {
            Ok(client) => {
                exchange.client = Some(client.ticket.client());
                let changed = self.change(now, transport, &client, &request, &mut exchange);
                let result = match &changed {
                    Ok(_) => KpasswdResult {
                        code: KpasswdCode::SUCCESS,
                        text: String::new(),
                    },
                    Err(error) => error.result(client.database.policy().dialect),
                };
                let bytes = self.reply(&client, &result, rng);
                (bytes, changed)
            }
            Err(error) => {
                let realm = self.realm_of(&request.ap_req);
                let bytes = refuse(now, &realm, error.result(self.dialect_of(&realm)));
                (bytes, Err(error))
            }
        };
        let (changed, result) = match changed {
            Ok(changed) => (Some(changed), Ok(())),
            Err(error) => (None, Err(error)),
        };
        exchange.result = result;
        KpasswdAnswer {
            bytes,
            outcome: KpasswdOutcome::Answered(Box::new(exchange)),
            changed,
        }
    }

    fn realm_of(&self, ap_req: &[u8]) -> Realm {
        let asked = ApReq::decode(ap_req).ok().map(|ap_req| ap_req.ticket.realm);
        let served = |realm: &Realm| self.kdc.realm(realm).is_some();
        let first = || self.kdc.realms().first().map(|first| first.realm().clone());
        asked.filter(served).or_else(first).unwrap_or_default()
    }

    fn dialect_of(&self, realm: &Realm) -> Dialect {
        let database = self.kdc.realm(realm);
        database.map_or(Dialect::Mit, |database| database.policy().dialect)
    }

    fn authenticate(
        &self,
        now: Timestamp,
        transport: &Transport,
        ap_req: &[u8],
    ) -> Result<Authenticated<'_>, KpasswdError> {
        let ap_req = ApReq::decode(ap_req).map_err(KdcError::HeaderUndecodable)?;
        let server = ap_req.ticket.server();
        let unknown = || KdcError::HeaderServerUnknown(server.clone());
        let database = self.kdc.realm(&server.realm).ok_or_else(unknown)?;
        if server.name != changepw() {
            return Err(unknown().into());
        }
        let context = Context {
            database,
            traffic: self.traffic,
            now,
            peer: transport.peer,
        };
        let entry = header::find_server(&context, &server).ok_or_else(unknown)?;
        let ticket = header::open(&context, entry, &ap_req.ticket)?;
        let session = ticket.key.key().map_err(KdcError::SessionKeyUnusable)?;
        let sealed = &ap_req.authenticator;
        let plain = decrypted(&session, KeyUsage::AP_REQ_AUTHENTICATOR, sealed)
            .ok_or(KdcError::AuthenticatorUndecryptable)?;
        let authenticator =
            Authenticator::decode_padded(&plain).map_err(KdcError::HeaderUndecodable)?;
        header::check_use(&context, &ticket, &authenticator)?;
        let limit = database.policy().clockskew;
        if self.traffic.is_replay(&sealed.cipher, now, limit) {
            return Err(KpasswdError::Replay);
        }
        let subkey = authenticator.subkey.as_ref();
        let key = subkey
            .map(|subkey| subkey.key().map_err(KdcError::SubkeyUnusable))
            .transpose()?
            .unwrap_or_else(|| session.clone());
        Ok(Authenticated {
            database,
            ticket,
            authenticator,
            session,
            key,
        })
    }

    /// The realm with the new password.
    fn change(
        &self,
        now: Timestamp,
        transport: &Transport,
        client: &Authenticated<'_>,
        request: &KpasswdRequest,
        exchange: &mut KpasswdExchange,
    ) -> Result<Database, KpasswdError> {
        let data = open_priv(client, transport, &request.krb_priv)?;
        let asked = match request.version {
            KpasswdVersion::Change => ChangePasswdData {
                new_password: data,
                target: None,
            },
            KpasswdVersion::Set => {
                ChangePasswdData::decode(&data).map_err(KpasswdError::DataUndecodable)?
            }
        };
        let requester = client.ticket.client();
        let mut target = asked.target.unwrap_or_else(|| requester.clone());
        if target.realm.is_empty() {
            target.realm = client.database.realm().clone();
        }
        exchange.target = Some(target.clone());
        let is_own = requester == target;
        let is_initial = client.ticket.flags.contains(TicketFlags::INITIAL);
        if (is_own || request.version == KpasswdVersion::Change) && !is_initial {
            return Err(KpasswdError::InitialTicketRequired);
        }
        let policy = client.database.policy();
        if !is_own && !policy.password.administrators.contains(&requester) {
            return Err(KpasswdError::AccessDenied {
                client: requester,
                target,
            });
        }
        let entry = client
            .database
            .find_client(&target)
            .ok_or_else(|| KpasswdError::TargetUnknown(target.clone()))?;
        let password = std::str::from_utf8(&asked.new_password)
            .map_err(|_| KpasswdError::PasswordUnreadable)?;
        let keys = self.new_keys(client.database, entry, is_own, password, now)?;
        let now = now.time();
        let max_life = policy.password.max_life;
        let changed = client.database.update(entry.principal(), |entry| {
            entry.set_keys(keys, false);
            entry.password_changed = Some(now);
            entry.password_expiration = max_life.map(|life| after(now, life));
        });
        let changed = changed.map_err(|_| KpasswdError::TargetUnknown(target))?;
        if policy.dialect == Dialect::Mit {
            let none = Default::default();
            self.traffic
                .set_logons(client.database.realm(), entry.id(), none);
        }
        Ok(changed)
    }

    /// The keys of the new password, if the realm's policy has nothing against it.
    fn new_keys(
        &self,
        database: &Database,
        entry: &PrincipalEntry,
        is_own: bool,
        password: &str,
        now: Timestamp,
    ) -> Result<Vec<LongTermKey>, KpasswdError> {
        let realm_policy = database.policy();
        let policy = &realm_policy.password;
        let must_change = entry.attributes.contains(Attributes::REQUIRES_PWCHANGE);
        if let Some(changed) = entry.password_changed
            && is_own
            && !must_change
        {
            let until = after(changed, policy.min_life);
            if until > now.time() {
                return Err(KpasswdError::PasswordTooSoon { until });
            }
        }
        let set_by = if is_own {
            PasswordSetBy::Owner
        } else {
            PasswordSetBy::Administrator
        };
        check_new_password(database, entry, set_by, password, self.keys)?;
        let salt = realm_policy.salt(&entry.principal().name);
        let new = PasswordKeys {
            password,
            enctypes: &realm_policy.supported_enctypes,
            salt: &salt,
            s2kparams: None,
        };
        let unusable = |_| KpasswdError::PasswordUnreadable;
        entry.password_keys(&new, self.keys).map_err(unusable)
    }

    /// AP-REP and KRB-PRIV, both with the first sequence number of this end.
    fn reply(
        &self,
        client: &Authenticated<'_>,
        result: &KpasswdResult,
        rng: &mut dyn CryptoRng,
    ) -> Option<Vec<u8>> {
        let seq_number = Some(rng.next_u32() & 0x3fff_ffff);
        let confirmed = EncApRepPart {
            ctime: client.authenticator.ctime,
            cusec: client.authenticator.cusec,
            subkey: None,
            seq_number,
        };
        let ap_rep = ApRep {
            pvno: 5,
            msg_type: 15,
            enc_part: encrypted(
                &client.session,
                None,
                KeyUsage::AP_REP,
                &confirmed.encode(),
                rng,
            ),
        };
        let part = EncKrbPrivPart {
            user_data: result.encode().into(),
            timestamp: None,
            usec: None,
            seq_number,
            s_address: HostAddress::from(self.address),
            r_address: None,
        };
        let krb_priv = KrbPriv {
            pvno: 5,
            msg_type: 21,
            enc_part: encrypted(&client.key, None, KeyUsage::KRB_PRIV, &part.encode(), rng),
        };
        KpasswdReply {
            ap_rep: ap_rep.encode(),
            message: krb_priv.encode(),
        }
        .encode()
        .ok()
    }
}

/// Who chooses a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordSetBy {
    /// Somebody who may set the passwords of others. kadmin then asks everything of the password that it asks
    /// its owner, and Active Directory does not ask whether it is new.
    Administrator,
    /// Its owner.
    Owner,
}

/// Whether the policy of a realm has nothing against a new password of `entry`, however old the current one is.
///
/// # Errors
/// [`KpasswdError::PasswordTooShort`], [`KpasswdError::PasswordEmpty`] or [`KpasswdError::PasswordReused`].
pub fn check_new_password(
    database: &Database,
    entry: &PrincipalEntry,
    set_by: PasswordSetBy,
    password: &str,
    keys: &KeyCache,
) -> Result<(), KpasswdError> {
    let policy = &database.policy().password;
    let length = password.len();
    if length < policy.min_length {
        return Err(KpasswdError::PasswordTooShort {
            length,
            min_length: policy.min_length,
        });
    }
    if password.is_empty() {
        return Err(KpasswdError::PasswordEmpty);
    }
    let history = match (database.policy().dialect, set_by) {
        (Dialect::ActiveDirectory, PasswordSetBy::Administrator) => 0,
        (Dialect::ActiveDirectory | Dialect::Mit, _) => policy.history,
    };
    for old in entry.last_passwords(history) {
        let Some(salt) = &old.salt else { continue };
        let (enctype, params) = (old.key.enctype(), old.s2kparams.as_deref());
        let again = keys.key(enctype, password, salt, params);
        if again.is_ok_and(|again| again == old.key) {
            return Err(KpasswdError::PasswordReused { history });
        }
    }
    Ok(())
}

/// The data of the KRB-PRIV, which must be the first message of its sender and name its address.
fn open_priv(
    client: &Authenticated<'_>,
    transport: &Transport,
    message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KpasswdError> {
    let sealed = KrbPriv::decode(message).map_err(KpasswdError::PrivUndecodable)?;
    let plain = decrypted(&client.key, KeyUsage::KRB_PRIV, &sealed.enc_part)
        .map(Zeroizing::new)
        .ok_or(KpasswdError::PrivUndecryptable)?;
    let part = EncKrbPrivPart::decode_padded(&plain).map_err(KpasswdError::PrivUndecodable)?;
    let data = part.user_data.0;
    let peer = transport.peer.ip();
    if part.s_address != HostAddress::from(peer) {
        return Err(KpasswdError::PrivFromElsewhere { peer });
    }
    // MIT's kpasswd begins with 0, which its encoder leaves out.
    let expected = client.authenticator.seq_number.unwrap_or(0);
    if part.seq_number.unwrap_or(0) != expected {
        return Err(KpasswdError::PrivOutOfOrder {
            expected,
            found: part.seq_number,
        });
    }
    Ok(data)
}

/// A reply that holds a KRB-ERROR: MIT's code is always KRB_ERR_GENERIC, and the result is its e-data.
fn refuse(now: Timestamp, realm: &Realm, result: KpasswdResult) -> Option<Vec<u8>> {
    let message = KrbError {
        pvno: 5,
        msg_type: 30,
        ctime: None,
        cusec: None,
        stime: now.time(),
        susec: 0,
        error_code: ErrorCode::KRB_ERR_GENERIC,
        crealm: None,
        cname: None,
        realm: realm.clone(),
        sname: changepw(),
        e_text: None,
        e_data: Some(result.encode()),
    };
    KpasswdReply {
        ap_rep: Vec::new(),
        message: message.encode(),
    }
    .encode()
    .ok()
}

/// The name of the service.
fn changepw() -> PrincipalName {
    PrincipalName::new(NameType::PRINCIPAL, ["kadmin", "changepw"])
}

impl From<KdcError> for KpasswdError {
    fn from(error: KdcError) -> Self {
        Self::ApReqRefused(Box::new(error))
    }
}

/// The principal of the service in `realm`.
pub fn changepw_of(realm: &Realm) -> Principal {
    changepw().at(realm.clone())
}
