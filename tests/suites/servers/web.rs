//! An application on axum, signed in at oidc-provider, and out: there and here.

use std::{net::Ipv4Addr, sync::Arc};

use axum::{Router, routing::get};
use hallpass_axum::{
    Identity, SignIn,
    hallpass_openid::{MemoryReplayStore, OpenId},
    hallpass_session::MemoryStore,
    web::SealingKeys,
};
use hallpass_core::{ClientConfig, OAuth2Client};
use hallpass_tests::{
    http::{Request, Response, send},
    server::RealServer,
    user::User,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::openid::query;

#[tokio::test]
async fn who_signs_out_here_or_there_is_signed_out_in_both() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (callback, done) = (format!("{base}/callback/op"), format!("{base}/logout/done"));
    let clients = tempfile::NamedTempFile::new().unwrap();
    let metadata = json!([{
        "client_id": "shop", "client_secret": "s".repeat(32), "redirect_uris": [callback],
        "post_logout_redirect_uris": [done], "backchannel_logout_session_required": true,
        "backchannel_logout_uri": format!("{base}/backchannel-logout/op"),
    }]);
    std::fs::write(clients.path(), metadata.to_string()).unwrap();
    let option = format!("--clients={}", clients.path().display());
    let server = RealServer::start("oidc-provider", &[&option]).unwrap();
    let config = ClientConfig::new("shop").with_secret("s".repeat(32));
    let client = OAuth2Client::new(OpenId::<()>::new("op", server.issuer()), config).unwrap();
    let sign_in = SignIn::new(&base, SealingKeys::generate()).unwrap();
    let sign_in = sign_in.provider(Arc::new(client)).unwrap().sign_out_at_provider();
    let sign_in = sign_in.tokens(Arc::new(MemoryStore::default()));
    let sign_in = sign_in.backchannel_logout(Arc::new(MemoryReplayStore::new()));
    let who = |who: Option<Identity>| async { who.map_or("nobody".to_owned(), |who| who.0.id) };
    let app = sign_in.attach(Router::new().route("/", get(who)));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let folder = tempfile::tempdir().unwrap();
    let alice = User::new().jar(folder.path().join("jar").to_str().unwrap());
    let session = signed_in(&base, &alice).await;
    let page = browse(&format!("{base}/logout"), &session, None).await.into_body();
    let word = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = format!("csrf={word}");
    let left = browse(&format!("{base}/logout"), &session, Some(form)).await;
    assert!(query(location(&left))["id_token_hint"].is_string());
    let landing = alice.sign_in(location(&left), &done).await.unwrap();
    let back = format!("{done}?{}", landing.response);
    let page = browse(&back, &cookie(&left, "hallpass.logout"), None).await.into_body();
    assert!(page.contains("was asked to sign you out as well"), "{page}");

    let session = signed_in(&base, &alice).await;
    let told = server.logout_all().await.unwrap();
    assert!(told.iter().all(|it| it["error"].is_null()) && !told.is_empty(), "{told:?}");
    assert_eq!(browse(&format!("{base}/"), &session, None).await.body(), "nobody");
}

/// The session's cookie.
async fn signed_in(base: &str, user: &User) -> String {
    let begun = browse(&format!("{base}/login/op"), "", None).await;
    let landing = user.sign_in(location(&begun), &format!("{base}/callback/op")).await.unwrap();
    let back = format!("{base}/callback/op?{}", landing.response);
    let session =
        cookie(&browse(&back, &cookie(&begun, "hallpass.login"), None).await, "hallpass.s");
    assert_eq!(browse(&format!("{base}/"), &session, None).await.body(), "alice");
    session
}

async fn browse(url: &str, cookies: &str, form: Option<String>) -> Response<String> {
    let request = if form.is_some() { Request::post(url) } else { Request::get(url) };
    let request = request.header("cookie", cookies);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    send(request.body(form.unwrap_or_default()).unwrap()).await.unwrap()
}

fn location(response: &Response<String>) -> &str {
    response.headers()["location"].to_str().unwrap()
}

fn cookie(response: &Response<String>, start: &str) -> String {
    let mut set = response.headers().get_all("set-cookie").iter();
    let set = set.find_map(|set| set.to_str().ok().filter(|set| set.starts_with(start)));
    set.unwrap().split(';').next().unwrap().to_owned()
}
