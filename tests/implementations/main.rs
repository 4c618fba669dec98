//! Where implementations disagree: the catalogue's table 0.2. Each cell that says something is a test here,
//! named after its row and its column, and what it says is read off messages that travelled.

mod acceptors;
mod accounts;
mod passwords;
mod realms;
mod replies;
mod support;
