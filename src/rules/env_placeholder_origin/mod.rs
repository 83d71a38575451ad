//! A placeholder of a sample stands where production's origin should be.
//!
//! ## Why it matters
//!
//! `https://your-domain.com` or `<FRONTEND>` is copied from a README and never filled in. The app starts, and lets
//! exactly that page in; the real one is blocked.
//!
//! ## Example
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://your-domain.com
//! ```
//!
//! ## Use instead
//!
//! ```env .env.production
//! CORS_ALLOWED_ORIGINS=https://shop.acme.test
//! ```

use crate::deployment::Deployment;
use crate::dotenv::products::keys::Certainty;
use crate::dotenv::products::placeholder::{Placeholder, placeholder};
use crate::dotenv::products::setting::AllowedOrigin;
use crate::finding::{Finding, Severity};
use crate::rule::{Rule, Subject};

/// See the module's documentation.
pub const RULE: Rule = Rule {
    id: "env-placeholder-origin",
    severity: Severity::Warning,
    since: "0.1.0",
    references: &["https://www.rfc-editor.org/rfc/rfc2606"],
    source: include_str!("mod.rs"),
    check: Subject::Deployment(check),
};

fn check(deployment: &Deployment<'_>, findings: &mut Vec<Finding>) {
    for project in deployment.projects.iter().filter(|project| project.has_production_file()) {
        let origins = &project.production.origins;
        // Documentation is full of example.com; beside real names it is what was forgotten.
        let names_real_ones = origins.iter().any(|origin| placeholder(&origin.text).is_none());
        let is_forgotten = |origin: &&AllowedOrigin| match placeholder(&origin.text) {
            Some(Placeholder::ToBeFilledIn) => true,
            Some(Placeholder::Reserved) => names_real_ones,
            Some(Placeholder::Loopback) | None => false,
        };
        findings.extend(origins.iter().filter(is_forgotten).filter_map(finding));
    }
}

fn finding(origin: &AllowedOrigin) -> Option<Finding> {
    let certainty = origin.keys.iter().map(|row| row.certainty).max()?;
    let severity = match certainty {
        Certainty::Unverified => return None,
        Certainty::Convention => Severity::Advice,
        Certainty::Usage | Certainty::Docs | Certainty::Src => Severity::Warning,
    };
    let message = format!("production lets `{}` in and not the page that is meant", origin.text);
    let finding = RULE.finding(origin.place, "is a placeholder", message);
    Some(Finding { severity, help: Some("write the origin of the real page".into()), ..finding })
}
