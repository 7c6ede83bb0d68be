//! A login with hallpass-github.

use std::{env, error::Error, io};

use hallpass_github::{AuthorizationRequest, Callback, ClientConfig, GitHub, OAuth2Client};

async fn login(id: String, secret: String) -> Result<(), Box<dyn Error>> {
    let config = ClientConfig::new(id).with_secret(secret);
    let config = config.with_redirect_uri("https://app.test/callback")?;
    let github = OAuth2Client::new(GitHub::new(), config)?;
    let login = github.get_authorization_url(AuthorizationRequest::new()).await?;
    println!("{}", login.url.as_str());
    let query = io::read_to_string(io::stdin())?;
    let callback = Callback::from_query(query.trim())?;
    let token = github.get_access_token(callback, login.pending).await?;
    let user = github.get_id_email(&token).await?;
    println!("{} {:?}", user.id, user.verified_email());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (id, secret) = words.next().zip(words.next()).ok_or("client id and secret")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(login(id, secret))
}
