//! What Twitch refuses, its stand-in on this machine refuses too.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{ClientAuth, Request, http::HeaderValue};
use hallpass_testkit::{StandIn, User};
use hallpass_twitch::{
    ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, Result, Revoke, Twitch, TwitchClaim,
    TwitchParams,
};

async fn twitch() -> StandIn<Twitch> {
    StandIn::start(Twitch::new, FIXTURES).await
}

/// A login with parameters of Twitch's own.
async fn token(twitch: &StandIn<Twitch>, client: &OAuth2Client<Twitch>) -> OAuth2Token {
    let params = TwitchParams::new().claim(TwitchClaim::Email);
    let login = client.authorize().params(&params).start().await.unwrap();
    twitch.finish(client, login, User::first()).await.unwrap()
}

#[tokio::test]
async fn everybody_signs_in_and_a_refresh_rotates() {
    let twitch = twitch().await;
    let client = twitch.honest();
    for user in ["accepted", "no_email"] {
        let token = twitch.token(&client, User::named(user)).await.unwrap();
        let profile = client.get_profile(&token).await.unwrap();
        assert_eq!(profile.id(), "404170042");
        assert_eq!(profile.verified_email().is_some(), user == "accepted", "{user}");
    }
    let first = token(&twitch, &client).await;
    assert!(client.refresh_token(&first).await.is_ok());
    let error = client.refresh_token(&first).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth().unwrap().code()), (ErrorKind::Denied, "invalid_grant"));
}

#[tokio::test]
async fn the_api_wants_the_client_id_that_the_token_was_given_to() {
    let twitch = twitch().await;
    let honest = twitch.honest();
    let token = token(&twitch, &honest).await;
    assert!(honest.get_profile(&token).await.is_ok());
    let spoils: [fn(&mut Request); 2] = [
        |request| drop(request.headers.remove("client-id")),
        |request| {
            request.headers.insert("client-id", HeaderValue::from_static("k7another7app"));
        },
    ];
    for spoil in spoils {
        let error = twitch.spoiling(spoil).get_profile(&token).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
        assert_eq!(error.status().unwrap().as_u16(), 401);
    }
}

#[tokio::test]
async fn a_dead_token_is_refused_everywhere() {
    let twitch = twitch().await;
    let client = twitch.honest();
    let token = token(&twitch, &client).await;
    let found = client.provider().validate(client.api(&token)).await.unwrap();
    assert!(found.is_for(client.client_id()));
    assert!(!format!("{found:?}").contains(found.user_id()));
    let dead = OAuth2Token::from_access_token("dead");
    let calls = [
        client.get_profile(&dead).await.map(drop),
        client.provider().validate(client.api(&dead)).await.map(drop),
        client.revoke_token(&dead, Revoke::AccessToken).await,
    ];
    for error in calls.map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("invalid_token")));
    }
    for what in [Revoke::Grant, Revoke::RefreshToken] {
        let error = client.revoke_token(&token, what).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unsupported, None), "{what:?}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_twitchs_own_words_and_none_is_refused_too() {
    let twitch = twitch().await;
    twitch.check_client(twitch.config().with_secret("wrong"), 403, Some("invalid_client")).await;
    let basic = twitch.config().with_client_auth(ClientAuth::Basic);
    for config in [twitch.public_config(), basic] {
        twitch.check_client(config, 401, Some("invalid_client")).await;
    }
}
