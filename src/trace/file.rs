//! The assumption that a requested file exists, or does not: no configuration says so, and the response depends on it.

use url::Url;

use crate::cors::request::Request;
use crate::nginx::config::Config;
use crate::nginx::simulate::answer::{Answer, AnsweredBy, Question};

/// An assumption about a requested file.
#[derive(Debug, Clone)]
pub struct Assumed {
    /// In words.
    pub said: String,
    /// True if something other than an error answers in the other case.
    pub has_other: bool,
}

/// Assumes that the requested file exists or not, whichever is likelier, or the `other`; removes the answers that depend on the contrary, and
/// returns the assumption. A path that looks like a file's is requested because the file exists. Any other path is requested for the response
/// that nginx or the app gives instead, if there is one.
pub(super) fn take_file(
    config: &Config<'_>,
    answers: &mut Vec<Answer<'_>>,
    request: &Request,
    other: bool,
) -> Option<Assumed> {
    let is_file = |(question, there): &&(Question, bool)| *there && matches!(question, Question::File(_));
    let finds_one = |answer: &&Answer<'_>| answer.assumptions.iter().any(|assumed| is_file(&assumed));
    let by_file = answers.iter().find(|answer| answer.by == AnsweredBy::File);
    // nginx answers 405 to OPTIONS where a file is.
    let file = by_file.or_else(|| answers.iter().find(finds_one))?;
    let (question, _) = file.assumptions.iter().rfind(is_file)?.clone();
    let Question::File(path) = &question else { return None };
    let path = String::from_utf8_lossy(path).into_owned();
    let rests_on = |answer: &Answer<'_>, there: bool| answer.assumptions.contains(&(question.clone(), there));
    let answers_instead = |answer: &Answer<'_>| {
        let is_handed_on = answer.item.is_some_and(|item| config.item(item).name == b"try_files");
        let is_good = answer.status.is_some_and(|status| (200..300).contains(&status));
        answer.by == AnsweredBy::App || answer.by == AnsweredBy::File && is_good || is_handed_on
    };
    let has_other = answers.iter().any(|answer| rests_on(answer, false) && answers_instead(answer));
    let is_there = !has_other || looks_like_file(&request.url) != other;
    if answers.iter().any(|answer| rests_on(answer, is_there)) {
        answers.retain(|answer| rests_on(answer, is_there));
    }
    let said = format!("the file {path} is assumed {}", if is_there { "to exist" } else { "not to exist" });
    Some(Assumed { said, has_other })
}

/// Returns whether the last part of a URL's path ends in a file name extension, other than that of a program.
fn looks_like_file(url: &str) -> bool {
    let path = Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        let is_word = !extension.is_empty() && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        !stem.is_empty() && is_word && !extension.eq_ignore_ascii_case("php")
    })
}
