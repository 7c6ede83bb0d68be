//! GitHub's part played on this machine: the same code of hallpass, over HTTP.

use std::{error::Error, time::Duration};

use hallpass_cli::{LoopbackReceiver, open_browser};
use hallpass_github::{FIXTURES, GitHub, OAuth2Client, Provider as _, Revoke};
use hallpass_testkit::{LocalProvider, User};
use url::Url;

use crate::steps;

pub(crate) async fn sign_in(wait: bool) -> Result<(), Box<dyn Error>> {
    let provider = GitHub::new();
    let local = LocalProvider::emulating(provider.descriptor(), FIXTURES).await?;
    println!("A server at {} plays GitHub.\n", local.base_url());

    let receiver = LoopbackReceiver::bind().await?;
    let config = local.client_config(receiver.redirect_uri())?;
    let github = OAuth2Client::new(provider, config)?.with_http_client(local.http_client());

    println!("1. The application sends the browser to GitHub:");
    let login = github.authorize().start().await?;
    println!("  {}\n", login.url.as_str());

    let page = local.browser_url(&login.url);
    let callback = if wait {
        println!("2. Your turn. Your browser opens; if it does not, open this:\n  {page}\n");
        let _ = open_browser(&page.parse::<Url>()?.into()).await;
        receiver.receive(&login.pending, Duration::from_secs(300)).await?
    } else {
        println!("2. A user signs in there and allows it, and the browser comes back to:");
        let landing = local.browser().sign_in(&page, User::first()).await?;
        println!("  {}\n", landing.url());
        landing.callback()?
    };

    println!("3. The callback is the answer to this login, so its code is traded for a token.");
    let signed_in = github.sign_in(callback, login.pending).await?;
    steps::token("  What came back:", &signed_in.token);
    steps::identity(&signed_in);

    println!("\n4. Hours later the token is refreshed.");
    let token = github.refresh_token(&signed_in.token).await?;
    steps::token("  What came back:", &token);

    println!("\n5. The user signs out for good, and the grant is revoked.");
    github.revoke_token(&token, Revoke::Grant).await?;
    match github.get_profile(&token).await {
        Ok(_) => Err("the token still works".into()),
        Err(error) => {
            println!("  The token is dead now:\n  {error}");
            Ok(())
        }
    }
}
