//! The provider keeps its contract: every recorded exchange, every operation that it offers.

use hallpass_core::{Pkce, Revocation};
use hallpass_testkit::Contract;
use hallpass_x::{FIXTURES, Provider, X};

#[test]
fn x_keeps_its_contract() {
    contract(X::new, FIXTURES);
}

/// The same exchanges, but that the page is asked for one more scope.
#[test]
fn with_offline_access_it_keeps_it_too() {
    let asked = "scope=users.read+tweet.read+users.email";
    let more = |text: &str| text.replace(asked, &format!("{asked}+offline.access"));
    let fixtures: Vec<_> = FIXTURES.iter().map(|(name, text)| (*name, more(text))).collect();
    let fixtures: Vec<_> = fixtures.iter().map(|(name, text)| (*name, text.as_str())).collect();
    contract(|| X::new().with_offline_access(), &fixtures);
}

#[track_caller]
fn contract(new: impl Fn() -> X, fixtures: &[(&str, &str)]) {
    Contract::new(new, fixtures)
        .operation("me", async |client, token| {
            client.provider().me(client.api(token), &["verified", "verified_type"]).await
        })
        .operation("me_of_no_field", async |client, token| {
            client.provider().me(client.api(token), &[]).await
        })
        .run();
}

#[test]
fn offline_access_is_asked_for_by_one_more_scope() {
    check(&X::new(), "users.read tweet.read users.email");
    check(&X::new().with_offline_access(), "users.read tweet.read users.email offline.access");
}

#[track_caller]
fn check(x: &X, want: &str) {
    let descriptor = x.descriptor();
    assert_eq!(descriptor.scopes().collect::<Vec<_>>().join(" "), want);
    assert_eq!(descriptor.pkce(), Pkce::Required);
    let auth = descriptor.client_auth();
    assert_eq!(descriptor.revocation(), Revocation::Rfc7009(auth));
}
