//! A provider that wants headers, and says in its own way what it makes of requests without them.

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{
    Api, Descriptor, Error, ErrorKind, HttpClient, OAuth2Client, OAuth2Token, OAuthError, Profile,
    Provider, Request, Response, Result,
    http::{HeaderName, HeaderValue},
    url::Url,
};
use hallpass_testkit::{LocalProvider, User};

use crate::support::{CALLBACK, get, param};

#[derive(Debug)]
struct Strict(Descriptor);

const ME: &str = "https://api.strict.test/me";
const VERSION: HeaderName = HeaderName::from_static("x-version");

impl Strict {
    fn new() -> Self {
        let descriptor =
            Descriptor::new("strict", "https://strict.test/a", "https://strict.test/t");
        Self(descriptor.with_api("https://api.strict.test").with_scopes(["me", "mail"]))
    }
}

impl Provider for Strict {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let call = api.get(ME).header(VERSION, HeaderValue::from_static("2"));
        Profile::from_json(call.read().await?, "id")
    }
}

const FIXTURES: &[(&str, &str)] = &[
    (
        "access_token.accepted.http",
        "# page, recalled, not re-read\n> POST https://strict.test/t\n\
         > accept: application/json\n> user-agent: *\n\
         > grant_type=authorization_code&code=CODE\n\
         < 200\n< {\"access_token\":\"TOKEN\",\"refresh_token\":\"REFRESH\"}\n= Token\n",
    ),
    (
        "refresh.accepted.http",
        "# page, recalled, not re-read\n> POST https://strict.test/t\n\
         > accept: application/json\n> grant_type=refresh_token&refresh_token=REFRESH\n\
         < 200\n< {\"access_token\":\"TOKEN2\"}\n= Token\n",
    ),
    (
        "profile.accepted.http",
        "# page, recalled, not re-read\n> GET https://api.strict.test/me\n\
         > authorization: Bearer TOKEN\n> user-agent: *\n> x-version: 2\n\
         < 200\n< {\"id\":\"7\"}\n= Profile { id: \"7\" }\n",
    ),
    (
        "refuses.agent.http",
        "# page, recalled, not re-read\n> GET https://api.strict.test/anything\n\
         > user-agent: WRONG\n< 403\n< who are you?\n= Denied\n",
    ),
    (
        "refuses.agent_of_tokens.http",
        "# page, recalled, not re-read\n> POST https://strict.test/t\n> user-agent: WRONG\n\
         > grant_type=authorization_code\n< 400\n< {\"error\":\"no_agent\"}\n= Denied\n",
    ),
    (
        "refuses.body.http",
        "# page, recalled, not re-read\n> POST https://strict.test/t\n> content-type: WRONG\n\
         < 415\n< {\"error\":\"no_form\"}\n= Config\n",
    ),
    (
        "refuses.no_accept.http",
        "# page, recalled, not re-read\n> POST https://strict.test/t\n> accept: WRONG\n\
         > grant_type=authorization_code\n< 200\n\
         < content-type: application/x-www-form-urlencoded\n<\n\
         < access_token=TOKEN&token_type=bearer&scope=as_a_form\n= Token\n",
    ),
    (
        "refuses.no_state.http",
        "# page, recalled, not re-read\n> GET https://strict.test/a?state=WRONG\n< 302\n\
         < location: https://app.test/cb?error=state_wanted&error_description=Who+asks%3F\n\
         = Denied\n",
    ),
    (
        "refuses.no_challenge.http",
        "# page, recalled, not re-read\n> GET https://strict.test/a?code_challenge=WRONG\n\
         < 400\n< <p>no\n= Denied\n",
    ),
    (
        "refuses.elsewhere.http",
        "# page, recalled, not re-read\n> GET https://strict.test/other?nonce=WRONG\n\
         < 400\n< <p>no\n= Denied\n",
    ),
];

/// Changes the headers of what is sent.
#[derive(Debug)]
struct Altered {
    inner: Arc<dyn HttpClient>,
    name: &'static str,
    /// Empty: without the header.
    value: &'static str,
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Altered {
    async fn send(&self, mut request: Request) -> Result<Response> {
        request.headers.remove(self.name);
        if !self.value.is_empty() {
            request.headers.insert(self.name, HeaderValue::from_static(self.value));
        }
        self.inner.send(request).await
    }
}

/// A provider, and a client of it that sends one header otherwise.
async fn altered(name: &'static str, value: &'static str) -> (LocalProvider, OAuth2Client<Strict>) {
    let local = LocalProvider::emulating(&Strict::new().0, FIXTURES).await.unwrap();
    let client = OAuth2Client::new(Strict::new(), local.client_config(CALLBACK).unwrap()).unwrap();
    let inner = local.http_client();
    let client = client.with_http_client(Arc::new(Altered { inner, name, value }));
    (local, client)
}

async fn token_of(local: &LocalProvider, client: &OAuth2Client<Strict>) -> Result<OAuth2Token> {
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    client.get_access_token(landing.callback().unwrap(), login.pending).await
}

fn said(error: &Error) -> (u16, Option<&str>) {
    (error.status().unwrap().as_u16(), error.oauth().map(OAuthError::code))
}

#[tokio::test]
async fn a_token_request_without_a_header_is_refused() {
    for (name, value, want) in [
        ("user-agent", "", (400, Some("no_agent"))),
        ("content-type", "application/json", (415, Some("no_form"))),
    ] {
        let (local, client) = altered(name, value).await;
        let error = token_of(&local, &client).await.unwrap_err();
        assert_eq!(said(&error), want, "{name}");
    }
}

#[tokio::test]
async fn a_reply_may_depend_on_a_header() {
    for value in ["", "text/html"] {
        let (local, client) = altered("accept", value).await;
        let token = token_of(&local, &client).await.unwrap();
        assert_eq!(token.scope(), Some("as_a_form"));
        assert!(client.get_profile(&token).await.is_ok(), "and its token is good");
        let refreshable = OAuth2Token::from_refresh_token("any");
        let error = client.refresh_token(&refreshable).await.unwrap_err();
        assert_eq!(said(&error), (400, Some("invalid_request")), "a fixture of the other grant");
        assert!(error.to_string().contains("refresh.accepted.http: accept"), "{error}");
    }
}

#[tokio::test]
async fn a_call_without_a_header_is_refused() {
    for (name, value, want) in [
        ("user-agent", "", (ErrorKind::Denied, 403, "")),
        ("x-version", "", (ErrorKind::Config, 400, "profile.accepted.http: x-version")),
        ("x-version", "3", (ErrorKind::Config, 400, "profile.accepted.http: x-version")),
    ] {
        let (local, client) = altered(name, value).await;
        let dead = OAuth2Token::from_access_token("dead");
        let error = client.get_profile(&dead).await.unwrap_err();
        let (kind, status, text) = want;
        assert_eq!((error.kind(), said(&error).0), (kind, status), "{name}: before the token");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(local.count(ME), 1);
    }
}

#[tokio::test]
async fn what_is_right_or_not_listed_is_taken() {
    for (name, value) in [
        ("user-agent", "anybody"),
        ("x-more", "1"),
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
    ] {
        let (local, client) = altered(name, value).await;
        let token = token_of(&local, &client).await.unwrap();
        assert_eq!(client.get_profile(&token).await.unwrap().id(), "7", "{name}");
    }
}

#[tokio::test]
async fn scopes_that_are_joined_in_another_way_are_refused() {
    let (local, client) = altered("x-more", "1").await;
    let login = client.authorize().start().await.unwrap();
    for (scope, want) in
        [("me+mail", None), ("me%2Cmail", Some("invalid_scope")), ("me", None), ("", None)]
    {
        let url = login.url.as_str().replace("scope=me+mail", &format!("scope={scope}"));
        let landing = local.browser().sign_in(url, User::first()).await.unwrap();
        assert_eq!(param(landing.url(), "error").as_deref(), want, "{scope}");
    }
}

#[tokio::test]
async fn a_page_that_lacks_what_the_provider_requires_is_refused() {
    let (local, client) = altered("x-more", "1").await;
    let login = client.authorize().start().await.unwrap();
    for (without, want) in [
        ("", None),
        ("scope", None),
        ("state", Some(("state_wanted", "Who asks?"))),
        ("code_challenge", Some(("invalid_request", "code_challenge is missing."))),
    ] {
        let mut url = Url::parse(login.url.as_str()).unwrap();
        let kept: Vec<_> = url.query_pairs().into_owned().filter(|(it, _)| it != without).collect();
        url.query_pairs_mut().clear().extend_pairs(&kept);
        let landing = local.browser().sign_in(url.as_str(), User::first()).await.unwrap();
        let got = ["error", "error_description"].map(|name| param(landing.url(), name));
        let want = want.map(|(code, why)| [code, why].map(|word| Some(word.to_owned())));
        assert_eq!(got, want.unwrap_or_default(), "{without}");
    }
    // An empty one is none.
    let empty = login.url.as_str().replace("&state=", "&state=&was=");
    let landing = local.browser().sign_in(empty, User::first()).await.unwrap();
    assert_eq!(param(landing.url(), "error").as_deref(), Some("state_wanted"));
}

#[tokio::test]
async fn a_method_that_no_fixture_has_is_refused_as_ever() {
    let (local, _) = altered("x-more", "1").await;
    let url = format!("{}/https/strict.test/t", local.base_url());
    assert_eq!(get(&url, &[]).await.status.as_u16(), 405);
}
