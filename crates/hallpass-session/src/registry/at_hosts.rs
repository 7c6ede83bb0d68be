//! The clients of one name at many hosts.

use std::sync::{Arc, Mutex, PoisonError};

use hallpass_core::{BaseOAuth2, Result};

/// More hosts than are busy at once; each has metadata and keys. Who names hosts without end makes
/// others' be fetched again, and nothing grow.
const MOST_KEPT: usize = 256;

type Client = Arc<dyn BaseOAuth2>;

/// Those that were asked for last, the latest at the end.
#[derive(Default)]
pub(super) struct AtHosts(Mutex<Vec<(Box<str>, Client)>>);

impl AtHosts {
    /// The client at this host, or a new one. What cannot be made is not kept.
    pub(super) fn get(&self, host: &str, make: impl FnOnce() -> Result<Client>) -> Result<Client> {
        if let Some(client) = self.with(|kept| latest(kept, host)) {
            return Ok(client);
        }
        // Not under the lock: the constructor is the application's, and may ask for another host.
        let made = make()?;
        Ok(self.with(|kept| {
            // Of callers at the same time, all have the one that was there first.
            if let Some(client) = latest(kept, host) {
                return client;
            }
            if kept.len() >= MOST_KEPT {
                kept.remove(0);
            }
            kept.push((host.into(), Arc::clone(&made)));
            made
        }))
    }

    fn with<T>(&self, ask: impl FnOnce(&mut Vec<(Box<str>, Client)>) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The one at this host, which becomes the latest.
fn latest(kept: &mut Vec<(Box<str>, Client)>, host: &str) -> Option<Client> {
    let at = kept.iter().position(|(known, _)| **known == *host)?;
    // Those behind it move up.
    kept[at..].rotate_left(1);
    kept.last().map(|(_, client)| Arc::clone(client))
}
