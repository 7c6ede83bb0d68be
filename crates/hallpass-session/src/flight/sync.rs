//! What the single flight of every program stands on.

pub(super) use std::sync::{Mutex, OnceLock};
pub(super) use tokio::{spawn, sync::Notify};
