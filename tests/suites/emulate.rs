//! Every provider is played by a local one, from its own recorded exchanges: the whole flow of each
//! of its users, behind `dyn BaseOAuth2`, as an application has it that chooses at run time.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use hallpass::{
    AuthorizationRequest, BaseOAuth2, Descriptor, EmailVerification, ErrorKind, IdEmail,
    OAuth2Token, PendingAuthorization, Revoke, Secret,
};
use hallpass_testkit::{Fixture, LocalProvider, User};
use hallpass_tests::providers::{self, Known};

/// A provider's own client, and what it is played from.
struct Emulation {
    client: Arc<dyn BaseOAuth2>,
    local: LocalProvider,
    fixtures: Vec<Fixture>,
}

async fn started(known: &Known) -> Emulation {
    let local = LocalProvider::emulating(known.descriptor(), known.fixtures()).await.unwrap();
    let config = local.client_config("https://app.test/callback").unwrap();
    let client = known.client(config, local.http_client()).unwrap();
    let fixtures = known.fixtures().iter().map(|(name, text)| Fixture::parse(name, text).unwrap());
    Emulation { client, fixtures: fixtures.collect(), local }
}

async fn everyone() -> Vec<Emulation> {
    let mut all = Vec::new();
    for known in providers::everyone().unwrap() {
        all.push(started(&known).await);
    }
    all
}

impl Emulation {
    /// The cases in which somebody signed in.
    fn users(&self) -> Vec<&Fixture> {
        let of_users = self.fixtures.iter().filter(|fixture| fixture.operation() == "id_email");
        let users: Vec<_> = of_users.filter(|fixture| !fixture.outcome().is_refusal()).collect();
        assert!(!users.is_empty(), "{}", self.name());
        users
    }

    fn name(&self) -> &str {
        self.client.descriptor().name()
    }

    async fn sign_in(&self, case: &str) -> OAuth2Token {
        let login = self.client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
        let stored = login.pending.expose_for_session();
        let landing = self.local.browser().sign_in(&login.url, User::named(case)).await.unwrap();
        let pending = PendingAuthorization::from_session(&stored).unwrap();
        self.client.get_access_token(landing.callback().unwrap(), pending).await.unwrap()
    }

    fn offers(&self, what: Revoke, token: &OAuth2Token) -> bool {
        let has_it = what != Revoke::RefreshToken || token.refresh_token().is_some();
        has_it && self.client.descriptor().offers_revocation(what)
    }
}

/// Whether the ID token of the login says who it is.
fn trades_a_code(fixture: &Fixture) -> bool {
    let body = fixture.exchanges()[0].request().body().unwrap_or_default();
    body.contains("grant_type=authorization_code")
}

fn check(who: &IdEmail, fixture: &Fixture, name: &str) {
    let field = |name: &str| fixture.outcome().fields().get(name).and_then(|value| value.as_str());
    let verification = match who.email_verification {
        EmailVerification::Verified => "verified",
        EmailVerification::Unverified => "unverified",
        _ => "unknown",
    };
    let got = (Some(who.id.as_str()), who.email.as_deref(), Some(verification));
    let want = (field("id"), field("email"), field("email_verification"));
    assert_eq!(got, want, "{name}, {}", fixture.name());
}

#[tokio::test]
async fn each_user_of_each_provider_is_who_the_fixtures_say() {
    for emulation in everyone().await {
        for fixture in emulation.users() {
            let token = emulation.sign_in(fixture.case()).await;
            let who = emulation.client.get_id_email(&token).await.unwrap();
            check(&who, fixture, emulation.name());
        }
    }
}

#[tokio::test]
async fn a_token_is_refreshed_where_that_is_offered() {
    for emulation in everyone().await {
        let (name, client) = (emulation.name(), &emulation.client);
        for fixture in emulation.users() {
            let token = emulation.sign_in(fixture.case()).await;
            if !client.descriptor().offers_refresh() {
                let error = client.refresh_token(&token).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}");
            } else if token.refresh_token().is_some() {
                let next = client.refresh_token(&token).await.unwrap();
                let who = client.get_id_email(&next).await.unwrap();
                check(&who, fixture, name);
            }
        }
    }
}

#[tokio::test]
async fn a_token_is_dead_once_it_is_revoked() {
    let mut revoked = 0;
    for emulation in everyone().await {
        let (name, client) = (emulation.name(), &emulation.client);
        for what in [Revoke::AccessToken, Revoke::RefreshToken, Revoke::Grant] {
            for fixture in emulation.users() {
                let token = emulation.sign_in(fixture.case()).await;
                if !client.descriptor().offers_revocation(what) {
                    let error = client.revoke_token(&token, what).await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Unsupported, "{name} {what:?}");
                } else if emulation.offers(what, &token) {
                    assert!(client.get_id_email(&token).await.is_ok());
                    client.revoke_token(&token, what).await.unwrap();
                    if trades_a_code(fixture) {
                        // Its ID token says who it is, and nobody is asked any more.
                        continue;
                    }
                    let error = client.get_id_email(&token).await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Denied, "{name} {what:?}: {error}");
                    revoked += 1;
                }
            }
        }
    }
    assert!(revoked > 0);
}

#[tokio::test]
async fn a_refusal_of_the_user_and_a_foreign_code_are_refusals() {
    for emulation in everyone().await {
        let (name, client) = (emulation.name(), &emulation.client);
        let start = || client.get_authorization_url(AuthorizationRequest::new());
        let login = start().await.unwrap();
        let landing = emulation.local.browser().sign_in(&login.url, User::deny()).await.unwrap();
        let refused = client.get_access_token(landing.callback().unwrap(), login.pending).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Denied, "{name}");

        let (one, two) = (start().await.unwrap(), start().await.unwrap());
        let landing = emulation.local.browser().sign_in(&one.url, User::first()).await.unwrap();
        let crossed = client.get_access_token(landing.callback().unwrap(), two.pending).await;
        assert_eq!(crossed.unwrap_err().reason(), Some("state"), "{name}");

        let dead = OAuth2Token::from_access_token(Secret::new("dead"));
        let error = client.get_id_email(&dead).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{name}");
    }
}

#[tokio::test]
async fn every_provider_of_the_workspace_is_played() {
    let played = everyone().await;
    let played: Vec<_> = played.iter().map(Emulation::name).collect();
    let known = hallpass::descriptors();
    assert_eq!(played, known.iter().map(Descriptor::name).collect::<Vec<_>>());
}
