//! Whatever provider the issuer names: the browser opens, and comes back to a port of this machine.

use std::{env, error::Error};

use hallpass::{
    ClientConfig, OAuth2Client,
    cli::{CliLogin, LoopbackReceiver},
    openid::OpenId,
};

use crate::steps;

pub(crate) async fn sign_in(issuer: &str, port: Option<u16>) -> Result<(), Box<dyn Error>> {
    let id = env::var("OPENID_CLIENT_ID").map_err(|_| "OPENID_CLIENT_ID is not set")?;
    let config = match env::var("OPENID_CLIENT_SECRET") {
        Ok(secret) => ClientConfig::new(id).with_secret(secret),
        Err(_) => ClientConfig::new(id),
    };
    let provider: OpenId = OpenId::new("openid", issuer);
    let client = OAuth2Client::new(provider, config)?;
    let receiver = match port {
        Some(port) => LoopbackReceiver::bind_to(port).await?,
        None => LoopbackReceiver::bind().await?,
    };
    let login = CliLogin::new(&client).with_receiver(receiver);
    let signed_in = login
        .sign_in(|url| {
            println!("Your browser opens; if it does not, open this:\n  {}", url.as_str());
        })
        .await?;
    steps::claims(&signed_in.token);
    steps::identity(&signed_in);
    Ok(())
}
