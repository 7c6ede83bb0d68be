//! A soak: people who sign in, use the application, and sign out, for as long as they are told to,
//! while the provider fails and everything else is killed and started again. Every attempt is
//! accounted for, and what is not as promised makes it fail.
//!
//! `soak [--minutes N] [--seed N] [--users N]`, or `cargo xtask soak`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod calls;
mod chance;
mod judge;
mod ledger;
mod login;
mod options;
mod person;
mod plan;
mod router;
mod run;
mod steady;
mod visitor;
mod weather;
mod world;

use std::{
    env,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::options::Options;

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(("router", rest)) = arguments.split_first().map(|(first, rest)| (&**first, rest)) {
        router::run(rest).await;
        return ExitCode::FAILURE;
    }
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let ran = match Options::read(&arguments, seed) {
        Ok(options) => run::run(&options).await,
        Err(usage) => Err(usage),
    };
    match ran {
        Ok(complaints) if complaints.is_empty() => {
            println!("all promises kept");
            ExitCode::SUCCESS
        }
        Ok(complaints) => {
            for complaint in complaints {
                eprintln!("BROKEN {complaint}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
