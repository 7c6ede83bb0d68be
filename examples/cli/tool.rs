//! The tool: the token that is there, or a login.

use std::sync::Arc;

use hallpass::{
    BaseOAuth2, Error, ErrorKind, Profile, Result,
    cli::TokenFile,
    session::{DeviceLogin, Session, TokenManager},
};

pub(crate) async fn run(client: Arc<dyn BaseOAuth2>, store: TokenFile) -> Result<()> {
    println!("The token is kept in {}.", store.path().display());
    let tokens = TokenManager::new(Arc::clone(&client), Arc::new(store));
    // A tool has one user, who needs no name.
    let session = tokens.session("");
    let profile = match profile(&session, &client).await {
        Err(error) if needs_login(&error) => {
            let session = sign_in(&tokens, &client).await?;
            profile(&session, &client).await?
        }
        profile => profile?,
    };
    println!("Hello, {}.", profile.name().or(profile.username()).unwrap_or("you"));
    Ok(())
}

/// Who it is, with the token that is there, or the next one if the provider does not take it.
async fn profile(session: &Session, client: &Arc<dyn BaseOAuth2>) -> Result<Profile> {
    let token = session.token().await?;
    match client.get_profile(&token).await {
        Err(error) if error.reason() == Some("invalid_token") => {
            client.get_profile(&*session.token_instead_of(&token).await?).await
        }
        profile => profile,
    }
}

/// Nobody signed in yet, or the provider has ended it.
fn needs_login(error: &Error) -> bool {
    error.kind() == ErrorKind::Denied
}

async fn sign_in(tokens: &TokenManager, client: &Arc<dyn BaseOAuth2>) -> Result<Session> {
    let login = DeviceLogin::new(Arc::clone(client)).start().await?;
    println!("Open {} and enter the code {}", login.verification_uri(), login.user_code());
    tokens.sign_in("", login.wait().await?).await
}
