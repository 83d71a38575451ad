//! Lists of hosts that lack the port of the page, in products that compare it.

use hashbrown::HashMap;

use crate::cors::origin::Origin;
use crate::deployment::Deployment;
use crate::deployment::meant_origin;
use crate::dotenv::products::app::App;
use crate::dotenv::products::keys::{self, Key, Meaning};
use crate::dotenv::products::list::ListEntry;
use crate::dotenv::products::setting::Setting;
use crate::source::Place;

/// A host that a list has without the port of the page.
#[derive(Debug)]
pub(super) struct PortLeftOut {
    /// The host in the list.
    pub place: Place,
    /// The entry that the list needs.
    pub wanted: String,
    /// The page.
    pub page: Place,
    /// The product that compares them.
    pub product: &'static str,
}

/// All of them, in production and in each file.
pub(super) fn ports_left_out(deployment: &Deployment<'_>) -> Vec<PortLeftOut> {
    deployment.file_apps().chain(deployment.behind.apps()).flat_map(of_app).collect()
}

fn of_app(app: &App) -> Vec<PortLeftOut> {
    let is_list =
        |key: &Key| key.meaning == Meaning::Hosts && keys::product(key.product).is_some_and(|it| it.compares_ports);
    let lists = app.settings.iter().filter(|setting| !setting.keys.is_empty() && setting.keys.iter().all(is_list));
    lists.filter_map(|setting| of_list(app, setting)).collect()
}

fn of_list(app: &App, setting: &Setting) -> Option<PortLeftOut> {
    let row = setting.keys.first()?;
    let entries = setting.entries(row.separator);
    let by_host: HashMap<String, &ListEntry> = entries.iter().map(|entry| (setting.text_of(entry), entry)).collect();
    let is_page = |key: &Key| key.meaning == Meaning::FrontendUrl;
    let pages = app.origins.iter().filter(|origin| origin.keys.iter().all(is_page));
    pages.filter_map(|page| Some((page, meant_origin(&page.text)?))).find_map(|(page, origin)| {
        let Origin::Tuple { host, port: Some(port), .. } = &origin else { return None };
        let wanted = format!("{host}:{port}");
        let entry = by_host.get(host)?;
        let is_known = by_host.contains_key(&wanted) || by_host.contains_key(&format!("{host}:*"));
        (!is_known).then(|| PortLeftOut {
            place: setting.place_of(entry),
            wanted,
            page: page.place,
            product: row.product,
        })
    })
}
