//! Sign in with any OpenID provider, by its issuer: `cargo run --example openid -- --issuer URL`.
//!
//! Without arguments it needs no account and no network: the provider is a server on this machine,
//! which publishes its metadata, rotates its keys and signs what it says.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

mod local;
mod real;
mod steps;

use std::{error::Error, process::ExitCode};

use clap::Parser;

/// Sign in with any OpenID provider, by its issuer.
#[derive(Debug, Parser)]
struct Arguments {
    /// The issuer, letter by letter as the provider's metadata spells it. The client id and, if it
    /// has one, the secret come from `OPENID_CLIENT_ID` and `OPENID_CLIENT_SECRET`; the callback
    /// URL to register is `http://127.0.0.1/callback`.
    #[arg(long)]
    issuer: Option<String>,
    /// A port of the callback URL, for a provider that compares it.
    #[arg(long, requires = "issuer")]
    port: Option<u16>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended: Result<(), Box<dyn Error>> = match arguments.issuer {
        Some(issuer) => real::sign_in(&issuer, arguments.port).await,
        None => local::sign_in().await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
