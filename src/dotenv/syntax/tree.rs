//! The tree of one .env file: its statements in file order, every piece with its span.
//!
//! Loaders disagree about most of what can be written in a .env file. The tree says what stands there, byte for
//! byte, and takes no side; [`crate::dotenv::reading::loaders`] says what each loader makes of it.
//!
//! Values are secrets. Nothing here holds a copy of the file's text, so no `Debug` output can print one.

use crate::cors::login::logins;
use crate::source::Span;

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvQuoting {
    /// No value stands after the separator.
    None,
    /// Without quotes around the whole; quotes may stand inside.
    Bare,
    /// In `'…'`.
    Single,
    /// In `"…"`.
    Double,
    /// In `` `…` ``, which only node's dotenv takes for quotes.
    Backtick,
}

/// The kind of a piece of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// Text that stands for itself.
    Literal,
    /// A backslash and the byte after it; which ones mean something differs between loaders.
    Escape,
    /// `$NAME`: the name.
    Variable(Span),
    /// `${NAME}` or `${NAME:-default}`: the name, and what stands between it and `}`.
    Braced(Span, Span),
}

/// A piece of a value. The parts of a value cover [`EnvValue::inner`] without gap or overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvPart {
    /// All its bytes.
    pub span: Span,
    /// Its kind.
    pub kind: PartKind,
}

/// The text on the right of the separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvValue {
    /// How it was written.
    pub quoting: EnvQuoting,
    /// All its bytes, quotes included, without the blanks around it.
    pub span: Span,
    /// The bytes between the quotes, or all of them where there are none.
    pub inner: Span,
    /// True if the opening quote is closed; always true without quotes.
    pub closed: bool,
    /// Text between the closing quote and the comment or the line's end, without the blanks around it; mostly empty.
    pub after: Span,
    /// Index of its first part in [`EnvTree::parts`].
    pub first_part: u32,
    /// How many parts it has.
    pub part_count: u32,
}

/// The text between key and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EqualsSign {
    /// Blanks before it.
    pub before: Span,
    /// `=` or `:`.
    pub mark: Span,
    /// True if it is `:`.
    pub colon: bool,
    /// Blanks after it.
    pub after: Span,
}

/// `KEY=value` or `KEY: value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// The word `export` before the key.
    pub export: Option<Span>,
    /// The key.
    pub key: Span,
    /// The text between key and value.
    pub separator: EqualsSign,
    /// The value.
    pub value: EnvValue,
    /// The trailing comment, `#` included. A `#` inside a bare value with no blank before it is not one.
    pub comment: Option<Span>,
}

/// The kind of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// `KEY=value` or `KEY: value`.
    Assignment(Assignment),
    /// A key with no separator; docker and compose take its value from their own environment.
    Key {
        /// The word `export` before it.
        export: Option<Span>,
        /// The key.
        key: Span,
        /// The trailing comment, `#` included.
        comment: Option<Span>,
    },
    /// A comment line: from `#`, or from `;` as systemd has it, to the line's end.
    Comment(Span),
    /// Nothing but blanks.
    Blank,
    /// Anything else: the line without the blanks around it.
    Unreadable(Span),
}

/// A line, or the lines of a quoted value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// All its bytes, the line ending included.
    pub span: Span,
    /// Its kind.
    pub kind: StatementKind,
}

/// Why a part of a file is read by no loader, or by hardly any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvSyntaxError {
    /// The opening quote, or the line.
    pub span: Span,
    /// The fault, in lower case, without a full stop and without a byte of the value.
    pub message: &'static str,
    /// The text to write instead, where that is known.
    pub help: Option<&'static str>,
}

/// A .env file that was read.
#[derive(Debug, Clone, Default)]
pub struct EnvTree {
    /// The byte order mark at the start; empty where there is none.
    pub bom: Span,
    /// All statements; together with the byte order mark they cover the file without gap or overlap.
    pub statements: Vec<Statement>,
    /// The parts of all values, in file order.
    pub parts: Vec<EnvPart>,
    /// The statements that no or hardly any loader reads, in file order.
    pub errors: Vec<EnvSyntaxError>,
}

impl EnvTree {
    /// The assignments, in file order.
    pub fn assignments(&self) -> impl DoubleEndedIterator<Item = &Assignment> {
        self.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Assignment(assignment) => Some(assignment),
            _ => None,
        })
    }

    /// The parts of a value.
    pub fn parts(&self, value: &EnvValue) -> &[EnvPart] {
        let first = value.first_part as usize;
        self.parts.get(first..first + value.part_count as usize).unwrap_or(&[])
    }
}

/// Everything a report must not show, in ascending order: values and what follows them, comments (a commented-out
/// assignment keeps its password), unreadable text, keys that stand alone. Keys of assignments are shown, unless they
/// look like a piece of a key file that a missing quote has spilled.
pub fn secrets(tree: &EnvTree, file: &[u8]) -> Vec<Span> {
    let mut secrets = Vec::new();
    for statement in &tree.statements {
        let span = match statement.kind {
            StatementKind::Blank => continue,
            StatementKind::Comment(span) | StatementKind::Unreadable(span) => span,
            StatementKind::Key { key, comment, .. } => comment.map_or(key, |comment| key.to(comment)),
            StatementKind::Assignment(assignment) => {
                let end = assignment.comment.unwrap_or(assignment.value.span.to(assignment.value.after));
                let value = assignment.value.span.to(end);
                if looks_like_a_name(assignment.key.of(file), assignment.value.inner.of(file)) {
                    value
                } else {
                    assignment.key.to(value)
                }
            }
        };
        if !span.is_empty() {
            secrets.push(span);
        }
    }
    secrets
}

/// A value that is a list of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressList {
    /// Its bytes, quotes and the spaces before them included.
    pub span: Span,
    /// True if a login stands in one of the addresses.
    pub has_login: bool,
}

/// The values that are a list of addresses, in ascending order. See [`Source::lists`](crate::source::Source::lists).
pub fn lists(tree: &EnvTree, file: &[u8]) -> Vec<AddressList> {
    let is_list = |assignment: &&Assignment| {
        let value = &assignment.value;
        let is_literal = |part: &EnvPart| matches!(part.kind, PartKind::Literal | PartKind::Escape);
        value.after.is_empty() && tree.parts(value).iter().all(is_literal) && holds_addresses_only(value.inner.of(file))
    };
    let list = |assignment: &Assignment| AddressList {
        span: assignment.separator.after.to(assignment.value.span),
        has_login: logins(assignment.value.inner.of(file)).next().is_some(),
    };
    tree.assignments().filter(is_list).map(list).collect()
}

/// Returns whether a value holds addresses of pages, whatever stands between them, and nothing else. What may be a key or a token, in which there
/// are dots as well, is none.
pub(super) fn holds_addresses_only(value: &[u8]) -> bool {
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || b",;|\"'`[]".contains(byte);
    let mut words = value.split(is_between).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(is_address)
}

fn is_address(word: &[u8]) -> bool {
    let rest = [&b"https://"[..], b"http://"].iter().find_map(|scheme| {
        let (start, rest) = word.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let has_scheme = rest.is_some();
    let rest = rest.unwrap_or(word);
    let rest = memchr::memrchr(b'@', rest).map_or(rest, |at| rest.get(at + 1..).unwrap_or_default());
    let (host, path) = memchr::memchr(b'/', rest).map_or((rest, &b""[..]), |at| rest.split_at(at));
    let (host, port) = match host.strip_prefix(b"[").and_then(|inner| memchr::memchr(b']', inner)) {
        Some(end) => host.split_at(end + 2),
        None => memchr::memrchr(b':', host).map_or((host, &b""[..]), |at| host.split_at(at)),
    };
    // Behind a scheme stands a host, however it is written; a word without one may be a token, in which there are dots as well.
    let is_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-*".contains(byte);
    let is_free = |byte: &u8| !byte.is_ascii() || byte.is_ascii_alphanumeric() || b".-*_[]:".contains(byte);
    let is_host = host.len() <= 100
        && !host.is_empty()
        && host.iter().all(|byte| if has_scheme { is_free(byte) } else { is_name(byte) });
    let is_port = port.iter().skip(1).all(|byte| byte.is_ascii_digit() || *byte == b'*') && port.len() <= 6;
    let is_path = path.len() <= 32 && path.iter().all(|byte| byte.is_ascii_lowercase() || b"/*-.".contains(byte));
    let is_known = word == b"*" || word == b"null" || host == b"localhost" || memchr::memchr(b'.', host).is_some();
    is_host && is_port && is_path && (has_scheme || is_known)
}

/// Returns whether a key is a name and not, say, the last line of a base64 block, whose padding reads as a separator.
fn looks_like_a_name(key: &[u8], value: &[u8]) -> bool {
    let name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-:[]".contains(byte);
    let joined = key.iter().any(|byte| b"_.-".contains(byte));
    let mixed = key.iter().any(u8::is_ascii_lowercase) && key.iter().any(u8::is_ascii_uppercase);
    let padding = value.is_empty() || value == b"=";
    key.len() <= 80 && key.iter().all(name_byte) && !(padding && mixed && !joined)
}
