//! The form of a block: its words in an order that does not depend on how it was written, without what no response and no rule depends on.
//!
//! Two blocks of one form differ in names alone: of hosts, of paths, of what is on the machine. Each name stands as a number in its form, the
//! same number for the same name, so what is equal in one of them is equal in the other.

use super::reads::Reads;
use super::words::{WordKind, in_order, is_any_name, is_unread, kind};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::simulate::locations::Pattern;

/// How many names one form may have.
const MAX_NAMES: usize = 512;
/// How long a form may be, in bytes. What is longer is asked by itself.
const MAX_FORM: usize = 64 * 1024;

/// The kind of thing that a name is for. The same word in two of them is two names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Host,
    Path,
    Machine,
}

const NAME: u8 = 1;
const BLOCK: u8 = 2;
const END: u8 = 3;
const WORD: u8 = 4;

/// A form that is being written.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    bytes: Vec<u8>,
    /// The names, one behind the other, and where each of them ends.
    names: Vec<u8>,
    ends: Vec<(Space, usize)>,
    /// True if something in it is not known, or too much, so that it is like no other.
    is_open: bool,
}

/// How the words of a form are written.
#[derive(Clone, Copy)]
pub(super) struct Style<'a> {
    /// The values that are compared with something, and so stand in the form as it is written.
    pub(super) reads: Reads,
    /// True if the directives that hand requests on are told apart by whom they name.
    pub(super) has_apps: bool,
    /// Returns whether a label of a host, or a part of a path, stands somewhere that it may be compared with.
    pub(super) is_mentioned: &'a dyn Fn(&[u8]) -> bool,
}

impl Form {
    /// The bytes, where the form may be compared.
    pub(super) fn finished(&self) -> Option<&[u8]> {
        (!self.is_open && self.bytes.len() <= MAX_FORM).then_some(&self.bytes)
    }

    /// Adds what is known of a block beside its words.
    pub(super) fn fact(&mut self, fact: &[u8]) {
        self.word(fact);
    }

    fn word(&mut self, word: &[u8]) {
        self.is_open |= word.iter().any(|byte| *byte <= WORD);
        self.bytes.extend_from_slice(word);
        self.bytes.push(WORD);
    }

    fn name(&mut self, space: Space, name: &[u8]) {
        let mut start = 0;
        let known = self.ends.iter().position(|(of, end)| {
            let own = self.names.get(std::mem::replace(&mut start, *end)..*end);
            *of == space && own == Some(name)
        });
        let number = known.unwrap_or(self.ends.len());
        if known.is_none() {
            self.names.extend_from_slice(name);
            self.ends.push((space, self.names.len()));
        }
        self.is_open |= self.ends.len() > MAX_NAMES;
        // No byte of the number is one of those that part words.
        let digit = |number: usize| b'0' + u8::try_from(number & 63).unwrap_or_default();
        self.bytes.extend([NAME, digit(number >> 6), digit(number)]);
    }

    /// The directives of a block and of the blocks in it, but for servers and locations.
    pub(super) fn block(&mut self, config: &Config<'_>, block: ContextId, style: Style<'_>) {
        let mut waiting = vec![block];
        let mut at = 0;
        while let Some(&context) = waiting.get(at) {
            at += 1;
            self.bytes.push(BLOCK);
            self.is_open |= self.bytes.len() > MAX_FORM || config.context(context).incomplete;
            if self.is_open {
                return;
            }
            let is_if = matches!(config.context(context).kind, ContextKind::IfInLocation | ContextKind::IfInServer);
            // One that holds nothing, or only assignments, may be passed over.
            if is_if && config.items(context).any(|item| is_unread(config.item(item).name)) {
                self.word(b"...");
            }
            for item in in_order(config, context) {
                self.directive(config, item, style);
                waiting.extend(config.item(item).opens);
            }
            self.bytes.push(END);
        }
    }

    /// The words of one directive.
    pub(super) fn directive(&mut self, config: &Config<'_>, item: ItemId, style: Style<'_>) {
        let name = config.item(item).name;
        self.is_open |= name.is_empty();
        self.word(name);
        let count = config.parameter_count(item);
        for index in 1..=count {
            let Some(word) = config.parameter(item, index) else {
                self.is_open = true;
                return;
            };
            match kind(config, item, (name, index), &word) {
                WordKind::Unread => self.word(b""),
                WordKind::Exact => self.exact(&word),
                WordKind::Url => self.url(&word, style),
                WordKind::Host => self.host(&word, style),
                WordKind::App if style.has_apps => self.exact(&word),
                WordKind::App => self.app(&word),
                WordKind::Machine if word.contains(&b'$') => self.word(&word),
                WordKind::Machine => {
                    self.name(Space::Machine, &word);
                    self.word(b"");
                }
            }
        }
        self.bytes.push(END);
    }

    /// A word as it is written. Its hosts have names all the same, since those of the server may be equal to them.
    fn exact(&mut self, word: &[u8]) {
        self.word(word);
        if memchr::memchr(b'.', word).is_none() {
            return;
        }
        let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        for host in word.split(|byte| !is_host(byte)).filter(|host| host.contains(&b'.')) {
            host.split(|byte| *byte == b'.').for_each(|label| self.label(label));
        }
    }

    /// A URL, or a text that begins with one: the host's names as names, all else as it is.
    fn url(&mut self, word: &[u8], style: Style<'_>) {
        let start = memchr::memmem::find(word, b"://").map(|at| at + 3);
        let Some(start) = start else { return self.exact(word) };
        if style.reads.origin {
            self.exact(word);
        }
        let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        let rest = word.get(start..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_host(byte)).unwrap_or(rest.len());
        let (host, behind) = rest.split_at(length);
        // A login, an address in brackets, a pattern, a second URL: whatever it is, it is not a host alone.
        if behind.iter().any(|byte| matches!(byte, b'@' | b'[' | b'*' | b',' | b' ' | b'\\')) {
            return self.exact(word);
        }
        self.bytes.extend_from_slice(word.get(..start).unwrap_or_default());
        self.labels(host, style);
        self.word(behind);
    }

    /// A URL of the server, without a path; none where no request reaches it.
    pub(super) fn base(&mut self, base: Option<&str>, style: Style<'_>) {
        let Some((scheme, rest)) = base.and_then(|base| base.split_once("://")) else { return self.word(b"-") };
        let (host, port) = rest.split_once(':').unwrap_or((rest, ""));
        self.word(scheme.as_bytes());
        self.host(host.as_bytes(), style);
        self.word(port.as_bytes());
    }

    fn host(&mut self, word: &[u8], style: Style<'_>) {
        let is_plain = word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'*'));
        if !is_plain || style.reads.host {
            self.word(word);
        }
        self.labels(word, style);
        self.word(b"");
    }

    /// The labels of a host, each that tells nothing by itself as a name. The last one says who may register the host.
    fn labels(&mut self, host: &[u8], style: Style<'_>) {
        let mut labels = host.split(|byte| *byte == b'.').peekable();
        while let Some(label) = labels.next() {
            let is_last = labels.peek().is_none();
            if is_last || !is_any_name(label) || (style.is_mentioned)(label) {
                self.bytes.extend_from_slice(label);
            }
            self.label(label);
            self.bytes.push(b'.');
        }
    }

    /// A label as a name, whatever it says by itself. Hosts ignore case.
    fn label(&mut self, label: &[u8]) {
        match label.iter().any(u8::is_ascii_uppercase) {
            true => self.name(Space::Host, &label.to_ascii_lowercase()),
            false => self.name(Space::Host, label),
        }
    }

    /// The address of an app: which one it is is of no interest where no app is known.
    fn app(&mut self, word: &[u8]) {
        let start = memchr::memmem::find(word, b"://").map_or(0, |at| at + 3);
        let rest = word.get(start..).unwrap_or_default();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let (address, behind) = rest.split_at(length);
        if address.is_empty() || address.starts_with(b"unix:") || word.contains(&b'$') {
            return self.word(word);
        }
        self.bytes.extend_from_slice(word.get(..start).unwrap_or_default());
        self.name(Space::Machine, address);
        self.word(behind);
    }

    /// How a location is written, and the path that it is `asked` by where it is the one that requests enter.
    pub(super) fn pattern(&mut self, pattern: Option<Pattern<'_>>, asked: Option<&[u8]>, style: Style<'_>) {
        let behind = |path: &[u8]| asked.map_or(&b"-"[..], |asked| asked.get(path.len()..).unwrap_or(asked));
        match pattern {
            Some(Pattern::Prefix { path, no_regex }) => {
                self.word(if no_regex { b"^~" } else { b"" });
                self.path(&path, style);
                self.word(behind(&path));
            }
            Some(Pattern::Exact(path)) => {
                self.word(b"=");
                self.path(&path, style);
                self.word(behind(&path));
            }
            Some(Pattern::Regex { pattern, ignore_case }) => {
                self.word(if ignore_case { b"~*" } else { b"~" });
                self.word(&pattern);
                self.word(asked.unwrap_or(b"-"));
            }
            Some(Pattern::Named(_)) | None => self.is_open = true,
        }
    }

    /// The path of a location, each part that tells nothing by itself as a name.
    fn path(&mut self, path: &[u8], style: Style<'_>) {
        if style.reads.path {
            return self.word(path);
        }
        for part in path.split(|byte| *byte == b'/') {
            match is_any_name(part) && !(style.is_mentioned)(part) {
                true => self.name(Space::Path, part),
                false => self.bytes.extend_from_slice(part),
            }
            self.bytes.push(b'/');
        }
        self.word(b"");
    }
}
