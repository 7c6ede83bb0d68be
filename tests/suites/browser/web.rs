//! Sign-in of `hallpass-axum`, by a person with a browser. The application is at `localhost` and
//! the provider at `127.0.0.1`: two sites, as they are in life.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use axum::{Router, response::Html, routing::get};
use hallpass_axum::{Decision, Identity, LoginContext, SignIn, SignInHooks, web::SealingKeys};
use hallpass_core::{Clock, OAuth2Client, Result, SystemClock};
use hallpass_testkit::{LocalProvider, LocalProviderBuilder};
use hallpass_tests::browser::{ContextOptions, Page};
use tokio::net::TcpListener;

use crate::shared::{person, tab};

/// The operating system's, put forward by hand.
#[derive(Debug, Default)]
pub(crate) struct Ahead(pub(crate) AtomicU64);

impl Clock for Ahead {
    fn now(&self) -> SystemTime {
        SystemClock.now() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct Shop {
    pub(crate) local: LocalProvider,
    pub(crate) base: String,
    pub(crate) clock: Arc<Ahead>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(|provider| provider).await
    }

    async fn with(of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder) -> Self {
        Self::of(of_kind, |sign_in| sign_in).await
    }

    pub(crate) async fn of(
        of_kind: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder,
        adjusted: impl FnOnce(SignIn) -> SignIn,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let local = of_kind(LocalProvider::builder()).start().await.unwrap();
        let clock = Arc::new(Ahead::default());
        let config = local.client_config("https://never.test/used").unwrap();
        let client = OAuth2Client::new(local.provider(), config).unwrap();
        let client = Arc::new(client.with_clock(Arc::<Ahead>::clone(&clock)));
        let sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap().name("Pocket Shop");
        let sign_in = adjusted(sign_in.provider(client).unwrap());
        let app = Router::new().route("/", get(front)).route("/basket", get(basket));
        let app = sign_in.require_login(["/"]).unwrap().attach(app);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { local, base, clock }
    }

    /// A person who is at the provider's page.
    pub(crate) async fn begin(&self, options: &ContextOptions, path: &str) -> Page {
        let tab = person(options).await.page().await.unwrap();
        tab.goto(&format!("{}{path}", self.base)).await.unwrap();
        tab.follow("link", "Continue with Local provider").await.unwrap();
        assert!(tab.url().await.unwrap().starts_with(self.local.base_url()));
        tab
    }
}

async fn front(who: Option<Identity>) -> Html<String> {
    Html(page(&who.map_or_else(|| "Nobody is signed in".to_owned(), |who| said(&who))))
}

async fn basket(who: Identity) -> Html<String> {
    Html(page(&format!("The basket of {}", who.username.as_deref().unwrap_or("you"))))
}

fn said(who: &Identity) -> String {
    format!("Signed in as {}", who.username.as_deref().unwrap_or("you"))
}

fn page(says: &str) -> String {
    let head = "<!doctype html><html lang=en><title>Shop</title>";
    format!("{head}<main><h1>Shop</h1><p>{says}</p><a href=/logout>Sign out</a></main>")
}

async fn says(tab: &Page, what: &str) {
    let text = tab.text().await.unwrap();
    assert!(text.contains(what), "{text}");
}

#[tokio::test]
async fn a_person_signs_in_is_where_they_wanted_to_go_and_signs_out() {
    let shop = Shop::open().await;
    for options in [ContextOptions::phone(), ContextOptions::desktop().without_java_script()] {
        let tab = shop.begin(&options, "/basket?page=2").await;
        assert_eq!(tab.follow("button", "Allow").await.unwrap(), 200);
        assert_eq!(tab.url().await.unwrap(), format!("{}/basket?page=2", shop.base));
        says(&tab, "The basket of ada").await;

        tab.follow("link", "Sign out").await.unwrap();
        tab.follow("button", "Sign out").await.unwrap();
        tab.goto(&format!("{}/", shop.base)).await.unwrap();
        says(&tab, "Nobody is signed in").await;
    }
}

#[tokio::test]
async fn the_cookies_are_out_of_reach_and_of_this_site() {
    let shop = Shop::open().await;
    let tab = shop.begin(&ContextOptions::desktop(), "/login").await;
    tab.follow("button", "Allow").await.unwrap();
    let responses = tab.responses().await.unwrap();
    let callback = responses.iter().find(|it| it.url.contains("/callback/local?")).unwrap();
    assert_eq!((callback.status, callback.header("location")), (303, "/"));
    assert_eq!(callback.header("referrer-policy"), "no-referrer");
    assert!(callback.header("set-cookie").contains("Max-Age=0"), "the attempt is used up");
    says(&tab, "Signed in as ada").await;
}

#[tokio::test]
async fn whoever_denies_is_told_and_may_try_again() {
    let shop = Shop::open().await;
    let tab = shop.begin(&ContextOptions::desktop(), "/basket").await;
    assert_eq!(tab.follow("button", "Deny").await.unwrap(), 403);
    says(&tab, "You were not signed in").await;
    tab.follow("link", "Try again").await.unwrap();
    tab.follow("link", "Continue with Local provider").await.unwrap();
    tab.follow("button", "Allow").await.unwrap();
    says(&tab, "The basket of ada").await;
}

#[tokio::test]
async fn back_leads_out_of_a_login_and_not_into_it_again() {
    let shop = Shop::open().await;
    let tab = shop.begin(&ContextOptions::desktop(), "/login").await;
    tab.back().await.unwrap();
    tab.follow("link", "Continue with Local provider").await.unwrap();
    tab.follow("button", "Allow").await.unwrap();
    says(&tab, "Signed in as ada").await;
    // The provider's page once more: what it leads to has been used up.
    tab.back().await.unwrap();
    assert_eq!(tab.follow("button", "Allow").await.unwrap(), 400);
    says(&tab, "not begun in this browser").await;
    tab.goto(&format!("{}/", shop.base)).await.unwrap();
    says(&tab, "Signed in as ada").await;
}

#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    let shop = Shop::open().await;
    let person = person(&ContextOptions::desktop()).await;
    let (first, second) = (person.page().await.unwrap(), person.page().await.unwrap());
    for (tab, path) in [(&first, "/login?return_to=/basket"), (&second, "/login")] {
        tab.goto(&format!("{}{path}", shop.base)).await.unwrap();
        tab.follow("link", "Continue with Local provider").await.unwrap();
    }
    second.follow("button", "Allow").await.unwrap();
    says(&second, "Signed in as ada").await;
    first.click("radio", "Ben Núñez ben@users.test, not verified").await.unwrap();
    first.follow("button", "Allow").await.unwrap();
    says(&first, "The basket of ben").await;
}

#[tokio::test]
async fn an_attempt_that_took_too_long_begins_again() {
    let shop = Shop::open().await;
    let tab = shop.begin(&ContextOptions::desktop(), "/basket").await;
    shop.clock.0.store(700, Ordering::SeqCst);
    assert_eq!(tab.follow("button", "Allow").await.unwrap(), 410);
    says(&tab, "took too long").await;
    tab.follow("link", "Start again").await.unwrap();
    tab.follow("link", "Continue with Local provider").await.unwrap();
    tab.follow("button", "Allow").await.unwrap();
    says(&tab, "The basket of ada").await;
}

#[tokio::test]
async fn a_callback_that_is_posted_from_another_site_is_a_login_too() {
    let shop = Shop::with(LocalProviderBuilder::with_form_post).await;
    let tab = shop.begin(&ContextOptions::desktop(), "/basket").await;
    tab.follow("button", "Allow").await.unwrap();
    assert_eq!(tab.follow("button", "Continue").await.unwrap(), 200);
    says(&tab, "The basket of ada").await;
    // The answer waits in a cookie for a GET, whose URL says neither code nor state.
    let responses = tab.responses().await.unwrap();
    let get = responses.iter().find(|it| it.url.contains("/callback/local?")).unwrap();
    assert!(!get.url.contains("code") && !get.url.contains("state"), "{}", get.url);
}

/// What the session said at each login, and that there was one.
#[derive(Debug, Default)]
struct Noted(Mutex<Vec<Option<String>>>);

#[async_trait]
impl SignInHooks for Noted {
    async fn on_login(&self, login: LoginContext<'_>) -> Result<Decision> {
        let before = login.session.get("note").await.unwrap();
        self.0.lock().unwrap().push(before);
        login.session.insert("note", &login.identity.username).await.unwrap();
        Ok(Decision::Allow)
    }
}

#[tokio::test]
async fn who_is_signed_in_keeps_the_session_where_the_answer_is_posted_and_not_its_id() {
    let noted = Arc::new(Noted::default());
    let hooks = Arc::<Noted>::clone(&noted);
    let shop = Shop::of(LocalProviderBuilder::with_form_post, |it| it.hooks(hooks)).await;
    let person = person(&ContextOptions::desktop()).await;
    let tab = person.page().await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..2 {
        tab.goto(&format!("{}/login?return_to=/basket", shop.base)).await.unwrap();
        tab.follow("link", "Continue with Local provider").await.unwrap();
        tab.follow("button", "Allow").await.unwrap();
        assert_eq!(tab.follow("button", "Continue").await.unwrap(), 200);
        says(&tab, "The basket of ada").await;
        let cookies = person.cookies().await.unwrap();
        let ours: Vec<_> = cookies.iter().filter(|it| it.name.starts_with("hallpass.")).collect();
        let [session] = &ours[..] else { panic!("{} cookies of ours", ours.len()) };
        ids.push(session.value.clone());
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(*noted.0.lock().unwrap(), [None, Some("ada".to_owned())]);
}

#[tokio::test]
async fn a_callback_that_somebody_else_opens_signs_nobody_in() {
    let shop = Shop::open().await;
    let victim = shop.begin(&ContextOptions::desktop(), "/login").await;
    victim.follow("button", "Allow").await.unwrap();
    let responses = victim.responses().await.unwrap();
    let stolen = responses.iter().find(|it| it.url.contains("/callback/local?")).unwrap();
    let thief = tab().await;
    assert_eq!(thief.goto(&stolen.url).await.unwrap(), 400);
    says(&thief, "not begun in this browser").await;
    thief.goto(&format!("{}/", shop.base)).await.unwrap();
    says(&thief, "Nobody is signed in").await;
}

#[tokio::test]
async fn a_way_back_to_another_site_leads_home() {
    let shop = Shop::open().await;
    for return_to in ["https://evil.test/", "//evil.test", "/%5Cevil.test", "/%09/evil.test"] {
        let path = format!("/login?return_to={return_to}");
        let tab = shop.begin(&ContextOptions::desktop(), &path).await;
        tab.follow("button", "Allow").await.unwrap();
        assert_eq!(tab.url().await.unwrap(), format!("{}/", shop.base), "{return_to}");
    }
}
