//! That the harness does what it says: everything else here stands on it.

use hallpass_tests::server::RealServer;
use hallpass_tests::user::{self, Landing, Outcome, User};
use hallpass_tests::{Failure, http};
use serde_json::{Value, json};
use url::Url;

/// The challenge of RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
async fn a_user_signs_in_and_lands_on_the_redirect_uri() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let landing = visit(&server, &User::new()).await.unwrap();
    assert_eq!(landing.outcome, Outcome::Redirect);
    assert!(landing.url.starts_with("http://127.0.0.1/cb?code="), "{}", landing.url);
    assert!(!landing.params["code"].is_empty());
    assert_eq!(landing.params["state"], "a state/+");
    assert_eq!(landing.params["iss"], server.issuer());
    assert_eq!(landing.url, format!("http://127.0.0.1/cb?{}", landing.response));
}

#[tokio::test]
async fn a_user_who_refuses_lands_there_without_a_code() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let landing = visit(&server, &User::new().deny()).await.unwrap();
    assert_eq!(landing.params["error"], "access_denied");
    assert_eq!(landing.params["state"], "a state/+");
    assert!(!landing.params.contains_key("code"));
}

#[tokio::test]
async fn the_server_shows_what_it_was_asked_and_changes_as_it_is_told() {
    let server = RealServer::start("oidc-provider", &["--path", "/op"]).unwrap();
    let url = format!("{}/.well-known/openid-configuration", server.issuer());
    let metadata = http::get(&url).await.unwrap();
    let metadata: Value = serde_json::from_str(metadata.body()).unwrap();
    assert_eq!(metadata["issuer"], server.issuer());

    let seen = server.requests("/.well-known/openid-configuration").await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["method"], "GET");
    assert_eq!(seen[0]["status"], 200);

    let fault = json!({ "path": "/.well-known/openid-configuration", "status": 503 });
    server.control(http::Method::POST, "/fault", &fault).await.unwrap();
    assert_eq!(http::get(&url).await.unwrap().status(), 503);
    assert_eq!(http::get(&url).await.unwrap().status(), 200);

    let refused = server.control(http::Method::POST, "/set", &json!({ "rotate": "no" })).await;
    assert!(refused.unwrap_err().to_string().contains("cannot set rotate"));
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

#[track_caller]
fn check(name: &str, options: &[&str], complaint: &str) {
    let failure = RealServer::start(name, options).unwrap_err().to_string();
    assert!(failure.contains(complaint), "{failure}");
}

async fn visit(server: &RealServer, user: &User) -> Result<Landing, Failure> {
    let client = server.client("client-basic")?;
    let mut url = Url::parse(&format!("{}/auth", server.issuer())).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("client_id", client.id()?),
        ("redirect_uri", client.redirect_uri()?),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "a state/+"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    user.sign_in(url.as_str(), client.redirect_uri()?).await
}
