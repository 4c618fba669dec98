//! Initiator against acceptor, with tickets sealed by hand.

mod dialects;
mod garbage;
mod mit_1_20;
mod ms_spng;
mod negotiation;
mod negotiation_garbage;
mod replay_cache;
mod rfc2743_section_2_2;
mod rfc4120_section_3_2;
mod rfc4120_section_3_4;
mod rfc4120_section_3_6;
mod rfc4121_section_4_1;
mod rfc4121_section_4_2;
mod rfc4178_section_3_2;
mod rfc4178_section_4_2;
mod rfc4178_section_5;
mod rfc4757_section_7;
mod support;
