//! What deployed peers send and expect to be understood, each beside what must be refused. Where a test
//! says what MIT does, its 1.20 decoders were asked.

mod kept_byte_for_byte;
mod numbers;
mod strings;
mod structure;
mod times;
mod versions_and_types;

use kdclab_proto::messages::*;
use kdclab_proto::{DecodeError, KerberosString, NameType};

use crate::encoding::{Message, element, element_with_length_of, has_fields, rewrite};
use crate::fixtures::{self, fixture};

fn as_req_with(field: u8, contents: &[u8]) -> Result<AsReq, DecodeError> {
    let request = AsReq::decode(&fixture!("captured/as-req")).unwrap();
    let body = Message::parse(request.0.req_body_bytes()).with(field, contents);
    let bytes = fixture!("captured/as-req");
    AsReq::decode(&Message::parse(&bytes).with(4, &body))
}

fn general_string(text: &[u8]) -> Vec<u8> {
    element(0x1b, text)
}

fn name(components: &[&[u8]]) -> Vec<u8> {
    let components: Vec<u8> = components
        .iter()
        .flat_map(|component| general_string(component))
        .collect();
    let fields = [
        element(0xa0, &[2, 1, 1]),
        element(0xa1, &element(0x30, &components)),
    ];
    element(0x30, &fields.concat())
}
