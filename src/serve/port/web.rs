//! HTTP on a connection.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Door;
use super::streams::{READ_TIMEOUT, reset, sleep_if};
use crate::sim::{HttpConnection, Payload};

/// The most bytes that are taken at once.
const MAX_READ: usize = 1 << 14;

/// Answers requests until one of both ends the connection.
pub(super) async fn connection(
    door: &Door,
    stream: &mut TcpStream,
    peer: SocketAddr,
) -> io::Result<()> {
    let mut connection = HttpConnection::default();
    let ended = exchange(door, stream, peer, &mut connection).await;
    door.served.web_ended(door.way, &mut connection);
    ended
}

async fn exchange(
    door: &Door,
    stream: &mut TcpStream,
    peer: SocketAddr,
    connection: &mut HttpConnection,
) -> io::Result<()> {
    let mut buffer = vec![0; MAX_READ];
    loop {
        let length = timeout(READ_TIMEOUT, stream.read(&mut buffer)).await??;
        if length == 0 {
            return Ok(());
        }
        let payload = Payload::Segment(buffer[..length].to_vec());
        let request = door.way.request(&door.served, peer, payload);
        for (late, arrived) in door.served.send(request) {
            sleep_if(late).await;
            if arrived.payload == Payload::Reset {
                return reset(stream);
            }
            let answer = door
                .served
                .web_answer(door.way.client, &arrived, connection);
            for (late, answer) in answer
                .into_iter()
                .flat_map(|answer| door.served.send(answer))
            {
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
        if connection.is_closed() {
            return stream.shutdown().await;
        }
    }
}
