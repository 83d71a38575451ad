//! .env files that are made up.

use proptest::collection::vec;
use proptest::prelude::prop_oneof;
use proptest::sample::select;
use proptest::strategy::Strategy;

/// Statements of every form, among them some that no loader reads.
pub(super) fn file() -> impl Strategy<Value = Vec<u8>> {
    let statement = (start(), key(), separator(), value(), rest()).prop_map(|(start, key, separator, value, rest)| {
        [start.as_bytes(), key.as_bytes(), separator.as_bytes(), &value, rest.as_bytes()].concat()
    });
    (select(&["", "", "", "\u{feff}"][..]), vec(statement, 0..6))
        .prop_map(|(bom, statements)| [bom.as_bytes().to_vec(), statements.concat()].concat())
}

fn start() -> impl Strategy<Value = &'static str> {
    select(&["", "", "", "export ", " ", "\t", "# ", ";", "export\t", "- "][..])
}

fn key() -> impl Strategy<Value = &'static str> {
    select(
        &["CORS_ORIGINS", "CORS_ORIGIN", "DB_PASSWORD", "A", "STORE_CORS", "a.b-c", "é", "", "ALLOWED_HOSTS", "A B"][..],
    )
}

fn separator() -> impl Strategy<Value = &'static str> {
    select(&["=", "=", "=", " = ", ": ", ":", "==", "", " "][..])
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let text = select(
        &[
            "https://app.example.com",
            "https://a.example/,https://b.example",
            "*",
            "true",
            "a b",
            "${A}",
            "$A",
            "${A:-x}",
            "${A:-${B}}",
            "\\n",
            "\\\"",
            "a#b",
            "a #b",
            "$(id)",
            "[\"https://a.example\"]",
            "",
            "é",
            "\u{202e}",
            "\u{1b}[31m",
        ][..],
    );
    let inside = vec(text, 0..3).prop_map(|pieces| pieces.concat());
    let quotes = select(
        &[("", ""), ("\"", "\""), ("'", "'"), ("`", "`"), ("\"", ""), ("'", ""), ("\"\n", "\n\""), ("", "\"")][..],
    );
    prop_oneof![
        8 => (quotes, inside).prop_map(|((open, close), inside)| format!("{open}{inside}{close}").into_bytes()),
        1 => vec(proptest::num::u8::ANY, 0..8),
    ]
}

fn rest() -> impl Strategy<Value = &'static str> {
    select(&["\n", "\n", "\n", "\r\n", " # comment\n", " \n", "x\n", "", "\\\n", "\r"][..])
}
