//! Sockets that can be closed without giving their port away.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;

use super::super::os;
use super::LOOPBACK;
use crate::sim::Gate;

/// How often another port is tried when not all sockets get the port that the first one has.
const PORT_ATTEMPTS: u32 = 64;
/// How many connections may wait to be accepted.
const BACKLOG: u32 = 128;
/// How long a place in an empty queue takes at most.
const QUEUEING: Duration = Duration::from_millis(100);

/// The sockets of one port, on both loopback addresses where the system has them.
pub(super) struct Sockets {
    pub(super) port: u16,
    pub(super) udp: Vec<UdpSocket>,
    pub(super) tcp: Vec<Reserved>,
}

impl Sockets {
    /// Takes a free port.
    pub(super) fn bind(with_udp: bool) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..PORT_ATTEMPTS {
            match Self::try_bind(with_udp) {
                Ok(sockets) => return Ok(sockets),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn try_bind(with_udp: bool) -> io::Result<Self> {
        let mut sockets = Self {
            port: 0,
            udp: Vec::new(),
            tcp: Vec::new(),
        };
        for address in LOOPBACK {
            let wanted = SocketAddr::new(address, sockets.port);
            let reserved = match Reserved::bind(wanted) {
                Err(error) if address.is_ipv6() && is_missing(&error) => continue,
                reserved => reserved?,
            };
            sockets.port = reserved.address.port();
            if with_udp {
                let socket = std::net::UdpSocket::bind(reserved.address)?;
                socket.set_nonblocking(true)?;
                sockets.udp.push(UdpSocket::from_std(socket)?);
            }
            sockets.tcp.push(reserved);
        }
        Ok(sockets)
    }
}

/// Whether the system has no such address.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
    ) || os::is_unknown_family(error)
}

/// A port of TCP that nobody else gets, whether or not it is listened on.
pub(super) struct Reserved {
    address: SocketAddr,
    keeper: Keeper,
}

enum Keeper {
    /// Bound and never listening: as long as it lives, the system gives the port to nobody, and answers whoever
    /// connects to it that nobody listens.
    Bound(#[expect(dead_code, reason = "it is there for as long as it lives")] TcpSocket),
    /// Listening all the time, where the system has nothing else.
    Listening(Arc<TcpListener>),
}

impl Reserved {
    fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = socket(address)?;
        let address = socket.local_addr()?;
        let keeper = match os::KEEPS_PORTS {
            true => Keeper::Bound(socket),
            false => Keeper::Listening(Arc::new(socket.listen(BACKLOG)?)),
        };
        Ok(Self { address, keeper })
    }

    /// Lets in whom the gate lets in.
    pub(super) async fn enter(&self, gate: Gate) -> io::Result<Entrance> {
        if let Keeper::Listening(listener) = &self.keeper {
            return Ok(match gate {
                Gate::Closed => Entrance::Refusing(Arc::clone(listener)),
                Gate::Open => Entrance::Open(Arc::clone(listener)),
                Gate::Silent => Entrance::Closed,
            });
        }
        match gate {
            Gate::Closed => Ok(Entrance::Closed),
            Gate::Open => self.listen(BACKLOG).map(Arc::new).map(Entrance::Open),
            Gate::Silent => self.fall_silent().await,
        }
    }

    fn listen(&self, backlog: u32) -> io::Result<TcpListener> {
        socket(self.address)?.listen(backlog)
    }

    /// Linux drops the request for a connection when the queue of those to be accepted is full. The shortest
    /// queue has one place.
    async fn fall_silent(&self) -> io::Result<Entrance> {
        let listener = self.listen(0)?;
        // Where somebody else was faster, the queue is full as well.
        let queued = timeout(QUEUEING, TcpStream::connect(self.address)).await;
        Ok(Entrance::Silent {
            _full: (listener, queued.ok().transpose()?),
        })
    }
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if os::KEEPS_PORTS {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

/// How a port of TCP meets those who come.
pub(super) enum Entrance {
    /// Nobody listens.
    Closed,
    /// Everybody gets in.
    Open(Arc<TcpListener>),
    /// Everybody is thrown out.
    Refusing(Arc<TcpListener>),
    /// Nobody gets an answer.
    Silent {
        /// The queue of connections, and the one that fills it.
        _full: (TcpListener, Option<TcpStream>),
    },
}

impl Entrance {
    /// The next connection; forever none where nobody gets in.
    pub(super) async fn accept(&self) -> (TcpStream, SocketAddr) {
        loop {
            let listener = match self {
                Self::Closed | Self::Silent { .. } => return std::future::pending().await,
                Self::Open(listener) | Self::Refusing(listener) => listener,
            };
            match (self, listener.accept().await) {
                (Self::Refusing(_), Ok((stream, _))) => {
                    let _ = stream.set_zero_linger();
                }
                (_, Ok(connection)) => return connection,
                // Out of descriptors: give open connections time to end.
                (_, Err(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}
