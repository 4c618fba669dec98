//! The reverse: our client and our acceptor, each with MIT's or Java's program at the other end of a session.

mod acceptors;
mod initiators;
