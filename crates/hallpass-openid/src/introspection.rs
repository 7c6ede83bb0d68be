use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hallpass_core::{
    ApiRequest, BaseOAuth2, Endpoint, Error, Json, JwtKind, Result, Secret,
    http::{HeaderValue, header},
};
use serde_json::Map;

use crate::strict;

/// Asks the provider what a token is good for ([RFC
/// 7662](https://www.rfc-editor.org/rfc/rfc7662)), in the client's name. An answer that is a signed
/// JWT is verified ([RFC 9701](https://www.rfc-editor.org/rfc/rfc9701)).
///
/// A token that is over, revoked, or somebody else's is `Ok`, and not
/// [`active`](Introspection::is_active).
///
/// # Errors
///
/// As [`OAuth2Client::send`](hallpass_core::OAuth2Client::send).
/// [`ErrorKind::Unsupported`](hallpass_core::ErrorKind), without a request: the provider has no such
/// endpoint. [`ErrorKind::Malformed`](hallpass_core::ErrorKind): the answer does not say.
/// [`ErrorKind::Security`](hallpass_core::ErrorKind): its signature is wrong, or a member is there
/// twice (reason `duplicate`).
pub async fn introspect(client: &dyn BaseOAuth2, token: &Secret) -> Result<Introspection> {
    let request = ApiRequest::form(Endpoint::Introspection, [("token", token.clone())])
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    let response = client.send(request).await?;
    let media_type = response.media_type();
    if media_type.as_deref() != Some("application/token-introspection+jwt") {
        // check: 70 => let answer = response.json();
        let answer = strict::document(&response.body);
        return Introspection::read(answer.map_err(|error| error.with_status(response.status))?);
    }
    let jwt = String::from_utf8(response.body)
        .map_err(|_| Error::malformed("an introspection that is no UTF-8"))?;
    let claims = client.verify_jwt(&Secret::new(jwt.trim()), JwtKind::Introspection).await?;
    Introspection::read(claims.get("token_introspection").cloned().unwrap_or_default())
}

/// What a provider says of a token.
#[derive(Clone)]
pub struct Introspection {
    is_active: bool,
    members: Map<String, Json>,
}

impl Introspection {
    fn read(body: Json) -> Result<Self> {
        let no_word = || Error::malformed("the introspection says not whether it is active");
        let Json::Object(members) = body else { return Err(no_word()) };
        // RFC 7662 section 2.2: a boolean. Any other value might be meant either way.
        // check: 41 => let is_active = members.get("active") != Some(&Json::Bool(false));
        let is_active = members.get("active").and_then(Json::as_bool).ok_or_else(no_word)?;
        Ok(Self { is_active, members })
    }

    /// Whether the token is good now. If not, nothing else is known of it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.is_active
    }

    /// What it was granted, one by one.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.text("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
    }

    /// The client that it was issued to.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.text("client_id")
    }

    /// Whose it is.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// When it ends, where the provider says.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        let seconds = self.get("exp")?.as_f64()?;
        UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
    }

    /// Any member of an active token's answer.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.members.get(name).filter(|_| self.is_active)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Json::as_str)
    }
}

/// The names of the members, not their values.
impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection")
            .field("is_active", &self.is_active)
            .field("members", &self.members.keys().collect::<Vec<_>>())
            .finish()
    }
}
