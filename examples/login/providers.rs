//! The table of providers: who can be played on this machine, and how each is started.

use std::{error::Error, sync::Arc};

use hallpass::{
    BaseOAuth2, OAuth2Client, Provider,
    discord::{self, Discord},
    github::{self, GitHub},
    google::{self, Google},
};
use hallpass_testkit::LocalProvider;

/// A server that plays a provider, and that provider's own client.
pub(crate) type Emulation = (LocalProvider, Arc<dyn BaseOAuth2>);

pub(crate) const NAMES: [&str; 3] = ["discord", "github", "google"];

/// Plays the provider of this name to a client that is answered at `redirect_uri`.
pub(crate) async fn emulate(name: &str, redirect_uri: &str) -> Result<Emulation, Box<dyn Error>> {
    match name {
        "discord" => start(Discord::new(), discord::FIXTURES, redirect_uri).await,
        "github" => start(GitHub::new(), github::FIXTURES, redirect_uri).await,
        "google" => start(Google::new(), google::FIXTURES, redirect_uri).await,
        _ => Err(format!("there is no provider {name} here").into()),
    }
}

async fn start(
    provider: impl Provider,
    fixtures: &[(&str, &str)],
    redirect_uri: &str,
) -> Result<Emulation, Box<dyn Error>> {
    let local = LocalProvider::emulating(provider.descriptor(), fixtures).await?;
    let config = local.client_config(redirect_uri)?;
    let client = OAuth2Client::new(provider, config)?.with_http_client(local.http_client());
    Ok((local, Arc::new(client)))
}
