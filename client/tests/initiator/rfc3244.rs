//! RFC 3244: the client of the password service.

use std::net::IpAddr;

use kdclab_client::{
    ApExchangeError, ClientError, Credential, KpasswdExchange, KpasswdFailure, KpasswdParameters,
    SessionError, Step,
};
use kdclab_proto::messages::{
    ApRep, ApReq, Authenticator, ChangePasswdData, EncApRepPart, EncKrbPrivPart, EncryptedData,
    HostAddress, KpasswdCode, KpasswdFrameError, KpasswdReply, KpasswdRequest, KpasswdResult,
    KpasswdVersion, KrbPriv,
};
use kdclab_proto::{ErrorCode, Key, KeyUsage};

use crate::support::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));
const SERVICE_SEQUENCE: u32 = 99;

fn changepw() -> Credential {
    credential("kadmin/changepw", INITIAL)
}

struct Run {
    exchange: KpasswdExchange,
    request: KpasswdRequest,
    authenticator: Authenticator,
}

fn start(parameters: &KpasswdParameters) -> Run {
    let (exchange, step) =
        KpasswdExchange::start(&changepw(), parameters, NOW, &mut rng()).unwrap();
    let (realm, bytes) = sent(step);
    assert_eq!(realm, REALM.into());
    let request = KpasswdRequest::decode(&bytes).unwrap();
    let ap_req = ApReq::decode(&request.ap_req).unwrap();
    let sealed = &ap_req.authenticator.cipher;
    let plain = session_key().decrypt(KeyUsage::AP_REQ_AUTHENTICATOR, sealed);
    let authenticator = Authenticator::decode_padded(&plain.unwrap()).unwrap();
    Run {
        exchange,
        request,
        authenticator,
    }
}

impl Run {
    fn subkey(&self) -> Key {
        let subkey = self.authenticator.subkey.as_ref();
        subkey.expect("a subkey").key().unwrap()
    }

    fn sent_part(&self) -> EncKrbPrivPart {
        let krb_priv = KrbPriv::decode(&self.request.krb_priv).unwrap();
        let plain = self
            .subkey()
            .decrypt(KeyUsage::KRB_PRIV, &krb_priv.enc_part.cipher);
        EncKrbPrivPart::decode_padded(&plain.unwrap()).unwrap()
    }

    /// The service's reply; `change` spoils the two parts of it.
    fn reply(
        &self,
        result: &KpasswdResult,
        change: impl FnOnce(&mut EncApRepPart, &mut EncKrbPrivPart),
    ) -> Vec<u8> {
        let mut confirmed = EncApRepPart {
            ctime: self.authenticator.ctime,
            cusec: self.authenticator.cusec,
            subkey: None,
            seq_number: Some(SERVICE_SEQUENCE),
        };
        let mut part = EncKrbPrivPart {
            user_data: result.encode().into(),
            timestamp: None,
            usec: None,
            seq_number: Some(SERVICE_SEQUENCE),
            s_address: HostAddress::from(HERE),
            r_address: None,
        };
        change(&mut confirmed, &mut part);
        let seal = |key: &Key, usage, plain: Vec<u8>| EncryptedData {
            etype: key.enctype(),
            kvno: None,
            cipher: key.encrypt(usage, &mut rng(), &plain),
        };
        let ap_rep = ApRep {
            pvno: 5,
            msg_type: 15,
            enc_part: seal(&session_key(), KeyUsage::AP_REP, confirmed.encode()),
        };
        let krb_priv = KrbPriv {
            pvno: 5,
            msg_type: 21,
            enc_part: seal(&self.subkey(), KeyUsage::KRB_PRIV, part.encode()),
        };
        let reply = KpasswdReply {
            ap_rep: ap_rep.encode(),
            message: krb_priv.encode(),
        };
        reply.encode().unwrap()
    }

    fn answer(&self, bytes: &[u8]) -> Step<()> {
        self.exchange.input(NOW, Ok(bytes))
    }
}

fn change() -> Run {
    start(&KpasswdParameters::change("battery staple", HERE))
}

fn success() -> KpasswdResult {
    KpasswdResult {
        code: KpasswdCode::SUCCESS,
        text: String::new(),
    }
}

fn failure(step: Step<()>) -> KpasswdFailure {
    match failed(step) {
        ClientError::PasswordNotChanged(failure) => *failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn section_2_version_1_seals_the_password_itself() {
    let run = change();
    assert_eq!(run.request.version, KpasswdVersion::Change);
    let part = run.sent_part();
    assert_eq!(**part.user_data.0, *b"battery staple");
    assert_eq!(part.s_address, HostAddress::from(HERE));
    assert_eq!((part.timestamp, part.r_address), (None, None));
    assert_eq!(part.seq_number, run.authenticator.seq_number);
    done(run.answer(&run.reply(&success(), |_, _| {})));
}

#[test]
fn section_2_version_0xff80_names_the_target() {
    let parameters = KpasswdParameters::set(principal("bob"), "battery staple", HERE);
    let run = start(&parameters);
    assert_eq!(run.request.version, KpasswdVersion::Set);
    let data = ChangePasswdData::decode(&run.sent_part().user_data.0).unwrap();
    assert_eq!(data.target, Some(principal("bob")));
    assert_eq!(*data.new_password, b"battery staple");
    done(run.answer(&run.reply(&success(), |_, _| {})));
}

#[test]
fn the_password_does_not_print() {
    let parameters = KpasswdParameters::change("battery staple", HERE);
    let printed = format!("{parameters:?} {:?}", change().exchange);
    assert!(!printed.contains("battery"), "{printed}");
    assert!(!printed.contains("98, 97, 116"), "{printed}");
}

#[test]
fn what_the_krb_priv_holds_does_not_print() {
    let part = change().sent_part();
    assert!(!part.user_data.0.is_empty());
    let shown = format!("{part:?}");
    assert!(shown.contains("PrivateData("), "{shown}");
    assert!(
        !shown.contains(&format!("{:?}", *part.user_data.0)),
        "{shown}"
    );
}

#[test]
fn a_refusal_has_a_code_and_words() {
    let run = change();
    let refused = KpasswdResult {
        code: KpasswdCode::SOFTERROR,
        text: "too short".to_owned(),
    };
    let error = failed(run.answer(&run.reply(&refused, |_, _| {})));
    assert_eq!(error.kpasswd_result(), Some(&refused));
    assert_eq!(error.com_err(), None);
}

#[test]
fn a_krb_error_holds_a_result_too() {
    let run = change();
    let refused = KpasswdResult {
        code: KpasswdCode::AUTHERROR,
        text: "who are you".to_owned(),
    };
    for (e_data, expected) in [
        (Some(refused.encode()), Some(refused)),
        (Some(success().encode()), None),
        (None, None),
    ] {
        let mut message = error(ErrorCode::KRB_ERR_GENERIC);
        message.e_data = e_data;
        let reply = KpasswdReply {
            ap_rep: Vec::new(),
            message: message.encode(),
        };
        let failure = failure(run.answer(&reply.encode().unwrap()));
        match expected {
            Some(expected) => assert_eq!(failure, KpasswdFailure::Refused(expected)),
            None => assert!(
                matches!(failure, KpasswdFailure::Ap(ApExchangeError::Refused(_))),
                "{failure}"
            ),
        }
    }
}

#[test]
fn success_must_come_from_the_service_and_answer_this_request() {
    let run = change();
    let late = run.reply(&success(), |confirmed, _| confirmed.cusec += 1);
    assert!(matches!(
        failure(run.answer(&late)),
        KpasswdFailure::Ap(ApExchangeError::MutualFailed { .. })
    ));
    let unordered = run.reply(&success(), |_, part| part.seq_number = Some(1));
    assert!(matches!(
        failure(run.answer(&unordered)),
        KpasswdFailure::Session(SessionError::BadOrder { .. })
    ));
    let empty = run.reply(&success(), |_, part| part.user_data.0.clear());
    assert_eq!(failure(run.answer(&empty)), KpasswdFailure::NoResult);
    let mut flipped = run.reply(&success(), |_, _| {});
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(
        failure(run.answer(&flipped)),
        KpasswdFailure::Session(SessionError::Undecryptable)
    );
    let frame = failure(run.answer(b"\x00\x07\x00\x01\x00\x00"));
    let wrong = KpasswdFrameError::WrongLength {
        stated: 7,
        actual: 6,
    };
    assert_eq!(frame, KpasswdFailure::Frame(wrong));
}

#[test]
fn a_service_that_does_not_answer_is_one_that_cannot_be_contacted() {
    let run = change();
    let unreachable = kdclab_client::KdcUnreachable {
        failures: Vec::new(),
    };
    let error = failed(run.exchange.input(NOW, Err(unreachable)));
    assert_eq!(error.com_err(), Some(-1_765_328_228));
}
