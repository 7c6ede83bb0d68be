use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use hallpass_web::LocalRedirect;
use sha2::{Digest as _, Sha256};

/// A way back has 1024 bytes at most, so that these are a few megabytes.
const MOST: usize = 2_000;

/// Where those wanted to go who began a login: for a second try, which has no cookie of the first.
/// In the memory of this process, by a hash of the login's `state`; when there are too many the oldest
/// goes, and whoever began that comes to the front page.
///
/// # Security
///
/// A callback with a `state` that is here was not necessarily begun by this browser. What it learns is
/// a path of the application, which whoever began the login wrote into a link; it leads there after a
/// login of its own.
#[derive(Default)]
pub(super) struct Ways(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_state: HashMap<Hash, LocalRedirect>,
    /// All of them, the oldest first; and some that were taken.
    order: VecDeque<Hash>,
}

type Hash = [u8; 32];

fn hash(state: &str) -> Hash {
    Sha256::digest(state).into()
}

impl Ways {
    pub(super) fn keep(&self, state: &str, way: LocalRedirect) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.order.len() >= MOST {
            if let Some(oldest) = kept.order.pop_front() {
                kept.by_state.remove(&oldest);
            }
        }
        let hash = hash(state);
        kept.order.push_back(hash);
        kept.by_state.insert(hash, way);
    }

    /// Once: what is found is gone.
    pub(super) fn take(&self, state: &str) -> Option<LocalRedirect> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_state.remove(&hash(state))
    }
}

#[cfg(test)]
mod tests {
    use hallpass_web::BaseUrl;

    use super::*;

    #[test]
    fn a_way_back_is_found_once_and_the_oldest_go() {
        let base = BaseUrl::parse("https://app.test").unwrap();
        let way = |at: usize| LocalRedirect::parse(&format!("/{at}"), &base).unwrap();
        let ways = Ways::default();
        for at in 0..=MOST {
            ways.keep(&format!("state {at}"), way(at));
        }
        assert_eq!(ways.take("state 0"), None);
        assert_eq!(ways.take("guessed"), None);
        assert_eq!(ways.take("state 1"), Some(way(1)));
        assert_eq!(ways.take("state 1"), None);
        assert_eq!(ways.take(&format!("state {MOST}")), Some(way(MOST)));
        let kept = ways.0.lock().unwrap();
        assert!(kept.order.len() <= MOST && kept.by_state.len() == MOST - 2);
    }
}
