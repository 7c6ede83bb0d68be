//! A login on its way that a store of the application's keeps.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use async_trait::async_trait;
use hallpass::{
    Callback, Result, Secret,
    session::SealingKeys,
    web::{Attempt, AttemptStore, Attempts, BaseUrl, LocalRedirect},
};

use crate::{
    stored::edited,
    web::login,
    world::{NOW, REDIRECT_URI, at_once},
};

/// Has room for one.
#[derive(Debug, Default)]
struct Shelf(Mutex<Option<String>>);

#[async_trait]
impl AttemptStore for Shelf {
    async fn put(&self, _: &str, sealed: &Secret, _: Duration) -> Result<()> {
        *self.0.lock().unwrap() = Some(sealed.expose().to_owned());
        Ok(())
    }

    async fn find(&self, _: &str) -> Result<Option<Secret>> {
        Ok(self.0.lock().unwrap().clone().map(Secret::new))
    }

    async fn take(&self, _: &str) -> Result<Option<Secret>> {
        Ok(self.0.lock().unwrap().take().map(Secret::new))
    }
}

/// What the store hands back was edited: the login is found if it is as it was, and not otherwise.
pub(super) fn edited_attempt(edits: &[u8]) {
    let shelf = Arc::new(Shelf::default());
    let base = BaseUrl::parse("https://app.test").unwrap();
    let attempts = Attempts::new(base, SealingKeys::generate()).with_store(shelf.clone());
    let (pending, query) = login();
    let way = LocalRedirect::parse("/inbox?page=2", attempts.base()).unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(NOW);
    let set = at_once(attempts.begin(Attempt::new(pending, way), REDIRECT_URI, "", now)).unwrap();
    let cookie = set[0].stripped().to_string();
    let kept = shelf.0.lock().unwrap().clone().expect("it is kept");
    let changed = edited(&kept, edits);
    let is_as_it_was = changed == kept;
    *shelf.0.lock().unwrap() = Some(changed);

    let callback = Callback::from_query(&query).unwrap();
    let take = || at_once(attempts.take("acme", REDIRECT_URI, &callback, &cookie));
    let taken = take().expect("the store answers");
    assert_eq!(taken.attempt.is_some(), is_as_it_was, "lost, or somebody changed it");
    if let Some(attempt) = taken.attempt {
        assert_eq!(attempt.return_to.as_str(), "/inbox?page=2");
        assert!(callback.belongs_to(&attempt.pending));
    }
    let again = take().expect("the store answers");
    assert!(again.attempt.is_none(), "a login twice");
}
