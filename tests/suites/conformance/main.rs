//! A client of hallpass against a provider that lies: the relying-party modules of the OpenID
//! Foundation's conformance suite by their own names, and rows of the same shape for what the
//! suite does not ask.
//!
//! Each row is a pair of runs of the same application: an honest one, which goes well, and one in
//! which one thing is wrong, which is refused in the row's word. Then the provider has seen exactly
//! the requests that the row says, none of them after the bad thing. What must be accepted though
//! it looks odd is a row too, and says what is to be seen. The provider is on loopback, and the
//! clock stands.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use hallpass_openid::BackchannelLogout;

mod flow;
mod own;
mod read;
mod row;
mod suite;
mod world;

use crate::{
    row::{Expected, Want, all_hold},
    world::{World, well, word},
};

#[tokio::test]
async fn id_tokens_and_keys_are_taken_or_refused_as_the_suite_wants() {
    all_hold(suite::ID_TOKEN).await;
}

#[tokio::test]
async fn discovery_requests_userinfo_and_refresh_are_as_the_suite_wants() {
    all_hold(suite::FLOW).await;
}

#[tokio::test]
async fn logouts_and_logins_that_others_begin_are_as_the_suite_wants() {
    all_hold(suite::LOGOUT).await;
}

#[test]
fn the_table_has_each_module_of_the_suite_once() {
    let table = suite::table();
    let names: BTreeSet<_> = table.iter().map(|row| row.name).collect();
    assert_eq!(names, BTreeSet::from(suite::MODULES));
    assert_eq!(table.len(), suite::MODULES.len());
}

#[test]
fn what_is_not_offered_is_said_with_its_reason_and_is_no_more_than_that() {
    let mut left_out = BTreeSet::new();
    for row in suite::table() {
        if let Want::NotOffered(why) = row.case.want {
            assert!(!why.is_empty(), "{}", row.name);
            left_out.insert(row.name);
        }
    }
    assert_eq!(left_out, BTreeSet::from(suite::NOT_OFFERED));
}

#[test]
fn a_row_shows_what_it_says_is_expected() {
    let own = own::table();
    let names: BTreeSet<_> = own.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), own.len(), "each row of our own has a name of its own");
    for row in suite::table().iter().chain(&own) {
        let fits = match row.case.want {
            Want::NotOffered(_) => true,
            Want::Accepted(_) => matches!(row.expected, Expected::Accept),
            Want::Refused { .. } => row.expected != Expected::Accept,
        };
        assert!(fits, "{}", row.name);
        assert!(!row.mutation.is_empty() && !row.spec.is_empty(), "{}", row.name);
    }
}

#[tokio::test]
async fn an_id_token_with_a_wrong_claim_is_refused() {
    all_hold(own::CLAIMS).await;
}

#[tokio::test]
async fn a_jwt_is_verified_with_the_providers_keys_in_the_ways_that_were_agreed_on() {
    all_hold(own::KEYS).await;
}

#[tokio::test]
async fn a_login_goes_where_it_should_and_its_callback_comes_from_there() {
    all_hold(own::REQUESTS).await;
}

#[tokio::test]
async fn token_replies_and_userinfo_are_about_the_user_who_signed_in() {
    all_hold(own::ANSWERS).await;
}

#[tokio::test]
async fn a_session_ends_by_the_providers_word_alone() {
    all_hold(own::LOGOUT).await;
}

/// What takes three logins is no row.
#[tokio::test]
async fn keys_are_fetched_once_for_a_key_that_nobody_knows_and_then_not_for_half_a_minute() {
    let world = World::new(&row::HONEST, true).await;
    well(world.sign_in().await);
    world.local.rotate_keys();
    well(world.sign_in().await);
    assert_eq!(world.local.count("jwks"), 2);
    world.local.rotate_keys();
    world.advance(29);
    let error = world.sign_in().await.err().unwrap();
    assert_eq!((word(&error), world.local.count("jwks")), (Some("key"), 2));
    world.advance(1);
    well(world.sign_in().await);
    assert_eq!(world.local.count("jwks"), 3);
}

#[tokio::test]
async fn a_logout_token_is_good_once() {
    let world = World::new(&row::HONEST, true).await;
    well(world.sign_in().await);
    let body = format!("logout_token={}", world.local.logout_token("ada", |_| {}));
    well(world.logout.receive(&world.client, body.as_bytes()).await);
    world.advance(119);
    let again = world.logout.receive(&world.client, body.as_bytes()).await;
    assert_eq!(again.as_ref().err().and_then(word), Some("replay"));
    assert_eq!(BackchannelLogout::answer(&again).0, 400);
}
