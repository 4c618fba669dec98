//! RFC 4757. Its other values are MIT's.

use hex_literal::hex;

use super::string_to_key;
use crate::crypto::{Enctype, Key, KeyUsage};

vectors! { string_to_key:
    rfc4757_2_foo(Enctype::RC4_HMAC, "foo", b"", None, &hex!("ac8e657f83df82beea5d43bdaf7800cc"));
    rfc4757_2_ignores_the_salt(Enctype::RC4_HMAC, "foo", b"LAB.EXAMPLEalice", None, &hex!("ac8e657f83df82beea5d43bdaf7800cc"));
}

/// Whether what `sender` encrypts opens with `receiver`.
fn same_usage(sender: u32, receiver: u32, same: bool) {
    let key = Key::new(Enctype::RC4_HMAC, &[7; 16]).unwrap();
    let cipher = key
        .encrypt_with_confounder(KeyUsage(sender), &[1; 8], b"plain")
        .unwrap();
    assert_eq!(key.decrypt(KeyUsage(receiver), &cipher).is_ok(), same);
    let checksums = [sender, receiver].map(|usage| key.checksum(KeyUsage(usage), b"data"));
    assert_eq!(checksums[0] == checksums[1], same);
}

vectors! { same_usage:
    rfc4757_3_as_rep_is_8(3, 8, true);
    rfc4757_3_tgs_rep_subkey_is_8(9, 8, true);
    rfc4757_3_tgs_rep_session_key_reads_as_subkey(8, 9, true);
    mit_1_20_23_is_13(23, 13, true);
    ticket_is_not_8(2, 8, false);
    subkey_authorization_data_is_not_8(5, 8, false);
    gss_seal_22_is_not_13(22, 13, false);
}
