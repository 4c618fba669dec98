//! Digests that protocols above Kerberos name.

use md5::{Digest, Md5};

/// MD5 (RFC 1321), with which RFC 4121 section 4.1.1.2 shortens channel bindings.
pub fn md5(data: &[u8]) -> [u8; 16] {
    Md5::digest(data).into()
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    #[test]
    fn rfc1321_a_5_abc() {
        assert_eq!(md5(b"abc"), hex!("900150983cd24fb0d6963f7d28e17f72"));
    }

    #[test]
    fn rfc1321_a_5_empty() {
        assert_eq!(md5(b""), hex!("d41d8cd98f00b204e9800998ecf8427e"));
    }
}
