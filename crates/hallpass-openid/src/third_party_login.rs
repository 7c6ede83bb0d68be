use std::fmt;

use hallpass_core::{AuthorizationRequest, BaseOAuth2, Error, Result, is_loopback, url::Url};

use crate::form::Form;

/// A login that somebody else begins: a portal, or the provider ([OpenID Connect Core, section
/// 4](https://openid.net/specs/openid-connect-core-1_0.html#ThirdPartyInitiatedLogin)). What the
/// application's `initiate_login_uri` does with a GET or POST.
///
/// Nothing in it is a proof: it only says with which provider to begin a login of one's own, with
/// its own `state` and nonce. `Debug` shows the issuer alone.
///
/// ```
/// use hallpass_core::{Authorization, BaseOAuth2, Result};
/// use hallpass_openid::ThirdPartyLogin;
///
/// # async fn handler(client: &dyn BaseOAuth2, query: &str) -> Result<Authorization> {
/// let asked = ThirdPartyLogin::from_query(query)?;
/// let request = asked.request(client, &["https://app.test"]).await?;
/// client.get_authorization_url(request).await
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ThirdPartyLogin {
    issuer: String,
    login_hint: Option<String>,
    target_link_uri: Option<String>,
}

impl ThirdPartyLogin {
    /// From the query of a GET.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): there is no `iss`.
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reasons `duplicate` and `too_long`: a
    /// parameter has more than 2048 bytes, or there are more than 64.
    pub fn from_query(query: &str) -> Result<Self> {
        Self::read(&Form::from_query(query)?)
    }

    /// From the body of a POST.
    ///
    /// # Errors
    ///
    /// As [`from_query`](Self::from_query).
    pub fn from_form(body: &[u8]) -> Result<Self> {
        Self::read(&Form::parse(body)?)
    }

    fn read(form: &Form) -> Result<Self> {
        let own = |name: &str| form.get(name).map(str::to_owned);
        let read = ["iss", "login_hint", "target_link_uri"];
        // check: 83
        if read.iter().any(|name| form.get(name).is_some_and(|value| value.len() > LONGEST_BYTES)) {
            return Err(Error::security("too_long", "a parameter of the request is too long"));
        }
        let issuer = own("iss")
            .ok_or_else(|| Error::malformed("the request names no issuer").with_reason("issuer"))?;
        Ok(Self { issuer, login_hint: own("login_hint"), target_link_uri: own("target_link_uri") })
    }

    /// With whom to log in, as the sender says: to find the client among several.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The login to begin: whom the page expects, and where to go afterwards as the login's
    /// [`data`](hallpass_core::AuthorizationRequest::data).
    ///
    /// `origins` are those that the user may be sent on to, the application's own:
    /// `https://app.test`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `issuer`: not this client's issuer;
    /// reason `target_link_uri`: it leads elsewhere. Begin no login.
    /// Where endpoints are discovered, also those of [`BaseOAuth2::endpoints`].
    pub async fn request(
        &self,
        client: &dyn BaseOAuth2,
        origins: &[&str],
    ) -> Result<AuthorizationRequest> {
        // check: 83
        if client.endpoints().await?.issuer() != Some(&self.issuer) {
            return Err(Error::security("issuer", "a login with another issuer is asked for"));
        }
        let mut request = AuthorizationRequest::new();
        if let Some(hint) = &self.login_hint {
            request = request.param("login_hint", hint);
        }
        if let Some(target) = &self.target_link_uri {
            request = request.data(checked_target(target, origins)?);
        }
        Ok(request)
    }
}

/// It goes on into a URL and a cookie, which have no room for more.
const LONGEST_BYTES: usize = 2048;

impl fmt::Debug for ThirdPartyLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThirdPartyLogin").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// The target in a URL parser's normal form, so that no browser reads it in another way.
fn checked_target(target: &str, origins: &[&str]) -> Result<String> {
    let refuse = || Error::security("target_link_uri", "the login would lead to somebody else");
    let url = Url::parse(target).map_err(|_| refuse())?;
    let is_web = match url.scheme() {
        "https" => true,
        "http" => is_loopback(&url),
        _ => false,
    };
    let is_bare = url.username().is_empty() && url.password().is_none();
    let of = |origin: &&str| Url::parse(origin).is_ok_and(|own| own.origin() == url.origin());
    // check: 83 => Ok(url.into())
    if is_web && is_bare && origins.iter().any(of) { Ok(url.into()) } else { Err(refuse()) }
}
