//! The client's side of the AS exchange (RFC 4120 section 3.1): a ticket for a password or a keytab.

mod client_key;
mod parameters;
mod reply;
mod request;

use std::time::Duration;

use kdclab_proto::messages::{HostAddresses, KdcOptions, KdcReqBody, KrbError, PaData, PadataType};
use kdclab_proto::{Enctype, ErrorCode, KerberosTime, Key, NameType, Principal, Timestamp};
use rand::CryptoRng;

use crate::dialect::Behaviour;
use crate::error::{Exchange, Refusal};
use crate::{Answer, ClientConfig, ClientError, Credential, Dialect, Step};
use client_key::KeyInfo;
pub use parameters::{AsParameters, Secret};

/// MIT gives up after this many requests.
const MAX_REQUESTS: usize = 16;

/// What an AS exchange got.
#[derive(Clone, Debug)]
pub struct AsOutcome {
    /// The ticket. Its client is the one the KDC named.
    pub credential: Credential,
    /// The mechanism of pre-authentication, if any; `pa_type` in MIT's credential caches.
    pub preauth_type: Option<PadataType>,
    /// Whether the KDC said, unforgeably, that it knows FAST; `fast_avail` in MIT's credential caches.
    pub fast_available: bool,
    /// What to add to this host's clock to have the KDC's, in seconds, where the client learnt it.
    pub kdc_offset: Option<i64>,
    /// When the client's key will expire.
    pub key_expiration: Option<KerberosTime>,
}

/// An AS exchange in progress.
///
/// The first request goes without pre-authentication. KDC_ERR_PREAUTH_REQUIRED is answered with
/// PA-ENC-TIMESTAMP under a key made as its METHOD-DATA says; a client referral (RFC 6806 section 7) is
/// followed where the request allowed it. MIT takes the KDC's clock from either, so that a wrong clock
/// does no harm while `kdc_timesync` is on.
#[derive(Clone, Debug)]
pub struct AsExchange {
    dialect: Dialect,
    clockskew: Duration,
    kdc_timesync: bool,
    parameters: AsParameters,
    /// The client in the realm that is asked.
    client: Principal,
    options: KdcOptions,
    enctypes: Vec<Enctype>,
    addresses: Option<HostAddresses>,
    ticket_lifetime: Option<Duration>,
    renew_lifetime: Duration,
    /// What the KDC said of the client's keys.
    method_data: Vec<PaData>,
    preauth: Option<Preauth>,
    /// Whether pre-authentication was tried in this realm.
    preauth_tried: bool,
    /// Whether requests carry padata that only tells what the client knows.
    informational_padata: bool,
    restarted: bool,
    recovered_skew: bool,
    /// What to add to this host's clock for the KDC's, in microseconds.
    kdc_offset: i64,
    requests: usize,
    referrals: usize,
    sent: Option<Sent>,
}

/// The key for PA-ENC-TIMESTAMP, and what else the KDC wants to see again.
#[derive(Clone, Debug)]
struct Preauth {
    info: KeyInfo,
    key: Key,
    cookie: Option<PaData>,
}

/// The request that waits for its answer.
#[derive(Clone, Debug)]
struct Sent {
    bytes: Vec<u8>,
    body: KdcReqBody,
    server: Principal,
    req_enc_pa_rep: bool,
    /// This host's clock when it was sent.
    at: Timestamp,
}

impl AsExchange {
    /// Makes the first request.
    pub fn start(
        config: &ClientConfig,
        parameters: AsParameters,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Step<AsOutcome>) {
        let enctypes = parameters
            .enctypes
            .clone()
            .unwrap_or_else(|| config.as_enctypes());
        let mut this = Self {
            dialect: config.dialect,
            clockskew: config.clockskew,
            kdc_timesync: config.kdc_timesync,
            client: parameters.client.clone(),
            options: request::options(config, &parameters),
            enctypes,
            addresses: parameters.addresses.clone(),
            ticket_lifetime: parameters.ticket_lifetime.or(config.ticket_lifetime),
            renew_lifetime: parameters.renew_lifetime.unwrap_or(config.renew_lifetime),
            parameters,
            method_data: Vec::new(),
            preauth: None,
            preauth_tried: false,
            informational_padata: true,
            restarted: false,
            recovered_skew: false,
            kdc_offset: 0,
            requests: 0,
            referrals: 0,
            sent: None,
        };
        let step = match this.order_enctypes() {
            Ok(()) => this.request(now, rng),
            Err(error) => Step::Failed(error),
        };
        (this, step)
    }

    /// Takes the answer to the request sent last. After [`Step::Done`] and [`Step::Failed`] there is
    /// none.
    pub fn input(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        answer: Answer<'_>,
    ) -> Step<AsOutcome> {
        let bytes = match answer {
            Ok(bytes) => bytes,
            Err(failures) => {
                return Step::Failed(ClientError::KdcUnreachable {
                    realm: self.client.realm.clone(),
                    failures,
                });
            }
        };
        let Some(sent) = self.sent.take() else {
            let exchange = Exchange::As;
            return Step::Failed(ClientError::NothingAsked { exchange });
        };
        match reply::read(self.behaviour(), bytes) {
            Ok(reply::AsReply::Error(error)) => self.refused(now, rng, &sent, error),
            Ok(reply::AsReply::Rep(rep)) => match self.granted(&sent, &rep) {
                Ok(outcome) => Step::Done(outcome),
                Err(error) => Step::Failed(error),
            },
            Err(error) => Step::Failed(error),
        }
    }

    fn behaviour(&self) -> &'static Behaviour {
        self.dialect.behaviour()
    }

    fn may_change_names(&self) -> bool {
        self.options.contains(KdcOptions::CANONICALIZE)
            || self.client.name.name_type == NameType::ENTERPRISE
    }

    /// With a keytab, MIT offers the types it has keys for first, Java no others.
    fn order_enctypes(&mut self) -> Result<(), ClientError> {
        if let Secret::Keytab(keytab) = &self.parameters.secret {
            let held = client_key::newest_types(keytab, &self.client);
            if held.is_empty() {
                return Err(ClientError::NoKeyInKeytab {
                    principal: self.client.clone(),
                    enctype: None,
                });
            }
            if self.dialect.is_java() {
                self.enctypes.retain(|enctype| held.contains(enctype));
            } else {
                self.enctypes.sort_by_key(|enctype| !held.contains(enctype));
            }
        }
        if self.enctypes.is_empty() {
            return Err(ClientError::NoEnctype);
        }
        Ok(())
    }

    fn refused(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        sent: &Sent,
        error: KrbError,
    ) -> Step<AsOutcome> {
        match self.recover(now, sent, &error) {
            Ok(true) => self.request(now, rng),
            Ok(false) => Step::Failed(ClientError::Refused(Box::new(Refusal {
                exchange: Exchange::As,
                realm: self.client.realm.clone(),
                client: self.client.clone(),
                server: sent.server.clone(),
                secret: Some(self.parameters.secret.kind()),
                error,
            }))),
            Err(error) => Step::Failed(error),
        }
    }

    /// Changes what the error lets it change; false when the error is final.
    fn recover(
        &mut self,
        now: Timestamp,
        sent: &Sent,
        error: &KrbError,
    ) -> Result<bool, ClientError> {
        let behaviour = self.behaviour();
        let code = error.error_code;
        let unauthenticated = self.preauth.is_none();
        let preauth_failed = code == ErrorCode::KDC_ERR_PREAUTH_FAILED;
        let preauth_required = code == ErrorCode::KDC_ERR_PREAUTH_REQUIRED
            || preauth_failed && behaviour.preauth_failed_is_required;
        if preauth_required && self.may_preauthenticate(error) {
            if self.kdc_timesync {
                self.kdc_offset = offset(now, error);
            }
            self.set_up_preauth(error)?;
            return Ok(true);
        }
        if preauth_failed && unauthenticated && !self.restarted && self.informational_padata {
            // An old KDC may dislike the padata it does not know.
            self.informational_padata = false;
            self.restarted = true;
            return Ok(true);
        }
        if self.may_change_names() && self.follow_referral(error) {
            return Ok(true);
        }
        if behaviour.skew_recovery && !self.recovered_skew && request::offers_skew_recovery(error) {
            self.recovered_skew = true;
            self.kdc_offset = offset(now, error);
            return Ok(true);
        }
        let canonicalize = KdcOptions::CANONICALIZE;
        if behaviour.as_retries_without_canonicalize && sent.body.kdc_options.contains(canonicalize)
        {
            self.options.set(canonicalize, false);
            self.restart();
            return Ok(true);
        }
        Ok(false)
    }

    /// MIT answers as often as it is asked and stops at [`MAX_REQUESTS`]; Java answers once.
    fn may_preauthenticate(&self, error: &KrbError) -> bool {
        if self.behaviour().guesses_key {
            !self.preauth_tried
        } else {
            error.e_data.as_ref().is_some_and(|data| !data.is_empty())
        }
    }

    fn set_up_preauth(&mut self, error: &KrbError) -> Result<(), ClientError> {
        let behaviour = self.behaviour();
        self.preauth_tried = true;
        self.method_data = error.method_data().0;
        let info = KeyInfo::choose(&self.method_data, &self.enctypes, behaviour.etype_info)?;
        let offers = |padata_type| {
            self.method_data
                .iter()
                .any(|padata| padata.padata_type == padata_type)
        };
        if !behaviour.guesses_key && !offers(PadataType::ENC_TIMESTAMP) {
            let offered = self.method_data.iter().map(|padata| padata.padata_type);
            return Err(ClientError::NoPreauthMechanism {
                offered: offered.collect(),
            });
        }
        let Some(first) = self.enctypes.first() else {
            return Err(ClientError::NoEnctype);
        };
        let info = info.unwrap_or_else(|| KeyInfo {
            salt: client_key::pw_salt(&self.method_data),
            ..KeyInfo::of_type(*first)
        });
        let key = info.key(&self.parameters, &self.client, &self.client);
        self.preauth = match key {
            Ok(key) => Some(Preauth {
                info,
                key,
                cookie: request::cookie(&self.method_data),
            }),
            // Java asks again without, and the KDC says again that it wants it.
            Err(ClientError::NoKeyInKeytab { .. }) if behaviour.guesses_key => None,
            Err(error) => return Err(ClientError::NoPreauthKey(Box::new(error))),
        };
        Ok(())
    }

    /// Turns to the realm that a referral names. KDCs of 2003 refer with KDC_ERR_C_PRINCIPAL_UNKNOWN.
    fn follow_referral(&mut self, error: &KrbError) -> bool {
        let refers = matches!(
            error.error_code,
            ErrorCode::KDC_ERR_WRONG_REALM | ErrorCode::KDC_ERR_C_PRINCIPAL_UNKNOWN
        );
        let Some(realm) = error.crealm.as_ref().filter(|realm| !realm.is_empty()) else {
            return false;
        };
        if !refers || *realm == self.client.realm {
            return false;
        }
        if self.referrals >= self.behaviour().max_referrals {
            return false;
        }
        self.referrals += 1;
        self.client.realm = realm.clone();
        self.restart();
        true
    }

    fn restart(&mut self) {
        self.method_data.clear();
        self.preauth = None;
        self.preauth_tried = false;
        self.informational_padata = true;
        self.restarted = false;
    }
}

/// What the KDC's clock is ahead of this host's, in microseconds.
fn offset(now: Timestamp, error: &KrbError) -> i64 {
    let microseconds = u32::try_from(error.susec).unwrap_or(0);
    let stime =
        Timestamp::new(error.stime, microseconds).unwrap_or_else(|| error.stime.timestamp());
    stime
        .unix_microseconds()
        .saturating_sub(now.unix_microseconds())
}
