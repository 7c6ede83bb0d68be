//! A login with oauth2, which stops at the token.

use std::{env, error::Error, io, time::Duration};

use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge, RedirectUrl,
    Scope, TokenResponse as _, TokenUrl, basic::BasicClient, reqwest,
};

async fn login(base: &str, id: String, secret: String) -> Result<(), Box<dyn Error>> {
    let client = BasicClient::new(ClientId::new(id))
        .set_client_secret(ClientSecret::new(secret))
        .set_auth_uri(AuthUrl::new(format!("{base}/authorize"))?)
        .set_token_uri(TokenUrl::new(format!("{base}/token"))?)
        .set_redirect_uri(RedirectUrl::new("https://app.test/callback".to_owned())?);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.timeout(Duration::from_secs(10)).build()?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new("user:email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    println!("{url}");
    let answer = io::read_to_string(io::stdin())?;
    let (code, returned) = answer.trim().split_once('&').ok_or("code and state")?;
    if returned != state.secret() {
        return Err("the state of another login".into());
    }
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
    let token = request.set_pkce_verifier(verifier).request_async(&http).await?;
    println!("{}", token.access_token().secret());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let base = words.next().ok_or("the URL of a provider")?;
    let (id, secret) = words.next().zip(words.next()).ok_or("client id and secret")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(login(&base, id, secret))
}
