//! Values that options of several commands take.

use clap::ValueEnum;
use corslint::nginx::simulate::upstream::AppStatus;
use corslint::{engine, settings};

/// Splits `Name: value`.
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written `Name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Reads a status, or `down`.
pub(super) fn app_status(text: &str) -> Result<AppStatus, String> {
    match text.parse() {
        _ if text == "down" => Ok(AppStatus::Down),
        Ok(status @ 100..=599) => Ok(AppStatus::This(status)),
        _ => Err("a status is a number from 100 to 599, or `down`".to_owned()),
    }
}

/// Reads a version as `nginx -v` prints it; a patch left out is 0.
pub(super) fn version(text: &str) -> Result<(u32, u32, u32), String> {
    settings::version(text).ok_or_else(|| "a version is written like 1.22.1".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ContextName {
    Http,
    Server,
    Location,
}

impl ContextName {
    pub(super) fn context(self) -> engine::StatedContext {
        match self {
            ContextName::Http => engine::StatedContext::Http,
            ContextName::Server => engine::StatedContext::Server,
            ContextName::Location => engine::StatedContext::Location,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_or_three_numbers() {
        for (text, expected) in [
            ("1.22.1", Some((1, 22, 1))),
            ("1.29", Some((1, 29, 0))),
            ("1", None),
            ("1.2.3.4", None),
            ("1.x", None),
            ("nginx/1.22.1", None),
            ("", None),
        ] {
            assert_eq!(version(text).ok(), expected, "{text}");
        }
    }
}
