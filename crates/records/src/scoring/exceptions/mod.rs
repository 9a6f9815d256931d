//! Exceptions from the lock (补录): a village asks, the town decides, and entry opens for exactly that.

mod ask;
mod decide;
mod read;

pub use ask::{ExceptionRequest, ask_exception};
pub(crate) use decide::erase_exceptions;
pub use decide::{ExceptionDecision, decide_exception, withdraw_exception};
pub use read::{ExceptionTaken, ListedException, entry_lock, exceptions_of};
pub(crate) use read::{granted, granted_until};
