//! What no provider can get wrong as long as core is right: that the contract would find it.

use hallpass_core::{
    Api, Descriptor, EmailVerification, Error, ErrorKind, OAuthError, Profile, Purpose, Request,
    VerifiedClaims,
    http::{HeaderName, HeaderValue, Method},
    url::Url,
};
use serde_json::json;

use super::{login::Login, verb::Call, wire::Wire, *};
use crate::{Replay, replay::Sent, words::Words};

#[derive(Debug)]
struct Acme(Descriptor);

impl Acme {
    fn new() -> Self {
        let descriptor =
            Descriptor::new("acme", "https://acme.test/authorize", "https://acme.test/token");
        Self(descriptor.with_api("https://api.acme.test").with_scopes(["a", "b"]))
    }
}

impl Provider for Acme {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let _ = api.get("https://api.acme.test/me").send().await;
        Ok(Profile::new("42", Json::Null))
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

#[test]
fn what_is_not_offered_must_be_unsupported_and_silent() {
    let contract = Contract::new(Acme::new, &[]);
    let got = wait(run::not_offered(&contract, "profile", Some(Call::Profile)));
    assert_eq!(got.len(), 2, "{got:#?}");
    assert!(got[0].starts_with("profile: a request too many"), "{}", got[0]);
    assert!(got[1].contains("was not answered Unsupported, but\n= Profile { email_"), "{}", got[1]);
    let revoke = Call::Revoke(hallpass_core::Revoke::Grant);
    let got = wait(run::not_offered(&contract, "revoke_grant", Some(revoke)));
    assert_eq!(got, [""; 0]);
    assert_eq!(wait(run::not_offered(&contract, "verify_jwt", None)), [""; 0]);
}

#[test]
fn a_scope_that_is_not_the_default_is_found() {
    let check = |scopes: Option<&[&'static str]>, query: &str, is_right: bool| {
        let mut contract = Contract::new(Acme::new, &[]);
        if let Some(scopes) = scopes {
            contract.config = contract.config.with_scopes(scopes.iter().copied());
        }
        let wire = Arc::new(Wire::new(Replay::of("", Vec::new(), Words::fixed()), true));
        let client = contract.client(Arc::clone(&wire) as Arc<dyn HttpClient>, None).unwrap();
        let login = Login { client: &client, browser: None, wire: &wire };
        let got = login.scope_failure(&format!("https://acme.test/authorize?{query}"));
        assert_eq!(got.is_none(), is_right, "{query}: {got:?}");
    };
    check(None, "scope=a+b", true);
    check(None, "scope=a", false);
    check(None, "scope=b+a", false);
    check(None, "state=x", false);
    check(Some(&["c"]), "scope=c", true);
    check(Some(&["c"]), "scope=a+b", false);
    check(Some(&[]), "state=x", true);
    check(Some(&[]), "scope=", false);
}

#[test]
fn a_code_that_is_not_the_callbacks_is_found() {
    let check = |body: &str, location: &str, is_right: bool| {
        let url = Url::parse("https://acme.test/token").unwrap();
        let mut request = Request::new(Method::POST, url, Purpose::Token);
        request.body = body.into();
        let got = login::code_failure(&Sent::new(&request, &Words::fixed()), location);
        assert_eq!(got.is_none(), is_right, "{body}: {got:?}");
    };
    let location = "https://app.test/cb?code=C%2B1&state=STATE";
    check("grant_type=authorization_code&code=C%2B1", location, true);
    check(r#"{"code":"C+1"}"#, location, true);
    check("grant_type=authorization_code&code=C", location, false);
    check("grant_type=authorization_code", location, false);
    check(r#"{"code":1}"#, location, false);
    check("", location, false);
    check("grant_type=refresh_token", "https://app.test/cb?state=STATE", false);
}

#[test]
fn token_requests_are_kept_from_the_wire_only_where_they_are_trapped() {
    for refuses_tokens in [true, false] {
        let wire = Wire::new(Replay::of("", Vec::new(), Words::fixed()), refuses_tokens);
        let url = Url::parse("https://acme.test/token").unwrap();
        let request = |purpose| Request::new(Method::POST, url.clone(), purpose);
        assert!(wait(wire.send(request(Purpose::Token))).is_err());
        assert_eq!(wire.refused().len(), usize::from(refuses_tokens));
        assert!(wait(wire.send(request(Purpose::Api))).is_err());
        assert_eq!(wire.replay().check().len(), 2 - usize::from(refuses_tokens));
    }
}

#[test]
fn a_refusal_is_its_kind_code_and_reason() {
    let check = |error: &Error, want: &str| {
        let got = outcome::refusal(error);
        assert!(got.is_refusal(), "{got}");
        assert_eq!(got.to_string(), want);
    };
    check(&Error::config("x"), "Config");
    check(&Error::malformed("x").with_reason("no_code"), "Malformed { reason: \"no_code\" }");
    check(&Error::transport("x"), "Transport");
    check(&Error::unsupported("x"), "Unsupported");
    let both = Error::security("state", "x").with_oauth(OAuthError::new("a"));
    check(&both, "Security { code: \"a\", reason: \"state\" }");
    let denied = Error::new(ErrorKind::Denied, "x").with_oauth(OAuthError::new("b"));
    check(&denied, "Denied { code: \"b\" }");
}

#[test]
fn a_token_says_all_that_storage_keeps() {
    let stored = json!({
        "access_token": "TOKEN", "token_type": "DPoP", "id_token": "JWT", "scope": "a",
        "issued_at": FixedClock::UNIX_SECONDS, "expires_at": FixedClock::UNIX_SECONDS - 5,
        "claims": { "sub": "42" }, "extra": { "team": 7 },
    });
    let token = OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap();
    assert!(token.claims().is_some_and(|claims: &VerifiedClaims| claims.subject() == "42"));
    let want = "Token { access_token: \"TOKEN\", claims: {\"sub\":\"42\"}, expires_in: -5, \
                extra: {\"team\":7}, scope: \"a\", token_type: \"DPoP\" }";
    assert_eq!(outcome::token(&token).to_string(), want);
}

#[test]
fn a_profile_says_all_that_it_has() {
    let profile = Profile::new("42", Json::Null)
        .with_email(Some("a@b.test"), EmailVerification::Verified)
        .with_name(Some("Ann"))
        .with_username(Some("ann"))
        .with_picture(Some("https://b.test/a.png"))
        .with_locale(Some("de"));
    let want = "Profile { email: \"a@b.test\", email_verification: \"verified\", id: \"42\", \
                locale: \"de\", name: \"Ann\", picture: \"https://b.test/a.png\", \
                username: \"ann\" }";
    assert_eq!(outcome::profile(&profile).to_string(), want);
    let want = "IdEmail { email: \"a@b.test\", email_verification: \"verified\", id: \"42\" }";
    assert_eq!(outcome::id_email(&profile.into_id_email()).to_string(), want);
    let bare = Profile::new("42", Json::Null);
    let want = "Profile { email_verification: \"unknown\", id: \"42\" }";
    assert_eq!(outcome::profile(&bare).to_string(), want);
}

#[test]
fn a_sent_request_is_shown_as_a_fixture_says_it() {
    let url =
        Url::parse("https://acme.test/token?state=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE");
    let mut request = Request::new(Method::POST, url.unwrap(), Purpose::Token);
    for (name, value) in [
        ("authorization", "Basic SUQ6U0VDUkVU"),
        ("user-agent", "hallpass"),
        ("x-odd", "Basic SUQ6U0VDUkVU"),
    ] {
        request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    request.body = b"a=1\nb=2".to_vec();
    let want = [
        "    > POST https://acme.test/token?state=STATE",
        "    > authorization: Basic ID:SECRET",
        "    > x-odd: Basic SUQ6U0VDUkVU",
        "    > a=1",
        "    > b=2",
    ];
    assert!(Sent::new(&request, &Words::fixed()).to_string().lines().eq(want));
}
