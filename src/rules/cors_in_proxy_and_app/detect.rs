//! Answers in which Access-Control-Allow-Origin comes twice, and from whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::cors::header::CorsHeader;
use crate::cors::request::Request;
use crate::deployment::Deployment;
use crate::deployment::Exchange;
use crate::deployment::Project;
use crate::deployment::Site;
use crate::deployment::ask::questions::MAX_CANDIDATES;
use crate::deployment::ask::visit;
use crate::deployment::upstream_to;
use crate::dotenv::products::app::Evidence;
use crate::dotenv::products::keys::Certainty;
use crate::nginx::config::ItemId;
use crate::nginx::simulate::answer::{Answer, AnsweredBy};

/// A directive of nginx whose line stands beside the app's.
#[derive(Debug)]
pub(super) struct BesideApp<'d> {
    /// The directive.
    pub item: ItemId,
    /// The directive that forwards the request to the app.
    pub pass: ItemId,
    /// The request that gets both lines.
    pub request: Option<Request>,
    /// Which app it is.
    pub app: Sender<'d>,
}

/// The app that sends the other line.
#[derive(Debug)]
pub(super) enum Sender<'d> {
    /// The one that this key belongs to.
    Known(&'d Evidence),
    /// One of several, without a statement to which the key belongs.
    OneOfSeveral(&'d Evidence),
    /// It stays open: these may be meant.
    Open(Vec<&'d Project<'d>>),
}

/// All of them by site and directive. One directive may stand for many locations; it is one fault.
pub(super) fn beside_apps<'a, 'd>(deployment: &'a Deployment<'d>) -> Vec<(&'a Site<'d>, BesideApp<'d>)> {
    let apps: BTreeSet<Vec<u8>> = deployment.sites.iter().flat_map(apps).collect();
    let is_one_of_several = apps.len() > 1 && deployment.behind.is_behind_all();
    let mut all = Vec::new();
    for site in &deployment.sites {
        let mut found: BTreeMap<ItemId, BesideApp<'d>> = BTreeMap::new();
        let mut opens: BTreeMap<ItemId, BesideApp<'d>> = BTreeMap::new();
        let mut requests: BTreeMap<ItemId, (bool, Request)> = BTreeMap::new();
        for exchange in &site.exchanges {
            let origin = exchange.origin();
            for (kind, answer) in exchange.answers() {
                let evidence = deployment.evidence_behind(site, answer).filter(|evidence| is_sure(evidence));
                let (Some(evidence), Some(pass)) = (evidence, answer.item) else { continue };
                let Some(doubled) = beside_app(answer, &origin) else { continue };
                // A page that nginx's own line lets in shows it best; an origin that stands in a .env file alone is not told.
                let known = requests.get(&doubled.item).map(|(lets_in, _)| *lets_in);
                if known.is_none_or(|lets_in| doubled.lets_in && !lets_in) {
                    requests.insert(doubled.item, (doubled.lets_in, exchange.request(kind)));
                }
                if doubled.matters() {
                    let is_open = is_one_of_several && evidence.only_at.is_none();
                    let app = if is_open { Sender::OneOfSeveral } else { Sender::Known }(evidence);
                    let item = doubled.item;
                    found.entry(item).or_insert(BesideApp { item, pass, request: None, app });
                }
            }
            if let Some(open) = beside_open_app(deployment, site, exchange) {
                opens.entry(open.item).or_insert(open);
            }
        }
        for (item, beside) in &mut found {
            beside.request = requests.remove(item).map(|(_, request)| request);
        }
        for (item, open) in opens {
            found.entry(item).or_insert(open);
        }
        all.extend(found.into_values().map(|found| (site, found)));
    }
    all
}

/// Where it stays open which app answers: what comes if it is one that sends CORS headers itself.
fn beside_open_app<'d>(deployment: &Deployment<'d>, site: &Site<'d>, exchange: &Exchange<'d>) -> Option<BesideApp<'d>> {
    let pass = exchange.main.iter().find(|answer| answer.by == AnsweredBy::App)?.item?;
    let sends = |app: &&Project<'_>| app.production.evidence.as_ref().is_some_and(is_sure);
    // The first one shows it; the others are named.
    let candidates: Vec<_> =
        deployment.behind.candidates(site.config.place(pass)).filter(sends).take(MAX_CANDIDATES).collect();
    let first = candidates.first()?;
    let origin = exchange.origin();
    let visit = visit::when_app_says(site, exchange, &upstream_to(&first.production, &origin));
    let doubled = |answer| beside_app(answer, &origin).filter(Doubled::matters);
    let item = visit.answers.iter().find_map(doubled)?.item;
    Some(BesideApp { item, pass, request: None, app: Sender::Open(candidates) })
}

/// An Allow-Origin of nginx's that goes out beside the app's.
struct Doubled {
    /// The directive.
    item: ItemId,
    /// True if the app is known to send one to this page.
    is_told: bool,
    /// True if nginx's own lets the page in.
    lets_in: bool,
}

impl Doubled {
    /// Returns whether the second line is what keeps the page out. Where it is not known whether the app sends one, nginx's has to let the page in:
    /// otherwise it is kept out with or without the app's.
    fn matters(&self) -> bool {
        self.is_told || self.lets_in
    }
}

fn is_sure(evidence: &Evidence) -> bool {
    evidence.certainty > Certainty::Unverified
}

fn beside_app<'d>(answer: &Answer<'d>, origin: &str) -> Option<Doubled> {
    if answer.by != AnsweredBy::App {
        return None;
    }
    let lines = || answer.fields_of(CorsHeader::AllowOrigin);
    let is_told = lines().find(|field| field.item.is_none())?.value.bytes().is_some();
    lines().find_map(|field| {
        let value = field.value.bytes()?;
        Some(Doubled { item: field.item?, is_told, lets_in: value == b"*" || value == origin.as_bytes() })
    })
}

/// The apps that requests reach, as `proxy_pass` and its kin name them.
fn apps<'s>(site: &'s Site<'_>) -> impl Iterator<Item = Vec<u8>> + 's {
    let answers = site.exchanges.iter().flat_map(|exchange| exchange.answers().map(|(_, answer)| answer));
    let passes: BTreeSet<ItemId> =
        answers.filter(|answer| answer.by == AnsweredBy::App).filter_map(|answer| answer.item).collect();
    passes.into_iter().filter_map(|item| app_of(site, item))
}

/// Host and port, or the socket, that a directive passes requests to.
fn app_of(site: &Site<'_>, pass: ItemId) -> Option<Vec<u8>> {
    let target = site.config.parameter(pass, 1)?;
    let start = target.windows(3).position(|three| three == b"://").map_or(0, |at| at + 3);
    let rest = target.get(start..)?;
    let is_socket = rest.starts_with(b"unix:") || rest.starts_with(b"/");
    let end = rest.iter().position(|byte| *byte == b'/').filter(|_| !is_socket).unwrap_or(rest.len());
    Some(rest.get(..end)?.to_ascii_lowercase())
}
