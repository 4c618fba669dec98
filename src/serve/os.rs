//! What differs between operating systems: signals, a child's end, and who may read a file. Elsewhere than on
//! Unix there is a plain equivalent.

#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(not(unix))]
pub(crate) use plain::*;

#[cfg(unix)]
mod unix {
    use std::fs::{DirBuilder, OpenOptions, Permissions};
    use std::future::poll_fn;
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
    use std::os::unix::process::ExitStatusExt;
    use std::path::Path;
    use std::process::ExitStatus;
    use std::task::Poll;

    use rustix::process::{Pid, Signal};
    use tokio::signal::unix::{SignalKind, signal};

    /// Signals, caught from when this is made: whoever has read that the server is ready may send one at once.
    pub(crate) struct Signals(Vec<(Signal, tokio::signal::unix::Signal)>);

    impl Signals {
        /// Those that ask a server to end.
        pub(crate) fn to_stop() -> io::Result<Self> {
            Self::catch(&[Signal::INT, Signal::TERM])
        }

        /// Those that are meant for a command that runs in our place. One that whoever started us has ignored, as
        /// `nohup` does, stays so: a caught one would be the command's death.
        pub(crate) fn to_pass_on() -> io::Result<Self> {
            let ignored = ignored();
            let meant: Vec<Signal> = [
                Signal::HUP,
                Signal::INT,
                Signal::QUIT,
                Signal::TERM,
                Signal::USR1,
                Signal::USR2,
            ]
            .into_iter()
            .filter(|signal| ignored & (1 << (signal.as_raw() - 1)) == 0)
            .collect();
            Self::catch(&meant)
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

    /// The signals that this process ignores, as a mask; none where the system does not say.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .unwrap_or(0)
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
        std::fs::File::open("/dev/tty")
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
}

#[cfg(not(unix))]
mod plain {
    use std::fs::{DirBuilder, OpenOptions};
    use std::io;
    use std::path::Path;
    use std::process::ExitStatus;

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
}
