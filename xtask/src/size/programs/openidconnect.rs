//! A login with openidconnect, at the provider of an issuer.

use std::{env, error::Error, io, time::Duration};

use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge,
    RedirectUrl, Scope, TokenResponse as _,
    core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata},
    reqwest,
};

async fn login(issuer: String, id: String, secret: String) -> Result<(), Box<dyn Error>> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.timeout(Duration::from_secs(10)).build()?;
    let metadata = CoreProviderMetadata::discover_async(IssuerUrl::new(issuer)?, &http).await?;
    let (id, secret) = (ClientId::new(id), ClientSecret::new(secret));
    let client = CoreClient::from_provider_metadata(metadata, id, Some(secret))
        .set_redirect_uri(RedirectUrl::new("https://app.test/callback".to_owned())?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (url, state, nonce) = client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    println!("{url}");
    let answer = io::read_to_string(io::stdin())?;
    let (code, returned) = answer.trim().split_once('&').ok_or("code and state")?;
    if returned != state.secret() {
        return Err("the state of another login".into());
    }
    let request = client.exchange_code(AuthorizationCode::new(code.to_owned()))?;
    let token = request.set_pkce_verifier(verifier).request_async(&http).await?;
    let id_token = token.id_token().ok_or("no ID token")?;
    let claims = id_token.claims(&client.id_token_verifier(), &nonce)?;
    let verified = claims.email_verified() == Some(true);
    let email = claims.email().filter(|_| verified).map(|email| email.as_str());
    println!("{} {email:?}", claims.subject().as_str());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let issuer = words.next().ok_or("an issuer")?;
    let (id, secret) = words.next().zip(words.next()).ok_or("client id and secret")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(login(issuer, id, secret))
}
