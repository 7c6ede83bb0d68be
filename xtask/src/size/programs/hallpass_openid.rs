//! A login with hallpass-openid, at the provider of an issuer.

use std::{env, error::Error, io};

use hallpass_core::{AuthorizationRequest, Callback, ClientConfig, OAuth2Client};
use hallpass_openid::OpenId;

async fn login(issuer: String, id: String, secret: String) -> Result<(), Box<dyn Error>> {
    let config = ClientConfig::new(id).with_secret(secret);
    let config = config.with_redirect_uri("https://app.test/callback")?;
    let provider: OpenId = OpenId::new("provider", issuer);
    let client = OAuth2Client::new(provider, config)?;
    let login = client.get_authorization_url(AuthorizationRequest::new()).await?;
    println!("{}", login.url.as_str());
    let query = io::read_to_string(io::stdin())?;
    let callback = Callback::from_query(query.trim())?;
    let token = client.get_access_token(callback, login.pending).await?;
    let user = client.get_id_email(&token).await?;
    println!("{} {:?}", user.id, user.verified_email());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let issuer = words.next().ok_or("an issuer")?;
    let (id, secret) = words.next().zip(words.next()).ok_or("client id and secret")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(login(issuer, id, secret))
}
