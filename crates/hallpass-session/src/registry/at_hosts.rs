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
        // Held while one is made, which sends nothing: callers at the same time have the same one.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| **known == *host);
        let (host, client) = match found {
            Some(at) => kept.remove(at),
            None => (host.into(), make()?),
        };
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push((host, Arc::clone(&client)));
        Ok(client)
    }
}
