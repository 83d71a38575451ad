//! nginx's response to a request, and what it depends on.

use std::borrow::Cow;

use crate::cors::header::CorsHeader;
use crate::nginx::config::{Config, ContextId, ContextKind, ItemId};
use crate::nginx::simulate::value::Value;

/// Something an answer depends on and the configuration does not tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Whether the condition of this `if` or `rewrite` holds, or this `auth_basic`, whose realm is not known, asks for a password.
    Condition(ItemId),
    /// Whether this file is there, or with a slash at its end this directory. It is named by the URI that leads to it or, where that is
    /// open, by its pattern; below another `root` than the first one, with that before it.
    File(Vec<u8>),
    /// Whether the client's address is allowed by the rules that start here.
    Address(ItemId),
    /// Whether the client shows the credentials that this `auth_basic` or `auth_request` asks for.
    Credentials(ItemId),
}

/// Who wrote the body, and so decides the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredBy {
    /// nginx itself: `return`, a redirect, an error page, a refusal.
    Nginx,
    /// The app behind `proxy_pass` and its kin.
    App,
    /// A file.
    File,
    /// Nobody: the connection is closed (`return 444`).
    Nobody,
}

/// One header field of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'s> {
    /// Its name as it goes over the wire.
    pub name: Cow<'s, [u8]>,
    /// Its value.
    pub value: Value<'s>,
    /// The directive that sets it; none for a field of the app or of nginx's own.
    pub item: Option<ItemId>,
}

/// A response.
#[derive(Debug, Clone)]
pub struct Answer<'s> {
    /// The status; none where it is not to be known.
    pub status: Option<u16>,
    /// The header fields that matter to CORS, caches and redirects, in the order they are sent.
    pub fields: Vec<Field<'s>>,
    /// Who answers.
    pub by: AnsweredBy,
    /// The server that takes the request.
    pub server: ContextId,
    /// The context whose directives are in force at the end: a location, an `if` in one, a server.
    pub context: ContextId,
    /// The directive that answers, where one does.
    pub item: Option<ItemId>,
    /// The `if`s of the answering location that matched, in file order.
    pub matched: Vec<ContextId>,
    /// The assumptions of this response.
    pub assumptions: Vec<(Question, bool)>,
    /// The reason why the header fields are not known for sure: the directive of a module that may change them.
    pub open: Option<ItemId>,
    /// Its number among the answers to the same request, from 0.
    pub number: usize,
}

impl<'s> Answer<'s> {
    /// The header fields of this name, in the order of their lines.
    pub fn fields_of(&self, header: CorsHeader) -> impl Iterator<Item = &Field<'s>> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(header.name().as_bytes()))
    }

    /// The header field of this name, if there is exactly one.
    pub fn only_field_of(&self, header: CorsHeader) -> Option<&Field<'s>> {
        let mut fields = self.fields_of(header);
        fields.next().filter(|_| fields.next().is_none())
    }

    /// The location that answers, if it is one.
    pub fn location(&self, config: &Config<'_>) -> Option<ContextId> {
        config.enclosing(self.context, ContextKind::Location)
    }

    /// Returns whether the answer takes the reply `reply` to a question of this kind for granted.
    pub fn assumes(&self, reply: bool, kind: fn(&Question) -> bool) -> bool {
        self.assumptions.iter().any(|(question, assumed)| *assumed == reply && kind(question))
    }
}

/// Where a request enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryPoint {
    /// The server that the request's URL reaches; where none is to be found, the answer is unknown.
    Url,
    /// The server, which chooses the location by the path.
    Server(ContextId),
    /// This location of the server, whatever the path.
    Location(ContextId, ContextId),
}
