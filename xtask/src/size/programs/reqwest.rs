//! reqwest alone: a form posted for a token, and what comes back read, twice.

use std::{env, error::Error, io, time::Duration};

use serde::Deserialize;

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    email: Option<String>,
}

async fn login(base: &str, id: &str, secret: &str) -> Result<(), Box<dyn Error>> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.timeout(Duration::from_secs(10)).build()?;
    println!("{base}/authorize?client_id={id}");
    let code = io::read_to_string(io::stdin())?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.trim()),
        ("redirect_uri", "https://app.test/callback"),
        ("client_id", id),
        ("client_secret", secret),
    ];
    let reply = http.post(format!("{base}/token")).form(&form).send().await?;
    let token: Token = reply.error_for_status()?.json().await?;
    let request = http.get(format!("{base}/user")).bearer_auth(token.access_token);
    let user: User = request.send().await?.error_for_status()?.json().await?;
    println!("{} {:?}", user.id, user.email);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    choose_tls();
    let mut words = env::args().skip(1);
    let base = words.next().ok_or("the URL of a provider")?;
    let (id, secret) = words.next().zip(words.next()).ok_or("client id and secret")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(login(&base, &id, &secret))
}
