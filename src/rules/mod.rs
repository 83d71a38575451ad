//! The catalogue: one folder a rule.
//!
//! A test keeps both lists below in step with the folders of this directory.

#![allow(rustdoc::invalid_codeblock_attributes, reason = "the blocks of an example name the file they stand for")]

use crate::rule::Rule;

pub(crate) mod overlap;
pub(crate) mod shared;

// modules:start
pub mod add_header_in_if;
pub mod cache_ignores_origin;
pub mod content_length_header;
pub mod cors_header_on_request;
pub mod cors_headers_not_inherited;
pub mod cors_in_auth_request;
pub mod cors_in_proxy_and_app;
pub mod cors_lost_on_internal_redirect;
pub mod credentials_not_true;
pub mod dead_origin_map_entry;
pub mod duplicate_allow_origin;
pub mod empty_origins;
pub mod env_cors_not_enabled;
pub mod env_dead_key;
pub mod env_development_value;
pub mod env_duplicate_key;
pub mod env_list_in_single_origin_key;
pub mod env_loader_divergence;
pub mod env_missing_key;
pub mod env_origin_whitespace;
pub mod env_placeholder_origin;
pub mod env_scheme_in_host_list;
pub mod env_unresolved_in_template;
pub mod env_wrong_separator;
pub mod hide_header_not_inherited;
pub mod host_not_forwarded;
pub mod if_with_try_files;
pub mod include_not_found;
pub mod inconsistent_origins;
pub mod insecure_origin;
pub mod invalid_origin;
pub mod invalid_suppression;
pub mod localhost_in_production;
pub mod malformed_header_list;
pub mod method_not_uppercase;
pub mod missing_always;
pub mod missing_vary_origin;
pub mod misspelled_cors_header;
pub mod multiple_origins;
pub mod newline_in_header_value;
pub mod no_cors_headers;
pub mod not_analysed;
pub mod not_loadable;
pub mod null_origin;
pub mod options_not_short_circuited;
pub mod origin_header_rewritten;
pub mod origin_not_an_origin;
pub mod origin_trailing_slash;
pub mod overridden_origin_map;
pub mod preflight_bad_status;
pub mod preflight_blocked_by_auth;
pub mod preflight_missing_headers;
pub mod preflight_not_cached;
pub mod preflight_redirected;
pub mod reflected_origin;
pub mod shadowed_location;
pub mod syntax_error;
pub mod unused_origin_map;
pub mod unused_suppression;
pub mod weak_origin_regex;
pub mod wildcard_headers_with_credentials;
pub mod wildcard_with_credentials;
// modules:end

/// Every rule, by id.
#[rustfmt::skip]
pub const ALL: &[&Rule] = &[
    // rules:start
    &add_header_in_if::RULE,
    &cache_ignores_origin::RULE,
    &content_length_header::RULE,
    &cors_header_on_request::RULE,
    &cors_headers_not_inherited::RULE,
    &cors_in_auth_request::RULE,
    &cors_in_proxy_and_app::RULE,
    &cors_lost_on_internal_redirect::RULE,
    &credentials_not_true::RULE,
    &dead_origin_map_entry::RULE,
    &duplicate_allow_origin::RULE,
    &empty_origins::RULE,
    &env_cors_not_enabled::RULE,
    &env_dead_key::RULE,
    &env_development_value::RULE,
    &env_duplicate_key::RULE,
    &env_list_in_single_origin_key::RULE,
    &env_loader_divergence::RULE,
    &env_missing_key::RULE,
    &env_origin_whitespace::RULE,
    &env_placeholder_origin::RULE,
    &env_scheme_in_host_list::RULE,
    &env_unresolved_in_template::RULE,
    &env_wrong_separator::RULE,
    &hide_header_not_inherited::RULE,
    &host_not_forwarded::RULE,
    &if_with_try_files::RULE,
    &include_not_found::RULE,
    &inconsistent_origins::RULE,
    &insecure_origin::RULE,
    &invalid_origin::RULE,
    &invalid_suppression::RULE,
    &localhost_in_production::RULE,
    &malformed_header_list::RULE,
    &method_not_uppercase::RULE,
    &missing_always::RULE,
    &missing_vary_origin::RULE,
    &misspelled_cors_header::RULE,
    &multiple_origins::RULE,
    &newline_in_header_value::RULE,
    &no_cors_headers::RULE,
    &not_analysed::RULE,
    &not_loadable::RULE,
    &null_origin::RULE,
    &options_not_short_circuited::RULE,
    &origin_header_rewritten::RULE,
    &origin_not_an_origin::RULE,
    &origin_trailing_slash::RULE,
    &overridden_origin_map::RULE,
    &preflight_bad_status::RULE,
    &preflight_blocked_by_auth::RULE,
    &preflight_missing_headers::RULE,
    &preflight_not_cached::RULE,
    &preflight_redirected::RULE,
    &reflected_origin::RULE,
    &shadowed_location::RULE,
    &syntax_error::RULE,
    &unused_origin_map::RULE,
    &unused_suppression::RULE,
    &weak_origin_regex::RULE,
    &wildcard_headers_with_credentials::RULE,
    &wildcard_with_credentials::RULE,
    // rules:end
];
