//! What the initiator does, rule by rule, against replies made by hand.

mod credential_store;
mod delivery;
mod garbage;
mod java;
mod mit_get_creds;
mod mit_process_tgs_reply;
mod mit_sendto_kdc;
mod mit_verify_as_reply;
mod ms_sfu;
mod one_server_after_the_other;
mod rfc3244;
mod rfc4120_section_3_1;
mod rfc4120_section_3_3;
mod rfc4120_section_5_2_7;
mod rfc6806;
mod support;
mod windows;
