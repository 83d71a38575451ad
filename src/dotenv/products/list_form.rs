//! The form of a list, compared with how the product that reads it splits lists.

use std::ops::Range;

use crate::dotenv::products::keys::{self, Certainty, Key, Looks, Meaning, Patterns, Separator, YesNo};
use crate::dotenv::products::list::ListEntry;
use crate::dotenv::products::setting::Setting;
use crate::dotenv::syntax::tree::EnvQuoting;
use crate::source::{Place, lossy};

/// The reading of a list by the product of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListForm {
    /// It is taken apart as it is meant, or there is nothing to take apart.
    Fits,
    /// The product splits at something else.
    Separator,
    /// The product takes no list and uses the value as it stands.
    Single,
    /// It cannot be told.
    Unknown,
}

/// How sure it is that something is wrong in every product that may be meant; `None` where it is right in one of them, or
/// where none is known. `wrong` answers for one row. Rows that were not checked are not asked, and one that leaves it
/// open takes the certainty down to [`Certainty::Usage`].
pub fn certainty(keys: &[Key], wrong: impl Fn(&Key) -> YesNo) -> Option<Certainty> {
    let mut best = None;
    let mut open = false;
    for key in keys.iter().filter(|key| key.certainty > Certainty::Unverified) {
        match wrong(key) {
            YesNo::No => return None,
            YesNo::Yes => best = best.max(Some(key.certainty)),
            YesNo::Unknown => open = true,
        }
    }
    if open { best.min(Some(Certainty::Usage)) } else { best }
}

/// The product that reads the key, where there is only one that may be meant and it has a name.
pub fn product(keys: &[Key]) -> Option<&'static str> {
    let first = keys.first()?.product;
    let is_name = keys::product(first).is_none_or(|product| !product.is_habit);
    (is_name && keys.iter().all(|key| key.product == first)).then_some(first)
}

/// Returns whether the text looks like an origin or a host, and not like a word, a number or a path.
pub fn is_address(text: &str) -> bool {
    if text == "*" || memchr::memmem::find(text.as_bytes(), b"://").is_some() {
        return true;
    }
    let name = text.split([':', '/']).next().unwrap_or_default();
    name == "localhost" || name.trim_matches('.').contains('.')
}

/// See [`Setting::written`].
fn written(bytes: &[u8]) -> Vec<ListEntry> {
    let trimmed = bytes.trim_ascii();
    let start = bytes.len() - bytes.trim_ascii_start().len();
    // The brackets of an IPv6 address are not those of a JSON list.
    let is_list = trimmed.starts_with(b"[") && trimmed.ends_with(b"]");
    let inside =
        if is_list { start + 1..start + trimmed.len().saturating_sub(1) } else { start..start + trimmed.len() };
    let mut entries = Vec::new();
    let mut at = inside.start;
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || b",;|\"'".contains(byte);
    for piece in bytes.get(inside).unwrap_or(&[]).split(is_between) {
        if !piece.is_empty() {
            if !is_address(&lossy(piece)) {
                return Vec::new();
            }
            entries.push(ListEntry { range: at..at + piece.len(), padded: false });
        }
        at += piece.len() + 1;
    }
    entries
}

/// Returns what a value looks like whose key is no product's: there has to be an http origin in it, and nothing but origins and hosts.
pub fn looks(value: &[u8]) -> Looks {
    let entries = written(value);
    let is_origin = |entry: &ListEntry| {
        let text = value.get(entry.range.clone()).unwrap_or(&[]);
        let authority = text.strip_prefix(b"https://").or_else(|| text.strip_prefix(b"http://"));
        let authority = authority.map(|rest| rest.strip_suffix(b"/").unwrap_or(rest));
        authority.is_some_and(|rest| !rest.is_empty() && !rest.iter().any(|byte| b"/?#@".contains(byte)))
    };
    match entries.len() {
        _ if !entries.iter().any(is_origin) => Looks::Unlike,
        1 => Looks::Origin,
        _ => Looks::Origins,
    }
}

impl Setting {
    /// The origins or hosts in the value, whatever stands between them; nothing where there is anything else in it, too.
    pub fn written(&self) -> Vec<ListEntry> {
        self.value.as_ref().map_or(Vec::new(), |value| written(value.bytes()))
    }

    /// Returns whether the value is a JSON list of texts.
    pub fn is_json_list(&self) -> bool {
        let bytes = self.value.as_ref().map_or(&[][..], |value| value.bytes()).trim_ascii();
        let entries = self.entries(Separator::Json);
        bytes.starts_with(b"[") && bytes.ends_with(b"]") && !entries.is_empty() && entries.len() == self.written().len()
    }

    /// Returns what the product of a row makes of the value.
    pub fn form(&self, key: &Key) -> ListForm {
        let bytes = self.value.as_ref().map_or(&[][..], |value| value.bytes());
        let holds_list = key.meaning.holds_origins() || key.meaning == Meaning::Hosts;
        let is_pattern = key.patterns != Patterns::None && bytes.iter().any(|byte| b"\\^$(){}+".contains(byte))
            || matches!(key.patterns, Patterns::Slashed | Patterns::WholeSlashed)
                && bytes.trim_ascii_start().starts_with(b"/");
        let written = self.written();
        if !holds_list || is_pattern || written.is_empty() {
            return ListForm::Fits;
        }
        let is_quoted = bytes.iter().any(|byte| b"\"'".contains(byte)) || bytes.trim_ascii_start().starts_with(b"[\"");
        match key.separator {
            Separator::Unknown => ListForm::Unknown,
            Separator::None if written.len() > 1 => ListForm::Single,
            Separator::None => ListForm::Fits,
            Separator::Indexed if written.len() > 1 => ListForm::Separator,
            Separator::Indexed => ListForm::Fits,
            Separator::Json => {
                if bytes.trim_ascii_start().starts_with(b"[") && self.splits_into(key.separator, &written) {
                    ListForm::Fits
                } else {
                    ListForm::Separator
                }
            }
            Separator::QuotedList if !is_quoted => ListForm::Separator,
            separator if self.splits_into(separator, &written) => ListForm::Fits,
            _ => ListForm::Separator,
        }
    }

    /// Returns whether a product that uses `separator` finds exactly these entries.
    fn splits_into(&self, separator: Separator, written: &[ListEntry]) -> bool {
        let entries = self.entries(separator);
        entries.len() == written.len()
            && entries.iter().zip(written).all(|(entry, written)| entry.range == written.range)
    }

    /// The blanks around the entries of the list as `separator` splits it, each run of them once.
    pub fn blanks(&self, separator: Separator) -> Vec<Place> {
        let Some(value) = &self.value else { return Vec::new() };
        let bytes = value.bytes();
        let is_blank = |at: &usize| bytes.get(*at).is_some_and(u8::is_ascii_whitespace);
        let mut blanks = Vec::new();
        for ListEntry { range, .. } in self.entries(separator).iter().filter(|entry| entry.padded) {
            let start = (0..range.start).rev().take_while(is_blank).last().unwrap_or(range.start);
            let end = (range.end..bytes.len()).take_while(is_blank).last().map_or(range.end, |last| last + 1);
            for run in [start..range.start, range.end..end] {
                let span = value.span(run.clone());
                // What a variable brings in stands elsewhere.
                if !run.is_empty() && span.len() as usize == run.len() {
                    blanks.push(Place { file: self.value_place.file, span });
                }
            }
        }
        blanks
    }

    /// Returns what stands between the entries of the list where a product that splits at `separator` wants its sign, and that sign; nothing
    /// where more would have to be rewritten, such as quotes.
    pub fn between(&self, separator: Separator) -> Option<(Vec<Place>, &'static str)> {
        let sign = match separator {
            Separator::Comma | Separator::CommaOrJson | Separator::CommaOrSpace | Separator::CommaOrIndexed => ",",
            Separator::Space if self.quoting != EnvQuoting::Bare => " ",
            Separator::Semicolon if self.quoting != EnvQuoting::Bare => ";",
            _ => return None,
        };
        let value = self.value.as_ref()?;
        let written = self.written();
        let around = [0..written.first()?.range.start, written.last()?.range.end..value.bytes().len()];
        let holds_only = |range: &Range<usize>, signs: &[u8]| {
            value.bytes().get(range.clone()).is_some_and(|bytes| bytes.iter().all(|byte| signs.contains(byte)))
        };
        if !around.iter().all(|range| holds_only(range, b" \t")) {
            return None;
        }
        let gaps = written.iter().zip(written.iter().skip(1)).map(|(left, right)| left.range.end..right.range.start);
        let places = gaps.map(|gap| {
            let span = value.span(gap.clone());
            // What a variable brings in stands elsewhere.
            let is_here = span.len() as usize == gap.len() && holds_only(&gap, b" \t,;|");
            is_here.then_some(Place { file: self.value_place.file, span })
        });
        let places: Vec<Place> = places.collect::<Option<_>>()?;
        (!places.is_empty()).then_some((places, sign))
    }

    /// The entries with commas and nothing else between them, where commas separate them already and all the products that may be meant take
    /// such a list apart.
    pub fn plain_list(&self) -> Option<String> {
        let takes_commas = |row: &Key| {
            use Separator::{Comma, CommaOrBrackets, CommaOrIndexed, CommaOrJson, CommaOrSpace};
            matches!(row.separator, Comma | CommaOrBrackets | CommaOrIndexed | CommaOrJson | CommaOrSpace)
        };
        let entries: Vec<String> = self.written().iter().map(|entry| self.text_of(entry)).collect();
        let mut known = self.keys.iter().filter(|row| row.certainty > Certainty::Unverified);
        let has_commas = entries.len() < 2 || self.value.as_ref().is_some_and(|value| value.bytes().contains(&b','));
        (has_commas && !entries.is_empty() && known.all(takes_commas)).then(|| entries.join(","))
    }

    /// The value with its entries written as a product that uses `separator` wants them, quoted where loaders need it.
    /// Nothing where a single value is wanted.
    pub fn rewritten(&self, separator: Separator) -> Option<String> {
        let entries: Vec<String> = self.written().iter().map(|entry| self.text_of(entry)).collect();
        let quoted = || entries.iter().map(|entry| format!("\"{entry}\"")).collect::<Vec<_>>().join(",");
        let name = &self.name;
        match separator {
            Separator::None | Separator::Unknown => None,
            Separator::Comma
            | Separator::CommaOrBrackets
            | Separator::CommaOrJson
            | Separator::CommaOrSpace
            | Separator::CommaOrIndexed => Some(format!("{name}={}", entries.join(","))),
            Separator::Space => Some(format!("{name}=\"{}\"", entries.join(" "))),
            Separator::Semicolon => Some(format!("{name}='{}'", entries.join(";"))),
            Separator::Json => Some(format!("{name}='[{}]'", quoted())),
            Separator::QuotedList => Some(format!("{name}='{}'", quoted())),
            Separator::Indexed => {
                let list = name.trim_end_matches(|byte: char| byte.is_ascii_digit());
                let lines = entries.iter().enumerate().map(|(index, entry)| format!("{list}{index}={entry}"));
                Some(lines.collect::<Vec<_>>().join(" and "))
            }
        }
    }
}

/// How a separator is called.
pub fn separator_name(separator: Separator) -> &'static str {
    match separator {
        Separator::None => "nothing",
        Separator::Comma => "commas",
        Separator::Space => "blanks",
        Separator::Semicolon => "semicolons",
        Separator::Json => "a JSON list",
        Separator::CommaOrJson => "commas or a JSON list",
        Separator::CommaOrBrackets => "commas, or those in brackets",
        Separator::CommaOrSpace => "commas or blanks",
        Separator::QuotedList => "quoted entries with commas",
        Separator::Indexed => "one key an entry",
        Separator::CommaOrIndexed => "commas, or one key an entry",
        Separator::Unknown => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotenv::products::app::read;
    use crate::dotenv::syntax::grammar::parse;
    use crate::source::FileId;

    fn setting(file: &str) -> Setting {
        let tree = parse(file.as_bytes());
        read(&[(FileId(0), &tree, file.as_bytes())]).settings.into_iter().next().unwrap()
    }

    #[track_caller]
    fn check(file: &str, expected: ListForm) {
        let setting = setting(file);
        assert_eq!(setting.form(setting.keys.first().unwrap()), expected, "{file}");
    }

    #[test]
    fn a_list_fits_its_product_or_does_not() {
        for list in ["https://a,https://b", "https://a, https://b", "http://[::1]:3000,https://b", "*", "none", ""] {
            check(&format!("OLLAMA_ORIGINS={list}"), ListForm::Fits);
        }
        for list in
            ["https://a;https://b", "https://a https://b", "[\"https://a\",\"https://b\"]", "'https://a'|'https://b'"]
        {
            check(&format!("LITELLM_CORS_ORIGINS='{}'", list.replace('\'', "")), ListForm::Separator);
        }
        check("STORE_CORS=/https:\\/\\/a{1,3}\\.com/", ListForm::Fits);
        check("IMGPROXY_ALLOW_ORIGIN=https://a,https://b", ListForm::Single);
        check("IMGPROXY_ALLOW_ORIGIN=https://a", ListForm::Fits);
        check("Cors__AllowedOrigins__0=https://a,https://b", ListForm::Separator);
        check("CHROMA_SERVER_CORS_ALLOW_ORIGINS=https://a", ListForm::Separator);
        check("CHROMA_SERVER_CORS_ALLOW_ORIGINS='[\"https://a\"]'", ListForm::Fits);
        check("ALLOWED_HOSTNAMES='\"a.com\",\"b.com\"'", ListForm::Fits);
        check("ALLOWED_HOSTNAMES=a.com,b.com", ListForm::Separator);
        check("MB_EMBEDDING_APP_ORIGIN=https://a, https://b", ListForm::Separator);
        check("MERCURE_EXTRA_DIRECTIVES=cors_origins https://a https://b", ListForm::Fits);
    }

    #[test]
    fn values_that_hold_an_http_origin_look_like_origins() {
        for (value, expected) in [
            ("https://a.com", Looks::Origin),
            (" http://localhost:3000/ ", Looks::Origin),
            ("https://a.com, b.com", Looks::Origins),
            ("[\"https://a.com\",\"app://x\"]", Looks::Origins),
            ("https://key@o1.ingest.sentry.io/7", Looks::Unlike),
            ("https://a.com/login", Looks::Unlike),
            ("a.com,b.com", Looks::Unlike),
            ("https://a.com and more", Looks::Unlike),
            ("*", Looks::Unlike),
            ("", Looks::Unlike),
        ] {
            assert_eq!(looks(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn blanks_are_found_on_both_sides() {
        let file = "STORE_CORS=https://a , https://b,https://c";
        let setting = setting(file);
        let text = |place: Place| (place.span.start, place.span.end);
        let blanks: Vec<_> = setting.blanks(Separator::Comma).into_iter().map(text).collect();
        assert_eq!(blanks, [(20, 21), (22, 23)]);
    }
}
