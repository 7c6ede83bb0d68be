//! The example `web`: which providers it has, and which of them are real.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[allow(clippy::print_stdout, reason = "a part of a program that prints")]
#[path = "../../examples/web/played.rs"]
mod played;
#[path = "../../examples/login/providers.rs"]
mod providers;

use std::collections::BTreeSet;

use axum::Router;
use hallpass::{axum::SignIn, web::SealingKeys};
use hallpass_tests::http;
use tokio::net::TcpListener;

/// The example in an environment where GitHub has credentials: its address, and who is played.
async fn with_github() -> (String, Vec<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let lookup = |name: &str| match name {
        "GITHUB_CLIENT_ID" => Some("Iv1.of-the-shop".to_owned()),
        "GITHUB_CLIENT_SECRET" => Some("shop-secret".to_owned()),
        _ => None,
    };
    let (clients, stage) = played::clients(&base, lookup).await.unwrap();
    let mut sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap();
    for client in clients {
        sign_in = sign_in.provider(client).unwrap();
    }
    let played = stage.players.iter().map(|(name, _)| name.clone()).collect();
    let app = stage.direct(sign_in.attach(Router::new()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (base, played)
}

/// Where the button of a provider leads.
async fn leads_to(base: &str, name: &str) -> url::Url {
    let answer = http::get(&format!("{base}/login/{name}")).await.unwrap();
    assert_eq!(answer.status(), 303, "{name}");
    answer.headers()["location"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_provider_whose_credentials_the_environment_has_is_the_real_one() {
    let (base, played) = with_github().await;
    let others: Vec<_> = providers::NAMES.into_iter().filter(|name| *name != "github").collect();
    assert_eq!(played, others);

    let there = leads_to(&base, "github").await;
    assert!(there.as_str().starts_with("https://github.com/login/oauth/authorize?"), "{there}");
    let param = |wanted: &str| there.query_pairs().find(|(name, _)| name == wanted).unwrap().1;
    assert_eq!(param("client_id"), "Iv1.of-the-shop");
    assert_eq!(param("redirect_uri"), format!("{base}/callback/github"));
    for name in others {
        let there = leads_to(&base, name).await;
        assert_eq!((there.scheme(), there.host_str()), ("http", Some("127.0.0.1")), "{name}");
    }
}

#[test]
fn the_example_has_every_provider_of_the_project() {
    let all: BTreeSet<_> =
        hallpass::descriptors().iter().map(|known| known.name().to_owned()).collect();
    let here: BTreeSet<_> = providers::NAMES.into_iter().map(str::to_owned).collect();
    assert_eq!(here, all);
    assert_eq!(here.len(), providers::NAMES.len(), "each once");
}
