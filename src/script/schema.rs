//! The JSON Schema of a scenario file, for editors.
//!
//! It is derived from the types that read the file; here are the values that are texts for TOML. It knows
//! the shape alone: whether a named host exists is for `kdclab check`. Of the spellings that a file may
//! use it has those in the capitals of the RFCs and of kadmin.

use std::borrow::Cow;

use kdclab_kdc::Attributes;
use kdclab_proto::messages::{KpasswdCode, TicketFlags};
use kdclab_proto::{Enctype, ErrorCode, LibraryError};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::acts::MESSAGES;
use super::cluster::Level;
use super::daemons::Mode;
use super::model::{LogLines, OneOrMany, Script, TextOr};
use super::values::{
    AccountFlag, EnctypeName, ErrorName, FlagName, Instant, NameText, Offset, Span, TicketFlag,
};
use super::windows::{RegistryPath, ServicePack};
use crate::dialect::{Errno, Win32Error};
use crate::sim::{DaemonFailure, SessionError};

/// The JSON Schema of a scenario file, draft 7, which is what editors of TOML understand.
pub fn json_schema() -> Value {
    SchemaSettings::draft07()
        .with_transform(NoNull)
        .into_generator()
        .into_root_schema_for::<Script>()
        .to_value()
}

/// Takes away the null that stands for an absent value: TOML has none.
#[derive(Clone)]
struct NoNull;

impl Transform for NoNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [Value::String(only)] = &types[..] {
                let only = only.clone();
                schema.insert("type".to_owned(), only.into());
            }
        }
        if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
            if choices.len() == 1
                && let Some(only) = schema.remove("anyOf")
            {
                schema.insert("allOf".to_owned(), only);
            }
        }
    }
}

/// Implements [`JsonSchema`] under the type's own name.
macro_rules! named_schema {
    ($($type:ty, $name:literal => $schema:expr;)+) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )+};
}

named_schema! {
    AttributeName, "Attribute" => json_schema!({
        "description": "An attribute of a principal by its kadmin name with a sign, `-allow_tix`.",
        "type": "string",
        "enum": attributes(),
    });
    EnctypeName, "Enctype" => json_schema!({
        "description": "An encryption type by its name in krb5.conf, `aes256-cts`.",
        "type": "string",
        "enum": enctypes(),
    });
    ErrorName, "Error" => json_schema!({
        "description": "An error of RFC 4120 or MIT's name of it, an error of MIT's library, a result of the password service, an errno, the end of a session without any, what a daemon does not do, or an error of Windows.",
        "type": "string",
        "enum": errors(),
    });
    FlagName, "Flag" => json_schema!({
        "description": "A flag that a ticket has, `+forwardable`, or lacks, `-forwardable`.",
        "type": "string",
        "enum": flags(),
    });
    Instant, "Instant" => json_schema!({
        "description": "An instant of the years 1970 to 2105 in UTC, `2026-01-01T00:00:00Z`.",
        "type": "string",
        "pattern": "^(19[7-9][0-9]|20[0-9]{2}|210[0-5])-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    });
    MessageLabel, "MessageLabel" => json_schema!({
        "description": "A message by its name; an error may have its number, `KRB-ERROR 41`, and HTTP its method or status, `HTTP 401`.",
        "anyOf": [
            { "type": "string", "enum": MESSAGES },
            { "type": "string", "pattern": "^(KRB-ERROR|RPC FAULT) -?[0-9]+$" },
            { "type": "string", "pattern": "^HTTP [A-Za-z0-9_-]{1,32}$" },
        ],
    });
    MessageName, "Message" => json_schema!({
        "description": "A message by its name, `AP-REQ`.",
        "type": "string",
        "enum": MESSAGES,
    });
    NameText, "Name" => json_schema!({
        "description": "A principal's name without its realm, `HTTP/web1.lab.example`.",
        "type": "string",
    });
    Offset, "Offset" => json_schema!({
        "description": "A clock's offset from the true time, `+310s` or `-5m`.",
        "type": "string",
        "pattern": "^[+-][0-9][0-9A-Za-z ]*$",
    });
    Level, "Level" => json_schema!({
        "description": "A LAN Manager authentication level.",
        "type": "integer",
        "minimum": 0,
        "maximum": 5,
    });
    LogLines, "LogLines" => json_schema!({
        "description": "A part of one line of a log, or all its lines in order; nothing if the list is empty.",
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ],
    });
    AccountFlag, "AccountFlag" => json_schema!({
        "description": "A flag of userAccountControl by its name, `ACCOUNTDISABLE`.",
        "type": "string",
        "enum": AccountFlag::names(),
    });
    Mode, "Mode" => json_schema!({
        "description": "The permissions of a directory in octal, `0755`.",
        "type": "string",
        "pattern": "^0*[0-7]{1,3}$",
    });
    OneOrMany, "OneOrMany" => json_schema!({
        "description": "A name or a list of names.",
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ],
    });
    RegistryPath, "RegistryPath" => json_schema!({
        "description": "A value of a registry by its key and its name, `HKLM\\System\\CurrentControlSet\\Control\\Lsa\\NoLMHash`.",
        "type": "string",
    });
    ServicePack, "ServicePack" => json_schema!({
        "description": "A service pack of Windows Server 2003.",
        "type": "integer",
        "minimum": 0,
        "maximum": 2,
    });
    Span, "Span" => json_schema!({
        "description": "A length of time, `5m`, `1h 30m` or `250ms`.",
        "type": "string",
        "pattern": "^[0-9][0-9A-Za-z ]*$",
    });
    TicketFlag, "TicketFlag" => json_schema!({
        "description": "A flag of a ticket by its name in RFC 4120, `pre-authent`.",
        "type": "string",
        "enum": TicketFlags::from_bits(u32::MAX).names().collect::<Vec<_>>(),
    });
}

/// The schema of the texts that name an attribute of a principal.
pub(super) struct AttributeName;

/// The schema of the texts that name a message in a trace.
pub(super) struct MessageLabel;

/// The schema of the texts that name a message.
pub(super) struct MessageName;

impl<T: JsonSchema> JsonSchema for TextOr<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("TextOr{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{ "type": "string" }, generator.subschema_for::<T>()],
        })
    }
}

fn attributes() -> Vec<String> {
    Attributes::kadmin_names()
        .flat_map(|name| [format!("+{name}"), format!("-{name}")])
        .collect()
}

fn enctypes() -> Vec<&'static str> {
    Enctype::SUPPORTED
        .iter()
        .flat_map(|enctype| enctype.names())
        .copied()
        .collect()
}

fn flags() -> Vec<String> {
    TicketFlags::from_bits(u32::MAX)
        .names()
        .flat_map(|name| [format!("+{name}"), format!("-{name}")])
        .collect()
}

fn errors() -> Vec<&'static str> {
    let protocol = ErrorCode::all().filter_map(ErrorCode::name);
    let mit = ErrorCode::all().filter_map(ErrorCode::mit_name);
    let library = LibraryError::all().filter_map(LibraryError::name);
    let errnos = Errno::ALL.into_iter().map(Errno::name);
    let kpasswd = KpasswdCode::all().filter_map(KpasswdCode::name);
    let session = SessionError::ALL.into_iter().map(SessionError::name);
    protocol
        .chain(mit.filter(|name| !name.starts_with("KRB5PLACEHOLD_")))
        .chain(library)
        .chain(errnos)
        .chain(kpasswd)
        .chain(session)
        .chain(DaemonFailure::ALL.into_iter().map(DaemonFailure::name))
        .chain(Win32Error::ALL.iter().filter_map(|error| error.name()))
        .collect()
}
