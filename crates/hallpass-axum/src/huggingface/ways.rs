use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use hallpass_web::LocalRedirect;
use sha2::{Digest as _, Sha256};

/// A way back has 1024 bytes at most, so that these are a few megabytes.
const MOST: usize = 2_000;

/// As long as the cookie of an attempt: who comes later begins anew, from the front page.
const LASTING: Duration = Duration::from_secs(3_600);

/// Where those wanted to go who began a login: for a second try, which has no cookie of the first.
/// In the memory of this process, for an hour, by a hash of the login's `state`; when there are too
/// many the oldest goes, and whoever began that comes to the front page.
///
/// # Security
///
/// A callback with a `state` that is here was not necessarily begun by this browser. What it learns
/// is a path of the application, which whoever began the login wrote into a link; it leads there
/// after a login of its own.
#[derive(Default)]
pub(super) struct Ways(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_state: HashMap<Hash, (LocalRedirect, SystemTime)>,
    /// All of them, the oldest first; and some that were taken.
    order: VecDeque<(Hash, SystemTime)>,
}

type Hash = [u8; 32];

fn hash(state: &str) -> Hash {
    Sha256::digest(state).into()
}

impl Ways {
    pub(super) fn keep(&self, state: &str, way: LocalRedirect, now: SystemTime) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((oldest, end)) = kept.order.front().copied() {
            if kept.order.len() < MOST && now < end {
                break;
            }
            kept.order.pop_front();
            kept.by_state.remove(&oldest);
        }
        let (hash, end) = (hash(state), now + LASTING);
        kept.order.push_back((hash, end));
        kept.by_state.insert(hash, (way, end));
    }

    /// Once: what is found is gone.
    pub(super) fn take(&self, state: &str, now: SystemTime) -> Option<LocalRedirect> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (way, end) = kept.by_state.remove(&hash(state))?;
        (now < end).then_some(way)
    }
}

#[cfg(test)]
mod tests {
    use hallpass_web::BaseUrl;

    use super::*;

    fn way(at: usize) -> LocalRedirect {
        let base = BaseUrl::parse("https://app.test").unwrap();
        LocalRedirect::parse(&format!("/{at}"), &base).unwrap()
    }

    #[test]
    fn a_way_back_is_kept_for_an_hour() {
        let (ways, now) = (Ways::default(), SystemTime::UNIX_EPOCH);
        for state in ["in time", "late", "never"] {
            ways.keep(state, way(1), now);
        }
        assert_eq!(ways.take("in time", now + LASTING - Duration::from_secs(1)), Some(way(1)));
        assert_eq!(ways.take("late", now + LASTING), None);
        ways.keep("new", way(2), now + LASTING);
        let kept = ways.0.lock().unwrap();
        assert_eq!((kept.order.len(), kept.by_state.len()), (1, 1));
    }

    #[test]
    fn a_way_back_is_found_once_and_the_oldest_go() {
        let (ways, now) = (Ways::default(), SystemTime::UNIX_EPOCH);
        for at in 0..=MOST {
            ways.keep(&format!("state {at}"), way(at), now);
        }
        assert_eq!(ways.take("state 0", now), None);
        assert_eq!(ways.take("guessed", now), None);
        assert_eq!(ways.take("state 1", now), Some(way(1)));
        assert_eq!(ways.take("state 1", now), None);
        assert_eq!(ways.take(&format!("state {MOST}"), now), Some(way(MOST)));
        let kept = ways.0.lock().unwrap();
        assert!(kept.order.len() <= MOST && kept.by_state.len() == MOST - 2);
    }
}
