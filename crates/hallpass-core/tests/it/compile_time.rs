//! What the compiler promises to those who build on it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use hallpass_core::{
    ApiRequest, AuthorizationRequest, BaseOAuth2, Callback, Descriptor, Grant, JwtKind,
    OAuth2Client, OAuth2Token, PendingAuthorization, Revoke, Secret, http::Method,
};

use crate::support::{Acme, Bare, World, acme, config};

fn assert_send<T: Send>(_: &T) {}
fn assert_send_sync<T: Send + Sync + ?Sized>() {}

#[test]
fn a_client_can_be_shared_and_chosen_at_run_time() {
    assert_send_sync::<OAuth2Client<Acme>>();
    assert_send_sync::<dyn BaseOAuth2>();
    assert_send_sync::<hallpass_core::Error>();
    assert_send_sync::<OAuth2Token>();
    assert_send_sync::<PendingAuthorization>();
    let bare = Bare(Descriptor::new("bare", "https://bare.test/a", "https://bare.test/t"));
    let clients: Vec<Arc<dyn BaseOAuth2>> = vec![
        Arc::new(World::of(acme()).client),
        Arc::new(OAuth2Client::new(bare, config()).unwrap()),
    ];
    let names: Vec<_> = clients.iter().map(|client| client.descriptor().name()).collect();
    assert_eq!(names, ["acme", "bare"]);
    assert!(clients.iter().all(|client| client.client_id() == "client"));
}

/// What it does then is tested where it is written.
#[test]
fn a_secret_does_something_of_its_own_when_it_is_dropped() {
    #[allow(drop_bounds, reason = "the compiler is the test")]
    fn assert_drop<T: Drop>() {}
    assert_drop::<Secret>();
}

/// A trait that a type without `==` implements in one way, and a type with it in two: naming the
/// function below would then be ambiguous.
trait Incomparable<How> {
    fn is_incomparable() {}
}

struct ByEquality;

impl<T: ?Sized> Incomparable<()> for T {}
impl<T: ?Sized + PartialEq> Incomparable<ByEquality> for T {}

/// `==` stops at the first byte that differs, and tells by its time which one that was.
#[test]
fn a_secret_is_compared_in_constant_time_or_not_at_all() {
    <Secret as Incomparable<_>>::is_incomparable();
    <OAuth2Token as Incomparable<_>>::is_incomparable();
    <PendingAuthorization as Incomparable<_>>::is_incomparable();
    // Nor is one taken out to be compared: no line of the sources has both.
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let (mut folders, mut files) = (vec![PathBuf::from(sources)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { &mut folders } else { &mut files }.push(path);
        }
    }
    let mut exposing = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        for line in code.lines().filter(|line| line.contains("expose()")) {
            exposing += 1;
            let compares = line.contains("==") || line.contains("!=");
            assert!(!compares, "{}: {line}", file.display());
        }
    }
    assert!(exposing > 20, "{exposing} lines of the sources expose a secret");
}

#[tokio::test]
async fn every_future_can_move_to_another_thread() {
    let world = World::of(acme());
    let (client, token) = (&world.client, OAuth2Token::from_access_token("A"));
    let (callback, pending) = login(&world).await;
    assert_send(&client.get_access_token(callback, pending));
    let (callback, pending) = login(&world).await;
    assert_send(&client.sign_in(callback, pending));
    assert_send(&client.get_authorization_url(AuthorizationRequest::new()));
    assert_send(&client.authorize().max_age(Duration::ZERO).start());
    assert_send(&client.refresh_token(&token));
    assert_send(&client.revoke_token(&token, Revoke::Grant));
    assert_send(&client.get_profile(&token));
    assert_send(&client.get_id_email(&token));
    assert_send(&client.request_token(Grant::new("x")));
    assert_send(&client.send(ApiRequest::new(Method::GET, "https://acme.test")));
    assert_send(&client.endpoints());
    assert_send(&client.verify_jwt(&Secret::new("x"), JwtKind::IdToken));
    assert_send(&client.dangerously_exchange_code("c".into(), "https://app.test/cb", None));
    assert_send(&client.api(&token).get("https://acme.test").send());
    assert_send(&client.api(&token).get("https://acme.test").read());
    assert_send(&client.api(&token).get("https://acme.test").read_as::<u32>());

    let client: &dyn BaseOAuth2 = client;
    let (callback, pending) = login(&world).await;
    assert_send(&client.sign_in(callback, pending));
    assert_send(&client.get_profile(&token));
    world.wire.assert_silent();
}

async fn login(world: &World) -> (Callback, PendingAuthorization) {
    let (state, pending) = world.begin().await;
    (crate::support::callback(&state), pending)
}
