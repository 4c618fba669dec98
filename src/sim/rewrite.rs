//! Writes another value into a message on its way.

use kdclab_proto::messages::{AsRep, AsReq, KdcRep, KdcReq, KdcReqBody, KrbError, TgsRep, TgsReq};
use kdclab_proto::{PrincipalName, Realm};

use crate::script::rewrite::Rewrite;

/// `message` with the change; `None` where it has no such field, or is no message at all.
pub(super) fn rewritten(message: &[u8], rewrite: &Rewrite) -> Option<Vec<u8>> {
    const AS_REP: u8 = 0x60 | AsRep::APPLICATION;
    const AS_REQ: u8 = 0x60 | AsReq::APPLICATION;
    const KRB_ERROR: u8 = 0x60 | KrbError::APPLICATION;
    const TGS_REP: u8 = 0x60 | TgsRep::APPLICATION;
    const TGS_REQ: u8 = 0x60 | TgsReq::APPLICATION;
    match *message.first()? {
        AS_REP => {
            let reply = changed_reply(AsRep::decode(message).ok()?.0, rewrite)?;
            Some(AsRep(reply).encode())
        }
        AS_REQ => {
            let request = AsReq::decode(message).ok()?.0;
            let body = changed_body(&request, rewrite)?;
            Some(AsReq::new(request.padata, body).encode())
        }
        KRB_ERROR => match rewrite {
            Rewrite::Crealm(realm) => {
                let mut error = KrbError::decode(message).ok()?;
                error.crealm = Some(Realm::from(realm.as_str()));
                Some(error.encode())
            }
            _ => None,
        },
        TGS_REP => {
            let reply = changed_reply(TgsRep::decode(message).ok()?.0, rewrite)?;
            Some(TgsRep(reply).encode())
        }
        TGS_REQ => {
            let request = TgsReq::decode(message).ok()?.0;
            let body = changed_body(&request, rewrite)?;
            Some(TgsReq::new(request.padata, body).encode())
        }
        _ => None,
    }
}

fn changed_reply(mut reply: KdcRep, rewrite: &Rewrite) -> Option<KdcRep> {
    match rewrite {
        Rewrite::Cname(name) => rename(&mut reply.cname, &name.0),
        Rewrite::Crealm(realm) => reply.crealm = Realm::from(realm.as_str()),
        Rewrite::Etype(_) => return None,
        Rewrite::TicketRealm(realm) => reply.ticket.realm = Realm::from(realm.as_str()),
        Rewrite::TicketSname(name) => rename(&mut reply.ticket.sname, &name.0),
    }
    Some(reply)
}

fn changed_body(request: &KdcReq, rewrite: &Rewrite) -> Option<KdcReqBody> {
    match rewrite {
        Rewrite::Etype(enctypes) => Some(KdcReqBody {
            etype: enctypes.iter().map(|enctype| enctype.0).collect(),
            ..request.req_body().clone()
        }),
        Rewrite::Cname(_)
        | Rewrite::Crealm(_)
        | Rewrite::TicketRealm(_)
        | Rewrite::TicketSname(_) => None,
    }
}

/// Another name of the same type.
fn rename(name: &mut PrincipalName, to: &PrincipalName) {
    name.components.clone_from(&to.components);
}
