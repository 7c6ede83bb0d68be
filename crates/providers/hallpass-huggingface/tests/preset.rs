//! What the Hub refuses, its stand-in on this machine refuses too; and what needs no user.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::ClientAuth;
use hallpass_huggingface::{
    ClientConfig, ErrorKind, FIXTURES, HuggingFace, HuggingFaceParams, HuggingFaceRole,
    HuggingFaceUser, OAuth2Client, OAuth2Token, Revoke, SecurityRestriction,
};
use hallpass_testkit::{StandIn, User, own_params};

async fn hub() -> StandIn<HuggingFace> {
    StandIn::start(HuggingFace::new, FIXTURES).await
}

#[tokio::test]
async fn a_user_signs_in_and_a_refresh_token_is_good_once() {
    let hub = hub().await;
    let client = hub.honest();
    let old = hub.token(&client, User::first()).await.unwrap();
    let profile = client.get_profile(&old).await.unwrap();
    assert_eq!(profile.verified_email(), Some("robin@oak.test"));
    assert!(HuggingFaceUser::from_profile(&profile).unwrap().organizations.is_empty());
    let new = client.refresh_token(&old).await.unwrap();
    assert!(client.get_profile(&new).await.is_ok());
    let error = client.refresh_token(&old).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn a_user_has_organizations() {
    let hub = hub().await;
    let client = hub.honest();
    let token = hub.token(&client, User::named("organizations")).await.unwrap();
    let profile = client.get_profile(&token).await.unwrap();
    let user = HuggingFaceUser::from_profile(&profile).unwrap();
    let oak = user.organization("6402a1b2c3d4e5f607182930").unwrap();
    assert_eq!(oak.role_in_org, Some(HuggingFaceRole::Contributor));
    let restrictions = [SecurityRestriction::Mfa, SecurityRestriction::TokenPolicy];
    assert_eq!(oak.security_restrictions, restrictions);
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let hub = hub().await;
    hub.check_page("profile+email", "profile%2Cemail", Some("invalid_scope")).await;
    hub.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let hub = hub().await;
    hub.check_client(hub.config().with_secret("wrong"), 401, Some("invalid_client")).await;
}

#[test]
fn an_organization_has_the_hubs_name_and_nothing_is_sent_unasked() {
    assert_eq!(own_params(HuggingFace::new(), &HuggingFaceParams::new()), "");
    let organization = HuggingFaceParams::new().organization("6402a1");
    assert_eq!(own_params(HuggingFace::new(), &organization), "orgIds=6402a1");
}

#[tokio::test]
async fn nothing_is_revoked() {
    let config = ClientConfig::new("ID").with_client_auth(ClientAuth::None);
    let client = OAuth2Client::new(HuggingFace::new(), config).unwrap();
    let token = OAuth2Token::from_access_token("TOKEN");
    for what in [Revoke::AccessToken, Revoke::RefreshToken, Revoke::Grant] {
        let error = client.revoke_token(&token, what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{what:?}");
    }
}
