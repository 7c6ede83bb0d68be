//! What becomes of a token, where the provider offers it.

use std::error::Error;

use hallpass::{BaseOAuth2, OAuth2Token, Revoke, core::Endpoint};

use crate::steps;

/// From most to least: what is revoked is the first that the provider offers.
const REVOCATIONS: [(Revoke, &str); 3] = [
    (Revoke::Grant, "the grant"),
    (Revoke::RefreshToken, "the refresh token"),
    (Revoke::AccessToken, "the access token"),
];

/// The next token, or the same where there is none.
pub(crate) async fn refresh(
    client: &dyn BaseOAuth2,
    token: OAuth2Token,
) -> Result<OAuth2Token, Box<dyn Error>> {
    let title = client.descriptor().display_name();
    if !client.descriptor().offers_refresh() {
        println!("\n4. {title} refreshes no tokens: the user signs in again when this one is old.");
        return Ok(token);
    }
    if token.refresh_token().is_none() {
        println!("\n4. {title} gave no refresh token for this login, so there is none to use.");
        return Ok(token);
    }
    println!("\n4. Hours later the token is refreshed.");
    let token = client.refresh_token(&token).await?;
    steps::token("  What came back:", &token);
    Ok(token)
}

/// Ends the login, and looks whether it has ended.
pub(crate) async fn revoke(
    client: &dyn BaseOAuth2,
    token: &OAuth2Token,
) -> Result<(), Box<dyn Error>> {
    let descriptor = client.descriptor();
    let can = |what| match what {
        Revoke::RefreshToken => token.refresh_token().is_some(),
        _ => true,
    } && descriptor.offers_revocation(what);
    let Some((what, named)) = REVOCATIONS.into_iter().find(|(what, _)| can(*what)) else {
        let title = descriptor.display_name();
        println!("\n5. {title} revokes no tokens: this one is forgotten, and ends by itself.");
        return Ok(());
    };
    println!("\n5. The user signs out for good, and {named} is revoked.");
    client.revoke_token(token, what).await?;
    match client.get_profile(token).await {
        // Who it was stands in the ID token of the login, and nobody is asked.
        Ok(_) if token.claims().is_some() && !descriptor.has_endpoint(Endpoint::Userinfo) => {
            println!("  The token is dead; its ID token still says who it was.");
        }
        Ok(_) => return Err("the token still works".into()),
        Err(error) => println!("  The token is dead now:\n  {error}"),
    }
    Ok(())
}
