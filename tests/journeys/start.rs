//! The first start.
