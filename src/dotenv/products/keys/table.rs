//! The products, each with the keys that it reads.
//!
//! Sorted by name, the keys of each by theirs; a test says where an entry belongs. What a column does not say is as in [`PRODUCT`], [`origins`]
//! and [`value`].

use super::Certainty::{Docs, Src, Unverified, Usage};
use super::Meaning::{
    AllowHeaders, AnyOrigin, ApiUrl, CaddyDirectives, Credentials, CsrfOrigins, Dead, ExposeHeaders, FrontendUrl,
    Hosts, MaxAge, Methods, OriginRegex, Origins, OtherOrigins, OwnUrl, Schemes, SingleOrigin, Switch,
};
use super::product::{Product, Reflects, Unlisted, WithoutList};
use super::{Certainty, Key, Meaning, Patterns, Scheme, Separator, Slash, YesNo};

/// A list of origins after commas, `*` for any origin, schemes required, slashes kept: what most products want.
const fn origins(name: &'static str, certainty: Certainty) -> Key {
    Key {
        name,
        product: "",
        certainty,
        meaning: Origins,
        separator: Separator::Comma,
        star: YesNo::Yes,
        patterns: Patterns::None,
        scheme: Scheme::Required,
        slash: Slash::Kept,
        trims: YesNo::Unknown,
    }
}

/// A single value that is no origin.
const fn value(name: &'static str, certainty: Certainty, meaning: Meaning) -> Key {
    Key {
        meaning,
        separator: Separator::None,
        star: YesNo::No,
        scheme: Scheme::Unknown,
        slash: Slash::Unknown,
        ..origins(name, certainty)
    }
}

/// A product of which nothing but its keys is known.
const PRODUCT: Product = Product {
    name: "",
    markers: &[],
    keys: &[],
    without_list: WithoutList::Unchecked,
    sends_by_default_at: None,
    compares_ports: false,
    reflects: Reflects::Nothing,
    unlisted: Unlisted::Refused,
    reads_fixed_names: false,
    has_own_file: false,
    is_habit: false,
};

/// Every product.
#[rustfmt::skip]
pub(super) static PRODUCTS: &[Product] = &[
    Product { name: "ABP", keys: &[Key { star: YesNo::No, patterns: Patterns::Globs, slash: Slash::Stripped, ..origins("App__CorsOrigins", Src) }], ..PRODUCT },
    Product { name: "ASP.NET Core", keys: &[Key { separator: Separator::Indexed, star: YesNo::Unknown, slash: Slash::Unknown, ..origins("Cors__AllowedOrigins__0", Usage) }], ..PRODUCT },
    Product { name: "Apache Airflow", without_list: WithoutList::None, keys: &[
        value("AIRFLOW__API__ACCESS_CONTROL_ALLOW_HEADERS", Src, AllowHeaders),
        value("AIRFLOW__API__ACCESS_CONTROL_ALLOW_METHODS", Src, Methods),
        Key { separator: Separator::Space, star: YesNo::No, trims: YesNo::Yes, ..origins("AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "Arize Phoenix", keys: &[
        Key { trims: YesNo::No, ..origins("PHOENIX_ALLOWED_ORIGINS", Src) },
        Key { meaning: CsrfOrigins, star: YesNo::No, trims: YesNo::No, ..origins("PHOENIX_CSRF_TRUSTED_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "Better Auth", keys: &[Key { meaning: CsrfOrigins, star: YesNo::No, patterns: Patterns::Globs, slash: Slash::Unknown, ..origins("BETTER_AUTH_TRUSTED_ORIGINS", Usage) }], ..PRODUCT },
    Product { name: "Better Auth or Auth.js", keys: &[
        Key { meaning: OwnUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Unknown, ..origins("AUTH_URL", Usage) },
        Key { meaning: OwnUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Unknown, ..origins("BETTER_AUTH_URL", Usage) },
        Key { meaning: FrontendUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Allowed, ..origins("NEXTAUTH_URL", Usage) },
    ], ..PRODUCT },
    Product { name: "Cal.com", keys: &[
        Key { meaning: Hosts, separator: Separator::QuotedList, star: YesNo::No, scheme: Scheme::Forbidden, slash: Slash::Unknown, trims: YesNo::No, ..origins("ALLOWED_HOSTNAMES", Docs) },
        Key { meaning: OwnUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Unknown, ..origins("NEXT_PUBLIC_WEBAPP_URL", Docs) },
    ], ..PRODUCT },
    Product { name: "Centrifugo", keys: &[
        Key { separator: Separator::Space, patterns: Patterns::Globs, slash: Slash::Unknown, ..origins("CENTRIFUGO_ALLOWED_ORIGINS", Usage) },
        Key { separator: Separator::Space, patterns: Patterns::Globs, slash: Slash::Unknown, ..origins("CENTRIFUGO_CLIENT_ALLOWED_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "Chatwoot", keys: &[value("ENABLE_API_CORS", Src, AnyOrigin { when: true })], ..PRODUCT },
    Product { name: "Chroma before 1.0", keys: &[Key { separator: Separator::Json, ..origins("CHROMA_SERVER_CORS_ALLOW_ORIGINS", Src) }], ..PRODUCT },
    Product { name: "Confluent", keys: &[
        Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("CONNECT_ACCESS_CONTROL_ALLOW_ORIGIN", Unverified) },
        Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("KAFKA_REST_ACCESS_CONTROL_ALLOW_ORIGIN", Unverified) },
    ], ..PRODUCT },
    Product { name: "Confluent Schema Registry", keys: &[Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("SCHEMA_REGISTRY_ACCESS_CONTROL_ALLOW_ORIGIN", Usage) }], ..PRODUCT },
    Product { name: "Coolify services", keys: &[
        Key { star: YesNo::Unknown, patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("BUZZ_CORS_ORIGINS", Usage) },
        Key { star: YesNo::Unknown, patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("JEAN_ALLOWED_ORIGINS", Usage) },
        Key { star: YesNo::Unknown, patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("SPARKY_FITNESS_EXTRA_TRUSTED_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "Create React App", keys: &[Key { meaning: ApiUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Allowed, ..origins("REACT_APP_API_URL", Docs) }], ..PRODUCT },
    Product { name: "DefectDojo", keys: &[Key { meaning: CsrfOrigins, star: YesNo::No, patterns: Patterns::Unknown, slash: Slash::Unknown, trims: YesNo::No, ..origins("DD_CSRF_TRUSTED_ORIGINS", Src) }], ..PRODUCT },
    Product { name: "Dify", without_list: WithoutList::Any, keys: &[
        origins("CONSOLE_CORS_ALLOW_ORIGINS", Docs),
        origins("WEB_API_CORS_ALLOW_ORIGINS", Docs),
    ], ..PRODUCT },
    Product { name: "Directus", markers: &[&["CORS_ENABLED", "CORS_ORIGIN"], &["KEY", "SECRET"], &["ADMIN_EMAIL", "DB_CLIENT"]], reads_fixed_names: true, reflects: Reflects::WithTrue, keys: &[
        Key { separator: Separator::Comma, ..value("CORS_ALLOWED_HEADERS", Src, AllowHeaders) },
        value("CORS_CREDENTIALS", Src, Credentials),
        value("CORS_ENABLED", Src, Switch { when: true, default: false }),
        Key { separator: Separator::Comma, ..value("CORS_EXPOSED_HEADERS", Src, ExposeHeaders) },
        value("CORS_MAX_AGE", Src, MaxAge),
        Key { separator: Separator::Comma, ..value("CORS_METHODS", Src, Methods) },
        Key { patterns: Patterns::Prefixed, ..origins("CORS_ORIGIN", Src) },
    ], ..PRODUCT },
    Product { name: "Discourse", keys: &[
        Key { star: YesNo::Unknown, slash: Slash::Stripped, trims: YesNo::Yes, ..origins("DISCOURSE_CORS_ORIGIN", Src) },
        value("DISCOURSE_ENABLE_CORS", Src, Switch { when: true, default: false }),
    ], ..PRODUCT },
    Product { name: "Django", keys: &[
        Key { meaning: Hosts, patterns: Patterns::Globs, scheme: Scheme::Forbidden, ..origins("ALLOWED_HOSTS", Usage) },
        Key { meaning: CsrfOrigins, star: YesNo::No, patterns: Patterns::Globs, ..origins("CSRF_TRUSTED_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "Dokploy blueprints", keys: &[
        Key { patterns: Patterns::Unknown, scheme: Scheme::Unknown, slash: Slash::Unknown, ..origins("CORS_ALLOWED_DOMAINS", Usage) },
        Key { patterns: Patterns::Unknown, scheme: Scheme::Unknown, slash: Slash::Unknown, ..origins("HTTP_SERVER_CORS", Usage) },
        Key { patterns: Patterns::Unknown, scheme: Scheme::Unknown, slash: Slash::Unknown, ..origins("SECURITY_CORS_ALLOWED_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "Elasticsearch", keys: &[
        value("http.cors.allow-credentials", Unverified, Credentials),
        Key { patterns: Patterns::WholeSlashed, ..origins("http.cors.allow-origin", Usage) },
    ], ..PRODUCT },
    Product { name: "Evolution API", markers: &[&["AUTHENTICATION_API_KEY"]], keys: &[
        value("CORS_CREDENTIALS", Usage, Credentials),
        Key { separator: Separator::Comma, ..value("CORS_METHODS", Usage, Methods) },
        Key { slash: Slash::Unknown, ..origins("CORS_ORIGIN", Usage) },
    ], ..PRODUCT },
    Product { name: "Expo", keys: &[Key { meaning: ApiUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Allowed, ..origins("EXPO_PUBLIC_API_URL", Usage) }], ..PRODUCT },
    Product { name: "Express cors", keys: &[Key { meaning: SingleOrigin, separator: Separator::None, trims: YesNo::No, ..origins("CORS_ORIGIN", Src) }], ..PRODUCT },
    Product { name: "FastAPI full-stack template", keys: &[Key { separator: Separator::CommaOrJson, slash: Slash::Stripped, trims: YesNo::Yes, ..origins("BACKEND_CORS_ORIGINS", Src) }], ..PRODUCT },
    Product { name: "Flowise", markers: &[&["FLOWISE_USERNAME"], &["FLOWISE_SECRETKEY_OVERWRITE"]], reads_fixed_names: true, keys: &[
        value("CORS_ALLOW_CREDENTIALS", Src, Credentials),
        Key { trims: YesNo::Yes, ..origins("CORS_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "Gitea", has_own_file: true, keys: &[
        value("GITEA__cors__ALLOW_CREDENTIALS", Usage, Credentials),
        Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("GITEA__cors__ALLOW_DOMAIN", Usage) },
        value("GITEA__cors__ENABLED", Usage, Switch { when: true, default: false }),
    ], ..PRODUCT },
    Product { name: "Grafana", keys: &[
        Key { meaning: OtherOrigins, patterns: Patterns::Globs, slash: Slash::Unknown, ..origins("GF_LIVE_ALLOWED_ORIGINS", Usage) },
        Key { meaning: CsrfOrigins, separator: Separator::Space, star: YesNo::No, scheme: Scheme::Optional, slash: Slash::Unknown, ..origins("GF_SECURITY_CSRF_TRUSTED_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "Hasura", sends_by_default_at: Some("hasura"), markers: &[&["HASURA_GRAPHQL_DATABASE_URL"], &["HASURA_GRAPHQL_ADMIN_SECRET"]], without_list: WithoutList::Any, keys: &[
        Key { patterns: Patterns::Globs, slash: Slash::Unknown, trims: YesNo::Yes, ..origins("HASURA_GRAPHQL_CORS_DOMAIN", Docs) },
        value("HASURA_GRAPHQL_DISABLE_CORS", Unverified, Switch { when: false, default: true }),
    ], ..PRODUCT },
    Product { name: "Hoppscotch", keys: &[Key { star: YesNo::No, slash: Slash::Unknown, ..origins("WHITELISTED_ORIGINS", Docs) }], ..PRODUCT },
    Product { name: "Hoppscotch proxy", keys: &[Key { slash: Slash::Unknown, ..origins("PROXYSCOTCH_ALLOWED_ORIGINS", Usage) }], ..PRODUCT },
    Product { name: "Hugging Face inference", markers: &[&["MODEL_ID"]], without_list: WithoutList::Any, keys: &[Key { separator: Separator::Unknown, ..origins("CORS_ALLOW_ORIGIN", Src) }], ..PRODUCT },
    Product { name: "Hyperledger Besu", keys: &[Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("BESU_RPC_HTTP_CORS_ORIGINS", Docs) }], ..PRODUCT },
    Product { name: "JHipster", keys: &[Key { slash: Slash::Unknown, trims: YesNo::Yes, ..origins("JHIPSTER_CORS_ALLOWED_ORIGINS", Docs) }], ..PRODUCT },
    Product { name: "Jupyter Enterprise Gateway", without_list: WithoutList::None, keys: &[Key { meaning: SingleOrigin, separator: Separator::None, ..origins("EG_ALLOW_ORIGIN", Src) }], ..PRODUCT },
    Product { name: "Jupyter Kernel Gateway", without_list: WithoutList::None, keys: &[Key { meaning: SingleOrigin, separator: Separator::None, ..origins("KG_ALLOW_ORIGIN", Src) }], ..PRODUCT },
    Product { name: "Kong Gateway", keys: &[Key { meaning: SingleOrigin, star: YesNo::No, slash: Slash::Unknown, ..origins("KONG_ADMIN_GUI_URL", Usage) }], ..PRODUCT },
    Product { name: "Langflow", keys: &[
        value("LANGFLOW_CORS_ALLOW_CREDENTIALS", Src, Credentials),
        Key { separator: Separator::CommaOrJson, ..origins("LANGFLOW_CORS_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "Laravel", markers: &[&["APP_KEY"]], keys: &[
        Key { meaning: OwnUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Allowed, ..origins("APP_URL", Usage) },
        Key { trims: YesNo::No, ..origins("CORS_ALLOWED_ORIGINS", Src) },
        Key { meaning: Hosts, separator: Separator::None, star: YesNo::No, patterns: Patterns::Globs, scheme: Scheme::Forbidden, slash: Slash::Unknown, ..origins("SESSION_DOMAIN", Usage) },
    ], ..PRODUCT },
    Product { name: "Laravel Breeze", markers: &[&["APP_KEY"]], keys: &[Key { meaning: FrontendUrl, separator: Separator::None, star: YesNo::No, ..origins("FRONTEND_URL", Usage) }], ..PRODUCT },
    Product { name: "Laravel Sanctum", compares_ports: true, keys: &[Key { meaning: Hosts, patterns: Patterns::Globs, scheme: Scheme::Forbidden, trims: YesNo::No, ..origins("SANCTUM_STATEFUL_DOMAINS", Src) }], ..PRODUCT },
    Product { name: "LiteLLM proxy", without_list: WithoutList::Any, reflects: Reflects::WithAnyOrigin, keys: &[
        value("LITELLM_CORS_ALLOW_CREDENTIALS", Src, Credentials),
        Key { trims: YesNo::Yes, ..origins("LITELLM_CORS_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "LocalAI", markers: &[&["LOCALAI_CORS"]], keys: &[
        Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("CORS_ALLOW_ORIGINS", Src) },
        value("LOCALAI_CORS", Src, Switch { when: true, default: false }),
        Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("LOCALAI_CORS_ALLOW_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "MERN stack", keys: &[Key { meaning: SingleOrigin, separator: Separator::None, star: YesNo::No, ..origins("CLIENT_URL", Usage) }], ..PRODUCT },
    Product { name: "MLflow", keys: &[
        Key { meaning: Hosts, patterns: Patterns::Unknown, scheme: Scheme::Forbidden, slash: Slash::Unknown, ..origins("MLFLOW_SERVER_ALLOWED_HOSTS", Src) },
        Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "Mattermost", without_list: WithoutList::None, keys: &[
        Key { separator: Separator::Space, slash: Slash::Unknown, trims: YesNo::Yes, ..origins("MM_SERVICESETTINGS_ALLOWCORSFROM", Docs) },
        value("MM_SERVICESETTINGS_CORSALLOWCREDENTIALS", Docs, Credentials),
        value("MM_SERVICESETTINGS_CORSEXPOSEDHEADERS", Docs, ExposeHeaders),
    ], ..PRODUCT },
    Product { name: "Medusa", keys: &[
        Key { star: YesNo::No, patterns: Patterns::Slashed, trims: YesNo::No, ..origins("ADMIN_CORS", Src) },
        Key { star: YesNo::No, patterns: Patterns::Slashed, trims: YesNo::No, ..origins("AUTH_CORS", Src) },
        Key { star: YesNo::No, patterns: Patterns::Slashed, trims: YesNo::No, ..origins("STORE_CORS", Src) },
    ], ..PRODUCT },
    // It always sends `*`: `create_app` in its `lib.rs`.
    Product { name: "Meilisearch", sends_by_default_at: Some("meili"), markers: &[&["MEILI_MASTER_KEY"]], ..PRODUCT },
    Product { name: "Mercure", keys: &[Key { meaning: CaddyDirectives, separator: Separator::Space, slash: Slash::Unknown, ..origins("MERCURE_EXTRA_DIRECTIVES", Usage) }], ..PRODUCT },
    Product { name: "Mercure before 0.11", markers: &[&["MERCURE_PUBLISHER_JWT_KEY"]], keys: &[
        Key { separator: Separator::CommaOrSpace, slash: Slash::Unknown, ..origins("CORS_ALLOWED_ORIGINS", Usage) },
        Key { separator: Separator::CommaOrSpace, slash: Slash::Unknown, ..origins("PUBLISH_ALLOWED_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "Metabase", keys: &[
        Key { separator: Separator::Space, star: YesNo::No, patterns: Patterns::Globs, scheme: Scheme::Optional, slash: Slash::Unknown, trims: YesNo::Yes, ..origins("MB_EMBEDDING_APP_ORIGIN", Src) },
        Key { separator: Separator::Space, star: YesNo::No, patterns: Patterns::Globs, scheme: Scheme::Optional, slash: Slash::Unknown, ..origins("MB_EMBEDDING_APP_ORIGINS_INTERACTIVE", Usage) },
        Key { separator: Separator::Space, star: YesNo::No, patterns: Patterns::Globs, scheme: Scheme::Optional, slash: Slash::Unknown, ..origins("MB_EMBEDDING_APP_ORIGINS_SDK", Usage) },
    ], ..PRODUCT },
    Product { name: "Micronaut", has_own_file: true, keys: &[
        origins("MICRONAUT_SERVER_CORS_CONFIGURATIONS_*_ALLOWED_ORIGINS", Docs),
        value("MICRONAUT_SERVER_CORS_ENABLED", Docs, Switch { when: true, default: false }),
    ], ..PRODUCT },
    Product { name: "MinIO", sends_by_default_at: Some("minio"), markers: &[&["MINIO_ROOT_USER"]], without_list: WithoutList::Any, keys: &[Key { patterns: Patterns::Globs, ..origins("MINIO_API_CORS_ALLOW_ORIGIN", Docs) }], ..PRODUCT },
    Product { name: "Nest or Express with split", is_habit: true, keys: &[Key { star: YesNo::No, ..origins("CORS_ORIGIN", Src) }], ..PRODUCT },
    Product { name: "Next.js", keys: &[Key { meaning: ApiUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Allowed, ..origins("NEXT_PUBLIC_API_URL", Docs) }], ..PRODUCT },
    Product { name: "Node convention", is_habit: true, keys: &[
        Key { star: YesNo::Unknown, ..origins("CORS_WHITELIST", Usage) },
        Key { star: YesNo::Unknown, ..origins("WHITELIST", Usage) },
    ], ..PRODUCT },
    Product { name: "Nuxt, SvelteKit or Vue CLI", keys: &[
        Key { meaning: ApiUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Allowed, ..origins("NUXT_PUBLIC_API_BASE", Unverified) },
        Key { meaning: ApiUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Allowed, ..origins("PUBLIC_API_URL", Unverified) },
        Key { meaning: ApiUrl, separator: Separator::None, star: YesNo::No, slash: Slash::Allowed, ..origins("VUE_APP_API_URL", Unverified) },
    ], ..PRODUCT },
    Product { name: "Ollama", unlisted: Unlisted::OwnOrigins, keys: &[Key { patterns: Patterns::Globs, trims: YesNo::No, ..origins("OLLAMA_ORIGINS", Src) }], ..PRODUCT },
    Product { name: "Open WebUI", markers: &[&["WEBUI_SECRET_KEY"], &["WEBUI_AUTH"]], without_list: WithoutList::Any, reads_fixed_names: true, keys: &[
        Key { separator: Separator::Semicolon, ..value("CORS_ALLOW_CUSTOM_SCHEMES", Src, Schemes) },
        Key { separator: Separator::Semicolon, trims: YesNo::No, ..origins("CORS_ALLOW_ORIGIN", Src) },
    ], ..PRODUCT },
    Product { name: "Ory", has_own_file: true, keys: &[
        Key { separator: Separator::CommaOrIndexed, patterns: Patterns::Globs, slash: Slash::Unknown, ..origins("SERVE_PUBLIC_CORS_ALLOWED_ORIGINS", Docs) },
        value("SERVE_PUBLIC_CORS_ALLOW_CREDENTIALS", Usage, Credentials),
        value("SERVE_PUBLIC_CORS_ENABLED", Docs, Switch { when: true, default: false }),
    ], ..PRODUCT },
    Product { name: "Paperless-ngx", keys: &[
        Key { meaning: Hosts, scheme: Scheme::Forbidden, slash: Slash::Unknown, ..origins("PAPERLESS_ALLOWED_HOSTS", Usage) },
        Key { star: YesNo::No, slash: Slash::RefusesToStart, trims: YesNo::No, ..origins("PAPERLESS_CORS_ALLOWED_HOSTS", Src) },
        Key { meaning: CsrfOrigins, star: YesNo::No, patterns: Patterns::Unknown, slash: Slash::Unknown, trims: YesNo::No, ..origins("PAPERLESS_CSRF_TRUSTED_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "Parse Server", unlisted: Unlisted::FirstEntry, keys: &[
        Key { separator: Separator::Comma, ..value("PARSE_SERVER_ALLOW_HEADERS", Src, AllowHeaders) },
        Key { trims: YesNo::No, ..origins("PARSE_SERVER_ALLOW_ORIGIN", Src) },
    ], ..PRODUCT },
    Product { name: "Plane", keys: &[Key { star: YesNo::No, slash: Slash::RefusesToStart, ..origins("CORS_ALLOWED_ORIGINS", Usage) }], ..PRODUCT },
    Product { name: "PostgREST", sends_by_default_at: Some("postgrest"), markers: &[&["PGRST_DB_URI"]], without_list: WithoutList::Any, keys: &[Key { trims: YesNo::Yes, ..origins("PGRST_SERVER_CORS_ALLOWED_ORIGINS", Docs) }], ..PRODUCT },
    Product { name: "Prefect server", without_list: WithoutList::Any, keys: &[
        origins("PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS", Src),
        Key { separator: Separator::Comma, star: YesNo::Yes, ..value("PREFECT_SERVER_CORS_ALLOWED_HEADERS", Src, AllowHeaders) },
        Key { separator: Separator::Comma, star: YesNo::Yes, ..value("PREFECT_SERVER_CORS_ALLOWED_METHODS", Src, Methods) },
        origins("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", Src),
    ], ..PRODUCT },
    Product { name: "Qdrant", keys: &[value("QDRANT__SERVICE__ENABLE_CORS", Usage, AnyOrigin { when: true })], ..PRODUCT },
    Product { name: "Quarkus", has_own_file: true, keys: &[
        value("QUARKUS_HTTP_CORS", Usage, Switch { when: true, default: false }),
        Key { patterns: Patterns::WholeSlashed, ..origins("QUARKUS_HTTP_CORS_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "Rails rack-cors", markers: &[&["RAILS_ENV"], &["RAILS_MASTER_KEY"]], keys: &[
        Key { scheme: Scheme::Optional, trims: YesNo::No, ..origins("ALLOWED_ORIGINS", Usage) },
        Key { scheme: Scheme::Optional, trims: YesNo::No, ..origins("CORS_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "RustFS", sends_by_default_at: Some("rustfs"), markers: &[&["RUSTFS_ACCESS_KEY"]], without_list: WithoutList::Any, keys: &[
        Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("RUSTFS_CONSOLE_CORS_ALLOWED_ORIGINS", Usage) },
        Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("RUSTFS_CORS_ALLOWED_ORIGINS", Usage) },
    ], ..PRODUCT },
    Product { name: "Saleor", without_list: WithoutList::Any, keys: &[
        Key { meaning: Hosts, star: YesNo::No, scheme: Scheme::Forbidden, slash: Slash::Unknown, ..origins("ALLOWED_CLIENT_HOSTS", Usage) },
        Key { patterns: Patterns::Globs, ..origins("ALLOWED_GRAPHQL_ORIGINS", Src) },
    ], ..PRODUCT },
    Product { name: "Spring Boot actuator", keys: &[
        Key { separator: Separator::Comma, star: YesNo::Yes, ..value("MANAGEMENT_ENDPOINTS_WEB_CORS_ALLOWED_METHODS", Usage, Methods) },
        Key { slash: Slash::Unknown, trims: YesNo::Yes, ..origins("MANAGEMENT_ENDPOINTS_WEB_CORS_ALLOWED_ORIGINS", Docs) },
        value("MANAGEMENT_ENDPOINTS_WEB_CORS_ALLOW_CREDENTIALS", Usage, Credentials),
    ], ..PRODUCT },
    Product { name: "Strapi", sends_by_default_at: Some("strapi"), markers: &[&["APP_KEYS"]], keys: &[Key { separator: Separator::CommaOrBrackets, trims: YesNo::Yes, ..origins("CORS_ORIGIN", Usage) }], ..PRODUCT },
    Product { name: "Streamlit", keys: &[
        Key { separator: Separator::Unknown, star: YesNo::Unknown, slash: Slash::Unknown, ..origins("STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS", Src) },
        value("STREAMLIT_SERVER_ENABLE_CORS", Src, AnyOrigin { when: false }),
    ], ..PRODUCT },
    Product { name: "Supabase Auth", keys: &[
        Key { separator: Separator::Comma, ..value("GOTRUE_CORS_ALLOWED_HEADERS", Docs, AllowHeaders) },
        value("GOTRUE_CORS_ALLOWED_ORIGINS", Docs, Dead),
    ], ..PRODUCT },
    Product { name: "SvelteKit", keys: &[Key { meaning: OwnUrl, separator: Separator::None, star: YesNo::No, ..origins("ORIGIN", Unverified) }], ..PRODUCT },
    Product { name: "Symfony NelmioCorsBundle", markers: &[&["APP_SECRET", "APP_ENV"], &["###> nelmio/cors-bundle ###"]], keys: &[Key { patterns: Patterns::Regex, ..value("CORS_ALLOW_ORIGIN", Src, OriginRegex) }], ..PRODUCT },
    Product { name: "Temporal UI", keys: &[Key { star: YesNo::Unknown, patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("TEMPORAL_CORS_ORIGINS", Usage) }], ..PRODUCT },
    Product { name: "Typesense", sends_by_default_at: Some("typesense"), markers: &[&["TYPESENSE_API_KEY"]], without_list: WithoutList::Any, keys: &[
        Key { star: YesNo::No, ..origins("TYPESENSE_CORS_DOMAINS", Src) },
        value("TYPESENSE_ENABLE_CORS", Src, Switch { when: true, default: true }),
    ], ..PRODUCT },
    Product { name: "Vite", keys: &[
        Key { meaning: ApiUrl, separator: Separator::None, star: YesNo::No, scheme: Scheme::Optional, slash: Slash::Allowed, ..origins("VITE_API_BASE_URL", Docs) },
        Key { meaning: ApiUrl, separator: Separator::None, star: YesNo::No, scheme: Scheme::Optional, slash: Slash::Allowed, ..origins("VITE_API_URL", Docs) },
    ], ..PRODUCT },
    Product { name: "Wasp", keys: &[Key { meaning: SingleOrigin, separator: Separator::None, star: YesNo::No, ..origins("WASP_WEB_CLIENT_URL", Docs) }], ..PRODUCT },
    Product { name: "Weaviate", sends_by_default_at: Some("weaviate"), markers: &[&["PERSISTENCE_DATA_PATH", "DEFAULT_VECTORIZER_MODULE"]], without_list: WithoutList::Any, keys: &[Key { meaning: SingleOrigin, separator: Separator::Unknown, patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("CORS_ALLOW_ORIGIN", Unverified) }], ..PRODUCT },
    Product { name: "Zipkin", without_list: WithoutList::Any, keys: &[Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("ZIPKIN_HTTP_ALLOWED_ORIGINS", Usage) }], ..PRODUCT },
    Product { name: "convention", is_habit: true, keys: &[
        origins("ALLOWED_ORIGINS", Usage),
        origins("CORS_ORIGINS", Usage),
    ], ..PRODUCT },
    Product { name: "django-cors-headers", markers: &[&["CORS_ALLOW_ALL_ORIGINS"], &["DJANGO_SETTINGS_MODULE"], &["DJANGO_SECRET_KEY"]], reflects: Reflects::WithAnyOrigin, keys: &[
        Key { star: YesNo::No, slash: Slash::RefusesToStart, ..origins("CORS_ALLOWED_ORIGINS", Src) },
        value("CORS_ALLOW_ALL_ORIGINS", Src, AnyOrigin { when: true }),
        value("CORS_ALLOW_CREDENTIALS", Src, Credentials),
        Key { separator: Separator::CommaOrSpace, star: YesNo::No, slash: Slash::RefusesToStart, ..origins("CORS_ORIGIN_WHITELIST", Src) },
    ], ..PRODUCT },
    Product { name: "imgproxy", without_list: WithoutList::None, keys: &[Key { meaning: SingleOrigin, separator: Separator::None, ..origins("IMGPROXY_ALLOW_ORIGIN", Docs) }], ..PRODUCT },
    Product { name: "linkding", keys: &[Key { meaning: CsrfOrigins, star: YesNo::No, patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("LD_CSRF_TRUSTED_ORIGINS", Usage) }], ..PRODUCT },
    Product { name: "n8n", keys: &[
        value("N8N_CORS_ORIGIN", Src, Dead),
        Key { separator: Separator::Unknown, star: YesNo::Unknown, patterns: Patterns::Unknown, ..value("N8N_POSTMESSAGE_ALLOWED_ORIGINS", Src, OtherOrigins) },
    ], ..PRODUCT },
    Product { name: "pydantic-settings", keys: &[Key { separator: Separator::Json, trims: YesNo::Yes, ..origins("CORS_ALLOW_ORIGINS", Usage) }], ..PRODUCT },
];
