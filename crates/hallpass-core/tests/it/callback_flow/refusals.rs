//! What does not answer this browser's login is refused before anything is sent.

use super::*;

#[tokio::test]
async fn a_callback_that_answers_another_login_sends_nothing() {
    use ErrorKind::{Denied, Malformed, Security};
    check("code=c&state=OTHER", Security, "state").await;
    check("code=c", Security, "state").await;
    check("code=c&state=", Security, "state").await;
    check("code=c&State={state}", Security, "state").await;
    check("error=access_denied&state=OTHER", Security, "state").await;
    check("error=access_denied", Security, "state").await;
    check("state={state}", Malformed, "no_code").await;
    check("state={state}&code=", Malformed, "no_code").await;
    check("state={state}x&code=c", Security, "state").await;
    let world = World::of(acme());
    let (state, pending) = world.begin().await;
    let callback = Callback::from_query(&format!("error=access_denied&state={state}")).unwrap();
    let got = world.client.get_access_token(callback, pending).await;
    let error = refused(got, Denied, None);
    assert_eq!(error.oauth().unwrap().code(), "access_denied");
    world.wire.assert_silent();
}

/// `{state}` stands for the state of the login.
async fn check(query: &str, kind: ErrorKind, reason: &str) {
    let world = World::of(acme());
    let (state, pending) = world.begin().await;
    let callback = Callback::from_query(&query.replace("{state}", &state)).unwrap();
    let got = world.client.get_access_token(callback, pending).await;
    let error = refused(got, kind, Some(reason));
    assert_eq!(error.operation(), Some(Operation::AccessToken), "{query}");
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_parameter_given_twice_is_refused_before_state_is_looked_at() {
    for query in ["state=a&state=a", "code=a&state=s&code=a", "iss=a&iss=b", "x&x", "a=1&%61=2"] {
        refused(Callback::from_query(query), ErrorKind::Security, Some("duplicate"));
        refused(Callback::from_form(query.as_bytes()), ErrorKind::Security, Some("duplicate"));
        let url = format!("https://app.test/callback?{query}#x");
        refused(Callback::from_url(&url), ErrorKind::Security, Some("duplicate"));
    }
}

#[tokio::test]
async fn the_state_of_one_browser_does_not_open_the_login_of_another() {
    let world = World::of(acme());
    let (mine, my_pending) = world.begin().await;
    let (theirs, their_pending) = world.begin().await;
    assert!(callback(&mine).belongs_to(&my_pending));
    assert!(!callback(&mine).belongs_to(&their_pending));
    let got = world.client.get_access_token(callback(&theirs), my_pending).await;
    refused(got, ErrorKind::Security, Some("state"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn a_login_is_over_after_ten_minutes_of_the_clients_clock() {
    let world = World::of(acme());
    let (state, pending) = world.begin().await;
    world.clock.advance(601);
    let got = world.client.get_access_token(callback(&state), pending).await;
    refused(got, ErrorKind::Denied, Some("expired"));
    world.wire.assert_silent();

    let (state, pending) = world.begin().await;
    world.clock.advance(600);
    world.wire.answer(200, &token());
    world.client.get_access_token(callback(&state), pending).await.unwrap();
}

#[tokio::test]
async fn a_foreign_issuer_is_refused_and_a_promised_one_required() {
    let of = |promised: bool| {
        acme().but(|d| {
            let d = d.with_issuer("https://acme.test");
            if promised { d.with_iss_promised() } else { d }
        })
    };
    for (promised, iss, fits) in [
        (false, "", true),
        (true, "", false),
        (true, "&iss=https%3A%2F%2Facme.test", true),
        (false, "&iss=https%3A%2F%2Facme.test", true),
        (false, "&iss=https%3A%2F%2Facme.test%2F", false),
        (false, "&iss=https%3A%2F%2FACME.test", false),
        (false, "&iss=https%3A%2F%2Fevil.test", false),
    ] {
        let world = World::of(of(promised));
        let (state, pending) = world.begin().await;
        let callback = Callback::from_query(&format!("code=c&state={state}{iss}")).unwrap();
        if fits {
            world.wire.answer(200, &token());
            world.client.get_access_token(callback, pending).await.unwrap();
        } else {
            let got = world.client.get_access_token(callback, pending).await;
            refused(got, ErrorKind::Security, Some("issuer"));
            world.wire.assert_silent();
        }
    }
}

#[tokio::test]
async fn a_provider_can_refuse_a_callback_and_cannot_wave_one_through() {
    let signed = || {
        acme().on_callback(|callback, keys, at| {
            assert_eq!(at, now());
            assert_eq!(callback.get("code"), None, "a hook reads no credential");
            let hmac = callback.get("hmac").unwrap_or_default();
            callback.verify_hmac_sha256(keys, &["hmac", "code", "state"], hmac)
        })
    };
    let world = World::of(signed());
    let (state, pending) = world.begin().await;
    let got = world.client.get_access_token(callback(&state), pending).await;
    refused(got, ErrorKind::Security, Some("hmac"));
    world.wire.assert_silent();

    // HMAC-SHA256 of `shop=one` by the client's secret, as the provider would write it.
    let hex = {
        use hmac::{Hmac, KeyInit as _, Mac as _};
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(b"shop=one");
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let (state, pending) = world.begin().await;
    let good = Callback::from_query(&format!("code=c&state={state}&shop=one&hmac={hex}")).unwrap();
    world.wire.answer(200, &token());
    world.client.get_access_token(good, pending).await.unwrap();
    world.wire.only();

    let (_, pending) = world.begin().await;
    let stolen = Callback::from_query(&format!("code=c&state=x&shop=one&hmac={hex}")).unwrap();
    let got = world.client.get_access_token(stolen, pending).await;
    refused(got, ErrorKind::Security, Some("state"));
    world.wire.assert_silent();
}

#[tokio::test]
async fn the_error_codes_of_the_callback_say_what_to_do() {
    use ErrorKind::{Config, Denied, Transport};
    for (code, kind) in [
        ("access_denied", Denied),
        ("login_required", Denied),
        ("consent_required", Denied),
        ("interaction_required", Denied),
        ("server_error", Transport),
        ("temporarily_unavailable", Transport),
        ("invalid_scope", Config),
        ("unauthorized_client", Config),
        ("a_word_of_their_own", Denied),
        ("acme_misconfigured", Config),
    ] {
        let own = |d: Descriptor| d.with_error_kind("acme_misconfigured", Config);
        let world = World::of(acme().but(own));
        let (state, pending) = world.begin().await;
        let query = format!("error={code}&error_description=Sorry.&state={state}&code=c");
        let callback = Callback::from_query(&query).unwrap();
        let got = world.client.get_access_token(callback, pending).await;
        let error = refused(got, kind, None);
        assert_eq!(error.oauth().unwrap().code(), code);
        assert_eq!(error.oauth().unwrap().description(), Some("Sorry."));
        world.wire.assert_silent();
    }
}

#[tokio::test]
async fn what_a_provider_says_in_the_callback_is_bounded_and_escaped() {
    let world = World::of(acme());
    let (state, pending) = world.begin().await;
    let long = "x".repeat(9_000);
    let query = format!("error=a%0d%0ab&error_description=%1b%5B31m{long}&state={state}");
    let callback = Callback::from_query(&query).unwrap();
    let error = world.client.get_access_token(callback, pending).await.err().unwrap();
    let text = format!("{error} {error:?}");
    assert!(!text.contains(char::is_control), "{text}");
    assert!(text.len() < 2_000, "{} bytes", text.len());
    assert_eq!(error.oauth().unwrap().code(), "a\\u{d}\\u{a}b");
}
