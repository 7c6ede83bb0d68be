//! A thousand people sign in at once, each in a browser of their own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, net::Ipv4Addr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use hallpass_axum::{Identity, SignIn, web::SealingKeys};
use hallpass_core::OAuth2Client;
use hallpass_testkit::{Browser, LocalProvider, LocalUser, User};
use tokio::{
    net::TcpListener,
    sync::{Barrier, Semaphore},
    task::JoinSet,
    time::timeout,
};

/// Each page of a provider lists all of its users: many short lists are read sooner than one long.
const PROVIDERS: usize = 40;
const USERS_OF_EACH: usize = 25;
const ALL: usize = PROVIDERS * USERS_OF_EACH;

/// Requests at once, which is how many sockets there are.
const REQUESTS: usize = 16;

/// What it takes is a few seconds. A machine that does other things too may take its time: codes
/// live as long as this, and a request may last a tenth of it.
const LIMIT: Duration = Duration::from_secs(600);

fn id(provider: usize, user: usize) -> String {
    format!("{provider}-{user}")
}

/// The application, and its providers.
async fn start() -> (String, Vec<LocalProvider>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap();
    let mut providers = Vec::new();
    for provider in 0..PROVIDERS {
        let builder = LocalProvider::builder().with_code_lifetime(LIMIT);
        let builder = (0..USERS_OF_EACH).fold(builder, |builder, user| {
            let id = id(provider, user);
            builder.with_user(LocalUser::new(&id, format!("user-{id}")))
        });
        let local = builder.start().await.unwrap();
        let config = local.client_config("https://never.test/used").unwrap();
        let config = config.with_name(format!("local-{provider}")).with_timeout(LIMIT / 10);
        let client = OAuth2Client::new(local.provider(), config).unwrap();
        sign_in = sign_in.provider(Arc::new(client)).unwrap();
        providers.push(local);
    }
    let who = |who: Option<Identity>| async move {
        who.map_or_else(|| "nobody".to_owned(), |who| format!("{} {}", who.provider, who.id))
    };
    let app = sign_in.attach(Router::new().route("/", get(who)));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (base, providers)
}

/// What all of them have in common.
#[derive(Clone)]
struct Crowd {
    base: Arc<str>,
    /// All have begun before the first comes back.
    have_begun: Arc<Barrier>,
    places: Arc<Semaphore>,
}

impl Crowd {
    /// Whom the application takes for signed in at the end.
    async fn sign_in(self, browser: Browser, provider: usize, user: usize) -> String {
        let login = format!("{}/login/local-{provider}?return_to=/", self.base);
        let place = self.places.acquire().await.unwrap();
        let page = browser.open(login).await.unwrap();
        let user = User::named(format!("user-{}", id(provider, user)));
        let landing = browser.sign_in(page.url(), user).await.unwrap();
        drop(place);
        self.have_begun.wait().await;
        let _place = self.places.acquire().await.unwrap();
        let page = browser.deliver(&landing).await.unwrap();
        assert_eq!(page.status(), 200, "{}", page.text());
        // Another request, with the cookie that was set.
        browser.open(&*self.base).await.unwrap().text().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_logins_at_once_are_neither_lost_nor_mixed_up() {
    let (base, providers) = start().await;
    let crowd = Crowd {
        base: base.as_str().into(),
        have_begun: Arc::new(Barrier::new(ALL)),
        places: Arc::new(Semaphore::new(REQUESTS)),
    };
    let first = Browser::new();
    let mut logins = JoinSet::new();
    // One of each provider after the other, so that all have something to do at all times.
    for user in 0..USERS_OF_EACH {
        for provider in 0..PROVIDERS {
            let (crowd, browser) = (crowd.clone(), first.another());
            logins.spawn(async move {
                let got = crowd.sign_in(browser, provider, user).await;
                let want = format!("local-{provider} {}", id(provider, user));
                assert_eq!(got, want, "somebody is taken for somebody else");
                got
            });
        }
    }
    let who = timeout(LIMIT, logins.join_all()).await.expect("in time");
    assert_eq!(who.len(), ALL);
    assert_eq!(who.iter().collect::<BTreeSet<_>>().len(), ALL);
    assert!(providers.iter().all(|local| local.count("token") == USERS_OF_EACH));
}
