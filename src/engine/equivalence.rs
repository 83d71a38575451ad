//! Findings are the same whether places that are alike are asked once or each of them is, in every fixture.
//!
//! Each server of a fixture, or each location, is written many times under other names, so that all but the first can be left out.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::deployment::Deployment;
use crate::engine::Options;
use crate::engine::Outcome;
use crate::engine::lint_by;
use crate::nginx::syntax::grammar;
use crate::nginx::syntax::tree::{Body, Tree};

#[path = "../../fixtures/bench/workloads/fleet.rs"]
mod fleet;
#[path = "../../fixtures/bench/workloads/random.rs"]
mod random;

/// How many there are of each block: as many as are compared at all, and no more than any rule asks of the places where one directive is in
/// force.
const COPIES: usize = 16;

/// The servers of a file.
fn servers(tree: &Tree, text: &str) -> Vec<Range<usize>> {
    let https = blocks(tree, text, None, "http");
    let around = std::iter::once(None).chain(https.into_iter().map(|(directive, _)| Some(directive)));
    around.flat_map(|parent| blocks(tree, text, parent, "server")).map(|(_, range)| range).collect()
}

/// The locations of a file's servers that a path chooses.
fn locations(tree: &Tree, text: &str) -> Vec<Range<usize>> {
    let https = blocks(tree, text, None, "http");
    let around = std::iter::once(None).chain(https.into_iter().map(|(directive, _)| Some(directive)));
    let servers = around.flat_map(|parent| blocks(tree, text, parent, "server"));
    let locations = servers.flat_map(|(server, _)| blocks(tree, text, Some(server), "location"));
    locations.map(|(_, range)| range).filter(|range| text[range.clone()].starts_with("location /")).collect()
}

/// The blocks of that name in `parent`, each with what it spans.
fn blocks(tree: &Tree, text: &str, parent: Option<u32>, wanted: &str) -> Vec<(u32, Range<usize>)> {
    let block = |directive: u32| {
        let head = tree.head(directive);
        match tree.directives[directive as usize].body {
            Body::Block(body) if text[head.start as usize..].starts_with(wanted) => {
                Some((directive, head.start as usize..body.end as usize))
            }
            _ => None,
        }
    };
    tree.children(parent).filter_map(block).collect()
}

/// The text with each of its blocks many times.
fn multiplied(text: &str, find: fn(&Tree, &str) -> Vec<Range<usize>>, renamed: fn(&str, usize) -> String) -> String {
    let tree = grammar::parse(text.as_bytes());
    let mut multiplied = String::new();
    let mut at = 0;
    for range in find(&tree, text) {
        multiplied.push_str(&text[at..range.start]);
        for number in 1..=COPIES {
            multiplied.push_str(&renamed(&text[range.clone()], number));
            multiplied.push('\n');
        }
        at = range.end;
    }
    multiplied + &text[at..]
}

/// A server under another name, so that requests reach it.
fn server(text: &str, name: &str) -> String {
    match text.contains("server_name") {
        true => text.replace("example", name),
        false => text.replace("example", name).replacen('{', &format!("{{ server_name {name}.com;"), 1),
    }
}

fn numbered_server(text: &str, number: usize) -> String {
    server(text, &format!("example{number:02}"))
}

fn numbered_location(text: &str, number: usize) -> String {
    text.replacen("location /", &format!("location /n{number:02}/"), 1)
}

/// A name without a number, not always of the same length.
fn word(number: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 7).unwrap());
    let end = if number.is_multiple_of(3) { "port" } else { "" };
    format!("shop{}{}{end}", letter(number / 7), letter(number))
}

fn named_server(text: &str, number: usize) -> String {
    server(text, &format!("{}.example", word(number)))
}

fn named_location(text: &str, number: usize) -> String {
    text.replacen("location /", &format!("location /{}/", word(number)), 1)
}

/// Compares what is found either way, and says whether fewer places were asked.
fn compare(options: &Options) -> bool {
    let every = lint_by(options, |sources, configs, apps| Deployment::every_place(sources, configs, apps)).unwrap();
    let shared = lint_by(options, |sources, configs, apps| Deployment::new(sources, configs, apps)).unwrap();
    let told = |outcome: &Outcome| (outcome.findings.clone(), outcome.not_analysed.clone(), outcome.suppressed);
    let (all, few) = (told(&every), told(&shared));
    let difference = all.0.iter().zip(&few.0).find(|(all, few)| all != few);
    assert_eq!(all.0.len(), few.0.len(), "{:?}: {difference:#?}", options.paths);
    assert!(all == few, "{:?}: {difference:#?}", options.paths);
    shared.steps < every.steps
}

/// The paths in a directory, in order.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The files of a fixture, which is a file or a directory.
fn files(fixture: &Path) -> Vec<PathBuf> {
    let mut files = vec![fixture.to_owned()];
    let mut at = 0;
    while let Some(path) = files.get(at).cloned() {
        at += 1;
        if path.is_dir() {
            files.extend(entries(&path));
        }
    }
    files.into_iter().filter(|path| path.is_file()).collect()
}

/// Compares every fixture, multiplied. Says in how many of them fewer places were asked.
fn check(find: fn(&Tree, &str) -> Vec<Range<usize>>, renamed: fn(&str, usize) -> String) -> usize {
    let directories = entries(Path::new("fixtures")).into_iter().filter(|path| path.is_dir());
    let mut shared = 0;
    for fixture in directories.flat_map(|directory| entries(&directory)) {
        let mut options = Options { paths: vec![fixture.clone()], ..Options::default() };
        let mut is_changed = false;
        for file in files(&fixture) {
            let Ok(text) = String::from_utf8(fs::read(&file).unwrap()) else { continue };
            let is_env = file.file_name().is_some_and(|name| name.to_string_lossy().contains("env"));
            let written = if is_env { text.clone() } else { multiplied(&text, find, renamed) };
            if written != text {
                is_changed = true;
                options.overlay.set(&file, written.into_bytes(), None);
            }
        }
        shared += usize::from(is_changed && compare(&options));
    }
    shared
}

/// Each fixture is compared this way, and in many of them fewer places are asked.
#[track_caller]
fn check_all(find: fn(&Tree, &str) -> Vec<Range<usize>>, renamed: fn(&str, usize) -> String) {
    let shared = check(find, renamed);
    assert!(shared > 100, "in {shared} fixtures places were left out");
}

#[test]
fn servers_under_numbers() {
    check_all(servers, numbered_server);
}

#[test]
fn locations_under_numbers() {
    check_all(locations, numbered_location);
}

#[test]
fn servers_under_names() {
    check_all(servers, named_server);
}

#[test]
fn locations_under_names() {
    check_all(locations, named_location);
}

/// Fleets in which no two servers are alike.
#[test]
fn servers_of_any_kind() {
    for seed in 100..110 {
        let (maps, servers) = fleet::fleet(200, seed);
        check_text(&(maps + &servers.concat()));
    }
}

/// Names of servers, none of which says anything by itself.
const NAMES: [&str; 20] = [
    "alpha", "beta", "gamma", "delta", "kiwi", "mango", "plum", "quince", "fig", "lime", "pear", "date", "guava",
    "olive", "melon", "peach", "grape", "cherry", "papaya", "lychee",
];

/// Servers that are told apart by `beside`, which stands around them, or by what the first of them has in the place of what the others have.
/// What is found is the same whether each is asked or not.
#[track_caller]
fn told_apart(beside: &str, first: &str, others: &str) {
    let server = |(number, name): (usize, &&str)| {
        let body = if number == 0 { first } else { others };
        format!("server {{ # {number}\n listen 443 ssl; server_name {name}.shop.com; {body} }}\n")
    };
    // An odd one is odd as the first of them and as a later one.
    for turn in [0, 7] {
        let mut servers: Vec<String> = NAMES.iter().enumerate().map(server).collect();
        servers.rotate_right(turn);
        check_text(&format!("{beside}\n{}", servers.concat()));
    }
}

/// Compares what is found in a main file with this in its `http`.
#[track_caller]
fn check_text(http: &str) {
    let text = format!("events {}\nhttp {{ {http} }}\n", "{}");
    let path = Path::new("fixtures/nginx.conf");
    let mut options = Options { paths: vec![path.to_owned()], ..Options::default() };
    options.overlay.set(path, text.into_bytes(), None);
    compare(&options);
}

const ECHO: &str = "location / { add_header Access-Control-Allow-Origin $cors; add_header Access-Control-Allow-Credentials true; \
                    proxy_pass http://b; }";
const FROM_AROUND: &str = "location / { proxy_pass http://b; }";

#[test]
fn what_stands_around_the_servers_tells_them_apart() {
    let sends =
        "add_header Access-Control-Allow-Origin $cors always; add_header Access-Control-Allow-Credentials true;";
    for map in [
        "map $host $cors { default ''; kiwi.shop.com $http_origin; }",
        "map $server_name $cors { default ''; kiwi.shop.com $http_origin; }",
        "map $http_origin $cors { https://alpha.shop.com $http_origin; }",
        "map $http_origin $cors { https://ALPHA.shop.com $http_origin; }",
        r"map $http_origin $cors { ~^https://alph[a]\.shop\.com$ $http_origin; }",
        "map $request_uri $cors { ~^/kiwi https://app.shop.com; }",
        "map $host $realm { default off; kiwi.shop.com x; } map $http_origin $cors { https://app.shop.com $http_origin; } auth_basic $realm;",
        "map $scheme $age { default 0; } map $http_origin $cors { https://app.shop.com $http_origin; } \
         add_header Access-Control-Max-Age $age;",
    ] {
        told_apart(map, ECHO, ECHO);
        told_apart(&format!("{map} {sends}"), FROM_AROUND, FROM_AROUND);
    }
    told_apart("add_header Access-Control-Allow-Origin https://alpha.shop.com always;", FROM_AROUND, FROM_AROUND);
    let guarded = "location = /auth { return 200; } location / { add_header Access-Control-Allow-Origin *; proxy_pass http://b; }";
    told_apart("auth_request /auth;", &guarded.replace("200", "401"), guarded);
}

#[test]
fn a_page_of_a_server_itself_tells_it_apart() {
    let allow = |origin: &str| {
        format!("location / {{ add_header Access-Control-Allow-Origin {origin}; proxy_pass http://b; }}")
    };
    for origin in ["https://alpha.shop.com", "https://ALPHA.shop.com", "\"$http_origin https://alpha.shop.com\""] {
        told_apart("", &allow(origin), &allow(origin));
    }
    let set =
        "set $o https://alpha.shop.com; location / { add_header Access-Control-Allow-Origin $o; proxy_pass http://b; }";
    told_apart("", set, set);
    let more =
        "location / { more_set_headers 'Access-Control-Allow-Origin: https://alpha.shop.com'; proxy_pass http://b; }";
    told_apart("", more, more);
    let by_if = r"location / { if ($http_origin ~ ^https://alph[a]\.shop\.com$) { add_header Access-Control-Allow-Origin $http_origin; }
                  proxy_pass http://b; }";
    told_apart("", by_if, by_if);
    // A rule asks for pages of these by itself.
    for (name, origin) in [("elsewhere.example", "$http_origin"), ("app.example.com", "'$http_origin always'")] {
        let allow = allow(origin);
        told_apart(&format!("server {{ listen 443 ssl; server_name {name}; {allow} }}"), &allow, &allow);
    }
}

#[test]
fn another_location_of_the_server_tells_it_apart() {
    // Nobody asks for the page of an error himself: the first of these locations is one, and the others are not.
    let refused = |name: &str| {
        format!(
            "location /{name} {{ add_header Access-Control-Allow-Origin https://app.shop.com always; \
             add_header Access-Control-Allow-Methods PUT always; add_header Access-Control-Allow-Headers X-A always; return 403; }}"
        )
    };
    let locations: String = NAMES.iter().map(|name| refused(name)).collect();
    check_text(&format!(
        "server {{ server_name api.shop.com; {locations} location /zz/ {{ error_page 404 /{}; }} }}",
        NAMES[0]
    ));
    let page = "location / { add_header Access-Control-Allow-Origin * always; if ($http_origin) { error_page 404 =200 /e; return 404; } }";
    let [with, without] = ["add_header Access-Control-Allow-Origin * always;", ""]
        .map(|header| format!("{page} location = /e {{ {header} return 200; }}"));
    told_apart("", &without, &with);
    let probed = "location /p/ { add_header Access-Control-Allow-Origin https://app.shop.com; try_files $uri =404; \
                  if ($uri ~ ^/p/foo$) { add_header X-A b; } }";
    let [taken, free] = ["/p/foo", "/p/bar"].map(|path| format!("{probed} location = {path} {{ return 404; }}"));
    told_apart("", &taken, &free);
    // Two servers have the same locations, and in one of them the last stands where it sends CORS headers without answering OPTIONS.
    let inner = r"location ~ \.x$ { proxy_pass http://b; }";
    let nested = |first: &str, second: &str| {
        format!(
            "location /a/ {{ add_header Access-Control-Allow-Origin https://app.shop.com always; \
             add_header Access-Control-Allow-Methods PUT always; add_header Access-Control-Max-Age 600 always; \
             if ($request_method = OPTIONS) {{ return 204; }} proxy_pass http://b; {first} }} \
             location /c/ {{ proxy_pass http://b; {second} }}"
        )
    };
    told_apart("", &nested("", inner), &nested(inner, ""));
    let [empty, unread] = ["", "access_log off;"].map(|inside| {
        format!(
            "location / {{ if ($http_origin = https://app.shop.com) {{ add_header Access-Control-Allow-Origin $http_origin; }} \
             if ($remote_addr = 1.2.3.4) {{ {inside} }} proxy_pass http://b; }}"
        )
    });
    told_apart("", &empty, &unread);
}
