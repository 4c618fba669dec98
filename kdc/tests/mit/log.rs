//! The lines of krb5kdc.log, as krb5kdc 1.20 wrote them in the same situations.

use kdclab_proto::messages::{KdcOptions, KdcReqBody};

use crate::common::*;

fn line(world: &mut World, request: &[u8]) -> String {
    let lines = world.send(request).outcome.log_lines();
    assert_eq!(lines.len(), 1);
    lines[0].clone()
}

const ETYPES: &str = "(2 etypes {aes256-cts-hmac-sha1-96(18), aes128-cts-hmac-sha1-96(17)})";

#[test]
fn an_as_exchange() {
    let mut world = World::mit();
    let (alice, carol) = (principal("alice@LAB"), principal("carol@LAB"));
    let tgt = || body(&krbtgt("LAB"));
    assert_eq!(
        line(&mut world, &as_req(&carol, tgt(), vec![])),
        format!(
            "AS_REQ {ETYPES} 192.0.2.7: ISSUE: authtime 1767225600, etypes \
             {{rep=aes256-cts-hmac-sha1-96(18), tkt=aes256-cts-hmac-sha1-96(18), \
             ses=aes256-cts-hmac-sha1-96(18)}}, carol@LAB for krbtgt/LAB@LAB"
        )
    );
    assert_eq!(
        line(&mut world, &as_req(&alice, tgt(), vec![])),
        format!(
            "AS_REQ {ETYPES} 192.0.2.7: NEEDED_PREAUTH: alice@LAB for krbtgt/LAB@LAB, \
             Additional pre-authentication required"
        )
    );
    let rc4 = KdcReqBody {
        etype: vec![RC4],
        ..tgt()
    };
    assert_eq!(
        line(&mut world, &as_req(&alice, rc4, vec![])),
        "AS_REQ (1 etypes {DEPRECATED:arcfour-hmac(23)}) 192.0.2.7: BAD_ENCRYPTION_TYPE: \
         alice@LAB for krbtgt/LAB@LAB, KDC has no support for encryption type"
    );
}

#[test]
fn a_tgs_exchange() {
    let mut world = World::mit();
    let tgt = world.tgt("alice@LAB");
    let present = world.present(&tgt);
    let ask = |world: &mut World, service: &str, kdc_options, tgt: &Credential| {
        let body = KdcReqBody {
            kdc_options,
            ..body(&principal(service))
        };
        let request = tgs_req(tgt, &present, body, &mut world.rng);
        line(world, &request)
    };
    let none = KdcOptions::NONE;
    let issued = ask(&mut world, "host/web.lab@LAB", none, &tgt);
    assert!(issued.starts_with(&format!(
        "TGS_REQ {ETYPES} 192.0.2.7: ISSUE: authtime 1767225600, "
    )));
    assert!(issued.ends_with("}, alice@LAB for host/web.lab@LAB"));
    assert_eq!(
        ask(&mut world, "host/none@LAB", none, &tgt),
        format!(
            "TGS_REQ {ETYPES} 192.0.2.7: LOOKING_UP_SERVER: authtime 0, etypes \
             {{rep=UNSUPPORTED:(0)}} alice@LAB for host/none@LAB, Server not found in Kerberos database"
        )
    );
    assert_eq!(
        ask(&mut world, "host/x@Z", none, &tgt),
        format!(
            "TGS_REQ {ETYPES} 192.0.2.7: GET_LOCAL_TGT: authtime 0, etypes \
             {{rep=UNSUPPORTED:(0)}} alice@LAB for host/x@Z, No such entry in the database"
        )
    );
    let proxiable = world.tgt_with("alice@LAB", KdcOptions::PROXIABLE);
    assert_eq!(
        ask(
            &mut world,
            "host/web.lab@LAB",
            KdcOptions::PROXY,
            &proxiable
        ),
        "TGS_REQ 192.0.2.7: SERVER DIDN'T MATCH TICKET FOR RENEW/FORWARD/ETC: authtime 0, \
         alice@LAB for host/web.lab@LAB, 2nd tkt client <unknown>"
    );
    let mut later = tgt;
    later.ticket.enc_part.kvno = Some(9);
    assert_eq!(
        ask(&mut world, "host/web.lab@LAB", none, &later),
        format!(
            "TGS_REQ {ETYPES} 192.0.2.7: PROCESS_TGS: authtime 0, etypes {{rep=UNSUPPORTED:(0)}} \
             <unknown client> for host/web.lab@LAB, No matching key in entry"
        )
    );
}
