use std::{borrow::Cow, fmt};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Map;

use crate::{
    CallbackParams, Descriptor, Error, Json, OAuth2Token, Response, Result, Secret, VerifiedCode,
    claims::Fields, descriptor::Text, reply,
};

/// Parameters of a token request that core alone sets.
const RESERVED: [&str; 11] = [
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "password",
    "redirect_uri",
    "refresh_token",
    "state",
];

/// A token request other than the code's: device, client credentials, exchange, a provider's own
/// grant, a refresh with a narrower scope. [`request_token`](crate::OAuth2Client::request_token)
/// sends it.
///
/// `authorization_code`, `password` and a bare `refresh_token` are answered
/// [`ErrorKind::Config`](crate::ErrorKind): their checks would be skipped.
#[derive(Debug)]
pub struct Grant<'a> {
    pub(crate) grant_type: &'static str,
    pub(crate) params: Vec<(Text, Secret)>,
    pub(crate) original: Option<&'a OAuth2Token>,
    /// Of the user, where the application was given it.
    pub(crate) password: Option<Secret>,
    pub(crate) has_client: bool,
    pub(crate) asked_scope: Option<Box<str>>,
}

impl<'a> Grant<'a> {
    /// A grant by its `grant_type`.
    #[must_use]
    pub fn new(grant_type: &'static str) -> Self {
        Self {
            grant_type,
            params: Vec::new(),
            original: None,
            password: None,
            has_client: true,
            asked_scope: None,
        }
    }

    /// A refresh, to which a narrower `scope` may be added ([RFC 6749, section
    /// 6](https://www.rfc-editor.org/rfc/rfc6749#section-6)).
    #[must_use]
    pub fn refresh(token: &'a OAuth2Token) -> Self {
        Self { original: Some(token), ..Self::new("refresh_token") }
    }

    /// The user's own name and password at the provider ([RFC 6749, section
    /// 4.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.3)).
    ///
    /// # Security
    ///
    /// [RFC 9700, section 2.4](https://www.rfc-editor.org/rfc/rfc9700#section-2.4) forbids it: the
    /// application sees the password, the user learns to type it into others than the provider, and
    /// no second factor works. For a server of one's own that knows no other way, until it does;
    /// never for people who could be sent to a browser.
    #[cfg(feature = "resource-owner-password-credentials")]
    #[must_use]
    pub fn dangerously_password(username: impl Into<Secret>, password: impl Into<Secret>) -> Self {
        let grant = Self::new("password").param("username", username);
        Self { password: Some(password.into()), ..grant }
    }

    /// What was asked for in another request, where a login of two begins: what the reply leaves
    /// out is as it was asked ([RFC 6749, section
    /// 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)). It is not sent.
    #[must_use]
    pub fn with_asked_scope(mut self, scope: impl Into<Box<str>>) -> Self {
        self.asked_scope = Some(scope.into());
        self
    }

    /// One parameter. A name that core sets itself is refused when the grant is sent, and so is one
    /// that comes twice, but for `audience` and `resource`.
    #[must_use]
    pub fn param(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Secret>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Leaves the client out: no authentication, and no `client_id`. For an assertion that says
    /// itself who asks ([RFC 7523, section
    /// 3.1](https://www.rfc-editor.org/rfc/rfc7523#section-3.1)), such as that of a Google service
    /// account.
    ///
    /// A refresh and `client_credentials` are the client's own, and answered
    /// [`ErrorKind::Config`](crate::ErrorKind).
    #[must_use]
    pub fn without_client(mut self) -> Self {
        self.has_client = false;
        self
    }

    /// `Config` for what has a method of its own, and for parameters that core sets.
    pub(crate) fn check(&self, descriptor: &Descriptor) -> Result<()> {
        match self.grant_type {
            "authorization_code" => return Err(Error::config("a code goes to get_access_token")),
            "password" if self.password.is_none() => {
                return Err(Error::config("hallpass sends no passwords"));
            }
            "refresh_token" if self.original.is_none() => {
                return Err(Error::config("a refresh token goes to refresh_token"));
            }
            "client_credentials" | "refresh_token" if !self.has_client => {
                return Err(Error::config("this grant is the client's, which is to be left out"));
            }
            _ => {}
        }
        for (at, (name, _)) in self.params.iter().enumerate() {
            refuse_reserved(name, descriptor)?;
            // RFC 6749 section 3.2, but for what RFC 8693 and RFC 8707 let a request name often.
            let may_repeat = matches!(&**name, "audience" | "resource");
            if !may_repeat && self.params[..at].iter().any(|(known, _)| known == name) {
                let message = format!("the token parameter {name} is there already");
                return Err(Error::config(message).with_reason("reserved"));
            }
        }
        Ok(())
    }
}

/// `Config` for a parameter that core sets, under this provider's name for it too.
pub(crate) fn refuse_reserved(name: &str, descriptor: &Descriptor) -> Result<()> {
    let (id, secret) = &descriptor.client_params;
    if RESERVED.contains(&name) || name == id || name == secret {
        let message = format!("hallpass sets the token parameter {name} itself");
        return Err(Error::config(message).with_reason("reserved"));
    }
    Ok(())
}

/// The token request while a provider, or the application's [`Hooks`](crate::Hooks), may still add
/// to it.
pub struct TokenForm<'a> {
    pub(crate) descriptor: &'a Descriptor,
    pub(crate) grant_type: &'a str,
    pub(crate) code: Option<&'a VerifiedCode>,
    pub(crate) params: &'a mut Vec<(Text, Secret)>,
    pub(crate) headers: &'a mut HeaderMap,
}

impl TokenForm<'_> {
    /// Which grant it is: `authorization_code`, `refresh_token`, or the provider's own.
    #[must_use]
    pub fn grant_type(&self) -> &str {
        self.grant_type
    }

    /// Sends the state again, verified and spent; once, and only with the code grant.
    pub fn send_state(&mut self) {
        let sent = self.params.iter().any(|(known, _)| known == "state");
        if let (Some(code), false) = (self.code, sent) {
            self.params.push((Cow::Borrowed("state"), code.pending.correlator.clone()));
        }
    }

    /// A header. `Authorization` set here is overwritten or removed when the client authenticates.
    pub fn header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// A parameter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind), reason `reserved`: core sets this one, or it is
    /// there already.
    pub fn param(&mut self, name: &'static str, value: &str) -> Result<()> {
        add_param(self.params, name, value, self.descriptor)
    }
}

/// What a hook adds: nothing that core sets, and nothing that is there already.
pub(crate) fn add_param(
    params: &mut Vec<(Text, Secret)>,
    name: &'static str,
    value: &str,
    descriptor: &Descriptor,
) -> Result<()> {
    // check: 14
    refuse_reserved(name, descriptor)?;
    // check: 14
    if params.iter().any(|(known, _)| known == name) {
        let message = format!("the parameter {name} is there already");
        return Err(Error::config(message).with_reason("reserved"));
    }
    params.push((Cow::Borrowed(name), Secret::new(value)));
    Ok(())
}

pub(crate) fn param_names(params: &[(Text, Secret)]) -> Vec<&str> {
    params.iter().map(|(name, _)| &**name).collect()
}

pub(crate) fn header_names(headers: &HeaderMap) -> Vec<&HeaderName> {
    headers.keys().collect()
}

/// No values: neither those of the parameters nor those of the headers.
impl fmt::Debug for TokenForm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenForm")
            .field("grant_type", &self.grant_type)
            .field("params", &param_names(self.params))
            .field("headers", &header_names(self.headers))
            .finish_non_exhaustive()
    }
}

/// A provider's own way of client authentication, while the provider writes it.
pub struct CustomAuth<'a> {
    pub(crate) keys: crate::ClientKeys<'a>,
    pub(crate) params: &'a mut Vec<(Text, Secret)>,
    pub(crate) headers: &'a mut HeaderMap,
}

impl<'a> CustomAuth<'a> {
    /// The client's id, and what can be computed with its secret.
    #[must_use]
    pub fn keys(&self) -> crate::ClientKeys<'a> {
        self.keys
    }

    /// A header.
    pub fn header(&mut self, name: HeaderName, mut value: HeaderValue) {
        value.set_sensitive(true);
        self.headers.insert(name, value);
    }

    /// A parameter. What the request says already stays as it is: a pushed authorization request
    /// names its client, and may be told so again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind), reason `reserved`: the parameter is there already,
    /// with another value.
    pub fn param(&mut self, name: &'static str, value: impl Into<Secret>) -> Result<()> {
        let value = value.into();
        if let Some((_, said)) = self.params.iter().find(|(known, _)| known == name) {
            if said.matches(value.expose()) {
                return Ok(());
            }
            let message = format!("the parameter {name} is there already");
            return Err(Error::config(message).with_reason("reserved"));
        }
        self.params.push((Cow::Borrowed(name), value));
        Ok(())
    }
}

/// No values: neither those of the parameters nor those of the headers.
impl fmt::Debug for CustomAuth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomAuth")
            .field("keys", &self.keys)
            .field("params", &param_names(self.params))
            .field("headers", &header_names(self.headers))
            .finish()
    }
}

/// The token reply while a provider, or the application's [`Hooks`](crate::Hooks), may still put it
/// right; parsed into a map only if [`fields`](Self::fields) is called. Core reads the result and
/// checks it as any other.
#[derive(Debug)]
pub struct TokenReply<'a> {
    pub(crate) response: &'a Response,
    pub(crate) callback: Option<&'a CallbackParams>,
    pub(crate) fields: Option<Fields>,
}

impl TokenReply<'_> {
    /// A parameter of the callback that led here; `None` for credentials, and on other grants.
    #[must_use]
    pub fn callback(&self, name: &str) -> Option<&str> {
        self.callback?.get(name)
    }

    /// The members of the reply, to change. A refusal cannot be cleared: an `error` in the body and
    /// a status outside 2xx stay what they are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](crate::ErrorKind): the reply is neither a JSON object nor a form.
    pub fn fields(&mut self) -> Result<&mut Map<String, Json>> {
        let fields = match self.fields.take() {
            Some(fields) => fields,
            None => Fields(reply::fields(self.response)?),
        };
        Ok(&mut self.fields.insert(fields).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn grants_with_checks_of_their_own_are_refused() {
        let token = OAuth2Token::from_refresh_token("r");
        check(Grant::new("client_credentials"), None);
        check(Grant::refresh(&token).param("scope", "a"), None);
        check(Grant::new("custom").without_client(), None);
        check(Grant::new("client_credentials").without_client(), Some(None));
        check(Grant::refresh(&token).without_client(), Some(None));
        check(Grant::new("authorization_code"), Some(None));
        check(Grant::new("password"), Some(None));
        check(Grant::new("refresh_token"), Some(None));
        for name in RESERVED {
            check(Grant::new("custom").param(name, "x"), Some(Some("reserved")));
        }
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value)]
    fn check(grant: Grant<'_>, want: Option<Option<&str>>) {
        let got = grant.check(&Descriptor::discovered("acme"));
        if let Err(error) = &got {
            assert_eq!(error.kind(), ErrorKind::Config);
        }
        assert_eq!(got.err().map(|error| error.reason()), want, "{}", grant.grant_type);
    }

    #[test]
    fn a_reply_is_a_map_only_when_a_provider_asks() {
        let response = Response::new(http::StatusCode::OK, HeaderMap::new(), b"error=x".to_vec());
        let mut reply = TokenReply { response: &response, callback: None, fields: None };
        reply.fields().unwrap().insert("a".into(), 1.into());
        assert_eq!(reply.fields().unwrap().len(), 2);
    }
}
