//! The lines of a file as a screen may show them: secrets masked, nothing a terminal obeys, long lines clipped
//! around their labels. What a finding shows costs the same in a file of any size.

use std::collections::BTreeSet;

use super::Screen;
use super::text::{brief, escape, is_hidden, visible};
use crate::finding::{Finding, Label};
use crate::source::{FileId, MASK, Source, Sources, Span};

/// How many places a finding shows; the others are only counted.
const MOST_LABELS: usize = 8;
/// How many lines of a label are shown; it is cut behind them.
const MOST_LABEL_LINES: u32 = 4;
/// How many lines without a label may stand between two that are shown together.
const GAP_LINES: u32 = 2;
/// How many lines are shown together.
const MOST_LINES: u32 = 16;
/// Columns from one tab stop to the next.
const TAB_COLUMNS: usize = 4;

/// Lines of one file that stand together, and what stands in them.
pub(super) struct Snippet {
    /// The path of its file, made visible.
    pub(super) path: String,
    /// Path, line and column of its first fault, made visible.
    pub(super) name: String,
    /// The number of its first line, from 1.
    pub(super) first_line: u32,
    /// Its lines; each ends in a newline.
    pub(super) text: String,
    /// How many lines that are.
    pub(super) lines: usize,
    /// The labels in it.
    pub(super) marks: Vec<Mark>,
}

/// A label where it is shown.
pub(super) struct Mark {
    /// Byte offset in the snippet's text.
    pub(super) offset: usize,
    /// Length in bytes.
    pub(super) length: usize,
    /// The text, made visible.
    pub(super) text: String,
    /// True if it is the fault itself.
    pub(super) primary: bool,
}

/// A label in its file, cut to what can be shown.
struct SnippetSpot {
    file: FileId,
    span: Span,
    first_line: u32,
    last_line: u32,
    text: String,
    primary: bool,
}

/// The snippets of a finding: first the one with the fault, then the others of its file, then other files.
pub(super) fn snippets(sources: &Sources, finding: &Finding, screen: Screen) -> Vec<Snippet> {
    let spots = spots(sources, finding);
    let mut files: Vec<FileId> = Vec::new();
    for spot in &spots {
        if !files.contains(&spot.file) {
            files.push(spot.file);
        }
    }
    let mut snippets = Vec::new();
    for file in files {
        let mut own: Vec<&SnippetSpot> = spots.iter().filter(|spot| spot.file == file).collect();
        own.sort_by_key(|spot| (spot.span, !spot.primary));
        let source = sources.get(file);
        let labelled: Vec<Span> = own.iter().map(|spot| spot.span).collect();
        for group in groups(&own, screen) {
            snippets.push(draw(source, group, &labelled, screen));
        }
    }
    snippets.sort_by_key(|snippet| !snippet.marks.iter().any(|mark| mark.primary));
    snippets
}

/// Every place of the finding once, no more than can be shown, inside its file.
fn spots(sources: &Sources, finding: &Finding) -> Vec<SnippetSpot> {
    let mut seen = BTreeSet::new();
    let labels = std::iter::once(&finding.primary).chain(&finding.related);
    let mut labels: Vec<&Label> = labels.filter(|label| seen.insert((label.place, &*label.text))).collect();
    let more = labels.len().saturating_sub(MOST_LABELS);
    labels.truncate(MOST_LABELS);
    let last = labels.len() - 1;
    let spot = |(index, label): (usize, &&Label)| {
        let source = sources.get(label.place.file);
        let mut text = brief(&label.text).into_owned();
        let size = Span::at(0, source.bytes.len()).end;
        let span = Span::new(label.place.span.start.min(size), label.place.span.end.min(size));
        let first_line = source.line_of(span.start);
        // The last byte decides: a span that ends with a newline does not reach into the next line.
        let last_line = source.line_of(span.end.max(span.start + 1) - 1);
        let shown_line = last_line.min(first_line + MOST_LABEL_LINES - 1);
        if shown_line < last_line {
            text.push_str(&format!(" (as far as line {last_line})"));
        }
        if index == last && more > 0 {
            text.push_str(&format!(" (and {more} more {})", if more == 1 { "place" } else { "places" }));
        }
        let end = span.end.min(source.line_span(shown_line).end);
        SnippetSpot {
            file: label.place.file,
            span: Span::new(span.start, end),
            first_line,
            last_line: shown_line,
            text: text.trim_start().to_owned(),
            primary: index == 0,
        }
    };
    labels.iter().enumerate().map(spot).collect()
}

/// Splits the spots of one file, in order, where they stand too far apart to be shown together.
fn groups<'a, 'b>(spots: &'b [&'a SnippetSpot], screen: Screen) -> Vec<&'b [&'a SnippetSpot]> {
    let mut groups = Vec::new();
    let mut from = 0;
    for (index, spot) in spots.iter().enumerate() {
        let group = spots.get(from..index).unwrap_or_default();
        let Some(first) = group.first() else { continue };
        let last_line = group.iter().map(|other| other.last_line).max().unwrap_or(first.last_line);
        let near = spot.first_line <= last_line + GAP_LINES + 1 && spot.last_line < first.first_line + MOST_LINES;
        let on_its_line = group.iter().find(|other| other.first_line == spot.first_line);
        let fits = on_its_line.is_none_or(|other| (spot.span.end - other.span.start) as usize <= columns(screen) / 2);
        if !(near && fits) {
            groups.push(group);
            from = index;
        }
    }
    groups.push(spots.get(from..).unwrap_or_default());
    groups
}

/// How many columns a line may take: the frame, the line number and the arrows of long labels need the rest.
fn columns(screen: Screen) -> usize {
    screen.width.saturating_sub(12).max(24)
}

/// Draws the lines of a group.
fn draw(source: &Source, group: &[&SnippetSpot], labelled: &[Span], screen: Screen) -> Snippet {
    let first_line = group.iter().map(|spot| spot.first_line).min().unwrap_or(1);
    let last_line = group.iter().map(|spot| spot.last_line).max().unwrap_or(first_line);
    // An empty line, as at the end of a file, says more with the one before it.
    let first_line =
        if source.line_span(first_line).is_empty() { first_line.saturating_sub(1).max(1) } else { first_line };
    let mut text = String::new();
    let mut lines = Vec::new();
    for line in first_line..=last_line {
        let span = source.line_span(line);
        let anchor = group.iter().find(|spot| spot.first_line == line).map_or(span.start, |spot| spot.span.start);
        let drawn = Line::draw(source, span, anchor, labelled, screen);
        lines.push((span, text.len(), drawn.cells));
        text.push_str(&drawn.text);
        text.push('\n');
    }
    let marks = group.iter().map(|spot| {
        let offset = locate(&lines, spot.span.start, spot.first_line - first_line, false);
        let end = locate(&lines, spot.span.end, spot.last_line - first_line, true);
        let length = if spot.span.is_empty() { 0 } else { end.saturating_sub(offset) };
        Mark { offset, length, text: spot.text.clone(), primary: spot.primary }
    });
    let marks: Vec<Mark> = marks.collect();
    let named = group.iter().find(|spot| spot.primary).or(group.first());
    let at = source.position(named.map_or(0, |spot| spot.span.start));
    let path = visible(&source.path).into_owned();
    let name = format!("{path}:{}:{}", at.line, at.column);
    Snippet { path, name, first_line, text, lines: lines.len(), marks }
}

/// Where a byte of the file stands in the text of the snippet: the start of what is shown for it, or, of the
/// end of a label, the end of what is shown before it. `index` is the line's among those drawn.
fn locate(lines: &[(Span, usize, Vec<Cell>)], byte: u32, index: u32, is_end: bool) -> usize {
    let Some((_, start, cells)) = lines.get(index as usize) else { return 0 };
    let first = cells.first().map_or(0, |cell| cell.text.start);
    let past = cells.last().map_or(0, |cell| cell.text.end);
    let cell = if is_end {
        cells.iter().rev().find(|cell| cell.bytes.start < byte).map_or(first, |cell| cell.text.end)
    } else {
        cells.iter().find(|cell| cell.bytes.end > byte).map_or(past, |cell| cell.text.start)
    };
    start + cell
}

/// The display of some bytes of the file: a character, an escape, a mask.
struct Cell {
    bytes: Span,
    text: std::ops::Range<usize>,
    columns: usize,
}

/// A line as it is shown.
struct Line {
    text: String,
    cells: Vec<Cell>,
}

impl Line {
    /// Draws the part of a line around `anchor` that fits the screen. The bytes looked at are bounded by the
    /// screen, not by the line.
    fn draw(source: &Source, line: Span, anchor: u32, labelled: &[Span], screen: Screen) -> Line {
        // A character takes at most four bytes, and is counted as at least one column.
        let reach = Span::at(columns(screen) * 4, 0).start;
        let anchor = anchor.clamp(line.start, line.end);
        let from = on_character(source, anchor.saturating_sub(reach).max(line.start));
        let window = Span::new(from, line.end.min(anchor + reach));
        let mut drawn = Line { text: String::new(), cells: Vec::new() };
        let mut at = window.start;
        while at < window.end {
            let (is_shown, end) = source.shown(at, window.end, labelled);
            if !is_shown {
                let mask = if screen.unicode { MASK } else { "***" };
                drawn.push(Span::new(at, end), mask, mask.chars().count());
            } else {
                drawn.push_text(source, Span::new(at, end), screen);
            }
            at = end;
        }
        drawn.clip(window != line, line, anchor, screen)
    }

    fn push(&mut self, bytes: Span, shown: &str, columns: usize) {
        let start = self.text.len();
        self.text.push_str(shown);
        self.cells.push(Cell { bytes, text: start..self.text.len(), columns });
    }

    /// Adds every character of `span`, and every byte that is none, as a cell of its own.
    fn push_text(&mut self, source: &Source, span: Span, screen: Screen) {
        let mut at = span.start;
        let mut shown = String::new();
        for chunk in span.of(&source.bytes).utf8_chunks() {
            for c in chunk.valid().chars() {
                let bytes = Span::at(at as usize, at as usize + c.len_utf8());
                at = bytes.end;
                shown.clear();
                if c == '\t' {
                    let column: usize = self.cells.iter().map(|cell| cell.columns).sum();
                    shown.push_str(&" ".repeat(TAB_COLUMNS - column % TAB_COLUMNS));
                } else if is_hidden(c) {
                    escape(c, &mut shown);
                } else {
                    shown.push(c);
                }
                let columns = if shown.len() == c.len_utf8() && c >= '\u{1100}' { 2 } else { shown.chars().count() };
                self.push(bytes, &shown, columns);
            }
            for _ in chunk.invalid() {
                self.push(Span::new(at, at + 1), if screen.unicode { "\u{fffd}" } else { "?" }, 1);
                at += 1;
            }
        }
    }

    /// Keeps what fits: a quarter of the room before the anchor, the rest behind it, an ellipsis where it is cut.
    fn clip(self, is_part: bool, line: Span, anchor: u32, screen: Screen) -> Line {
        let room = columns(screen);
        if !is_part && self.cells.iter().map(|cell| cell.columns).sum::<usize>() <= room {
            return self;
        }
        let ellipsis = if screen.unicode { "…" } else { "..." };
        let room = room - 2 * ellipsis.chars().count();
        let at = self.cells.iter().position(|cell| cell.bytes.end > anchor).unwrap_or(self.cells.len());
        let before = self.cells.get(..at).unwrap_or_default();
        let behind = self.cells.get(at..).unwrap_or_default();
        let ahead = fitting(before.iter().rev(), room / 4);
        let taken = |cells: &[Cell]| cells.iter().map(|cell| cell.columns).sum::<usize>();
        let back = fitting(behind.iter(), room - taken(before.get(at - ahead..).unwrap_or_default()));
        // Where the line ends early there is more room before the anchor.
        let ahead = fitting(before.iter().rev(), room - taken(behind.get(..back).unwrap_or_default()));
        let kept = self.cells.get(at - ahead..at + back).unwrap_or_default();
        let mut clipped = Line { text: String::new(), cells: Vec::new() };
        if kept.first().is_none_or(|cell| cell.bytes.start > line.start) {
            clipped.text.push_str(ellipsis);
        }
        for cell in kept {
            clipped.push(cell.bytes, self.text.get(cell.text.clone()).unwrap_or_default(), cell.columns);
        }
        if kept.last().is_none_or(|cell| cell.bytes.end < line.end) {
            clipped.text.push_str(ellipsis);
        }
        clipped
    }
}

/// How many of the cells fit into `room` columns.
fn fitting<'a>(cells: impl Iterator<Item = &'a Cell>, room: usize) -> usize {
    let mut taken = 0;
    let fits = |cell: &&Cell| {
        taken += cell.columns;
        taken <= room
    };
    cells.take_while(fits).count()
}

/// The first byte at or after `at`, at most three further, that does not continue a character.
fn on_character(source: &Source, at: u32) -> u32 {
    let rest = source.bytes.get(at as usize..).unwrap_or_default();
    at + Span::at(0, rest.iter().take(3).take_while(|&&byte| byte & 0xC0 == 0x80).count()).end
}
