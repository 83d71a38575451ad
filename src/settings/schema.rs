//! The settings as a JSON schema, for editors.

use serde_json::{Map, Value, json};

use super::fields::{ENV_KEY, LEVELS, SettingField, TOP, ValueKind};
use super::own_key;
use crate::rules;

/// The schema of `corslint.toml` (JSON Schema 2020-12), made from the same table that reads it. The repository holds it as
/// `src/settings/schema.json`.
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "corslint.toml",
        "description": "What a team has decided about its deployment.",
    });
    if let (Some(all), Value::Object(top)) = (schema.as_object_mut(), object(TOP)) {
        all.extend(top);
    }
    schema
}

/// A table with these keys and no others.
fn object(fields: &[SettingField]) -> Value {
    let property = |field: &SettingField| {
        let mut value = value(field);
        if let Some(value) = value.as_object_mut() {
            value.insert("description".to_owned(), field.about.into());
        }
        (field.name.to_owned(), value)
    };
    let properties: Map<String, Value> = fields.iter().map(property).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required})
}

fn value(field: &SettingField) -> Value {
    let text = json!({"type": "string", "minLength": 1});
    match field.kind {
        ValueKind::Path => text,
        ValueKind::Flag => json!({"type": "boolean"}),
        ValueKind::Version => json!({"type": "string", "pattern": "^[0-9]{1,9}\\.[0-9]{1,9}(\\.[0-9]{1,9})?$"}),
        ValueKind::Choice(words) => json!({"enum": words}),
        ValueKind::Globs => json!({"type": "array", "items": text}),
        ValueKind::Texts => json!({"anyOf": [text, {"type": "array", "items": text}]}),
        ValueKind::Levels => {
            let level = json!({"enum": LEVELS});
            let rules = rules::ALL.iter().map(|rule| (rule.id.to_owned(), level.clone()));
            json!({"type": "object", "additionalProperties": false, "properties": rules.collect::<Map<_, _>>()})
        }
        ValueKind::EnvKeys => {
            let key = json!({"anyOf": [{"enum": own_key::MEANINGS}, object(ENV_KEY)]});
            json!({"type": "object", "additionalProperties": key})
        }
        ValueKind::Tables(fields) => json!({"type": "array", "items": object(fields)}),
    }
}
