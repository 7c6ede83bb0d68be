//! What is printed: plain words, and nothing secret.

use hallpass::{OAuth2Token, SignIn};

pub(crate) fn claims(token: &OAuth2Token) {
    let Some(claims) = token.claims() else { return };
    println!("The ID token says, and the provider's key signed it:");
    for name in ["iss", "aud", "sub", "auth_time"] {
        if let Some(value) = claims.get(name) {
            println!("  {name:<10} {value}");
        }
    }
}

pub(crate) fn identity(signed_in: &SignIn) {
    let profile = &signed_in.profile;
    println!("Who it is:");
    println!("  id         {} at {}", profile.id(), profile.issuer().unwrap_or("no issuer"));
    println!("  name       {}", profile.name().unwrap_or("not given"));
    println!("  email      {}", profile.email().unwrap_or("not given"));
    println!("  the address is {:?}", profile.email_verification());
}
