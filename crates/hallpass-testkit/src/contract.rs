use std::{fmt, sync::Arc};

use hallpass_core::{
    ClientConfig, HttpClient, Json, OAuth2Client, OAuth2Token, Provider, Result, Secret,
};

use crate::{
    Fixture,
    fixture::REFUSES,
    id_token::{self, Facts},
    words::{FixedClock, FixedRandom, SECRET, Words},
};

mod descriptor;
mod hostile;
mod login;
mod needs;
mod outcome;
mod run;
mod verb;
mod wire;

use verb::Operation;

/// The fixture that says what is discovered.
#[cfg(feature = "openid")]
const DISCOVERY: &str = "discovery.accepted.http";

/// The redirect URI of the contract's client.
const REDIRECT_URI: &str = "https://app.test/cb";

/// Holds a provider to the exchanges in its fixtures: all of a provider's `tests/contract.rs`,
/// where it has no methods of its own. Otherwise see [`Contract`], which says what is checked.
///
/// ```no_run
/// # use hallpass_core::{Api, Descriptor, Profile, Provider, Result};
/// # #[derive(Debug)]
/// # struct Acme(Descriptor);
/// # impl Acme { fn new() -> Self { Self(Descriptor::discovered("acme")) } }
/// # impl Provider for Acme {
/// #     type Params = ();
/// #     fn descriptor(&self) -> &Descriptor { &self.0 }
/// #     async fn profile(&self, api: Api<'_>) -> Result<Profile> {
/// #         Profile::from_json(api.get("https://acme.test/me").read().await?, "id")
/// #     }
/// # }
/// # const FIXTURES: &[(&str, &str)] = &[];
/// hallpass_testkit::contract(Acme::new, FIXTURES);
/// ```
///
/// # Panics
///
/// With everything that is wrong, not the first thing alone.
#[track_caller]
pub fn contract<P: Provider>(new: impl Fn() -> P, fixtures: &[(&str, &str)]) {
    Contract::new(new, fixtures).run();
}

/// What a provider must do, as its fixtures say: [`run`](Self::run) panics unless it does.
///
/// ```no_run
/// # use hallpass_core::{Api, Descriptor, Json, Profile, Provider, Result};
/// # use hallpass_testkit::Contract;
/// # #[derive(Debug)]
/// # struct Acme(Descriptor);
/// # impl Acme {
/// #     fn new() -> Self { Self(Descriptor::discovered("acme")) }
/// #     async fn emails(&self, api: Api<'_>) -> Result<Json> {
/// #         api.get("https://acme.test/emails").read().await
/// #     }
/// # }
/// # impl Provider for Acme {
/// #     type Params = ();
/// #     fn descriptor(&self) -> &Descriptor { &self.0 }
/// #     async fn profile(&self, api: Api<'_>) -> Result<Profile> {
/// #         Profile::from_json(api.get("https://acme.test/me").read().await?, "id")
/// #     }
/// # }
/// # const FIXTURES: &[(&str, &str)] = &[];
/// Contract::new(Acme::new, FIXTURES)
///     .operation("emails", async |acme, token| acme.provider().emails(acme.api(token)).await)
///     .run();
/// ```
///
/// # What is checked
///
/// Each fixture is played to a fresh client, by [`Replay`](crate::Replay): its requests must be the
/// fixture's, all of them and no more, and what it returns must be the fixture's outcome, in full.
///
/// | Operation | What is called | Outcome |
/// |---|---|---|
/// | `authorize` | `authorize().start()`, then `get_access_token` with the callback | `Code` |
/// | `access_token` | `get_access_token` | `Token` |
/// | `refresh` | `refresh_token` | `Token` |
/// | `revoke_access_token`, `revoke_refresh_token`, `revoke_grant` | `revoke_token` | `Revoked` |
/// | `profile` | `get_profile` | `Profile` |
/// | `id_email` | `get_id_email` | `IdEmail` |
/// | `discovery` | `endpoints` | `Endpoints` |
/// | one of the provider's own | [`operation`](Self::operation) | `Json …` |
/// | `refuses` | nothing: it is for emulation | any |
///
/// - `Token` has `access_token`, `token_type`, `refresh_token`, `scope`, `expires_in` (in seconds
///   from now), `extra` and `claims`;
/// - `Profile` has `id`, `email`, `email_verification` (`"verified"`, `"unverified"`, `"unknown"`),
///   `name`, `username`, `picture` and `locale`; `IdEmail` the first three;
/// - `Endpoints` has `authorization`, `token`, `issuer` and `end_session`;
/// - what says nothing is left out.
///
/// Where an ID token says who it is and nothing is asked, a fixture of `profile` or `id_email` is
/// the code being traded: a login goes before the call.
///
/// A refusal is the name of its [`ErrorKind`](hallpass_core::ErrorKind), with the provider's `code`
/// and hallpass's `reason`: `Denied { code: "invalid_grant" }`.
///
/// `authorize`, `access_token`, `profile` and `id_email`, what the descriptor offers and each
/// operation of the provider's own need a fixture `accepted` and one `refused`. What the descriptor
/// does not offer must be answered `Unsupported` without a request. Every accepted answer is also
/// spoiled in every way (members removed, of another type, doubled, nested; no JSON at all): that
/// must neither panic nor be called a fault of the program. The default scopes must be in the URL,
/// the logo must be one, and two clients of other names must have other names.
///
/// # Words of a fixture
///
/// The client is `ID` with the secret `SECRET`, its redirect URI `https://app.test/cb`. The token
/// that calls are made with is `TOKEN`, its refresh token `REFRESH`; the code is `CODE`. `STATE`,
/// `VERIFIER` and `NONCE` stand for what the client generates: the unpadded base64url of 32 bytes
/// 1, 2 and 3. `ID_TOKEN{…}`, claims instead of a JWT and its quotes, is signed with RS256 (with
/// ES256 where it is `ID_TOKEN_ES256{…}`; EdDSA, PS256 and HS256 are known too), and the provider
/// finds the key at whatever URL it asks for keys: with the feature `openid`. `aud`, `iat` and
/// `exp` are added; a claim that is `null` is left out; `NONCE` and `ID` in `nonce`, `aud` and
/// `azp` are this login's. `CHALLENGE` is the S256 challenge; where the method is `plain`, it is
/// `VERIFIER`. It is always 2026-01-01T00:00:00Z. `PROOF` is the HMAC-SHA256 of `TOKEN`, keyed with
/// the secret, in hexadecimal; `PROOF2` that of `TOKEN2`.
///
/// # The browser's exchange
///
/// Where a fixture of `authorize` or `access_token` has a `GET` that is answered 302 or 303 with a
/// `location` at the redirect URI, that is the browser's: the authorization URL that was made must
/// be its URL, and the location is the callback. `authorize` needs one; it may be left out of
/// `access_token`, whose callback is then `code=CODE&state=STATE`. `Code` says that one token
/// request, with the callback's code, would have left; a refusal says that none would.
///
/// As the whole value of a parameter of that location, `NOW` is the time in unix seconds, and
/// `HMAC` the signature of all other parameters, as
/// [`CallbackParams::verify_hmac_sha256`](hallpass_core::CallbackParams::verify_hmac_sha256) wants it.
pub struct Contract<'a, P> {
    new: Box<dyn Fn() -> P + 'a>,
    fixtures: &'a [(&'a str, &'a str)],
    config: ClientConfig,
    token: OAuth2Token,
    operations: Vec<(&'a str, Box<dyn Operation<P> + 'a>)>,
}

impl<'a, P: Provider> Contract<'a, P> {
    /// The provider that `new` makes, and name and text of each of its fixtures.
    #[must_use]
    pub fn new(new: impl Fn() -> P + 'a, fixtures: &'a [(&'a str, &'a str)]) -> Self {
        let config = ClientConfig::new("ID").with_secret(SECRET);
        let stored = Secret::new(r#"{"access_token":"TOKEN","refresh_token":"REFRESH"}"#);
        Self {
            new: Box::new(new),
            fixtures,
            // Neither can fail; where it did, the first fixture would say so.
            config: config.clone().with_redirect_uri(REDIRECT_URI).unwrap_or(config),
            token: OAuth2Token::from_storage(&stored)
                .unwrap_or_else(|_| OAuth2Token::from_access_token("TOKEN")),
            operations: Vec::new(),
        }
    }

    /// Another client: public, with an assertion, with scopes. Its redirect URI must be
    /// `https://app.test/cb`.
    #[must_use]
    pub fn config(mut self, config: ClientConfig) -> Self {
        self.config = config;
        self
    }

    /// Another token for all calls that take one: with claims, or with members of the reply.
    #[must_use]
    pub fn token(mut self, token: OAuth2Token) -> Self {
        self.token = token;
        self
    }

    /// A method of the provider's own, by the name that its fixtures begin with: an async closure
    /// or an `async fn`, called with the client and the token.
    #[must_use]
    pub fn operation(
        mut self,
        name: &'a str,
        call: impl AsyncFn(&OAuth2Client<P>, &OAuth2Token) -> Result<Json> + 'a,
    ) -> Self {
        self.operations.push((name, Box::new(call)));
        self
    }

    /// Checks everything, on a runtime of its own: not from within another one.
    ///
    /// # Panics
    ///
    /// With everything that is wrong, not the first thing alone.
    #[track_caller]
    pub fn run(&self) {
        let failures = self.check();
        let count = failures.len();
        assert!(count == 0, "the contract is broken ({count}):\n\n{}\n", failures.join("\n\n"));
    }

    /// Checks everything, as [`run`](Self::run) does; returns what is wrong, each with the name of
    /// its fixture.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let client = match OAuth2Client::new((self.new)(), self.config.clone()) {
            Ok(client) => client,
            Err(error) => return vec![format!("there is no client: {error}")],
        };
        let runtime = match tokio::runtime::Builder::new_current_thread().build() {
            Ok(runtime) => runtime,
            Err(error) => return vec![format!("there is no runtime: {error}")],
        };
        let mut failures = descriptor::failures(client.descriptor());
        failures.extend(self.name_failures());
        let fixtures = self.read(&mut failures);
        let needs = needs::Needs::new(client.descriptor(), self.operations.iter().map(|o| o.0));
        failures.extend(needs.failures(&fixtures));
        let played = || fixtures.iter().filter(|fixture| fixture.operation() != REFUSES);
        runtime.block_on(async {
            for fixture in played() {
                failures.extend(run::fixture(self, fixture).await);
            }
            for (name, call) in needs.not_offered() {
                failures.extend(run::not_offered(self, name, Some(call)).await);
            }
            if client.provider().id_tokens().is_none() {
                failures.extend(run::not_offered(self, "verify_jwt", None).await);
            }
        });
        for fixture in played() {
            failures.extend(hostile::failures(self, fixture, &runtime));
        }
        failures
    }

    /// The fixtures, each ID token in them signed. What is wrong with one is a failure.
    fn read(&self, failures: &mut Vec<String>) -> Vec<Fixture> {
        let nonce = Words::fixed().value("NONCE");
        let facts = Facts {
            unix_seconds: FixedClock::UNIX_SECONDS,
            client_id: "ID",
            client_secret: SECRET,
            nonce: nonce.as_deref(),
            user: None,
        };
        let mut fixtures = Vec::new();
        for (name, text) in self.fixtures {
            let text = id_token::fill(text, facts).map_err(|error| format!("{name}: {error}"));
            let fixture = text
                .and_then(|text| Fixture::parse(name, &text).map_err(|error| error.to_string()));
            match fixture {
                Ok(fixture) => fixtures.push(fixture),
                Err(error) => failures.push(error),
            }
        }
        fixtures
    }

    /// A new client of the same provider, with nothing left to chance. Requests for metadata that
    /// the fixture does not list are answered with the discovery document of the fixtures and the
    /// keys of their ID tokens.
    fn client(
        &self,
        http: Arc<dyn HttpClient>,
        fixture: Option<&Fixture>,
    ) -> Result<OAuth2Client<P>> {
        #[cfg(feature = "openid")]
        let http = Arc::new(id_token::KeyServer {
            inner: http,
            discovery: self.discovery(),
            listed: fixture.map(Fixture::urls).unwrap_or_default(),
        });
        let _ = fixture;
        self.bare_client(http)
    }

    /// The same, which sends every request.
    fn bare_client(&self, http: Arc<dyn HttpClient>) -> Result<OAuth2Client<P>> {
        let client = OAuth2Client::new((self.new)(), self.config.clone())?;
        Ok(client
            .with_http_client(http)
            .with_clock(Arc::new(FixedClock))
            .with_random(Arc::new(FixedRandom)))
    }

    #[cfg(feature = "openid")]
    fn discovery(&self) -> Option<crate::Exchange> {
        let (name, text) = self.fixtures.iter().find(|(name, _)| *name == DISCOVERY)?;
        Fixture::parse(name, text).ok()?.exchanges().first().cloned()
    }

    fn own(&self, name: &str) -> Option<&dyn Operation<P>> {
        self.operations.iter().find(|(known, _)| *known == name).map(|(_, call)| &**call)
    }

    /// Two clients of one provider are told apart by their names.
    fn name_failures(&self) -> Option<String> {
        let name = |name: &'static str| {
            let client = OAuth2Client::new((self.new)(), self.config.clone().with_name(name))?;
            Ok(client.descriptor().name().to_owned())
        };
        let names: Result<Vec<String>> = ["one", "two"].into_iter().map(name).collect();
        match names {
            Ok(names) if names == ["one", "two"] => None,
            Ok(names) => Some(format!("clients named one and two call themselves {names:?}")),
            Err(error) => Some(format!("a client cannot be given a name: {error}")),
        }
    }
}

impl<P> fmt::Debug for Contract<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixtures: Vec<&str> = self.fixtures.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Contract").field("fixtures", &fixtures).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
