//! A whole login in one call.

use std::time::Duration;

use hallpass_cli::{CliLogin, LoopbackReceiver};
use hallpass_core::{AuthorizationRequest, AuthorizationUrl, BaseOAuth2, ErrorKind, Purpose};
use tokio::task::JoinHandle;

use crate::{
    acme::{client, descriptor, param},
    raw::{assert_status, exchange, get, port},
};

/// Opens no browser, and fails soon where nobody comes back.
fn login(client: &dyn BaseOAuth2) -> CliLogin<'_> {
    CliLogin::new(client).without_browser().with_timeout(Duration::from_secs(30))
}

/// What a browser does at once: the user says yes, and it comes back. Gives the page it ends on.
fn browse(url: &AuthorizationUrl, outcome: &'static str) -> JoinHandle<String> {
    assert!(url.as_str().starts_with("https://acme.test/authorize?"));
    let redirect_uri = param(url, "redirect_uri");
    let port = port(&redirect_uri);
    let path = redirect_uri.split_once(&port.to_string()).unwrap().1;
    let request = get(port, &format!("{path}?state={}&{outcome}", param(url, "state")));
    tokio::spawn(async move { exchange(port, &request).await })
}

#[tokio::test]
async fn a_tool_gets_token_and_profile() {
    let (client, script) = client(descriptor());
    let mut redirect_uri = String::new();
    let mut browser = None;
    let request = AuthorizationRequest::new().scopes(["mail"]).data("sync");
    let signed_in = login(&client)
        .with_request(request)
        .sign_in(|url| {
            assert_eq!(param(url, "scope"), "mail");
            redirect_uri = param(url, "redirect_uri");
            browser = Some(browse(url, "code=CODE"));
        })
        .await
        .unwrap();

    assert_status(&browser.unwrap().await.unwrap(), 200);
    assert_eq!(signed_in.profile.id(), "42");
    assert_eq!(signed_in.token.access_token().expose(), "TOKEN");
    assert_eq!(signed_in.data.as_deref(), Some("sync"));
    let asked = script.asked();
    assert_eq!(asked.len(), 2);
    let sent: Vec<_> = asked[0].1.split('&').collect();
    assert!(
        sent.contains(&"code=CODE") && sent.iter().any(|pair| pair.starts_with("code_verifier="))
    );
    let encoded = redirect_uri.replace(':', "%3A").replace('/', "%2F");
    assert!(sent.contains(&format!("redirect_uri={encoded}").as_str()), "{sent:?}");
}

#[tokio::test]
async fn a_tool_that_needs_no_profile_asks_for_none() {
    let (client, script) = client(descriptor());
    let token =
        login(&client).get_access_token(|url| drop(browse(url, "code=CODE"))).await.unwrap();
    assert_eq!(token.access_token().expose(), "TOKEN");
    assert_eq!(
        script.asked().iter().map(|(purpose, _)| *purpose).collect::<Vec<_>>(),
        [Purpose::Token]
    );
}

#[tokio::test]
async fn a_user_who_says_no_is_denied_and_nothing_is_sent() {
    let (client, script) = client(descriptor());
    let mut browser = None;
    let error = login(&client)
        .sign_in(|url| browser = Some(browse(url, "error=access_denied")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.oauth().unwrap().code(), "access_denied");
    assert!(browser.unwrap().await.unwrap().contains("The sign-in was not completed."));
    assert!(script.asked().is_empty());
}

#[tokio::test]
async fn the_receiver_is_the_callers_and_its_redirect_uri_wins() {
    let (client, _) = client(descriptor());
    let receiver = LoopbackReceiver::bind().await.unwrap().with_path("/back").unwrap();
    let receiver = receiver.with_texts("Back to the tool.", "No.");
    let want = receiver.redirect_uri().to_owned();
    let request = AuthorizationRequest::new().redirect_uri("https://app.test/callback");
    let mut browser = None;
    login(&client)
        .with_request(request)
        .with_receiver(receiver)
        .sign_in(|url| {
            assert_eq!(param(url, "redirect_uri"), want);
            browser = Some(browse(url, "code=CODE"));
        })
        .await
        .unwrap();
    assert!(browser.unwrap().await.unwrap().contains("Back to the tool."));
}

#[tokio::test(start_paused = true)]
async fn a_user_who_does_not_come_back_is_waited_for_five_minutes_or_as_told() {
    check(None, 300).await;
    check(Some(20), 20).await;

    async fn check(timeout: Option<u64>, want: u64) {
        let (client, script) = client(descriptor());
        let mut login = CliLogin::new(&client).without_browser();
        if let Some(seconds) = timeout {
            login = login.with_timeout(Duration::from_secs(seconds));
        }
        let begun = tokio::time::Instant::now();
        let error = login.sign_in(|_| ()).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("expired")));
        assert_eq!(begun.elapsed().as_secs(), want);
        assert!(script.asked().is_empty());
    }
}

#[tokio::test]
async fn what_is_printed_of_a_login_holds_no_secret() {
    let (client, _) = client(descriptor());
    let request = AuthorizationRequest::new().param("login_hint", "planted");
    let login = CliLogin::new(&client).with_request(request.token_param("resource", "planted"));
    assert!(!format!("{login:?}").contains("planted"));
}
