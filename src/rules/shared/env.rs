//! Parts that the rules on .env files share.

use crate::cors::serialized::{NotSerialized, OriginFault};
use crate::deployment::Deployment;
use crate::deployment::EnvKey;
use crate::deployment::origins::lists;
use crate::dotenv::products::keys::Certainty;
use crate::dotenv::products::setting::AllowedOrigin;
use crate::dotenv::syntax::file_name::Role;
use crate::finding::Severity;

/// How bad a fault is that is `worst` where it is certain. Only what was read in a product's source or documentation is an
/// error, and only where more than a common name says that it is this product; a habit of naming keys is weaker evidence than a product
/// seen in use; samples are not loaded.
pub(crate) fn severity(key: &EnvKey<'_>, worst: Severity, certainty: Certainty) -> Option<Severity> {
    let severity = match certainty {
        Certainty::Unverified => return None,
        Certainty::Src | Certainty::Docs => worst,
        Certainty::Usage => worst.min(Severity::Warning),
        Certainty::Convention => lower(worst),
    };
    let severity = if key.setting.by_name_alone { severity.min(Severity::Warning) } else { severity };
    Some(if key.role == Role::Example { lower(severity) } else { severity })
}

/// Takes https for an origin that is written without its scheme where the others of its file come over https, all of them.
pub(crate) fn take_scheme(deployment: &Deployment<'_>, origin: &AllowedOrigin, fault: &mut NotSerialized) {
    let beside = || lists::env_origins(deployment).filter(|other| other.place.file == origin.place.file);
    let has = |scheme: &str| beside().any(|other| other.text.starts_with(scheme));
    if fault.fault == OriginFault::NoScheme && has("https://") && !has("http://") {
        fault.suggestion = fault.suggestion.take().map(|meant| meant.replacen("http://", "https://", 1));
    }
}

fn lower(severity: Severity) -> Severity {
    if severity == Severity::Error { Severity::Warning } else { Severity::Advice }
}
