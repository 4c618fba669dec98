//! The messages of RFC 4120: what MIT krb5 sends, what two other implementations read and write, and
//! what deployed peers expect to be tolerated or refused.

mod captured;
mod encoding;
mod fixtures;
mod flags;
mod hand_computed;
mod optional_fields;
mod picky_oracle;
mod rasn_oracle;
mod reference;
mod robustness;
mod strategies;
mod tolerance;
