//! Enctype negotiation in the client/server exchange (RFC 4537).

use crate::Enctype;
use crate::der::{self, DecodeError};
use crate::messages::{AuthorizationData, AuthorizationDataElement};

/// EtypeList (RFC 4537 section 3): the types an initiator takes for the subkey of an AP-REP, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtypeList(pub Vec<Enctype>);

impl EtypeList {
    /// Reads the list that `bytes` is as a whole.
    ///
    /// # Errors
    /// [`DecodeError`], with the place where `bytes` stop being an EtypeList.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        der::decode(bytes).map(Self)
    }

    /// The DER encoding.
    pub fn encode(&self) -> Vec<u8> {
        der::encode(&self.0)
    }

    /// The list as an authenticator carries it: AD-ETYPE-NEGOTIATION inside AD-IF-RELEVANT.
    pub fn to_authorization_data(&self) -> AuthorizationData {
        let negotiation = AuthorizationData::new(&[AuthorizationDataElement {
            ad_type: AuthorizationDataElement::AD_ETYPE_NEGOTIATION,
            ad_data: self.encode(),
        }]);
        AuthorizationData::new(&[AuthorizationDataElement {
            ad_type: AuthorizationDataElement::AD_IF_RELEVANT,
            ad_data: negotiation.encode(),
        }])
    }

    /// The list that an authenticator's authorization data carry, if they carry one.
    ///
    /// # Errors
    /// [`DecodeError`] when AD-IF-RELEVANT or the list in it are malformed.
    pub fn from_authorization_data(data: &AuthorizationData) -> Result<Option<Self>, DecodeError> {
        for outer in data.elements() {
            if outer.ad_type != AuthorizationDataElement::AD_IF_RELEVANT {
                continue;
            }
            let inner = AuthorizationData::decode_padded(&outer.ad_data)?;
            if let Some(element) = inner
                .elements()
                .find(|inner| inner.ad_type == AuthorizationDataElement::AD_ETYPE_NEGOTIATION)
            {
                return Self::decode(&element.ad_data).map(Some);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    const LIST: [Enctype; 2] = [
        Enctype::AES256_CTS_HMAC_SHA1_96,
        Enctype::AES128_CTS_HMAC_SHA1_96,
    ];

    #[test]
    fn rfc4537_section_3_is_a_sequence_of_int32() {
        assert_eq!(
            EtypeList(LIST.to_vec()).encode(),
            hex!("3006 020112 020111")
        );
    }

    #[test]
    fn the_list_comes_back_out_of_authorization_data() {
        let list = EtypeList(LIST.to_vec());
        let data = list.to_authorization_data();
        assert_eq!(EtypeList::from_authorization_data(&data), Ok(Some(list)));
    }

    #[test]
    fn other_authorization_data_have_no_list() {
        let data = AuthorizationData::new(&[AuthorizationDataElement {
            ad_type: AuthorizationDataElement::AD_WIN2K_PAC,
            ad_data: vec![1],
        }]);
        assert_eq!(EtypeList::from_authorization_data(&data), Ok(None));
    }

    #[test]
    fn a_malformed_list_is_an_error() {
        let negotiation = AuthorizationData::new(&[AuthorizationDataElement {
            ad_type: AuthorizationDataElement::AD_ETYPE_NEGOTIATION,
            ad_data: vec![0x30, 0x05],
        }]);
        let data = AuthorizationData::new(&[AuthorizationDataElement {
            ad_type: AuthorizationDataElement::AD_IF_RELEVANT,
            ad_data: negotiation.encode(),
        }]);
        assert_eq!(
            EtypeList::from_authorization_data(&data),
            Err(DecodeError::Truncated { offset: 0 })
        );
    }
}
