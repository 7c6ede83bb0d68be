//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::time::{Duration, SystemTime};

use hallpass_core::CodeBinding;
use hallpass_facebook::{
    ClientConfig, ErrorKind, FIXTURES, Facebook, GraphVersion, OAuth2Client, OAuth2Token, Provider,
    Revoke,
};
use hallpass_testkit::Contract;
use serde_json::json;

#[test]
fn facebook_keeps_its_contract() {
    // The contract's clock stands there.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let seconds = move |at: Option<SystemTime>| Some(at?.duration_since(now).ok()?.as_secs());
    Contract::new(Facebook::new, FIXTURES)
        .operation("long_lived", async |client, token| {
            let token = client.request_token(Facebook::long_lived(token)).await?;
            Ok(json!({
                "access_token": token.access_token().expose(),
                "expires_in": seconds(token.expires_at()),
            }))
        })
        .operation("debug_token", async |client, token| {
            let own = client.request_token(Facebook::app_token()).await?;
            let found = client.provider().debug_token(client.api(&own), token).await?;
            Ok(json!({
                "app_id": found.app_id(),
                "is_ours": found.is_for(client.client_id()),
                "is_valid": found.is_valid(),
                "scopes": found.scopes().collect::<Vec<_>>(),
                "user_id": found.user_id(),
                "expires_in": seconds(found.expires_at()),
            }))
        })
        .operation("deauthorize", async |client, token| {
            client.provider().deauthorize(client.api(token)).await?;
            Ok(json!(null))
        })
        .operation("revoke_permission", async |client, token| {
            client.provider().revoke_permission(client.api(token), "email").await?;
            Ok(json!(null))
        })
        .run();
}

#[test]
fn every_address_names_the_version_that_was_chosen() {
    let version: GraphVersion = "v26.0".parse().unwrap();
    let facebook = Facebook::at_version(&version);
    let (dialog, token) = facebook.descriptor().authorize_and_token().unwrap();
    assert_eq!(dialog, "https://www.facebook.com/v26.0/dialog/oauth");
    assert_eq!(token, "https://graph.facebook.com/v26.0/oauth/access_token");
    assert_eq!(facebook.descriptor().apis().next(), Some("https://graph.facebook.com/v26.0"));
}

#[test]
fn state_alone_binds_the_code() {
    assert_eq!(Facebook::new().descriptor().code_binding(), CodeBinding::StateOnly);
}

#[tokio::test]
async fn what_needs_no_request_is_refused_without_one() {
    let token = OAuth2Token::from_access_token("TOKEN");
    let public = OAuth2Client::new(Facebook::new(), ClientConfig::new("ID")).unwrap();
    let error = public.get_profile(&token).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Config, None), "no proof: {error}");
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let client = OAuth2Client::new(Facebook::new(), config).unwrap();
    for bad in ["", "email/", "../me", "e mail", "Email", "email?x", "émail", "user.posts"] {
        let call = client.provider().revoke_permission(client.api(&token), bad).await;
        assert_eq!(call.unwrap_err().kind(), ErrorKind::Config, "{bad:?}");
    }
    for what in [Revoke::AccessToken, Revoke::RefreshToken, Revoke::Grant] {
        let error = client.revoke_token(&token, what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{what:?}");
    }
}

#[tokio::test]
async fn a_refusal_in_the_callback_of_another_login_is_not_believed() {
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    let facebook = OAuth2Client::new(Facebook::new(), config).unwrap();
    let query = "error_code=1&error_message=Call+this+number&state=forged";
    let login = facebook.authorize().start().await.unwrap();
    let forged = hallpass_facebook::Callback::from_query(query).unwrap();
    let error = facebook.get_access_token(forged, login.pending).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("state")));
    assert!(!error.to_string().contains("number"), "{error}");
}
