//! The .env files: their grammar, their loaders, and what applications read in them.
