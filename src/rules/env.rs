//! What the rules on .env files have in common.

use crate::deployment::EnvKey;
use crate::dotenv::file_name::Role;
use crate::dotenv::keys::Certainty;
use crate::finding::Severity;

/// How bad a fault is that is `worst` where it is certain. Only what was read in a product's source or documentation is an
/// error; a habit of naming keys tells less than a product seen in use; nobody loads a sample.
pub(super) fn severity(key: &EnvKey<'_>, worst: Severity, certainty: Certainty) -> Option<Severity> {
    let severity = match certainty {
        Certainty::Unverified => return None,
        Certainty::Src | Certainty::Docs => worst,
        Certainty::Usage => worst.min(Severity::Warning),
        Certainty::Convention => lower(worst),
    };
    Some(if key.role == Role::Example { lower(severity) } else { severity })
}

fn lower(severity: Severity) -> Severity {
    if severity == Severity::Error { Severity::Warning } else { Severity::Advice }
}
