//! Initiator against acceptor, with tickets sealed by hand.

mod dialects;
mod garbage;
mod replay_cache;
mod rfc4120_section_3_2;
mod rfc4120_section_3_4;
mod rfc4120_section_3_6;
mod rfc4121_section_4_1;
mod support;
