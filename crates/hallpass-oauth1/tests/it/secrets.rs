use hallpass_core::{ApiRequest, AuthorizationRequest, Error, http::Method};
use hallpass_oauth1::{ClientCredentials, OAuth1Config, SignatureMethod, TokenCredentials};
use serde_json::json;

use crate::support::*;

const PLANTED: [&str; 7] = [
    "CONSUMERSECRET",
    "TEMPSECRET",
    "TOKENSECRET",
    "VERIFIER",
    "PARAMETER",
    "BODYTEXT",
    "QUERYTEXT",
];

#[track_caller]
fn assert_clean(shown: &str) {
    for secret in PLANTED {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[track_caller]
fn assert_error_is_clean(error: &Error) {
    assert_clean(&format!("{error} {error:?}"));
    assert!(
        error.to_string().contains("[redacted]"),
        "it says that something stood there: {error}"
    );
}

/// A server that says back all that it was sent.
fn echo(sent: &[&str]) -> String {
    json!({ "errors": [{ "message": format!("you sent {}", sent.join(", ")) }] }).to_string()
}

#[tokio::test]
async fn no_error_repeats_what_was_sent() {
    let config = config()
        .with_temporary_param("key", "PARAMETER")
        .with_signature_method(SignatureMethod::Plaintext);
    let world = World::of(acme(), config);
    world.wire.answer(401, &echo(&["CONSUMERSECRET&", "PARAMETER", "oauth"]));
    let login = world.client.get_authorization_url(AuthorizationRequest::new()).await;
    assert_error_is_clean(&login.unwrap_err());

    let login = world.begun().await;
    world.wire.answer(401, &echo(&["CONSUMERSECRET&TEMPSECRET", "VERIFIER", "TEMPSECRET"]));
    let back = callback("oauth_token=TEMP&oauth_verifier=VERIFIER");
    let error = world.client.get_access_token(back, login.pending).await.unwrap_err();
    assert_error_is_clean(&error);

    let login = world.begun().await;
    world.wire.answer(400, "oauth_problem=verifier_invalid&oauth_problem_advice=not+VERIFIER");
    let back = callback("oauth_token=TEMP&oauth_verifier=VERIFIER");
    let error = world.client.get_access_token(back, login.pending).await.unwrap_err();
    assert_error_is_clean(&error);

    let token = TokenCredentials::new("TOKEN", "TOKENSECRET").into_token();
    world.wire.answer(400, &echo(&["4815162342", "[redacted]"]));
    let call = world.client.api(&token).post("https://api.acme.test/");
    let error = call.json(&json!({ "pin": 4_815_162_342_u64 })).send().await.unwrap_err();
    assert!(!error.to_string().contains("4815162342"), "{error}");
    world.wire.answer(400, &echo(&["TOKENSECRET", "BODYTEXT", "QUERYTEXT"]));
    let call = world.client.api(&token).post("https://api.acme.test/").query("q", "QUERYTEXT");
    assert_error_is_clean(&call.json(&json!([{ "a": "BODYTEXT" }])).send().await.unwrap_err());
    world.wire.answer(400, &echo(&["TOKENSECRET", "BODYTEXT"]));
    let call = world.client.api(&token).post("https://api.acme.test/").form([("a", "BODYTEXT")]);
    assert_error_is_clean(&call.send().await.unwrap_err());
}

#[tokio::test]
async fn no_error_repeats_a_signature() {
    let world = World::new();
    let token = TokenCredentials::new("TOKEN", "TOKENSECRET").into_token();
    let request = || ApiRequest::new(Method::GET, "https://api.acme.test/").token(&token);
    world.wire.answer(200, "{}");
    world.client.send(request()).await.unwrap();
    let signature = world.wire.only().oauth()["oauth_signature"].clone();
    world.wire.answer(401, &echo(&[&signature]));
    let error = world.client.send(request()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(&signature), "{error}");
    assert_error_is_clean(&error);
}

#[tokio::test]
async fn no_callback_repeats_its_verifier_in_an_error() {
    let world = World::new();
    let login = world.begun().await;
    let query = "oauth_token=TEMP&oauth_verifier=VERIFIER&oauth_problem=user_refused\
                 &error_description=VERIFIER+TEMPSECRET";
    let error = world.client.get_access_token(callback(query), login.pending).await.unwrap_err();
    assert_error_is_clean(&error);
}

#[tokio::test]
async fn nothing_public_prints_a_secret() {
    let config = OAuth1Config::new(ClientCredentials::new("consumer", "CONSUMERSECRET"))
        .with_temporary_param("a", "PARAMETER")
        .with_token_param("b", "PARAMETER")
        .with_authorization_param("c", "PARAMETER")
        .with_redirect_uri("https://app.test/cb")
        .unwrap();
    let shown = format!("{config:?}");
    assert!(shown.contains("consumer") && shown.contains("app.test"));
    let world = World::of(acme(), config);
    let login = world.begun().await;
    world.wire.answer(200, GRANTED);
    let login_shown = format!("{login:?}");
    let back = callback("oauth_token=TEMP&oauth_verifier=VERIFIER");
    let back_shown = format!("{back:?}");
    let token = world.client.get_access_token(back, login.pending).await.unwrap();
    let credentials = TokenCredentials::of(&token).unwrap();
    let all = [
        shown,
        login_shown,
        back_shown,
        format!("{:?}", world.client),
        format!("{:?}", world.client.signer()),
        format!("{token:?}"),
        format!("{credentials:?}"),
        format!("{:?}", acme()),
    ];
    for shown in all {
        assert_clean(&shown);
        assert!(!shown.contains("\"TOKEN\"") && !shown.contains("TEMP"), "{shown}");
    }
}
