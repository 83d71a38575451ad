//! Whether a settings file keeps to the table of its keys. Nothing here recurses further than that table is deep.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::SettingsProblem;
use super::fields::{ENV_KEY, LEVELS, SettingField, ValueKind};
use super::globs::Globs;
use super::values::{span, version};
use crate::rules;
use crate::source::Span;
use crate::words::meant;

/// Tells what is wrong in a table whose keys are `fields`. `place` is the table's own, for what it lacks.
pub(super) fn table(table: &DeTable<'_>, fields: &[SettingField], place: Span, problems: &mut Vec<SettingsProblem>) {
    for (key, value) in table {
        match fields.iter().find(|field| field.name == key.get_ref()) {
            Some(field) => self::value(field, span(key), value, problems),
            None => {
                let names = fields.iter().map(|field| field.name);
                problems.push(unknown(&format!("there is no setting `{}`", key.get_ref()), key, names, fields));
            }
        }
    }
    for field in fields.iter().filter(|field| field.required && !table.contains_key(field.name)) {
        problems.push(SettingsProblem {
            span: place,
            message: format!("`{}` is missing here", field.name),
            label: "in this table".to_owned(),
            help: Some(format!("write `{} = {}`, or what fits", field.name, field.example)),
        });
    }
}

/// An unknown key.
fn unknown<'a>(
    message: &str,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    names: impl Iterator<Item = &'a str>,
    fields: &[SettingField],
) -> SettingsProblem {
    let help = match meant(key.get_ref(), names) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if fields.is_empty() => Some("`corslint rules` lists them".to_owned()),
        None => Some(format!("there are {}", listed(fields.iter().map(|field| field.name)))),
    };
    SettingsProblem { span: span(key), message: message.to_owned(), label: "is not known".to_owned(), help }
}

/// Words in a sentence.
fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn value(field: &SettingField, key: Span, value: &Spanned<DeValue<'_>>, problems: &mut Vec<SettingsProblem>) {
    let place = span(value);
    let text = value.get_ref().as_str();
    match (field.kind, value.get_ref()) {
        (ValueKind::Flag, DeValue::Boolean(_)) => {}
        (ValueKind::Path, DeValue::String(text)) if !text.is_empty() => {}
        (ValueKind::Version, DeValue::String(text)) if version(text).is_some() => {}
        (ValueKind::Texts, DeValue::String(text)) if !text.is_empty() => {}
        (ValueKind::Choice(words), _) => choice(field.name, words, place, text, problems),
        (ValueKind::Texts, DeValue::Array(array)) if is_texts(array) => {}
        (ValueKind::Globs, DeValue::Array(array)) if is_texts(array) => globs(array, problems),
        (ValueKind::Levels, DeValue::Table(levels)) => self::levels(levels, problems),
        (ValueKind::EnvKeys, DeValue::Table(keys)) => env_keys(keys, problems),
        (ValueKind::Tables(fields), DeValue::Array(array)) if array.iter().all(|item| item.get_ref().is_table()) => {
            for item in array.iter() {
                if let Some(inner) = item.get_ref().as_table() {
                    table(inner, fields, head(span(item), inner), problems);
                }
            }
        }
        _ => problems.push(wrong_kind(field, key, value)),
    }
}

/// Returns what of a table is shown for what it lacks: up to its first key, so that no more of the file shows than its head.
fn head(place: Span, table: &DeTable<'_>) -> Span {
    let first = table.keys().map(|key| span(key).start).min().unwrap_or(place.end);
    Span::new(place.start, place.end.min(first.max(place.start)))
}

fn is_texts(array: &DeArray<'_>) -> bool {
    array.iter().all(|item| item.get_ref().as_str().is_some_and(|text| !text.is_empty()))
}

fn choice(name: &str, words: &[&str], place: Span, text: Option<&str>, problems: &mut Vec<SettingsProblem>) {
    if text.is_some_and(|text| words.contains(&text)) {
        return;
    }
    let message = format!("`{name}` is one of {}", listed(words.iter().copied()));
    let near = text.and_then(|text| meant(text, words.iter().copied()));
    let help = near.map(|near| format!("did you mean `{near}`?"));
    problems.push(SettingsProblem { span: place, message, label: "is none of them".to_owned(), help });
}

fn globs(array: &DeArray<'_>, problems: &mut Vec<SettingsProblem>) {
    let patterns: Vec<&str> = array.iter().filter_map(|item| item.get_ref().as_str()).collect();
    if let Err((index, why)) = Globs::new(&patterns, Span::default()) {
        let place = array.get(index).map(span).unwrap_or_default();
        let message = format!("this is no pattern for paths: {why}");
        problems.push(SettingsProblem { span: place, message, label: "cannot match".to_owned(), help: None });
    }
}

fn levels(levels: &DeTable<'_>, problems: &mut Vec<SettingsProblem>) {
    for (key, value) in levels {
        if !rules::ALL.iter().any(|rule| rule.id == key.get_ref()) {
            let ids = rules::ALL.iter().map(|rule| rule.id);
            problems.push(unknown(&format!("there is no rule `{}`", key.get_ref()), key, ids, &[]));
        } else {
            choice(key.get_ref(), LEVELS, span(value), value.get_ref().as_str(), problems);
        }
    }
}

fn env_keys(keys: &DeTable<'_>, problems: &mut Vec<SettingsProblem>) {
    for (key, value) in keys {
        match value.get_ref() {
            DeValue::Table(inner) => table(inner, ENV_KEY, span(key), problems),
            other => choice(key.get_ref(), super::own_key::MEANINGS, span(value), other.as_str(), problems),
        }
    }
}

fn wrong_kind(field: &SettingField, key: Span, value: &Spanned<DeValue<'_>>) -> SettingsProblem {
    let wanted = match field.kind {
        ValueKind::Path => "the path of a directory",
        ValueKind::Flag => "`true` or `false`, without quotes",
        ValueKind::Version => "a version like `\"1.28.0\"`",
        ValueKind::Globs => "a list of patterns in quotes",
        ValueKind::Texts => "a text in quotes, or a list of them",
        ValueKind::Levels | ValueKind::EnvKeys => "a table",
        ValueKind::Choice(_) => "one word",
        ValueKind::Tables(_) => "a table in double brackets",
    };
    let is_one_line = matches!(value.get_ref(), DeValue::String(_) | DeValue::Integer(_) | DeValue::Boolean(_));
    let example = match field.kind {
        ValueKind::Tables(_) => format!("[[{}]]", field.name),
        ValueKind::Levels | ValueKind::EnvKeys => format!("[{}]", field.name),
        _ => format!("{} = {}", field.name, field.example),
    };
    SettingsProblem {
        span: if is_one_line { span(value) } else { key },
        message: format!("`{}` is {wanted}", field.name),
        label: match value.get_ref().type_str() {
            kind if kind.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("is an {kind}"),
            kind => format!("is a {kind}"),
        },
        help: Some(format!("write it like `{example}`")),
    }
}
