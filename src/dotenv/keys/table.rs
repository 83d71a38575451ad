//! The rows: one per key and product.
//!
//! Sorted by key, then by product. 134 researched rows on environment variables, some of which name several keys, and
//! six keys those rows mention in passing (a switch, an alias). To add a row, put it where it belongs in the order; a test
//! says where that is.

use super::Certainty::{Docs, Src, Unverified, Usage};
use super::Meaning::{
    AllowHeaders, AnyOrigin, ApiUrl, CaddyDirectives, Credentials, CsrfOrigins, Dead, ExposeHeaders, FrontendUrl,
    Hosts, MaxAge, Methods, OriginRegex, Origins, OtherOrigins, OwnUrl, Schemes, SingleOrigin, Switch,
};
use super::{Answer, Certainty, Key, Meaning, Patterns, Scheme, Separator, Slash};

/// A list of origins after commas, `*` for any origin, schemes required, slashes kept: what most products want.
const fn origins(name: &'static str, product: &'static str, certainty: Certainty) -> Key {
    Key {
        name,
        product,
        certainty,
        meaning: Origins,
        separator: Separator::Comma,
        star: Answer::Yes,
        patterns: Patterns::None,
        scheme: Scheme::Required,
        slash: Slash::Kept,
        trims: Answer::Unknown,
    }
}

/// A single value that is no origin.
const fn value(name: &'static str, product: &'static str, certainty: Certainty, meaning: Meaning) -> Key {
    Key {
        meaning,
        separator: Separator::None,
        star: Answer::No,
        scheme: Scheme::Unknown,
        slash: Slash::Unknown,
        ..origins(name, product, certainty)
    }
}

/// Every row.
pub(super) static ROWS: &[Key] = &[
    Key { star: Answer::No, patterns: Patterns::Slashed, trims: Answer::No, ..origins("ADMIN_CORS", "Medusa", Src) },
    value("AIRFLOW__API__ACCESS_CONTROL_ALLOW_HEADERS", "Apache Airflow", Src, AllowHeaders),
    value("AIRFLOW__API__ACCESS_CONTROL_ALLOW_METHODS", "Apache Airflow", Src, Methods),
    Key {
        separator: Separator::Space,
        star: Answer::No,
        trims: Answer::Yes,
        ..origins("AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS", "Apache Airflow", Src)
    },
    Key {
        meaning: Hosts,
        star: Answer::No,
        scheme: Scheme::Forbidden,
        slash: Slash::Unknown,
        ..origins("ALLOWED_CLIENT_HOSTS", "Saleor", Usage)
    },
    Key { patterns: Patterns::Globs, ..origins("ALLOWED_GRAPHQL_ORIGINS", "Saleor", Src) },
    Key {
        meaning: Hosts,
        separator: Separator::QuotedList,
        star: Answer::No,
        scheme: Scheme::Forbidden,
        slash: Slash::Unknown,
        trims: Answer::No,
        ..origins("ALLOWED_HOSTNAMES", "Cal.com", Docs)
    },
    Key {
        meaning: Hosts,
        patterns: Patterns::Globs,
        scheme: Scheme::Forbidden,
        ..origins("ALLOWED_HOSTS", "Django", Usage)
    },
    Key { scheme: Scheme::Optional, trims: Answer::No, ..origins("ALLOWED_ORIGINS", "Rails rack-cors", Usage) },
    origins("ALLOWED_ORIGINS", "convention", Usage),
    Key {
        meaning: OwnUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Allowed,
        ..origins("APP_URL", "Laravel", Usage)
    },
    Key { star: Answer::No, patterns: Patterns::Slashed, trims: Answer::No, ..origins("AUTH_CORS", "Medusa", Src) },
    Key {
        meaning: OwnUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Unknown,
        ..origins("AUTH_URL", "Better Auth or Auth.js", Usage)
    },
    Key {
        star: Answer::No,
        patterns: Patterns::Globs,
        slash: Slash::Stripped,
        ..origins("App__CorsOrigins", "ABP", Src)
    },
    Key {
        separator: Separator::CommaOrJson,
        slash: Slash::Stripped,
        trims: Answer::Yes,
        ..origins("BACKEND_CORS_ORIGINS", "FastAPI full-stack template", Src)
    },
    Key {
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("BESU_RPC_HTTP_CORS_ORIGINS", "Hyperledger Besu", Docs)
    },
    Key {
        meaning: CsrfOrigins,
        star: Answer::No,
        patterns: Patterns::Globs,
        slash: Slash::Unknown,
        ..origins("BETTER_AUTH_TRUSTED_ORIGINS", "Better Auth", Usage)
    },
    Key {
        meaning: OwnUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Unknown,
        ..origins("BETTER_AUTH_URL", "Better Auth or Auth.js", Usage)
    },
    Key {
        star: Answer::Unknown,
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("BUZZ_CORS_ORIGINS", "Coolify services", Usage)
    },
    Key {
        separator: Separator::Space,
        patterns: Patterns::Globs,
        slash: Slash::Unknown,
        ..origins("CENTRIFUGO_ALLOWED_ORIGINS", "Centrifugo", Usage)
    },
    Key {
        separator: Separator::Space,
        patterns: Patterns::Globs,
        slash: Slash::Unknown,
        ..origins("CENTRIFUGO_CLIENT_ALLOWED_ORIGINS", "Centrifugo", Usage)
    },
    Key { separator: Separator::Json, ..origins("CHROMA_SERVER_CORS_ALLOW_ORIGINS", "Chroma before 1.0", Src) },
    Key {
        meaning: SingleOrigin,
        separator: Separator::None,
        star: Answer::No,
        ..origins("CLIENT_URL", "MERN stack", Usage)
    },
    Key {
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("CONNECT_ACCESS_CONTROL_ALLOW_ORIGIN", "Confluent", Unverified)
    },
    origins("CONSOLE_CORS_ALLOW_ORIGINS", "Dify", Docs),
    Key {
        patterns: Patterns::Unknown,
        scheme: Scheme::Unknown,
        slash: Slash::Unknown,
        ..origins("CORS_ALLOWED_DOMAINS", "Dokploy blueprints", Usage)
    },
    Key { separator: Separator::Comma, ..value("CORS_ALLOWED_HEADERS", "Directus", Src, AllowHeaders) },
    Key { trims: Answer::No, ..origins("CORS_ALLOWED_ORIGINS", "Laravel", Src) },
    Key {
        separator: Separator::CommaOrSpace,
        slash: Slash::Unknown,
        ..origins("CORS_ALLOWED_ORIGINS", "Mercure before 0.11", Usage)
    },
    Key { star: Answer::No, slash: Slash::RefusesToStart, ..origins("CORS_ALLOWED_ORIGINS", "Plane", Usage) },
    Key {
        star: Answer::No,
        slash: Slash::RefusesToStart,
        ..origins("CORS_ALLOWED_ORIGINS", "django-cors-headers", Src)
    },
    value("CORS_ALLOW_ALL_ORIGINS", "django-cors-headers", Src, AnyOrigin { when: true }),
    value("CORS_ALLOW_CREDENTIALS", "Flowise", Src, Credentials),
    value("CORS_ALLOW_CREDENTIALS", "django-cors-headers", Src, Credentials),
    Key { separator: Separator::Semicolon, ..value("CORS_ALLOW_CUSTOM_SCHEMES", "Open WebUI", Src, Schemes) },
    Key { separator: Separator::Unknown, ..origins("CORS_ALLOW_ORIGIN", "Hugging Face inference", Src) },
    Key { separator: Separator::Semicolon, trims: Answer::No, ..origins("CORS_ALLOW_ORIGIN", "Open WebUI", Src) },
    Key {
        patterns: Patterns::Regex,
        ..value("CORS_ALLOW_ORIGIN", "Symfony NelmioCorsBundle", Unverified, OriginRegex)
    },
    Key {
        meaning: SingleOrigin,
        separator: Separator::Unknown,
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("CORS_ALLOW_ORIGIN", "Weaviate", Unverified)
    },
    Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("CORS_ALLOW_ORIGINS", "LocalAI", Src) },
    Key { separator: Separator::Json, trims: Answer::Yes, ..origins("CORS_ALLOW_ORIGINS", "pydantic-settings", Usage) },
    value("CORS_CREDENTIALS", "Directus", Src, Credentials),
    value("CORS_CREDENTIALS", "Evolution API", Usage, Credentials),
    value("CORS_ENABLED", "Directus", Src, Switch { when: true, default: false }),
    Key { separator: Separator::Comma, ..value("CORS_EXPOSED_HEADERS", "Directus", Src, ExposeHeaders) },
    value("CORS_MAX_AGE", "Directus", Src, MaxAge),
    Key { separator: Separator::Comma, ..value("CORS_METHODS", "Directus", Src, Methods) },
    Key { separator: Separator::Comma, ..value("CORS_METHODS", "Evolution API", Usage, Methods) },
    Key { patterns: Patterns::Prefixed, ..origins("CORS_ORIGIN", "Directus", Src) },
    Key { slash: Slash::Unknown, ..origins("CORS_ORIGIN", "Evolution API", Usage) },
    Key {
        meaning: SingleOrigin,
        separator: Separator::None,
        trims: Answer::No,
        ..origins("CORS_ORIGIN", "Express cors", Src)
    },
    Key { star: Answer::No, ..origins("CORS_ORIGIN", "Nest or Express with split", Src) },
    Key { trims: Answer::Yes, ..origins("CORS_ORIGIN", "Strapi", Usage) },
    Key { trims: Answer::Yes, ..origins("CORS_ORIGINS", "Flowise", Src) },
    Key { scheme: Scheme::Optional, trims: Answer::No, ..origins("CORS_ORIGINS", "Rails rack-cors", Usage) },
    origins("CORS_ORIGINS", "convention", Usage),
    Key {
        separator: Separator::CommaOrSpace,
        star: Answer::No,
        slash: Slash::RefusesToStart,
        ..origins("CORS_ORIGIN_WHITELIST", "django-cors-headers", Src)
    },
    Key { star: Answer::Unknown, ..origins("CORS_WHITELIST", "Node convention", Usage) },
    Key {
        meaning: CsrfOrigins,
        star: Answer::No,
        patterns: Patterns::Globs,
        ..origins("CSRF_TRUSTED_ORIGINS", "Django", Usage)
    },
    Key {
        separator: Separator::Indexed,
        star: Answer::Unknown,
        slash: Slash::Unknown,
        ..origins("Cors__AllowedOrigins__0", "ASP.NET Core", Usage)
    },
    Key {
        meaning: CsrfOrigins,
        star: Answer::No,
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        trims: Answer::No,
        ..origins("DD_CSRF_TRUSTED_ORIGINS", "DefectDojo", Src)
    },
    Key {
        star: Answer::Unknown,
        slash: Slash::Stripped,
        trims: Answer::Yes,
        ..origins("DISCOURSE_CORS_ORIGIN", "Discourse", Src)
    },
    value("DISCOURSE_ENABLE_CORS", "Discourse", Src, Switch { when: true, default: false }),
    Key {
        meaning: SingleOrigin,
        separator: Separator::None,
        ..origins("EG_ALLOW_ORIGIN", "Jupyter Enterprise Gateway", Src)
    },
    value("ENABLE_API_CORS", "Chatwoot", Src, AnyOrigin { when: true }),
    Key {
        meaning: ApiUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Allowed,
        ..origins("EXPO_PUBLIC_API_URL", "Expo", Usage)
    },
    Key {
        meaning: FrontendUrl,
        separator: Separator::None,
        star: Answer::No,
        ..origins("FRONTEND_URL", "Laravel Breeze", Usage)
    },
    Key {
        meaning: OtherOrigins,
        patterns: Patterns::Globs,
        slash: Slash::Unknown,
        ..origins("GF_LIVE_ALLOWED_ORIGINS", "Grafana", Usage)
    },
    Key {
        meaning: CsrfOrigins,
        separator: Separator::Space,
        star: Answer::No,
        scheme: Scheme::Optional,
        slash: Slash::Unknown,
        ..origins("GF_SECURITY_CSRF_TRUSTED_ORIGINS", "Grafana", Usage)
    },
    value("GITEA__cors__ALLOW_CREDENTIALS", "Gitea", Usage, Credentials),
    Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("GITEA__cors__ALLOW_DOMAIN", "Gitea", Usage) },
    value("GITEA__cors__ENABLED", "Gitea", Usage, Switch { when: true, default: false }),
    Key { separator: Separator::Comma, ..value("GOTRUE_CORS_ALLOWED_HEADERS", "Supabase Auth", Docs, AllowHeaders) },
    value("GOTRUE_CORS_ALLOWED_ORIGINS", "Supabase Auth", Docs, Dead),
    Key {
        patterns: Patterns::Globs,
        slash: Slash::Unknown,
        trims: Answer::Yes,
        ..origins("HASURA_GRAPHQL_CORS_DOMAIN", "Hasura", Docs)
    },
    value("HASURA_GRAPHQL_DISABLE_CORS", "Hasura", Unverified, Switch { when: false, default: true }),
    Key {
        patterns: Patterns::Unknown,
        scheme: Scheme::Unknown,
        slash: Slash::Unknown,
        ..origins("HTTP_SERVER_CORS", "Dokploy blueprints", Usage)
    },
    Key { meaning: SingleOrigin, separator: Separator::None, ..origins("IMGPROXY_ALLOW_ORIGIN", "imgproxy", Docs) },
    Key {
        star: Answer::Unknown,
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("JEAN_ALLOWED_ORIGINS", "Coolify services", Usage)
    },
    Key { slash: Slash::Unknown, trims: Answer::Yes, ..origins("JHIPSTER_CORS_ALLOWED_ORIGINS", "JHipster", Docs) },
    Key {
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("KAFKA_REST_ACCESS_CONTROL_ALLOW_ORIGIN", "Confluent", Unverified)
    },
    Key {
        meaning: SingleOrigin,
        separator: Separator::None,
        ..origins("KG_ALLOW_ORIGIN", "Jupyter Kernel Gateway", Src)
    },
    Key {
        meaning: SingleOrigin,
        star: Answer::No,
        slash: Slash::Unknown,
        ..origins("KONG_ADMIN_GUI_URL", "Kong Gateway", Usage)
    },
    value("LANGFLOW_CORS_ALLOW_CREDENTIALS", "Langflow", Src, Credentials),
    Key { separator: Separator::CommaOrJson, ..origins("LANGFLOW_CORS_ORIGINS", "Langflow", Src) },
    Key {
        meaning: CsrfOrigins,
        star: Answer::No,
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("LD_CSRF_TRUSTED_ORIGINS", "linkding", Usage)
    },
    value("LITELLM_CORS_ALLOW_CREDENTIALS", "LiteLLM proxy", Src, Credentials),
    Key { trims: Answer::Yes, ..origins("LITELLM_CORS_ORIGINS", "LiteLLM proxy", Src) },
    value("LOCALAI_CORS", "LocalAI", Src, Switch { when: true, default: false }),
    Key { patterns: Patterns::Unknown, slash: Slash::Unknown, ..origins("LOCALAI_CORS_ALLOW_ORIGINS", "LocalAI", Src) },
    Key {
        separator: Separator::Comma,
        star: Answer::Yes,
        ..value("MANAGEMENT_ENDPOINTS_WEB_CORS_ALLOWED_METHODS", "Spring Boot actuator", Usage, Methods)
    },
    Key {
        slash: Slash::Unknown,
        trims: Answer::Yes,
        ..origins("MANAGEMENT_ENDPOINTS_WEB_CORS_ALLOWED_ORIGINS", "Spring Boot actuator", Docs)
    },
    value("MANAGEMENT_ENDPOINTS_WEB_CORS_ALLOW_CREDENTIALS", "Spring Boot actuator", Usage, Credentials),
    Key {
        separator: Separator::Space,
        star: Answer::No,
        patterns: Patterns::Globs,
        scheme: Scheme::Optional,
        slash: Slash::Unknown,
        trims: Answer::Yes,
        ..origins("MB_EMBEDDING_APP_ORIGIN", "Metabase", Src)
    },
    Key {
        separator: Separator::Space,
        star: Answer::No,
        patterns: Patterns::Globs,
        scheme: Scheme::Optional,
        slash: Slash::Unknown,
        ..origins("MB_EMBEDDING_APP_ORIGINS_INTERACTIVE", "Metabase", Usage)
    },
    Key {
        separator: Separator::Space,
        star: Answer::No,
        patterns: Patterns::Globs,
        scheme: Scheme::Optional,
        slash: Slash::Unknown,
        ..origins("MB_EMBEDDING_APP_ORIGINS_SDK", "Metabase", Usage)
    },
    Key {
        meaning: CaddyDirectives,
        separator: Separator::Space,
        slash: Slash::Unknown,
        ..origins("MERCURE_EXTRA_DIRECTIVES", "Mercure", Usage)
    },
    origins("MICRONAUT_SERVER_CORS_CONFIGURATIONS_*_ALLOWED_ORIGINS", "Micronaut", Docs),
    value("MICRONAUT_SERVER_CORS_ENABLED", "Micronaut", Docs, Switch { when: true, default: false }),
    Key { patterns: Patterns::Globs, ..origins("MINIO_API_CORS_ALLOW_ORIGIN", "MinIO", Docs) },
    Key {
        meaning: Hosts,
        patterns: Patterns::Unknown,
        scheme: Scheme::Forbidden,
        slash: Slash::Unknown,
        ..origins("MLFLOW_SERVER_ALLOWED_HOSTS", "MLflow", Src)
    },
    Key {
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", "MLflow", Src)
    },
    Key {
        separator: Separator::Space,
        slash: Slash::Unknown,
        trims: Answer::Yes,
        ..origins("MM_SERVICESETTINGS_ALLOWCORSFROM", "Mattermost", Docs)
    },
    value("MM_SERVICESETTINGS_CORSALLOWCREDENTIALS", "Mattermost", Docs, Credentials),
    value("MM_SERVICESETTINGS_CORSEXPOSEDHEADERS", "Mattermost", Docs, ExposeHeaders),
    value("N8N_CORS_ORIGIN", "n8n", Src, Dead),
    Key {
        separator: Separator::Unknown,
        star: Answer::Unknown,
        patterns: Patterns::Unknown,
        ..value("N8N_POSTMESSAGE_ALLOWED_ORIGINS", "n8n", Src, OtherOrigins)
    },
    Key {
        meaning: OwnUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Unknown,
        ..origins("NEXTAUTH_URL", "Better Auth or Auth.js", Usage)
    },
    Key {
        meaning: ApiUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Allowed,
        ..origins("NEXT_PUBLIC_API_URL", "Next.js", Docs)
    },
    Key {
        meaning: OwnUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Unknown,
        ..origins("NEXT_PUBLIC_WEBAPP_URL", "Cal.com", Docs)
    },
    Key {
        meaning: ApiUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Allowed,
        ..origins("NUXT_PUBLIC_API_BASE", "Nuxt, SvelteKit or Vue CLI", Unverified)
    },
    Key { patterns: Patterns::Globs, trims: Answer::No, ..origins("OLLAMA_ORIGINS", "Ollama", Src) },
    Key { meaning: OwnUrl, separator: Separator::None, star: Answer::No, ..origins("ORIGIN", "SvelteKit", Unverified) },
    Key {
        meaning: Hosts,
        scheme: Scheme::Forbidden,
        slash: Slash::Unknown,
        ..origins("PAPERLESS_ALLOWED_HOSTS", "Paperless-ngx", Usage)
    },
    Key {
        star: Answer::No,
        slash: Slash::RefusesToStart,
        trims: Answer::No,
        ..origins("PAPERLESS_CORS_ALLOWED_HOSTS", "Paperless-ngx", Src)
    },
    Key {
        meaning: CsrfOrigins,
        star: Answer::No,
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        trims: Answer::No,
        ..origins("PAPERLESS_CSRF_TRUSTED_ORIGINS", "Paperless-ngx", Src)
    },
    Key { separator: Separator::Comma, ..value("PARSE_SERVER_ALLOW_HEADERS", "Parse Server", Src, AllowHeaders) },
    Key { trims: Answer::No, ..origins("PARSE_SERVER_ALLOW_ORIGIN", "Parse Server", Src) },
    Key { trims: Answer::Yes, ..origins("PGRST_SERVER_CORS_ALLOWED_ORIGINS", "PostgREST", Docs) },
    Key { trims: Answer::No, ..origins("PHOENIX_ALLOWED_ORIGINS", "Arize Phoenix", Src) },
    Key {
        meaning: CsrfOrigins,
        star: Answer::No,
        trims: Answer::No,
        ..origins("PHOENIX_CSRF_TRUSTED_ORIGINS", "Arize Phoenix", Src)
    },
    origins("PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS", "Prefect server", Src),
    Key {
        separator: Separator::Comma,
        star: Answer::Yes,
        ..value("PREFECT_SERVER_CORS_ALLOWED_HEADERS", "Prefect server", Src, AllowHeaders)
    },
    Key {
        separator: Separator::Comma,
        star: Answer::Yes,
        ..value("PREFECT_SERVER_CORS_ALLOWED_METHODS", "Prefect server", Src, Methods)
    },
    origins("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "Prefect server", Src),
    Key { slash: Slash::Unknown, ..origins("PROXYSCOTCH_ALLOWED_ORIGINS", "Hoppscotch proxy", Usage) },
    Key {
        meaning: ApiUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Allowed,
        ..origins("PUBLIC_API_URL", "Nuxt, SvelteKit or Vue CLI", Unverified)
    },
    Key {
        separator: Separator::CommaOrSpace,
        slash: Slash::Unknown,
        ..origins("PUBLISH_ALLOWED_ORIGINS", "Mercure before 0.11", Usage)
    },
    value("QDRANT__SERVICE__ENABLE_CORS", "Qdrant", Usage, AnyOrigin { when: true }),
    value("QUARKUS_HTTP_CORS", "Quarkus", Usage, Switch { when: true, default: false }),
    Key { patterns: Patterns::Slashed, ..origins("QUARKUS_HTTP_CORS_ORIGINS", "Quarkus", Usage) },
    Key {
        meaning: ApiUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Allowed,
        ..origins("REACT_APP_API_URL", "Create React App", Docs)
    },
    Key {
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("RUSTFS_CONSOLE_CORS_ALLOWED_ORIGINS", "RustFS", Usage)
    },
    Key {
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("RUSTFS_CORS_ALLOWED_ORIGINS", "RustFS", Usage)
    },
    Key {
        meaning: Hosts,
        patterns: Patterns::Globs,
        scheme: Scheme::Forbidden,
        trims: Answer::No,
        ..origins("SANCTUM_STATEFUL_DOMAINS", "Laravel Sanctum", Src)
    },
    Key {
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("SCHEMA_REGISTRY_ACCESS_CONTROL_ALLOW_ORIGIN", "Confluent Schema Registry", Usage)
    },
    Key {
        patterns: Patterns::Unknown,
        scheme: Scheme::Unknown,
        slash: Slash::Unknown,
        ..origins("SECURITY_CORS_ALLOWED_ORIGINS", "Dokploy blueprints", Usage)
    },
    Key {
        separator: Separator::CommaOrIndexed,
        patterns: Patterns::Globs,
        slash: Slash::Unknown,
        ..origins("SERVE_PUBLIC_CORS_ALLOWED_ORIGINS", "Ory", Docs)
    },
    value("SERVE_PUBLIC_CORS_ALLOW_CREDENTIALS", "Ory", Usage, Credentials),
    value("SERVE_PUBLIC_CORS_ENABLED", "Ory", Docs, Switch { when: true, default: false }),
    Key {
        meaning: Hosts,
        separator: Separator::None,
        star: Answer::No,
        patterns: Patterns::Globs,
        scheme: Scheme::Forbidden,
        slash: Slash::Unknown,
        ..origins("SESSION_DOMAIN", "Laravel", Usage)
    },
    Key {
        star: Answer::Unknown,
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("SPARKY_FITNESS_EXTRA_TRUSTED_ORIGINS", "Coolify services", Usage)
    },
    Key { star: Answer::No, patterns: Patterns::Slashed, trims: Answer::No, ..origins("STORE_CORS", "Medusa", Src) },
    Key {
        separator: Separator::Unknown,
        star: Answer::Unknown,
        slash: Slash::Unknown,
        ..origins("STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS", "Streamlit", Src)
    },
    value("STREAMLIT_SERVER_ENABLE_CORS", "Streamlit", Src, AnyOrigin { when: false }),
    Key {
        star: Answer::Unknown,
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("TEMPORAL_CORS_ORIGINS", "Temporal UI", Usage)
    },
    Key { star: Answer::No, ..origins("TYPESENSE_CORS_DOMAINS", "Typesense", Src) },
    value("TYPESENSE_ENABLE_CORS", "Typesense", Src, Switch { when: true, default: true }),
    Key {
        meaning: ApiUrl,
        separator: Separator::None,
        star: Answer::No,
        scheme: Scheme::Optional,
        slash: Slash::Allowed,
        ..origins("VITE_API_BASE_URL", "Vite", Docs)
    },
    Key {
        meaning: ApiUrl,
        separator: Separator::None,
        star: Answer::No,
        scheme: Scheme::Optional,
        slash: Slash::Allowed,
        ..origins("VITE_API_URL", "Vite", Docs)
    },
    Key {
        meaning: ApiUrl,
        separator: Separator::None,
        star: Answer::No,
        slash: Slash::Allowed,
        ..origins("VUE_APP_API_URL", "Nuxt, SvelteKit or Vue CLI", Unverified)
    },
    Key {
        meaning: SingleOrigin,
        separator: Separator::None,
        star: Answer::No,
        ..origins("WASP_WEB_CLIENT_URL", "Wasp", Docs)
    },
    origins("WEB_API_CORS_ALLOW_ORIGINS", "Dify", Docs),
    Key { star: Answer::Unknown, ..origins("WHITELIST", "Node convention", Usage) },
    Key { star: Answer::No, slash: Slash::Unknown, ..origins("WHITELISTED_ORIGINS", "Hoppscotch", Docs) },
    Key {
        patterns: Patterns::Unknown,
        slash: Slash::Unknown,
        ..origins("ZIPKIN_HTTP_ALLOWED_ORIGINS", "Zipkin", Usage)
    },
    value("http.cors.allow-credentials", "Elasticsearch", Unverified, Credentials),
    Key { patterns: Patterns::Slashed, ..origins("http.cors.allow-origin", "Elasticsearch", Usage) },
];
