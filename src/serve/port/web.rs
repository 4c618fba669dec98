//! HTTP on a connection.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::Door;
use super::streams::{READ_TIMEOUT, reset, sleep_if};
use crate::sim::{HttpConnection, Payload};

/// The most bytes that are taken at once.
const MAX_READ: usize = 1 << 14;

/// A connection whose end is told to the server, whoever ends it.
struct Open<'a> {
    door: &'a Door,
    connection: HttpConnection,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.door
            .served
            .web_ended(self.door.way, &mut self.connection);
    }
}

/// Answers requests until one of both ends the connection.
pub(super) async fn connection(
    door: &Door,
    stream: &mut TcpStream,
    peer: SocketAddr,
) -> io::Result<()> {
    let mut open = Open {
        door,
        connection: HttpConnection::default(),
    };
    let mut buffer = vec![0; MAX_READ];
    // A request may take its time, however many pieces it comes in.
    let mut deadline = Instant::now() + READ_TIMEOUT;
    loop {
        let length = timeout_at(deadline, stream.read(&mut buffer)).await??;
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
            let client = door.way.client;
            let answer = door
                .served
                .web_answer(client, &arrived, &mut open.connection);
            for (late, answer) in answer
                .into_iter()
                .flat_map(|answer| door.served.send(answer))
            {
                sleep_if(late).await;
                match &answer.payload {
                    Payload::Segment(bytes) if answer.destination == peer => {
                        timeout(READ_TIMEOUT, stream.write_all(bytes)).await??;
                        deadline = Instant::now() + READ_TIMEOUT;
                    }
                    Payload::Reset => return Ok(()),
                    _ => {}
                }
            }
        }
        if open.connection.is_closed() {
            return stream.shutdown().await;
        }
    }
}
