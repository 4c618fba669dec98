//! Sockets that can be closed without giving their port away.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::LOOPBACK;
use crate::sim::Gate;

/// How often another port is tried when not all sockets get the port that the first one has.
const PORT_ATTEMPTS: u32 = 64;
/// How many connections may wait to be accepted.
const BACKLOG: u32 = 128;

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
    )
}

/// A port of TCP that nobody else gets, whether or not it is listened on.
pub(super) struct Reserved {
    address: SocketAddr,
    /// Bound and never listening: as long as it lives, the system gives the port to nobody, and answers
    /// whoever connects to it that nobody listens.
    _keeper: TcpSocket,
}

impl Reserved {
    fn bind(address: SocketAddr) -> io::Result<Self> {
        let keeper = socket(address)?;
        Ok(Self {
            address: keeper.local_addr()?,
            _keeper: keeper,
        })
    }

    /// Lets in whom the gate lets in. Without sockets left, nobody.
    pub(super) async fn enter(&self, gate: Gate) -> Entrance {
        let entrance = match gate {
            Gate::Closed => Ok(Entrance::Closed),
            Gate::Open => self.listen(BACKLOG).map(Entrance::Open),
            Gate::Silent => self.fall_silent().await,
        };
        entrance.unwrap_or(Entrance::Closed)
    }

    fn listen(&self, backlog: u32) -> io::Result<TcpListener> {
        socket(self.address)?.listen(backlog)
    }

    /// Linux drops the request for a connection when the queue of those to be accepted is full. The shortest
    /// queue has one place.
    async fn fall_silent(&self) -> io::Result<Entrance> {
        let listener = self.listen(0)?;
        let queued = TcpStream::connect(self.address).await?;
        Ok(Entrance::Silent {
            _full: (listener, queued),
        })
    }
}

/// On Linux several sockets may be bound to one port, as long as only one of them listens.
fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// How a port of TCP meets those who come.
pub(super) enum Entrance {
    /// Nobody listens.
    Closed,
    /// Everybody gets in.
    Open(TcpListener),
    /// Nobody gets an answer.
    Silent {
        /// The queue of connections, and the one that fills it.
        _full: (TcpListener, TcpStream),
    },
}

impl Entrance {
    /// The next connection; forever none where nobody gets in.
    pub(super) async fn accept(&self) -> (TcpStream, SocketAddr) {
        let Self::Open(listener) = self else {
            return std::future::pending().await;
        };
        loop {
            match listener.accept().await {
                Ok(connection) => return connection,
                // Out of descriptors: give open connections time to end.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    }
}

/// Lets the system answer for a port of UDP that nobody listens, or no longer. A socket that is connected to
/// itself gets what nobody but itself has sent.
pub(super) fn set_closed(socket: &UdpSocket, closed: bool) {
    let done = match (closed, socket.local_addr()) {
        (true, Ok(itself)) => rustix::net::connect(socket, &itself),
        (true, Err(_)) => return,
        (false, _) => rustix::net::connect_unspec(socket),
    };
    debug_assert!(done.is_ok(), "{done:?}");
}
