//! Names and realms: any bytes (RFC 4120 section 5.2.1 allows ASCII only).

use super::*;

#[test]
fn a_utf8_name_is_kept() {
    let request = as_req_with(1, &name(&["zoë".as_bytes()])).unwrap();
    let cname = request.0.req_body().cname.clone().unwrap();
    assert_eq!(cname.components, [KerberosString::from("zoë")]);
    assert_eq!(cname.name_type, NameType::PRINCIPAL);
}

#[test]
fn every_byte_in_a_name_is_kept() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let request = as_req_with(1, &name(&[&every_byte, b""])).unwrap();
    let cname = request.0.req_body().cname.clone().unwrap();
    assert_eq!(cname.components[0].as_bytes(), every_byte);
    let again = AsReq::new(None, request.0.req_body().clone()).encode();
    assert_eq!(
        AsReq::decode(&again).unwrap().0.req_body().cname,
        Some(cname)
    );
}

#[test]
fn every_byte_in_a_realm_is_kept() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let request = as_req_with(2, &general_string(&every_byte)).unwrap();
    assert_eq!(request.0.req_body().realm.as_bytes(), every_byte);
}

#[test]
fn a_name_without_components_is_read() {
    let request = as_req_with(1, &name(&[])).unwrap();
    assert!(
        request
            .0
            .req_body()
            .cname
            .clone()
            .unwrap()
            .components
            .is_empty()
    );
}

#[test]
fn a_realm_of_another_string_type_is_refused() {
    for tag in [0x04, 0x0c, 0x13, 0x16, 0x1a, 0x3b] {
        let refused = as_req_with(2, &element(tag, b"KDCLAB.TEST")).map(|_| ());
        assert!(
            matches!(refused, Err(DecodeError::UnexpectedTag { expected: 0x1b, found, .. }) if found == tag),
            "{tag:#04x}: {refused:?}"
        );
    }
}

#[test]
fn a_name_without_a_type_is_refused() {
    let untyped = element(
        0x30,
        &element(0xa1, &element(0x30, &general_string(b"alice"))),
    );
    assert!(matches!(
        as_req_with(1, &untyped),
        Err(DecodeError::MissingField {
            message: "PrincipalName",
            field: "name_type",
            ..
        })
    ));
}
