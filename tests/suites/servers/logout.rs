//! How oidc-provider ends a login, and tells the clients of it.

use hallpass_tests::http::Request;
use hallpass_tests::receiver::Receiver;
use hallpass_tests::server::RealServer;
use hallpass_tests::user::{Outcome, User};
use http::StatusCode;
use serde_json::{Value, json};

use crate::raw::{jwt, sign_in, url};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[tokio::test]
async fn whoever_took_part_in_a_login_is_told_that_it_ended() {
    let (server, mut receiver) = start(StatusCode::OK).await;
    let token = sign_in(&server, "client-backchannel-logout", &User::new()).await;
    let [_, id_token] = jwt(token["id_token"].as_str().unwrap());
    let told = server.logout_all().await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["sub"], &told[0]["error"]), (&json!("alice"), &Value::Null));

    let [header, claims] = logout_token(&receiver.next().await.unwrap());
    assert_eq!(header["alg"], "RS256");
    assert_eq!(claims["aud"], "client-backchannel-logout");
    assert_eq!(claims["events"][EVENT], json!({}));
    assert!(claims["sid"].is_string() && claims["nonce"].is_null(), "{claims}");
    assert_eq!(claims["sid"], id_token["sid"]);
    assert!(server.logout_all().await.unwrap().is_empty(), "it ended once");
}

#[tokio::test]
async fn a_logout_that_the_client_refuses_is_reported() {
    let (server, mut receiver) = start(StatusCode::BAD_REQUEST).await;
    sign_in(&server, "client-backchannel-logout-sub", &User::new()).await;
    let told = server.logout_all().await.unwrap();
    assert!(told[0]["error"].as_str().unwrap().contains("400"), "{told:?}");
    let [header, claims] = logout_token(&receiver.next().await.unwrap());
    assert_eq!((&header["alg"], &claims["sub"]), (&json!("ES256"), &json!("alice")));
    assert!(claims["sid"].is_null(), "{claims}");
}

#[tokio::test]
async fn a_user_who_logs_out_lands_where_the_client_said() {
    let (server, mut receiver) = start(StatusCode::OK).await;
    let id = "client-backchannel-logout";
    let folder = tempfile::tempdir().unwrap();
    let alice = User::new().jar(folder.path().join("jar").to_str().unwrap());
    let token = sign_in(&server, id, &alice).await;
    let to = server.client(id).unwrap().post_logout_redirect_uri().unwrap();
    let query = [
        ("id_token_hint", token["id_token"].as_str().unwrap()),
        ("post_logout_redirect_uri", to),
        ("state", "a state/+"),
    ];
    let landing = alice.sign_in(&url(&server, "/session/end", &query), to).await.unwrap();
    assert_eq!(landing.outcome, Outcome::Redirect, "{}", landing.text);
    assert_eq!(landing.params["state"], "a state/+");
    let [_, claims] = logout_token(&receiver.next().await.unwrap());
    assert_eq!(claims["aud"], id);
}

async fn start(status: StatusCode) -> (RealServer, Receiver) {
    let receiver = Receiver::start(status).await.unwrap();
    let option = format!("--backchannel-logout-uri={}", receiver.url("/logout"));
    let server = RealServer::start("oidc-provider", &[&option]).unwrap();
    (server, receiver)
}

fn logout_token(request: &Request<String>) -> [Value; 2] {
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/logout"));
    jwt(request.body().strip_prefix("logout_token=").unwrap())
}
