//! What FranceConnect refuses, its stand-in on this machine refuses too; and what needs no user.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use hallpass_core::{ClientAuth, VerifiedClaims, url::Url};
use hallpass_franceconnect::{
    BaseOAuth2, ClaimsRequest, ClientConfig, Eidas, Error, ErrorKind, FIXTURES, FranceConnect,
    FranceConnectParams, FranceConnectPrompt, LogoutRequest, OAuth2Client, OAuth2Token, Revoke,
    logout,
};
use hallpass_testkit::{StandIn, User, own_params};

async fn franceconnect() -> StandIn<FranceConnect> {
    StandIn::start(FranceConnect::new, FIXTURES).await
}

#[tokio::test]
async fn a_user_signs_in_with_signed_userinfo() {
    let franceconnect = franceconnect().await;
    let client = franceconnect.honest();
    let token = franceconnect.token(&client, User::first()).await.unwrap();
    let profile = client.get_profile(&token).await.unwrap();
    assert_eq!(Some(profile.id()), token.claims().map(VerifiedClaims::subject));
    assert_eq!((profile.email(), profile.verified_email()), (Some("robin@oak.test"), None));
}

#[tokio::test]
async fn scopes_joined_by_commas_and_plain_pkce_are_refused() {
    let franceconnect = franceconnect().await;
    franceconnect.check_page("openid+email", "openid%2Cemail", Some("invalid_scope")).await;
    franceconnect.check_page("method=S256", "method=plain", Some("invalid_request")).await;
}

#[tokio::test]
async fn a_login_without_what_franceconnect_requires_is_refused() {
    let per_login = || FranceConnect::new().with_acr_values_per_login();
    let franceconnect = StandIn::start(per_login, FIXTURES).await;
    let client = franceconnect.honest();
    let forgotten = client.authorize().start().await.unwrap();
    let named = client.authorize().acr_values([Eidas::Eidas1]).start().await.unwrap();
    let without = |name: &str| named.url.as_str().replacen(&format!("&{name}="), "&was=", 1);
    for (url, lacks) in [
        (forgotten.url.as_str().to_owned(), Some("acr_values")),
        (without("nonce"), Some("nonce")),
        (without("state"), Some("state")),
        (named.url.as_str().to_owned(), None),
    ] {
        let landing = franceconnect.local().browser().sign_in(url, User::first()).await.unwrap();
        let landed = Url::parse(landing.url()).unwrap();
        let said = landed.query_pairs().find(|(name, _)| name == "error_description");
        assert_eq!(said.is_some(), lacks.is_some(), "{landed}");
        assert!(lacks.is_none_or(|lacks| said.unwrap().1.ends_with(lacks)), "{landed}");
    }
}

#[tokio::test]
async fn another_way_of_authentication_is_refused() {
    let franceconnect = franceconnect().await;
    let basic = franceconnect.config().with_client_auth(ClientAuth::Basic);
    for config in [franceconnect.public_config(), basic] {
        franceconnect.check_client(config, 401, Some("invalid_client")).await;
    }
}

#[tokio::test]
async fn a_login_that_names_a_level_is_held_to_it() {
    let per_login = || FranceConnect::new().with_acr_values_per_login();
    let franceconnect = StandIn::start(per_login, FIXTURES).await;
    let client = franceconnect.honest();
    for (level, reason) in [(Eidas::Eidas1, None), (Eidas::Eidas2, Some("acr"))] {
        let login = client.authorize().acr_values([level]).start().await.unwrap();
        let asked = format!("acr_values={}", level.as_str());
        assert!(login.url.as_str().contains(&asked), "{asked}");
        let refusal = franceconnect.finish(&client, login, User::first()).await.err();
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

#[test]
fn each_parameter_has_franceconnects_name_and_nothing_is_sent_unasked() {
    let new = FranceConnectParams::new;
    check_params(&new(), "");
    check_params(&new().prompt(FranceConnectPrompt::Login), "prompt=login");
    check_params(&new().prompt(FranceConnectPrompt::Consent), "prompt=consent");
    check_params(&new().idp_hint("an-idp"), "idp_hint=an-idp");
    check_params(&new().ui_locales("fr en"), "ui_locales=fr+en");
    let amr = new().claims(ClaimsRequest::new().essential_id_token("amr"));
    let want = "claims=%7B%22id_token%22%3A%7B%22amr%22%3A%7B%22essential%22%3Atrue%7D%7D%7D";
    check_params(&amr, want);
}

#[track_caller]
fn check_params(params: &FranceConnectParams, want: &str) {
    // The level is the login's there, and no parameter of the provider's.
    let own = own_params(FranceConnect::new().with_acr_values_per_login(), params);
    assert_eq!(own, want);
}

#[tokio::test]
async fn signing_out_is_franceconnects_page() {
    let franceconnect = franceconnect().await;
    let client = franceconnect.honest();
    let token = franceconnect.token(&client, User::first()).await.unwrap();
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
