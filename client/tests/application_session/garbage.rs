//! Nothing that arrives makes either end panic, and nothing that was not made with the key passes.

use kdclab_client::gss::{AuthenticatorChecksum, ContextToken, Mechanism, TokenId};
use kdclab_client::{Acceptor, ApParameters, Dialect, Framing, Session, SessionOptions};
use kdclab_proto::messages::HostAddress;
use proptest::prelude::*;

use crate::support::{Issue, accept, acceptor, now, start};

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![
        Just(Dialect::Java),
        Just(Dialect::Mit),
        Just(Dialect::Windows)
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_refused(
        dialect in dialect(),
        raw in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let framing = if raw { Framing::Raw } else { Framing::Gss };
        let mut acceptor = Acceptor { framing, ..acceptor(dialect) };
        prop_assert!(accept(&mut acceptor, &bytes).is_err());
    }

    #[test]
    fn any_bytes_in_a_token_are_refused(
        dialect in dialect(),
        message in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let token = ContextToken { mechanism: Mechanism::Kerberos, id: TokenId::ApReq, message: &message }.encode();
        prop_assert!(accept(&mut acceptor(dialect), &token).is_err());
    }

    #[test]
    fn a_changed_octet_of_the_ciphertexts_is_refused(
        dialect in dialect(),
        position in any::<prop::sample::Index>(),
        change in 1..=255u8,
    ) {
        let mut request = Issue::new().request(|_| {});
        let ticket = request.ticket.enc_part.cipher.len();
        let index = position.index(ticket + request.authenticator.cipher.len());
        if index < ticket {
            request.ticket.enc_part.cipher[index] ^= change;
        } else {
            request.authenticator.cipher[index - ticket] ^= change;
        }
        let mut acceptor = Acceptor { framing: Framing::Raw, ..acceptor(dialect) };
        prop_assert!(accept(&mut acceptor, &request.encode()).is_err());
    }

    #[test]
    fn a_changed_octet_anywhere_does_not_panic(
        dialect in dialect(),
        position in any::<prop::sample::Index>(),
        octet in any::<u8>(),
    ) {
        let mut token = Issue::new().token();
        let index = position.index(token.len());
        token[index] = octet;
        let _ = accept(&mut acceptor(dialect), &token);
    }

    #[test]
    fn any_answer_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), raw in any::<bool>()) {
        let parameters = if raw {
            ApParameters { mutual: true, ..ApParameters::raw() }
        } else {
            ApParameters::gss()
        };
        let (exchange, _) = start(&Issue::new().credential(), &parameters, now());
        prop_assert!(exchange.input(&bytes).is_err());
        for id in [TokenId::ApRep, TokenId::KrbError] {
            let token = ContextToken { mechanism: Mechanism::Kerberos, id, message: &bytes };
            prop_assert!(exchange.input(&token.encode()).is_err());
        }
    }

    #[test]
    fn any_checksum_is_read_or_refused(value in prop::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(checksum) = AuthenticatorChecksum::decode(&value) {
            let again = checksum.encode().unwrap().checksum;
            prop_assert_eq!(AuthenticatorChecksum::decode(&again), Ok(checksum));
        }
    }

    #[test]
    fn any_bytes_are_no_message_of_a_session(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let options = SessionOptions {
            local: HostAddress { addr_type: HostAddress::IPV4, address: vec![192, 0, 2, 1] },
            remote: None,
            sequence: false,
            clockskew: None,
        };
        let accepted = accept(&mut acceptor(Dialect::Mit), &Issue::new().token()).unwrap();
        let mut session = Session::new(&accepted.context, options);
        prop_assert!(session.read_priv(now(), &bytes).is_err());
        prop_assert!(session.read_safe(now(), &bytes).is_err());
    }
}
