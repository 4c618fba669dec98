//! The universal types and the strings, numbers and times made of them.

use super::{
    DecodeError, GENERAL_STRING, GENERALIZED_TIME, INTEGER, OCTET_STRING, Reader, SEQUENCE, Value,
    Writer,
};
use crate::{Enctype, KerberosString, KerberosTime, NameType, Realm};

impl Value for i64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(INTEGER)?;
        let [first, rest @ ..] = element.contents else {
            return Err(element.invalid("INTEGER"));
        };
        let mut value = Self::from(*first as i8);
        for digit in rest {
            value = value
                .checked_mul(256)
                .and_then(|value| value.checked_add(Self::from(*digit)))
                .ok_or_else(|| element.invalid("INTEGER of 64 bits"))?;
        }
        Ok(value)
    }

    fn write(&self, writer: &mut Writer) {
        writer.integer(*self);
    }
}

impl Value for i32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = reader.offset();
        Self::try_from(i64::read(reader)?).map_err(|_| DecodeError::InvalidValue {
            offset,
            expected: "Int32",
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.integer(Self::into(*self));
    }
}

/// UInt32; a negative number of 32 bits is read as the unsigned one with the same bits, since that is
/// what peers with signed integers send (kvno and seq-number above all).
impl Value for u32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = reader.offset();
        let value = i64::read(reader)?;
        Self::try_from(value)
            .or_else(|_| i32::try_from(value).map(|value| value as Self))
            .map_err(|_| DecodeError::InvalidValue {
                offset,
                expected: "UInt32",
            })
    }

    fn write(&self, writer: &mut Writer) {
        writer.integer(Self::into(*self));
    }
}

impl Value for bool {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(0x01)?;
        match element.contents {
            [value] => Ok(*value != 0),
            _ => Err(element.invalid("BOOLEAN")),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(0x01, &[if *self { 0xff } else { 0 }]);
    }
}

impl Value for Vec<u8> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(reader.expect(OCTET_STRING)?.contents.to_vec())
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(OCTET_STRING, self);
    }
}

impl Value for KerberosString {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(reader.expect(GENERAL_STRING)?.contents.into())
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(GENERAL_STRING, self.as_bytes());
    }
}

impl Value for Realm {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(KerberosString::read(reader)?.into())
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(GENERAL_STRING, self.as_bytes());
    }
}

impl Value for KerberosTime {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(GENERALIZED_TIME)?;
        Self::from_generalized(element.contents).map_err(|_| element.invalid("KerberosTime"))
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(GENERALIZED_TIME, self.to_generalized().as_bytes());
    }
}

macro_rules! number_value {
    ($($type:ident),*) => {$(
        impl Value for $type {
            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                i32::read(reader).map($type)
            }

            fn write(&self, writer: &mut Writer) {
                self.0.write(writer);
            }
        }
    )*};
}

number_value!(Enctype, NameType);

/// SEQUENCE OF.
impl<T: Value> Value for Vec<T>
where
    T: SequenceItem,
{
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut inner = reader.expect(SEQUENCE)?.reader();
        let mut items = Self::new();
        while !inner.is_empty() {
            items.push(T::read(&mut inner)?);
        }
        Ok(items)
    }

    fn write(&self, writer: &mut Writer) {
        writer.nest(SEQUENCE, |writer| {
            for item in self {
                item.write(writer);
            }
        });
    }
}

/// Marks the types that stand in a SEQUENCE OF, which tells them from the octets of an OCTET STRING.
pub(crate) trait SequenceItem {}

impl SequenceItem for Enctype {}
impl SequenceItem for KerberosString {}
