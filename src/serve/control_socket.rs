//! The socket of `kdclab ctl` in the directory of a served scenario.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::UnixListener;

use super::Service;
use super::control::{Request, Response, converse};
use super::port::Tasks;

/// The socket's name.
const NAME: &str = "control";

/// The socket; its file goes with it.
pub(super) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Binds the socket, for its owner alone.
    pub(super) fn bind(directory: &Path) -> io::Result<Self> {
        let path = directory.join(NAME);
        // The directory lets nobody else in meanwhile.
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Answers everybody who connects.
pub(super) async fn serve(socket: ControlSocket, service: Arc<Service>, tasks: Tasks) {
    loop {
        let Ok((stream, _)) = socket.listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let service = Arc::clone(&service);
        tasks.spawn(async move {
            let _ = converse(&service, stream).await;
        });
    }
}

/// Asks the scenario that is served in `directory`.
///
/// # Errors
/// Nobody listens there, or what answers is something else.
pub fn ask(directory: &Path, request: &Request) -> io::Result<Response> {
    let stream = std::os::unix::net::UnixStream::connect(directory.join(NAME))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(&stream).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}
