//! As login, but every verb is logged: `cargo run --example logged`.
//!
//! Any client behind a `dyn` can be wrapped: to log, to count, to keep a limit. This one needs no
//! account and no network: the provider is a server on this machine.
#![allow(clippy::print_stdout, reason = "a program that prints")]

mod logged;

use std::{error::Error, sync::Arc};

use hallpass_core::{
    Api, AuthorizationRequest, BaseOAuth2, Callback, OAuth2Client, OAuth2Token, Revoke,
};
use hallpass_testkit::{Fault, LocalProvider, User};

use crate::logged::Logged;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = LocalProvider::start().await?;
    let config = local.client_config("https://app.test/callback")?;
    let client = OAuth2Client::new(local.provider(), config)?;
    let client: Arc<dyn BaseOAuth2> = Arc::new(Logged::new(Arc::new(client)));

    println!("A user signs in:");
    let login = client.get_authorization_url(AuthorizationRequest::new()).await?;
    let landing = local.browser().sign_in(&login.url, User::first()).await?;
    let signed_in = client.sign_in(landing.callback()?, login.pending).await?;
    let who = client.get_id_email(&signed_in.token).await?;
    assert_eq!(who.id, signed_in.profile.id());

    println!("\nThe application calls the provider's API, through the same wrapper:");
    let userinfo = client.endpoints().await?.get(hallpass_core::Endpoint::Userinfo)?.clone();
    Api::new(&*client, &signed_in.token).get(userinfo.as_str()).send().await?;

    println!("\nThe provider has a bad minute, and then a good one:");
    local.fault(Fault::on("token").status(503));
    let token: OAuth2Token = match client.refresh_token(&signed_in.token).await {
        Ok(_) => return Err("the fault is not served".into()),
        Err(_) => client.refresh_token(&signed_in.token).await?,
    };

    println!("\nSomebody comes with a callback that answers no login of this browser:");
    let login = client.get_authorization_url(AuthorizationRequest::new()).await?;
    let forged = Callback::from_query("code=stolen&state=guessed")?;
    if client.get_access_token(forged, login.pending).await.is_ok() {
        return Err("a forged callback is a login".into());
    }

    println!("\nThe user signs out for good, and the token is dead:");
    client.revoke_token(&token, Revoke::Grant).await?;
    match client.get_profile(&token).await {
        Ok(_) => Err("the token still works".into()),
        Err(_) => Ok(()),
    }
}
