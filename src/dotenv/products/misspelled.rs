//! Keys that are one letter away from one that a product reads.

use std::sync::LazyLock;

use crate::dotenv::products::keys::{self, Certainty, Key, Looks, Meaning, OwnKeys, all, candidates};
use crate::dotenv::products::name_endings::Ends;
use crate::words::edits;

/// The first words of keys that any app may have made up for itself; next to one of them nothing is misspelled, unless the other
/// keys show a product that reads fixed names.
const ANYBODYS: [&str; 24] = [
    "ADMIN",
    "ALLOW",
    "ALLOWED",
    "API",
    "APP",
    "AUTH",
    "CLIENT",
    "CONSOLE",
    "CORS",
    "CSRF",
    "FRONTEND",
    "HTTP",
    "ORIGIN",
    "ORIGINS",
    "PUBLIC",
    "PUBLISH",
    "SECURITY",
    "SERVE",
    "SESSION",
    "STORE",
    "WEB",
    "WHITELIST",
    "WHITELISTED",
    "Cors",
];

/// The key that a misspelled one was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meant<'o> {
    /// True if the app may as well have made the key up: the words of its name are common.
    pub may_be_own: bool,
    /// Its name.
    pub name: &'o str,
    /// Its reader.
    pub reader: &'o str,
}

/// The key that was meant by `name`, which no product that may be there reads: one letter more, less or other, or two
/// changed places. `present` says which keys the app's files have; where the right one is among them, nothing is misspelled.
/// What the settings state in `own` is no slip, and may be meant, too.
pub fn meant<'o>(name: &str, own: &'o OwnKeys, present: impl Fn(&str) -> bool) -> Option<Meant<'o>> {
    if own.get(name).is_some() {
        return None;
    }
    if let Some(name) = own.near(name).find(|known| is_one_edit(name, known) && !present(known)) {
        return Some(Meant { may_be_own: false, name, reader: "your app" });
    }
    let near: Vec<&Key> = near_rows(name).filter(|row| !present(row.name)).collect();
    if near.is_empty() {
        return None;
    }
    let rows = candidates(name, Looks::Unlike, own, &present);
    let shown = |row: &&Key| {
        keys::product(row.product).is_some_and(|product| product.reads_fixed_names && product.is_shown(&present))
    };
    let is_read = rows.iter().any(|row| row.certainty > Certainty::Convention && row.meaning != Meaning::Dead);
    let first = name.split(['_', '.']).next().unwrap_or_default();
    let is_anybodys = ANYBODYS.contains(&first);
    let is_judged =
        |row: &&&Key| row.certainty > Certainty::Convention && row.meaning != Meaning::Dead && is_of_cors(row);
    let is_fixed = |row: &&Key| if is_anybodys { shown(row) } else { !is_read };
    let judged: Vec<&Key> = near.iter().filter(is_judged).copied().collect();
    if let Some(found) = judged.iter().copied().find(is_fixed) {
        let reads_this = rows.iter().any(|row| row.product == found.product);
        return (!reads_this).then_some(Meant { may_be_own: false, name: found.name, reader: found.product });
    }
    // Singular and plural are names of their own.
    let is_slip = |row: &&Key| is_anybodys && !is_read && without_plurals(name) != without_plurals(row.name);
    let found = judged.into_iter().find(is_slip)?;
    Some(Meant { may_be_own: true, name: found.name, reader: found.product })
}

fn without_plurals(name: &str) -> String {
    name.split('_').map(|word| word.strip_suffix('S').unwrap_or(word)).collect::<Vec<_>>().join("_")
}

static ENDS: LazyLock<Ends> = LazyLock::new(|| Ends::new(all().iter().map(|row| row.name)));

/// The rows that one edit may make of `name`, in the order of the table.
fn near_rows(name: &str) -> impl Iterator<Item = &'static Key> {
    let near = ENDS.near(name).into_iter().filter_map(|index| all().get(index));
    near.filter(move |row| is_one_edit(name, row.name))
}

/// URLs have names of every kind.
fn is_of_cors(key: &Key) -> bool {
    !matches!(key.meaning, Meaning::ApiUrl | Meaning::OwnUrl | Meaning::FrontendUrl)
}

/// Returns whether one edit makes one of the other. A digit counts something and is no slip.
fn is_one_edit(name: &str, other: &str) -> bool {
    let digits = |name: &str| name.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    edits(name, other, 1).is_some() && digits(name) == digits(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_is_overlooked_that_one_edit_makes() {
        for row in all() {
            let name = row.name;
            for at in 0..name.len() {
                let (start, end) = name.split_at(at);
                let (this, next) = (end.get(..1).unwrap_or_default(), end.get(1..2).unwrap_or_default());
                let rest = end.get(1..).unwrap_or_default();
                let swapped = format!("{start}{next}{this}{}", end.get(2..).unwrap_or_default());
                for slip in [format!("{start}X{end}"), format!("{start}X{rest}"), format!("{start}{rest}"), swapped] {
                    let is_found = near_rows(&slip).any(|near| near == row);
                    assert!(is_found || !is_one_edit(&slip, name), "{slip} for {name}");
                }
            }
            assert!(near_rows(&format!("{name}X")).any(|near| near == row), "{name}X");
        }
    }

    #[test]
    fn slips_of_one_letter_are_found() {
        let own = OwnKeys::default();
        let found = |name: &str, others: &[&str]| meant(name, &own, |key| others.contains(&key)).map(|row| row.name);
        assert_eq!(found("OLLAMA_ORIGIN", &[]), Some("OLLAMA_ORIGINS"));
        assert_eq!(found("OLLAMA_ORIGNIS", &[]), Some("OLLAMA_ORIGINS"));
        assert_eq!(found("LITELLM_CORS_ORIGIMS", &[]), Some("LITELLM_CORS_ORIGINS"));
        assert_eq!(found("CORS_ORIGINS", &["ADMIN_EMAIL", "DB_CLIENT"]), Some("CORS_ORIGIN"));
        assert_eq!(found("OLLAMA_ORIGIN", &["OLLAMA_ORIGINS"]), None);
        let may_be_own = meant("STORE_CORPS", &own, |_| false).map(|row| (row.name, row.may_be_own));
        assert_eq!(may_be_own, Some(("STORE_CORS", true)));
        for name in ["OLLAMA_ORIGINS", "CORS_ALLOWED_ORIGIN", "CORS_ORIGINS", "MB_EMBEDDING_APP_ORIGIN"] {
            assert_eq!(found(name, &[]), None, "{name}");
        }
    }
}
