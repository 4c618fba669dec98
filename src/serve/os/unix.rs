//! Unix.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::future::poll_fn;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::task::Poll;

use rustix::process::{Pid, Signal};
use tokio::net::{UdpSocket, UnixListener};
use tokio::signal::unix::{SignalKind, signal};

use super::super::Service;
use super::super::control::{Request, Response, converse};
use super::super::port::Tasks;

/// Signals, caught from when this is made: whoever has read that the server is ready may send one at once.
pub(crate) struct Signals(Vec<(Signal, tokio::signal::unix::Signal)>);

impl Signals {
    /// Those that ask a server to end. `nohup` keeps it from ending with its terminal.
    pub(crate) fn to_stop() -> io::Result<Self> {
        let mut meant = vec![Signal::INT, Signal::TERM];
        meant.extend(not_ignored(&[Signal::HUP]));
        Self::catch(&meant)
    }

    /// Those that are meant for a command that runs in our place. One that whoever started us has ignored, as
    /// `nohup` does, stays so: a caught one would be the command's death.
    pub(crate) fn to_pass_on() -> io::Result<Self> {
        Self::catch(&not_ignored(&[
            Signal::HUP,
            Signal::INT,
            Signal::QUIT,
            Signal::TERM,
            Signal::USR1,
            Signal::USR2,
        ]))
    }

    fn catch(signals: &[Signal]) -> io::Result<Self> {
        let caught = signals.iter().map(|&caught| {
            let kind = SignalKind::from_raw(caught.as_raw());
            Ok((caught, signal(kind)?))
        });
        caught.collect::<io::Result<_>>().map(Self)
    }

    /// Waits for one.
    pub(crate) async fn arrive(&mut self) -> Signal {
        poll_fn(|context| {
            for (signal, stream) in &mut self.0 {
                if stream.poll_recv(context).is_ready() {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// The signals that this process does not ignore; all where the system does not say.
fn not_ignored(signals: &[Signal]) -> Vec<Signal> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    let is_meant = |signal: &Signal| ignored & (1 << (signal.as_raw() - 1)) == 0;
    signals.iter().copied().filter(is_meant).collect()
}

/// Sends `signal` to our child number `child`, if it does not have it from the terminal already.
pub(crate) fn pass_on(signal: Signal, child: u32) {
    let typed = matches!(signal, Signal::INT | Signal::QUIT) && in_foreground();
    let child = i32::try_from(child).ok().and_then(Pid::from_raw);
    if let Some(child) = child.filter(|_| !typed) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(child, signal);
    }
}

/// Whether keys typed at the terminal interrupt our process group, and so the child in it.
fn in_foreground() -> bool {
    File::open("/dev/tty")
        .ok()
        .and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok())
        .is_some_and(|foreground| foreground == rustix::process::getpgrp())
}

/// A child's status as shells have it: its own, or 128 and the signal that killed it.
pub(crate) fn status(ended: ExitStatus) -> u8 {
    let status = ended
        .code()
        .or_else(|| ended.signal().map(|signal| 128 + signal));
    status
        .and_then(|status| u8::try_from(status).ok())
        .unwrap_or(u8::MAX)
}

/// Makes new files their owner's alone.
pub(crate) fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Makes new directories their owner's alone.
pub(crate) fn private_directory(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder.mode(0o700)
}

/// Makes new temporary directories their owner's alone.
pub(crate) fn private_temporary(builder: &mut tempfile::Builder<'_, '_>) {
    builder.permissions(Permissions::from_mode(0o700));
}

/// Makes a directory its owner's alone.
pub(crate) fn make_private(directory: &Path) -> io::Result<()> {
    std::fs::set_permissions(directory, Permissions::from_mode(0o700))
}

/// The control socket's name.
const CONTROL: &str = "control";

/// The socket of `kdclab ctl` in the directory of a served scenario; its file goes with it.
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Binds the socket, for its owner alone.
    pub(crate) fn bind(directory: &Path) -> io::Result<Self> {
        let path = directory.join(CONTROL);
        let (_open, short) = short_path(directory)?;
        // The directory lets nobody else in meanwhile.
        let listener = UnixListener::bind(short)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The longest path of a socket that every system takes, in bytes.
const MAX_SOCKET_PATH: usize = 100;

/// A path of the control socket that is short enough, and what must stay open meanwhile. Linux has a short name
/// for every open directory.
fn short_path(directory: &Path) -> io::Result<(Option<File>, PathBuf)> {
    let path = directory.join(CONTROL);
    if path.as_os_str().len() <= MAX_SOCKET_PATH {
        return Ok((None, path));
    }
    if !cfg!(target_os = "linux") {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "its path is too long for a socket; name a shorter one with --dir",
        ));
    }
    let open = File::open(directory)?;
    let short = format!("/proc/self/fd/{}/{CONTROL}", open.as_raw_fd());
    Ok((Some(open), short.into()))
}

/// Answers everybody who connects to the control socket.
pub(crate) async fn serve_control(socket: ControlSocket, service: Arc<Service>, tasks: Tasks) {
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
pub(crate) fn ask(directory: &Path, request: &Request) -> io::Result<Response> {
    let (_open, short) = short_path(directory)?;
    let stream = UnixStream::connect(short)?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(&stream).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

/// Whether the system knows no addresses of the kind that was asked for.
pub(crate) fn is_unknown_family(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// Whether several sockets may be bound to one port of TCP, as long as only one of them listens, and one that
/// does not keeps the port for itself. BSD has no such thing.
pub(crate) const KEEPS_PORTS: bool = cfg!(target_os = "linux");

/// Lets the system answer for a port of UDP that nobody listens, or no longer. A socket that is connected to
/// itself gets what nobody but itself has sent.
pub(crate) fn set_closed(socket: &UdpSocket, closed: bool) {
    let done = match (closed, socket.local_addr()) {
        (true, Ok(itself)) => rustix::net::connect(socket, &itself),
        (true, Err(_)) => return,
        (false, _) => rustix::net::connect_unspec(socket),
    };
    debug_assert!(done.is_ok(), "{done:?}");
}
