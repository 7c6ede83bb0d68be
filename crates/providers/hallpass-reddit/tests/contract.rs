//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hallpass_core::{
    CodeBinding, EmailSupport, HttpClient, Request, Response,
    http::{HeaderMap, StatusCode, header},
};
use hallpass_reddit::{
    ClientConfig, FIXTURES, OAuth2Client, OAuth2Token, Provider, Reddit, RedditUserAgent, Result,
    Revoke,
};
use hallpass_testkit::Fixture;

const REDIRECT_URI: &str = "https://app.test/callback";
const USER_AGENT: &str = "linux:test.hallpass:v1 (by /u/robin_oak)";

fn reddit() -> Reddit {
    Reddit::new(USER_AGENT.parse::<RedditUserAgent>().unwrap())
}

#[test]
fn reddit_keeps_its_contract() {
    // The fixtures leave open what has hallpass's version in it; here it is written out.
    let user_agent = format!("> user-agent: {USER_AGENT} hallpass/{}", env!("CARGO_PKG_VERSION"));
    let exact = |text: &str| text.replace("> user-agent: *", &user_agent);
    let fixtures: Vec<_> = FIXTURES.iter().map(|(name, text)| (*name, exact(text))).collect();
    let fixtures: Vec<_> = fixtures.iter().map(|(name, text)| (*name, text.as_str())).collect();
    hallpass_testkit::contract(reddit, &fixtures);
}

/// What the descriptor says of addresses is what the exchanges come to.
#[test]
fn no_address_is_promised_and_none_is_given() {
    let is_promised = reddit().descriptor().email() != EmailSupport::Never;
    let mut count = 0;
    for (name, text) in FIXTURES {
        let fixture = Fixture::parse(name, text).unwrap();
        let outcome = fixture.outcome();
        if ["IdEmail", "Profile"].contains(&outcome.name()) {
            let is_given = outcome.fields().contains_key("email");
            assert!(is_given == is_promised, "{name}: given {is_given}, promised {is_promised}");
            count += 1;
        }
    }
    assert!(count > 0, "there are profiles among the fixtures");
}

#[test]
fn nothing_but_the_state_binds_the_code() {
    let reddit = reddit();
    assert_eq!(reddit.descriptor().code_binding(), CodeBinding::StateOnly);
    let source = reddit.descriptor().code_binding_source();
    assert!(source.is_some_and(|page| page.starts_with("https://github.com/reddit-archive/")));
}

/// Keeps the headers of what is sent, and answers as Reddit does to a good request.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<HeaderMap>>);

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Recorder {
    async fn send(&self, request: Request) -> Result<Response> {
        self.0.lock().unwrap().push(request.headers);
        let body = br#"{"access_token":"TOKEN","id":"4x7q2"}"#;
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), body.to_vec()))
    }
}

#[tokio::test]
async fn every_request_says_what_asks_and_credentials_go_as_they_are() {
    let recorder = Arc::new(Recorder::default());
    let config = ClientConfig::new("ID").with_secret("a+b/c");
    let config = config.with_redirect_uri(REDIRECT_URI).unwrap();
    let client =
        OAuth2Client::new(reddit(), config).unwrap().with_http_client(Arc::clone(&recorder) as _);
    let token = client.refresh_token(&OAuth2Token::from_refresh_token("REFRESH")).await.unwrap();
    client.get_profile(&token).await.unwrap();
    client.revoke_token(&token, Revoke::AccessToken).await.unwrap();
    let sent = recorder.0.lock().unwrap();
    assert_eq!(sent.len(), 3);
    for headers in &*sent {
        let user_agent = headers[header::USER_AGENT].to_str().unwrap();
        assert!(user_agent.starts_with(&format!("{USER_AGENT} hallpass/")), "{user_agent}");
    }
    // `ID:a+b/c`, where form-encoding would make `ID:a%2Bb%2Fc` of it.
    assert_eq!(sent[0][header::AUTHORIZATION], "Basic SUQ6YStiL2M=");
    assert_eq!(sent[2][header::AUTHORIZATION], "Basic SUQ6YStiL2M=");
}

#[tokio::test]
async fn temporary_access_is_asked_for_once_and_has_no_refresh_tokens() {
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let config = config.with_redirect_uri(REDIRECT_URI).unwrap();
    for (reddit, duration) in
        [(reddit(), "permanent"), (reddit().with_temporary_access(), "temporary")]
    {
        let is_permanent = duration == "permanent";
        let client = OAuth2Client::new(reddit, config.clone()).unwrap();
        let login = client.authorize().start().await.unwrap();
        let url = hallpass_core::url::Url::parse(login.url.as_str()).unwrap();
        let asked: Vec<_> = url.query_pairs().filter(|(name, _)| name == "duration").collect();
        assert_eq!(asked, [("duration".into(), duration.into())], "{url}");
        assert_eq!(client.descriptor().offers_refresh(), is_permanent);
    }
}
