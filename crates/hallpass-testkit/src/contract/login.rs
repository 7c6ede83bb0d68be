//! The two operations that begin with an authorization URL.

use hallpass_core::{
    Authorization, Callback, Json, OAuth2Client, OAuth2Token, Provider, Result,
    http::Method,
    url::{Url, form_urlencoded},
};

use super::{
    REDIRECT_URI, outcome,
    run::{Came, came},
    verb::{Call, Verb},
    wire::Wire,
};
use crate::{
    Exchange, Fixture, Outcome,
    replay::{Sent, url_differences},
    words::{self, FixedClock, Words},
};

/// Whether it is the browser's exchange, not the client's: it ends at the redirect URI.
pub(super) fn is_browsers(exchange: &Exchange) -> bool {
    let (request, response) = (exchange.request(), exchange.response());
    let location = response.header("location").unwrap_or_default();
    *request.method() == Method::GET
        && matches!(response.status(), 302 | 303)
        && location.strip_prefix(REDIRECT_URI).is_some_and(|rest| rest.starts_with('?'))
}

/// Whether a profile's fixture begins with the code being traded: that of a provider whose ID token
/// says who it is, so that nothing is asked.
pub(super) fn goes_before(fixture: &Fixture, call: Call) -> bool {
    let is_of_identity = matches!(call, Call::IdEmail | Call::Profile);
    is_of_identity && fixture.exchanges().first().is_some_and(Exchange::trades_a_code)
}

/// A login without any comparing: its token, or why there is none.
pub(super) async fn bare<P: Provider>(
    client: &OAuth2Client<P>,
    browser: Option<&Exchange>,
) -> Result<OAuth2Token> {
    let Authorization { pending, .. } = client.authorize().start().await?;
    let callback = callback(&location(browser))?;
    client.get_access_token(callback, pending).await
}

/// Where the browser comes back to.
fn location(browser: Option<&Exchange>) -> String {
    let location = browser.and_then(|browser| browser.response().header("location"));
    location.map_or_else(|| format!("{REDIRECT_URI}?code=CODE&state=STATE"), str::to_owned)
}

/// What the browser brings back from there: words filled in, and signed where the fixture says so.
fn callback(location: &str) -> Result<Callback> {
    let location = Words::fixed().fill(location);
    let (page, query) = location.split_once('?').unwrap_or((&location, ""));
    let (query, fragment) = query.split_once('#').unwrap_or((query, ""));
    let mut params: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let before = params.clone();
    words::sign(&mut params, words::SECRET, FixedClock::UNIX_SECONDS);
    if params == before {
        // As it is written: how a callback may be written is part of what is tested.
        return Callback::from_url(&location);
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    Callback::from_url(&format!("{page}?{query}#{fragment}"))
}

/// One login, up to the token.
pub(super) struct Login<'a, P> {
    pub(super) client: &'a OAuth2Client<P>,
    pub(super) browser: Option<&'a Exchange>,
    pub(super) wire: &'a Wire,
}

impl<P: Provider> Login<'_, P> {
    /// What it came to; `None` if that cannot be said, and `failures` says why.
    pub(super) async fn run(&self, verb: Verb, failures: &mut Vec<String>) -> Option<Came> {
        let Authorization { url, pending, .. } = match self.client.authorize().start().await {
            Ok(authorization) => authorization,
            Err(error) => {
                failures.push(format!("there is no authorization URL: {error}"));
                return None;
            }
        };
        failures.extend(self.scope_failure(url.as_str()));
        match self.browser {
            Some(browser) => {
                failures.extend(browser_failures(browser, &Words::fixed().hide(url.as_str())));
            }
            None if verb == Verb::Authorize => {
                let what = "GET the authorization URL, 302, a location at the redirect URI";
                failures.push(format!("there is no exchange of the browser: {what}"));
                return None;
            }
            None => {}
        }
        let location = location(self.browser);
        let callback = match callback(&location) {
            Ok(callback) => callback,
            Err(error) => return Some((outcome::refusal(&error), Some(error))),
        };
        let token = self.client.get_access_token(callback, pending).await;
        if verb == Verb::AccessToken {
            return Some(came(token, outcome::token));
        }
        let refused = self.wire.refused();
        match (&refused[..], token) {
            ([request], _) => {
                failures.extend(code_failure(request, &location));
                Some((Outcome::new("Code"), None))
            }
            ([], Err(error)) => Some((outcome::refusal(&error), Some(error))),
            (requests, _) => {
                failures.push(format!("{} token requests, where one is due", requests.len()));
                None
            }
        }
    }

    /// The URL asks for the client's default scopes, in the provider's own spelling.
    pub(super) fn scope_failure(&self, url: &str) -> Option<String> {
        let descriptor = self.client.descriptor();
        let scopes: Vec<&str> = descriptor.scopes().collect();
        let want = match (&scopes[..], self.client.provider().id_tokens()) {
            ([], None) => None,
            ([], Some(_)) => Some("openid".to_owned()),
            (scopes, _) => Some(scopes.join(descriptor.scope_separator().encode_utf8(&mut [0; 4]))),
        };
        let got = param(url, "scope");
        let what = || format!("the URL asks for the scope {got:?}, the defaults are {want:?}");
        (got != want).then(what)
    }
}

fn browser_failures(browser: &Exchange, url: &str) -> Vec<String> {
    let mut failures = Vec::new();
    let request = browser.request();
    if request.body().is_some() || !request.headers().is_empty() {
        failures.push("headers and body of the browser are not ours to check".to_owned());
    }
    let differences = url_differences(request.url(), url);
    if !differences.is_empty() {
        let differences = differences.concat();
        let what = "the authorization URL differs (- fixture, + made)";
        failures.push(format!("{what}:\n{differences}  made was:\n    > GET {url}"));
    }
    failures
}

/// The code that left must be that of the callback.
pub(super) fn code_failure(request: &Sent, location: &str) -> Option<String> {
    let body = request.body.as_deref().unwrap_or_default();
    let got = match serde_json::from_str::<Json>(body) {
        Ok(json) => json.get("code").and_then(Json::as_str).map(str::to_owned),
        Err(_) => pair(body, "code"),
    };
    let want = param(location, "code");
    let what = || format!("the code {got:?} left, the callback's is {want:?}:\n{request}");
    (got.is_none() || got != want).then(what)
}

fn param(url: &str, name: &str) -> Option<String> {
    pair(Url::parse(url).ok()?.query()?, name)
}

fn pair(form: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(form.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
