//! Every key of a settings file, once: the reader, the schema and the commented start are made from these tables.

use super::own_key;
use crate::finding::Severity;

/// One key.
#[derive(Debug, Clone, Copy)]
pub(super) struct SettingField {
    /// Its name.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: ValueKind,
    /// True if its table makes no sense without it.
    pub required: bool,
    /// Its purpose, as the commented start and editors show it.
    pub about: &'static str,
    /// A value, written as TOML.
    pub example: &'static str,
}

/// The kind of a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValueKind {
    /// The path of a directory, relative to the settings file's.
    Path,
    /// `true` or `false`.
    Flag,
    /// A version of nginx, such as `1.22.1`.
    Version,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Patterns of paths, relative to the settings file's directory.
    Globs,
    /// A text, or several.
    Texts,
    /// A table from rules to their levels.
    Levels,
    /// A table from keys of .env files to what they mean: a word, or a table of [`ENV_KEY`].
    EnvKeys,
    /// Any number of tables with these keys.
    Tables(&'static [SettingField]),
}

/// The values of a rule's setting.
pub(super) const LEVELS: &[&str] = &["off", Severity::Advice.word(), Severity::Warning.word(), Severity::Error.word()];

/// The keys of the file itself.
pub(super) const TOP: &[SettingField] = &[
    SettingField {
        name: "fail-on",
        kind: ValueKind::Choice(&["error", "warning", "advice", "never"]),
        required: false,
        about: "The least severity that makes the exit code 1.",
        example: "\"warning\"",
    },
    SettingField {
        name: "exclude",
        kind: ValueKind::Globs,
        required: false,
        about: "Files and directories that are left when a directory is searched. A pattern without a slash matches names at \
                any depth. A file that is named, or that a linted one includes, is read all the same.",
        example: "[\"legacy/**\", \"*.bak\"]",
    },
    SettingField {
        name: "root",
        kind: ValueKind::Path,
        required: false,
        about: "The directory that holds the production machine's files, for includes like /etc/nginx/conf.d/*.conf.",
        example: "\"machine\"",
    },
    SettingField {
        name: "context",
        kind: ValueKind::Choice(&["http", "server", "location"]),
        required: false,
        about: "Where files that are only parts of a configuration get included. Without it, their content tells.",
        example: "\"server\"",
    },
    SettingField {
        name: "nginx-version",
        kind: ValueKind::Version,
        required: false,
        about: "The nginx that will read the files. Without it, findings hold for every version that is still run.",
        example: "\"1.28.0\"",
    },
    SettingField {
        name: "app-sets-cors",
        kind: ValueKind::Flag,
        required: false,
        about: "Whether the app behind nginx sends CORS headers itself. Without it, its .env files tell.",
        example: "true",
    },
    SettingField {
        name: "rules",
        kind: ValueKind::Levels,
        required: false,
        about: "What the findings of a rule are: off, advice, warning or error.",
        example: "preflight-not-cached = \"off\"",
    },
    SettingField {
        name: "overrides",
        kind: ValueKind::Tables(OVERRIDE),
        required: false,
        about: "Other levels for some files; of several that match, the last one decides.",
        example: "",
    },
    SettingField {
        name: "app",
        kind: ValueKind::Tables(APP),
        required: false,
        about: "Which app is behind which location, where several apps have .env files.",
        example: "",
    },
    SettingField {
        name: "env",
        kind: ValueKind::EnvKeys,
        required: false,
        about: "What keys of your own .env files mean: a word, or a table that says more. `none` is for a key that only looks \
                like CORS.",
        example: "SHOP_PAGES = \"origins\"",
    },
];

/// The keys of `[[overrides]]`.
pub(super) const OVERRIDE: &[SettingField] = &[
    SettingField {
        name: "files",
        kind: ValueKind::Globs,
        required: true,
        about: "The files, as in `exclude`.",
        example: "[\"staging/**\"]",
    },
    SettingField {
        name: "rules",
        kind: ValueKind::Levels,
        required: true,
        about: "The levels in them.",
        example: "{ localhost-in-production = \"off\" }",
    },
];

/// The keys of `[[app]]`.
pub(super) const APP: &[SettingField] = &[
    SettingField {
        name: "path",
        kind: ValueKind::Path,
        required: true,
        about: "The directory of its .env files.",
        example: "\"services/api\"",
    },
    SettingField {
        name: "upstream",
        kind: ValueKind::Texts,
        required: true,
        about: "Whom nginx passes its requests to: the name of an `upstream`, a host, `host:port` or `:port`.",
        example: "[\"api:3000\"]",
    },
];

/// The keys of a table in `[env]`.
pub(super) const ENV_KEY: &[SettingField] = &[
    SettingField {
        name: "meaning",
        kind: ValueKind::Choice(own_key::MEANINGS),
        required: true,
        about: "What the value is.",
        example: "\"origins\"",
    },
    SettingField {
        name: "separator",
        kind: ValueKind::Choice(own_key::SEPARATORS),
        required: false,
        about: "What stands between the entries of a list.",
        example: "\"comma\"",
    },
    SettingField {
        name: "star",
        kind: ValueKind::Flag,
        required: false,
        about: "Whether `*` allows any origin.",
        example: "false",
    },
    SettingField {
        name: "patterns",
        kind: ValueKind::Choice(own_key::PATTERNS),
        required: false,
        about: "What an entry may be besides an origin.",
        example: "\"none\"",
    },
    SettingField {
        name: "scheme",
        kind: ValueKind::Choice(own_key::SCHEMES),
        required: false,
        about: "Whether entries have a scheme.",
        example: "\"required\"",
    },
    SettingField {
        name: "slash",
        kind: ValueKind::Choice(own_key::SLASHES),
        required: false,
        about: "What becomes of a slash at the end of an entry.",
        example: "\"kept\"",
    },
    SettingField {
        name: "trims",
        kind: ValueKind::Flag,
        required: false,
        about: "Whether blanks around entries are taken off.",
        example: "true",
    },
];
