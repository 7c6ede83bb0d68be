//! Signing out at the provider too, and back.

use hallpass_axum::SignIn;
use hallpass_core::url::Url;
use hallpass_testkit::{Fault, Tamper};

use crate::shop::{Person, Shop, location, text};

fn param(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// Where the provider sends the browser back.
async fn back_from(shop: &Shop, url: &str) -> String {
    let landing = shop.local.browser().sign_out(url).await.unwrap();
    landing.url().strip_prefix(&shop.base).unwrap().to_owned()
}

async fn is_told_of_the_provider(person: &Person<'_>, path: &str) -> bool {
    let page = person.get(path).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(text(&page).contains("You are signed out"), "{}", text(&page));
    text(&page).contains("was asked to sign you out as well")
}

#[tokio::test]
async fn the_browser_signs_out_at_the_provider_and_is_back() {
    let shop = Shop::start(SignIn::sign_out_at_provider).await;
    let ada = shop.person("ada").await;
    let left = ada.sign_out().await;
    let url = location(&left);
    assert!(url.starts_with(&format!("{}/end_session?", shop.local.base_url())), "{url}");
    assert_eq!(left.headers["referrer-policy"], "no-referrer");
    // The session is over before the provider has a say.
    assert_eq!(ada.reads("/").await, "nobody");
    assert_eq!(shop.logouts(), 1);
    assert!(param(&url, "id_token_hint").is_some_and(|hint| hint.split('.').count() == 3));
    assert_eq!(param(&url, "client_id").as_deref(), Some(shop.local.client_id()));
    let back = shop.at("/logout/done");
    assert_eq!(param(&url, "post_logout_redirect_uri"), Some(back));

    let set: Vec<_> = left.headers.get_all("set-cookie").iter().collect();
    let set = set.iter().filter_map(|set| set.to_str().ok()?.strip_prefix("hallpass.logout-"));
    let [set] = set.collect::<Vec<_>>()[..] else { panic!("one cookie") };
    assert!(set.contains("HttpOnly; SameSite=Lax; Path=/; Max-Age=600"), "{set}");
    let state = param(&url, "state").unwrap();
    assert!(!set.contains(&state), "it is sealed");

    let back = back_from(&shop, &url).await;
    assert!(is_told_of_the_provider(&ada, &back).await);
    assert_eq!(ada.cookie("hallpass.logout"), None);
    // It is used up.
    assert!(!is_told_of_the_provider(&ada, &back).await);
}

#[tokio::test]
async fn the_state_of_another_logout_says_nothing() {
    let shop = Shop::start(SignIn::sign_out_at_provider).await;
    let [ada, ben] = [shop.person("ada").await, shop.person("ben").await];
    let of_ada = back_from(&shop, &location(&ada.sign_out().await)).await;
    let of_ben = back_from(&shop, &location(&ben.sign_out().await)).await;
    assert_ne!(of_ada, of_ben);
    for path in [&of_ben, "/logout/done", "/logout/done?state=", "/logout/done?state=guessed"] {
        assert!(!is_told_of_the_provider(&ada, path).await, "{path}");
    }
    let twice = format!("{of_ada}&{}", of_ada.split_once('?').unwrap().1);
    assert!(!is_told_of_the_provider(&ada, &twice).await);
    // What somebody else's application sealed, or nobody did.
    let own = ada.cookie("hallpass.logout").unwrap();
    let other = Shop::start(SignIn::sign_out_at_provider).await;
    let cleo = other.person("cleo").await;
    cleo.sign_out().await;
    for cookie in [cleo.cookie("hallpass.logout").unwrap(), "{\"state\":null}".to_owned()] {
        ada.put_cookie("hallpass.logout", &cookie);
        assert!(!is_told_of_the_provider(&ada, &of_ada).await, "{cookie}");
    }
    // None of them used it up.
    ada.put_cookie("hallpass.logout", &own);
    assert!(is_told_of_the_provider(&ada, &of_ada).await);
}

#[tokio::test]
async fn a_logout_is_ours_alone_where_the_provider_cannot_be_asked() {
    // It has no such page.
    let shop = Shop::start(SignIn::sign_out_at_provider).await;
    shop.local.tamper(Tamper::discovery(|document| {
        document.remove("end_session_endpoint");
    }));
    let ada = shop.person("ada").await;
    assert_eq!(location(&ada.sign_out().await), "/logout/done");
    assert_eq!(ada.reads("/").await, "nobody");

    // It does not say where: to a process that has not asked before.
    let shop = Shop::start(SignIn::sign_out_at_provider).await;
    let mut ada = shop.person("ada").await;
    ada.base = shop.process(SignIn::sign_out_at_provider).await;
    assert_eq!(ada.reads("/").await, "Ada Okafor");
    shop.local.clear_requests();
    shop.local.fault(Fault::on("discovery").status(503).times(9));
    assert_eq!(location(&ada.sign_out().await), "/logout/done");
    assert!(shop.local.count("discovery") > 0);
    assert_eq!(ada.reads("/").await, "nobody");
    assert_eq!(shop.logouts(), 1);
}

#[tokio::test]
async fn the_id_token_of_another_browser_is_not_shown() {
    let shop = Shop::start(SignIn::sign_out_at_provider).await;
    let [one, other] = [shop.person("ada").await, shop.person("ada").await];
    assert_eq!(param(&location(&one.sign_out().await), "id_token_hint"), None);
    assert!(param(&location(&other.sign_out().await), "id_token_hint").is_some());
    // Where no token is kept there is none to show.
    let shop = Shop::keeping_nothing(SignIn::sign_out_at_provider).await;
    let url = location(&shop.person("ada").await.sign_out().await);
    assert_eq!(param(&url, "id_token_hint"), None);
    assert!(param(&url, "state").is_some());
}
