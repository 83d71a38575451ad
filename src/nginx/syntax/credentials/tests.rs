use super::*;
use crate::nginx::syntax::grammar::parse;

#[test]
fn secrets_are_sealed_and_what_names_them_is_not() {
    for (text, expected) in [
        ("proxy_set_header Authorization \"Basic x\" y;", &["Basic x", "y"][..]),
        ("proxy_set_header Authorization $http_authorization;", &[]),
        ("proxy_set_header Authorization \"\";", &[]),
        ("proxy_set_header Cookie \"$http_cookie; session=x\";", &["$http_cookie; session=x"]),
        ("proxy_set_header Cookie \"${http_cookie}; $b\";", &[]),
        ("proxy_set_header Host a.example;", &[]),
        ("secure_link_md5 \"$uri x\"; secure_link $arg_md5,$arg_expires;", &["$uri x"]),
        ("set $api_token x; set $b y; set $api_key z; set $cache_key w; set $token off;", &["x", "z"]),
        ("proxy_pass http://u:p@app; auth_basic_user_file f;", &["u:p", "f"]),
        ("proxy_set_header X-Api-Key 'https://u:p@h", &["'https://u:p@h"]),
        (
            "more_set_input_headers \"Authorization: x\" 'Host: y'; more_set_headers \"Set-Cookie:x; Secure\";",
            &["x", "x; Secure"],
        ),
        ("add_header Set-Cookie a=b; add_header X-Frame-Options DENY;", &["a=b"]),
        (
            "if ($http_authorization != \"Bearer x\") { } if ($http_cookie ~ sid=x) { } if ( $arg_token = x ) { }",
            &["Bearer x", "sid=x", "x"],
        ),
        ("if ($http_authorization) { } if ($http_origin = x) { } if ($http_authorization = \"\") { }", &[]),
        ("map $http_x_api_key $who { x alice; default \"\"; } map $a $b { x y; }", &["x", "default"]),
        ("map $host $api_key { a.example x; }", &["x"]),
        ("return 302 https://a/?b=c&api_key=x&d=e; rewrite ^ /p?token=y last;", &["x", "y"]),
        ("js_password x; content_by_lua_block { local k = 1 } a b;", &["x", " local k = 1 }"]),
        (
            "a b; # proxy_set_header Authorization x;\n# plain, with its token.\n# corslint: ignore[missing-always] token\nc '#token';",
            &[" proxy_set_header Authorization x;"],
        ),
        ("add_header Access-Control-Allow-Headers Authorization; if ($a = \"https://u@b\") { set $key 1; }", &["u"]),
    ] {
        let tree = parse(text.as_bytes());
        let sealed = sealed(&tree, text.as_bytes());
        let shown: Vec<&str> =
            sealed.spans.iter().map(|span| std::str::from_utf8(span.of(text.as_bytes())).unwrap()).collect();
        assert_eq!(shown, expected, "{text}");
    }
}
