//! The directives that concern CORS: where nginx allows them and how many parameters they take.
//!
//! Every row was put to nginx in every context and with every number of parameters.

use super::contexts::Contexts;

/// nginx's demands on a directive before it looks at its parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownDirective {
    /// Where in `http` it may stand.
    pub(super) contexts: Contexts,
    /// True if `stream`, `mail`, `upstream` or the like know a directive of this name, too.
    pub(super) elsewhere: bool,
    /// The fewest parameters.
    pub(super) least: usize,
    /// The most parameters.
    pub(super) most: usize,
    /// True if it opens a block.
    pub(super) block: bool,
    /// True if it may stand only once in a block.
    pub(super) once: bool,
}

/// No limit to the number of parameters.
const ANY: usize = usize::MAX;

const LEVELS: Contexts = Contexts::HTTP.or(Contexts::SERVER).or(Contexts::LOCATION);
const LEVELS_AND_IF: Contexts = LEVELS.or(Contexts::IF_IN_LOCATION);
const LEVELS_AND_LIMIT: Contexts = LEVELS.or(Contexts::LIMIT_EXCEPT);
const REWRITE: Contexts =
    Contexts::SERVER.or(Contexts::LOCATION).or(Contexts::IF_IN_SERVER).or(Contexts::IF_IN_LOCATION);
const PASS: Contexts = Contexts::LOCATION.or(Contexts::IF_IN_LOCATION);

impl KnownDirective {
    const fn new(contexts: Contexts, least: usize, most: usize) -> Self {
        KnownDirective { contexts, elsewhere: false, least, most, block: false, once: false }
    }

    const fn once(self) -> Self {
        KnownDirective { once: true, ..self }
    }

    const fn block(self) -> Self {
        KnownDirective { block: true, ..self }
    }

    const fn elsewhere(self) -> Self {
        KnownDirective { elsewhere: true, ..self }
    }

    /// The contexts that allow it, with those outside `http`.
    pub(super) fn everywhere(self) -> Contexts {
        if self.elsewhere { self.contexts.or(Contexts::ELSEWHERE) } else { self.contexts }
    }

    /// Returns what is known of the directive of that name.
    pub(super) fn of(name: &[u8]) -> Option<KnownDirective> {
        Some(match name {
            b"add_header" => KnownDirective::new(LEVELS_AND_IF, 2, 3),
            b"add_header_inherit" => KnownDirective::new(LEVELS_AND_IF, 1, 1).once(),
            b"more_set_headers" | b"more_clear_headers" => KnownDirective::new(LEVELS_AND_IF, 1, ANY),
            b"proxy_set_header" | b"grpc_set_header" => KnownDirective::new(LEVELS, 2, 2),
            b"proxy_hide_header"
            | b"fastcgi_hide_header"
            | b"uwsgi_hide_header"
            | b"scgi_hide_header"
            | b"grpc_hide_header"
            | b"proxy_pass_header"
            | b"fastcgi_pass_header"
            | b"uwsgi_pass_header"
            | b"scgi_pass_header"
            | b"grpc_pass_header" => KnownDirective::new(LEVELS, 1, 1),
            b"proxy_ignore_headers"
            | b"fastcgi_ignore_headers"
            | b"uwsgi_ignore_headers"
            | b"scgi_ignore_headers"
            | b"grpc_ignore_headers"
            | b"proxy_cache_methods" => KnownDirective::new(LEVELS, 1, ANY),
            b"proxy_pass" => KnownDirective::new(PASS.or(Contexts::LIMIT_EXCEPT), 1, 1).once().elsewhere(),
            b"fastcgi_pass" | b"uwsgi_pass" | b"scgi_pass" | b"grpc_pass" | b"memcached_pass" => {
                KnownDirective::new(PASS, 1, 1).once()
            }
            b"if" => KnownDirective::new(Contexts::SERVER.or(Contexts::LOCATION), 1, ANY).block(),
            b"return" => KnownDirective::new(REWRITE, 1, 2).elsewhere(),
            b"set" => KnownDirective::new(REWRITE, 2, 2).elsewhere(),
            b"rewrite" => KnownDirective::new(REWRITE, 2, 3),
            b"break" => KnownDirective::new(REWRITE, 0, 0),
            b"error_page" => KnownDirective::new(LEVELS_AND_IF, 2, ANY),
            b"try_files" => KnownDirective::new(Contexts::SERVER.or(Contexts::LOCATION), 2, ANY).once(),
            b"root" => KnownDirective::new(LEVELS_AND_IF, 1, 1).once(),
            b"alias" => KnownDirective::new(Contexts::LOCATION, 1, 1).once(),
            b"auth_basic" => KnownDirective::new(LEVELS_AND_LIMIT, 1, 1).once(),
            b"auth_request" | b"satisfy" => KnownDirective::new(LEVELS, 1, 1).once(),
            b"auth_request_set" => KnownDirective::new(LEVELS, 2, 2),
            b"allow" | b"deny" => KnownDirective::new(LEVELS_AND_LIMIT, 1, 1).elsewhere(),
            b"limit_except" => KnownDirective::new(Contexts::LOCATION, 1, ANY).block().once(),
            b"location" => KnownDirective::new(Contexts::SERVER.or(Contexts::LOCATION), 1, 2).block(),
            b"server_name" => KnownDirective::new(Contexts::SERVER, 1, ANY).elsewhere(),
            b"listen" => KnownDirective::new(Contexts::SERVER, 1, ANY).elsewhere(),
            b"server" => KnownDirective::new(Contexts::HTTP, 0, 0).block().elsewhere(),
            b"map" => KnownDirective::new(Contexts::HTTP, 2, 2).block().elsewhere(),
            b"http" => KnownDirective::new(Contexts::MAIN, 0, 0).block().once(),
            b"events" => KnownDirective::new(Contexts::MAIN, 0, 0).block().once(),
            _ => return None,
        })
    }
}
