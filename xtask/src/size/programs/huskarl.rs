//! A login with huskarl and its transport, at the provider of an issuer.

use std::{env, error::Error, io};

use huskarl::{
    core::{
        client_auth::ClientSecret, secrets::EnvVarSecret,
        server_metadata::AuthorizationServerMetadata,
    },
    grant::authorization_code::{AuthorizationCodeGrant, CompleteInput, StartInput},
};
use huskarl_reqwest::ReqwestClient;

async fn login(issuer: String, id: String) -> Result<(), Box<dyn Error>> {
    let http = ReqwestClient::builder().build().await?;
    let metadata = AuthorizationServerMetadata::fetch().http_client(&http).issuer(issuer);
    let metadata = metadata.call().await?;
    let grant: AuthorizationCodeGrant = AuthorizationCodeGrant::builder_from_metadata(&metadata)?
        .client_id(id)
        .http_client(http)
        .client_auth(ClientSecret::new(EnvVarSecret::string("SECRET")?))
        .redirect_uri("https://app.test/callback")
        .build()
        .await?;
    let scope = vec!["openid".to_owned(), "email".to_owned()];
    let started = grant.start(StartInput::scope(scope)).await?;
    println!("{}", started.authorization_url);
    let query = io::read_to_string(io::stdin())?;
    let callback: CompleteInput = query.trim().parse()?;
    let completed = grant.complete(&started.pending_state, callback).await?;
    println!("{:?}", completed.id_token);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (issuer, id) = words.next().zip(words.next()).ok_or("issuer and client id")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(login(issuer, id))
}
