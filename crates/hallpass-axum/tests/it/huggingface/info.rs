use std::time::Duration;

use hallpass_testkit::Fault;

use super::space::{LOGIN, Space, set_cookies};

/// What the Hub's tokens last, and more.
const LONG: Duration = Duration::from_secs(9 * 3600);

/// The end of what `/mine` says.
fn token(told: &str) -> String {
    told.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_handler_has_user_organizations_scopes_and_token() {
    let space = Space::start().await;
    let browser = space.browser();
    assert_eq!(browser.text("/info").await, "nobody");
    assert_eq!(browser.get("/mine").await.status, 401);
    let answer = browser.sign_in(LOGIN).await;
    let told = browser.text("/mine").await;
    let want = "Some(\"robinoak\") pro Some(false) in [\"Oak Trees\", \"Elm Trees\"] may \
                [\"openid\", \"profile\", \"email\"] until true with ";
    assert!(told.starts_with(want), "{told}");
    assert_eq!(browser.text("/info").await, told);
    // It is not in the browser, in whatever form.
    let token = token(&told);
    assert!(token.len() > 10, "{token}");
    for cookie in set_cookies(&answer) {
        assert!(cookie.len() < 200 && !cookie.contains(&token), "{cookie}");
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_a_handler_has_it() {
    let space = Space::start().await;
    let browser = space.browser();
    browser.sign_in(LOGIN).await;
    let first = token(&browser.text("/mine").await);
    space.clock.go_on(LONG);
    let second = token(&browser.text("/mine").await);
    assert_ne!(first, second);
    assert_eq!(token(&browser.text("/info").await), second);
}

#[tokio::test]
async fn whose_token_is_over_is_signed_out() {
    let space = Space::start().await;
    for path in ["/mine", "/info", "/"] {
        let browser = space.browser();
        browser.sign_in(LOGIN).await;
        assert!(browser.text("/info").await.contains("robinoak"));
        space.clock.go_on(LONG);
        let refused = Fault::on("token").status(400);
        space.hub.fault(refused.body("application/json", r#"{"error":"invalid_grant"}"#));
        let answer = browser.get(path).await;
        match path {
            "/mine" => assert_eq!(answer.status, 401),
            _ => assert_eq!(answer.body, b"nobody", "{path}"),
        }
        // A cookie that is good for nothing stays: its removal could come after the next login.
        assert!(set_cookies(&answer).is_empty());
        assert_eq!(space.hub.faults_left(), 0);
        assert_eq!(browser.text("/").await, "nobody", "the session is over");
    }
}

#[tokio::test]
async fn a_hub_that_is_away_signs_nobody_out() {
    let space = Space::start().await;
    let browser = space.browser();
    browser.sign_in(LOGIN).await;
    space.clock.go_on(LONG);
    space.hub.fault(Fault::on("token").status(503));
    assert_eq!(browser.get("/mine").await.status, 503);
    space.hub.clear_faults();
    // Who needs no token is served all the while.
    assert_ne!(browser.text("/").await, "nobody");
}
