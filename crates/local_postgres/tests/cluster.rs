//! What the private cluster promises, tried on real servers.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop")]

#[path = "cluster/databases.rs"]
mod databases;
#[path = "cluster/places.rs"]
mod places;
#[path = "cluster/recovery.rs"]
mod recovery;
#[path = "cluster/sharing.rs"]
mod sharing;
#[path = "cluster/support.rs"]
mod support;
