//! A provider that is at many hosts.

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use axum::{Router, routing::get};
use hallpass_axum::{
    ClientsByHost, Decision, HostClients, Identity, LoginContext, SignIn, SignInHooks,
    web::SealingKeys,
};
use hallpass_core::{
    BaseOAuth2, CustomProvider, Descriptor, Error, ErrorKind, OAuth2Client, Result,
};
use hallpass_session::{
    ClientSettings, Constructors, MemoryStore, Registry, TokenKey, TokenStore as _,
};
use hallpass_testkit::{Browser, LocalProvider, User};

use crate::{app::client, wire};

/// Two instances of one provider, each with a user 1001, and an application for both.
struct Two {
    oak: LocalProvider,
    elm: LocalProvider,
    base: String,
    made: Arc<AtomicUsize>,
    told: Arc<Told>,
    tokens: Arc<MemoryStore>,
}

/// Keys of those who signed in, and what the session held before.
#[derive(Debug, Default)]
struct Told(Mutex<Vec<(String, Option<String>)>>);

#[async_trait]
impl SignInHooks for Told {
    async fn on_login(&self, login: LoginContext<'_>) -> Result<Decision> {
        let (whose, id) = login.identity.key();
        let before = login.session.get("note").await.unwrap();
        self.0.lock().unwrap().push((format!("{whose} {id}"), before));
        login.session.insert("note", "planted").await.unwrap();
        Ok(Decision::Allow)
    }
}

fn host_of(local: &LocalProvider) -> &str {
    local.base_url().trim_start_matches("http://").trim_end_matches('/')
}

impl Two {
    async fn start() -> Self {
        let (oak, elm) =
            (LocalProvider::start().await.unwrap(), LocalProvider::start().await.unwrap());
        let known: HashMap<String, Arc<dyn BaseOAuth2>> =
            [&oak, &elm].map(|local| (host_of(local).to_owned(), client(local))).into();
        let (made, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(Told::default()));
        let tokens = Arc::new(MemoryStore::new());
        let counted = Arc::clone(&made);
        let clients = HostClients::new(host_of(&oak), move |host| {
            counted.fetch_add(1, Ordering::SeqCst);
            known.get(host).cloned().ok_or_else(|| Error::config("planted: nobody knows it"))
        });
        let clients = Arc::new(clients.unwrap());
        let base = wire::serve(|base| {
            let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
            let sign_in = sign_in.hooks(Arc::<Told>::clone(&told)).tokens(tokens.clone());
            let label = "Your instance's address";
            let sign_in = sign_in.provider_at_hosts(clients, label, "oak.example").unwrap();
            let who = |who: Option<Identity>| async move {
                who.map_or_else(|| "nobody".to_owned(), |who| format!("{:?}", who.host))
            };
            sign_in.attach(Router::new().route("/", get(who)))
        });
        Self { base: base.await, oak, elm, made, told, tokens }
    }

    fn begin(&self, host: &str) -> String {
        format!("{}/login/local?host={host}", self.base)
    }

    async fn sign_in(&self, browser: &Browser, at: &LocalProvider) -> u16 {
        let page = browser.open(self.begin(host_of(at))).await.unwrap();
        let landing = browser.sign_in(page.url(), User::named("ada")).await.unwrap();
        browser.deliver(&landing).await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn the_page_asks_for_the_host_and_the_login_goes_there() {
    let two = Two::start().await;
    let page = wire::get(&format!("{}/login?return_to=/a", two.base), "").await;
    assert_eq!(page.status, 200);
    for part in ["Your instance&#39;s address", "oak.example", "name=\"host\"", "value=\"/a\""] {
        let part = part.replace("&#39;", "'");
        assert!(page.text.contains(&part), "{part} in {}", page.text);
    }
    let begun = wire::get(&two.begin(host_of(&two.elm)), "").await;
    assert_eq!(begun.status, 303);
    assert!(begun.location().starts_with(two.elm.base_url()), "{}", begun.location());
    assert_eq!(begun.param("redirect_uri").unwrap(), format!("{}/callback/local", two.base));

    let browser = Browser::new();
    assert_eq!(two.sign_in(&browser, &two.elm).await, 200);
    let page = browser.open(&two.base).await.unwrap();
    assert_eq!(page.text(), format!("Some(\"{}\")", host_of(&two.elm)));
}

#[tokio::test]
async fn a_host_that_is_refused_is_shown_again_and_nothing_is_sent_anywhere() {
    let two = Two::start().await;
    for (typed, shown) in [
        ("evil.test", "evil.test"),
        ("", "Say which one it is."),
        ("%22%3E%3Cscript%3E", "&quot;&gt;&lt;script&gt;"),
        ("oak.example%0Aevil.test", "oak.example"),
        ("user%40evil.test", "user@evil.test"),
    ] {
        let page = wire::get(&format!("{}&return_to=/a", two.begin(typed)), "").await;
        assert_eq!((page.status, page.location()), (400, ""), "{typed}");
        assert!(page.set.is_empty(), "{typed}: {:?}", page.set);
        assert!(page.text.contains("aria-invalid=\"true\""), "{}", page.text);
        assert!(page.text.contains(shown), "{shown} in {}", page.text);
        assert!(page.text.contains("value=\"/a\"") && !page.text.contains("planted"));
    }
    // The field alone is asked for, too.
    let page = wire::get(&format!("{}/login/local", two.base), "").await;
    assert_eq!(page.status, 400);
    assert!(two.oak.requests().is_empty() && two.elm.requests().is_empty());
}

#[tokio::test]
async fn the_same_id_at_two_instances_is_two_people() {
    let two = Two::start().await;
    let browser = Browser::new();
    // First at one, again at it in another spelling, then at the other.
    for at in [&two.oak, &two.oak, &two.elm] {
        assert_eq!(two.sign_in(&browser, at).await, 200);
    }
    // An issuer without TLS stands in no key alone.
    let key = |at| format!("local@{0}|http://{0} 1001", host_of(at));
    let planted = Some("planted".to_owned());
    let told = two.told.0.lock().unwrap().clone();
    let want = [(key(&two.oak), None), (key(&two.oak), planted), (key(&two.elm), None)];
    assert_eq!(told, want, "and the other finds nothing of the one's session");
    // And so are their tokens.
    for at in [&two.oak, &two.elm] {
        let kept = two.tokens.load(&TokenKey::new(&key(at), "local")).await.unwrap();
        assert!(kept.is_some(), "{}", key(at));
    }
    assert!(two.tokens.load(&TokenKey::new("local 1001", "local")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_client_is_made_once_for_a_host() {
    let two = Two::start().await;
    for _ in 0..3 {
        assert_eq!(two.sign_in(&Browser::new(), &two.oak).await, 200);
    }
    // One for the example, and one for all of them.
    assert_eq!(two.made.load(Ordering::SeqCst), 2);
    let upper = format!("https://{}/", host_of(&two.oak));
    assert_eq!(wire::get(&two.begin(&upper), "").await.status, 303, "another spelling");
    assert_eq!(two.made.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_answer_of_another_instance_goes_to_the_one_where_the_login_was_begun() {
    let two = Two::start().await;
    let issuer = |local: &LocalProvider| format!("http://{}", host_of(local));
    for (issuer, status, sent) in [(issuer(&two.elm), 500, 0), (issuer(&two.oak), 410, 1)] {
        let begun = wire::get(&two.begin(host_of(&two.oak)), "").await;
        let state = begun.param("state").unwrap();
        let page = wire::get(&two.begin(host_of(&two.elm)), "").await;
        let landing = Browser::new().sign_in(page.location(), User::first()).await.unwrap();
        let code = landing.url().split("code=").nth(1).unwrap().split('&').next().unwrap();
        // Elm's code with oak's state, in the browser that began at oak.
        let query = format!("code={code}&state={state}&iss={issuer}");
        let url = format!("{}/callback/local?{query}", two.base);
        let answer = wire::get(&url, &begun.cookie("hallpass.login")).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!((two.oak.count("token"), two.elm.count("token")), (sent, 0));
    }
    assert!(two.told.0.lock().unwrap().is_empty());
}

/// Makes no client, and says why.
#[derive(Debug)]
struct Broken(Descriptor, ErrorKind);

#[async_trait]
impl ClientsByHost for Broken {
    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn client(&self, host: &str) -> Result<Arc<dyn BaseOAuth2>> {
        match host {
            "misnamed" => shop("another", "oak.shops.test"),
            _ => Err(Error::new(self.1, "planted")),
        }
    }
}

fn shop(name: &'static str, host: &str) -> Result<Arc<dyn BaseOAuth2>> {
    let custom = shop_provider(name, host)?;
    Ok(Arc::new(OAuth2Client::new(custom, hallpass_core::ClientConfig::new("id"))?))
}

fn shop_provider(name: &'static str, host: &str) -> Result<CustomProvider> {
    let at = |path: &str| format!("https://{host}/{path}");
    CustomProvider::new(Descriptor::new(name, at("a"), at("t")), at("me"), "/id")
}

#[tokio::test]
async fn what_is_not_the_host_s_fault_is_not_blamed_on_it() {
    for (kind, host, status) in [
        (ErrorKind::Config, "oak", 400),
        (ErrorKind::Security, "oak", 400),
        (ErrorKind::Malformed, "oak", 400),
        (ErrorKind::Transport, "oak", 502),
        (ErrorKind::Unsupported, "oak", 500),
        (ErrorKind::Config, "misnamed", 500),
    ] {
        let broken = Broken(Descriptor::new("shops", "https://a.test/a", "https://a.test/t"), kind);
        let base = wire::serve(|base| {
            let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
            let sign_in = sign_in.provider_at_hosts(Arc::new(broken), "Shop", "oak").unwrap();
            sign_in.attach(Router::new())
        });
        let answer = wire::get(&format!("{}/login/shops?host={host}", base.await), "").await;
        assert_eq!(answer.status, status, "{kind:?} {host}");
        assert!(!answer.text.contains("planted") && answer.set.is_empty());
    }
}

struct ShopHost(String);

impl FromStr for ShopHost {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = text.strip_suffix(".shops.test").filter(|name| name.len() == 3);
        name.map(|_| Self(text.to_owned())).ok_or_else(|| Error::config("no shop"))
    }
}

#[tokio::test]
async fn a_registry_s_clients_are_one_line() {
    let constructors = Constructors::new().with("shops", |mut blueprint| {
        let host: ShopHost = blueprint.require_host()?;
        blueprint.client(shop_provider("shops", &host.0)?)
    });
    let mut registry = Registry::new(constructors);
    registry.register_per_host("shops", ClientSettings::new("id").with_secret("s")).unwrap();
    let registry = Arc::new(registry);
    assert!(HostClients::registered(Arc::clone(&registry), "nobody", "oak.shops.test").is_err());
    let clients = HostClients::registered(registry, "shops", "oak.shops.test").unwrap();
    let base = wire::serve(|base| {
        let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
        let clients = Arc::new(clients);
        let again = Arc::<HostClients>::clone(&clients);
        let sign_in = sign_in.provider_at_hosts(clients, "Shop", "oak.shops.test").unwrap();
        let twice = sign_in.clone().provider_at_hosts(again, "Shop", "").unwrap_err();
        assert_eq!(twice.reason(), Some("provider_name"));
        sign_in.attach(Router::new())
    })
    .await;
    let begun = wire::get(&format!("{base}/login/shops?host=Elm.shops.test"), "").await;
    assert!(begun.location().starts_with("https://elm.shops.test/a?"), "{}", begun.location());
    let refused = wire::get(&format!("{base}/login/shops?host=evil.test"), "").await;
    assert_eq!((refused.status, refused.location()), (400, ""));
}
