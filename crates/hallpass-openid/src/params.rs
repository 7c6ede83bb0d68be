use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};
use serde_json::Map;

use hallpass_core::Json;

/// Parameters of the authorization page that OpenID Connect adds ([OpenID Connect Core, section
/// 3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)).
///
/// `max_age` and `acr_values` are methods of the login itself, since their answers are checked.
/// `Debug` does not show who is expected.
#[derive(Clone, Default, Serialize)]
#[non_exhaustive]
pub struct OpenIdParams {
    /// Whether the provider asks the user anything. One word, or several joined by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// Whom the page expects: an address, or what a third party's link said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<Cow<'static, str>>,
    /// Languages for the page, the best first, joined by spaces ([RFC
    /// 5646](https://www.rfc-editor.org/rfc/rfc5646)): `fr-CA fr en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<Cow<'static, str>>,
    /// Where the page is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<Display>,
    /// Single claims to ask for, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimsRequest>,
}

impl OpenIdParams {
    /// None of them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// See [`prompt`](Self::prompt).
    #[must_use]
    pub fn with_prompt(mut self, prompt: Prompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// See [`login_hint`](Self::login_hint).
    #[must_use]
    pub fn with_login_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// See [`ui_locales`](Self::ui_locales).
    #[must_use]
    pub fn with_ui_locales(mut self, locales: impl Into<Cow<'static, str>>) -> Self {
        self.ui_locales = Some(locales.into());
        self
    }

    /// See [`display`](Self::display).
    #[must_use]
    pub fn with_display(mut self, display: Display) -> Self {
        self.display = Some(display);
        self
    }

    /// See [`claims`](Self::claims).
    #[must_use]
    pub fn with_claims(mut self, claims: ClaimsRequest) -> Self {
        self.claims = Some(claims);
        self
    }
}

impl fmt::Debug for OpenIdParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdParams")
            .field("prompt", &self.prompt)
            .field("ui_locales", &self.ui_locales)
            .field("display", &self.display)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

/// What the provider asks the user (OpenID Connect Core, section 3.1.2.1; `create` is of
/// [Initiating User Registration](https://openid.net/specs/openid-connect-prompt-create-1_0.html)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Prompt {
    /// For consent, even if it was given.
    Consent,
    /// To make an account.
    Create,
    /// To sign in, even if that was done.
    Login,
    /// Nothing: `login_required` comes back where something would have to be asked.
    None,
    /// Which account.
    SelectAccount,
}

/// Where the page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Display {
    /// In the whole window.
    Page,
    /// In a popup.
    Popup,
    /// On a device that is touched.
    Touch,
    /// On a feature phone.
    Wap,
}

/// Single claims, asked for by name ([OpenID Connect Core, section
/// 5.5](https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter)): only where the
/// provider's metadata has `claims_parameter_supported`.
///
/// ```
/// use hallpass_openid::{ClaimsRequest, OpenIdParams};
///
/// let claims = ClaimsRequest::new().userinfo("nickname").essential_userinfo("email");
/// let params = OpenIdParams::new().with_claims(claims);
/// # let text = serde_json::to_value(params).unwrap();
/// # assert_eq!(text["claims"], r#"{"userinfo":{"email":{"essential":true},"nickname":null}}"#);
/// ```
///
/// A provider may leave an essential claim out all the same: look whether it is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    id_token: Map<String, Json>,
    userinfo: Map<String, Json>,
}

impl ClaimsRequest {
    /// No claims yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A claim of the ID token, if the provider likes.
    #[must_use]
    pub fn id_token(mut self, claim: impl Into<String>) -> Self {
        self.id_token.insert(claim.into(), Json::Null);
        self
    }

    /// A claim of the ID token that the application cannot do without.
    #[must_use]
    pub fn essential_id_token(mut self, claim: impl Into<String>) -> Self {
        self.id_token.insert(claim.into(), essential());
        self
    }

    /// A claim of userinfo, if the provider likes.
    #[must_use]
    pub fn userinfo(mut self, claim: impl Into<String>) -> Self {
        self.userinfo.insert(claim.into(), Json::Null);
        self
    }

    /// A claim of userinfo that the application cannot do without.
    #[must_use]
    pub fn essential_userinfo(mut self, claim: impl Into<String>) -> Self {
        self.userinfo.insert(claim.into(), essential());
        self
    }
}

fn essential() -> Json {
    serde_json::json!({ "essential": true })
}

/// As the parameter's value: JSON in a text.
impl Serialize for ClaimsRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = [("id_token", &self.id_token), ("userinfo", &self.userinfo)];
        let parts = parts.into_iter().filter(|(_, claims)| !claims.is_empty());
        let parts = parts.map(|(name, claims)| (name.to_owned(), Json::Object(claims.clone())));
        Json::Object(parts.collect()).to_string().serialize(serializer)
    }
}
