/// The longest method that is looked at.
const MAX_METHOD: usize = 32;

/// How traces name a message of HTTP, `HTTP CCM_POST` or `HTTP 401`; `None` for anything else.
pub(in crate::sim) fn start_label(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|byte| *byte == b'\r').next()?;
    if let Some(rest) = line.strip_prefix(b"HTTP/1.") {
        let code = rest.get(2..5).filter(|_| rest.get(1) == Some(&b' '))?;
        let code = std::str::from_utf8(code).ok()?;
        return code
            .bytes()
            .all(|digit| digit.is_ascii_digit())
            .then(|| format!("HTTP {code}"));
    }
    let is_request = line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0");
    let method = line.split(|byte| *byte == b' ').next()?;
    let is_method = (1..=MAX_METHOD).contains(&method.len())
        && method
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    let method = std::str::from_utf8(method).ok()?;
    (is_request && is_method).then(|| format!("HTTP {method}"))
}

/// The name of a message of HTTP, whatever it is.
pub(in crate::sim) fn message_name(bytes: &[u8]) -> Option<&'static str> {
    start_label(bytes).map(|_| "HTTP")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_have_labels_and_nothing_else_has() {
        for (bytes, label) in [
            (
                "CCM_POST /x/request HTTP/1.1\r\nHost: a\r\n",
                Some("HTTP CCM_POST"),
            ),
            ("GET / HTTP/1.0\r\n\r\n", Some("HTTP GET")),
            ("HTTP/1.1 401 Unauthorized\r\n", Some("HTTP 401")),
            ("HTTP/1.0 200 OK\r\n", Some("HTTP 200")),
            ("HTTP/1.1 4x1 Unauthorized\r\n", None),
            ("HTTP/1.1", None),
            ("GET / HTTP/2\r\n", None),
            (" / HTTP/1.1\r\n", None),
            ("\0\0\u{1}\u{60}n\u{30}", None),
            ("", None),
        ] {
            let label = label.map(str::to_owned);
            assert_eq!(start_label(bytes.as_bytes()), label, "{bytes:?}");
        }
    }
}
