//! The variables that nginx and its common modules bring with them.

/// Those whose value a configuration may not set; nginx calls a second definition a duplicate.
#[rustfmt::skip]
const FIXED: &[&str] = &[
    "binary_remote_addr", "body_bytes_sent", "bytes_sent", "connection", "connection_requests", "connection_time",
    "content_length", "content_type", "document_root", "document_uri", "fastcgi_path_info", "fastcgi_script_name",
    "host", "hostname", "http_cookie", "http_host", "http_referer", "http_user_agent", "http_via",
    "http_x_forwarded_for", "https", "is_args", "limit_conn_status", "limit_req_status", "msec", "nginx_version",
    "pid", "pipe", "proxy_add_x_forwarded_for", "proxy_protocol_addr", "proxy_protocol_port",
    "proxy_protocol_server_addr", "proxy_protocol_server_port", "query_string", "realpath_root", "remote_addr",
    "remote_port", "remote_user", "request", "request_body", "request_body_file", "request_completion",
    "request_filename", "request_id", "request_length", "request_method", "request_time", "request_uri", "scheme",
    "sent_http_cache_control", "sent_http_connection", "sent_http_content_length", "sent_http_content_type",
    "sent_http_keep_alive", "sent_http_last_modified", "sent_http_link", "sent_http_location",
    "sent_http_transfer_encoding", "server_addr", "server_name", "server_port", "server_protocol", "status",
    "tcpinfo_rcv_space", "tcpinfo_rtt", "tcpinfo_rttvar", "tcpinfo_snd_cwnd", "time_iso8601", "time_local",
    "upstream_addr", "upstream_bytes_received", "upstream_bytes_sent", "upstream_cache_status",
    "upstream_connect_time", "upstream_header_time", "upstream_response_length", "upstream_response_time",
    "upstream_status", "uri",
];

/// Others, which may be set or come with a module that not every nginx has.
#[rustfmt::skip]
const OTHER: &[&str] = &[
    "ancient_browser", "args", "date_gmt", "date_local", "gzip_ratio", "invalid_referer", "limit_rate",
    "memcached_key", "modern_browser", "msie", "path_info", "proxy_host", "proxy_port", "slice_range",
    "request_port", "is_request_port", "document_name", "location", "time_http", "now",
];

/// How the names of whole families begin: request and response fields, and the variables of modules, standard ones and
/// others. Modules add to them with every version, so anything that begins like this counts as known.
#[rustfmt::skip]
const FAMILIES: &[&str] = &[
    "acme_", "ajp_", "arg_", "brotli_", "connections_", "cookie_", "ech_", "echo_", "geoip", "grpc_", "http2",
    "http3", "http_", "ja3", "ja4", "js_", "jwt_", "keyval", "lua_", "mirror_", "modsecurity", "nchan_", "njs", "ocsp_",
    "oidc_", "opentelemetry_", "opentracing_", "otel_", "p8s_", "pagespeed", "passenger_", "perl_", "proxy_protocol_tlv_",
    "quic", "realip_", "rdns_", "secure_", "sent_http_", "sent_trailer_", "session_log_", "spdy", "ssl_", "sticky_",
    "tcpinfo_", "uid_", "upload_", "upstream_", "uploadprogress", "vhost_", "vts_", "waf_", "zstd_",
];

/// Returns whether nginx itself may define the variable; the name is in lower case. Where in doubt, it does.
pub(super) fn is_builtin(name: &str) -> bool {
    is_fixed(name) || OTHER.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Returns whether every nginx defines the variable itself and allows no other definition; the name is in lower case.
pub(super) fn is_fixed(name: &str) -> bool {
    FIXED.contains(&name)
}
