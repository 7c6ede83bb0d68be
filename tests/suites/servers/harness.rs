//! That the harness does what it says: everything else here stands on it.

use hallpass_tests::http;
use hallpass_tests::server::RealServer;
use hallpass_tests::user::{self, Outcome, User};
use serde_json::Value;

use crate::raw::visit;
use crate::shared::{OP, POSTGRES, REDIS};

#[tokio::test]
async fn a_user_signs_in_and_lands_on_the_redirect_uri() {
    let landing = visit(&OP, "client-basic", &User::new()).await;
    assert_eq!(landing.outcome, Outcome::Redirect);
    assert!(landing.url.starts_with("http://127.0.0.1/cb?code="), "{}", landing.url);
    assert!(!landing.params["code"].is_empty());
    assert_eq!(landing.params["state"], "a state/+");
    assert_eq!(landing.params["iss"], OP.issuer());
    assert_eq!(landing.url, format!("http://127.0.0.1/cb?{}", landing.response));
}

#[tokio::test]
async fn a_user_who_refuses_lands_there_without_a_code() {
    let landing = visit(&OP, "client-basic", &User::new().deny()).await;
    assert_eq!(landing.params["error"], "access_denied");
    assert_eq!(landing.params["state"], "a state/+");
    assert!(!landing.params.contains_key("code"));
}

#[tokio::test]
async fn the_server_shows_what_it_was_asked() {
    let server = RealServer::start("oidc-provider", &["--path", "/op"]).unwrap();
    let url = format!("{}/.well-known/openid-configuration", server.issuer());
    let metadata = http::get(&url).await.unwrap();
    let metadata: Value = serde_json::from_str(metadata.body()).unwrap();
    assert_eq!(metadata["issuer"], server.issuer());

    let seen = server.requests("/.well-known/openid-configuration").await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["method"], "GET");
    assert_eq!(seen[0]["status"], 200);
}

#[tokio::test]
async fn a_server_that_was_dropped_no_longer_answers() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let issuer = server.issuer().to_owned();
    drop(server);
    let failure = user::sign_in(&format!("{issuer}/auth"), "http://127.0.0.1/cb").await;
    assert!(failure.unwrap_err().to_string().contains("stuck"));
    assert!(http::get(&issuer).await.is_err());
}

#[test]
fn a_server_that_does_not_start_is_a_failure_with_its_complaints() {
    check("no-such-server", &[], "no server is named 'no-such-server'");
    check("oidc-provider", &["--no-such-option"], "Unknown option '--no-such-option'");
}

#[test]
fn a_database_is_never_another_one_that_has_its_port() {
    for server in [&*REDIS, &*POSTGRES] {
        let port = server.ready()["port"].to_string();
        check(server.name(), &["--port", &port], "the server ended with 1");
    }
}

#[track_caller]
fn check(name: &str, options: &[&str], complaint: &str) {
    let failure = RealServer::start(name, options).unwrap_err().to_string();
    assert!(failure.contains(complaint), "{failure}");
}
