//! A service that calls an API in its own name: `cargo run --example service`.
//!
//! Without arguments it needs no account and no network: a server on this machine is the provider
//! and the API. `-- --issuer URL --api URL` calls yours, with `SERVICE_CLIENT_ID` and
//! `SERVICE_CLIENT_SECRET`.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::{env, error::Error, sync::Arc};

use clap::Parser;
use hallpass::{
    BaseOAuth2, ClientConfig, OAuth2Client,
    core::url::Url,
    openid::OpenId,
    session::{ApiClient, ClientCredentials, MemoryStore, TokenManager},
};
use hallpass_testkit::LocalProvider;
use tokio::task::JoinSet;

const CALLS: usize = 1_000;
const AT_ONCE: usize = 50;

/// A service that calls an API in its own name.
#[derive(Debug, Parser)]
struct Arguments {
    /// The issuer of a provider that publishes its metadata.
    #[arg(long, requires = "api")]
    issuer: Option<String>,
    /// The URL to GET, with the service's token.
    #[arg(long, requires = "issuer")]
    api: Option<String>,
    /// What to ask for.
    #[arg(long)]
    scope: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let (Some(issuer), Some(api)) = (&arguments.issuer, &arguments.api) {
        let (id, secret) = (env::var("SERVICE_CLIENT_ID")?, env::var("SERVICE_CLIENT_SECRET")?);
        let provider: OpenId = OpenId::new("service", issuer);
        let client = OAuth2Client::new(provider, ClientConfig::new(id).with_secret(secret))?;
        let origin = Url::parse(api)?.origin().ascii_serialization();
        let calls = service(Arc::new(client), arguments.scope, &origin)?;
        println!("The API answers: {}", calls.get(api).read().await?);
        return Ok(());
    }

    let local = LocalProvider::start().await?;
    let config = local.client_config("https://app.test/callback")?;
    let client = OAuth2Client::new(local.provider(), config)?;
    let api = service(Arc::new(client), vec!["reports".to_owned()], local.base_url())?;
    println!("{AT_ONCE} tasks make {CALLS} calls, and none of them has a token yet ...");
    let mut tasks = JoinSet::new();
    for task in 0..AT_ONCE {
        let api = api.clone();
        tasks.spawn(async move {
            for report in 0..CALLS / AT_ONCE {
                api.get(&format!("api/reports/{task}-{report}")).read().await?;
            }
            hallpass::Result::Ok(())
        });
    }
    tasks.join_all().await.into_iter().collect::<hallpass::Result<Vec<()>>>()?;
    let (calls, tokens) = (local.count("api"), local.count("token"));
    println!("{calls} calls were answered, and {tokens} token was asked for.");
    if (calls, tokens) == (CALLS, 1) { Ok(()) } else { Err("that is not what it promises".into()) }
}

/// One token for all that the service does, renewed before it ends.
fn service(
    client: Arc<dyn BaseOAuth2>,
    scopes: Vec<String>,
    api: &str,
) -> hallpass::Result<ApiClient> {
    let renewal = ClientCredentials::new().with_scopes(scopes);
    let manager = TokenManager::new(client, Arc::new(MemoryStore::new()));
    ApiClient::new(manager.with_renewal(Arc::new(renewal)).session(""), api)
}
