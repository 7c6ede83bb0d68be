//! A whole OAuth 1.0a login, step by step: `cargo run --example oauth1`.
//!
//! For the providers that still need it. It needs no account and no network: the provider is a
//! server on this machine.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::error::Error;

use hallpass::{
    AuthorizationRequest,
    core::{HttpClient as _, ReqwestClient},
    oauth1::OAuth1Client,
};
use hallpass_testkit::{LocalOAuth1, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = LocalOAuth1::start().await?;
    println!("A server at {} is the provider.\n", local.base_url());
    let config = local.client_config("https://app.test/callback")?;
    let client = OAuth1Client::new(local.provider(), config)?;

    println!("1. The application asks for temporary credentials, and sends the browser to:");
    let login = client.get_authorization_url(AuthorizationRequest::new()).await?;
    println!("  {}\n", login.url.as_str());

    println!("2. A user signs in there and allows it, and the browser comes back to:");
    let landing = local.browser().sign_in(&login.url, User::first()).await?;
    println!("  {}\n", landing.url());

    println!("3. The callback is the answer to this login, so its verifier is traded for a token:");
    let signed_in = client.sign_in(landing.callback()?, login.pending).await?;
    let (token, profile) = (signed_in.token, signed_in.profile);
    println!("  of the type {}: it never leaves without a signature", token.token_type());
    println!("  {} is {} at {}\n", profile.name().unwrap_or("?"), profile.id(), profile.provider());

    println!("4. A call to the API is signed: URL, query, form, time and a nonce:");
    let url = format!("{}/api/notes?in=a%20drawer", local.base_url());
    let said = client.api(&token).post(&url).form([("text", "tea & toast")]).read().await?;
    println!("  {} wrote {} in {}\n", said["user"], said["form"], said["query"]);

    println!("5. Somebody who saw that call sends it once more, and then another text:");
    let seen = local.requests().pop().ok_or("there was no call")?;
    let mut changed = seen.to_request();
    changed.body = b"text=gin".to_vec();
    for request in [seen.to_request(), changed] {
        let answer = ReqwestClient::new().send(request).await?;
        println!("  {}, {}", answer.status, String::from_utf8_lossy(&answer.body));
        if answer.status != 401 {
            return Err("what was signed once is good for more".into());
        }
    }
    Ok(())
}
