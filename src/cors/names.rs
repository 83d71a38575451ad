//! The names that a list means, whatever is wrong with the list.

use super::header::{CorsHeader, is_token};

/// Methods that pages use.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The names that are meant by a list: what stands between anything that separates. `None` where that is no list of names.
pub fn names_meant(text: &str) -> Option<Vec<&str>> {
    let text = if ends_with_always(text) { text.trim_end().strip_suffix("always")? } else { text };
    let separates = |c: char| c.is_ascii_whitespace() || ",;:/|\"'()[]".contains(c);
    let names: Vec<&str> = text.split(separates).filter(|name| !name.is_empty()).collect();
    (!names.is_empty() && names.iter().all(|name| is_token(name))).then_some(names)
}

/// Returns whether nginx's `always` has got into the quotes of a list.
pub fn ends_with_always(text: &str) -> bool {
    text.trim_end().strip_suffix("always").is_some_and(|before| before.ends_with([' ', '\t']))
}

/// Returns whether nothing but methods can have been meant by these names.
pub fn are_methods(names: &[&str]) -> bool {
    names.iter().all(|name| METHODS.contains(name))
}

/// Returns whether quotes reach the browser as a part of a name that would have to be in this list.
pub fn is_quoted(header: CorsHeader, name: &str) -> bool {
    let needless = ["GET", "HEAD", "POST", "OPTIONS"];
    let matters = header != CorsHeader::AllowMethods || !needless.contains(&name.trim_matches('\''));
    matters && (name.starts_with('\'') || name.ends_with('\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_between_whatever_separates_them() {
        let check = |text, names: Option<&[&str]>| assert_eq!(names_meant(text).as_deref(), names, "{text}");
        check("GET, POST", Some(&["GET", "POST"]));
        check("GET POST;PUT", Some(&["GET", "POST", "PUT"]));
        check("'PUT', 'DELETE'", Some(&["PUT", "DELETE"]));
        check("Content-Type always", Some(&["Content-Type"]));
        check("always", Some(&["always"]));
        check("X-Größe", None);
        check(" , ", None);
    }

    #[test]
    fn quotes_matter_where_the_name_has_to_be_listed() {
        assert!(is_quoted(CorsHeader::AllowMethods, "'PUT'"));
        assert!(!is_quoted(CorsHeader::AllowMethods, "'GET'"));
        assert!(is_quoted(CorsHeader::AllowHeaders, "'X-Token'"));
        assert!(!is_quoted(CorsHeader::AllowHeaders, "X-Token"));
    }
}
