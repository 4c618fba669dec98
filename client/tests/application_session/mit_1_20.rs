//! Messages that MIT krb5 1.20 protected, over "one" (MIC), with "two" (sealed) and with "three" (signed).

use kdclab_client::EstablishedContext;
use kdclab_client::gss::{ContextRole, SecurityContext, TokenOrder, Unwrapped};
use kdclab_proto::{Enctype, Key};

use crate::rfc4121_section_4_2::{FLAGS, ends};
use crate::support::{AES256, RC4};

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|index| u8::from_str_radix(&hex[index..index + 2], 16).unwrap())
        .collect()
}

/// The end that reads, under the subkey of the other end or of the initiator.
fn reader(enctype: Enctype, key: &str, sequence: u32, role: ContextRole) -> SecurityContext {
    let key = Key::new(enctype, &octets(key)).unwrap();
    let acceptor_subkey = (enctype != RC4).then(|| key.clone());
    let established = EstablishedContext {
        receive_sequence: sequence,
        ..ends(&key, acceptor_subkey, FLAGS)
            .initiator
            .established()
            .clone()
    };
    SecurityContext::new(established, role)
}

macro_rules! vectors {
    ($($name:ident($enctype:expr, $key:literal, $sequence:literal, $role:ident, $one:literal, $two:literal, $three:literal);)*) => {$(
        #[test]
        fn $name() {
            let mut reader = reader($enctype, $key, $sequence, ContextRole::$role);
            assert_eq!(reader.verify_mic(b"one", &octets($one)), Ok(TokenOrder::InOrder));
            for (token, message, confidential) in [($two, "two", true), ($three, "three", false)] {
                assert_eq!(
                    reader.unwrap(&octets(token)),
                    Ok(Unwrapped { message: message.into(), confidential, order: TokenOrder::InOrder })
                );
            }
            assert_eq!(reader.verify_mic(b"one", &octets($one)), Ok(TokenOrder::Duplicate));
        }
    )*};
}

vectors! {
    rfc4121_from_an_acceptor_with_a_subkey(
        AES256,
        "42500ae9857305725545c3fa3fb208ab8de1382c006b2cc7e97f19143311ad7c",
        0x1838_e8a8,
        Initiator,
        "040405ffffffffff000000001838e8a8b6b489d756936945d0694690",
        "050407ff00000000000000001838e8a94440d397d7b5d4b39be9f693d6aa6a66ad1a89f3ee614776b2b6eaa42791bcd5ba2d21ae2df3575c585751895a0f0e",
        "050405ff000c0000000000001838e8aa74687265651bd5e020ac3d38f6187e7a9d"
    );
    rfc4757_from_an_acceptor(
        RC4,
        "db2de5d541d89cf0eb8fce8509cbd03d",
        0x138a_1c24,
        Initiator,
        "602306092a864886f71201020201011100ffffffffc82ab278e31bfe2f6b8b9b9985c7623e",
        "602f06092a864886f712010202020111001000ffff2e2456d2b100a73219ecfd5108de4bc56bd18fab2e6352d7876dc8cb",
        "603106092a864886f71201020202011100ffffffffa59dea7d66db562e91cd1e11145e430616e28c349d72bdf1746872656501"
    );
    rfc4757_from_an_initiator(
        RC4,
        "05fc772b416d015a9b403c62820958ce",
        0x04d8_88a7,
        Acceptor,
        "602306092a864886f71201020201011100ffffffff30d3840a2cfbf97bb50bba646a647492",
        "602f06092a864886f712010202020111001000ffffe85384de7436738bd9a07d286a2318093a8b659e18a81c23b5a80f2b",
        "603106092a864886f71201020202011100ffffffffb6035277ff8f40359f85bcdd2190234efb2e536b28286c3e746872656501"
    );
}
