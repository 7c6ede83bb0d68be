//! Keys that change while logins go on.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use hallpass_core::{JwtKind, OAuth2Client};
use hallpass_openid::OpenIdOAuth2;
use hallpass_tests::{control::OldKeys, server::RealServer};

use super::{BASIC, Standing, check_refused, config, op, sign_in, try_sign_in};

#[tokio::test]
async fn new_keys_are_fetched_once_when_the_first_token_needs_them() {
    let server = RealServer::start("oidc-provider", &[]).unwrap();
    let provider = op(&server);
    // However long it takes, this is the same half a minute; the leeway is for the server's time.
    let start = SystemTime::now();
    let at = |seconds| Arc::new(Standing(start + Duration::from_secs(seconds)));
    let client: OpenIdOAuth2 = OAuth2Client::new(provider.clone(), config(&server, BASIC)).unwrap();
    let client = client.with_clock(at(30));
    let first = sign_in(&server, &client).await.token;
    check_fetches(&server, 1).await;
    sign_in(&server, &client).await;
    check_fetches(&server, 1).await;

    server.rotate_keys(OldKeys::Gone).await.unwrap();
    let second = sign_in(&server, &client).await.token;
    check_fetches(&server, 2).await;
    let old = first.id_token().unwrap();
    // Anybody may have sent it: it has a look of its own, and then none for half a minute.
    for _ in 0..2 {
        let error = client.verify_jwt(old, JwtKind::IdToken).await.unwrap_err();
        check_refused(&error, "key");
        check_fetches(&server, 3).await;
    }

    // Once more within half a minute: the provider's own tokens do not make us ask again either.
    server.rotate_keys(OldKeys::Published).await.unwrap();
    check_refused(&try_sign_in(&server, &client).await.unwrap_err(), "key");
    check_fetches(&server, 3).await;

    // Another client of the same provider shares its keys. It is half a minute later.
    let client: OpenIdOAuth2 = OAuth2Client::new(provider, config(&server, BASIC)).unwrap();
    let client = client.with_clock(at(61));
    let third = sign_in(&server, &client).await.token;
    check_fetches(&server, 4).await;
    for token in [&second, &third] {
        let claims = client.verify_jwt(token.id_token().unwrap(), JwtKind::IdToken).await.unwrap();
        assert_eq!(claims.subject(), "alice", "the old keys are still published");
    }
    check_fetches(&server, 4).await;
    let discovery = server.requests("/.well-known/openid-configuration").await.unwrap();
    assert_eq!(discovery.len(), 1, "where the keys are was asked once");
}

async fn check_fetches(server: &RealServer, want: usize) {
    let fetches = server.requests("/jwks").await.unwrap();
    assert_eq!(fetches.len(), want);
    assert!(fetches.iter().all(|fetch| fetch["headers"]["authorization"].is_null()));
}
