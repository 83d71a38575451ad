//! The role of a .env file, by its name.

/// The role of a file by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// `.env`: in force everywhere, under all others.
    Base,
    /// `.env.local`: a developer's machine.
    Local,
    /// `.env.development`, `dev.env`, and their `.local`.
    Development,
    /// `.env.test`.
    Test,
    /// `.env.staging`.
    Staging,
    /// See [`is_production`].
    Production,
    /// See [`is_example`].
    Example,
    /// Any other name.
    Other,
}

impl Role {
    /// Returns what a file of this name is for; [`Role::Other`] for one that is no .env file.
    pub fn of(name: &str) -> Role {
        let words = name_words(name).unwrap_or_else(|| vec![String::new()]);
        let has = |wanted: &[&str]| words.iter().any(|word| word.split(['-', '_']).any(|part| wanted.contains(&part)));
        match () {
            () if words.is_empty() => Role::Base,
            () if is_example(name) => Role::Example,
            () if is_production(name) => Role::Production,
            () if has(&["staging", "stage", "preview", "preprod", "qa", "uat"]) => Role::Staging,
            () if has(&["test", "testing", "ci", "e2e"]) => Role::Test,
            () if has(&["development", "dev"]) => Role::Development,
            () if words == ["local"] => Role::Local,
            () => Role::Other,
        }
    }
}

/// How an .env file's name is taken apart: its words without `env`, in lower case; nothing for other files.
fn name_words(name: &str) -> Option<Vec<String>> {
    let lower = name.to_ascii_lowercase();
    let words: Vec<String> = lower.split('.').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let dotted = lower == ".env" || lower.starts_with(".env.");
    let other = [
        "bak", "old", "orig", "swp", "swo", "gz", "zip", "tar", "gpg", "age", "asc", "enc", "vault", "keys", "ts",
        "js", "mjs", "cjs", "json", "py", "rb", "php", "sh", "md", "yml", "yaml", "toml", "j2", "erb", "tpl", "tmpl",
        "hbs", "schema", "rs", "go",
    ];
    let foreign = words.last().is_some_and(|last| other.contains(&last.as_str()) || last.ends_with('~'));
    if foreign || !(dotted || lower.ends_with(".env")) {
        return None;
    }
    Some(words.into_iter().filter(|word| word != "env").collect())
}

/// Returns whether a file of this name holds environment variables: `.env`, `.env.*`, `*.env`, but no backup, no script, no
/// encrypted file and no template of another language. `.envrc` is a script.
pub fn is_env_file_name(name: &str) -> bool {
    name_words(name).is_some()
}

/// Returns whether it is a sample that is copied and filled in, and never loaded.
pub fn is_example(name: &str) -> bool {
    let samples = ["example", "sample", "template", "dist", "defaults", "default"];
    let is_sample = |word: &String| word.split(['-', '_']).any(|part| samples.contains(&part));
    name_words(name).is_some_and(|words| words.iter().any(is_sample))
}

/// Returns whether it is loaded in production: `.env.production`, `.env.prod`, `prod.env`, `.env.production.local`,
/// `.env.live`.
pub fn is_production(name: &str) -> bool {
    let production = |word: &String| word.split(['-', '_']).any(|part| matches!(part, "production" | "prod" | "live"));
    !is_example(name) && name_words(name).is_some_and(|words| words.iter().any(production))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_env_files() {
        for name in [
            ".env.production",
            ".env.prod",
            "prod.env",
            "production.env",
            ".env.production.local",
            ".env.live",
            "app-prod.env",
            ".env.PRODUCTION",
        ] {
            assert!(is_env_file_name(name) && is_production(name) && !is_example(name), "{name}");
        }
        for name in
            [".env", ".env.local", "staging.env", ".env.staging", ".env.preprod", ".env.product", ".env.non-live-x"]
        {
            assert!(is_env_file_name(name) && !is_example(name), "{name}");
        }
        for name in
            [".env", ".env.preprod", ".env.product", ".env.production.example", ".env.example", "env.production"]
        {
            assert!(!is_production(name), "{name}");
        }
        for name in
            [".env.example", ".env.production.example", "sample.env", ".env.dist", ".env.template", ".env.prod-example"]
        {
            assert!(is_env_file_name(name) && is_example(name), "{name}");
        }
        for name in [
            ".envrc",
            "env",
            ".env.bak",
            ".env~",
            ".env.d.ts",
            ".env.local~",
            "env.js",
            ".env.j2",
            ".environment",
            "x.env.gpg",
            "env.production",
        ] {
            assert!(!is_env_file_name(name), "{name}");
        }
    }

    #[test]
    fn names_tell_what_a_file_is_for() {
        for (name, role) in [
            (".env", Role::Base),
            (".env.local", Role::Local),
            (".env.development", Role::Development),
            (".env.development.local", Role::Development),
            ("dev.env", Role::Development),
            (".env.test", Role::Test),
            (".env.staging", Role::Staging),
            (".env.preprod", Role::Staging),
            (".env.production", Role::Production),
            (".env.production.local", Role::Production),
            (".env.production.example", Role::Example),
            (".env.example", Role::Example),
            ("api.env", Role::Other),
            ("nginx.conf", Role::Other),
        ] {
            assert_eq!(Role::of(name), role, "{name}");
        }
    }
}
