//! 照片: beside the findings that they show, and on the village's board where the household agrees.

mod deeds;
mod serve;
mod thumbs;
mod village;
mod withdrawal;

pub(crate) use deeds::{decide, propose, withdraw};
pub(crate) use serve::{of_board, of_household, own};
pub(crate) use thumbs::{ReasonLine, Thumb, Thumbs, reasons};
pub(crate) use village::show;
pub(crate) use withdrawal::{OwnPhoto, own_photos, withdraw as withdraw_own};
