//! What every request passes on its way: its number and address, limits, the origin of forms, idempotency keys.

pub(crate) mod address;
pub(crate) mod etag;
pub(crate) mod idempotent;
pub(crate) mod input;
pub(crate) mod limits;
pub(crate) mod origin;
pub(crate) mod serve;
