//! A command-line tool that signs in once and keeps its token: `cargo run --example cli`.
//!
//! Without arguments it needs no account and no network: it runs itself twice against a server on
//! this machine. `-- --provider github` is the tool itself at the real GitHub, with
//! `GITHUB_CLIENT_ID` and device flow enabled there; its token stays in the user's own folder, and
//! the second run needs no login.
#![allow(clippy::print_stdout, reason = "a program that prints")]

mod demo;
mod tool;

use std::{env, error::Error, path::PathBuf, sync::Arc};

use clap::{Parser, ValueEnum};
use hallpass::{
    ClientConfig, OAuth2Client,
    cli::TokenFile,
    core::{CustomProvider, Descriptor, Endpoint},
    github::GitHub,
};

/// Signs in by a code that is entered on another device, and says who that was.
#[derive(Debug, Parser)]
struct Arguments {
    /// A real provider.
    #[arg(long)]
    provider: Option<Real>,
    /// A local provider, as the demonstration starts it.
    #[arg(long, hide = true, requires_all = ["client_id", "token_file"])]
    local: Option<String>,
    #[arg(long, hide = true)]
    client_id: Option<String>,
    #[arg(long, hide = true)]
    token_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Real {
    Github,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some(Real::Github) = arguments.provider {
        let config = ClientConfig::new(env::var("GITHUB_CLIENT_ID")?);
        let client = OAuth2Client::new(GitHub::new(), config)?;
        let store = TokenFile::for_app("hallpass-example").await?;
        return Ok(tool::run(Arc::new(client), store).await?);
    }
    let (Some(base), Some(id), Some(path)) =
        (arguments.local, arguments.client_id, arguments.token_file)
    else {
        return demo::run().await;
    };
    let at = |path: &str| format!("{base}{path}");
    let descriptor = Descriptor::new("local", at("/authorize"), at("/token"))
        .with_endpoint(Endpoint::DeviceAuthorization, at("/device_authorization"))
        .with_scopes(["profile"]);
    let provider = CustomProvider::new(descriptor, at("/userinfo"), "/sub")?.with_name("/name")?;
    let client = OAuth2Client::new(provider, ClientConfig::new(id))?;
    Ok(tool::run(Arc::new(client), TokenFile::open(path).await?).await?)
}
