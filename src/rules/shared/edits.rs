//! Edits that rules put together: directives beside another one, or taken out.

use crate::cors::header::CorsHeader;
use crate::cors::serialized::{NotSerialized, OriginFault};
use crate::finding::{Edit, Fix};
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::origins::comparison::Compared;
use crate::source::{Place, Span};

/// `directives`, with their semicolons, right behind a simple directive of the configuration: on lines of their own with the same
/// indentation and the same line ending, or on the same line where more follows there. None where the directive's end is not to be seen.
pub(crate) fn beside(config: &Config<'_>, item: ItemId, directives: &[impl AsRef<str>]) -> Option<Edit> {
    let place = config.place(item);
    let bytes = config.bytes(place.file);
    let end = semicolon(bytes, place)?;
    let head = bytes.get(..place.span.start as usize)?;
    let (line_start, before) = head.split_at(head.len() - blanks(head.iter().rev()));
    let rest = bytes.get(end..)?;
    let is_alone = matches!(line_start.last(), None | Some(b'\n'));
    // Only blanks are walked over first: a file may be one long line, with a finding at each of its directives.
    let next = rest.get(blanks(rest.iter())..)?;
    let is_last = matches!(next, [] | [b'\n' | b'#', ..] | [b'\r', b'\n', ..]);
    if !is_alone || !is_last {
        let text = directives.iter().map(|directive| format!(" {}", directive.as_ref())).collect();
        return Some(insertion(place, end, text));
    }
    let line_end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let after = rest.get(..line_end)?;
    let ending = if after.ends_with(b"\r") { "\r\n" } else { "\n" };
    let at = end + after.len() - usize::from(after.ends_with(b"\r"));
    let start = format!("{ending}{}", String::from_utf8_lossy(before));
    let text = directives.iter().map(|directive| format!("{start}{}", directive.as_ref())).collect();
    Some(insertion(place, at, text))
}

/// The edit that takes a simple directive out: with its line where it stands there alone, otherwise with the blanks before it.
pub(crate) fn without(config: &Config<'_>, item: ItemId) -> Option<Edit> {
    let place = config.place(item);
    let bytes = config.bytes(place.file);
    let end = semicolon(bytes, place)?;
    let head = bytes.get(..place.span.start as usize)?;
    let start = head.len() - blanks(head.iter().rev());
    let rest = bytes.get(end..)?;
    let next = end + blanks(rest.iter());
    let line_end = match bytes.get(next..)? {
        [] => Some(next),
        [b'\n', ..] => Some(next + 1),
        [b'\r', b'\n', ..] => Some(next + 2),
        _ => None,
    };
    let starts_line = start == 0 || head.get(start - 1) == Some(&b'\n');
    let span = match (starts_line, line_end) {
        (true, Some(line_end)) => Span::at(start, line_end),
        // What follows, a comment perhaps, takes its place.
        (true, None) => Span::at(head.len(), next),
        (false, _) => Span::at(start, end),
    };
    Some(Edit { place: Place { span, ..place }, text: String::new() })
}

/// How many blanks stand at the start.
fn blanks<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    bytes.take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The same for the second of two directives that say the same in one block of one file.
pub(crate) fn without_copy(config: &Config<'_>, first: ItemId, second: ItemId) -> Option<Edit> {
    let (left, right) = (config.item(first), config.item(second));
    let words = |item: ItemId| (1..=config.parameter_count(item)).map(move |index| config.parameter(item, index));
    let is_copy = left.name == right.name && left.context == right.context && words(first).eq(words(second));
    let (first, place) = (config.place(first), config.place(second));
    // A file that is included twice has each of its directives twice, and only once to take out.
    (is_copy && first.file == place.file && first != place).then(|| without(config, second)).flatten()
}

/// The fix that moves what an `if` sends of methods, headers and their age into its location and leaves the `if` without an
/// `add_header`, so that it inherits all of them (A1.4). None where it sends anything else that its location does not.
pub(crate) fn merged(config: &Config<'_>, block: ContextId) -> Option<Fix> {
    let location = config.context(block).parent?;
    let outer: Vec<ItemId> = config.named(location, b"add_header").collect();
    let last = *outer.last()?;
    let file = config.item(last).file;
    let (mut edits, mut moved) = (Vec::new(), Vec::new());
    for item in config.named(block, b"add_header") {
        let name = config.parameter(item, 1)?;
        let same =
            outer.iter().find(|other| config.parameter(**other, 1).is_some_and(|it| it.eq_ignore_ascii_case(&name)));
        match same {
            Some(other) if config.parameter(*other, 2) == config.parameter(item, 2) => {}
            Some(_) => return None,
            None => {
                let header = CorsHeader::from_name(&name)?;
                let is_lone =
                    matches!(header, CorsHeader::AllowMethods | CorsHeader::AllowHeaders | CorsHeader::MaxAge);
                is_lone.then_some(())?;
                moved.push(format!("{};", std::str::from_utf8(config.place(item).span.of(config.bytes(file))).ok()?));
            }
        }
        (config.item(item).file == file).then_some(())?;
        edits.push(without(config, item)?);
    }
    if !moved.is_empty() {
        edits.push(beside(config, last, &moved)?);
    }
    Some(Fix { safe: true, edits })
}

/// The fix that hides the app's Allow-Origin beside a directive: then nginx alone decides who gets in. An `if` takes no such directive.
pub(crate) fn hiding(config: &Config<'_>, item: ItemId, prefix: &str) -> Option<Fix> {
    let is_in_if = config.context(config.item(item).context).kind == ContextKind::IfInLocation;
    let directive = format!("{prefix}_hide_header Access-Control-Allow-Origin;");
    (!is_in_if).then(|| beside(config, item, &[directive])).flatten().map(Fix::risky)
}

/// The fix that writes the origin that is meant in the place of the text; safe where nothing but its spelling is wrong.
pub(crate) fn respelled(place: Place, written: &str, fault: &NotSerialized) -> Option<Fix> {
    let is_spelling = matches!(
        fault.fault,
        OriginFault::UpperCase | OriginFault::DefaultPort | OriginFault::OtherSpelling | OriginFault::Idn
    );
    let edit = whole(place, written, fault.suggestion.clone()?)?;
    Some(Fix { safe: is_spelling, edits: vec![edit] })
}

/// The edit that writes `text` in the place of what is written, if nothing in it is escaped.
pub(crate) fn whole(place: Place, written: &str, text: String) -> Option<Edit> {
    (place.span.len() as usize == written.len()).then_some(Edit { place, text })
}

/// The fix that writes a stricter expression in the place of one. It allows fewer origins, perhaps one too few.
pub(crate) fn tightened(compared: &Compared, expression: &str) -> Option<Fix> {
    // In a key that is about more than the Origin, its end is not the expression's.
    let is_alone = compared.before.is_empty() && compared.behind.is_empty();
    let text = String::from_utf8(compared.text.clone()).ok().filter(|_| is_alone)?;
    // What stands in the file is the expression behind its `~` or `~*`, if nothing in it is quoted or escaped.
    let mark = (compared.place.span.len() as usize).checked_sub(text.len()).filter(|mark| *mark <= 2)?;
    let needs_quotes = |byte: u8| matches!(byte, b'{' | b'}' | b';' | b'"' | b'\'' | b' ' | b'#');
    let is_plain = expression.bytes().all(|byte| !needs_quotes(byte) || text.as_bytes().contains(&byte));
    let start = compared.place.span.start as usize + mark;
    let place = Place { span: Span::at(start, compared.place.span.end as usize), ..compared.place };
    is_plain.then(|| Fix::risky(Edit { place, text: expression.to_owned() }))
}

/// The edits that make one blank of every line break of a text and the blanks around it; at an end of the text nothing.
pub(crate) fn on_one_line(place: Place, bytes: &[u8]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')))
    {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let before = bytes.get(at..at + found).unwrap_or_default();
        let start = at + before.len() - before.iter().rev().take_while(|byte| is_blank(byte)).count();
        let rest = bytes.get(start..).unwrap_or_default();
        let end = start + rest.iter().take_while(|byte| is_blank(byte)).count();
        let text = if start == 0 || end == bytes.len() { "" } else { " " };
        let span = Span::at(place.span.start as usize + start, place.span.start as usize + end);
        edits.push(Edit { place: Place { span, ..place }, text: text.to_owned() });
        at = end;
    }
    edits
}

/// The edit that takes the last byte of a text off, if the text stands there as it is.
pub(crate) fn without_last(place: Place, length: usize) -> Option<Edit> {
    let last = Place { span: Span::new(place.span.end.saturating_sub(1), place.span.end), ..place };
    (place.span.len() as usize == length).then(|| Edit { place: last, text: String::new() })
}

/// The offset behind the semicolon that ends a simple directive; nothing but blanks may stand before it.
fn semicolon(bytes: &[u8], place: Place) -> Option<usize> {
    let end = place.span.end as usize;
    let blanks = bytes.get(end..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    (bytes.get(end + blanks) == Some(&b';')).then_some(end + blanks + 1)
}

fn insertion(place: Place, at: usize, text: String) -> Edit {
    Edit { place: Place { span: Span::at(at, at), ..place }, text }
}
