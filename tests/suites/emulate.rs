//! Every provider is played by a local one, from its own recorded exchanges: the whole flow of each
//! of its users, behind `dyn BaseOAuth2`, as an application has it that chooses at run time.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use hallpass::{
    AuthorizationRequest, BaseOAuth2, Descriptor, EmailVerification, ErrorKind, IdEmail,
    OAuth2Client, OAuth2Token, PendingAuthorization, Provider, Revoke, Secret,
    apple::{self, Apple},
    auth0::{self, Auth0},
    discord::{self, Discord},
    facebook::{self, Facebook},
    franceconnect::{self, FranceConnect},
    github::{self, GitHub},
    gitlab::{self, GitLab},
    google::{self, Google},
    huggingface::{self, HuggingFace},
    kakao::{self, Kakao},
    line::{self, Line},
    linkedin::{self, LinkedIn},
    microsoft::{self, Microsoft},
    naver::{self, Naver},
    okta::{self, Okta},
    reddit::{self, Reddit},
    shopify::{self, Shopify},
    slack::{self, Slack},
    spotify::{self, Spotify},
    twitch::{self, Twitch},
    x::{self, X},
};
use hallpass_testkit::{Fixture, LocalProvider, User};

/// A provider's own client, and what it is played from.
struct Emulation {
    client: Arc<dyn BaseOAuth2>,
    local: LocalProvider,
    fixtures: Vec<Fixture>,
}

type Fixtures = &'static [(&'static str, &'static str)];

async fn started(provider: impl Provider, texts: Fixtures) -> Emulation {
    let local = LocalProvider::emulating(provider.descriptor(), texts).await.unwrap();
    let config = local.client_config("https://app.test/callback").unwrap();
    let client = OAuth2Client::new(provider, config).unwrap();
    let client: Arc<dyn BaseOAuth2> = Arc::new(client.with_http_client(local.http_client()));
    let fixtures = texts.iter().map(|(name, text)| Fixture::parse(name, text).unwrap());
    Emulation { client, fixtures: fixtures.collect(), local }
}

/// Each provider of the workspace. Whoever adds one adds it here, or the last test fails.
async fn everyone() -> Vec<Emulation> {
    vec![
        started(Apple::new(), apple::FIXTURES).await,
        started(Auth0::new(&"login.oak.test".parse().unwrap()), auth0::FIXTURES).await,
        started(Discord::new(), discord::FIXTURES).await,
        started(Facebook::new(), facebook::FIXTURES).await,
        started(FranceConnect::new(), franceconnect::FIXTURES).await,
        started(GitHub::new(), github::FIXTURES).await,
        started(GitLab::new(), gitlab::FIXTURES).await,
        started(Google::new(), google::FIXTURES).await,
        started(HuggingFace::new(), huggingface::FIXTURES).await,
        started(Kakao::new(), kakao::FIXTURES).await,
        started(Line::new(), line::FIXTURES).await,
        started(LinkedIn::new(), linkedin::FIXTURES).await,
        started(Microsoft::new(), microsoft::FIXTURES).await,
        started(Naver::new(), naver::FIXTURES).await,
        started(Okta::new(&"login.oak.test".parse().unwrap()), okta::FIXTURES).await,
        started(Reddit::new("web:example:v1 (by /u/robin_oak)".parse().unwrap()), reddit::FIXTURES)
            .await,
        started(Shopify::new(&"oak-trees.myshopify.com".parse().unwrap()), shopify::FIXTURES).await,
        started(Slack::new(), slack::FIXTURES).await,
        started(Spotify::new(), spotify::FIXTURES).await,
        started(Twitch::new(), twitch::FIXTURES).await,
        started(X::new(), x::FIXTURES).await,
    ]
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
