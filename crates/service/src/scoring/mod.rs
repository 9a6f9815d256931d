//! 评分: the month's cards, what contradicts them, and the leader's signature.

pub(crate) mod codes;
mod blank;
mod entry;
mod exceptions;
mod handing_in;
mod phone;
mod review;
mod signing;
mod standing;
mod village;

pub(crate) use blank::blank;
pub(crate) use entry::{save as save_entry, show as entry};
pub(crate) use exceptions::{ask as ask_exception, decide_asked as decide_exception};
pub(crate) use handing_in::{Receipts, SentSheet, photo, received, sheets};
pub(crate) use phone::{month as phone_month, show as phone};
pub(crate) use review::show as review;
pub(crate) use signing::sign;
pub(crate) use village::{decide, in_words, show};
