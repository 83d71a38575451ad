//! What is in force in a context: nginx's inheritance, level by level.
//!
//! Two ways cover everything that matters to CORS. *Lists* are all-or-nothing: a level with one directive of its
//! own drops the whole list of the level above (`add_header` A1.1, `*_hide_header` A4.5). *Single* directives
//! are taken from the nearest level that has one. Contexts come parents first, so one pass settles them all.

use super::config::{Config, ContextId, ItemId};

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

const LISTS: usize = 19;

impl List {
    fn index(self) -> usize {
        match self {
            List::AddHeader => 0,
            List::ErrorPage => 1,
            List::Access => 2,
            List::Index => 3,
            List::HideHeader(protocol) => 4 + protocol as usize,
            List::PassHeader(protocol) => 9 + protocol as usize,
            List::SetHeader(protocol) => 14 + protocol as usize,
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
    /// A directive of a module that may answer, refuse or change headers in ways nobody can read off the text.
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

const SINGLES: usize = 22;

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

/// Whether a directive runs a program while a request is answered: Lua, njs or Perl.
fn is_scripted(name: &[u8]) -> bool {
    let lua = [&b"rewrite_by_lua"[..], b"access_by_lua", b"content_by_lua", b"header_filter_by_lua"];
    let other = [&b"js_content"[..], b"js_header_filter", b"js_access", b"perl"];
    lua.iter().any(|prefix| name.starts_with(prefix)) || other.contains(&name)
}

/// What is in force in one context.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settings {
    /// Runs in [`Config::lists`].
    lists: [(u32, u32); LISTS],
    singles: [Option<ItemId>; SINGLES],
}

impl Config<'_> {
    /// Settles what is in force in `id`, whose parent is settled already.
    pub(super) fn settle(&mut self, id: ContextId) {
        let parent = self.context(id).parent;
        let mut settings = parent.map_or_else(Settings::default, |parent| self.context(parent).settings);
        let mut own: [Vec<ItemId>; LISTS] = Default::default();
        let bound = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut rewrites = Vec::new();
        for item in self.items(id) {
            let name = self.item(item).name;
            if matches!(name, b"set" | b"if" | b"return" | b"rewrite" | b"break") {
                rewrites.push(item);
            } else if let Some(list) = List::of(name) {
                own[list.index()].push(item);
            } else if let Some(single) = Single::of(name) {
                settings.singles[single.index()] = Some(item);
            }
        }
        for (list, items) in own.iter().enumerate().filter(|(_, items)| !items.is_empty()) {
            let start = self.lists.len();
            self.lists.extend(items);
            settings.lists[list] = (bound(start), bound(self.lists.len()));
        }
        let start = bound(self.lists.len());
        self.lists.append(&mut rewrites);
        let end = bound(self.lists.len());
        let context = self.context_mut(id);
        (context.settings, context.rewrites) = (settings, start..end);
    }

    /// The directives of the rewrite module directly in `id`, in file order: what runs there (A3.16).
    pub(super) fn rewrites(&self, id: ContextId) -> &[ItemId] {
        let run = &self.context(id).rewrites;
        self.lists.get(run.start as usize..run.end as usize).unwrap_or(&[])
    }

    /// The directives of `list` in force in `id`, in file order, perhaps written in a context around it.
    pub fn list(&self, id: ContextId, list: List) -> &[ItemId] {
        let (start, end) = self.context(id).settings.lists[list.index()];
        self.lists.get(start as usize..end as usize).unwrap_or(&[])
    }

    /// Whether the directive in force in `id` says `on` or `off`; `None` where no level has one.
    pub(super) fn is_on(&self, id: ContextId, single: Single) -> Option<bool> {
        let item = self.single(id, single)?;
        Some(self.parameter(item, 1).is_some_and(|value| value.eq_ignore_ascii_case(b"on")))
    }

    /// The directive in force in `id`, if any level has one.
    pub fn single(&self, id: ContextId, single: Single) -> Option<ItemId> {
        self.context(id).settings.singles[single.index()]
    }
}
