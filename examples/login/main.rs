//! A whole sign-in, step by step: `cargo run --example login`.
//!
//! Without arguments it needs no account and no network: GitHub's part is played by a server on
//! this machine, with hallpass's own code for GitHub unchanged. `--emulate google` plays another
//! provider; `--wait` lets you be the user, in your browser. `--provider github` is the real thing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

mod later;
mod local;
mod providers;
mod real;
mod steps;

use std::{error::Error, process::ExitCode};

use clap::Parser;

/// A whole sign-in, step by step.
#[derive(Debug, Parser)]
struct Arguments {
    /// Signs in with the real provider: its client id and secret come from the environment.
    #[arg(long, value_parser = ["github"], conflicts_with = "emulate")]
    provider: Option<String>,
    /// Plays this provider on your own machine.
    #[arg(long, value_parser = providers::NAMES, default_value = "github")]
    emulate: String,
    /// Waits for you to sign in at the local provider, in your browser.
    #[arg(long, conflicts_with = "provider")]
    wait: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended: Result<(), Box<dyn Error>> = match arguments.provider {
        Some(_) => real::sign_in().await,
        None => local::sign_in(&arguments.emulate, arguments.wait).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
