//! The directives in force in a context: nginx's inheritance, level by level.
//!
//! Two ways cover everything that matters to CORS. *Lists* are all-or-nothing: a level with one directive of its
//! own drops the whole list of the level above (`add_header` A1.1, `*_hide_header` A4.5). *Single* directives
//! are taken from the nearest level that has one. Contexts come parents first, so one pass settles them all.

mod in_force;

use hashbrown::HashMap;

use crate::cors::header::CorsHeader;
use crate::nginx::config::{Config, ContextId, ItemId};
use in_force::number;
pub(in crate::nginx) use in_force::{DirectivesInForce, InForce};

/// A directive that nginx inherits as a list, all or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// `add_header`
    AddHeader,
    /// `proxy_hide_header` and its kin, and `*_pass_header`, which are settled together: a list each in nginx,
    /// they are kept apart here.
    HideHeader(Protocol),
    /// `proxy_pass_header` and its kin.
    PassHeader(Protocol),
    /// `proxy_set_header`, `grpc_set_header`, and `fastcgi_param` and its kin
    SetHeader(Protocol),
    /// `error_page`
    ErrorPage,
    /// `allow` and `deny`
    Access,
    /// `index`
    Index,
    /// Of the `add_header` in force, those that CORS may depend on: see `is_relevant`.
    RelevantHeader,
}

/// How nginx talks to an app; every protocol has its own `*_pass` and `*_hide_header` (A4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// `proxy_pass`
    Proxy,
    /// `fastcgi_pass`
    Fastcgi,
    /// `uwsgi_pass`
    Uwsgi,
    /// `scgi_pass`
    Scgi,
    /// `grpc_pass`
    Grpc,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Protocol; 5] =
        [Protocol::Proxy, Protocol::Fastcgi, Protocol::Uwsgi, Protocol::Scgi, Protocol::Grpc];

    /// The prefix of its directives.
    pub fn prefix(self) -> &'static str {
        match self {
            Protocol::Proxy => "proxy",
            Protocol::Fastcgi => "fastcgi",
            Protocol::Uwsgi => "uwsgi",
            Protocol::Scgi => "scgi",
            Protocol::Grpc => "grpc",
        }
    }

    /// The protocol of a directive such as `fastcgi_pass`, and what follows the prefix.
    pub fn split(name: &[u8]) -> Option<(Protocol, &[u8])> {
        // Every line of a map is asked.
        if !matches!(name.first(), Some(b'p' | b'f' | b'u' | b's' | b'g')) {
            return None;
        }
        let (prefix, rest) = name.split_at_checked(memchr::memchr(b'_', name)?)?;
        let protocol = Protocol::ALL.into_iter().find(|protocol| protocol.prefix().as_bytes() == prefix)?;
        Some((protocol, rest.strip_prefix(b"_")?))
    }
}

const LISTS: usize = 20;
/// The index of the first list of hidden headers; those that pass and those that are set follow.
const HIDE: usize = 4;
/// From how many directives on a list is long, so that a table of it is worth its memory.
const LONG: usize = 8;

impl List {
    fn index(self) -> usize {
        match self {
            List::AddHeader => 0,
            List::ErrorPage => 1,
            List::Access => 2,
            List::Index => 3,
            List::HideHeader(protocol) => HIDE + protocol as usize,
            List::PassHeader(protocol) => 9 + protocol as usize,
            List::SetHeader(protocol) => 14 + protocol as usize,
            List::RelevantHeader => 19,
        }
    }

    fn of(name: &[u8]) -> Option<List> {
        match name {
            b"add_header" => Some(List::AddHeader),
            b"error_page" => Some(List::ErrorPage),
            b"allow" | b"deny" => Some(List::Access),
            b"index" => Some(List::Index),
            _ => match Protocol::split(name)? {
                (protocol, b"hide_header") => Some(List::HideHeader(protocol)),
                (protocol, b"pass_header") => Some(List::PassHeader(protocol)),
                (protocol, b"set_header" | b"param") => Some(List::SetHeader(protocol)),
                _ => None,
            },
        }
    }
}

/// A directive that nginx takes from the nearest level that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Single {
    /// `add_header_inherit` (A1.13)
    AddHeaderInherit,
    /// `auth_basic`
    AuthBasic,
    /// `auth_request`
    AuthRequest,
    /// `satisfy`
    Satisfy,
    /// `root` or `alias`
    Root,
    /// `proxy_intercept_errors` and its kin, each for its own protocol
    InterceptErrors(Protocol),
    /// `recursive_error_pages`
    RecursiveErrorPages,
    /// A directive of a module that may answer, refuse or change headers in ways that the text does not show.
    Scripted,
    /// `more_set_headers` or `more_clear_headers`: the last one of the nearest level that has any.
    MoreHeaders,
    /// `auth_basic_user_file`
    AuthBasicUserFile,
    /// `internal`
    Internal,
    /// `client_max_body_size`
    ClientMaxBodySize,
    /// `absolute_redirect`
    AbsoluteRedirect,
    /// `port_in_redirect`
    PortInRedirect,
    /// `server_name_in_redirect`
    ServerNameInRedirect,
    /// `proxy_redirect`
    ProxyRedirect,
    /// `merge_slashes`
    MergeSlashes,
    /// `autoindex`
    Autoindex,
}

impl Single {
    fn of(name: &[u8]) -> Option<Single> {
        match name {
            b"add_header_inherit" => Some(Single::AddHeaderInherit),
            b"auth_basic" => Some(Single::AuthBasic),
            b"auth_request" => Some(Single::AuthRequest),
            b"satisfy" => Some(Single::Satisfy),
            b"root" | b"alias" => Some(Single::Root),
            b"recursive_error_pages" => Some(Single::RecursiveErrorPages),
            b"auth_basic_user_file" => Some(Single::AuthBasicUserFile),
            b"internal" => Some(Single::Internal),
            b"client_max_body_size" => Some(Single::ClientMaxBodySize),
            b"absolute_redirect" => Some(Single::AbsoluteRedirect),
            b"port_in_redirect" => Some(Single::PortInRedirect),
            b"server_name_in_redirect" => Some(Single::ServerNameInRedirect),
            b"proxy_redirect" => Some(Single::ProxyRedirect),
            b"merge_slashes" => Some(Single::MergeSlashes),
            b"autoindex" => Some(Single::Autoindex),
            b"more_set_headers" | b"more_clear_headers" => Some(Single::MoreHeaders),
            _ if is_scripted(name) => Some(Single::Scripted),
            _ => match Protocol::split(name)? {
                (protocol, b"intercept_errors") => Some(Single::InterceptErrors(protocol)),
                _ => None,
            },
        }
    }

    fn index(self) -> usize {
        match self {
            Single::AddHeaderInherit => 0,
            Single::AuthBasic => 1,
            Single::AuthRequest => 2,
            Single::Satisfy => 3,
            Single::Root => 4,
            Single::RecursiveErrorPages => 5,
            Single::Scripted => 6,
            Single::MoreHeaders => 7,
            Single::AuthBasicUserFile => 8,
            Single::Internal => 9,
            Single::ClientMaxBodySize => 10,
            Single::AbsoluteRedirect => 11,
            Single::PortInRedirect => 12,
            Single::ServerNameInRedirect => 13,
            Single::ProxyRedirect => 14,
            Single::MergeSlashes => 15,
            Single::Autoindex => 16,
            Single::InterceptErrors(protocol) => 17 + protocol as usize,
        }
    }
}

/// Returns whether a directive runs a program while a request is answered: Lua, njs or Perl.
fn is_scripted(name: &[u8]) -> bool {
    let lua = [&b"rewrite_by_lua"[..], b"access_by_lua", b"content_by_lua", b"header_filter_by_lua"];
    let other = [&b"js_content"[..], b"js_header_filter", b"js_access", b"perl"];
    lua.iter().any(|prefix| name.starts_with(prefix)) || other.contains(&name)
}

/// Returns whether CORS may depend on an `add_header`: by its name, or by a variable in its value, since a map that is asked takes the captures of
/// those that are asked after it.
fn is_relevant(config: &Config<'_>, item: ItemId) -> bool {
    let is_named = config.parameter(item, 1).is_none_or(|name| is_relevant_name(&name));
    is_named || config.parameter(item, 2).is_none_or(|value| memchr::memchr(b'$', &value).is_some())
}

/// Returns whether a rule asks for a header of this name, right or misspelled.
fn is_relevant_name(name: &[u8]) -> bool {
    const OTHERS: [&[u8]; 4] = [b"cache-control", b"content-length", b"location", b"set-cookie"];
    let starts = |start: &[u8]| name.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start));
    CorsHeader::from_name(name).is_some()
        || starts(b"acc")
        || OTHERS.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// The same of a `more_set_headers` or `more_clear_headers`.
fn is_relevant_more(config: &Config<'_>, item: ItemId) -> bool {
    (1..=config.parameter_count(item)).any(|index| {
        let Some(word) = config.parameter(item, index) else { return true };
        let name = word.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii();
        let is_named = is_relevant_name(name);
        is_named || name.ends_with(b"*") || memchr::memchr(b'$', &word).is_some()
    })
}

/// The directives of a list that name one header.
#[derive(Debug, Clone, Copy)]
pub(in crate::nginx) struct Named {
    pub(in crate::nginx) first: ItemId,
    /// True if there are several.
    pub(in crate::nginx) has_others: bool,
}

impl Config<'_> {
    /// Settles what is in force in `id`, whose parent is settled already.
    pub(in crate::nginx) fn settle(&mut self, id: ContextId) {
        let around =
            self.context(id).parent.map_or_else(DirectivesInForce::default, |parent| self.context(parent).in_force);
        let mut changed: Vec<InForce> = Vec::new();
        let mut own: [Vec<ItemId>; LISTS] = Default::default();
        let bound = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (mut rewrites, mut more) = (Vec::new(), Vec::new());
        let mut try_files = None;
        for item in self.items(id) {
            let name = self.item(item).name;
            if matches!(name, b"set" | b"if" | b"return" | b"rewrite" | b"break") {
                rewrites.push(item);
            } else if name == b"try_files" {
                try_files = Some(item);
            } else if let Some(list) = List::of(name) {
                own[list.index()].push(item);
            } else if let Some(single) = Single::of(name) {
                changed.push(InForce { what: number(LISTS + single.index()), run: (item.0, 0) });
                if single == Single::MoreHeaders {
                    more.push(item);
                }
            }
        }
        let added = &own[List::AddHeader.index()];
        let replaces_headers = !added.is_empty();
        own[List::RelevantHeader.index()] = added.iter().copied().filter(|item| is_relevant(self, *item)).collect();
        for (list, items) in own.iter().enumerate() {
            if items.is_empty() && !(replaces_headers && list == List::RelevantHeader.index()) {
                continue;
            }
            let start = self.lists.len();
            if items.len() > LONG && (HIDE..=List::SetHeader(Protocol::Grpc).index()).contains(&list) {
                let names = self.names_of(items);
                self.names.insert(bound(start), names);
            }
            if items.len() > LONG && list == List::ErrorPage.index() {
                let pages = self.pages_of(items);
                self.pages.insert(bound(start), pages);
            }
            self.lists.extend(items);
            changed.push(InForce { what: number(list), run: (bound(start), bound(self.lists.len())) });
        }
        let settings = self.changed(around, changed);
        let start = bound(self.lists.len());
        self.lists.append(&mut rewrites);
        let end = bound(self.lists.len());
        let relevant: Vec<ItemId> = more.iter().copied().filter(|item| is_relevant_more(self, *item)).collect();
        let runs = [more, relevant].map(|items| {
            let start = bound(self.lists.len());
            self.lists.extend(items);
            start..bound(self.lists.len())
        });
        let context = self.context_mut(id);
        (context.in_force, context.rewrites, context.more) = (settings, start..end, runs);
        context.try_files = try_files;
    }

    /// The directives of the rewrite module directly in `id`, in file order: what runs there (A3.16).
    pub fn rewrites(&self, id: ContextId) -> &[ItemId] {
        let run = &self.context(id).rewrites;
        self.lists.get(run.start as usize..run.end as usize).unwrap_or(&[])
    }

    /// The `more_set_headers` and `more_clear_headers` directly in `id`, in file order; only those that CORS may depend on, if so wanted.
    pub(in crate::nginx) fn own_more_headers(&self, id: ContextId, only_relevant: bool) -> &[ItemId] {
        let run = &self.context(id).more[usize::from(only_relevant)];
        self.lists.get(run.start as usize..run.end as usize).unwrap_or(&[])
    }

    /// The directives of `list` in force in `id`, in file order, perhaps written in a context around it.
    pub fn list(&self, id: ContextId, list: List) -> &[ItemId] {
        let (start, end) = self.run(id, list);
        self.lists.get(start as usize..end as usize).unwrap_or(&[])
    }

    /// Returns whether a header of the app is hidden in `id`, whatever the protocol that nginx speaks with it.
    pub fn hides_from_any(&self, id: ContextId, header: &str) -> bool {
        Protocol::ALL.into_iter().any(|protocol| self.hides(id, protocol, header).is_some())
    }

    /// The first directive of `list` in force in `id` that names this header. Very many may be in force in very many locations.
    pub(crate) fn naming(&self, id: ContextId, list: List, name: &str) -> Option<ItemId> {
        self.naming_at_all(id, list, name).map(|named| named.first)
    }

    /// The same, and whether another one names it as well.
    pub(in crate::nginx) fn naming_at_all(&self, id: ContextId, list: List, name: &str) -> Option<Named> {
        let (start, _) = self.run(id, list);
        if let Some(names) = self.names.get(&start) {
            return names.get(name.to_ascii_lowercase().as_bytes()).copied();
        }
        let names_it =
            |item: &ItemId| self.parameter(*item, 1).is_some_and(|value| value.eq_ignore_ascii_case(name.as_bytes()));
        let mut named = self.list(id, list).iter().copied().filter(names_it);
        Some(Named { first: named.next()?, has_others: named.next().is_some() })
    }

    /// The first `error_page` in force in `id` that lists this status (A2.5).
    pub(crate) fn error_page_for(&self, id: ContextId, status: u16) -> Option<ItemId> {
        let (start, _) = self.run(id, List::ErrorPage);
        if let Some(pages) = self.pages.get(&start) {
            return pages.get(&status).copied();
        }
        let text = status.to_string();
        let lists =
            |item: &ItemId| (1..self.parameter_count(*item)).any(|index| self.parameter_is(*item, index, &text));
        self.list(id, List::ErrorPage).iter().copied().find(lists)
    }

    /// The statuses of a long list, each with the first `error_page` that lists it.
    fn pages_of(&self, items: &[ItemId]) -> HashMap<u16, ItemId> {
        let mut pages = HashMap::new();
        for &item in items {
            for word in (1..self.parameter_count(item)).filter_map(|index| self.parameter(item, index)) {
                let status = std::str::from_utf8(&word).ok().filter(|text| !text.starts_with(['0', '+']));
                if let Some(status) = status.and_then(|text| text.parse().ok()) {
                    pages.entry(status).or_insert(item);
                }
            }
        }
        pages
    }

    /// The header names of a long list, each with the first directive that has it.
    fn names_of(&self, items: &[ItemId]) -> HashMap<Vec<u8>, Named> {
        let mut names: HashMap<Vec<u8>, Named> = HashMap::new();
        for &item in items {
            if let Some(name) = self.parameter(item, 1) {
                let named = names.entry(name.to_ascii_lowercase());
                named.and_modify(|named| named.has_others = true).or_insert(Named { first: item, has_others: false });
            }
        }
        names
    }

    /// Returns whether the directive in force in `id` says `on` or `off`; `None` where no level has one.
    pub(in crate::nginx) fn is_on(&self, id: ContextId, single: Single) -> Option<bool> {
        let item = self.single(id, single)?;
        Some(self.parameter(item, 1).is_some_and(|value| value.eq_ignore_ascii_case(b"on")))
    }

    /// The directive in force in `id`, if any level has one.
    pub fn single(&self, id: ContextId, single: Single) -> Option<ItemId> {
        self.in_force(id, LISTS + single.index()).map(|(item, _)| ItemId(item))
    }
}
