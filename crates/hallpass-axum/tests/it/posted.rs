//! Answers that the provider's page posts, and attempts that a store keeps.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use axum::Router;
use hallpass_axum::{
    SignIn,
    web::{AttemptStore, MemoryAttempts, SealingKeys},
};
use hallpass_core::{Clock, Error, Result, Secret, SystemClock};
use hallpass_testkit::{Browser, LocalProvider, LocalProviderBuilder, User};

use crate::{app::client, wire};

#[derive(Debug, Default)]
struct Ahead(AtomicU64);

impl Clock for Ahead {
    fn now(&self) -> SystemTime {
        SystemClock.now() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

struct Shop {
    local: LocalProvider,
    base: String,
    clock: Arc<Ahead>,
}

async fn shop(is_posting: bool, store: Option<Arc<dyn AttemptStore>>) -> Shop {
    let local = LocalProvider::builder();
    let local = if is_posting { LocalProviderBuilder::with_form_post(local) } else { local };
    let local = local.start().await.unwrap();
    let clock = Arc::new(Ahead::default());
    let base = wire::serve(|base| {
        let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
        let sign_in = sign_in.provider(client(&local)).unwrap().clock(clock.clone());
        let sign_in = match store {
            Some(store) => sign_in.attempt_store(store),
            None => sign_in,
        };
        sign_in.attach(Router::new())
    });
    Shop { base: base.await, local, clock }
}

impl Shop {
    fn callback(&self) -> String {
        format!("{}/callback/local", self.base)
    }

    /// A login begun: its cookie, and the form that would be posted, with a code of nobody's.
    async fn begun(&self) -> (String, String) {
        let begun = wire::get(&format!("{}/login/local", self.base), "").await;
        let state = begun.param("state").unwrap();
        let issuer = self.local.base_url();
        (begun.cookie("hallpass.login"), format!("code=made-up&state={state}&iss={issuer}"))
    }
}

#[tokio::test]
async fn a_posted_answer_goes_on_to_a_get_without_code_and_state_in_its_url() {
    let shop = shop(true, None).await;
    let (cookie, form) = shop.begun().await;
    let posted = wire::post(&shop.callback(), &cookie, &form).await;
    assert_eq!(posted.status, 303);
    assert_eq!(shop.local.count("token"), 0, "nothing is redeemed yet");
    let url = format!("{}{}", shop.base, posted.location());
    assert!(url.starts_with(&format!("{}?hallpass.posted=", shop.callback())), "{url}");
    assert!(!url.contains("made-up") && !url.contains("state"), "{url}");
    let removed = posted.set.iter().any(|it| it.starts_with("hallpass.login") && is_removal(it));
    assert!(removed, "the attempt is used up: {:?}", posted.set);
    let waiting = posted.cookie("hallpass.posted");
    let attributes = posted.set.iter().find(|it| it.starts_with(&waiting)).unwrap();
    assert!(attributes.ends_with("HttpOnly; SameSite=Lax; Path=/; Max-Age=60"), "{attributes}");

    // Another browser, another name, another time.
    assert_eq!(wire::get(&url, "").await.status, 400);
    assert_eq!(wire::get(&format!("{url}0"), &waiting).await.status, 400);
    shop.clock.0.store(61, Ordering::SeqCst);
    let late = wire::get(&url, &waiting).await;
    assert_eq!(late.status, 400);
    assert!(late.set.iter().any(|it| it.starts_with("hallpass.posted") && is_removal(it)));
    assert_eq!(shop.local.count("token"), 0);
    shop.clock.0.store(0, Ordering::SeqCst);
    // The one whose it is; the code is nobody's.
    assert_eq!(wire::get(&url, &waiting).await.status, 410);
    assert_eq!(shop.local.count("token"), 1);
}

fn is_removal(cookie: &str) -> bool {
    cookie.contains("Max-Age=0")
}

#[tokio::test]
async fn a_posted_answer_needs_the_cookie_of_its_attempt() {
    let shop = shop(true, None).await;
    let (cookie, form) = shop.begun().await;
    for (cookies, form) in [
        ("", form.as_str()),
        (cookie.as_str(), "code=made-up&state=guessed"),
        (&cookie, ""),
        (&cookie, "state=a&state=b"),
    ] {
        let refused = wire::post(&shop.callback(), cookies, form).await;
        assert_eq!((refused.status, refused.set.len()), (400, 0), "{form}");
    }
    let long = format!("{form}&user={}", "a".repeat(4_000));
    let refused = wire::post(&shop.callback(), &cookie, &long).await;
    assert_eq!(refused.status, 400);
    assert!(refused.set.iter().all(|cookie| is_removal(cookie)), "{:?}", refused.set);
    let endless = "a".repeat(70_000);
    assert_eq!(wire::post(&shop.callback(), &cookie, &endless).await.status, 400);
    assert_eq!(shop.local.count("token"), 0);
}

#[tokio::test]
async fn with_a_store_a_replay_is_refused_here_and_not_by_the_provider_alone() {
    for is_posting in [false, true] {
        let shop = shop(is_posting, Some(Arc::new(MemoryAttempts::new()))).await;
        let browser = Browser::new();
        let page = browser.open(format!("{}/login/local", shop.base)).await.unwrap();
        let landing = browser.sign_in(page.url(), User::first()).await.unwrap();
        let page = browser.deliver(&landing).await.unwrap();
        assert_eq!(page.url(), format!("{}/", shop.base));
        assert_eq!(shop.local.count("token"), 1);
    }
    let shop = shop(false, Some(Arc::new(MemoryAttempts::new()))).await;
    let (cookie, form) = shop.begun().await;
    let url = format!("{}?{form}", shop.callback());
    assert_eq!(wire::get(&url, "").await.status, 400, "the cookie is still required");
    assert_eq!(wire::get(&url, &cookie).await.status, 410, "the provider knows no such code");
    for _ in 0..2 {
        assert_eq!(wire::get(&url, &cookie).await.status, 400, "used");
    }
    assert_eq!(shop.local.count("token"), 1);

    let shop = self::shop(true, Some(Arc::new(MemoryAttempts::new()))).await;
    let (cookie, form) = shop.begun().await;
    let posted = wire::post(&shop.callback(), &cookie, &form).await;
    assert_eq!(wire::post(&shop.callback(), &cookie, &form).await.status, 400, "used");
    let url = format!("{}{}", shop.base, posted.location());
    let waiting = posted.cookie("hallpass.posted");
    assert_eq!(wire::get(&url, &waiting).await.status, 410);
    assert_eq!(wire::get(&url, &waiting).await.status, 400, "used");
    assert_eq!(shop.local.count("token"), 1);
}

#[derive(Debug)]
struct Away;

#[async_trait]
impl AttemptStore for Away {
    async fn put(&self, _: &str, _: &Secret, _: Duration) -> Result<()> {
        Err(Error::transport("planted"))
    }

    async fn find(&self, _: &str) -> Result<Option<Secret>> {
        Err(Error::transport("planted"))
    }

    async fn take(&self, _: &str) -> Result<Option<Secret>> {
        Err(Error::transport("planted"))
    }
}

#[tokio::test]
async fn a_store_that_is_away_begins_nothing() {
    let shop = shop(false, Some(Arc::new(Away))).await;
    let answer = wire::get(&format!("{}/login/local", shop.base), "").await;
    assert_eq!((answer.status, answer.set.len()), (500, 0));
    assert!(answer.text.contains("The fault is ours") && !answer.text.contains("planted"));
}
