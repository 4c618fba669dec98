//! What differs between operating systems: signals, a child's end, who may read a file, sockets in
//! directories, and how a port is closed without being given away. Elsewhere than on Unix there is a plain
//! equivalent.

#[cfg(not(unix))]
mod plain;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use plain::*;
#[cfg(unix)]
pub(crate) use unix::*;
