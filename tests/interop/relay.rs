//! What a scenario's link does to messages, on loopback: between a real client and a KDC.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use kdclab::script::rewrite::Rewrite;
use kdclab::script::verb::{LinkEffect, LinkFault};
use kdclab_proto::Realm;
use kdclab_proto::messages::{AsRep, AsReq, KdcReqBody};

const AS_REP: u8 = 0x60 | AsRep::APPLICATION;
const AS_REQ: u8 = 0x60 | AsReq::APPLICATION;

/// A relay for datagrams; it ends when this is dropped.
pub(crate) struct Relay {
    address: SocketAddr,
    fault: Arc<Mutex<Option<LinkFault>>>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// A relay to `kdc` that changes nothing yet.
    pub(crate) fn start(kdc: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let behind = UdpSocket::bind("127.0.0.1:0").unwrap();
        behind.connect(kdc).unwrap();
        let fault = Arc::default();
        let seen_by_thread = Arc::clone(&fault);
        let thread = std::thread::spawn(move || relay(&socket, &behind, &seen_by_thread));
        Self {
            address,
            fault,
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it does what `fault` says.
    pub(crate) fn alter(&self, fault: &LinkFault) {
        *self.fault.lock().unwrap() = Some(fault.clone());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // An empty datagram is no request: it ends the thread.
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(&[], self.address).unwrap();
        let ended = self.thread.take().expect("started").join();
        assert!(std::thread::panicking() || ended.is_ok());
    }
}

/// Requests and replies in turn, until an empty request.
fn relay(socket: &UdpSocket, behind: &UdpSocket, fault: &Mutex<Option<LinkFault>>) {
    let mut buffer = vec![0; 1 << 16];
    let mut last_reply = Vec::new();
    let altered = |message: Vec<u8>, earlier: &[u8]| match &*fault.lock().unwrap() {
        Some(fault) if concerns(fault, &message) => alter(message, earlier, &fault.effect),
        _ => message,
    };
    loop {
        let (length, client) = socket.recv_from(&mut buffer).unwrap();
        if length == 0 {
            return;
        }
        behind
            .send(&altered(buffer[..length].to_vec(), &[]))
            .unwrap();
        let length = behind.recv(&mut buffer).unwrap();
        let reply = buffer[..length].to_vec();
        let answer = altered(reply.clone(), &last_reply);
        if reply[0] == AS_REP {
            last_reply = reply;
        }
        socket.send_to(&answer, client).unwrap();
    }
}

fn concerns(fault: &LinkFault, message: &[u8]) -> bool {
    match fault.message.as_ref().map(|name| name.get_ref().as_str()) {
        Some("AS-REP") => message[0] == AS_REP,
        Some("AS-REQ") => message[0] == AS_REQ,
        other => panic!("no relay knows {other:?}"),
    }
}

fn alter(mut message: Vec<u8>, earlier: &[u8], effect: &LinkEffect) -> Vec<u8> {
    match effect {
        // The last bytes are ciphertext.
        LinkEffect::Corrupt => *message.last_mut().expect("a message") ^= 1,
        LinkEffect::Replace(text) => message = text.clone().into_bytes(),
        LinkEffect::Replay => message = earlier.to_vec(),
        LinkEffect::Rewrite(change) => message = rewritten(&message, change.get_ref()),
        LinkEffect::Truncate(length) => message.truncate(*length),
        other => panic!("no relay does {other:?}"),
    }
    message
}

fn rewritten(message: &[u8], change: &Rewrite) -> Vec<u8> {
    if let Rewrite::Etype(enctypes) = change {
        let request = AsReq::decode(message).unwrap().0;
        let body = KdcReqBody {
            etype: enctypes.iter().map(|enctype| enctype.0).collect(),
            ..request.req_body().clone()
        };
        return AsReq::new(request.padata, body).encode();
    }
    let mut reply = AsRep::decode(message).unwrap();
    let ticket = &mut reply.0.ticket;
    match change {
        Rewrite::Cname(name) => reply.0.cname.components.clone_from(&name.0.components),
        Rewrite::Crealm(realm) => reply.0.crealm = Realm::from(realm.as_str()),
        Rewrite::TicketRealm(realm) => ticket.realm = Realm::from(realm.as_str()),
        Rewrite::TicketSname(name) => ticket.sname.components.clone_from(&name.0.components),
        Rewrite::Etype(_) => unreachable!("a reply has none"),
    }
    reply.encode()
}
