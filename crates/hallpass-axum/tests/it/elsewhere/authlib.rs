use std::sync::Arc;

use axum::Router;
use hallpass_axum::{SignIn, web::SealingKeys};
use hallpass_core::{BaseOAuth2, OAuth2Client, http::Method, url::Url};
use hallpass_testkit::{Browser, Forged, LocalProvider, LocalProviderBuilder, Tamper, User};
use tokio::net::TcpListener;

use super::{callback, changed, refused};
use crate::{
    app::App,
    refusals::get,
    shop::{Shop, text},
};

#[tokio::test]
async fn a_second_tab_does_not_end_the_first() {
    let app = App::start().await;
    let browser = Browser::new();
    let first = callback(&app, &browser, User::named("ada")).await;
    callback(&app, &browser, User::named("ben")).await;
    assert_eq!(browser.open(first.as_str()).await.unwrap().status(), 200);
    assert_eq!(app.read(&browser, "/").await.1, "Ada Okafor");
}

#[tokio::test]
async fn the_age_of_an_attempt_is_checked_when_it_is_read() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.nobody();
    let back = ada.begin("ada").await;
    // Within its ten minutes the provider is asked, whose code is over by then.
    shop.clock.turn(599);
    ada.get(&back).await;
    assert_eq!(shop.local.count("token"), 1);
    let ben = shop.nobody();
    let back = ben.begin("ben").await;
    shop.clock.turn(601);
    let answer = ben.get(&back).await;
    assert_eq!(answer.status, 410);
    assert!(text(&answer).contains("This sign-in took too long"), "{}", text(&answer));
    assert_eq!(ben.reads("/").await, "nobody");
    assert_eq!(shop.local.count("token"), 1, "the code was kept back");
    assert_eq!(ben.get(&back).await.status, 400, "used up");
}

#[tokio::test]
async fn of_attempts_that_are_abandoned_the_oldest_go() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let ada = shop.nobody();
    let mut callbacks = Vec::new();
    for _ in 0..8 {
        callbacks.push(ada.begin("ada").await);
        assert!(ada.cookies().len() <= 5, "{:?}", ada.cookies());
        // A second more, so that one is older than the other.
        shop.clock.turn(1);
    }
    let kept = ada.cookies().len();
    assert!(kept > 1, "{kept}");
    let (gone, left) = callbacks.split_at(8 - kept);
    for back in gone {
        assert_eq!(ada.get(back).await.status, 400);
    }
    assert_eq!(shop.local.count("token"), 0);
    for back in left {
        assert_eq!(ada.get(back).await.status, 303);
    }
}

#[tokio::test]
async fn a_token_goes_to_the_api_s_own_origin_alone() {
    let shop = Shop::start(|sign_in| sign_in).await;
    let other = LocalProvider::start().await.unwrap();
    let ada = shop.person("ada").await;
    let ask = async |url: &str| ada.send(Method::POST, "/api/asked", url.to_owned()).await;
    let (here, there) = (shop.local.base_url(), other.base_url());
    let host = there.strip_prefix("http:").unwrap();
    let named = here.strip_prefix("http://").unwrap();
    for url in [
        format!("{there}/userinfo"),
        format!("{}/userinfo", here.replace("127.0.0.1", "localhost")),
        format!("http://{named}@{}/userinfo", &host[2..]),
    ] {
        let answer = ask(&url).await;
        assert_eq!(
            (answer.status.as_u16(), text(&answer)),
            (502, "Some(\"origin\")".into()),
            "{url}"
        );
    }
    // What is no whole URL is a path, and of this API.
    for url in [format!("{host}/userinfo"), format!("\\\\{}/userinfo", &host[2..])] {
        assert_eq!(ask(&url).await.status, 502, "{url}");
    }
    assert!(other.requests().is_empty(), "{:?}", other.requests());
    assert_eq!(text(&ask(&format!("{here}/userinfo")).await), "\"ada@users.test\"");
}

/// Two clients of one server, `dev` and `dev2`.
async fn alike() -> (LocalProvider, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let local = LocalProvider::start().await.unwrap();
    let mut sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap();
    for name in ["dev", "dev2"] {
        let config = local.client_config("https://never.test/used").unwrap();
        let client = OAuth2Client::new(local.provider(), config.with_name(name)).unwrap();
        let client: Arc<dyn BaseOAuth2> = Arc::new(client);
        sign_in = sign_in.provider(client).unwrap();
    }
    let app = sign_in.attach(Router::new());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (local, base)
}

#[tokio::test]
async fn providers_whose_names_begin_alike_do_not_touch_each_other_s_attempts() {
    let (local, base) = alike().await;
    let browser = Browser::new();
    let mut callbacks = Vec::new();
    for name in ["dev2", "dev"] {
        let page = browser.open(format!("{base}/login/{name}")).await.unwrap();
        let landing = browser.sign_in(page.url(), User::first()).await.unwrap();
        callbacks.push(landing.url().to_owned());
    }
    // One's answer is not the other's.
    let swapped = callbacks[0].replace("/callback/dev2?", "/callback/dev?");
    assert_eq!(browser.open(&swapped).await.unwrap().status(), 400);
    assert_eq!(local.count("token"), 0);
    for url in callbacks.iter().rev() {
        // 404 is the application's, which has no page here.
        assert_eq!(browser.open(url).await.unwrap().status(), 404);
    }
    assert_eq!(local.count("token"), 2);
}

#[tokio::test]
async fn a_denial_counts_with_its_state_alone_and_uses_the_attempt_up() {
    let app = App::start().await;
    let browser = Browser::new();
    let denied = callback(&app, &browser, User::deny()).await;
    let foreign = changed(&denied, |pairs| {
        pairs.retain(|(name, _)| name != "state");
        pairs.push(("state".into(), "another".into()));
    });
    assert_eq!(browser.open(&foreign).await.unwrap().status(), 400);
    assert_eq!(browser.open(denied.as_str()).await.unwrap().status(), 403);
    assert_eq!(browser.open(denied.as_str()).await.unwrap().status(), 400, "used up");
}

#[tokio::test]
async fn a_denial_that_is_posted_is_told_as_one() {
    let app = App::with(LocalProviderBuilder::with_form_post).await;
    let browser = Browser::new();
    let page = browser.open(app.at("/login/local")).await.unwrap();
    let landing = browser.sign_in(page.url(), User::deny()).await.unwrap();
    let page = browser.deliver(&landing).await.unwrap();
    assert_eq!(page.status(), 403);
    assert!(page.text().contains("You were not signed in"), "{}", page.text());
}

#[tokio::test]
async fn verifier_and_nonce_are_not_to_be_read_in_the_browser() {
    let app = App::openid().await;
    let (response, cookies) = get(&app.at("/login/local"), "").await;
    let url = Url::parse(response.headers["location"].to_str().unwrap()).unwrap();
    let [cookie] = &cookies[..] else { panic!("{cookies:?}") };
    for name in ["state", "nonce", "code_challenge"] {
        let value = url.query_pairs().find(|(known, _)| known == name).unwrap().1;
        assert!(!cookie.contains(&*value), "{name}");
    }
    // Not in any decoding of it either: it is not text, and not the same twice.
    let again = get(&app.at("/login/local"), "").await.1;
    let (one, other) = (cookie.split_once('=').unwrap().1, again[0].split_once('=').unwrap().1);
    assert_ne!(one, other);
    assert!(!one.starts_with("eyJ") && !one.contains("verifier"), "{one}");
}

#[tokio::test]
async fn another_issuer_in_the_callback_is_refused() {
    let app = App::openid().await;
    for change in [Some("https://evil.test"), None] {
        let browser = Browser::new();
        let url = callback(&app, &browser, User::first()).await;
        let url = changed(&url, |pairs| {
            pairs.retain(|(name, _)| name != "iss");
            pairs.extend(change.map(|issuer| ("iss".to_owned(), issuer.to_owned())));
        });
        let page = browser.open(&url).await.unwrap();
        assert_eq!(page.status(), 500, "{change:?}");
        assert!(!page.text().contains("evil.test"), "{}", page.text());
        assert_eq!(app.read(&browser, "/").await.1, "nobody");
    }
    assert_eq!(app.local.count("token"), 0, "the code was kept back");
}

#[tokio::test]
async fn a_login_that_asked_for_an_id_token_is_none_without_it() {
    let app = App::openid().await;
    app.local.tamper(Tamper::token_reply(|members| {
        members.remove("id_token").unwrap();
    }));
    assert_eq!(refused(&app, "access_token").await, 500);
}

#[tokio::test]
async fn an_id_token_for_somebody_else_is_no_login() {
    type Change = fn(&mut Forged);
    let app = App::openid().await;
    let changes: [(&str, Change); 5] = [
        ("another audience, with our azp", |it| {
            it.set("aud", serde_json::json!(["x", "y"]));
            it.set("azp", "client-local");
        }),
        ("no signature", Forged::unsign),
        ("an empty subject", |it| it.set("sub", "")),
        ("another nonce", |it| it.set("nonce", "planted")),
        ("another issuer", |it| it.set("iss", "https://evil.test")),
    ];
    for (what, change) in changes {
        app.local.tamper(Tamper::id_token(change));
        assert_eq!(refused(&app, "planted").await, 500, "{what}");
        app.local.clear_tampering();
    }
    // Not because of anything else.
    let browser = Browser::new();
    assert_eq!(app.sign_in(&browser, "/login/local", User::named("ada")).await.0, 200);
    assert_eq!(app.read(&browser, "/").await.1, "Ada Okafor");
}

#[tokio::test]
async fn userinfo_about_somebody_else_is_no_login() {
    let app = App::openid().await;
    app.local.tamper(Tamper::userinfo(|members| {
        members.insert("sub".into(), "planted".into());
    }));
    assert_eq!(refused(&app, "planted").await, 500);
}

#[tokio::test]
async fn what_a_metadata_document_says_changes_no_setting_of_ours() {
    let app = App::openid().await;
    app.local.tamper(Tamper::discovery(|members| {
        for (name, value) in [("scope", "admin"), ("redirect_uri", "https://evil.test/")] {
            members.insert(name.into(), value.into());
        }
        members.insert("verify".into(), false.into());
    }));
    let url = get(&app.at("/login/local"), "").await.0;
    let url = Url::parse(url.headers["location"].to_str().unwrap()).unwrap();
    let param = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1;
    assert_eq!(param("redirect_uri"), app.at("/callback/local"));
    assert!(!param("scope").contains("admin"), "{url}");
}
