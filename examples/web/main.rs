//! A web application where people sign in: `cargo run --example web`, then http://127.0.0.1:3000.
//!
//! Without accounts and without a network: the part of each provider is played by a server on this
//! machine, with hallpass's own code for it unchanged. Where the environment has the credentials of
//! one, as in `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET`, that one is real; register
//! `http://127.0.0.1:3000/callback/github` there.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

mod played;
#[path = "../login/providers.rs"]
mod providers;
mod visit;

use std::{error::Error, net::Ipv4Addr, process::ExitCode};

use axum::{Router, routing::get};
use clap::Parser;
use hallpass::{
    axum::{SignIn, profile},
    session::process_env,
    web::SealingKeys,
};
use tokio::net::TcpListener;

/// A web application where people sign in with any provider.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where it listens.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Signs in with each provider by itself, at whatever port is free, and ends.
    #[arg(long)]
    visit: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let port = if arguments.visit { 0 } else { arguments.port };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let base = format!("http://{}", listener.local_addr()?);

    let (clients, stage) = played::clients(&base, process_env).await?;
    // Keys that outlive the process are read from its configuration: `SealingKeys::new`.
    let mut sign_in = SignIn::new(&base, SealingKeys::generate())?.name("Pocket Shop");
    for client in clients {
        sign_in = sign_in.provider(client)?;
    }
    let app = Router::new().route("/", get(profile));
    let app = stage.direct(sign_in.require_login([""; 0])?.attach(app));

    if arguments.visit {
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        visit::everyone(&base, &stage).await?;
        server.abort();
        return Ok(());
    }
    println!("Open {base} in your browser.");
    Ok(axum::serve(listener, app).with_graceful_shutdown(ended()).await?)
}

async fn ended() {
    let _ = tokio::signal::ctrl_c().await;
}
