//! What shows that a preflight's answer must list methods or headers.

use super::{Route, Site};
use crate::cors::header::CorsHeader;
use crate::nginx::answer::Answer;
use crate::source::Place;

impl<'d> Site<'d> {
    /// What shows that headers must be listed in `answer`: a list elsewhere, or a method with a body at an app, which JSON is sent by.
    pub fn shows_headers(&self, route: &Route<'_>, answer: &Answer<'d>) -> Option<Place> {
        let elsewhere = route.fields(CorsHeader::AllowHeaders).find(|field| !field.value.is_empty());
        let has_body = |name: &[u8]| matches!(name.trim_ascii(), b"POST" | b"PUT" | b"PATCH");
        let with_body = self.fields(answer, CorsHeader::AllowMethods).find(|field| {
            route.reaches_app && field.value.bytes().is_some_and(|list| list.split(|byte| *byte == b',').any(has_body))
        });
        let item = elsewhere.map(|field| field.item).or(with_body.and_then(|field| field.item))?;
        Some(self.config.place(item))
    }

    /// A method that must be listed, and what shows it: a list elsewhere, or a directive that lets the method in by name.
    pub fn shows_method(&self, route: &Route<'_>) -> Option<(String, Place)> {
        let listed = route.fields(CorsHeader::AllowMethods).find_map(|field| {
            let text = String::from_utf8_lossy(&field.value).into_owned();
            let method = text.split(',').map(str::trim).find(|name| matches!(*name, "PUT" | "PATCH" | "DELETE"))?;
            Some((method.to_owned(), field.item))
        });
        let named = || self.unsafe_method_in(route.context).map(|(method, item)| (method.to_owned(), item));
        listed.or_else(named).map(|(method, item)| (method, self.config.place(item)))
    }
}
