//! The handler that writes the body of a response.

use crate::nginx::config::ItemId;

/// The handler that writes the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::nginx) enum Handler {
    /// The app behind a directive of this name: `proxy_pass` and its kin.
    App(ItemId),
    /// `stub_status` and `empty_gif`: 405 for OPTIONS, like files (A3.1).
    Fixed(ItemId),
    /// A program whose answer cannot be read off the text.
    Scripted(ItemId),
    /// Files.
    Files,
}

/// Returns whether a module answers of which only the name is known: a program, another protocol's `*_pass`, a streaming server.
pub(in crate::nginx) fn is_foreign_handler(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 17] = [
        b"js_content",
        b"perl",
        b"flv",
        b"mp4",
        b"hls",
        b"vod",
        b"zip",
        b"gridfs",
        b"image_filter",
        b"passenger_enabled",
        b"dav_ext_methods",
        b"rtmp_stat",
        b"rtmp_control",
        b"api",
        b"status",
        b"upload_progress",
        b"slowfs_cache",
    ];
    let prefixes = [&b"content_by_lua"[..], b"echo", b"nchan_", b"push_stream_"];
    NAMES.contains(&name) || name.ends_with(b"_pass") || prefixes.iter().any(|prefix| name.starts_with(prefix))
}
