//! How to write a value so that the loaders read one and the same from it.
//!
//! Every form is tried: a line is made of it, and each loader reads that line. So what is told is never a form about which the next
//! run complains as well.

use crate::dotenv::reading::divergence::{Cause, Divergence};
use crate::dotenv::reading::loaders::{Loader, Reading, readings};
use crate::dotenv::syntax::grammar::parse;
use crate::dotenv::syntax::tree::EnvQuoting;

/// A form in which a value can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WrittenForm {
    Bare,
    Single,
    Double,
}

impl WrittenForm {
    const ALL: [WrittenForm; 3] = [WrittenForm::Bare, WrittenForm::Single, WrittenForm::Double];

    fn of(quoting: EnvQuoting) -> Option<WrittenForm> {
        match quoting {
            EnvQuoting::Bare => Some(WrittenForm::Bare),
            EnvQuoting::Single => Some(WrittenForm::Single),
            EnvQuoting::Double => Some(WrittenForm::Double),
            EnvQuoting::None | EnvQuoting::Backtick => None,
        }
    }

    /// To be read behind "write it".
    fn words(self) -> &'static str {
        match self {
            WrittenForm::Bare => "without quotes",
            WrittenForm::Single => "in single quotes",
            WrittenForm::Double => "in double quotes",
        }
    }

    fn line(self, key: &[u8], value: &[u8]) -> Vec<u8> {
        let quote: &[u8] = match self {
            WrittenForm::Bare => b"",
            WrittenForm::Single => b"'",
            WrittenForm::Double => b"\"",
        };
        [key, b"=", quote, value, quote, b"\n"].concat()
    }

    /// The loaders that are known to read something else than `value` where it is written so.
    fn astray(self, key: &[u8], value: &[u8]) -> Vec<Loader> {
        let line = self.line(key, value);
        let tree = parse(&line);
        let reads = |loader: &Loader| {
            let readings = readings(*loader, &tree, &line);
            let first = readings.first().filter(|(index, _)| *index == 0).map(|(_, reading)| reading);
            matches!(first, Some(Reading::Value(read)) if read == value) || first == Some(&Reading::Unknown)
        };
        Loader::ALL.into_iter().filter(|loader| !reads(loader)).collect()
    }
}

/// How many of them are more than an afterthought: every program can be started by Docker or systemd, and few are.
fn weight(loaders: &[Loader]) -> usize {
    loaders.iter().filter(|loader| !matches!(loader, Loader::DockerEnvFile | Loader::Systemd)).count()
}

impl Divergence<'_> {
    /// Returns what to write instead: a form that every loader reads alike, or else which of them wants which. `list` is another text that
    /// the product takes for the same.
    pub fn remedy(&self, file: &[u8], list: Option<&str>) -> String {
        let key = self.assignment.key.of(file);
        let is_bare = self.assignment.value.quoting == EnvQuoting::Bare;
        let value = match &self.usual {
            _ if self.cause == Cause::Variable => return "write the value out instead of a variable".to_owned(),
            Reading::Value(value) => value,
            _ => return "write `KEY=value`, with nothing else on the line".to_owned(),
        };
        if WrittenForm::Bare.astray(key, value).is_empty() {
            return match self.cause {
                Cause::Comment if is_bare => "put the comment on a line of its own",
                Cause::Comment => "put the comment on a line of its own, and write the value without quotes",
                Cause::Form | Cause::Hash | Cause::Blank | Cause::InnerQuotes | Cause::Backslash if is_bare => {
                    "write `KEY=value`, with nothing else on the line"
                }
                _ => "write `KEY=value`, without quotes",
            }
            .to_owned();
        }
        match list.filter(|list| WrittenForm::Bare.astray(key, list.as_bytes()).is_empty()) {
            Some(list) => format!("write\n    {}={list}", String::from_utf8_lossy(key)),
            None => self.best(key, value),
        }
    }

    /// Where no form is read alike by all: the one that most read, and the one that the others want.
    fn best(&self, key: &[u8], value: &[u8]) -> String {
        let own = WrittenForm::of(self.assignment.value.quoting);
        let mut forms = WrittenForm::ALL.map(|form| (form, form.astray(key, value)));
        forms.sort_by_key(|(form, astray)| (weight(astray), astray.len(), Some(*form) != own));
        let [(best, astray), others @ ..] = &forms;
        let names = astray.iter().map(|loader| loader.name()).collect::<Vec<_>>().join(" and ");
        let one = astray.len() == 1;
        let fits = |others: &&(WrittenForm, Vec<Loader>)| astray.iter().all(|loader| !others.1.contains(loader));
        let rest = match others.iter().find(fits) {
            Some((other, _)) => format!("{names} {} it {}", if one { "wants" } else { "want" }, other.words()),
            None => format!("{names} {} it in no form", if one { "reads" } else { "read" }),
        };
        let what = match self.cause {
            Cause::Comment => "put the comment on a line of its own, and write the value",
            _ if own == Some(*best) => "leave it",
            _ => "write it",
        };
        format!("no form is read alike by all loaders: {what} {}; {rest}", best.words())
    }
}

#[cfg(test)]
mod tests {
    use crate::dotenv::reading::divergence::divergences;
    use crate::dotenv::syntax::grammar::parse;

    #[track_caller]
    fn check(line: &str, list: Option<&str>, expected: &str) {
        let file = format!("{line}\n");
        let tree = parse(file.as_bytes());
        let found = divergences(&tree, file.as_bytes(), |_| true);
        let told = found.first().map(|found| found.remedy(file.as_bytes(), list));
        assert_eq!(told.as_deref(), Some(expected), "{line}");
    }

    #[test]
    fn what_all_read_alike_is_told() {
        check("A=\"https://a\"", None, "write `KEY=value`, without quotes");
        check("A=https://a # live", None, "put the comment on a line of its own");
        check(
            "A=\"https://a\" # live",
            None,
            "put the comment on a line of its own, and write the value without quotes",
        );
        check("A=https://a, https://b", Some("https://a,https://b"), "write\n    A=https://a,https://b");
    }

    #[test]
    fn where_no_form_is_read_alike_each_loader_is_told_its_own() {
        let docker = "docker --env-file wants it without quotes";
        let single = format!("no form is read alike by all loaders: write it in single quotes; {docker}");
        let same = format!("no form is read alike by all loaders: leave it in single quotes; {docker}");
        for value in ["[\"https://a\"]", "https://a;https://b", "https://a/#x"] {
            check(&format!("A={value}"), None, &single);
            check(&format!("A='{value}'"), None, &same);
        }
        check("A='/https://.*\\.a/'", None, &same);
        let double = format!("no form is read alike by all loaders: leave it in double quotes; {docker}");
        check("A=\"https://a https://b\"", None, &double);
    }
}
