//! Two deployments, before and after a repair: every request has to get the answer it got, but for what the repair is for.
//!
//! Both are asked the same: what either of them asks by itself, with an app that answers and one that fails, and requests without an
//! Origin. Where a page read the answer before, it still does, and all that a browser reads of CORS is still said. Where it was blocked,
//! it may be let in now; as long as it is not, nothing but CORS header fields has changed.

use std::collections::BTreeSet;

use url::Url;

use crate::cors::header::{CorsHeader, list_values};
use crate::cors::misnomer::misnomer;
use crate::cors::request::Request;
use crate::cors::serialized::check_serialized;
use crate::cors::verdict::{Kind, Verdict};
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Route;
use crate::deployment::Site;
use crate::deployment::ask::exchange::judge;
use crate::deployment::ask::visit;
use crate::dotenv::products::app::{AllowOrigin, App};
use crate::nginx::config::{Config, ContextId};
use crate::nginx::simulate::answer::{Answer, Question};
use crate::nginx::simulate::upstream::{AppStatus, Upstream};
use crate::nginx::simulate::value::Value;
use crate::source::{FileId, Place};

/// The responses that are assumed of an app: success, an error, none.
const STATUSES: [AppStatus; 3] = [AppStatus::This(200), AppStatus::This(500), AppStatus::Down];
/// The fault of a response that is neither the one it was nor a better one.
const OTHER: &str = "get another answer to";
/// How many of an app's origins that were written otherwise are asked about, and how many that were not.
const MAX_ORIGINS: usize = 64;
const FEW: usize = 4;

/// Something that a repair must not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The change in words.
    pub why: String,
    /// The blocks that its request passes, as they stand before the repair, the innermost first; none where it is about no request.
    pub blocks: Vec<Place>,
    /// The .env files of the app that its request reaches.
    pub env_files: Vec<FileId>,
}

/// How many differences of one repair are told.
const MAX_DIFFERENCES: usize = 10_000;

/// Returns what `after` says differently and a repair of this deployment must not change.
pub(crate) fn differences<'d>(deployment: &Deployment<'d>, after: &Deployment<'d>) -> Vec<Difference> {
    if deployment.sites.len() != after.sites.len() || deployment.projects.len() != after.projects.len() {
        return vec![Difference {
            why: "other files would belong together".to_owned(),
            blocks: Vec::new(),
            env_files: Vec::new(),
        }];
    }
    let sites = deployment.sites.iter().zip(&after.sites);
    let in_sites = sites.flat_map(|(old, new)| Pair { old, new }.differences());
    let environments =
        environments_differ(deployment, after).map(|why| Difference { why, blocks: Vec::new(), env_files: Vec::new() });
    in_sites.chain(environments).collect()
}

/// One nginx configuration, before and after.
struct Pair<'p, 'd> {
    old: &'p Site<'d>,
    new: &'p Site<'d>,
}

impl<'d> Pair<'_, 'd> {
    fn differences(&self) -> Vec<Difference> {
        let anywhere = |why: &str| Difference { why: why.to_owned(), blocks: Vec::new(), env_files: Vec::new() };
        if !has_same_blocks(self.old.config, self.new.config) {
            return vec![anywhere("the configuration would have other blocks")];
        }
        let mut found = Vec::new();
        // One difference of a block is enough.
        let mut differing = BTreeSet::new();
        let mut asked = BTreeSet::new();
        for site in [self.old, self.new] {
            for exchange in &site.exchanges {
                let route = &site.routes[exchange.route];
                let is_open = !differing.contains(&route.context) && asked.insert(key(route, exchange));
                if let Some(harm) = is_open.then(|| self.harm(route, exchange)).flatten() {
                    let (origin, request) = (exchange.origin(), exchange.page.main());
                    let why = format!("a page of {origin} would {harm} {}", line(&request));
                    differing.insert(route.context);
                    found.push(self.difference(why, route));
                }
            }
            for route in &site.routes {
                let request = Request { method: "GET".into(), url: route.url.clone(), headers: Vec::new() };
                if !differing.contains(&route.context) && self.differs_without_origin(route, &request) {
                    let why = format!("{} would get another answer from outside of any page", line(&request));
                    differing.insert(route.context);
                    found.push(self.difference(why, route));
                }
            }
            if found.len() > MAX_DIFFERENCES {
                break;
            }
        }
        // What was given up has no answers, and two of these look alike.
        if [self.old, self.new].iter().any(|site| !site.asker.model.given_up().is_empty()) {
            found.push(anywhere("some responses are too many to compare"));
        }
        found
    }

    /// A difference at a route; blocks are the same before and after.
    fn difference(&self, why: String, route: &Route<'_>) -> Difference {
        let config = self.old.config;
        let blocks = config.ancestors(route.context).filter_map(|context| config.block_place(context)).collect();
        let env_files = route.app.map_or_else(Vec::new, |app| app.files.to_vec());
        Difference { why, blocks, env_files }
    }

    /// The answers to one request, before and after.
    fn ask(&self, route: &Route<'_>, request: &Request, status: AppStatus) -> [Vec<Answer<'d>>; 2] {
        let Ok(url) = Url::parse(&request.url) else { return [Vec::new(), Vec::new()] };
        [self.old, self.new].map(|site| {
            let upstream = Upstream { status, ..site.asker.apps() };
            site.asker.ask(route.entry, (request, &url), &upstream)
        })
    }

    /// Returns what becomes worse for a page, in words.
    fn harm(&self, route: &Route<'_>, exchange: &Exchange<'d>) -> Option<&'static str> {
        let main = (Kind::Main, exchange.page.main());
        let requests =
            exchange.page.preflight().map(|preflight| (Kind::Preflight, preflight)).into_iter().chain([main]);
        requests.into_iter().find_map(|(kind, request)| {
            statuses(route).iter().find_map(|status| {
                let [old, new] = self.ask(route, &request, *status);
                let verdict = |answer: &Answer<'_>| judge(&exchange.page, kind, answer);
                if are_alike(self, &old, &new) {
                    let mut pairs = old.iter().zip(&new);
                    return pairs.find_map(|(old, new)| harm(kind, [old, new], [verdict(old), verdict(new)]));
                }
                // Other questions arise: that is right only for a page that was shut out and is let in.
                let is_let_in = old.iter().all(|answer| verdict(answer) != Verdict::Allowed)
                    && new.iter().all(|answer| verdict(answer) == Verdict::Allowed);
                (!is_let_in).then_some(OTHER)
            })
        })
    }

    fn differs_without_origin(&self, route: &Route<'_>, request: &Request) -> bool {
        statuses(route).iter().any(|status| {
            let [old, new] = self.ask(route, request, *status);
            !are_alike(self, &old, &new) || !old.iter().zip(&new).all(|(old, new)| is_same_but_for_cors(old, new))
        })
    }
}

/// Returns what makes it the same request, before or after.
fn key(route: &Route<'_>, exchange: &Exchange<'_>) -> (ContextId, bool, String, Option<String>) {
    let page = &exchange.page;
    (route.context, page.has_credentials(), page.main().curl(), page.preflight().map(|request| request.curl()))
}

fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.url)
}

fn statuses(route: &Route<'_>) -> &'static [AppStatus] {
    if route.reaches_app { &STATUSES } else { &STATUSES[..1] }
}

/// Returns whether the same blocks stand in the same order, so that a context of one is that context of the other.
fn has_same_blocks(old: &Config<'_>, new: &Config<'_>) -> bool {
    let blocks = |config: &Config<'_>| -> Vec<_> {
        config.contexts().map(|context| config.context(context)).map(|block| (block.kind, block.parent)).collect()
    };
    blocks(old) == blocks(new)
}

/// Returns whether both lists answer the same open questions in the same way, so that they can be compared one by one.
fn are_alike(pair: &Pair<'_, '_>, old: &[Answer<'_>], new: &[Answer<'_>]) -> bool {
    let question = |site: &Site<'_>, question: &Question| match question {
        Question::File(path) => path.clone(),
        Question::Condition(item) | Question::Address(item) | Question::Credentials(item) => {
            site.config.place(*item).span.of(site.config.bytes(site.config.item(*item).file)).to_vec()
        }
    };
    let assumed = |site: &Site<'_>, answer: &Answer<'_>| -> Vec<(Vec<u8>, bool)> {
        answer.assumptions.iter().map(|(asked, reply)| (question(site, asked), *reply)).collect()
    };
    let same = |(left, right)| assumed(pair.old, left) == assumed(pair.new, right);
    old.len() == new.len() && old.iter().zip(new).all(same)
}

/// In what a page is worse off with the second answer, in words.
fn harm(kind: Kind, [old, new]: [&Answer<'_>; 2], verdicts: [Verdict; 2]) -> Option<&'static str> {
    let is_kept = match verdicts {
        [Verdict::Allowed, Verdict::Allowed] => {
            old.context == new.context && is_same_but_for_cors(old, new) && reads_no_less(old, new)
        }
        [Verdict::Allowed, _] | [Verdict::Unknown(_), Verdict::Blocked(_)] => return Some("no longer read"),
        [_, Verdict::Allowed] => true,
        // Nobody sees what a preflight is refused with.
        _ if kind == Kind::Preflight => old.by == new.by,
        _ => is_same_but_for_cors(old, new),
    };
    (!is_kept).then_some(OTHER)
}

/// Returns whether the same answers, with the same status and the same header fields but those of CORS and what was meant for one.
fn is_same_but_for_cors(old: &Answer<'_>, new: &Answer<'_>) -> bool {
    let others = |answer: &Answer<'_>| {
        let fields = answer.fields.iter().map(|field| (String::from_utf8_lossy(&field.name), &field.value));
        let others = fields.filter(|(name, _)| CorsHeader::from_name(name.as_bytes()).is_none());
        // nginx sends the length of an answer by itself; another one makes browsers drop it.
        let others =
            others.filter(|(name, _)| misnomer(name).is_none() && !name.eq_ignore_ascii_case("Content-Length"));
        let mut others: Vec<_> = others.map(|(name, value)| (name.to_ascii_lowercase(), text(value))).collect();
        others.sort_unstable();
        others
    };
    let outcome = |answer: &Answer<'_>| (answer.status, answer.by, answer.open.is_some());
    outcome(old) == outcome(new) && others(old) == others(new)
}

/// A value as it is read: a line break with the blanks around it is a blank. None where it is not known.
fn text(value: &Value<'_>) -> Option<String> {
    let text = String::from_utf8_lossy(value.bytes()?).into_owned();
    Some(text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Returns whether all that a browser or a cache reads of CORS in the first answer stands in the second: the same origin, and no fewer names in
/// any list. Whether credentials are allowed shows in the verdict.
fn reads_no_less(old: &Answer<'_>, new: &Answer<'_>) -> bool {
    let values = |answer: &Answer<'_>, header: CorsHeader| -> Vec<Option<String>> {
        let named = answer.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(header.name().as_bytes()));
        named.map(|field| text(&field.value)).collect()
    };
    // A list that browsers cannot read says nothing.
    let names = |values: &[Option<String>]| -> BTreeSet<String> {
        let lists = values.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(",");
        let names = list_values(&lists).unwrap_or_default();
        names.into_iter().map(str::to_ascii_lowercase).collect()
    };
    let lists = [CorsHeader::AllowMethods, CorsHeader::AllowHeaders, CorsHeader::ExposeHeaders, CorsHeader::Vary];
    let keeps = |header: &CorsHeader| names(&values(old, *header)).is_subset(&names(&values(new, *header)));
    let age = values(old, CorsHeader::MaxAge);
    values(old, CorsHeader::AllowOrigin) == values(new, CorsHeader::AllowOrigin)
        && lists.iter().all(keeps)
        && (age.is_empty() || age == values(new, CorsHeader::MaxAge))
}

/// Returns what the .env files say differently: other keys, or less of what their apps allowed.
fn environments_differ<'d>(before: &Deployment<'d>, after: &Deployment<'d>) -> Option<String> {
    let keys = |deployment: &Deployment<'d>| -> Vec<Vec<Vec<u8>>> {
        let files = deployment.projects.iter().flat_map(|project| &project.files);
        let keys = files.map(|file| {
            let bytes = &deployment.sources.get(file.file).bytes;
            file.tree.assignments().map(|assignment| assignment.key.of(bytes).to_vec()).collect()
        });
        keys.collect()
    };
    if keys(before) != keys(after) {
        return Some("a .env file would have other keys".to_owned());
    }
    let old = before.projects.iter().map(|project| &project.production).chain(before.env_files);
    let new = after.projects.iter().map(|project| &project.production).chain(after.env_files);
    old.zip(new).find_map(|(old, new)| app_differs(old, new))
}

fn app_differs(old: &App, new: &App) -> Option<String> {
    let texts = |app: &'_ App| -> BTreeSet<String> { app.origins.iter().map(|origin| origin.text.clone()).collect() };
    let (before, after) = (texts(old), texts(new));
    // Whoever stands in both lists is let in as before; a few of them will do.
    let changed = before.symmetric_difference(&after).take(MAX_ORIGINS);
    let mentioned =
        changed.chain(before.intersection(&after).take(FEW)).filter_map(|text| match check_serialized(text) {
            Ok(origin) => Some(origin.to_string()),
            Err(fault) => fault.suggestion,
        });
    let origins: BTreeSet<String> = mentioned.chain([visit::foreign_origin()]).collect();
    let is_kept = |origin: &String| {
        let (old, new) = (old.answer_for(origin), new.answer_for(origin));
        match (&old.allow_origin, &new.allow_origin) {
            (AllowOrigin::None, _) => true,
            (AllowOrigin::Unknown, new) => *new != AllowOrigin::None,
            (was, is) => was == is && old.credentials == new.credentials,
        }
    };
    origins.iter().find(|origin| !is_kept(origin)).map(|origin| format!("the app would answer {origin} differently"))
}
