//! Delegated credentials: a KRB-CRED inside the authenticator's checksum.

use kdclab_client::gss::{AuthenticatorChecksum, ContextFlags};
use kdclab_client::{
    AcceptError, ApExchangeError, ApParameters, Credential, Dialect, KrbCredError,
};
use kdclab_proto::Enctype;
use kdclab_proto::messages::{
    ApReq, EncKrbCredPart, EncryptedData, KrbCred, KrbCredInfo, TicketFlags,
};

use crate::support::{Issue, accept, acceptor, key, now, principal, refusal, rng, start};
use kdclab_client::gss::{ContextToken, InvalidAuthenticatorChecksum, Mechanism, TokenId};

fn forwarded_tgt() -> Credential {
    let mut issue = Issue::new().session_key(key(Enctype::AES256_CTS_HMAC_SHA1_96, 400));
    issue.server = principal("krbtgt/LAB.EXAMPLE@LAB.EXAMPLE");
    issue.part.flags |= TicketFlags::FORWARDED.with(TicketFlags::FORWARDABLE);
    issue.credential()
}

#[test]
fn the_acceptor_gets_the_delegated_ticket() {
    let tgt = forwarded_tgt();
    let parameters = ApParameters {
        delegation: Some(&tgt),
        ..ApParameters::gss()
    };
    let (_, token) = start(&Issue::new().credential(), &parameters, now());
    let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
    assert!(accepted.context.flags.contains(ContextFlags::DELEG));
    let [delegated] = accepted.delegated.as_slice() else {
        panic!("one credential");
    };
    assert_eq!(delegated.client, tgt.client);
    assert_eq!(delegated.server, tgt.server);
    assert_eq!(delegated.ticket, tgt.ticket);
    assert_eq!(delegated.flags, tgt.flags);
    assert_eq!(delegated.endtime, tgt.endtime);
    assert_eq!(
        delegated.session_key.expose_bytes(),
        tgt.session_key.expose_bytes()
    );
}

#[test]
fn without_delegation_there_are_no_credentials() {
    let accepted = accept(&mut acceptor(Dialect::Mit), &Issue::new().token()).unwrap();
    assert!(accepted.delegated.is_empty());
    assert!(!accepted.context.flags.contains(ContextFlags::DELEG));
}

#[test]
fn credentials_longer_than_their_length_field_are_not_sent() {
    let mut tgt = forwarded_tgt();
    tgt.ticket.enc_part.cipher = vec![0; 70_000];
    let parameters = ApParameters {
        delegation: Some(&tgt),
        ..ApParameters::gss()
    };
    let result = kdclab_client::ApExchange::start(
        &Issue::new().credential(),
        &parameters,
        now(),
        &mut rng(),
    );
    assert!(matches!(
        result,
        Err(ApExchangeError::Checksum(
            InvalidAuthenticatorChecksum::TooLong { .. }
        ))
    ));
}

/// The token whose authenticator delegates `message`.
fn delegating(message: Vec<u8>) -> Vec<u8> {
    let checksum = AuthenticatorChecksum {
        flags: ContextFlags::DELEG,
        delegation: Some(message),
        ..AuthenticatorChecksum::default()
    };
    let request: ApReq = Issue::new().request(|authenticator| {
        authenticator.cksum = Some(checksum.encode().unwrap());
    });
    ContextToken {
        mechanism: Mechanism::Kerberos,
        id: TokenId::ApReq,
        message: &request.encode(),
    }
    .encode()
}

/// A KRB-CRED that is not encrypted, with what `change` leaves of it.
fn in_clear(change: impl FnOnce(&mut KrbCred, &mut EncKrbCredPart)) -> Vec<u8> {
    let tgt = forwarded_tgt();
    let mut part = EncKrbCredPart {
        ticket_info: vec![KrbCredInfo {
            key: (&tgt.session_key).into(),
            prealm: Some(tgt.client.realm),
            pname: Some(tgt.client.name),
            flags: None,
            authtime: None,
            starttime: None,
            endtime: Some(tgt.endtime),
            renew_till: None,
            srealm: None,
            sname: None,
            caddr: None,
        }],
        nonce: None,
        timestamp: None,
        usec: None,
        s_address: None,
        r_address: None,
    };
    let mut message = KrbCred {
        pvno: 5,
        msg_type: 22,
        tickets: vec![tgt.ticket],
        enc_part: EncryptedData {
            etype: Enctype(0),
            kvno: None,
            cipher: Vec::new(),
        },
    };
    change(&mut message, &mut part);
    message.enc_part.cipher = part.encode();
    message.encode()
}

#[test]
fn credentials_in_clear_inside_the_authenticator_are_accepted() {
    let token = delegating(in_clear(|_, _| {}));
    let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
    assert_eq!(
        accepted.delegated[0].server,
        principal("krbtgt/LAB.EXAMPLE@LAB.EXAMPLE")
    );
}

fn delegation_error(message: Vec<u8>) -> KrbCredError {
    match refusal(&mut acceptor(Dialect::Mit), &delegating(message)) {
        AcceptError::Delegation(error) => error,
        error => panic!("{error}"),
    }
}

#[test]
fn credentials_under_another_key_are_refused() {
    let aes = Enctype::AES256_CTS_HMAC_SHA1_96;
    let message = in_clear(|message, _| message.enc_part.etype = aes);
    assert_eq!(
        delegation_error(message),
        KrbCredError::Undecryptable { enctype: aes }
    );
}

#[test]
fn credentials_without_their_description_are_refused() {
    let message = in_clear(|_, part| part.ticket_info.clear());
    assert_eq!(
        delegation_error(message),
        KrbCredError::Unequal {
            tickets: 1,
            infos: 0
        }
    );
}

#[test]
fn credentials_of_no_one_are_refused() {
    let message = in_clear(|_, part| part.ticket_info[0].pname = None);
    assert_eq!(delegation_error(message), KrbCredError::NoClient);
}

#[test]
fn credentials_of_another_protocol_version_are_refused() {
    let message = in_clear(|message, _| message.pvno = 4);
    assert_eq!(
        delegation_error(message),
        KrbCredError::WrongVersion { pvno: 4 }
    );
}

#[test]
fn malformed_credentials_are_refused() {
    assert!(matches!(
        delegation_error(vec![0x76, 0x05]),
        KrbCredError::Malformed(_)
    ));
}
