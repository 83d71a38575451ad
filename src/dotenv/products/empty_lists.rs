//! What products make of a list of origins that is empty.

use crate::dotenv::products::keys::Answer;

/// Products that let any origin in by default; whether an empty value is the default differs.
const OPEN_BY_DEFAULT: [&str; 13] = [
    "Dify",
    "Hasura",
    "Hugging Face inference",
    "LiteLLM proxy",
    "MinIO",
    "Open WebUI",
    "PostgREST",
    "Prefect server",
    "RustFS",
    "Saleor",
    "Typesense",
    "Weaviate",
    "Zipkin",
];

/// Products for which an empty value is a way to say that no other origin is wanted.
const CLOSED_BY_DEFAULT: [&str; 5] =
    ["Apache Airflow", "Jupyter Enterprise Gateway", "Jupyter Kernel Gateway", "Mattermost", "imgproxy"];

/// Returns whether an empty list shuts out pages that were meant to get in.
pub fn shuts_out_when_empty(product: &str) -> Answer {
    match product {
        closed if CLOSED_BY_DEFAULT.contains(&closed) => Answer::No,
        open if OPEN_BY_DEFAULT.contains(&open) => Answer::Unknown,
        _ => Answer::Yes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotenv::products::keys::all;

    #[test]
    fn the_products_are_those_of_the_table() {
        for product in OPEN_BY_DEFAULT.iter().chain(&CLOSED_BY_DEFAULT) {
            assert!(all().iter().any(|key| key.product == *product), "{product}");
        }
    }
}
