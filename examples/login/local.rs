//! A provider's part played on this machine: the same code of hallpass, over HTTP.

use std::{error::Error, time::Duration};

use hallpass::{
    AuthorizationRequest, BaseOAuth2, Callback, PendingAuthorization,
    cli::{LoopbackReceiver, open_browser},
};
use hallpass_testkit::{LocalProvider, User};
use url::Url;

use crate::{later, providers, steps};

pub(crate) async fn sign_in(name: &str, wait: bool) -> Result<(), Box<dyn Error>> {
    let receiver = LoopbackReceiver::bind().await?;
    let (local, client) = providers::emulate(name, receiver.redirect_uri()).await?;
    let client: &dyn BaseOAuth2 = &*client;
    let title = client.descriptor().display_name();
    println!("A server at {} plays {title}.\n", local.base_url());

    println!("1. The application sends the browser to {title}:");
    let login = client.get_authorization_url(AuthorizationRequest::new()).await?;
    println!("  {}\n", login.url.as_str());

    let page = local.browser_url(&login.url);
    let callback = if wait {
        by_hand(receiver, &page, &login.pending).await?
    } else {
        by_itself(&local, &page).await?
    };

    println!("3. The callback is the answer to this login, so its code is traded for a token.");
    let signed_in = client.sign_in(callback, login.pending).await?;
    steps::token("  What came back:", &signed_in.token);
    steps::identity(&signed_in);

    let token = later::refresh(client, signed_in.token).await?;
    later::revoke(client, &token).await
}

async fn by_hand(
    receiver: LoopbackReceiver,
    page: &str,
    pending: &PendingAuthorization,
) -> Result<Callback, Box<dyn Error>> {
    println!("2. Your turn. Your browser opens; if it does not, open this:\n  {page}\n");
    let _ = open_browser(&page.parse::<Url>()?.into()).await;
    Ok(receiver.receive(pending, Duration::from_secs(300)).await?)
}

async fn by_itself(local: &LocalProvider, page: &str) -> Result<Callback, Box<dyn Error>> {
    println!("2. A user signs in there and allows it, and the browser comes back to:");
    let landing = local.browser().sign_in(page, User::first()).await?;
    println!("  {}\n", landing.url());
    Ok(landing.callback()?)
}
