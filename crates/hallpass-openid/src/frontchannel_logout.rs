use std::fmt;

use hallpass_core::{BaseOAuth2, Error, Json, Result, VerifiedClaims};

use crate::form::Form;

/// What an iframe at the provider's page says when a user signs out there ([Front-Channel Logout
/// 1.0, section 2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout)).
///
/// Anybody can make a browser load that URL: end the session of this browser's cookie alone, and
/// only if [`ends`](Self::ends) says so. The answer must be loadable in the provider's frame, and
/// not be cached. `Debug` shows the issuer alone.
#[derive(Clone, PartialEq, Eq)]
pub struct FrontchannelLogout {
    issuer: Option<String>,
    session: Option<String>,
}

impl FrontchannelLogout {
    /// Reads the query of the request. `iss`, where it is there, must be the client's issuer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `issuer`: another issuer's, or a
    /// client without one. [`ErrorKind::Malformed`](hallpass_core::ErrorKind): one of `iss` and
    /// `sid` without the other. Where endpoints are discovered, also those of
    /// [`BaseOAuth2::endpoints`].
    pub async fn from_query(client: &dyn BaseOAuth2, query: &str) -> Result<Self> {
        let form = Form::from_query(query)?;
        let (issuer, session) = (form.get("iss"), form.get("sid"));
        // check: 82
        if issuer.is_some() != session.is_some() {
            return Err(Error::malformed("iss and sid come together").with_reason("sid"));
        }
        // check: 82
        if let Some(issuer) = issuer {
            if client.endpoints().await?.issuer() != Some(issuer) {
                return Err(Error::security("issuer", "another issuer's user signs out"));
            }
        }
        let own = |text: Option<&str>| text.map(str::to_owned);
        Ok(Self { issuer: own(issuer), session: own(session) })
    }

    /// The session that ends, where the provider says: the claim `sid` of the ID token.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Whether it says whose session ends. A provider that says neither `iss` nor `sid` means
    /// whatever session the browser has: so could any page that makes the browser load the URL.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.session.is_some()
    }

    /// Whether it is about the session that began with this ID token. One that is not
    /// [named](Self::is_named) is about none that anybody could prove: `false`.
    #[must_use]
    pub fn ends(&self, id_token: &VerifiedClaims) -> bool {
        match (&self.issuer, &self.session) {
            (Some(issuer), Some(session)) => {
                let sid = id_token.get("sid").and_then(Json::as_str);
                // check: 82 => id_token.issuer() == Some(issuer)
                id_token.issuer() == Some(issuer) && sid == Some(session)
            }
            _ => false,
        }
    }
}

impl fmt::Debug for FrontchannelLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrontchannelLogout").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
