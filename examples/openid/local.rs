//! A provider on this machine: found by its issuer, as any other.

use std::error::Error;

use hallpass::{
    OAuth2Client,
    openid::{LogoutRequest, OpenId, logout},
};
use hallpass_testkit::{Forged, LocalProvider, Tamper, User};

use crate::steps;

pub(crate) async fn sign_in() -> Result<(), Box<dyn Error>> {
    let local = LocalProvider::builder().with_openid().start().await?;
    println!("A server at {} is the provider. That is all we know of it.\n", local.issuer());
    let provider: OpenId = OpenId::new("local", local.issuer());
    let config = local.client_config("https://app.test/callback")?;
    let client = OAuth2Client::new(provider, config)?;

    println!("1. Its metadata says where to send the browser:");
    let login = client.authorize().pushed().start().await?;
    println!("  {}", login.url.as_str());
    println!("  (the request itself was pushed to the provider; this only refers to it)\n");

    let landing = local.browser().sign_in(&login.url, User::first()).await?;
    println!("2. The user signed in. The code is traded, and the ID token verified:");
    let signed_in = client.sign_in(landing.callback()?, login.pending).await?;
    steps::claims(&signed_in.token);
    steps::identity(&signed_in);

    println!("\n3. The provider changes its keys. The next login fetches them anew:");
    local.rotate_keys();
    let login = client.authorize().start().await?;
    let landing = local.browser().sign_in(&login.url, User::first()).await?;
    let token = client.get_access_token(landing.callback()?, login.pending).await?;
    println!("  accepted; the keys were fetched {} times in all\n", local.count("jwks"));

    println!("4. Somebody makes an ID token for another client:");
    local.tamper(Tamper::id_token(|forged: &mut Forged| forged.set("aud", "another-client")));
    let login = client.authorize().start().await?;
    let landing = local.browser().sign_in(&login.url, User::first()).await?;
    match client.get_access_token(landing.callback()?, login.pending).await {
        Ok(_) => return Err("a forged ID token is a login".into()),
        Err(error) => println!("  {error}\n"),
    }

    println!("5. The user signs out, at the provider too:");
    let request = LogoutRequest::new().with_redirect_uri("https://app.test/goodbye");
    let leaving = logout(&client, Some(&token), request).await?;
    let landing = local.browser().sign_out(&leaving.url).await?;
    let (_, query) = landing.url().split_once('?').unwrap_or_default();
    leaving.pending.verify(query)?;
    println!("  and the browser is back, with the state of this logout");
    Ok(())
}
