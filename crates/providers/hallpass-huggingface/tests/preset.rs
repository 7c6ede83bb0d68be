//! What the Hub refuses, its stand-in on this machine refuses too; and what needs no user.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{ClientAuth, url::Url};
use hallpass_huggingface::{
    ClientConfig, ErrorKind, FIXTURES, HuggingFace, HuggingFaceParams, HuggingFaceRole,
    HuggingFaceUser, OAuth2Client, OAuth2Token, Provider, Result, Revoke, SecurityRestriction,
};
use hallpass_testkit::{LocalProvider, User};

async fn local() -> LocalProvider {
    LocalProvider::emulating(HuggingFace::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config("https://app.test/callback").unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<HuggingFace> {
    OAuth2Client::new(HuggingFace::new(), config).unwrap().with_http_client(local.http_client())
}

async fn token(local: &LocalProvider, client: &OAuth2Client<HuggingFace>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_user_signs_in_and_a_refresh_token_is_good_once() {
    let local = local().await;
    let client = client(&local, config(&local));
    let old = token(&local, &client).await.unwrap();
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
    let local = local().await;
    let client = client(&local, config(&local));
    let login = client.authorize().start().await.unwrap();
    let user = User::named("organizations");
    let landing = local.browser().sign_in(&login.url, user).await.unwrap();
    let signed_in = client.sign_in(landing.callback().unwrap(), login.pending).await.unwrap();
    let user = HuggingFaceUser::from_profile(&signed_in.profile).unwrap();
    let oak = user.organization("6402a1b2c3d4e5f607182930").unwrap();
    assert_eq!(oak.role_in_org, Some(HuggingFaceRole::Contributor));
    let restrictions = [SecurityRestriction::Mfa, SecurityRestriction::TokenPolicy];
    assert_eq!(oak.security_restrictions, restrictions);
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let local = local().await;
    let honest = client(&local, config(&local));
    for (from, to, want) in [
        ("", "", None),
        ("profile+email", "profile%2Cemail", Some("error=invalid_scope")),
        (
            "code_challenge_method=S256",
            "code_challenge_method=plain",
            Some("error=invalid_request"),
        ),
    ] {
        let login = honest.authorize().start().await.unwrap();
        assert!(login.url.as_str().contains(from), "{from}");
        let url = login.url.as_str().replacen(from, to, 1);
        let landing = local.browser().sign_in(url, User::first()).await.unwrap();
        let query = landing.url().split('?').next_back().unwrap().to_owned();
        assert_eq!(query.starts_with("code="), want.is_none(), "{query}");
        assert!(want.is_none_or(|want| query.starts_with(want)), "{query}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local))).await.is_ok());
    let error = token(&local, &client(&local, config(&local).with_secret("wrong"))).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
}

fn plain_client(config: ClientConfig) -> OAuth2Client<HuggingFace> {
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    OAuth2Client::new(HuggingFace::new(), config).unwrap()
}

#[tokio::test]
async fn an_organization_has_the_hubs_name_and_nothing_is_sent_unasked() {
    check_params(&HuggingFaceParams::new(), None).await;
    check_params(&HuggingFaceParams::new().organization("6402a1"), Some("6402a1")).await;
}

async fn check_params(params: &HuggingFaceParams, want: Option<&str>) {
    let client = plain_client(ClientConfig::new("ID"));
    let login = client.authorize().params(params).start().await.unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let count = url.query_pairs().count();
    let got = url.query_pairs().find(|(name, _)| name == "orgIds");
    assert_eq!(got.as_ref().map(|(_, value)| &**value), want);
    assert_eq!(count, 8 + usize::from(want.is_some()), "{url}");
}

#[tokio::test]
async fn nothing_is_revoked() {
    let client = plain_client(ClientConfig::new("ID").with_client_auth(ClientAuth::None));
    let token = OAuth2Token::from_access_token("TOKEN");
    for what in [Revoke::AccessToken, Revoke::RefreshToken, Revoke::Grant] {
        let error = client.revoke_token(&token, what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{what:?}");
    }
}
