//! The provider keeps its contract: every recorded exchange, every operation that it offers.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use async_trait::async_trait;
use hallpass_apple::{
    Apple, Callback, ClientConfig, ErrorKind, FIXTURES, OAuth2Client, OAuth2Token, Provider,
    Result, Secret,
};
use hallpass_core::{ClientAssertion, CodeBinding, Json, url::Url};
use hallpass_testkit::Contract;

/// The word of a fixture in the place of the signed secret, which is another one each hour.
#[derive(Debug)]
struct Signed;

#[async_trait]
impl ClientAssertion for Signed {
    async fn sign(&self, _: &str, _: &str, _: std::time::SystemTime) -> Result<Secret> {
        Ok(Secret::new("SECRET"))
    }
}

/// A whole login, whose callback has these parameters more, and who signed in by it.
async fn who(client: &OAuth2Client<Apple>, more: &str) -> Result<Json> {
    let login = client.authorize().start().await?;
    let url = Url::parse(login.url.as_str()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1;
    let form = format!("code=CODE&state={state}{more}");
    let callback = Callback::from_form(form.as_bytes())?;
    let profile = client.sign_in(callback, login.pending).await?.profile;
    Ok(serde_json::json!({
        "id": profile.id(),
        "email": profile.email(),
        "verification": format!("{:?}", profile.email_verification()),
        "private": Apple::is_private_email(&profile),
        "name": profile.name(),
    }))
}

const USER: &str = "&user=%7B%22name%22%3A%7B%22firstName%22%3A%22Robin%22%2C%22lastName%22\
                    %3A%22Oak%22%7D%2C%22email%22%3A%22else%40oak.test%22%7D";

#[test]
fn apple_keeps_its_contract() {
    let config = ClientConfig::new("ID").with_assertion(Signed);
    let stored = r#"{"access_token":"TOKEN","refresh_token":"REFRESH",
        "claims":{"iss":"https://appleid.apple.com","aud":"ID",
            "sub":"000104.4be1f0a3c2d94d7e8a6f5b1c0e9d8a77.1203"}}"#;
    Contract::new(Apple::new, FIXTURES)
        .config(config.with_redirect_uri("https://app.test/cb").unwrap())
        .token(OAuth2Token::from_storage(&Secret::new(stored)).unwrap())
        .operation("sign_in", async |client, _| who(client, "").await)
        .operation("first_sign_in", async |client, _| who(client, USER).await)
        .run();
}

#[tokio::test]
async fn a_token_of_no_login_says_nobody() {
    let config = ClientConfig::new("ID").with_assertion(Signed);
    let client = OAuth2Client::new(Apple::new(), config).unwrap();
    let token = OAuth2Token::from_access_token("TOKEN");
    for error in [
        client.get_profile(&token).await.map(drop).unwrap_err(),
        client.get_id_email(&token).await.map(drop).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Denied, Some("no_id_token")));
    }
}

#[test]
fn the_nonce_alone_binds_the_code_and_the_callback_is_posted() {
    let apple = Apple::new();
    assert_eq!(apple.descriptor().code_binding(), CodeBinding::Nonce);
    assert!(apple.descriptor().is_form_post());
}
