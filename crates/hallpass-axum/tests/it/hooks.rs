//! What the application is told of a login, and what becomes of one of which it does not know.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use std::time::Duration;

use async_trait::async_trait;
use axum::{
    Router,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use hallpass_axum::{
    Begin, Decision, LoginContext, SignIn, SignInHooks, Steps,
    hallpass_session::{Entry, Lease, MemoryStore, TokenKey, TokenStore, Version},
    web::SealingKeys,
};
use hallpass_core::{AuthorizationRequest, Error, Result, Secret};
use hallpass_testkit::{Browser, LocalProvider, User};

use crate::{
    app::{App, client},
    refusals::stolen,
    shop::{Shop, text},
    wire,
};

/// The page of a fault that is neither the person's nor the provider's.
#[track_caller]
fn check_our_fault(status: u16, page: &str) {
    let heading = page.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
    assert_eq!(status, 500, "{heading:?}");
    assert!(page.contains("Signing in does not work right now"), "{page}");
    assert!(!page.contains("planted"), "{page}");
}

#[tokio::test]
async fn an_application_that_does_not_know_the_user_signs_nobody_in_and_takes_the_blame() {
    for error in [Error::transport("planted"), Error::denied("planted")] {
        let app = App::start().await;
        let browser = Browser::new();
        let url = stolen(&app, &browser).await;
        *app.told.login_error.lock().unwrap() = Some(error);
        let page = browser.open(&url).await.unwrap();
        assert_eq!(app.told.logins.lock().unwrap().len(), 1, "it was asked");
        assert_eq!(app.read(&browser, "/").await.1, "nobody");
        assert_eq!(browser.open(&url).await.unwrap().status(), 400, "used up");
        check_our_fault(page.status().as_u16(), page.text());
    }
}

/// Tokens in memory, in a store that takes nothing while it is down.
#[derive(Debug, Default)]
struct Tokens {
    store: MemoryStore,
    is_down: AtomicBool,
    /// How long they were asked for.
    leases: Mutex<Vec<Duration>>,
}

impl Tokens {
    fn up(&self) -> Result<()> {
        match self.is_down.load(Ordering::SeqCst) {
            true => Err(Error::transport("planted")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl TokenStore for Tokens {
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
        self.up()?;
        self.store.load(key).await
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<Version>,
        token: &Secret,
    ) -> Result<Option<Version>> {
        self.up()?;
        self.store.compare_and_swap(key, expected, token).await
    }

    async fn delete(&self, key: &TokenKey) -> Result<()> {
        self.up()?;
        self.store.delete(key).await
    }

    async fn lease(&self, key: &TokenKey, length: Duration) -> Result<Option<Lease>> {
        self.up()?;
        self.leases.lock().unwrap().push(length);
        self.store.lease(key, length).await
    }

    async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()> {
        self.up()?;
        self.store.release(lease, is_in_doubt).await
    }
}

#[tokio::test]
async fn nobody_is_signed_in_whose_token_is_not_kept() {
    let tokens = Arc::new(Tokens::default());
    let store = Arc::<Tokens>::clone(&tokens);
    let shop = Shop::keeping_nothing(|sign_in| sign_in.tokens(store)).await;
    let ada = shop.nobody();
    let back = ada.begin("ada").await;
    tokens.is_down.store(true, Ordering::SeqCst);
    let answer = ada.get(&back).await;
    tokens.is_down.store(false, Ordering::SeqCst);
    assert_eq!(ada.reads("/").await, "nobody");
    assert_eq!(ada.cookie("hallpass.session"), None);
    // Not because of anything else.
    ada.sign_in("ada").await;
    assert_eq!(ada.reads("/api").await, "\"ada@users.test\"");
    check_our_fault(answer.status.as_u16(), &text(&answer));
}

#[tokio::test]
async fn a_token_is_held_for_as_long_as_the_application_says() {
    let of_half_a_minute = |sign_in: SignIn| sign_in.token_lease(Duration::from_secs(30));
    check_lease(|sign_in| sign_in, 90).await;
    check_lease(of_half_a_minute, 30).await;
}

async fn check_lease(set: impl FnOnce(SignIn) -> SignIn, seconds: u64) {
    let tokens = Arc::new(Tokens::default());
    let store = Arc::<Tokens>::clone(&tokens);
    let shop = Shop::keeping_nothing(|sign_in| set(sign_in.tokens(store))).await;
    let ada = shop.person("ada").await;
    tokens.leases.lock().unwrap().clear();
    shop.clock.turn(86_400);
    assert_eq!(ada.reads("/api").await, "\"ada@users.test\"");
    assert_eq!(*tokens.leases.lock().unwrap(), [Duration::from_secs(seconds)]);
}

#[tokio::test]
async fn an_application_that_does_not_know_about_a_session_is_busy_and_the_session_stays() {
    let app = App::start().await;
    let browser = Browser::new();
    app.sign_in(&browser, "/login/local", User::named("ada")).await;
    for error in [Error::transport("planted"), Error::denied("planted")] {
        *app.told.check_error.lock().unwrap() = Some(error);
        let (status, page) = app.read(&browser, "/mine").await;
        assert_eq!(status, 503, "{page}");
        assert!(!page.contains("planted"), "{page}");
        assert_eq!(app.read(&browser, "/").await, (200, "Ada Okafor".into()));
    }
    assert!(app.told.logouts.lock().unwrap().is_empty());
}

/// What the hook is told of a login.
#[derive(Debug, PartialEq)]
struct Login {
    data: Option<String>,
    token: String,
    id: String,
    address: Option<String>,
}

/// The logins that the hook was told of.
#[derive(Debug, Default)]
struct Noted(Mutex<Vec<Login>>);

#[async_trait]
impl SignInHooks for Noted {
    async fn on_login(&self, login: LoginContext<'_>) -> Result<Decision> {
        let LoginContext { data, token, profile, .. } = login;
        self.0.lock().unwrap().push(Login {
            data: data.map(str::to_owned),
            token: token.access_token().expose().to_owned(),
            id: profile.id().to_owned(),
            address: profile.verified_email().map(str::to_owned),
        });
        Ok(Decision::Allow)
    }
}

async fn connect(State(steps): State<Steps>, headers: HeaderMap) -> Response {
    let request = AuthorizationRequest::new().data("for the calendar");
    steps.begin("local", Begin::new().request(request), &headers).await.unwrap().into_response()
}

#[tokio::test]
async fn the_application_has_its_data_the_token_and_the_profile_at_a_login_that_it_began() {
    let local = LocalProvider::start().await.unwrap();
    let noted = Arc::new(Noted::default());
    let base = wire::serve(|base| {
        let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
        let sign_in = sign_in.provider(client(&local)).unwrap();
        let sign_in = sign_in.hooks(Arc::<Noted>::clone(&noted));
        let own = Router::new().route("/connect", get(connect)).with_state(sign_in.steps());
        sign_in.attach(own)
    });
    let base = base.await;
    // One that it began, and one of the button.
    for (path, data) in [("/connect", Some("for the calendar")), ("/login/local", None)] {
        let browser = Browser::new();
        let page = browser.open(format!("{base}{path}")).await.unwrap();
        let landing = browser.sign_in(page.url(), User::named("ada")).await.unwrap();
        browser.deliver(&landing).await.unwrap();
        let requests = local.requests();
        let asked = requests.iter().rfind(|request| request.operation() == "api").unwrap();
        let token = asked.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
        let want = Login {
            data: data.map(str::to_owned),
            token: token.to_owned(),
            id: "1001".to_owned(),
            address: Some("ada@users.test".to_owned()),
        };
        assert_eq!(noted.0.lock().unwrap().pop(), Some(want));
    }
}
