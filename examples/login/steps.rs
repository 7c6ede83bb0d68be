//! What is printed of each step: plain words, and nothing secret.

use hallpass::{OAuth2Token, SignIn};

pub(crate) fn token(what: &str, token: &OAuth2Token) {
    println!("{what}");
    println!("  access token   {}", redacted(token.access_token().expose()));
    println!(
        "  refresh token  {}",
        token.refresh_token().map_or("none".into(), |t| redacted(t.expose()))
    );
    println!("  scope          {}", token.scopes().collect::<Vec<_>>().join(", "));
}

pub(crate) fn identity(signed_in: &SignIn) {
    let profile = &signed_in.profile;
    println!("Who it is:");
    println!("  id             {} at {}", profile.id(), profile.provider());
    println!("  name           {}", profile.name().unwrap_or("not given"));
    println!("  username       {}", profile.username().unwrap_or("not given"));
    println!("  email          {}", profile.email().unwrap_or("not given"));
    println!("  the address is {:?}", profile.email_verification());
}

/// Enough of it to tell two apart.
fn redacted(secret: &str) -> String {
    format!("{}… ({} characters)", secret.chars().take(4).collect::<String>(), secret.len())
}
