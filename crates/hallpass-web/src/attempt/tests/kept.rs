//! With a store.

use async_trait::async_trait;
use hallpass_core::{ErrorKind, Secret};

use super::*;

fn kept() -> (Attempts, Arc<MemoryAttempts>) {
    let store = Arc::new(MemoryAttempts::new());
    (attempts().with_store(Arc::<MemoryAttempts>::clone(&store)), store)
}

#[tokio::test]
async fn a_login_is_found_once_by_all_who_have_the_store() {
    let (attempts, _) = kept();
    let other_process = attempts.clone();
    let (cookies, query) = begin(&attempts, "acme", "", 1).await;
    let sent = sent(&cookies);
    assert!(cookies[0].value().len() < 200, "{} bytes", cookies[0].value().len());
    // Whose it is not leaves it there.
    assert!(!found(&attempts, "acme", CALLBACK, "code=c&state=guessed", &sent).await);
    assert!(!found(&attempts, "acme", CALLBACK, &query, "").await, "without the cookie");
    assert!(!found(&attempts, "other", CALLBACK, &query, &sent).await);
    assert!(found(&other_process, "acme", CALLBACK, &query, &sent).await);
    // The cookie once more, and the callback once more.
    assert!(!found(&attempts, "acme", CALLBACK, &query, &sent).await, "used");
    assert!(!found(&other_process, "acme", CALLBACK, &query, &sent).await, "used");
}

#[tokio::test]
async fn several_tabs_do_not_use_each_other_up() {
    let (attempts, _) = kept();
    let (first, first_query) = begin(&attempts, "acme", "", 1).await;
    let (second, second_query) = begin(&attempts, "acme", &sent(&first), 1).await;
    let all = format!("{}; {}", sent(&first), sent(&second));
    assert!(found(&attempts, "acme", CALLBACK, &second_query, &all).await);
    assert!(found(&attempts, "acme", CALLBACK, &first_query, &all).await);
}

#[tokio::test]
async fn a_cookie_of_before_the_store_is_none() {
    let plain = attempts();
    let (cookies, query) = begin(&plain, "acme", "", 1).await;
    let with_store = plain.with_store(Arc::new(MemoryAttempts::new()));
    assert!(!found(&with_store, "acme", CALLBACK, &query, &sent(&cookies)).await);
}

#[derive(Debug)]
struct Away;

#[async_trait]
impl AttemptStore for Away {
    async fn put(&self, _: &str, _: &Secret, _: Duration) -> Result<()> {
        Err(Error::transport("away"))
    }

    async fn find(&self, _: &str) -> Result<Option<Secret>> {
        Err(Error::transport("away"))
    }

    async fn take(&self, _: &str) -> Result<Option<Secret>> {
        Err(Error::transport("away"))
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_no_provider_that_is() {
    let (attempts, _) = kept();
    let (cookies, query) = begin(&attempts, "acme", "", 1).await;
    let away = attempts.with_store(Arc::new(Away));
    let callback = Callback::from_query(&query).unwrap();
    let error = away.take("acme", CALLBACK, &callback, &sent(&cookies)).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Transport, Some("attempt_store")));
    // Whose cookies are none of ours costs no question.
    assert!(!found(&away, "acme", CALLBACK, &query, "__Host-hallpass.login.1.a=x").await);
}

#[tokio::test]
async fn the_store_reads_neither_state_nor_way_back() {
    #[derive(Debug, Default)]
    struct Seen(std::sync::Mutex<Vec<String>>);
    #[async_trait]
    impl AttemptStore for Seen {
        async fn put(&self, id: &str, sealed: &Secret, _: Duration) -> Result<()> {
            self.0.lock().unwrap().push(format!("{id} {}", sealed.expose()));
            Ok(())
        }
        async fn find(&self, _: &str) -> Result<Option<Secret>> {
            Ok(None)
        }
        async fn take(&self, _: &str) -> Result<Option<Secret>> {
            Ok(None)
        }
    }
    let seen = Arc::new(Seen::default());
    let attempts = attempts().with_store(Arc::<Seen>::clone(&seen));
    let (cookies, query) = begin(&attempts, "acme", "", 1).await;
    let seen = seen.0.lock().unwrap().join("");
    let state = query.split_once("state=").unwrap().1;
    assert!(!seen.contains(state) && !seen.contains("inbox"), "{seen}");
    let id = seen.split(' ').next().unwrap();
    assert!(id.len() == 32 && !sent(&cookies).contains(id), "the handle is sealed");
}
