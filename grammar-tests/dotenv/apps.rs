//! What corslint makes of an app's .env files, in `apps/*.txt`: stories of files and the policy they make.
//!
//! A story is `== name`, then files (`-- .env` and their lines), then `>>` and the expected lines: what [`render`]
//! says of the app, and `Origin -> answer` for questions.

use corslint::dotenv::products::app::{self, AllowOrigin, App};
use corslint::dotenv::syntax::grammar::parse;
use corslint::source::{FileId, Place, Source, Sources};

fn text(sources: &Sources, place: Place) -> String {
    let line = sources.get(place.file).position(place.span.start).line;
    format!("`{}` {}:{line}", sources.text(place), sources.get(place.file).path)
}

/// The app as lines of text.
fn render(app: &App, sources: &Sources) -> Vec<String> {
    let mut lines = Vec::new();
    for origin in &app.origins {
        let products = origin.keys.iter().map(|key| key.product).collect::<Vec<_>>().join(", ");
        let place = text(sources, origin.place);
        let (cors, padded) = (if origin.cors { "" } else { " not cors" }, if origin.padded { " padded" } else { "" });
        assert!(place.starts_with(&format!("`{}`", origin.text)) || place.contains("${"), "{place}");
        let slash = origin.slash_breaks().filter(|_| origin.text.ends_with('/'));
        let padded = format!("{padded}{}", slash.map_or(String::new(), |certainty| format!(" slash {certainty:?}")));
        lines.push(format!("origin {place} of {} [{products}]{cors}{padded}", origin.key_name));
    }
    if let Some(star) = &app.any_origin {
        let verbatim = if star.verbatim { " verbatim" } else { "" };
        lines.push(format!(
            "any origin {} of {} {:?}{verbatim}",
            text(sources, star.place),
            star.key_name,
            star.certainty
        ));
    }
    if let Some(credentials) = &app.credentials {
        lines.push(format!("credentials {} {}", credentials.value, text(sources, credentials.place)));
    }
    if let Some(place) = app.switched_off {
        lines.push(format!("off {}", text(sources, place)));
    }
    lines.push(match &app.evidence {
        Some(evidence) => {
            let product = evidence.product.map_or(String::new(), |product| format!(" {product}"));
            format!("evidence {} {:?}{product}", text(sources, evidence.place), evidence.certainty)
        }
        None => "no evidence".into(),
    });
    lines
}

fn answer(app: &App, sources: &Sources, origin: &str) -> String {
    let policy = app.answer_for(origin);
    let place = policy.place.map_or(String::new(), |place| format!(" {}", text(sources, place)));
    let allow_origin = match policy.allow_origin {
        AllowOrigin::Origin(origin) => origin,
        AllowOrigin::Star => "*".into(),
        AllowOrigin::None => "none".into(),
        AllowOrigin::Unknown => "unknown".into(),
    };
    let credentials = policy.credentials.map_or(String::new(), |value| format!(" credentials {value}"));
    format!("{origin} -> {allow_origin}{place}{credentials}")
}

fn check(story: &str) -> Result<(), String> {
    let (inputs, expected) = story.split_once("\n>>\n").ok_or("a story needs `>>`")?;
    let mut sources = Sources::default();
    let mut parts = inputs.split("\n-- ");
    let title = parts.next().unwrap_or_default();
    let files: Vec<FileId> = parts
        .map(|file| {
            let (name, body) = file.split_once('\n').unwrap_or((file, ""));
            sources.add(Source::new(name, None, body.as_bytes().to_vec()))
        })
        .collect();
    let trees: Vec<_> = files.iter().map(|&file| parse(&sources.get(file).bytes)).collect();
    let layers: Vec<_> =
        files.iter().zip(&trees).map(|(&file, tree)| (file, tree, sources.get(file).bytes.as_slice())).collect();
    let app = app::read(&layers);
    let mut actual = render(&app, &sources);
    for question in expected.lines().filter_map(|line| line.split_once(" -> ")) {
        actual.push(answer(&app, &sources, question.0));
    }
    let expected: Vec<&str> = expected.lines().filter(|line| !line.is_empty()).collect();
    if actual == expected { Ok(()) } else { Err(format!("{title}: is\n{}\n", actual.join("\n"))) }
}

#[test]
fn apps_read_their_files_as_the_stories_say() {
    let stories = include_str!("apps/stories.txt");
    let results: Vec<_> = stories.split("== ").skip(1).map(|story| check(story.trim_end())).collect();
    assert!(results.len() > 20, "the stories are read");
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
