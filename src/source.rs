//! Files as bytes, the spans in them, and the lines and columns a reader counts.
//!
//! This is the ground floor: it knows nothing of nginx, of .env files or of CORS.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Why something could not be done to a file, in words.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::StorageFull => "no space left on the device".to_owned(),
        kind => kind.to_string(),
    }
}

/// The mark for bytes that are not shown.
pub const MASK: &str = "•••";

/// The largest file that is read, in bytes. Offsets are `u32`; a larger file is reported as not analysed.
pub const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset one past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, and without, `end`; an `end` before `start` gives an empty span.
    pub fn new(start: u32, end: u32) -> Self {
        Span { start, end: end.max(start) }
    }

    /// The span of two `usize` offsets; offsets past `u32::MAX` are clamped, which no file within
    /// [`MAX_FILE_BYTES`] reaches.
    pub fn at(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span::new(clamp(start), clamp(end))
    }

    /// Its length in bytes.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Returns whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Returns whether they have a byte in common.
    pub fn meets(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// The bytes it covers in `bytes`; what lies outside is left out.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        let end = (self.end as usize).min(bytes.len());
        &bytes[(self.start as usize).min(end)..end]
    }
}

/// The same bytes as these spans cover, in ascending order and none twice.
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup_by(|later, earlier| {
        let meets = later.start < earlier.end;
        if meets {
            *earlier = earlier.to(*later);
        }
        meets
    });
    spans
}

/// Which file of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A span in a file: the only way a finding says where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub span: Span,
}

impl Place {
    /// Returns whether another place lies in this one.
    pub fn holds(self, other: Place) -> bool {
        self.file == other.file && self.span.start <= other.span.start && other.span.end <= self.span.end
    }
}

/// A position as a reader counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters; a byte that is not UTF-8 counts as one.
    pub column: u32,
}

/// One file as it was read.
#[derive(Debug)]
pub struct Source {
    /// The path as the user gave it, or relative to the working directory where it was discovered,
    /// `/`-separated. Bytes that are not UTF-8 are replaced.
    pub path: String,
    /// The path from the repository's root, `/`-separated; `None` outside of it, or where it was not looked for.
    pub in_repository: Option<String>,
    /// The path it was read from, or that standard input stands for; `None` for the files inside `nginx -T` output.
    pub origin: Option<PathBuf>,
    /// Its bytes, untouched.
    pub bytes: Vec<u8>,
    /// Bytes that no report may show unless a label covers them, in ascending order: the values of a .env file.
    pub secrets: Vec<Span>,
    /// Bytes that no report may show even where a label covers them, in ascending order: lines of a .env file that no loader can read,
    /// of which a finding says that they are there and not what they hold, logins in addresses, and what nginx keeps for itself.
    pub sealed: Vec<Span>,
    /// Values that are a list of origins with nothing secret in it, in ascending order: all of one is shown where a label covers a part,
    /// since a quote or a space of it may be what is at fault.
    pub lists: Vec<Span>,
    /// Values that hold nothing but addresses, perhaps with logins, in ascending order: a diff shows all of one but these.
    pub addresses: Vec<Span>,
    line_starts: OnceLock<Vec<u32>>,
    milestones: OnceLock<Vec<Milestone>>,
}

/// A byte inside a long line whose column is known, so that no column is counted from far away.
#[derive(Debug, Clone, Copy)]
struct Milestone {
    offset: u32,
    characters_before: u32,
}

/// How many bytes of a line stand between two milestones.
const MILESTONE_BYTES: usize = 1024;

impl Source {
    /// A file of these bytes.
    pub fn new(path: impl Into<String>, origin: Option<PathBuf>, bytes: Vec<u8>) -> Self {
        Source {
            path: path.into(),
            in_repository: None,
            origin,
            bytes,
            secrets: Vec::new(),
            sealed: Vec::new(),
            lists: Vec::new(),
            addresses: Vec::new(),
            line_starts: OnceLock::new(),
            milestones: OnceLock::new(),
        }
    }

    /// The path that is the same wherever in the repository corslint is run; outside of one, the path as given.
    pub fn repository_path(&self) -> &str {
        self.in_repository.as_deref().unwrap_or(&self.path)
    }

    /// The byte offsets at which lines start; made on first need, in one pass.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let after_newline = memchr::memchr_iter(b'\n', &self.bytes).map(|at| Span::at(at + 1, at + 1).start);
            std::iter::once(0).chain(after_newline).collect()
        })
    }

    /// How many lines it has; a final newline does not start another one, and an empty file has one.
    pub fn line_count(&self) -> u32 {
        let starts = self.line_starts();
        let open_end = starts.last().is_some_and(|&start| start as usize == self.bytes.len()) && starts.len() > 1;
        Span::at(0, starts.len() - usize::from(open_end)).end
    }

    /// The line, from 1, on which the byte at `offset` stands.
    pub fn line_of(&self, offset: u32) -> u32 {
        Span::at(0, self.line_starts().partition_point(|&start| start <= offset)).end.max(1)
    }

    /// The bytes of a line counted from 1, without its line ending; empty past the end.
    pub fn line_span(&self, line: u32) -> Span {
        let starts = self.line_starts();
        let Some(&start) = starts.get((line as usize).saturating_sub(1)) else {
            return Span::at(self.bytes.len(), self.bytes.len());
        };
        let end = starts.get(line as usize).map_or(self.bytes.len(), |&next| next as usize - 1);
        let end = if end > start as usize && self.bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        Span::at(start as usize, end)
    }

    /// Line and column of the byte at `offset`; an offset past the end is taken as the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(Span::at(0, self.bytes.len()).end);
        self.position_on(self.line_of(offset), offset)
    }

    /// Line and column of both ends of a span; most end on the line they start on.
    pub fn positions(&self, span: Span) -> (Position, Position) {
        let start = self.position(span.start);
        let end = span.end.min(Span::at(0, self.bytes.len()).end);
        let ends_there = self.line_starts().get(start.line as usize).is_none_or(|&next| end < next);
        let line = if ends_there && end >= span.start { start.line } else { self.line_of(end) };
        (start, self.position_on(line, end))
    }

    /// The same of a byte that is known to be on this line.
    fn position_on(&self, line: u32, offset: u32) -> Position {
        let start = self.line_starts().get(line as usize - 1).copied().unwrap_or(0);
        let known = Milestone { offset: start, characters_before: 0 };
        let known = if offset - start > Span::at(0, MILESTONE_BYTES).end {
            let milestones = self.milestones();
            let after = milestones.partition_point(|milestone| milestone.offset <= offset);
            let nearest = after.checked_sub(1).and_then(|at| milestones.get(at)).copied();
            nearest.filter(|milestone| milestone.offset > start).unwrap_or(known)
        } else {
            known
        };
        let column = known.characters_before + characters(Span::new(known.offset, offset).of(&self.bytes)) + 1;
        Position { line, column }
    }

    /// A character about every [`MILESTONE_BYTES`] of each line longer than that; made on first need, in one pass.
    fn milestones(&self) -> &[Milestone] {
        self.milestones.get_or_init(|| {
            let mut milestones = Vec::new();
            for (index, &start) in self.line_starts().iter().enumerate() {
                let end = self.line_starts().get(index + 1).map_or(self.bytes.len(), |&next| next as usize);
                let (mut at, mut characters_before) = (start as usize, 0);
                while end - at > MILESTONE_BYTES + 3 {
                    // A character has at most three continuation bytes; a fourth one stands alone.
                    let continues = |byte: &&u8| **byte & 0xC0 == 0x80;
                    let rest = self.bytes.get(at + MILESTONE_BYTES..).unwrap_or_default();
                    let next = at + MILESTONE_BYTES + rest.iter().take(3).take_while(continues).count();
                    characters_before += characters(Span::at(at, next).of(&self.bytes));
                    milestones.push(Milestone { offset: Span::at(next, next).start, characters_before });
                    at = next;
                }
            }
            milestones
        })
    }

    /// Returns whether the byte at `at` may be shown, and up to where, at most `end`, the bytes after it fare the same. This is the one place that
    /// decides it. What is secret is shown only as far as a label covers it, a list of origins wholly where one covers a part of it, and
    /// what is sealed never.
    pub fn shown(&self, at: u32, end: u32, labelled: &[Span]) -> (bool, u32) {
        let next = self.sealed.partition_point(|sealed| sealed.end <= at);
        let end = match self.sealed.get(next) {
            Some(sealed) if sealed.start <= at => return (false, end.min(sealed.end)),
            Some(sealed) => end.min(sealed.start),
            None => end,
        };
        let next = self.secrets.partition_point(|secret| secret.end <= at);
        let Some(secret) = self.secrets.get(next) else { return (true, end) };
        if secret.start > at {
            return (true, end.min(secret.start));
        }
        let end = end.min(secret.end);
        let next = self.lists.partition_point(|list| list.end <= at);
        let list = self.lists.get(next).copied().filter(|list| labelled.iter().any(|label| label.meets(*list)));
        let shown = || labelled.iter().copied().chain(list);
        if let Some(shown) = shown().find(|shown| shown.start <= at && at < shown.end) {
            return (true, end.min(shown.end));
        }
        let start = shown().filter(|shown| !shown.is_empty() && shown.start > at).map(|shown| shown.start).min();
        (false, end.min(start.unwrap_or(end)))
    }

    /// The bytes of `span` as text, with a mark for what is sealed; what is not UTF-8 is replaced.
    pub fn text(&self, span: Span) -> Cow<'_, str> {
        let first = self.sealed.partition_point(|sealed| sealed.end <= span.start);
        if self.sealed.get(first).is_none_or(|sealed| sealed.start >= span.end) {
            return lossy(span.of(&self.bytes));
        }
        let mut text = String::new();
        let mut at = span.start;
        while at < span.end {
            let (is_shown, end) = self.shown(at, span.end, &[span]);
            text.push_str(&if is_shown { lossy(Span::new(at, end).of(&self.bytes)) } else { MASK.into() });
            at = end;
        }
        Cow::Owned(text)
    }
}

/// The bytes as text; what is not UTF-8 is replaced. It is what [`String::from_utf8_lossy`] gives, sooner where all of it is UTF-8.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// How many characters a reader counts in `bytes`: every byte that is not UTF-8 is one.
fn characters(bytes: &[u8]) -> u32 {
    let count = bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum();
    Span::at(0, count).end
}

/// All files of one run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes a file in and names it.
    pub fn add(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(Span::at(0, self.files.len() - 1).end)
    }

    /// The file of that name.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// The same, to mark its secrets.
    pub fn get_mut(&mut self, file: FileId) -> &mut Source {
        &mut self.files[file.0 as usize]
    }

    /// Tells every file where it stands in the repository; `locate` is given the path as shown.
    pub fn place_in_repository(&mut self, locate: impl Fn(&str) -> Option<String>) {
        for source in &mut self.files {
            source.in_repository = locate(&source.path);
        }
    }

    /// Every file with its name, in the order they were taken in.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(index, source)| (FileId(Span::at(0, index).end), source))
    }

    /// The bytes at a place.
    pub fn bytes(&self, place: Place) -> &[u8] {
        place.span.of(&self.get(place.file).bytes)
    }

    /// The text at a place; what is not UTF-8 is replaced.
    pub fn text(&self, place: Place) -> Cow<'_, str> {
        self.get(place.file).text(place.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_each_broken_byte_once() {
        let source = Source::new("f", None, b"a\n\xc3\xa9\xff\xfe x\r\nlast".to_vec());
        let column = |offset| source.position(offset);
        assert_eq!(column(0), Position { line: 1, column: 1 });
        assert_eq!(column(4), Position { line: 2, column: 2 }, "one character of two bytes");
        assert_eq!(column(6), Position { line: 2, column: 4 }, "two broken bytes");
        assert_eq!(source.text(source.line_span(3)), "last");
        assert_eq!(source.line_span(2).of(&source.bytes), b"\xc3\xa9\xff\xfe x");
        assert_eq!(column(999), Position { line: 3, column: 5 });
    }

    #[test]
    fn columns_of_a_long_line_are_those_counted_from_its_start() {
        let pieces: [&[u8]; 5] =
            [b"plain", "\u{e9}\u{1f980}".as_bytes(), b"\xff\x80\x80\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\xa6"];
        let line: Vec<u8> = (0..4000).flat_map(|n| pieces[n * n % 7 % 5]).copied().collect();
        let source = Source::new("f", None, [b"first\n".as_slice(), &line, b"\nlast"].concat());
        let boundary = |&at: &usize| line[at] & 0xC0 != 0x80;
        for at in (0..line.len()).step_by(97).filter(boundary) {
            let offset = Span::at(6 + at, 0).start;
            assert_eq!(source.position(offset), Position { line: 2, column: characters(&line[..at]) + 1 }, "byte {at}");
            for start in [0, offset.saturating_sub(3), offset, offset + 2] {
                let both = (source.position(start), source.position(offset));
                assert_eq!(source.positions(Span { start, end: offset }), both, "bytes {start} to {at}");
            }
        }
        assert_eq!(source.position(u32::MAX), Position { line: 3, column: 5 });
    }

    #[test]
    fn a_final_newline_starts_no_line() {
        for (text, lines) in [("", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n", 1), ("\n\n", 2)] {
            assert_eq!(Source::new("f", None, text.into()).line_count(), lines, "{text:?}");
        }
    }
}
