//! The text that envsubst makes of a template before nginx reads it.
//!
//! nginx's Docker image runs envsubst over every `*.template` and tells it which names are set: those it fills in, `$NAME`
//! and `${NAME}` alike, and everything else it leaves as it stands, so `$http_origin` stays nginx's own.

use std::collections::{BTreeMap, BTreeSet};

use crate::nginx::syntax::parts::{Part, parts};
use crate::nginx::syntax::tree::{Filled, Quoting, SyntaxError, Tree, Word, unescape};
use crate::source::{Place, Source};

/// The value of a name.
#[derive(Clone)]
pub struct TemplateVariable {
    /// Its value; `None` where it is not known.
    pub value: Option<Vec<u8>>,
    /// Where it is set; `None` for a stand-in, see [`add_stand_ins`].
    pub place: Option<Place>,
}

/// The names that are set where envsubst runs.
pub type TemplateVariables = BTreeMap<Vec<u8>, TemplateVariable>;

/// Returns whether envsubst runs over a file of this path.
pub fn is_template(source: &Source) -> bool {
    source.path.ends_with(".template")
}

/// The names that a template's words hold, in file order, as envsubst reads them: whether it fills them in depends on which are set.
pub fn names<'f>(tree: &Tree, file: &'f [u8]) -> BTreeSet<&'f [u8]> {
    let words = tree.words.iter().map(|word| word.inner().of(file));
    let parts = words.filter(|text| text.contains(&b'$')).flat_map(parts);
    parts.filter_map(|part| if let Part::Variable(name) = part { Some(name) } else { None }).collect()
}

/// How many bytes may be filled into one file. Values are short and names are few; past this, a small file would stand for
/// gigabytes.
const MAX_FILLED_BYTES: usize = 1024 * 1024;

/// Adds a host for each name that nothing sets and that is the host of an `add_header` value such as `https://${SITE}`. Whatever the host is, the
/// scheme is known, and so are the responses that have the header.
pub fn add_stand_ins(tree: &Tree, file: &[u8], variables: &mut TemplateVariables) {
    for directive in (0..).take(tree.directives.len()) {
        let [name, _, value, ..] = tree.words(directive) else { continue };
        if name.inner().of(file) != b"add_header" {
            continue;
        }
        let text = value.inner().of(file);
        let Some(host) = [&b"https://"[..], b"http://"].iter().find_map(|scheme| text.strip_prefix(*scheme)) else {
            continue;
        };
        if let [Part::Variable(name)] = &parts(host).collect::<Vec<_>>()[..] {
            let label = String::from_utf8_lossy(name).to_ascii_lowercase().replace('_', "-");
            let host = format!("{}.example", label.trim_matches('-'));
            let stand_in = TemplateVariable { value: Some(host.into_bytes()), place: None };
            variables.entry(name.to_vec()).or_insert(stand_in);
        }
    }
}

/// Fills the names that are set into the words of a template. A word whose text would fall apart, or is not known, is marked as
/// templated; so is all that comes after `MAX_FILLED_BYTES`, which is then one of the limits that cut the reading short.
pub fn substitute(tree: &mut Tree, file: &[u8], variables: &TemplateVariables) {
    let mut filled = BTreeMap::new();
    let mut left = MAX_FILLED_BYTES;
    let mut cut = None;
    for word in tree.words.iter_mut().filter(|word| word.inner().of(file).contains(&b'$')) {
        let Some((text, places)) = expand(*word, file, variables, &mut left) else { continue };
        match text.filter(|text| left > 0 && stays_one(*word, text)) {
            Some(text) => drop(filled.insert(word.span, (unescape(&text), places))),
            None => word.templated = true,
        }
        if left == 0 {
            cut.get_or_insert(word.span);
        }
    }
    tree.limits.extend(cut.map(|span| SyntaxError {
        span,
        message: format!(
            "more than {MAX_FILLED_BYTES} bytes would be filled in: from here on, names of the template are not known"
        ),
        help: None,
    }));
    tree.filled = Filled::new(filled);
}

/// The word with its names filled in, and where they are set; nothing where it has none of them. The text is `None` where a value
/// is not known, and where there are not so many bytes `left` to fill in.
fn expand(
    word: Word,
    file: &[u8],
    variables: &TemplateVariables,
    left: &mut usize,
) -> Option<(Option<Vec<u8>>, Vec<Place>)> {
    let raw = word.inner().of(file);
    let mut text = Some(Vec::with_capacity(raw.len()));
    let (mut places, mut is_filled) = (Vec::new(), false);
    let mut at = 0;
    for part in parts(raw) {
        let (length, variable) = match part {
            Part::Text(text) => (text.len(), None),
            Part::Variable(name) => {
                let braces = if raw.get(at + 1) == Some(&b'{') { 2 } else { 0 };
                (name.len() + 1 + braces, variables.get(name))
            }
        };
        let own = raw.get(at..at + length).unwrap_or(&[]);
        at += length;
        let value = match variable {
            Some(variable) => {
                // Whoever sets the name is told once a word, however often it stands there.
                places.extend(variable.place.filter(|place| places.last() != Some(place)));
                is_filled = true;
                let value = variable.value.as_deref();
                *left = left.saturating_sub(value.map_or(0, <[u8]>::len));
                value.filter(|_| *left > 0)
            }
            None => Some(own),
        };
        text = text.zip(value).map(|(mut text, value)| {
            text.extend_from_slice(value);
            text
        });
    }
    is_filled.then_some((text, places))
}

/// Returns whether nginx's lexer still reads one word where `text` stands.
fn stays_one(word: Word, text: &[u8]) -> bool {
    match word.quoting {
        Quoting::Bare => {
            // In `${name}` the braces are a part of the word (A8.4).
            let braces = |byte: u8| parts(text).any(|part| matches!(part, Part::Text(text) if text.contains(&byte)));
            let breaks = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b';' | b'"' | b'\'');
            !text.is_empty() && !text.starts_with(b"#") && !text.iter().any(breaks) && !braces(b'{') && !braces(b'}')
        }
        Quoting::Single => !text.contains(&b'\''),
        Quoting::Double => !text.contains(&b'"'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::syntax::grammar::parse;
    use crate::source::FileId;
    use crate::source::Span;

    /// The parameters of one directive after envsubst; `?` for one that is not known.
    #[track_caller]
    fn check(directive: &str, expected: &[&str]) {
        let file = format!("{directive};");
        let mut tree = parse(file.as_bytes());
        let place = Place { file: FileId(7), span: Span::new(0, 1) };
        let set = |name: &str, value: Option<&str>| {
            let value = value.map(|value| value.as_bytes().to_vec());
            (name.as_bytes().to_vec(), TemplateVariable { value, place: Some(place) })
        };
        let known = [("ORIGIN", Some("https://a")), ("LIST", Some("a b")), ("EMPTY", Some("")), ("OPEN", None)];
        let mut variables: TemplateVariables = known.into_iter().map(|(name, value)| set(name, value)).collect();
        variables.extend([set("QUOTE", Some("a\"b")), set("INNER", Some("$http_origin"))]);
        substitute(&mut tree, file.as_bytes(), &variables);
        let shown = |word: &Word| match tree.filled.text(word.span) {
            _ if word.templated => "?".to_owned(),
            text => String::from_utf8_lossy(text.unwrap_or(word.inner().of(file.as_bytes()))).into_owned(),
        };
        let found: Vec<String> = tree.words.iter().skip(1).map(shown).collect();
        assert_eq!(found, expected, "{directive}");
    }

    #[test]
    fn only_names_that_are_set_are_filled_in() {
        check("a ${ORIGIN} $ORIGIN \"${ORIGIN}:$server_port\"", &["https://a", "https://a", "https://a:$server_port"]);
        check("a $http_origin ${origin} ${OTHER} $ORIGINS", &["$http_origin", "${origin}", "${OTHER}", "$ORIGINS"]);
        check("a ${INNER}", &["$http_origin"]);
    }

    #[test]
    fn what_would_fall_apart_is_not_known() {
        check(
            "a ${LIST} \"${LIST}\" '${QUOTE}' \"${QUOTE}\" ${EMPTY} \"${EMPTY}\"",
            &["?", "a b", "a\"b", "?", "?", ""],
        );
        check("a ${OPEN} \"x${OPEN}\"", &["?", "?"]);
    }

    #[test]
    fn a_place_leads_to_what_is_filled_in_there() {
        let file = b"a ${A} b ${B};";
        let mut tree = parse(file);
        let place = |start| Place { file: FileId(1), span: Span::new(start, start + 1) };
        let set = |name: &[u8], start| {
            (name.to_vec(), TemplateVariable { value: Some(b"x".to_vec()), place: Some(place(start)) })
        };
        substitute(&mut tree, file, &[set(b"A", 10), set(b"B", 20)].into_iter().collect());
        assert_eq!(tree.filled.places(Span::new(0, 14)), [place(10), place(20)]);
        assert_eq!(tree.filled.places(Span::new(7, 14)), [place(20)]);
        assert_eq!(tree.filled.places(Span::new(7, 8)), []);
    }
}
