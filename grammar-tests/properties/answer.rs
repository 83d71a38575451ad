//! The answers to any request: as many as there are open questions, and under what one of them assumes no other.

use corslint::cors::request::Request;
use corslint::nginx::config::Config;
use corslint::nginx::simulate::answer::{Answer, EntryPoint, Question};
use corslint::nginx::simulate::model::{MAX_STEPS, Model};
use corslint::nginx::simulate::upstream::{AppHeaders, AppStatus, Upstream};

use super::files::Bundle;
use super::include::Memory;
use super::{assert_whole, cost};

/// Checks any bundle of files and requests.
pub fn check(text: &[u8]) {
    let mut bundle = Bundle::read(text);
    if bundle.requests.is_empty() {
        let headers = vec![("Origin".into(), "https://app.example.com".to_owned())];
        let url = "https://www.example.com/api/".to_owned();
        bundle.requests.push(Request { method: "OPTIONS".into(), url, headers });
    }
    let vary = vec![("Vary".to_owned(), Some("Origin".to_owned()))];
    let app = Upstream { status: AppStatus::This(200), headers: AppHeaders::Same(vary) };
    Memory::new(&bundle).with(text.len(), |config| {
        let model = cost::bounded(text.len(), || Model::new(config));
        for request in &bundle.requests {
            let ask = |assume: &dyn Fn(&Question) -> Option<bool>| {
                let before = model.steps();
                let answers = cost::bounded(text.len() + request.url.len(), || {
                    model.answers(request, &app, EntryPoint::Url, assume)
                });
                let steps = model.steps() - before;
                assert!(steps <= MAX_STEPS + cost::steps(text.len()), "one request takes {steps} steps");
                answers
            };
            let answers = ask(&|_| None);
            for answer in &answers {
                sound(config, answer);
            }
            for answer in answers.iter().take(4) {
                let assumed = |question: &Question| {
                    answer.assumptions.iter().find(|(other, _)| other == question).map(|(_, reply)| *reply)
                };
                let mut again = ask(&assumed);
                assert_eq!(again.len(), 1, "what it assumes decides it");
                again[0].number = answer.number;
                assert_eq!(format!("{:?}", again[0]), format!("{answer:?}"));
            }
        }
    });
}

fn sound(config: &Config<'_>, answer: &Answer<'_>) {
    assert!(config.contexts().any(|context| context == answer.server));
    assert!(config.contexts().any(|context| context == answer.context));
    for item in answer.fields.iter().filter_map(|field| field.item).chain(answer.item).chain(answer.open) {
        let place = config.place(item);
        assert_whole(place.span, config.bytes(place.file), "what answers");
    }
    let mut questions: Vec<&Question> = answer.assumptions.iter().map(|(question, _)| question).collect();
    questions.sort();
    questions.dedup();
    assert_eq!(questions.len(), answer.assumptions.len(), "no question is open twice");
}
