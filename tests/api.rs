//! The API: its committed document, its conventions, logging in, keys and tokens.

mod document;
mod keys;
mod log;
mod login;
mod revocation;
mod roles;
mod tokens;

/// No limit of requests from one address: tests send many.
pub const UNLIMITED: &[(&str, &str)] =
    &[("JIFEN_HTTP__REQUESTS_PER_SECOND", "100000"), ("JIFEN_HTTP__REQUESTS_AT_ONCE", "100000")];
