//! Just enough DER to build and take apart messages that no encoder would write.

/// One element, its length in as few octets as possible.
pub(crate) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let mut bytes = vec![tag];
    match length {
        0..=0x7f => bytes.push(length as u8),
        0x80..=0xff => bytes.extend([0x81, length as u8]),
        _ => bytes.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    bytes.extend(contents);
    bytes
}

/// One element, its length in exactly `octets` octets after the first.
pub(crate) fn element_with_length_of(octets: u8, tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = (contents.len() as u128).to_be_bytes();
    let mut bytes = vec![tag, 0x80 | octets];
    bytes.extend(&length[length.len() - usize::from(octets)..]);
    bytes.extend(contents);
    bytes
}

/// The elements that `bytes` consists of.
pub(crate) fn elements(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let [tag, first, ..] = *bytes {
        let (header, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            _ => {
                let octets = usize::from(first & 0x7f);
                let digits = &bytes[2..2 + octets];
                let length = digits
                    .iter()
                    .fold(0, |length, digit| length << 8 | usize::from(*digit));
                (2 + octets, length)
            }
        };
        found.push((tag, &bytes[header..header + length]));
        bytes = &bytes[header + length..];
    }
    found
}

/// The elements inside the only element of `bytes`.
pub(crate) fn inside(bytes: &[u8]) -> Vec<(u8, &[u8])> {
    match elements(bytes).as_slice() {
        [(_, contents)] => elements(contents),
        several => panic!("{} elements where one belongs", several.len()),
    }
}

/// The outer tags of a message, outermost first, and the fields of its SEQUENCE.
pub(crate) struct Message<'a> {
    application: Option<u8>,
    pub(crate) fields: Vec<(u8, &'a [u8])>,
}

impl<'a> Message<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Self {
        let [(tag, contents)] = elements(bytes)[..] else {
            panic!("not one element");
        };
        if tag == 0x30 {
            Self {
                application: None,
                fields: elements(contents),
            }
        } else {
            Self {
                application: Some(tag),
                fields: inside(contents),
            }
        }
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let fields: Vec<u8> = self
            .fields
            .iter()
            .flat_map(|(tag, contents)| element(*tag, contents))
            .collect();
        let sequence = element(0x30, &fields);
        match self.application {
            Some(tag) => element(tag, &sequence),
            None => sequence,
        }
    }

    /// The same message with other contents in field `number`.
    pub(crate) fn with(mut self, number: u8, contents: &'a [u8]) -> Vec<u8> {
        let field = self
            .fields
            .iter_mut()
            .find(|(tag, _)| *tag == 0xa0 | number)
            .expect("the message has the field");
        field.1 = contents;
        self.build()
    }
}

/// `bytes` again, each element of the tree written by `write` (constructed elements are walked, octets
/// inside an OCTET STRING are not).
pub(crate) fn rewrite(bytes: &[u8], write: &impl Fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
    elements(bytes)
        .into_iter()
        .flat_map(|(tag, contents)| {
            if tag & 0x20 == 0 {
                write(tag, contents)
            } else {
                write(tag, &rewrite(contents, write))
            }
        })
        .collect()
}

/// Whether an element is a SEQUENCE with tagged fields, as opposed to a SEQUENCE OF.
pub(crate) fn has_fields(tag: u8, contents: &[u8]) -> bool {
    tag == 0x30 && contents.first().is_some_and(|tag| tag & 0xe0 == 0xa0)
}
