//! The conversation with `kdclab ctl`: one line of JSON each way.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::{ChangeError, Event, Service};

/// The longest request, in bytes. A step has a bound of its own, and quotes make it longer.
const MAX_REQUEST: u64 = 1 << 20;

/// What is asked of a served world.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Do the scenario's faults.
    Break,
    /// What happened after event number `after`.
    Events {
        /// The number; 0 for everything that is remembered.
        after: u64,
    },
    /// Apply the scenario's fix of this number, from 1.
    Fix(usize),
    /// Do a step, written as in a scenario.
    Step(String),
}

/// What a served world says to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The next request meets the changed world.
    Done,
    /// What happened.
    Events(Vec<Event>),
    /// It could not be done.
    Failed(String),
    /// The request is none, or the step is not one.
    Faulty(String),
}

/// Answers requests until the other side has no more.
pub(super) async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    service: &Arc<Service>,
    stream: S,
) -> io::Result<()> {
    let (reader, mut writer) = tokio::io::split(stream);
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = String::new();
        let read = (&mut reader).take(MAX_REQUEST).read_line(&mut line).await?;
        if read == 0 {
            return Ok(());
        }
        let response = match serde_json::from_str(&line) {
            Ok(request) => answer(service, request).await,
            Err(error) => Response::Faulty(format!("this is no request: {error}")),
        };
        let mut line = serde_json::to_vec(&response)?;
        line.push(b'\n');
        writer.write_all(&line).await?;
        if read as u64 == MAX_REQUEST {
            return Ok(());
        }
    }
}

async fn answer(service: &Arc<Service>, request: Request) -> Response {
    let changed = match request {
        Request::Events { after } => return Response::Events(service.events(after)),
        Request::Break => service.break_it().await,
        Request::Fix(number) => service.fix(number).await,
        Request::Step(text) => service.step(&text).await,
    };
    match changed {
        Ok(()) => Response::Done,
        Err(ChangeError::Faulty(fault)) => Response::Faulty(fault.to_string()),
        Err(error) => Response::Failed(format!("error: {error}")),
    }
}
