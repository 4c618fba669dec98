//! TCP connections: requests and replies, each behind its length in four bytes (RFC 4120 section 7.2.2).

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rand::rngs::ChaCha12Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::sockets::{Entrance, Reserved};
use super::{Door, MAX_MESSAGE, fresh_rng, web};
use crate::sim::{Gate, Packet, Payload, framed};

/// How long a client may take to send a request.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How many connections one port keeps open. One more ends the oldest, as krb5kdc does.
const MAX_CONNECTIONS: usize = 256;

/// The connections of one port and address family.
pub(super) struct Streams {
    gate: mpsc::Sender<(Gate, oneshot::Sender<io::Result<()>>)>,
}

impl Streams {
    /// Closed until it is told otherwise.
    pub(super) fn start(door: Door, reserved: Reserved) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let tasks = door.tasks.clone();
        tasks.spawn(accept(door, reserved, receiver));
        Self { gate: sender }
    }

    /// Lets in whom the gate lets in, from when this returns; nobody where that fails.
    pub(super) async fn set_gate(&self, gate: Gate) -> io::Result<()> {
        let (done, is_done) = oneshot::channel();
        // Nothing is served any more where nobody takes it.
        match self.gate.send((gate, done)).await {
            Ok(()) => is_done.await.unwrap_or(Ok(())),
            Err(_) => Ok(()),
        }
    }
}

async fn accept(
    door: Door,
    reserved: Reserved,
    mut gates: mpsc::Receiver<(Gate, oneshot::Sender<io::Result<()>>)>,
) {
    let mut entrance = Entrance::Closed;
    let mut connections: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        tokio::select! {
            biased;
            told = gates.recv() => {
                let Some((gate, done)) = told else { return };
                // The old entrance goes first: two cannot listen on one port.
                drop(std::mem::replace(&mut entrance, Entrance::Closed));
                let entered = reserved.enter(gate).await.map(|entered| entrance = entered);
                let _ = done.send(entered);
            }
            (stream, peer) = entrance.accept() => {
                connections.retain(|connection| !connection.is_finished());
                if connections.len() >= MAX_CONNECTIONS
                    && let Some(oldest) = connections.pop_front()
                {
                    oldest.abort();
                }
                let door_of_task = door.clone();
                let handle = door.tasks.spawn(async move {
                    let _ = connection(&door_of_task, stream, peer).await;
                });
                connections.extend(handle);
            }
        }
    }
}

async fn connection(door: &Door, mut stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
    let Some(mut rng) = fresh_rng() else {
        return Ok(());
    };
    // Replies are small, and a client waits for each.
    stream.set_nodelay(true)?;
    match connect(door, peer, &mut rng).await {
        Connected::Yes => {}
        Connected::Refused => return reset(&stream),
        Connected::Lost => return ignore(stream).await,
    }
    if door.is_web {
        return web::connection(door, &mut stream, peer).await;
    }
    loop {
        let request = timeout(READ_TIMEOUT, read_framed(&mut stream)).await??;
        let payload = Payload::Segment(framed(&request));
        let request = door.way.request(&door.served, peer, payload);
        for (late, arrived) in door.served.send(request) {
            sleep_if(late).await;
            if arrived.payload == Payload::Reset {
                return reset(&stream);
            }
            let Some(answer) = door.served.receive(door.way.client, &arrived, &mut rng) else {
                continue;
            };
            for (late, answer) in door.served.send(answer) {
                sleep_if(late).await;
                match &answer.payload {
                    Payload::Segment(bytes) if answer.destination == peer => {
                        stream.write_all(bytes).await?;
                    }
                    Payload::Reset => return Ok(()),
                    _ => {}
                }
            }
        }
    }
}

enum Connected {
    /// The request for a connection, or its acceptance, never arrived.
    Lost,
    Refused,
    Yes,
}

/// Lets the links do to a connection's first packets what they do. The system has connected already, so what
/// is lost here looks to the client like a peer that says nothing.
async fn connect(door: &Door, peer: SocketAddr, rng: &mut ChaCha12Rng) -> Connected {
    let syn = door.way.request(&door.served, peer, Payload::Syn);
    let Some(arrived) = first(door.served.send(syn)).await else {
        return Connected::Lost;
    };
    if arrived.payload == Payload::Reset {
        return Connected::Refused;
    }
    let Some(answer) = door.served.receive(door.way.client, &arrived, rng) else {
        return Connected::Lost;
    };
    match first(door.served.send(answer)).await {
        Some(_) => Connected::Yes,
        None => Connected::Lost,
    }
}

async fn first(arrivals: Vec<(Duration, Packet)>) -> Option<Packet> {
    let (late, packet) = arrivals.into_iter().next()?;
    sleep_if(late).await;
    Some(packet)
}

pub(super) async fn sleep_if(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

/// Ends the connection as a port does on which nobody listens.
pub(super) fn reset(stream: &TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}

/// Hears everything and says nothing, until the client gives up.
async fn ignore(mut stream: TcpStream) -> io::Result<()> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
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
