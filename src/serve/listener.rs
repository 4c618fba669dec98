//! One KDC or password service on UDP and TCP, on the same port.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kdclab_kdc::{Protocol, Transport};
use kdclab_proto::Realm;
use rand::SeedableRng;
use rand::rngs::{ChaCha12Rng, SysRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::ServeError;
use super::served::{Served, Service};

/// The longest request, in bytes. MIT's clients refuse longer replies as well.
const MAX_MESSAGE: usize = 1 << 20;
/// How long a TCP client may take to send a request.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How many TCP connections one service keeps open.
const MAX_CONNECTIONS: usize = 256;
/// How often another port is tried when UDP does not get the port that TCP has.
const PORT_ATTEMPTS: u32 = 64;

/// The sockets of one service.
pub(super) struct Listener {
    served: Arc<Served>,
    which: (usize, Service),
    udp: UdpSocket,
    tcp: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Takes a free port. The sockets are kept, so nobody else can take it in between.
    pub(super) async fn bind(
        served: &Arc<Served>,
        which: (usize, Service),
    ) -> Result<Self, ServeError> {
        let failed = |error| ServeError::Bind {
            host: served.kdc(which.0).host.clone(),
            error,
        };
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..PORT_ATTEMPTS {
            let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .await
                .map_err(failed)?;
            let address = tcp.local_addr().map_err(failed)?;
            match UdpSocket::bind(address).await {
                Ok(udp) => {
                    return Ok(Self {
                        served: Arc::clone(served),
                        which,
                        udp,
                        tcp,
                        address,
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    pub(super) fn host(&self) -> &str {
        &self.served.kdc(self.which.0).host
    }

    pub(super) fn realms(&self) -> &[Realm] {
        &self.served.kdc(self.which.0).realms
    }

    pub(super) fn service(&self) -> Service {
        self.which.1
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the task is dropped.
    pub(super) async fn serve(self) {
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let this = Arc::new(self);
        tokio::join!(datagrams(&this), streams(&this, &connections));
    }

    fn answer(
        &self,
        rng: &mut ChaCha12Rng,
        transport: &Transport,
        request: &[u8],
    ) -> Option<Vec<u8>> {
        self.served
            .answer(self.which, self.address, rng, transport, request)
    }

    /// The longest reply over UDP, in bytes.
    fn reply_limit(&self) -> Option<usize> {
        match self.which {
            (index, Service::Kdc) => self.served.kdc(index).udp_reply_limit,
            (_, Service::Kpasswd) => None,
        }
    }
}

/// A generator of its own for each task, so that no lock is shared.
fn fresh_rng() -> Option<ChaCha12Rng> {
    ChaCha12Rng::try_from_rng(&mut SysRng).ok()
}

async fn datagrams(listener: &Listener) {
    let socket = &listener.udp;
    let Some(mut rng) = fresh_rng() else { return };
    let mut buffer = vec![0; 1 << 16];
    loop {
        // An error here is about an earlier answer that could not be delivered.
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        let transport = Transport {
            protocol: Protocol::Udp,
            peer,
            reply_limit: listener.reply_limit(),
        };
        if let Some(reply) = listener.answer(&mut rng, &transport, &buffer[..length]) {
            let _ = socket.send_to(&reply, peer).await;
        }
    }
}

async fn streams(listener: &Arc<Listener>, connections: &Arc<Semaphore>) {
    loop {
        let Ok(permit) = Arc::clone(connections).acquire_owned().await else {
            return;
        };
        let Ok((stream, peer)) = listener.tcp.accept().await else {
            // Out of descriptors: give open connections time to end.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let listener = Arc::clone(listener);
        tokio::spawn(async move {
            let _ = connection(&listener, stream, peer).await;
            drop(permit);
        });
    }
}

/// One TCP connection: requests and replies, each behind its length in four bytes (RFC 4120 section
/// 7.2.2).
async fn connection(
    listener: &Listener,
    mut stream: TcpStream,
    peer: SocketAddr,
) -> io::Result<()> {
    let Some(mut rng) = fresh_rng() else {
        return Ok(());
    };
    let transport = Transport {
        protocol: Protocol::Tcp,
        peer,
        reply_limit: None,
    };
    loop {
        let request = timeout(READ_TIMEOUT, read_framed(&mut stream)).await??;
        let Some(reply) = listener.answer(&mut rng, &transport, &request) else {
            return Ok(());
        };
        let Ok(length) = u32::try_from(reply.len()) else {
            return Ok(());
        };
        stream
            .write_all(&[&length.to_be_bytes(), reply.as_slice()].concat())
            .await?;
    }
}

async fn read_framed(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await? as usize;
    if length > MAX_MESSAGE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // Grows with what arrives: a length alone costs no memory.
    let mut request = Vec::new();
    stream.take(length as u64).read_to_end(&mut request).await?;
    if request.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(request)
}
