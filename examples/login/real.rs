//! The real GitHub: the browser opens, and comes back to a port of this machine (RFC 8252).

use std::{env, error::Error};

use hallpass::{ClientConfig, OAuth2Client, Provider as _, cli::CliLogin, github::GitHub};

use crate::steps;

const VARIABLES: [&str; 2] = ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"];

pub(crate) async fn sign_in() -> Result<(), Box<dyn Error>> {
    let provider = GitHub::new();
    let [id, secret] = VARIABLES.map(|name| env::var(name).unwrap_or_default());
    let missing = VARIABLES.into_iter().filter(|name| env::var_os(name).is_none());
    let missing: Vec<_> = missing.collect();
    if !missing.is_empty() {
        let page = provider.descriptor().registration_url().unwrap_or_default();
        return Err(format!(
            "Missing in the environment: {}.\n\
             Register an app at {page} with the callback URL http://127.0.0.1/callback; \
             GitHub lets the port differ.",
            missing.join(", ")
        )
        .into());
    }
    let github = OAuth2Client::new(provider, ClientConfig::new(id).with_secret(secret))?;
    let login = CliLogin::new(&github);
    let signed_in = login
        .sign_in(|url| {
            println!("Your browser opens; if it does not, open this:\n  {}", url.as_str());
        })
        .await?;
    steps::token("What came back:", &signed_in.token);
    steps::identity(&signed_in);
    Ok(())
}
