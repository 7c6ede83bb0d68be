use std::borrow::Cow;

use http::HeaderName;

use crate::{Endpoint, ErrorKind, logo};

/// Text that a provider's crate has at compile time and a configuration at run time.
pub(crate) type Text = Cow<'static, str>;

/// Everything about a provider that is data.
///
/// Endpoints are text here, so that `GitHub::new()` cannot fail;
/// [`OAuth2Client::new`](crate::OAuth2Client::new) parses and checks them, and keeps a copy into
/// which the name and the scopes of [`ClientConfig`](crate::ClientConfig) are written. What a
/// descriptor can lower is what ties a code to its login, PKCE and nonce, and only with a source:
/// [`with_pkce_ignored`](Self::with_pkce_ignored), [`with_pkce_refused`](Self::with_pkce_refused),
/// [`with_nonce_not_echoed`](Self::with_nonce_not_echoed).
#[derive(Debug, Clone)]
pub struct Descriptor {
    pub(crate) name: Text,
    display_name: Option<Text>,
    monogram: Option<(Text, Text)>,
    registration_url: Option<Text>,
    pub(crate) authorize_and_token: Option<(Text, Text)>,
    pub(crate) endpoints: Vec<(Endpoint, Text)>,
    pub(crate) apis: Vec<Text>,
    pub(crate) issuer: Option<Text>,
    pub(crate) iss_promised: bool,
    pub(crate) end_session: Option<Text>,
    pub(crate) par_required: bool,
    pub(crate) signed_userinfo: bool,
    pub(crate) scopes: Vec<Text>,
    pub(crate) scope_separator: char,
    pub(crate) client_auth: ClientAuth,
    pub(crate) client_params: (Text, Text),
    pub(crate) pkce: Pkce,
    pkce_source: Option<Text>,
    nonce_source: Option<Text>,
    pub(crate) nonce_echoed: bool,
    pub(crate) form_post: bool,
    pub(crate) headers: Vec<(HeaderName, Text)>,
    pub(crate) token_body: TokenBody,
    pub(crate) token_placement: TokenPlacement,
    pub(crate) refresh: bool,
    pub(crate) redirect_uri_on_refresh: bool,
    pub(crate) revocation: Revocation,
    pub(crate) error_kinds: Vec<(Text, ErrorKind)>,
    email: EmailSupport,
}

impl Descriptor {
    /// A provider whose authorization and token endpoints are known.
    ///
    /// Defaults: credentials in the body, PKCE with S256, scopes joined by a space, bearer token in
    /// the header, refresh tokens, no revocation, an email address without a flag.
    #[must_use]
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        authorize: impl Into<Cow<'static, str>>,
        token: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            authorize_and_token: Some((authorize.into(), token.into())),
            ..Self::discovered(name)
        }
    }

    /// A provider whose endpoints [`Provider::metadata`](crate::Provider::metadata) finds.
    #[must_use]
    pub fn discovered(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            display_name: None,
            monogram: None,
            registration_url: None,
            authorize_and_token: None,
            endpoints: Vec::new(),
            apis: Vec::new(),
            issuer: None,
            iss_promised: false,
            end_session: None,
            par_required: false,
            signed_userinfo: false,
            scopes: Vec::new(),
            scope_separator: ' ',
            client_auth: ClientAuth::Post,
            client_params: (Cow::Borrowed("client_id"), Cow::Borrowed("client_secret")),
            pkce: Pkce::S256,
            pkce_source: None,
            nonce_source: None,
            nonce_echoed: true,
            form_post: false,
            headers: Vec::new(),
            token_body: TokenBody::Form,
            token_placement: TokenPlacement::Bearer,
            refresh: true,
            redirect_uri_on_refresh: false,
            revocation: Revocation::None,
            error_kinds: Vec::new(),
            email: EmailSupport::Unflagged,
        }
    }
}

/// What it is called and looks like.
impl Descriptor {
    /// The stable name of this client: lower case, part of what a callback is bound to.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Another name, for a second client of one provider.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The name for people: `GitHub`. Defaults to [`name`](Self::name).
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }

    /// The name for people.
    #[must_use]
    pub fn with_display_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// A mark for a button: the monogram on the provider's colour, with its name for a screen
    /// reader. Our own drawing, no trademark artwork; legible at 20 px.
    #[must_use]
    pub fn logo_svg(&self) -> String {
        let (letters, colour) = match &self.monogram {
            Some((letters, colour)) => (letters.as_ref(), colour.as_ref()),
            None => (logo::first_letter(self.display_name()), logo::PLAIN_COLOUR),
        };
        logo::svg(letters, colour, self.display_name())
    }

    /// One or two letters, and the colour behind them as `#rrggbb`. Any other text for a colour
    /// draws the plain grey.
    #[must_use]
    pub fn with_monogram(
        mut self,
        letters: impl Into<Cow<'static, str>>,
        colour: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.monogram = Some((letters.into(), colour.into()));
        self
    }

    /// Where an application is registered: for messages to developers.
    #[must_use]
    pub fn registration_url(&self) -> Option<&str> {
        self.registration_url.as_deref()
    }

    /// Where an application is registered.
    #[must_use]
    pub fn with_registration_url(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.registration_url = Some(url.into());
        self
    }
}

/// Where it is.
impl Descriptor {
    /// One more endpoint. Its origin may receive the client's credentials and the user's token.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint, url: impl Into<Cow<'static, str>>) -> Self {
        self.endpoints.push((endpoint, url.into()));
        self
    }

    /// Whether the provider has this endpoint, as far as the descriptor knows.
    #[must_use]
    pub fn has_endpoint(&self, endpoint: Endpoint) -> bool {
        self.endpoints.iter().any(|(known, _)| *known == endpoint)
    }

    /// One more origin that the token may go to: the provider's API. Only scheme, host and port of
    /// the URL count.
    #[must_use]
    pub fn with_api(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.apis.push(url.into());
        self
    }

    /// The issuer that a callback's `iss` must then equal byte for byte, where it is present
    /// ([RFC 9207, section 2.4](https://www.rfc-editor.org/rfc/rfc9207#section-2.4)).
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<Cow<'static, str>>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// The provider promises `iss` in the callback: one without it is refused (RFC 9207).
    #[must_use]
    pub fn with_iss_promised(mut self) -> Self {
        self.iss_promised = true;
        self
    }

    /// Whether a callback without `iss` is refused.
    #[must_use]
    pub fn is_iss_promised(&self) -> bool {
        self.iss_promised
    }

    /// Where the browser goes to sign out of the provider too ([RP-Initiated
    /// Logout](https://openid.net/specs/openid-connect-rpinitiated-1_0.html)). No credentials go
    /// there.
    #[must_use]
    pub fn with_end_session(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.end_session = Some(url.into());
        self
    }

    /// Where the browser goes to sign out, where it is known in advance.
    #[must_use]
    pub fn end_session(&self) -> Option<&str> {
        self.end_session.as_deref()
    }

    /// The provider takes pushed authorization requests alone ([RFC
    /// 9126](https://www.rfc-editor.org/rfc/rfc9126)): each login sends one request first.
    #[must_use]
    pub fn with_par_required(mut self) -> Self {
        self.par_required = true;
        self
    }

    /// Whether every authorization request is pushed.
    #[must_use]
    pub fn is_par_required(&self) -> bool {
        self.par_required
    }

    /// A header that every request to the provider carries, unless the call sets it. `User-Agent`
    /// is the product of an application that does not name itself
    /// ([`ClientConfig::with_user_agent`](crate::ClientConfig::with_user_agent)).
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Pins what was discovered: the same provider by what its metadata says, for a stand-in of it.
    /// Say the [issuer](Self::with_issuer) too, or no callback is compared with one.
    #[must_use]
    pub fn with_authorize_and_token(
        mut self,
        authorize: impl Into<Cow<'static, str>>,
        token: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.authorize_and_token = Some((authorize.into(), token.into()));
        self
    }

    /// The authorization and token endpoints, where they are known in advance.
    #[must_use]
    pub fn authorize_and_token(&self) -> Option<(&str, &str)> {
        self.authorize_and_token.as_ref().map(|(a, t)| (a.as_ref(), t.as_ref()))
    }

    /// The other endpoints that are known in advance.
    pub fn endpoints(&self) -> impl Iterator<Item = (Endpoint, &str)> {
        self.endpoints.iter().map(|(endpoint, url)| (*endpoint, url.as_ref()))
    }

    /// URLs whose origins the token may go to, besides those of the endpoints.
    pub fn apis(&self) -> impl Iterator<Item = &str> {
        self.apis.iter().map(AsRef::as_ref)
    }

    /// The issuer, where it is known in advance.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Headers that every request carries.
    pub fn headers(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.headers.iter().map(|(name, value)| (name, value.as_ref()))
    }
}

/// How it is asked.
impl Descriptor {
    /// What is asked for when neither the configuration nor the call says otherwise.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(AsRef::as_ref)
    }

    /// What is asked for by default.
    #[must_use]
    pub fn with_scopes<S: Into<Cow<'static, str>>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// What stands between two scopes in a request. Default: a space, as RFC 6749 section 3.3 says.
    #[must_use]
    pub fn scope_separator(&self) -> char {
        self.scope_separator
    }

    /// What stands between two scopes in a request.
    #[must_use]
    pub fn with_scope_separator(mut self, separator: char) -> Self {
        self.scope_separator = separator;
        self
    }

    /// How a client with a secret proves itself at the token endpoint. Default: in the body.
    #[must_use]
    pub fn client_auth(&self) -> ClientAuth {
        self.client_auth
    }

    /// How a client proves itself at the token endpoint.
    #[must_use]
    pub fn with_client_auth(mut self, auth: ClientAuth) -> Self {
        self.client_auth = auth;
        self
    }

    /// What the provider calls `client_id` and `client_secret`: `client_key`, `appid` …
    #[must_use]
    pub fn with_client_params(
        mut self,
        id: impl Into<Cow<'static, str>>,
        secret: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.client_params = (id.into(), secret.into());
        self
    }

    /// The names of the client's parameters, id first.
    #[must_use]
    pub fn client_params(&self) -> (&str, &str) {
        (&self.client_params.0, &self.client_params.1)
    }

    /// What the provider does with PKCE. Default: S256.
    #[must_use]
    pub fn pkce(&self) -> Pkce {
        self.pkce
    }

    /// The provider insists on PKCE.
    #[must_use]
    pub fn with_pkce_required(mut self) -> Self {
        (self.pkce, self.pkce_source) = (Pkce::Required, None);
        self
    }

    /// The provider knows the method `plain` alone: the URL of the authorization page then holds
    /// the verifier itself ([RFC 7636, section
    /// 7.2](https://www.rfc-editor.org/rfc/rfc7636#section-7.2)).
    #[must_use]
    pub fn with_pkce_plain(mut self) -> Self {
        (self.pkce, self.pkce_source) = (Pkce::Plain, None);
        self
    }

    /// The provider takes the challenge and does not compare it: sent, but it protects nothing.
    ///
    /// # Security
    ///
    /// A stolen code can be used by whoever has the client's credentials and a session of the
    /// application ([RFC 9700, section 4.5](https://www.rfc-editor.org/rfc/rfc9700#section-4.5)).
    /// `source` is the page that says so; the provider table shows it.
    #[must_use]
    pub fn with_pkce_ignored(mut self, source: impl Into<Cow<'static, str>>) -> Self {
        (self.pkce, self.pkce_source) = (Pkce::Ignored, Some(source.into()));
        self
    }

    /// The provider refuses a request with a challenge: not sent.
    ///
    /// # Security
    ///
    /// As [`with_pkce_ignored`](Self::with_pkce_ignored).
    #[must_use]
    pub fn with_pkce_refused(mut self, source: impl Into<Cow<'static, str>>) -> Self {
        (self.pkce, self.pkce_source) = (Pkce::Refused, Some(source.into()));
        self
    }

    /// The provider's ID tokens do not repeat the nonce: sent, not expected back.
    ///
    /// # Security
    ///
    /// Gives up [OpenID Connect Core, section
    /// 3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation), step 11.
    /// `source` is the page that says so.
    #[must_use]
    pub fn with_nonce_not_echoed(mut self, source: impl Into<Cow<'static, str>>) -> Self {
        (self.nonce_echoed, self.nonce_source) = (false, Some(source.into()));
        self
    }

    /// Whether ID tokens repeat the nonce.
    #[must_use]
    pub fn echoes_nonce(&self) -> bool {
        self.nonce_echoed
    }

    /// What keeps a stolen code from being used by somebody else.
    #[must_use]
    pub fn code_binding(&self) -> CodeBinding {
        match self.pkce {
            Pkce::Plain | Pkce::Required | Pkce::S256 => CodeBinding::Pkce,
            Pkce::Ignored | Pkce::Refused if self.nonce_echoed && self.asks_openid() => {
                CodeBinding::Nonce
            }
            Pkce::Ignored | Pkce::Refused => CodeBinding::StateOnly,
        }
    }

    /// The page that says why PKCE or the nonce does not protect, where one of them does not.
    #[must_use]
    pub fn code_binding_source(&self) -> Option<&str> {
        self.pkce_source.as_deref().or(self.nonce_source.as_deref())
    }

    /// Whether PKCE or nonce is lowered without a page that says so.
    pub(crate) fn hides_a_source(&self) -> bool {
        let sources = [&self.pkce_source, &self.nonce_source];
        sources.into_iter().flatten().any(|page| page.trim().is_empty())
    }

    /// The callback is a form that the browser posts ([OAuth 2.0 Form Post Response
    /// Mode](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html)).
    #[must_use]
    pub fn with_form_post(mut self) -> Self {
        self.form_post = true;
        self
    }

    /// The provider signs its userinfo: an answer that is not a JWT is refused ([OpenID Connect
    /// Core, section
    /// 5.3.2](https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse)).
    #[must_use]
    pub fn with_signed_userinfo(mut self) -> Self {
        self.signed_userinfo = true;
        self
    }

    /// Whether userinfo must be signed.
    #[must_use]
    pub fn is_userinfo_signed(&self) -> bool {
        self.signed_userinfo
    }

    /// Whether `openid` is among the default scopes.
    #[must_use]
    pub fn asks_openid(&self) -> bool {
        self.scopes.iter().any(|scope| scope == "openid")
    }

    /// Whether the callback is a form that the browser posts.
    #[must_use]
    pub fn is_form_post(&self) -> bool {
        self.form_post
    }
}

/// What it answers, and what it offers.
impl Descriptor {
    /// The token endpoint wants JSON instead of a form.
    #[must_use]
    pub fn with_token_body(mut self, body: TokenBody) -> Self {
        self.token_body = body;
        self
    }

    /// What the token endpoint reads. Default: a form.
    #[must_use]
    pub fn token_body(&self) -> TokenBody {
        self.token_body
    }

    /// Where the token goes on a call of the API. Default: `Authorization: Bearer`.
    #[must_use]
    pub fn with_token_placement(mut self, placement: TokenPlacement) -> Self {
        self.token_placement = placement;
        self
    }

    /// Where the token goes on a call of the API.
    #[must_use]
    pub fn token_placement(&self) -> &TokenPlacement {
        &self.token_placement
    }

    /// The provider never issues refresh tokens: `refresh_token` is `Unsupported`.
    #[must_use]
    pub fn without_refresh(mut self) -> Self {
        self.refresh = false;
        self
    }

    /// Whether the provider may issue refresh tokens.
    #[must_use]
    pub fn offers_refresh(&self) -> bool {
        self.refresh
    }

    /// The provider wants `redirect_uri` on a refresh too: the configuration's is sent.
    #[must_use]
    pub fn with_redirect_uri_on_refresh(mut self) -> Self {
        self.redirect_uri_on_refresh = true;
        self
    }

    /// Whether `redirect_uri` is sent on a refresh too.
    #[must_use]
    pub fn wants_redirect_uri_on_refresh(&self) -> bool {
        self.redirect_uri_on_refresh
    }

    /// How tokens are revoked. Default: not at all.
    #[must_use]
    pub fn revocation(&self) -> Revocation {
        self.revocation
    }

    /// Whether `what` can be revoked: a refresh token only where there are any.
    #[must_use]
    pub fn offers_revocation(&self, what: Revoke) -> bool {
        self.revocation.offers(what) && (what != Revoke::RefreshToken || self.refresh)
    }

    /// How tokens are revoked.
    #[must_use]
    pub fn with_revocation(mut self, revocation: Revocation) -> Self {
        self.revocation = revocation;
        self
    }

    /// What the caller does about an error code, where that is not what the standards' code means
    /// or the code is the provider's own. A code that nobody names counts as [`ErrorKind::Denied`].
    #[must_use]
    pub fn with_error_kind(mut self, code: impl Into<Cow<'static, str>>, kind: ErrorKind) -> Self {
        self.error_kinds.push((code.into(), kind));
        self
    }

    /// The reaction to an error code.
    #[must_use]
    pub fn error_kind(&self, code: &str) -> ErrorKind {
        let own = self.error_kinds.iter().find(|(known, _)| known == code);
        own.map_or_else(|| ErrorKind::of_code(code), |(_, kind)| *kind)
    }

    /// What the provider says of email addresses. Default: [`EmailSupport::Unflagged`].
    #[must_use]
    pub fn email(&self) -> EmailSupport {
        self.email
    }

    /// What the provider says of email addresses.
    #[must_use]
    pub fn with_email(mut self, email: EmailSupport) -> Self {
        self.email = email;
        self
    }
}

/// How a client proves itself ([RFC 6749, section
/// 2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3)). Declared, never probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientAuth {
    /// A signed assertion ([RFC 7523](https://www.rfc-editor.org/rfc/rfc7523)), made by the
    /// application's [`ClientAssertion`](crate::ClientAssertion).
    Assertion,
    /// HTTP Basic with id and secret form-encoded first, as RFC 6749 section 2.3.1 asks.
    Basic,
    /// HTTP Basic with id and secret as they are: for providers that never decode them.
    BasicRaw,
    /// The provider's own way: [`Provider::authenticate`](crate::Provider::authenticate).
    Custom,
    /// A public client: `client_id` alone.
    None,
    /// `client_id` and `client_secret` in the body.
    Post,
    /// A signed assertion, sent as `client_secret` in the body.
    PostSigned,
}

/// What a provider does with PKCE ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pkce {
    /// Sent; the provider does not compare it.
    Ignored,
    /// The method `plain` alone.
    Plain,
    /// Not sent: the provider refuses it.
    Refused,
    /// S256, and the provider insists.
    Required,
    /// S256.
    S256,
}

/// What keeps a stolen code from being used ([RFC 9700, section
/// 2.1.1](https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeBinding {
    /// The nonce in the verified ID token.
    Nonce,
    /// PKCE.
    Pkce,
    /// Only `state`, which the thief's browser cannot have: the provider offers no more.
    StateOnly,
}

/// How tokens are revoked: capability as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Revocation {
    /// [`Provider::revoke`](crate::Provider::revoke), for these.
    Custom(&'static [Revoke]),
    /// Not offered.
    None,
    /// [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009), with this client authentication.
    Rfc7009(ClientAuth),
}

impl Revocation {
    /// Whether `what` is listed; [`Descriptor::offers_revocation`] also asks whether there are
    /// refresh tokens at all.
    #[must_use]
    pub fn offers(self, what: Revoke) -> bool {
        match self {
            Self::Custom(offered) => offered.contains(&what),
            Self::None => false,
            Self::Rfc7009(_) => true,
        }
    }
}

/// What a revocation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Revoke {
    /// The access token.
    AccessToken,
    /// All that the provider lets one end: every token of this user for this application.
    Grant,
    /// The refresh token, and by it most providers end the access tokens made from it.
    RefreshToken,
}

/// Where the access token goes on an API call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPlacement {
    /// `Authorization: Bearer …` ([RFC 6750, section
    /// 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
    Bearer,
    /// The token alone, in a header of the provider's own.
    Header(HeaderName),
}

/// What the token endpoint reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenBody {
    /// A form, as RFC 6749 says.
    Form,
    /// A JSON object with the same members.
    Json,
}

/// What a provider says of the user's email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EmailSupport {
    /// With a flag that says whether it was proven.
    Flagged,
    /// Never given.
    Never,
    /// Without a flag: [`EmailVerification::Unknown`](crate::EmailVerification::Unknown).
    Unflagged,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Descriptor {
        Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t")
    }

    #[test]
    fn code_binding_is_pkce_unless_the_provider_cannot() {
        check(&plain(), CodeBinding::Pkce);
        check(&plain().with_pkce_plain(), CodeBinding::Pkce);
        check(&plain().with_pkce_refused("page"), CodeBinding::StateOnly);
        let openid = || plain().with_scopes(["openid"]);
        check(&openid().with_pkce_ignored("page"), CodeBinding::Nonce);
        check(
            &openid().with_pkce_ignored("page").with_nonce_not_echoed("page 2"),
            CodeBinding::StateOnly,
        );
    }

    #[track_caller]
    fn check(descriptor: &Descriptor, want: CodeBinding) {
        assert_eq!(descriptor.code_binding(), want);
        let has_source = descriptor.code_binding_source().is_some();
        assert!(has_source || want == CodeBinding::Pkce, "a weaker binding names its source");
    }

    #[test]
    fn a_providers_own_error_code_has_the_reaction_it_declares() {
        let descriptor = plain().with_error_kind("bad_client", ErrorKind::Config);
        assert_eq!(descriptor.error_kind("bad_client"), ErrorKind::Config);
        assert_eq!(descriptor.error_kind("bad_code"), ErrorKind::Denied);
        assert_eq!(descriptor.error_kind("invalid_scope"), ErrorKind::Config);
    }

    #[test]
    fn only_what_is_listed_can_be_revoked() {
        let standard = plain().with_revocation(Revocation::Rfc7009(ClientAuth::Post));
        assert!(standard.offers_revocation(Revoke::RefreshToken));
        assert!(!standard.without_refresh().offers_revocation(Revoke::RefreshToken));
        let custom = Revocation::Custom(&[Revoke::Grant]);
        assert!(custom.offers(Revoke::Grant));
        assert!(!custom.offers(Revoke::AccessToken));
        assert!(!Revocation::None.offers(Revoke::Grant));
        assert!(Revocation::Rfc7009(ClientAuth::Basic).offers(Revoke::RefreshToken));
    }
}
