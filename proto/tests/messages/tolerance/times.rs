//! KerberosTime (RFC 4120 section 5.2.3).

use super::*;

fn till(text: &str) -> Option<String> {
    let request = as_req_with(5, &element(0x18, text.as_bytes())).ok()?;
    Some(request.0.req_body().till.to_string())
}

#[test]
fn whole_seconds() {
    assert_eq!(
        till("20260101000000Z").as_deref(),
        Some("2026-01-01T00:00:00Z")
    );
}

#[test]
fn the_epoch_that_means_as_late_as_allowed() {
    assert_eq!(
        till("19700101000000Z").as_deref(),
        Some("1970-01-01T00:00:00Z")
    );
}

#[test]
fn without_seconds_or_zone_or_calendar_is_refused() {
    for text in [
        "202601010000Z",
        "20260101000000",
        "20260101000000+0100",
        "20260230000000Z",
        "",
    ] {
        assert_eq!(till(text), None, "{text}");
    }
}
