//! Template tags in a configuration that a program completes before nginx reads it: Jinja (Ansible), Go templates
//! (consul-template, docker-gen, Dokku, ingress controllers) and ERB (Puppet, Chef).
//!
//! A tag is masked with its length kept, so that every offset stays true: a tag that prints something becomes a run of
//! letters, which lexes as a part of a word; one that only steers the template becomes blanks.
//!
//! `${NAME}`, which envsubst fills in, needs no mask: nginx's lexer reads it as a part of a word (A8.4).

use std::borrow::Cow;

use memchr::memmem;

use crate::source::Span;

/// The mask of a printing tag: a byte that means nothing to the lexer.
const LETTER: u8 = b'_';

/// The words that begin a Go or Handlebars tag which prints nothing by itself.
const STEERING: [&[u8]; 10] =
    [b"if", b"else", b"end", b"range", b"with", b"define", b"block", b"template", b"break", b"continue"];

/// Returns whether a file may hold a tag at all; a quick look that says yes too often.
pub fn may_hold_tags(file: &[u8]) -> bool {
    [b"{{", b"{%", b"{#", b"<%"].iter().any(|opening| memmem::find(file, *opening).is_some())
}

/// The file with its template tags masked, byte for byte as long as before, and the tags. A tag that prints is one run
/// of letters even where it spans lines; in others the line ends stay, since a comment may stand before them.
///
/// An opening without its closing is left as it stands. A file of plain nginx can hold what looks like a tag
/// (`location / {# all of it #}`), so the caller has to compare both readings.
pub fn mask(file: &[u8]) -> (Cow<'_, [u8]>, Vec<Span>) {
    let mut finder = Finder::new(file);
    let mut masked: Vec<u8> = Vec::new();
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'{', b'<', file.get(at..).unwrap_or(&[])) {
        let start = at + found;
        let Some(tag) = finder.tag(start) else {
            at = start + 1;
            continue;
        };
        // What stands between the last tag and this one is taken over as it is.
        masked.extend_from_slice(file.get(masked.len()..start).unwrap_or(&[]));
        // A steering tag in the middle of a word (`a{% if b %}c`) must not cut it in two.
        let joins = masked.last().is_some_and(|&byte| is_word_byte(byte))
            && file.get(tag.end).is_some_and(|&byte| is_word_byte(byte) && byte != b'<');
        let filler = if tag.prints || joins { LETTER } else { b' ' };
        let inside = file.get(start..tag.end).unwrap_or(&[]);
        masked.extend(inside.iter().map(|&byte| if filler == b' ' && byte == b'\n' { byte } else { filler }));
        tags.push(Span::at(start, tag.end));
        at = tag.end;
    }
    if tags.is_empty() {
        return (Cow::Borrowed(file), tags);
    }
    masked.extend_from_slice(file.get(masked.len()..).unwrap_or(&[]));
    (Cow::Owned(masked), tags)
}

/// Returns whether a byte beside a tag belongs to the same word as what the tag prints.
fn is_word_byte(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !matches!(byte, b';' | b'{' | b'}' | b'"' | b'\'' | b'#')
}

/// A tag that was found.
struct Tag {
    end: usize,
    prints: bool,
}

/// Finds the tag at an offset; remembers where each closing stands next, so that all searches together are linear.
struct Finder<'f> {
    file: &'f [u8],
    closings: [(&'static [u8], usize); 5],
}

impl<'f> Finder<'f> {
    fn new(file: &'f [u8]) -> Self {
        Finder { file, closings: [(b"}}", 0), (b"%}", 0), (b"#}", 0), (b"%>", 0), (b"*/", 0)] }
    }

    /// The tag that opens at `start`, if one does and is closed.
    fn tag(&mut self, start: usize) -> Option<Tag> {
        let file = self.file;
        let opened = file.get(start..)?;
        let variable = start.checked_sub(1).and_then(|before| file.get(before)) == Some(&b'$');
        match opened {
            // `${#` is a part of a word, and `{#}` a block with a comment.
            [b'{', b'%' | b'#', ..] if variable => None,
            [b'{', b'#', b'}', ..] => None,
            [b'{', b'{', ..] => self.braces(start),
            [b'{', b'%', ..] => self.until(b"%}", start).map(|end| Tag { end, prints: false }),
            [b'{', b'#', ..] => self.until(b"#}", start).map(|end| Tag { end, prints: false }),
            [b'<', b'%', b'%', ..] => None,
            [b'<', b'%', kind, ..] => self.until(b"%>", start).map(|end| Tag { end, prints: *kind == b'=' }),
            _ => None,
        }
    }

    /// `{{ … }}`
    fn braces(&mut self, start: usize) -> Option<Tag> {
        let file = self.file;
        let opened = file.get(start + 2..)?;
        let trimmed = opened.strip_prefix(b"-").or_else(|| opened.strip_prefix(b"~")).unwrap_or(opened);
        if trimmed.trim_ascii_start().starts_with(b"/*") {
            return self.comment(start);
        }
        let end = self.until(b"}}", start)?;
        let inside = file.get(start + 2..end - 2)?;
        // An empty tag is no tag in any language, and none uses `;` but in quotes. Where there are quotes, too, only a
        // line that ends in `;` is surely nginx again.
        let quotes = memchr::memchr3(b'"', b'\'', b'`', inside).is_some();
        let statement = match quotes {
            false => memchr::memchr(b';', inside).is_some(),
            true => memmem::find(inside, b";\n").is_some() || memmem::find(inside, b";\r").is_some(),
        };
        let count = |brace| memchr::memchr_iter(brace, inside).count();
        if statement || inside.trim_ascii().is_empty() || count(b'{') != count(b'}') {
            return None;
        }
        Some(Tag { end, prints: prints(inside) })
    }

    /// Go's `{{/* … */}}`, in which anything may stand.
    fn comment(&mut self, start: usize) -> Option<Tag> {
        let comment_end = self.next(b"*/", start)? + 2;
        let after = self.file.get(comment_end..)?;
        let blanks = after.len() - after.trim_ascii_start().len();
        let after = after.get(blanks..)?;
        let dash = usize::from(after.first() == Some(&b'-'));
        let end = comment_end + blanks + dash + 2;
        after.get(dash..)?.starts_with(b"}}").then_some(Tag { end, prints: false })
    }

    /// One past the closing of the tag that opens at `start`; `None` without one, or where another such tag opens
    /// first.
    fn until(&mut self, closing: &'static [u8], start: usize) -> Option<usize> {
        let end = self.next(closing, start + 2)?;
        let inside = self.file.get(start + 2..end)?;
        let opening = self.file.get(start..start + 2)?;
        memmem::find(inside, opening).is_none().then_some(end + closing.len())
    }

    /// The next `needle` at or after `from`.
    fn next(&mut self, needle: &'static [u8], from: usize) -> Option<usize> {
        let file = self.file;
        let (_, known) = self.closings.iter_mut().find(|(closing, _)| *closing == needle)?;
        let stale = *known < from || file.get(*known..).is_some_and(|rest| !rest.starts_with(needle));
        if stale && *known < file.len() {
            let rest = file.get(from..).unwrap_or(&[]);
            *known = memmem::find(rest, needle).map_or(file.len(), |at| from + at);
        }
        (*known < file.len()).then_some(*known)
    }
}

/// Returns whether a `{{ … }}` with this inside prints something.
fn prints(inside: &[u8]) -> bool {
    let inside = inside.strip_prefix(b"-").or_else(|| inside.strip_prefix(b"~")).unwrap_or(inside).trim_ascii_start();
    let word = inside.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').next().unwrap_or(&[]);
    let assigns = inside.starts_with(b"$") && {
        let name =
            inside.iter().position(|byte| matches!(byte, b':' | b'=' | b'|' | b'(' | b'"')).unwrap_or(inside.len());
        matches!(inside.get(name..), Some([b':', b'=', ..] | [b'=', b' ', ..]))
    };
    let handlebars = matches!(inside.first(), Some(b'#' | b'/' | b'!' | b'^'));
    !assigns && !handlebars && !STEERING.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, expected: &str) {
        let (masked, tags) = mask(file.as_bytes());
        assert_eq!(String::from_utf8_lossy(&masked), expected, "{file:?}");
        assert_eq!(tags.is_empty(), file == expected, "{file:?}");
    }

    #[test]
    fn tags_that_print_become_letters_and_others_blanks() {
        check("a {{ b }};", "a _______;");
        check("a {{- b -}};", "a _________;");
        check("a <%= b %>;", "a ________;");
        check("{% if a %}\nb;", "          \nb;");
        check("{% if a\n %}b;", "       \n   b;");
        check("{{ a\n}}b;", "_______b;");
        check("{{ if a }}b{{ else }}c{{ end }};", "          b__________c         ;");
        check("{{ $a := 1 }}b;", "             b;");
        check("{{ $a }} b;", "________ b;");
        check("{{ ifconfig }} b;", "______________ b;");
        check("{{/* }} */}}b;{{#if a}}c;{{/if}}", "            b;         c;       ");
        check("{# a; } #}b;<%# c; %>", "          b;         ");
        check("a{% if b %}c d{% end %};", "a__________c d         ;");
    }

    #[test]
    fn plain_nginx_is_left_alone() {
        for file in [
            "",
            "a ${b};",
            "a {{ b;",
            "a {% b;",
            "{#}\nb;\n#}",
            "a ${{ }};",
            "a ${#b#};",
            "<%% a %>",
            "{{ a; }}",
            "{{a{}}",
        ] {
            check(file, file);
        }
        check("{{ 'a' \n b;\n }}", "{{ 'a' \n b;\n }}");
        check("{{ {{ a }}", "{{ _______");
    }
}
