//! What other systems have in common.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;

use tokio::net::UdpSocket;

use super::super::Service;
use super::super::control::{Request, Response};
use super::super::port::Tasks;

/// Ctrl-C, which reaches every process of a console by itself.
pub(crate) struct Signals;

impl Signals {
    pub(crate) fn to_stop() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn to_pass_on() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn arrive(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

pub(crate) fn pass_on((): (), _child: u32) {}

pub(crate) fn status(ended: ExitStatus) -> u8 {
    let status = ended.code().unwrap_or(1);
    u8::try_from(status).unwrap_or(u8::MAX)
}

pub(crate) fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

pub(crate) fn private_directory(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder
}

pub(crate) fn private_temporary(_builder: &mut tempfile::Builder<'_, '_>) {}

pub(crate) fn make_private(_directory: &Path) -> io::Result<()> {
    Ok(())
}

/// Whoever asks is told that there is no such socket here.
pub(crate) struct ControlSocket;

impl ControlSocket {
    pub(crate) fn bind(_directory: &Path) -> io::Result<Self> {
        Ok(Self)
    }
}

pub(crate) async fn serve_control(_socket: ControlSocket, _service: Arc<Service>, _tasks: Tasks) {}

pub(crate) fn ask(_directory: &Path, _request: &Request) -> io::Result<Response> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no sockets in directories; use the Rust API",
    ))
}

pub(crate) fn is_unknown_family(_error: &io::Error) -> bool {
    false
}

pub(crate) const KEEPS_PORTS: bool = false;

/// A closed port is silent here.
pub(crate) fn set_closed(_socket: &UdpSocket, _closed: bool) {}
