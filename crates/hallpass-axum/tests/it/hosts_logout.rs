//! Signed out by a provider that is at many hosts.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, routing::get};
use hallpass_axum::{
    HostClients, Identity, SignIn, hallpass_openid::MemoryReplayStore, web::SealingKeys,
};
use hallpass_core::{BaseOAuth2, Error, OAuth2Client};
use hallpass_openid::OpenId;
use hallpass_testkit::{Forged, ForgedSignature, LocalProvider, SigningKey, User};
use tokio::sync::oneshot;

use crate::{
    app::Told,
    shop::Sessions,
    wire::{self, Answer},
};

/// Two instances of one provider at which nobody knows of the other, each with a user 1001.
struct Two {
    oak: LocalProvider,
    elm: LocalProvider,
    base: String,
    /// How many clients were made.
    made: Arc<AtomicUsize>,
    told: Arc<Told>,
    sessions: Sessions,
}

fn host_of(local: &LocalProvider) -> &str {
    local.base_url().trim_start_matches("http://").trim_end_matches('/')
}

fn client(local: &LocalProvider) -> Arc<dyn BaseOAuth2> {
    let config = local.client_config("https://never.test/used").unwrap();
    let provider: OpenId = OpenId::new("local", local.issuer());
    Arc::new(OAuth2Client::new(provider, config).unwrap())
}

impl Two {
    async fn start() -> Self {
        let start = || LocalProvider::builder().with_openid().start();
        let (oak, elm) = (start().await.unwrap(), start().await.unwrap());
        let known: HashMap<_, _> =
            [&oak, &elm].map(|local| (host_of(local).to_owned(), client(local))).into();
        let (made, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(Told::default()));
        let (counted, sessions) = (Arc::clone(&made), Sessions::default());
        let clients = HostClients::new(host_of(&oak), move |host| {
            counted.fetch_add(1, Ordering::SeqCst);
            known.get(host).cloned().ok_or_else(|| Error::config("nobody knows it"))
        });
        made.store(0, Ordering::SeqCst);
        let base = wire::serve(|base| {
            let sign_in = SignIn::new(base, SealingKeys::generate()).unwrap();
            let sign_in = sign_in.hooks(Arc::<Told>::clone(&told));
            let sign_in = sign_in.backchannel_logout(Arc::new(MemoryReplayStore::new()));
            let sign_in = sign_in.provider_at_hosts(Arc::new(clients.unwrap()), "Where", "oak");
            let who = |who: Option<Identity>| async move {
                who.map_or_else(|| "nobody".to_owned(), |who| who.0.host.unwrap())
            };
            let app = Router::new().route("/", get(who));
            sign_in.unwrap().attach_with(app, sessions.clone())
        });
        Self { base: base.await, oak, elm, made, told, sessions }
    }

    /// The session's cookie of somebody who signed in at one of them.
    async fn person(&self, at: &LocalProvider, user: &str) -> String {
        let url = format!("{}/login/local?host={}", self.base, host_of(at));
        let begun = wire::get(&url, "").await;
        let landing = at.browser().sign_in(begun.location(), User::named(user)).await.unwrap();
        let done = wire::get(landing.url(), &begun.cookie("hallpass.login")).await;
        let session = done.cookie("hallpass.session");
        assert_eq!(self.reads(&session).await, host_of(at));
        session
    }

    async fn reads(&self, session: &str) -> String {
        wire::get(&format!("{}/", self.base), session).await.text
    }

    async fn post(&self, query: &str, token: &str) -> Answer {
        let url = format!("{}/backchannel-logout/local{query}", self.base);
        wire::post(&url, "", &format!("logout_token={token}")).await
    }

    fn told(&self) -> usize {
        self.told.logouts.lock().unwrap().len()
    }
}

fn at(host: &str) -> String {
    format!("?host={host}")
}

#[tokio::test]
async fn a_host_ends_sessions_of_its_own_alone() {
    let two = Two::start().await;
    let at_oak = [two.person(&two.oak, "ada").await, two.person(&two.oak, "ada").await];
    let (at_elm, ben) = (two.person(&two.elm, "ada").await, two.person(&two.oak, "ben").await);
    // The last session at oak, and then all of hers.
    let one = two.oak.logout_token("ada", |_| {});
    let answer = two.post(&at(host_of(&two.oak)), &one).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    assert_eq!(two.reads(&at_oak[1]).await, "nobody");
    assert_eq!(two.reads(&at_oak[0]).await, host_of(&two.oak));
    let all = two.oak.logout_token("ada", |token| token.remove("sid"));
    assert_eq!(two.post(&at(host_of(&two.oak)), &all).await.status, 200);
    assert_eq!(two.reads(&at_oak[0]).await, "nobody");
    assert_eq!(two.reads(&at_elm).await, host_of(&two.elm), "1001 there is somebody else");
    assert_eq!(two.reads(&ben).await, host_of(&two.oak));
    assert_eq!(two.told(), 2);
}

#[tokio::test]
async fn a_logout_while_the_application_decides_ends_the_session_that_comes_of_the_login() {
    let two = Two::start().await;
    let url = format!("{}/login/local?host={}", two.base, host_of(&two.oak));
    let begun = wire::get(&url, "").await;
    let landing = two.oak.browser().sign_in(begun.location(), User::named("ada")).await.unwrap();
    let (deciding, is_deciding) = oneshot::channel();
    let (go_on, goes_on) = oneshot::channel();
    *two.told.held.lock().unwrap() = Some((deciding, goes_on));
    let cookie = begun.cookie("hallpass.login");
    let (done, ()) = tokio::join!(wire::get(landing.url(), &cookie), async {
        is_deciding.await.unwrap();
        let token = two.oak.logout_token("ada", |_| {});
        assert_eq!(two.post(&at(host_of(&two.oak)), &token).await.status, 200);
        go_on.send(()).unwrap();
    });
    assert_eq!(two.reads(&done.cookie("hallpass.session")).await, "nobody");
    assert_eq!(two.told(), 1);
}

#[tokio::test]
async fn a_host_is_found_by_the_issuer_where_the_url_does_not_name_it() {
    let two = Two::start().await;
    let (at_oak, at_elm) = (two.person(&two.oak, "ada").await, two.person(&two.elm, "ada").await);
    let token = two.elm.logout_token("ada", |_| {});
    assert_eq!(two.post("", &token).await.status, 200);
    assert_eq!(two.reads(&at_elm).await, "nobody");
    assert_eq!(two.reads(&at_oak).await, host_of(&two.oak));
}

#[tokio::test]
async fn what_a_host_says_of_another_or_a_stranger_says_ends_nothing() {
    let two = Two::start().await;
    let (at_oak, at_elm) = (two.person(&two.oak, "ada").await, two.person(&two.elm, "ada").await);
    let (oak, elm) = (host_of(&two.oak), host_of(&two.elm));
    let issuer = |local: &LocalProvider| local.issuer().to_owned();
    let by_stranger =
        |token: &mut Forged| token.signature = ForgedSignature::By(SigningKey::es256());
    let as_oak = |token: &mut Forged| token.set("iss", issuer(&two.oak));
    for (query, token) in [
        // Elm's key, with its own name or oak's.
        (at(oak), two.elm.logout_token("ada", |_| {})),
        (at(oak), two.elm.logout_token("ada", as_oak)),
        (String::new(), two.elm.logout_token("ada", as_oak)),
        (at(elm), two.elm.logout_token("ada", as_oak)),
        (at(oak), two.oak.logout_token("ada", by_stranger)),
        (String::new(), two.oak.logout_token("ada", by_stranger)),
        (at(oak), two.oak.logout_token("ada", |token| token.set("aud", "other"))),
        (at(oak), two.oak.logout_token("ada", |token| token.set("nonce", "n"))),
        (at(oak), "made-up".to_owned()),
        (at(""), two.oak.logout_token("ada", |_| {})),
    ] {
        assert_eq!(two.post(&query, &token).await.status, 400, "{query}");
    }
    assert_eq!(two.reads(&at_oak).await, oak);
    assert_eq!(two.reads(&at_elm).await, elm);
    assert_eq!(two.told(), 0);
}

#[tokio::test]
async fn a_host_by_which_nobody_signed_in_is_sent_nothing() {
    let two = Two::start().await;
    two.person(&two.oak, "ada").await;
    assert_eq!(two.made.load(Ordering::SeqCst), 1);
    let token = two.elm.logout_token("ada", |_| {});
    let (elm, made) = (at(host_of(&two.elm)), two.sessions.made.load(Ordering::SeqCst));
    for query in ["", &elm, "?host=evil.test", "?host=169.254.169.254"] {
        assert_eq!(two.post(query, &token).await.status, 400, "{query}");
    }
    let url = format!("{}/backchannel-logout/other", two.base);
    assert_eq!(wire::post(&url, "", &format!("logout_token={token}")).await.status, 404);
    assert_eq!(two.made.load(Ordering::SeqCst), 1, "no client was made");
    assert_eq!(two.elm.requests().len(), 0);
    assert_eq!(two.sessions.made.load(Ordering::SeqCst), made, "nothing is kept of it");
}

#[tokio::test]
async fn a_host_leaves_nothing_behind_but_for_who_signed_in() {
    let two = Two::start().await;
    two.person(&two.oak, "ada").await;
    let made = || two.sessions.made.swap(0, Ordering::SeqCst);
    made();
    for at_all in ["cleo", "nobody-1", "nobody-2"] {
        let token = two.oak.logout_token("ada", |token| {
            token.set("sub", at_all);
            token.set("sid", format!("of {at_all}"));
        });
        assert_eq!(two.post("", &token).await.status, 200, "there is nothing to end");
    }
    assert_eq!(made(), 0);
    // Twice is once.
    let token = two.oak.logout_token("ada", |token| token.remove("sid"));
    for want in [1, 0] {
        assert_eq!(two.post("", &token).await.status, 200);
        assert_eq!(made(), want);
    }
}

#[tokio::test]
async fn a_logout_that_the_store_does_not_take_comes_again() {
    let two = Two::start().await;
    let ada = two.person(&two.oak, "ada").await;
    let token = two.oak.logout_token("ada", |_| {});
    two.sessions.is_down.store(true, Ordering::SeqCst);
    assert_eq!(two.post("", &token).await.status, 400);
    two.sessions.is_down.store(false, Ordering::SeqCst);
    assert_eq!(two.reads(&ada).await, host_of(&two.oak));
    assert_eq!(two.post("", &token).await.status, 200);
    assert_eq!(two.reads(&ada).await, "nobody");
}
