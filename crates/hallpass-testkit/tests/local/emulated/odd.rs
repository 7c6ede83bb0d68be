//! A provider of other habits: JSON for token requests, HTTP Basic, RFC 7009 without a client, no
//! fixtures of refusals, no rotation, and a revocation in the user's name.

use hallpass_core::{
    Api, ClientAuth, Descriptor, Endpoint, ErrorKind, OAuth2Client, OAuth2Token, Pkce, Profile,
    Provider, Result, Revocation, Revoke, TokenBody,
};
use hallpass_testkit::{LocalProvider, User};

use crate::support::{CALLBACK, param, post};

#[derive(Debug)]
struct Odd(Descriptor);

fn descriptor() -> Descriptor {
    Descriptor::new("odd", "https://odd.test/a", "https://odd.test/t")
        .with_api("https://api.odd.test:8443")
        .with_scopes(["me"])
}

impl Provider for Odd {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        Profile::from_json(api.get("https://api.odd.test:8443/me").read().await?, "id")
    }

    async fn revoke(&self, api: Api<'_>, _: Revoke) -> Result<()> {
        let url = "https://api.odd.test:8443/me/permissions";
        api.get(url).send().await?;
        api.delete(url).send().await.map(drop)
    }
}

const GRANTED: (&str, &str) = (
    "access_token.accepted.http",
    "# page, recalled, not re-read\n> POST https://odd.test/t\n< 200\n\
     < {\"access_token\":\"TOKEN\",\"refresh_token\":\"REFRESH\",\n\
     <  \"bot\":{\"access_token\":\"TOKEN2\"}}\n\
     = Token\n",
);
const REFRESHED: (&str, &str) = (
    "refresh.accepted.http",
    "# page, recalled, not re-read\n> POST https://odd.test/t\n< 200\n\
     < {\"access_token\":\"TOKEN2\",\"refresh_token\":\"REFRESH\"}\n= Token\n",
);
const PROFILE: (&str, &str) = (
    "profile.accepted.http",
    "# page, recalled, not re-read\n> GET https://api.odd.test:8443/me\n< 200\n\
     < {\"id\":\"7\"}\n= Profile { id: \"7\" }\n",
);
const UNLINKED: (&str, &str) = (
    "revoke_grant.accepted.http",
    "# page, recalled, not re-read\n> GET https://api.odd.test:8443/me/permissions\n\
     > authorization: Bearer TOKEN\n< 200\n< [\"me\"]\n\
     > DELETE https://api.odd.test:8443/me/permissions\n\
     > authorization: Bearer TOKEN\n< 200\n< {\"success\":true}\n= Revoked\n",
);
const NOT_LINKED: (&str, &str) = (
    "revoke_grant.refused.http",
    "# page, recalled, not re-read\n> GET https://api.odd.test:8443/me/permissions\n\
     > authorization: Bearer TOKEN\n< 403\n= Denied { reason: \"forbidden\" }\n",
);
const INTROSPECTED: (&str, &str) = (
    "introspect.accepted.http",
    "# page, recalled, not re-read\n> POST https://odd.test/introspect\n\
     > token=TOKEN&client_id=ID&client_secret=SECRET\n< 200\n< {\"active\":true}\n= Json {}\n",
);

async fn emulated(
    descriptor: Descriptor,
    fixtures: &[(&str, &str)],
) -> (LocalProvider, OAuth2Client<Odd>) {
    let local = LocalProvider::emulating(&descriptor, fixtures).await.unwrap();
    let config = local.client_config(CALLBACK).unwrap();
    let client = OAuth2Client::new(Odd(descriptor), config).unwrap();
    let client = client.with_http_client(local.http_client());
    (local, client)
}

async fn token_of(local: &LocalProvider, client: &OAuth2Client<Odd>) -> OAuth2Token {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await.unwrap()
}

#[tokio::test]
async fn json_basic_and_a_refresh_token_that_stays() {
    let descriptor =
        descriptor().with_token_body(TokenBody::Json).with_client_auth(ClientAuth::Basic);
    let (local, client) = emulated(descriptor, &[GRANTED, REFRESHED, PROFILE]).await;
    let token = token_of(&local, &client).await;
    assert_eq!(client.get_profile(&token).await.unwrap().id(), "7");
    let bot = token.extra("bot").unwrap()["access_token"].as_str().unwrap();
    assert_ne!(bot, token.access_token().expose());
    assert!(client.get_profile(&OAuth2Token::from_access_token(bot)).await.is_ok());
    for _ in 0..2 {
        let again = client.refresh_token(&token).await.unwrap();
        let (old, new) = (token.refresh_token().unwrap(), again.refresh_token().unwrap());
        assert_eq!(old.expose(), new.expose(), "the fixture has no REFRESH2");
        assert!(client.get_profile(&again).await.is_ok());
    }
    let sent = local.requests().into_iter().find(|request| request.operation() == "token").unwrap();
    assert_eq!(sent.param("grant_type").as_deref(), Some("authorization_code"), "of the JSON");
}

#[tokio::test]
async fn without_fixtures_of_refusals_the_standard_speaks() {
    let (local, client) = emulated(descriptor(), &[GRANTED, PROFILE]).await;
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let code = param(landing.url(), "code").unwrap();
    let error = client.dangerously_exchange_code(code.into(), CALLBACK, None).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "invalid_grant");
    let dead = OAuth2Token::from_access_token("dead");
    assert_eq!(client.get_profile(&dead).await.unwrap_err().reason(), Some("invalid_token"));
    let error = client.refresh_token(&OAuth2Token::from_refresh_token("r")).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "unsupported_grant_type", "no fixture has it");
    let config = local.client_config(CALLBACK).unwrap().with_secret("wrong");
    let stranger = OAuth2Client::new(Odd(descriptor()), config).unwrap();
    let stranger = stranger.with_http_client(local.http_client());
    let error = stranger.refresh_token(&OAuth2Token::from_refresh_token("r")).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "invalid_client");
}

#[tokio::test]
async fn revocation_by_the_standard_with_and_without_a_client() {
    for auth in [ClientAuth::Basic, ClientAuth::Post, ClientAuth::None] {
        let descriptor = descriptor()
            .with_endpoint(Endpoint::Revocation, "https://odd.test/revoke")
            .with_revocation(Revocation::Rfc7009(auth));
        let (local, client) = emulated(descriptor, &[GRANTED, REFRESHED, PROFILE]).await;
        let token = token_of(&local, &client).await;
        let form = [("token", "any")];
        let (status, ..) = post(&local, "/https/odd.test/revoke", &form, &[]).await;
        assert_eq!(status.as_u16(), if auth == ClientAuth::None { 200 } else { 401 }, "{auth:?}");
        client.revoke_token(&token, Revoke::Grant).await.unwrap();
        assert_eq!(client.get_profile(&token).await.unwrap_err().kind(), ErrorKind::Denied);
        assert_eq!(local.count("revoke"), 2, "{auth:?}");
    }
}

#[tokio::test]
async fn revocation_in_the_users_name() {
    let descriptor = descriptor().with_revocation(Revocation::Custom(&[Revoke::Grant]));
    let (local, client) = emulated(descriptor, &[GRANTED, PROFILE, UNLINKED, NOT_LINKED]).await;
    let (one, two) = (token_of(&local, &client).await, token_of(&local, &client).await);
    client.revoke_token(&one, Revoke::Grant).await.unwrap();
    for token in [&one, &two] {
        assert_eq!(client.get_profile(token).await.unwrap_err().kind(), ErrorKind::Denied);
    }
    let again = client.revoke_token(&one, Revoke::Grant).await.unwrap_err();
    assert_eq!(again.reason(), Some("forbidden"), "as the fixture says");
    assert_eq!(local.count("revoke"), 3, "two steps, and one that was refused");
}

#[tokio::test]
async fn a_call_with_the_clients_secret_in_its_body() {
    let (local, client) = emulated(descriptor(), &[GRANTED, PROFILE, INTROSPECTED]).await;
    let token = token_of(&local, &client).await;
    let ask = async |client: &OAuth2Client<Odd>, token: &str| {
        let nobody = OAuth2Token::from_access_token("");
        let call = client.api(&nobody).post("https://odd.test/introspect");
        call.client_auth(ClientAuth::Post).form([("token", token)]).read().await
    };
    let access = token.access_token().expose();
    assert_eq!(ask(&client, access).await.unwrap()["active"], true);
    assert_eq!(ask(&client, "dead").await.unwrap_err().status().unwrap().as_u16(), 401);
    let config = local.client_config(CALLBACK).unwrap().with_secret("wrong");
    let stranger = OAuth2Client::new(Odd(descriptor()), config).unwrap();
    let stranger = stranger.with_http_client(local.http_client());
    let error = ask(&stranger, access).await.unwrap_err();
    assert_eq!(error.oauth().unwrap().code(), "invalid_client");
}

#[tokio::test]
async fn pkce_is_what_the_descriptor_says() {
    let page = "https://odd.test/docs";
    for (descriptor, challenge, bare) in [
        (descriptor(), Some("S256"), true),
        (descriptor().with_pkce_required(), Some("S256"), false),
        (descriptor().with_pkce_plain(), Some("plain"), true),
        (descriptor().with_pkce_ignored(page), Some("S256"), true),
        (descriptor().with_pkce_refused(page), None, true),
    ] {
        let (local, client) = emulated(descriptor.clone(), &[GRANTED, PROFILE]).await;
        let login = client.authorize().start().await.unwrap();
        let method = param(login.url.as_str(), "code_challenge_method");
        assert_eq!(method.as_deref(), challenge);
        token_of(&local, &client).await;

        let bare_url = login.url.as_str().split("&code_challenge").next().unwrap();
        let code = async |url: &str| {
            let landing = local.browser().sign_in(url, User::first()).await.unwrap();
            param(landing.url(), "code")
        };
        let bare_code = code(bare_url).await;
        assert_eq!(bare_code.is_some(), bare, "{:?}", descriptor.pkce());
        let is_ignored = descriptor.pkce() == Pkce::Ignored;
        if let Some(code) = bare_code {
            let verifier = Some("x".repeat(43).into());
            let got = client.dangerously_exchange_code(code.into(), CALLBACK, verifier).await;
            assert_eq!(got.is_ok(), is_ignored, "a verifier without a challenge: a downgrade");
        }
        for method in ["S256", "plain"] {
            let challenge_of = format!("&code_challenge={}", "x".repeat(43));
            let url = format!("{bare_url}{challenge_of}&code_challenge_method={method}");
            let want = is_ignored || challenge == Some(method);
            assert_eq!(code(&url).await.is_some(), want, "{:?} {method}", descriptor.pkce());
        }
    }
}

#[tokio::test]
async fn a_public_provider_wants_no_secret() {
    let descriptor = descriptor().with_client_auth(ClientAuth::None);
    let (local, client) = emulated(descriptor, &[GRANTED, PROFILE]).await;
    token_of(&local, &client).await;
    let sent = local.requests().into_iter().find(|request| request.operation() == "token").unwrap();
    assert_eq!(sent.param("client_secret"), None);
}
