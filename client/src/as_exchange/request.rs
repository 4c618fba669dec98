use std::time::Duration;

use kdclab_proto::messages::{
    AsReq, EncryptedData, KdcOptions, KdcReqBody, KerbErrorData, KrbError, PaData, PaEncTsEnc,
    PaPacRequest, PadataType,
};
use kdclab_proto::{ErrorCode, KerberosTime, KeyUsage, Principal, PrincipalName, Timestamp};
use rand::CryptoRng;

use super::{AsExchange, AsOutcome, AsParameters, MAX_REQUESTS, Preauth, Sent};
use crate::dialect::ReqEncPaRep;
use crate::{ClientConfig, ClientError, Step};

/// The options that follow from the configuration and from what the caller wants.
pub(super) fn options(config: &ClientConfig, parameters: &AsParameters) -> KdcOptions {
    let mut options = KdcOptions::NONE;
    let wanted = [
        (
            KdcOptions::FORWARDABLE,
            parameters.forwardable.unwrap_or(config.forwardable),
        ),
        (
            KdcOptions::PROXIABLE,
            parameters.proxiable.unwrap_or(config.proxiable),
        ),
        (
            KdcOptions::CANONICALIZE,
            parameters.canonicalize.unwrap_or(config.canonicalize),
        ),
        (
            KdcOptions::ALLOW_POSTDATE | KdcOptions::POSTDATED,
            parameters.postdate.is_some(),
        ),
    ];
    for (option, on) in wanted {
        options.set(option, on);
    }
    let renew_lifetime = parameters.renew_lifetime.unwrap_or(config.renew_lifetime);
    let renewable = renew_lifetime > Duration::ZERO;
    options.set(KdcOptions::RENEWABLE, renewable);
    let renewable_ok = config.dialect.behaviour().renewable_ok && !renewable;
    options.set(KdcOptions::RENEWABLE_OK, renewable_ok);
    options
}

/// PA-FX-COOKIE, which comes back as it was (RFC 6113 section 5.2).
pub(super) fn cookie(method_data: &[PaData]) -> Option<PaData> {
    method_data
        .iter()
        .find(|padata| padata.padata_type == PadataType::FX_COOKIE)
        .cloned()
}

/// Whether the KDC would take the request if only the client's clock were right (MS-KILE section 2.2.2).
pub(super) fn offers_skew_recovery(error: &KrbError) -> bool {
    let data = error.e_data.as_deref().map(KerbErrorData::decode);
    error.error_code == ErrorCode::KRB_AP_ERR_SKEW
        && data.is_some_and(|data| {
            data.is_ok_and(|data| data.data_type == KerbErrorData::SKEW_RECOVERY)
        })
}

impl AsExchange {
    /// Makes the next request.
    pub(super) fn request(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> Step<AsOutcome> {
        if self.requests >= MAX_REQUESTS {
            let limit = MAX_REQUESTS;
            return Step::Failed(ClientError::TooManyRequests { limit });
        }
        self.requests += 1;
        let kdc_now = now.offset_by(self.kdc_offset);
        let server = self.server();
        let body = self.body(kdc_now, server.name.clone(), rng);
        let req_enc_pa_rep = self.sends_req_enc_pa_rep();
        let padata = self.padata(kdc_now, req_enc_pa_rep, rng);
        let bytes = AsReq::new(Some(padata).filter(|list| !list.is_empty()), body.clone()).encode();
        self.sent = Some(Sent {
            bytes: bytes.clone(),
            body,
            server,
            req_enc_pa_rep,
            at: now,
        });
        Step::Send {
            realm: self.client.realm.clone(),
            bytes,
        }
    }

    fn server(&self) -> Principal {
        let name = match &self.parameters.service {
            Some(service) => service.clone(),
            None => PrincipalName::krbtgt(&self.client.realm),
        };
        name.at(self.client.realm.clone())
    }

    fn body(&self, now: Timestamp, sname: PrincipalName, rng: &mut dyn CryptoRng) -> KdcReqBody {
        let from = now.time().saturating_add(seconds(self.parameters.postdate));
        let till = match self.ticket_lifetime {
            Some(lifetime) => from.saturating_add(seconds(Some(lifetime))),
            None => self.behaviour().endless,
        };
        let renewable = self.options.contains(KdcOptions::RENEWABLE);
        let rtime = from.saturating_add(seconds(Some(self.renew_lifetime)));
        KdcReqBody {
            kdc_options: self.options,
            cname: Some(self.client.name.clone()),
            realm: self.client.realm.clone(),
            sname: Some(sname),
            from: self.parameters.postdate.map(|_| from),
            till,
            rtime: renewable.then_some(rtime.max(till)),
            // Some KDCs take the nonce for signed.
            nonce: i64::from(rng.next_u32() & 0x7fff_ffff),
            etype: self.enctypes.clone(),
            addresses: self.addresses.clone(),
            enc_authorization_data: None,
            additional_tickets: None,
        }
    }

    fn padata(&self, now: Timestamp, req_enc_pa_rep: bool, rng: &mut dyn CryptoRng) -> Vec<PaData> {
        let mut padata = Vec::new();
        if let Some(preauth) = &self.preauth {
            padata.extend(preauth.cookie.clone());
            padata.push(enc_timestamp(preauth, now, rng));
        }
        if self.behaviour().as_freshness && self.informational_padata {
            padata.push(PadataType::AS_FRESHNESS.with(Vec::new()));
        }
        if req_enc_pa_rep {
            padata.push(PadataType::REQ_ENC_PA_REP.with(Vec::new()));
        }
        let include_pac = self.parameters.include_pac;
        if let Some(include_pac) = include_pac.or_else(|| self.behaviour().pac_request) {
            let request = PaPacRequest { include_pac };
            padata.push(PadataType::PAC_REQUEST.with(request.encode()));
        }
        padata
    }

    fn sends_req_enc_pa_rep(&self) -> bool {
        self.informational_padata
            && match self.behaviour().req_enc_pa_rep {
                ReqEncPaRep::Always => true,
                ReqEncPaRep::WithCanonicalize => self.may_change_names(),
            }
    }
}

fn enc_timestamp(preauth: &Preauth, now: Timestamp, rng: &mut dyn CryptoRng) -> PaData {
    let plain = PaEncTsEnc {
        patimestamp: now.time(),
        // Below 1,000,000.
        pausec: Some(now.microseconds() as i32),
    };
    let cipher = preauth
        .key
        .encrypt(KeyUsage::PA_ENC_TIMESTAMP, rng, &plain.encode());
    let data = EncryptedData {
        etype: preauth.info.enctype,
        kvno: None,
        cipher,
    };
    PadataType::ENC_TIMESTAMP.with(data.encode())
}

fn seconds(duration: Option<Duration>) -> i64 {
    let seconds = duration.map_or(0, |duration| duration.as_secs());
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// The time as `KerberosTime`, used for lifetimes that are compared with what was asked.
pub(super) fn asked(time: KerberosTime) -> Option<KerberosTime> {
    (time != KerberosTime::EPOCH).then_some(time)
}
