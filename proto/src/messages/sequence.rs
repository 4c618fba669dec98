//! One definition per SEQUENCE: the struct and its encoding come from the same lines, so they cannot
//! disagree.

/// Defines a SEQUENCE of context-tagged fields, written `number => name: type`; an `Option` is an
/// OPTIONAL field. `field: type = N` is a msg-type that must be N. `application N` puts the SEQUENCE inside that tag and gives the type `decode`,
/// `decode_padded` and `encode`; `standalone` gives these to a SEQUENCE without such a tag.
macro_rules! sequence {
    (
        $(#[$meta:meta])*
        $asn1:literal application $application:literal struct $name:ident {
            $($(#[$field_meta:meta])* $number:literal => $field:ident: $type:ty $(= $msg_type:literal)?,)*
        }
    ) => {
        sequence!(@struct $(#[$meta])* $name { $($(#[$field_meta])* $field: $type,)* });
        sequence!(@message $name);

        impl $name {
            /// The APPLICATION tag number that begins this message.
            pub const APPLICATION: u8 = $application;
        }

        impl $crate::der::Value for $name {
            fn read(reader: &mut $crate::der::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                let mut reader = reader.expect($crate::der::application($application))?.reader();
                let message: Self = sequence!(@read reader $asn1 { $($number => $field,)* })?;
                reader.finish()?;
                $($($crate::der::check_msg_type($msg_type, message.$field)?;)?)*
                Ok(message)
            }

            fn write(&self, writer: &mut $crate::der::Writer) {
                writer.nest($crate::der::application($application), |writer| {
                    sequence!(@write self writer { $($number => $field,)* });
                });
            }
        }
    };
    (
        $(#[$meta:meta])*
        $asn1:literal standalone struct $name:ident {
            $($(#[$field_meta:meta])* $number:literal => $field:ident: $type:ty,)*
        }
    ) => {
        sequence! {
            $(#[$meta])*
            $asn1 struct $name { $($(#[$field_meta])* $number => $field: $type,)* }
        }
        sequence!(@message $name);
    };
    (
        $(#[$meta:meta])*
        $asn1:literal struct $name:ident {
            $($(#[$field_meta:meta])* $number:literal => $field:ident: $type:ty,)*
        }
    ) => {
        sequence!(@struct $(#[$meta])* $name { $($(#[$field_meta])* $field: $type,)* });

        impl $crate::der::Value for $name {
            fn read(reader: &mut $crate::der::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                sequence!(@read reader $asn1 { $($number => $field,)* })
            }

            fn write(&self, writer: &mut $crate::der::Writer) {
                sequence!(@write self writer { $($number => $field,)* });
            }
        }

        impl $crate::der::SequenceItem for $name {}
    };
    (@struct $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }
    };
    (@message $name:ident) => {
        impl $name {
            /// Reads the message that `bytes` is as a whole.
            ///
            /// # Errors
            /// [`DecodeError`](crate::DecodeError), with the place where `bytes` stop being this message.
            pub fn decode(bytes: &[u8]) -> Result<Self, $crate::DecodeError> {
                $crate::der::decode(bytes)
            }

            /// Reads the message at the start of `bytes` and ignores what follows it.
            ///
            /// # Errors
            /// [`DecodeError`](crate::DecodeError), with the place where `bytes` stop being this message.
            pub fn decode_padded(bytes: &[u8]) -> Result<Self, $crate::DecodeError> {
                $crate::der::decode_padded(bytes)
            }

            /// The message's DER encoding.
            pub fn encode(&self) -> Vec<u8> {
                $crate::der::encode(self)
            }
        }
    };
    (@read $reader:ident $asn1:literal { $($number:literal => $field:ident,)* }) => {
        $reader.expect($crate::der::SEQUENCE).and_then(|element| {
            let mut reader = element.reader();
            $(let $field = $crate::der::Field::read_field(
                &mut reader,
                $crate::der::context($number),
                $asn1,
                stringify!($field),
            )?;)*
            Ok(Self { $($field,)* })
        })
    };
    (@write $self:ident $writer:ident { $($number:literal => $field:ident,)* }) => {
        $writer.nest($crate::der::SEQUENCE, |writer| {
            $($crate::der::Field::write_field(&$self.$field, writer, $crate::der::context($number));)*
        })
    };
}

/// Defines a SEQUENCE OF that is a message of its own.
macro_rules! list {
    ($(#[$meta:meta])* $name:ident($entry:ident)) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub Vec<$entry>);

        impl $name {
            /// Reads the list that `bytes` is as a whole.
            ///
            /// # Errors
            /// [`DecodeError`](crate::DecodeError), with the place where `bytes` stop being this list.
            pub fn decode(bytes: &[u8]) -> Result<Self, $crate::DecodeError> {
                $crate::der::decode(bytes).map(Self)
            }

            /// The list's DER encoding.
            pub fn encode(&self) -> Vec<u8> {
                $crate::der::encode(&self.0)
            }
        }
    };
}
