//! nginx configurations that are made up: tokens in any order, and deployments that mean something.

use proptest::collection::vec;
use proptest::prelude::{Just, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy};

use super::statements;

/// Tokens as they stand in configurations and templates, nested and torn apart.
pub(super) fn tokens() -> impl Strategy<Value = Vec<u8>> {
    let simple = (vec(word(), 1..5), select(&[" ", "\n", "\t", "  # comment\n", "\r\n"][..]))
        .prop_map(|(words, blank)| format!("{};\n", words.join(blank)));
    let directive = simple.prop_recursive(6, 48, 6, |inner| {
        (vec(word(), 1..4), vec(inner, 0..6), select(&["}", "} ", "}\n", "", ";}"][..]))
            .prop_map(|(words, inside, end)| format!("{} {{\n{}{end}", words.join(" "), inside.concat()))
    });
    (vec(directive, 0..8), vec((any::<usize>(), any::<u8>()), 0..3)).prop_map(|(directives, changes)| {
        let mut file = directives.concat().into_bytes();
        for (at, byte) in changes {
            if !file.is_empty() {
                let at = at % file.len();
                file[at] = byte;
            }
        }
        file
    })
}

/// A word, however it is quoted.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&["server", "location", "map", "types", "a", "x{2}", "content_by_lua_block", "js_x", "if", "perl"][..])
            .prop_map(str::to_owned),
        2 => select(&["\"a b\"", "'a;b'", "\"\\\"\"", "'}'", "\"{{ x }}\"", "\"\n\"", "''", "\"é\"", "\"$a\""][..])
            .prop_map(str::to_owned),
        2 => select(&["$a", "${a}", "\\;", "\\ ", "a\\", "{{ a }}", "{% if %}", "<%= a %>", "{#", "[[", "]]", "--", "#", "é"][..])
            .prop_map(str::to_owned),
        1 => "[ -~\u{80}-\u{2100}]{0,6}".prop_map(|text| text),
    ]
}

/// Files and requests in the form of [`crate::properties::files`]: servers, locations, conditions, maps, includes, .env files.
pub(super) fn bundle() -> impl Strategy<Value = Vec<u8>> {
    let further = prop_oneof![
        (select(&["a.conf", "snippets/cors.conf", "conf.d/app.conf", "nginx.conf.template"][..]), vec(inside(), 0..5))
            .prop_map(|(name, lines)| (name, lines.concat().into_bytes())),
        (select(&[".env", ".env.production", "app/.env", ".env.example"][..]), statements::file()),
    ];
    (vec(server(), 0..4), vec(further, 0..3), vec(request(), 0..3)).prop_map(|(servers, further, requests)| {
        let mut text = requests.concat().into_bytes();
        text.extend_from_slice(servers.concat().as_bytes());
        for (name, bytes) in further {
            text.extend_from_slice(format!("\n# @ {name}\n").as_bytes());
            text.extend_from_slice(&bytes);
        }
        text
    })
}

fn request() -> impl Strategy<Value = String> {
    let methods = select(&["GET", "OPTIONS", "PUT", "HEAD", "x"][..]);
    let paths = select(&["/", "/api/", "/api/x", "/a.php", "/%2e%2E/", "//", "/é?x=$a", "/@a"][..]);
    (methods, paths, origin()).prop_map(|(method, path, origin)| format!("# ? {method} {path} Origin:{origin}\n"))
}

fn server() -> impl Strategy<Value = String> {
    let map = (select(&["$http_origin", "$a", "$b", "$host"][..]), variable(), vec((pattern(), value()), 0..4))
        .prop_map(|(from, to, entries)| {
            let entries: String = entries.iter().map(|(pattern, value)| format!("    {pattern} {value};\n")).collect();
            format!("map {from} {to} {{\n{entries}}}\n")
        });
    let server = vec(inside(), 0..8).prop_map(|lines| format!("server {{\n{}}}\n", lines.concat()));
    prop_oneof![1 => map, 3 => server, 1 => inside()]
}

/// What may stand in a server or a location.
fn inside() -> BoxedStrategy<String> {
    let simple = prop_oneof![
        6 => (header(), value(), select(&["", " always"][..]))
            .prop_map(|(name, value, always)| format!("add_header {name} {value}{always};\n")),
        2 => (select(&["proxy_hide_header", "more_clear_headers"][..]), header())
            .prop_map(|(name, header)| format!("{name} {header};\n")),
        2 => (variable(), value()).prop_map(|(name, value)| format!("set {name} {value};\n")),
        4 => select(&[
            "return 204;", "return 200 x;", "return 301 /api/;", "proxy_pass http://app;", "proxy_pass http://$a/;",
            "try_files $uri @a /index.html =404;", "error_page 404 =200 /api/;", "error_page 500 @a;", "include a.conf;",
            "include snippets/*.conf;", "include nginx.conf;", "rewrite ^/(.*)$ /$1x last;", "rewrite ^ /api/ break;",
            "auth_basic x;", "listen 80;", "listen 443 ssl;", "server_name www.example.com;", "add_header_inherit merge;",
            "break;", "internal;", "deny all;", "satisfy any;", "limit_except GET { deny all; }", "proxy_intercept_errors on;",
        ][..]).prop_map(|line| format!("{line}\n")),
    ];
    simple
        .prop_recursive(3, 24, 5, |inner| {
            (opener(), vec(inner, 0..5)).prop_map(|(opener, lines)| format!("{opener} {{\n{}}}\n", lines.concat()))
        })
        .boxed()
}

fn opener() -> impl Strategy<Value = String> {
    prop_oneof![
        select(
            &[
                "location /",
                "location = /api/",
                "location ^~ /api",
                "location ~ \\.php$",
                "location @a",
                "location ~* (a+)+$"
            ][..]
        )
        .prop_map(str::to_owned),
        (variable(), select(&["=", "!=", "~", "~*", "!~"][..]), pattern()).prop_map(
            |(name, operator, pattern)| format!("if ({name} {operator} {})", pattern.trim_start_matches(['~', '*']))
        ),
        select(&["if ($request_method = OPTIONS)", "if ($http_origin)", "if (-f $request_filename)"][..])
            .prop_map(str::to_owned),
    ]
}

fn header() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "Access-Control-Allow-Origin",
            "Access-Control-Allow-Credentials",
            "Access-Control-Allow-Methods",
            "Access-Control-Allow-Headers",
            "Access-Control-Max-Age",
            "Vary",
            "X-Frame-Options",
            "Access-Contol-Allow-Origin",
            "\"\"",
            "\"Access-Control-Allow-Origin:\"",
        ][..],
    )
}

fn variable() -> impl Strategy<Value = String> {
    select(&["$a", "$b", "$cors", "$http_origin", "$request_method", "$host", "${a}"][..]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        variable(),
        origin(),
        select(
            &[
                "*",
                "true",
                "\"\"",
                "'GET, POST'",
                "\"$a$b\"",
                "${APP_ORIGIN}",
                "\"$http_origin/\"",
                "null",
                "\"a\\n b\"",
                "{{ x }}"
            ][..]
        )
        .prop_map(str::to_owned),
        (variable(), variable()).prop_map(|(one, other)| format!("\"{one}{other}\"")),
    ]
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        origin(),
        select(
            &[
                "default",
                "~^https://",
                "~*\\.example\\.com$",
                "~^https?://(a|b)+\\.com",
                "\"~(a+)+$\"",
                "''",
                "hostnames",
                "~(",
                "\\default"
            ][..]
        )
        .prop_map(str::to_owned),
    ]
}

fn origin() -> impl Strategy<Value = String> {
    prop_oneof![
        select(
            &[
                "https://app.example.com",
                "https://app.example.com/",
                "http://localhost:3000",
                "null",
                "https://*.example.com",
                "https://u:p@a.example"
            ][..]
        )
        .prop_map(str::to_owned),
        Just("https://ä.example".to_owned()),
    ]
}
