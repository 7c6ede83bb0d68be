use std::{collections::BTreeMap, error::Error as StdError, fmt};

use hallpass_core::{Json, http::Method, url::Url};

mod parse;

/// One recorded exchange with a provider, from a file `<operation>.<case>.http`.
///
/// ```
/// # use hallpass_testkit::Fixture;
/// let fixture = Fixture::parse(
///     "refresh.refused.http",
///     r#"# docs.acme.test "Refreshing", read 2026-01-15
/// > POST https://acme.test/token
/// > grant_type=refresh_token&refresh_token=REFRESH&client_id=ID&client_secret=SECRET
/// < 400
/// < {"error":"invalid_grant"}
/// = Denied { code: "invalid_grant" }
/// "#,
/// )?;
/// assert_eq!((fixture.operation(), fixture.case()), ("refresh", "refused"));
/// assert!(fixture.outcome().is_refusal());
/// # Ok::<(), hallpass_testkit::FixtureError>(())
/// ```
///
/// # Format
///
/// - The first line: `# `, where the exchange is from, and `, read YYYY-MM-DD` or `, recalled, not
///   re-read`.
/// - Then pairs, at least one: `>` what hallpass sends, `<` what the provider answers. The first
///   `>` line of a pair is `METHOD URL`, the first `<` line a status. Headers follow, their names
///   in lower case, then the body; lines of a body are joined by `\n`. A bare `>` or `<` ends the
///   headers, for a body that looks like one.
/// - The last line: `=`, what hallpass makes of it, as [`Outcome`] says.
///
/// Operations are those of [`Contract`](crate::Contract), and `refuses`: how the provider refuses
/// what hallpass never sends, for `LocalProvider::emulating` (feature `server`). Each of these has
/// a header `name: WRONG`, or a parameter `name=WRONG` in its query: one of the authorization page
/// is one that a request must have there.
///
/// An answer without `content-type` whose body starts with `{` or `[` is given
/// `application/json; charset=utf-8`. Anything else is a [`FixtureError`].
#[derive(Debug, Clone)]
pub struct Fixture {
    name: String,
    operation: String,
    case: String,
    source: String,
    exchanges: Vec<Exchange>,
    outcome: Outcome,
}

impl Fixture {
    /// Reads a fixture. `name` is that of its file, without a folder.
    ///
    /// # Errors
    ///
    /// [`FixtureError`] names the line that is not of the format.
    pub fn parse(name: &str, text: &str) -> Result<Self, FixtureError> {
        parse::fixture(name, text)
    }

    /// `access_token.accepted.http`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `access_token`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// `accepted`.
    #[must_use]
    pub fn case(&self) -> &str {
        &self.case
    }

    /// Where the exchange is from and when that was read: the first line without its `# `.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is sent and answered, in order.
    #[must_use]
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    #[cfg(feature = "openid")]
    pub(crate) fn urls(&self) -> Vec<String> {
        self.exchanges.iter().map(|exchange| exchange.request().url().to_owned()).collect()
    }

    /// What hallpass makes of it.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// A request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    request: FixtureRequest,
    response: FixtureResponse,
}

impl Exchange {
    /// What is sent.
    #[must_use]
    pub fn request(&self) -> &FixtureRequest {
        &self.request
    }

    /// What is answered.
    #[must_use]
    pub fn response(&self) -> &FixtureResponse {
        &self.response
    }
}

impl Exchange {
    /// Whether it is a token request with a code.
    pub(crate) fn trades_a_code(&self) -> bool {
        let body = self.request.body().unwrap_or_default();
        body.split('&').any(|pair| pair == "grant_type=authorization_code")
    }
}

/// What hallpass, or the browser, sends.
#[derive(Debug, Clone)]
pub struct FixtureRequest {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl FixtureRequest {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The URL as it is written: http or https, with a host and without a fragment.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers that the request must have, names in lower case.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }
}

/// What the provider answers.
#[derive(Debug, Clone)]
pub struct FixtureResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl FixtureResponse {
    /// The status, from 200 to 599.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers, names in lower case.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of that name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body; empty for none.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// What hallpass makes of an exchange: `Name`, `Name { key: JSON, … }`, or `Json` and any JSON.
///
/// `Display` writes the line of a fixture, without `= `; keys are in alphabetical order.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    name: String,
    fields: BTreeMap<String, Json>,
    json: Option<Json>,
}

impl Outcome {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: BTreeMap::new(), json: None }
    }

    pub(crate) fn of_json(json: Json) -> Self {
        Self { json: Some(json), ..Self::new("Json") }
    }

    /// A field, unless there is nothing to say.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.fields.insert(key.to_owned(), value);
        }
        self
    }

    /// `Token`, `IdEmail`, `Denied` …
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What stands between the braces.
    #[must_use]
    pub fn fields(&self) -> &BTreeMap<String, Json> {
        &self.fields
    }

    /// The value of a `Json` outcome.
    #[must_use]
    pub fn json(&self) -> Option<&Json> {
        self.json.as_ref()
    }

    /// Whether the name is that of an [`ErrorKind`](hallpass_core::ErrorKind).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        KINDS.contains(&self.name.as_str())
    }
}

const KINDS: [&str; 6] = ["Config", "Denied", "Malformed", "Security", "Transport", "Unsupported"];

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(json) = &self.json {
            return write!(f, " {json}");
        }
        for (at, (key, value)) in self.fields.iter().enumerate() {
            write!(f, "{} {key}: {value}", if at == 0 { " {" } else { "," })?;
        }
        if self.fields.is_empty() { Ok(()) } else { f.write_str(" }") }
    }
}

/// A line that is not of the [format](Fixture#format).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixtureError {
    name: String,
    line: usize,
    message: String,
}

impl FixtureError {
    /// The number of the line, from 1; 0 where the name of the file is wrong.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// What is wrong with it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for FixtureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.name, self.line, self.message)
    }
}

impl StdError for FixtureError {}

/// The operation of fixtures that say how a provider refuses what hallpass never sends.
pub(crate) const REFUSES: &str = "refuses";

/// The headers that a fixture of [`REFUSES`] is about.
pub(crate) fn names_of_wrong(request: &FixtureRequest) -> impl Iterator<Item = &str> {
    let wrong = request.headers().iter().filter(|(_, value)| value == "WRONG");
    wrong.map(|(name, _)| name.as_str())
}

/// The parameters of the query that a fixture of [`REFUSES`] is about.
pub(crate) fn params_of_wrong(request: &FixtureRequest) -> Vec<String> {
    let Ok(url) = Url::parse(request.url()) else { return Vec::new() };
    let wrong = url.query_pairs().filter(|(_, value)| value == "WRONG");
    wrong.map(|(name, _)| name.into_owned()).collect()
}

pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
