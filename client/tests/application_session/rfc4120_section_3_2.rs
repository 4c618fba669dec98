//! The client/server exchange: what section 3.2 asks of both ends, and what must not pass.

use std::net::IpAddr;

use kdclab_client::{
    AcceptError, Acceptor, ApExchangeError, ApParameters, Dialect, Framing, SessionKeyKind,
};
use kdclab_proto::messages::{
    ApRep, EncApRepPart, EncryptedData, HostAddress, TicketFlags, TransitedEncoding,
};
use kdclab_proto::{ErrorCode, KerberosTime, Key, KeyUsage, Timestamp};

use crate::support::{
    AES128, AES256, Issue, RC4, SERVICE, accept, accept_at, acceptor, code_in, key, now, principal,
    refusal, rng, seconds, session_key, start,
};

fn raw_acceptor(dialect: Dialect) -> Acceptor {
    Acceptor {
        framing: Framing::Raw,
        ..acceptor(dialect)
    }
}

fn peer(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// What a MIT acceptor with a clock of its own says to a fresh token.
fn at_clock(dialect: Dialect, issue: &Issue, acceptor_now: Timestamp) -> Option<AcceptError> {
    accept_at(&mut acceptor(dialect), acceptor_now, &issue.token())
        .err()
        .map(|refused| refused.error)
}

#[test]
fn mutual_authentication_gives_both_ends_the_same_session() {
    let (exchange, token) = start(&Issue::new().credential(), &ApParameters::gss(), now());
    assert!(exchange.established().is_none());
    let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
    let initiator = exchange.input(&accepted.reply.unwrap()).unwrap();
    let acceptor = accepted.context;
    assert_eq!(acceptor.client, principal("alice@LAB.EXAMPLE"));
    assert_eq!(acceptor.server, principal(SERVICE));
    assert_eq!(
        acceptor.key().expose_bytes(),
        initiator.key().expose_bytes()
    );
    assert!(acceptor.acceptor_subkey.is_some());
    assert_eq!(initiator.send_sequence, acceptor.receive_sequence);
    assert_eq!(acceptor.send_sequence, initiator.receive_sequence);
}

#[test]
fn without_mutual_authentication_there_is_no_reply() {
    let parameters = ApParameters {
        mutual: false,
        ..ApParameters::gss()
    };
    let (exchange, token) = start(&Issue::new().credential(), &parameters, now());
    let accepted = accept(&mut acceptor(Dialect::Mit), &token).unwrap();
    assert_eq!(accepted.reply, None);
    let initiator = exchange.established().unwrap();
    assert_eq!(
        initiator.key().expose_bytes(),
        accepted.context.key().expose_bytes()
    );
}

#[test]
fn a_bare_ap_req_is_answered_by_a_bare_ap_rep() {
    let parameters = ApParameters {
        mutual: true,
        ..ApParameters::raw()
    };
    let (exchange, token) = start(&Issue::new().credential(), &parameters, now());
    let accepted = accept(&mut raw_acceptor(Dialect::Mit), &token).unwrap();
    let reply = accepted.reply.unwrap();
    assert!(ApRep::decode(&reply).is_ok());
    assert!(exchange.input(&reply).is_ok());
}

#[test]
fn a_bare_ap_req_is_refused_by_a_bare_krb_error() {
    let parameters = ApParameters {
        mutual: true,
        ..ApParameters::raw()
    };
    let (exchange, token) = start(&Issue::new().credential(), &parameters, now());
    let late = now() + seconds(301);
    let refused = accept_at(&mut raw_acceptor(Dialect::Mit), late, &token).unwrap_err();
    let Err(ApExchangeError::Refused(error)) = exchange.input(&refused.reply.unwrap()) else {
        panic!("no KRB-ERROR");
    };
    assert_eq!(error.error_code, ErrorCode::KRB_AP_ERR_SKEW);
}

// 3.2.3: the ticket

#[test]
fn a_changed_ticket_is_refused() {
    let mut credential = Issue::new().credential();
    credential.ticket.enc_part.cipher[20] ^= 1;
    let (_, token) = start(&credential, &ApParameters::gss(), now());
    let refused = accept(&mut acceptor(Dialect::Mit), &token).unwrap_err();
    assert_eq!(code_in(&refused), Some(31));
}

#[test]
fn a_ticket_whose_contents_are_no_ticket_is_refused() {
    let issue = Issue::new();
    let mut credential = issue.credential();
    credential.ticket.enc_part.cipher =
        issue
            .key
            .encrypt(KeyUsage::TICKET, &mut rng(), b"no ticket");
    let (_, token) = start(&credential, &ApParameters::gss(), now());
    let refused = accept(&mut acceptor(Dialect::Mit), &token).unwrap_err();
    assert!(matches!(refused.error, AcceptError::TicketMalformed(_)));
    assert_eq!(code_in(&refused), Some(31));
}

#[test]
fn a_ticket_that_begins_within_the_skew_is_accepted() {
    let mut issue = Issue::new();
    issue.part.starttime = Some(now().time().saturating_add(300));
    assert_eq!(at_clock(Dialect::Mit, &issue, now()), None);
}

#[test]
fn a_ticket_that_begins_after_the_skew_is_not_yet_valid() {
    let mut issue = Issue::new();
    let starttime = now().time().saturating_add(301);
    issue.part.starttime = Some(starttime);
    let error = at_clock(Dialect::Mit, &issue, now()).unwrap();
    assert_eq!(
        error,
        AcceptError::TicketNotYetValid {
            starttime,
            now: now()
        }
    );
    assert_eq!(
        error.code(Dialect::Mit),
        Some(ErrorCode::KRB_AP_ERR_TKT_NYV)
    );
}

#[test]
fn a_ticket_without_starttime_begins_at_authtime() {
    let mut issue = Issue::new();
    issue.part.starttime = None;
    issue.part.authtime = now().time().saturating_add(301);
    assert!(matches!(
        at_clock(Dialect::Mit, &issue, now()),
        Some(AcceptError::TicketNotYetValid { .. })
    ));
}

#[test]
fn a_ticket_that_ended_within_the_skew_is_accepted() {
    let mut issue = Issue::new();
    issue.part.endtime = now().time().saturating_add(-300);
    assert_eq!(at_clock(Dialect::Mit, &issue, now()), None);
}

#[test]
fn a_ticket_that_ended_before_the_skew_is_expired() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        let mut issue = Issue::new();
        issue.part.endtime = now().time().saturating_add(-301);
        assert_eq!(
            at_clock(dialect, &issue, now()),
            Some(AcceptError::TicketExpired {
                endtime: issue.part.endtime,
                now: now()
            })
        );
    }
}

#[test]
fn a_ticket_with_the_invalid_flag_is_refused() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        let mut issue = Issue::new();
        issue.part.flags |= TicketFlags::INVALID;
        assert_eq!(
            at_clock(dialect, &issue, now()),
            Some(AcceptError::TicketInvalid)
        );
    }
}

// 3.2.3: the authenticator

#[test]
fn an_authenticator_under_another_key_is_refused() {
    let issue = Issue::new();
    let mut credential = issue.credential();
    credential.session_key = key(AES256, 201);
    let (_, token) = start(&credential, &ApParameters::gss(), now());
    let refused = accept(&mut acceptor(Dialect::Mit), &token).unwrap_err();
    assert_eq!(refused.error, AcceptError::AuthenticatorUndecryptable);
    assert_eq!(code_in(&refused), Some(31));
}

#[test]
fn an_authenticator_under_another_key_usage_is_refused() {
    let issue = Issue::new();
    let mut request = issue.request(|_| {});
    let plain = session_key()
        .decrypt(
            KeyUsage::AP_REQ_AUTHENTICATOR,
            &request.authenticator.cipher,
        )
        .unwrap();
    request.authenticator.cipher =
        session_key().encrypt(KeyUsage::TGS_REQ_AUTHENTICATOR, &mut rng(), &plain);
    assert_eq!(
        refusal(&mut raw_acceptor(Dialect::Mit), &request.encode()),
        AcceptError::AuthenticatorUndecryptable
    );
}

#[test]
fn an_authenticator_of_the_tickets_client_is_accepted() {
    let request = Issue::new().request(|_| {});
    assert!(accept(&mut raw_acceptor(Dialect::Mit), &request.encode()).is_ok());
}

#[test]
fn an_authenticator_of_another_client_does_not_match() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        let bob = principal("bob@LAB.EXAMPLE");
        let request = Issue::new().request(|authenticator| authenticator.cname = bob.name.clone());
        let error = refusal(&mut raw_acceptor(dialect), &request.encode());
        assert_eq!(
            error,
            AcceptError::ClientMismatch {
                ticket: principal("alice@LAB.EXAMPLE").into(),
                authenticator: bob.into(),
            }
        );
        assert_eq!(
            error.code(Dialect::Mit),
            Some(ErrorCode::KRB_AP_ERR_BADMATCH)
        );
    }
}

#[test]
fn an_authenticator_of_another_realm_does_not_match() {
    let request =
        Issue::new().request(|authenticator| authenticator.crealm = "OTHER.EXAMPLE".into());
    assert!(matches!(
        refusal(&mut raw_acceptor(Dialect::Mit), &request.encode()),
        AcceptError::ClientMismatch { .. }
    ));
}

#[test]
fn clocks_300_s_apart_are_accepted_either_way() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        let mut issue = Issue::new();
        issue.part.starttime = Some(now().time().saturating_add(-3600));
        assert_eq!(at_clock(dialect, &issue, now() + seconds(300)), None);
        assert_eq!(at_clock(dialect, &issue, now() - seconds(300)), None);
    }
}

#[test]
fn clocks_301_s_apart_are_refused_either_way() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        for acceptor_now in [now() + seconds(301), now() - seconds(301)] {
            let mut issue = Issue::new();
            issue.part.starttime = Some(now().time().saturating_add(-3600));
            assert_eq!(
                at_clock(dialect, &issue, acceptor_now),
                Some(AcceptError::ClockSkew {
                    ctime: now(),
                    now: acceptor_now,
                    limit: seconds(300)
                })
            );
        }
    }
}

#[test]
fn a_wider_clockskew_accepts_more() {
    let mut acceptor = acceptor(Dialect::Mit);
    acceptor.config.clockskew = seconds(600);
    assert!(accept_at(&mut acceptor, now() + seconds(301), &Issue::new().token()).is_ok());
}

#[test]
fn microseconds_out_of_range_do_not_matter() {
    let request = Issue::new().request(|authenticator| authenticator.cusec = i32::MIN);
    assert!(accept(&mut raw_acceptor(Dialect::Java), &request.encode()).is_ok());
}

// 3.2.3: addresses

#[test]
fn a_ticket_may_be_used_from_its_addresses() {
    let mut issue = Issue::new();
    issue.part.caddr = Some(vec![HostAddress::from(peer("192.0.2.7"))]);
    let request = issue.request(|_| {}).encode();
    let mut acceptor = raw_acceptor(Dialect::Mit);
    assert!(
        acceptor
            .accept(now(), &mut rng(), Some(peer("192.0.2.7")), &request)
            .is_ok()
    );
}

#[test]
fn a_ticket_may_not_be_used_from_another_address() {
    for dialect in [Dialect::Java, Dialect::Mit, Dialect::Windows] {
        let mut issue = Issue::new();
        issue.part.caddr = Some(vec![HostAddress::from(peer("192.0.2.7"))]);
        let request = issue.request(|_| {}).encode();
        let refused = raw_acceptor(dialect)
            .accept(now(), &mut rng(), Some(peer("192.0.2.8")), &request)
            .unwrap_err();
        let cause = AcceptError::BadAddress {
            peer: peer("192.0.2.8"),
        };
        assert_eq!(refused.error, cause);
        assert_eq!(
            cause.code(Dialect::Mit),
            Some(ErrorCode::KRB_AP_ERR_BADADDR)
        );
    }
}

#[test]
fn a_ticket_without_addresses_may_be_used_from_everywhere() {
    let request = Issue::new().request(|_| {}).encode();
    let mut acceptor = raw_acceptor(Dialect::Mit);
    assert!(
        acceptor
            .accept(now(), &mut rng(), Some(peer("2001:db8::1")), &request)
            .is_ok()
    );
}

// 2.7: transited realms

fn from_remote(transited: &str, flags: TicketFlags) -> Issue {
    let mut issue = Issue::new();
    issue.part.crealm = "REMOTE.EXAMPLE".into();
    issue.part.flags |= flags;
    issue.part.transited = TransitedEncoding {
        tr_type: TransitedEncoding::DOMAIN_X500_COMPRESS,
        contents: transited.as_bytes().to_vec(),
    };
    issue
}

#[test]
fn a_path_of_one_hop_is_trusted() {
    let issue = from_remote("", TicketFlags::NONE);
    assert_eq!(at_clock(Dialect::Mit, &issue, now()), None);
}

#[test]
fn a_path_through_the_hierarchy_is_trusted() {
    let issue = from_remote("EXAMPLE", TicketFlags::NONE);
    assert_eq!(at_clock(Dialect::Mit, &issue, now()), None);
}

#[test]
fn a_path_that_the_kdc_checked_is_trusted() {
    let issue = from_remote("EVIL.ORG", TicketFlags::TRANSITED_POLICY_CHECKED);
    assert_eq!(at_clock(Dialect::Mit, &issue, now()), None);
}

#[test]
fn a_path_that_no_one_checked_is_refused_by_mit() {
    let issue = from_remote("EVIL.ORG", TicketFlags::NONE);
    let error = at_clock(Dialect::Mit, &issue, now()).unwrap();
    assert_eq!(
        error,
        AcceptError::IllegalTransit {
            client: "REMOTE.EXAMPLE".into(),
            server: "LAB.EXAMPLE".into(),
            transited: Some("EVIL.ORG".into()),
        }
    );
    assert_eq!(error.com_err(), Some(-1_765_328_341));
}

#[test]
fn capaths_let_a_path_be_trusted() {
    let issue = from_remote("EVIL.ORG", TicketFlags::NONE);
    let mut acceptor = acceptor(Dialect::Mit);
    acceptor
        .config
        .capaths
        .entry("REMOTE.EXAMPLE".into())
        .or_default()
        .insert("LAB.EXAMPLE".into(), vec!["EVIL.ORG".into()]);
    assert!(accept(&mut acceptor, &issue.token()).is_ok());
}

// 3.2.4 and 3.2.5: the AP-REP

/// The AP-REP that returns `ctime` and `cusec`, for a fresh exchange.
fn answer(key: &Key, ctime: KerberosTime, cusec: i32) -> Result<(), ApExchangeError> {
    let parameters = ApParameters {
        mutual: true,
        ..ApParameters::raw()
    };
    let (exchange, _) = start(&Issue::new().credential(), &parameters, now());
    let part = EncApRepPart {
        ctime,
        cusec,
        subkey: None,
        seq_number: None,
    };
    let reply = ApRep {
        pvno: 5,
        msg_type: 15,
        enc_part: EncryptedData {
            etype: key.enctype(),
            kvno: None,
            cipher: key.encrypt(KeyUsage::AP_REP, &mut rng(), &part.encode()),
        },
    };
    exchange.input(&reply.encode()).map(|_| ())
}

#[test]
fn an_ap_rep_with_the_same_time_is_accepted() {
    assert_eq!(answer(&session_key(), now().time(), 123_456), Ok(()));
}

#[test]
fn an_ap_rep_with_time_plus_one_fails_mutual_authentication() {
    let error = answer(&session_key(), now().time().saturating_add(1), 123_456).unwrap_err();
    assert_eq!(error.com_err(), Some(-1_765_328_226));
    assert_eq!(
        error.code(Dialect::Java),
        Some(ErrorCode::KRB_AP_ERR_MUT_FAIL)
    );
}

/// Kerberos 4 in the acceptor: it adds to the time that it returns.
#[test]
fn an_acceptor_that_adds_a_second_is_not_believed() {
    for (added, believed) in [(0, true), (1, false)] {
        let mut acceptor = Acceptor {
            ap_rep_added_seconds: added,
            ..acceptor(Dialect::Mit)
        };
        let (exchange, token) = start(&Issue::new().credential(), &ApParameters::gss(), now());
        let accepted = acceptor
            .accept(now(), &mut rng(), None, &token)
            .expect("the ticket is good");
        let reply = accepted.reply.expect("an AP-REP was asked for");
        assert_eq!(exchange.input(&reply).is_ok(), believed, "{added} added");
    }
}

#[test]
fn an_ap_rep_with_another_microsecond_fails_mutual_authentication() {
    assert!(matches!(
        answer(&session_key(), now().time(), 123_457),
        Err(ApExchangeError::MutualFailed { .. })
    ));
}

#[test]
fn an_ap_rep_under_another_key_is_refused() {
    let error = answer(&key(AES256, 201), now().time(), 123_456).unwrap_err();
    assert_eq!(error, ApExchangeError::Undecryptable);
    assert_eq!(error.com_err(), Some(-1_765_328_353));
    assert_eq!(
        answer(&key(AES128, 201), now().time(), 123_456),
        Err(ApExchangeError::Undecryptable)
    );
}

// 3.2.6: keys of the session

#[test]
fn a_subkey_of_a_wrong_length_is_refused() {
    let mut encoded = Issue::new();
    encoded.session_key = session_key();
    let request = encoded.request(|authenticator| {
        // EncryptionKey ::= SEQUENCE { keytype [0] 18, keyvalue [1] five octets }
        let mut plain = authenticator.clone();
        plain.subkey = None;
        plain.seq_number = None;
        let mut bytes = plain.encode();
        let subkey = [
            0xa6, 0x10, 0x30, 0x0e, 0xa0, 0x03, 0x02, 0x01, 0x12, 0xa1, 0x07, 0x04, 0x05, 1, 2, 3,
            4, 5,
        ];
        bytes.extend(subkey);
        // APPLICATION 2 and SEQUENCE, both with a length of one octet.
        assert!(bytes[1] < 0x60 && bytes[3] < 0x60);
        bytes[1] += subkey.len() as u8;
        bytes[3] += subkey.len() as u8;
        *authenticator =
            kdclab_proto::messages::Authenticator::decode(&bytes).expect("a valid authenticator");
    });
    assert!(matches!(
        refusal(&mut raw_acceptor(Dialect::Mit), &request.encode()),
        AcceptError::InvalidKey {
            key: SessionKeyKind::Subkey,
            ..
        }
    ));
}

#[test]
fn a_session_key_of_a_type_not_permitted_is_refused() {
    let issue = Issue::new().session_key(key(AES128, 202));
    let token = issue.token();
    let mut strict = acceptor(Dialect::Mit);
    strict.config.permitted_enctypes = vec![AES256];
    let refused = accept(&mut strict, &token).unwrap_err();
    assert_eq!(
        refused.error,
        AcceptError::EnctypeNotPermitted {
            key: SessionKeyKind::Subkey,
            enctype: AES128
        }
    );
    assert_eq!(refused.error.com_err(), Some(-1_765_328_148));
    assert_eq!(code_in(&refused), Some(60));
    assert!(accept(&mut acceptor(Dialect::Mit), &token).is_ok());
}

#[test]
fn a_session_key_alone_must_be_of_a_type_permitted() {
    let parameters = ApParameters {
        subkey: false,
        ..ApParameters::gss()
    };
    let issue = Issue::new().session_key(key(AES128, 202));
    let (_, token) = start(&issue.credential(), &parameters, now());
    let mut strict = acceptor(Dialect::Mit);
    strict.config.permitted_enctypes = vec![AES256];
    assert_eq!(
        refusal(&mut strict, &token),
        AcceptError::EnctypeNotPermitted {
            key: SessionKeyKind::SessionKey,
            enctype: AES128
        }
    );
}

#[test]
fn java_counts_rc4_as_weak() {
    let token = Issue::new().session_key(key(RC4, 203)).token();
    assert_eq!(
        refusal(&mut acceptor(Dialect::Java), &token),
        AcceptError::EnctypeNotPermitted {
            key: SessionKeyKind::Subkey,
            enctype: RC4
        }
    );
    let mut lax = acceptor(Dialect::Java);
    lax.config.weak_crypto.allow_weak_crypto = true;
    assert!(accept(&mut lax, &token).is_ok());
}

// 3.7: user-to-user

fn user_to_user() -> (Vec<u8>, Key) {
    let tgt_session_key = key(AES256, 300);
    let mut issue = Issue::new();
    issue.server = principal("bob@LAB.EXAMPLE");
    issue.key = tgt_session_key.clone();
    issue.kvno = None;
    let parameters = ApParameters {
        use_session_key: true,
        ..ApParameters::gss()
    };
    (
        start(&issue.credential(), &parameters, now()).1,
        tgt_session_key,
    )
}

#[test]
fn a_user_to_user_ticket_opens_with_the_session_key() {
    let (token, key) = user_to_user();
    let mut acceptor = acceptor(Dialect::Mit);
    acceptor.user_to_user_key = Some(key);
    assert!(accept(&mut acceptor, &token).is_ok());
}

#[test]
fn a_user_to_user_ticket_does_not_open_with_another_session_key() {
    let (token, _) = user_to_user();
    let mut acceptor = acceptor(Dialect::Mit);
    acceptor.user_to_user_key = Some(key(AES256, 301));
    let refused = accept(&mut acceptor, &token).unwrap_err();
    assert_eq!(code_in(&refused), Some(31));
}

#[test]
fn without_the_option_the_session_key_is_not_used() {
    let tgt_session_key = key(AES256, 300);
    let mut acceptor = acceptor(Dialect::Mit);
    acceptor.user_to_user_key = Some(tgt_session_key);
    assert!(accept(&mut acceptor, &Issue::new().token()).is_ok());
}
