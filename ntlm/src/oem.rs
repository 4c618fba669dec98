//! The OEM code page. It is a setting of the machine; here it is code page 437, that of the United States.

/// What the octets 0x80 to 0xff mean.
const UPPER_HALF: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The octet of a character, if the code page has it.
pub(crate) fn encode_character(character: char) -> Option<u8> {
    match u8::try_from(character) {
        Ok(octet) if octet.is_ascii() => Some(octet),
        _ => UPPER_HALF
            .chars()
            .zip(0x80..=0xff)
            .find_map(|(known, octet)| (known == character).then_some(octet)),
    }
}

/// The octets of a text, unless the code page lacks one of its characters.
pub(crate) fn encode(text: &str) -> Option<Vec<u8>> {
    text.chars().map(encode_character).collect()
}

/// The text of octets; all of them mean something.
pub(crate) fn decode(octets: &[u8]) -> String {
    octets
        .iter()
        .map(|octet| match octet.checked_sub(0x80) {
            None => char::from(*octet),
            Some(index) => UPPER_HALF
                .chars()
                .nth(index.into())
                .expect("the upper half has 128 characters"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_reads_back() {
        let octets: Vec<u8> = (0..=255).collect();
        assert_eq!(UPPER_HALF.chars().count(), 128);
        assert_eq!(encode(&decode(&octets)), Some(octets));
    }

    #[test]
    fn code_page_437_has_umlauts_and_no_euro() {
        assert_eq!(encode("ÄÖÜßé"), Some(vec![0x8e, 0x99, 0x9a, 0xe1, 0x82]));
        assert_eq!(encode("€"), None);
        assert_eq!(encode("\u{80}"), None);
    }
}
