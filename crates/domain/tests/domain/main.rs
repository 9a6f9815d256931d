//! The rules together: deadlines minute by minute, and golden months.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod deadlines;
mod golden;
