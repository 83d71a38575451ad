//! The settings file to start from: every key, explained and commented out.

use std::fmt::Write;

use super::fields::{ENV_KEY, SettingField, TOP, ValueKind};

/// The widest line of comment, in characters.
const WIDTH: usize = 100;

/// A settings file in which every key is explained and none is set.
pub fn commented_start() -> String {
    let mut text = "# Settings of corslint. Everything here is optional; take the `#` away before what you want to set.\n\
                    # Paths are relative to this file. The command line beats it; `corslint config show` says what holds.\n"
        .to_owned();
    for field in TOP {
        text.push('\n');
        explain(&mut text, field.about);
        // Writing to a String cannot fail.
        let _ = match field.kind {
            ValueKind::Levels => writeln!(text, "# [{}]\n# {}", field.name, field.example),
            ValueKind::Tables(fields) => {
                let _ = writeln!(text, "# [[{}]]", field.name);
                lines(&mut text, fields);
                Ok(())
            }
            ValueKind::EnvKeys => {
                let _ = writeln!(text, "# [{}]\n# {}\n#\n# [{0}.SHOP_PARTNERS]", field.name, field.example);
                lines(&mut text, ENV_KEY);
                Ok(())
            }
            _ => writeln!(text, "# {} = {}", field.name, field.example),
        };
    }
    text
}

/// A line for each key of a table, with what it is for and the words it may be.
fn lines(text: &mut String, fields: &[SettingField]) {
    for field in fields {
        let words = match field.kind {
            ValueKind::Choice(words) => format!(" One of {}.", words.join(", ")),
            _ => String::new(),
        };
        explain(text, &format!("{}{words}", field.about));
        let _ = writeln!(text, "# {} = {}", field.name, field.example);
    }
}

/// Wraps a sentence into lines of comment; two `#` tell it from what can be uncommented.
fn explain(text: &mut String, about: &str) {
    let mut line = "##".to_owned();
    for word in about.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = "##".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::read;
    use crate::source::Source;

    fn settings(text: &str) -> crate::settings::Settings {
        read::from_source(Source::new("corslint.toml", None, text.into()), Path::new("/")).unwrap()
    }

    #[test]
    fn the_commented_start_sets_nothing_and_can_be_uncommented() {
        let start = commented_start();
        assert!(settings(&start).rules.is_empty());
        assert!(start.lines().all(|line| line.chars().count() <= WIDTH + 4), "{start}");
        let is_comment = |line: &&str| !line.starts_with("##");
        let all: Vec<&str> =
            start.lines().skip(2).filter(is_comment).map(|line| line.trim_start_matches('#').trim_start()).collect();
        let all = settings(&all.join("\n"));
        assert!(all.fail_on.is_some() && all.root.is_some() && all.context.is_some() && all.nginx_version.is_some());
        assert_eq!((all.rules.len(), all.overrides.len(), all.apps.len(), all.env.len()), (1, 1, 1, 2));
    }
}
