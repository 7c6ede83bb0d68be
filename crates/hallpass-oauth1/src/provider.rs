use std::borrow::Cow;

use hallpass_core::{Descriptor, EmailSupport, Json, Profile, Result, http::Method};

use crate::{Placement, SignatureMethod};

pub(crate) type Text = Cow<'static, str>;

/// How a profile is made of the provider's answer.
pub type ProfileReader = fn(Json) -> Result<Profile>;

/// What is known of one provider: data, as [`Descriptor`] is of those of OAuth 2.
///
/// What the descriptor says of PKCE and scopes means nothing here: the verifier that the browser
/// brings is worth nothing without the temporary secret, which never leaves this side.
///
/// ```
/// use hallpass_core::{Json, Profile};
/// use hallpass_oauth1::{OAuth1Provider, SignatureMethod};
///
/// let acme = OAuth1Provider::new(
///     "acme",
///     "https://acme.test/oauth/initiate",
///     "https://acme.test/oauth/authorize",
///     "https://acme.test/oauth/token",
/// )
/// .with_signature_method(SignatureMethod::HmacSha256)
/// .with_profile("https://api.acme.test/me", |me: Json| Profile::from_json(me, "id"));
/// assert_eq!(acme.descriptor().name(), "acme");
/// ```
#[derive(Debug, Clone)]
pub struct OAuth1Provider {
    pub(crate) descriptor: Descriptor,
    pub(crate) temporary: Text,
    pub(crate) temporary_method: Method,
    pub(crate) token_method: Method,
    pub(crate) signature_method: Option<SignatureMethod>,
    pub(crate) placement: Placement,
    pub(crate) realm: Option<Text>,
    pub(crate) profile: Option<(Text, ProfileReader)>,
}

impl OAuth1Provider {
    /// A provider by its name (`a-z0-9-`) and the three endpoints of [RFC 5849, section
    /// 2](https://www.rfc-editor.org/rfc/rfc5849#section-2): for temporary credentials, for the
    /// browser, for token credentials. Both requests are POSTs, signed by HMAC-SHA1 (RSA-SHA1 for a
    /// client with a key) in the header.
    #[must_use]
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        temporary: impl Into<Cow<'static, str>>,
        authorize: impl Into<Cow<'static, str>>,
        token: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            descriptor: Descriptor::new(name, authorize, token)
                .without_refresh()
                .with_email(EmailSupport::Never),
            temporary: temporary.into(),
            temporary_method: Method::POST,
            token_method: Method::POST,
            signature_method: None,
            placement: Placement::Header,
            realm: None,
            profile: None,
        }
    }

    /// The name on a button.
    #[must_use]
    pub fn with_display_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.descriptor = self.descriptor.with_display_name(name);
        self
    }

    /// Where an application is registered.
    #[must_use]
    pub fn with_registration_url(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.descriptor = self.descriptor.with_registration_url(url);
        self
    }

    /// One more origin that requests are signed for, that of `url`.
    #[must_use]
    pub fn with_api(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.descriptor = self.descriptor.with_api(url);
        self
    }

    /// What is asked with GET to learn who signed in, and how the answer is read. Its origin is one
    /// that requests are signed for.
    #[must_use]
    pub fn with_profile(mut self, url: impl Into<Cow<'static, str>>, read: ProfileReader) -> Self {
        self.profile = Some((url.into(), read));
        self
    }

    /// What the profile says of email addresses. Default: [`EmailSupport::Never`].
    #[must_use]
    pub fn with_email(mut self, email: EmailSupport) -> Self {
        self.descriptor = self.descriptor.with_email(email);
        self
    }

    /// How the provider wants requests signed. A configuration's own choice wins.
    #[must_use]
    pub fn with_signature_method(mut self, method: SignatureMethod) -> Self {
        self.signature_method = Some(method);
        self
    }

    /// Where the provider wants the parameters. A configuration's own choice wins.
    #[must_use]
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// The `realm` of the header.
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<Cow<'static, str>>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Another method than POST for temporary credentials.
    #[must_use]
    pub fn with_temporary_method(mut self, method: Method) -> Self {
        self.temporary_method = method;
        self
    }

    /// Another method than POST for token credentials.
    #[must_use]
    pub fn with_token_method(mut self, method: Method) -> Self {
        self.token_method = method;
        self
    }

    /// Name, logo, page and token endpoint, as routers and registries want them.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Where temporary credentials are asked for.
    #[must_use]
    pub fn temporary_endpoint(&self) -> &str {
        &self.temporary
    }

    /// What is asked to learn who signed in.
    #[must_use]
    pub fn profile_url(&self) -> Option<&str> {
        self.profile.as_ref().map(|(url, _)| url.as_ref())
    }
}
