//! What FranceConnect refuses, its stand-in on this machine refuses too; and what needs no user.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{ClientAuth, VerifiedClaims, url::Url};
use hallpass_franceconnect::{
    BaseOAuth2, ClaimsRequest, ClientConfig, Eidas, Error, ErrorKind, FIXTURES, FranceConnect,
    FranceConnectParams, FranceConnectPrompt, LogoutRequest, OAuth2Client, OAuth2Token, Provider,
    Result, Revoke, logout,
};
use hallpass_testkit::{LocalProvider, User};

async fn local() -> LocalProvider {
    LocalProvider::emulating(FranceConnect::new().descriptor(), FIXTURES).await.unwrap()
}

fn config(local: &LocalProvider) -> ClientConfig {
    local.client_config("https://app.test/callback").unwrap()
}

fn client(local: &LocalProvider, config: ClientConfig) -> OAuth2Client<FranceConnect> {
    let client = OAuth2Client::new(FranceConnect::new(), config).unwrap();
    client.with_http_client(local.http_client())
}

async fn token(local: &LocalProvider, client: &OAuth2Client<FranceConnect>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

#[tokio::test]
async fn a_user_signs_in_with_signed_userinfo() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client).await.unwrap();
    let profile = client.get_profile(&token).await.unwrap();
    assert_eq!(Some(profile.id()), token.claims().map(VerifiedClaims::subject));
    assert_eq!((profile.email(), profile.verified_email()), (Some("robin@oak.test"), None));
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let local = local().await;
    let honest = client(&local, config(&local));
    for (from, to, want) in [
        ("", "", None),
        ("openid+email", "openid%2Cemail", Some("error=invalid_scope")),
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
async fn a_login_without_what_franceconnect_requires_is_refused() {
    let local = local().await;
    let provider = FranceConnect::new().with_acr_values_per_login();
    let client = OAuth2Client::new(provider, config(&local)).unwrap();
    let client = client.with_http_client(local.http_client());
    let forgotten = client.authorize().start().await.unwrap();
    let named = client.authorize().acr_values([Eidas::Eidas1]).start().await.unwrap();
    let without = |name: &str| named.url.as_str().replacen(&format!("&{name}="), "&was=", 1);
    for (url, lacks) in [
        (forgotten.url.as_str().to_owned(), Some("acr_values")),
        (without("nonce"), Some("nonce")),
        (without("state"), Some("state")),
        (named.url.as_str().to_owned(), None),
    ] {
        let landing = local.browser().sign_in(url, User::first()).await.unwrap();
        let landed = Url::parse(landing.url()).unwrap();
        let said = landed.query_pairs().find(|(name, _)| name == "error_description");
        assert_eq!(said.is_some(), lacks.is_some(), "{landed}");
        assert!(lacks.is_none_or(|lacks| said.unwrap().1.ends_with(lacks)), "{landed}");
    }
}

#[tokio::test]
async fn another_way_of_authentication_is_refused() {
    let local = local().await;
    assert!(token(&local, &client(&local, config(&local))).await.is_ok());
    let redirect_uri = "https://app.test/callback";
    let public = ClientConfig::new(local.client_id()).with_redirect_uri(redirect_uri).unwrap();
    for config in [public, config(&local).with_client_auth(ClientAuth::Basic)] {
        let error = token(&local, &client(&local, config)).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 401));
    }
}

#[tokio::test]
async fn a_login_that_names_a_level_is_held_to_it() {
    let local = local().await;
    let provider = FranceConnect::new().with_acr_values_per_login();
    let client = OAuth2Client::new(provider, config(&local)).unwrap();
    let client = client.with_http_client(local.http_client());
    for (level, reason) in [(Eidas::Eidas1, None), (Eidas::Eidas2, Some("acr"))] {
        let login = client.authorize().acr_values([level]).start().await.unwrap();
        let asked = format!("acr_values={}", level.as_str());
        assert!(login.url.as_str().contains(&asked), "{asked}");
        let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
        let token = client.get_access_token(landing.callback().unwrap(), login.pending).await;
        let refusal = token.err();
        assert_eq!(refusal.as_ref().and_then(Error::reason), reason);
    }
}

fn plain_client(provider: FranceConnect) -> OAuth2Client<FranceConnect> {
    let config = ClientConfig::new("ID").with_secret("SECRET");
    let config = config.with_redirect_uri("https://app.test/cb").unwrap();
    OAuth2Client::new(provider, config).unwrap()
}

#[tokio::test]
async fn each_login_has_what_franceconnect_demands() {
    for provider in [FranceConnect::new(), FranceConnect::integration()] {
        let login = plain_client(provider).authorize().start().await.unwrap();
        let url = Url::parse(login.url.as_str()).unwrap();
        let param = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1;
        assert_eq!(param("acr_values"), "eidas1");
        assert!(param("nonce").len() >= 22 && param("state").len() >= 22);
        assert_eq!(param("code_challenge_method"), "S256");
        assert_eq!(param("code_challenge").len(), 43);
    }
}

#[tokio::test]
async fn a_level_is_named_by_the_provider_or_by_the_login_and_not_by_both() {
    let client = plain_client(FranceConnect::new());
    let error = client.authorize().acr_values([Eidas::Eidas1]).start().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("reserved")));
}

#[tokio::test]
async fn each_parameter_has_franceconnects_name_and_nothing_is_sent_unasked() {
    let new = FranceConnectParams::new;
    check_params(&new(), &[]).await;
    check_params(&new().prompt(FranceConnectPrompt::Login), &[("prompt", "login")]).await;
    check_params(&new().prompt(FranceConnectPrompt::Consent), &[("prompt", "consent")]).await;
    check_params(&new().idp_hint("an-idp"), &[("idp_hint", "an-idp")]).await;
    check_params(&new().ui_locales("fr en"), &[("ui_locales", "fr en")]).await;
    let amr = new().claims(ClaimsRequest::new().essential_id_token("amr"));
    check_params(&amr, &[("claims", r#"{"id_token":{"amr":{"essential":true}}}"#)]).await;
}

async fn check_params(params: &FranceConnectParams, want: &[(&str, &str)]) {
    let client = plain_client(FranceConnect::new());
    let login = client.authorize().params(params).start().await.unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let own = url.query_pairs().filter(|(name, _)| !OF_EVERY_LOGIN.contains(&&**name));
    let got: Vec<_> = own.collect();
    let got: Vec<_> = got.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(got, want);
}

const OF_EVERY_LOGIN: [&str; 9] = [
    "acr_values",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

#[tokio::test]
async fn signing_out_is_franceconnects_page() {
    let local = local().await;
    let client = client(&local, config(&local));
    let token = token(&local, &client).await.unwrap();
    let request = LogoutRequest::new().with_redirect_uri("https://app.test/goodbye");
    let leaving = logout(&client as &dyn BaseOAuth2, Some(&token), request).await.unwrap();
    let url = Url::parse(leaving.url.as_str()).unwrap();
    assert_eq!(url.path(), "/api/v2/session/end");
    let param = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1;
    assert_eq!(param("id_token_hint"), token.id_token().unwrap().expose());
    assert_eq!(param("post_logout_redirect_uri"), "https://app.test/goodbye");
    assert!(leaving.pending.verify(&format!("state={}", param("state"))).is_ok());
}

#[tokio::test]
async fn what_is_not_offered_is_unsupported_without_a_request() {
    let client = plain_client(FranceConnect::new());
    let token = OAuth2Token::from_access_token("TOKEN");
    let errors = [
        client.refresh_token(&token).await.map(drop),
        client.revoke_token(&token, Revoke::RefreshToken).await,
    ];
    assert!(errors.into_iter().all(|it| it.unwrap_err().kind() == ErrorKind::Unsupported));
}
