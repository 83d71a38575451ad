//! `corslint config`: which settings hold, and why.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use clap::Subcommand;
use corslint::cors::login::without_logins;
use corslint::finding::Severity;
use corslint::report::visible;
use corslint::settings::{self, FailOn, Level, Set, Settings};
use corslint::source::{Span, reason};

use super::lint::Lint;
use super::messages::{complain, print};
use super::which::NotRun;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Show the settings that hold for some paths, each with the line that sets it
    Show(Box<Lint>),
    /// Write a corslint.toml in which every setting is explained and none is set
    Init,
    /// Print the JSON schema of corslint.toml
    Schema,
}

impl ConfigCommand {
    /// Shows the settings, or writes a file of them, and gives the exit code.
    pub(super) fn run(&self) -> u8 {
        match self {
            ConfigCommand::Show(lint) => match lint.input.which.settings(&lint.paths) {
                Ok(settings) => print(0, |out| show(lint, &settings, out)),
                Err(error) => NotRun::Settings(error).report(),
            },
            ConfigCommand::Init => match init() {
                Ok(path) => print(0, |out| writeln!(out, "{path}")),
                Err(why) => complain(why),
            },
            ConfigCommand::Schema => print(0, |out| writeln!(out, "{:#}", settings::schema())),
        }
    }
}

/// Writes the commented start, and never over a file that is there.
fn init() -> Result<&'static str, String> {
    let [name, hidden] = settings::FILE_NAMES;
    if Path::new(hidden).exists() {
        return Err(format!("{hidden} is there already"));
    }
    let written = OpenOptions::new().write(true).create_new(true).open(name);
    match written.and_then(|mut file| file.write_all(settings::commented_start().as_bytes())) {
        Ok(()) => Ok(name),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(format!("{name} is there already")),
        Err(error) => Err(format!("{name}: {}", reason(&error))),
    }
}

/// Writes what holds as TOML, each line with its reason.
fn show(lint: &Lint, settings: &Settings, out: &mut impl Write) -> io::Result<()> {
    let told = Told { settings };
    match &settings.source {
        Some(source) => writeln!(out, "# {}", visible(&source.path))?,
        None if lint.input.which.isolated => writeln!(out, "# no settings file: --isolated")?,
        None => writeln!(out, "# no settings file")?,
    }
    told.values(lint, out)?;
    told.levels(lint, out)?;
    told.apps(out)?;
    told.env(out)
}

struct Told<'s> {
    settings: &'s Settings,
}

/// How wide what is set is, so that the reasons stand below one another, in characters.
const COLUMN: usize = 48;

/// A line of TOML with its reason.
fn line(out: &mut impl Write, text: &str, why: &str) -> io::Result<()> {
    writeln!(out, "{:COLUMN$} # {}", visible(&without_logins(text)), visible(why))
}

fn quoted(text: &str) -> String {
    // A JSON string is a TOML string, too.
    serde_json::Value::from(text).to_string()
}

impl Told<'_> {
    fn why(&self, span: Span) -> String {
        self.settings.line_of(span)
    }

    /// One value: the command line's, else the file's, else none.
    fn value(
        &self,
        out: &mut impl Write,
        name: &str,
        given: Option<String>,
        set: Option<(String, Span)>,
        default: Result<&str, &str>,
    ) -> io::Result<()> {
        match (given, set, default) {
            (Some(value), _, _) => line(out, &format!("{name} = {value}"), "command line"),
            (None, Some((value, span)), _) => line(out, &format!("{name} = {value}"), &self.why(span)),
            (None, None, Ok(value)) => line(out, &format!("{name} = {value}"), "default"),
            (None, None, Err(unset)) => line(out, &format!("# {name}"), &format!("not set: {unset}")),
        }
    }

    fn values(&self, lint: &Lint, out: &mut impl Write) -> io::Result<()> {
        let settings = self.settings;
        let fail_on = |fail_on: FailOn| match fail_on {
            FailOn::At(severity) => quoted(severity.word()),
            FailOn::Never => quoted("never"),
        };
        let version = |(major, minor, patch): (u32, u32, u32)| quoted(&format!("{major}.{minor}.{patch}"));
        let path = |path: &Path| quoted(&path.display().to_string());
        let context = |context| quoted(&format!("{context:?}").to_ascii_lowercase());
        fn of<T: Clone>(set: &Option<Set<T>>, tell: impl Fn(T) -> String) -> Option<(String, Span)> {
            set.as_ref().map(|set| (tell(set.value.clone()), set.span))
        }
        let given = lint.fail_on.map(|given| fail_on(given.into()));
        let default = fail_on(FailOn::At(Severity::Warning));
        self.value(out, "fail-on", given, of(&settings.fail_on, fail_on), Ok(&default))?;
        let given = lint.input.root.as_deref().map(path);
        let set = of(&settings.root, |root| path(&root));
        self.value(out, "root", given, set, Err("absolute includes are looked for beside the main file"))?;
        let given = lint.input.context.map(|given| context(given.context()));
        self.value(out, "context", given, of(&settings.context, context), Err("the content of a file tells"))?;
        let given = lint.nginx_version.map(version);
        let set = of(&settings.nginx_version, version);
        self.value(out, "nginx-version", given, set, Err("any that is still run"))?;
        let set = of(&settings.app_sets_cors, |flag| flag.to_string());
        self.value(out, "app-sets-cors", None, set, Err("the .env files tell"))?;
        let patterns: Vec<String> = settings.exclude.patterns().iter().map(|pattern| quoted(pattern)).collect();
        let exclude = (!patterns.is_empty()).then(|| (format!("[{}]", patterns.join(", ")), settings.exclude.span()));
        self.value(out, "exclude", None, exclude, Err("nothing is left out"))
    }

    /// The levels that are set: for everything, for the files of a directory, and for each file that was named what holds of them.
    fn levels(&self, lint: &Lint, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\n[rules]")?;
        if !lint.rules.is_empty() {
            writeln!(out, "# only {} # command line", visible(&lint.rules.join(", ")))?;
        }
        let tell = |out: &mut _, rule: &str, level: &Set<Level>| {
            line(out, &format!("{rule} = {}", quoted(level.value.word())), &self.why(level.span))
        };
        for (rule, level) in &self.settings.rules {
            tell(out, rule, level)?;
        }
        writeln!(out, "# every other rule as it says itself: `corslint rules`")?;
        // A directory may hold files of any of them.
        let overrides = self.settings.overrides.iter().filter(|_| lint.paths.iter().any(|path| !path.is_file()));
        for it in overrides {
            let patterns: Vec<String> = it.files.patterns().iter().map(|pattern| quoted(pattern)).collect();
            writeln!(out, "\n[[overrides]]")?;
            line(out, &format!("files = [{}]", patterns.join(", ")), &self.why(it.files.span()))?;
            writeln!(out, "[overrides.rules]")?;
            for (rule, level) in &it.rules {
                tell(out, rule, level)?;
            }
        }
        for path in lint.paths.iter().filter(|path| path.is_file()) {
            writeln!(
                out,
                "\n[[overrides]]\nfiles = [{}]\n[overrides.rules]",
                visible(&quoted(&path.to_string_lossy()))
            )?;
            for rule in corslint::rules::ALL {
                let level = self.settings.level(rule.id, path);
                if let Some(level) = level.filter(|level| self.settings.rules.get(rule.id) != Some(*level)) {
                    tell(out, rule.id, level)?;
                }
            }
        }
        Ok(())
    }

    fn apps(&self, out: &mut impl Write) -> io::Result<()> {
        for app in &self.settings.apps {
            writeln!(out, "\n[[app]]")?;
            line(out, &format!("path = {}", quoted(&app.path.value)), &self.why(app.path.span))?;
            let upstreams: Vec<String> = app.upstreams.iter().map(|name| quoted(name)).collect();
            writeln!(out, "upstream = [{}]", visible(&without_logins(&upstreams.join(", "))))?;
        }
        Ok(())
    }

    fn env(&self, out: &mut impl Write) -> io::Result<()> {
        if self.settings.env.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n[env]")?;
        for (name, key) in &self.settings.env {
            let meaning = key.value.as_ref().map_or("none", |key| settings::meaning_word(key.meaning));
            line(out, &format!("{} = {}", quoted(name), quoted(meaning)), &self.why(key.span))?;
        }
        Ok(())
    }
}
