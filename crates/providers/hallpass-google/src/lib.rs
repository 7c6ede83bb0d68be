#![doc = include_str!("../README.md")]

mod client_secrets;
mod fixtures;
mod params;
mod service_account;

use std::borrow::Cow;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, OAuthError,
    Response, Revocation,
};
use hallpass_openid::{IssuerRule, OpenId, standard_profile};

pub use crate::{
    fixtures::FIXTURES,
    params::{GoogleParams, GooglePrompt},
    service_account::ServiceAccount,
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, Grant, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile,
    Provider, Result, Revoke, Secret, SignIn,
};
pub use hallpass_openid::JwtSigner;

/// The client, by the name that httpx-oauth's users look for.
pub type GoogleOAuth2 = OAuth2Client<Google>;

const ISSUER: &str = "https://accounts.google.com";
// quirk: alias => const ALIAS: &str = "";
const ALIAS: &str = "accounts.google.com";
const JWKS: &str = "https://www.googleapis.com/oauth2/v3/certs";
const AUTHORIZE: &str = "https://accounts.google.com/o/oauth2/v2/auth";
const TOKEN: &str = "https://oauth2.googleapis.com/token";
const REVOKE: &str = "https://oauth2.googleapis.com/revoke";
const DEVICE: &str = "https://oauth2.googleapis.com/device/code";
const USERINFO: &str = "https://openidconnect.googleapis.com/v1/userinfo";
const CREDENTIALS_PAGE: &str = "https://console.cloud.google.com/apis/credentials";

/// Google: consumer accounts and Workspace accounts.
#[derive(Debug, Clone)]
pub struct Google {
    openid: OpenId<GoogleParams>,
    hosted_domain: Option<Cow<'static, str>>,
}

impl Default for Google {
    fn default() -> Self {
        Self::new()
    }
}

impl Google {
    /// Any Google account. Asks for `openid email profile`.
    #[must_use]
    pub fn new() -> Self {
        Self::asking_at(TOKEN)
    }

    fn asking_at(token_endpoint: impl Into<Cow<'static, str>>) -> Self {
        let descriptor = Descriptor::new("google", AUTHORIZE, token_endpoint)
            .with_display_name("Google")
            .with_monogram("G", "#4285f4")
            .with_registration_url(CREDENTIALS_PAGE)
            // quirk: iss
            .with_issuer(ISSUER)
            .with_endpoint(Endpoint::DeviceAuthorization, DEVICE)
            .with_endpoint(Endpoint::Revocation, REVOKE)
            .with_endpoint(Endpoint::Userinfo, USERINFO)
            // quirk: id-token => .with_scopes(["email", "profile"])
            .with_scopes(["openid", "email", "profile"])
            .with_client_auth(ClientAuth::Post)
            .with_email(EmailSupport::Flagged)
            // quirk: revocation
            .with_revocation(Revocation::Rfc7009(ClientAuth::None))
            // quirk: client-words
            .with_error_kind("deleted_client", ErrorKind::Config)
            .with_error_kind("disabled_client", ErrorKind::Config);
        let issuer = IssuerRule::OneOf(vec![ISSUER.to_owned(), ALIAS.to_owned()]);
        Self { openid: OpenId::pinned(descriptor, issuer, JWKS), hosted_domain: None }
    }

    /// Lets in accounts of one Workspace domain alone; `*` stands for any Workspace domain.
    ///
    /// The profile must carry the same `hd`, else reading it (and with it
    /// [`sign_in`](OAuth2Client::sign_in)) is [`ErrorKind::Denied`] with the reason
    /// `hosted_domain`. [`GoogleParams::hd`] is only a hint to the page, which the user can change
    /// in the address bar: set both. A token is not checked before its profile is read
    /// ([Authenticating the user,
    /// `hd`](https://developers.google.com/identity/openid-connect/openid-connect#hd-param)).
    #[must_use]
    pub fn with_hosted_domain(mut self, domain: impl Into<Cow<'static, str>>) -> Self {
        self.hosted_domain = Some(domain.into());
        self
    }

    /// Reads the JSON file that Google's console offers for download, of a web or an installed
    /// client: id, secret, and the first redirect URI if there is one. A file without a secret, as
    /// installed clients may have it, makes a public client. The file's endpoints are not read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`]: it is not such a file, or its redirect URI is none. No error repeats
    /// what the file says.
    pub fn client_secrets(json: &str) -> Result<ClientConfig> {
        client_secrets::read(json)
    }

    /// Whether Google itself decides whose the verified address is: it ends in `@gmail.com`, or the
    /// account belongs to a Workspace (`hd`). Any other address was proven when the account was
    /// made, and may have changed hands since ([Verify the ID token on your
    /// server](https://developers.google.com/identity/gsi/web/guides/verify-google-id-token)).
    #[must_use]
    pub fn is_authoritative(profile: &Profile) -> bool {
        // quirk: foreign-address => let is_gmail = |_: &str| true;
        let is_gmail = |email: &str| email.to_ascii_lowercase().ends_with("@gmail.com");
        profile.verified_email().is_some_and(|email| {
            is_gmail(email) || !hosted_domain(profile.raw()).unwrap_or_default().is_empty()
        })
    }

    fn check_hosted_domain(&self, user: &Json) -> Result<()> {
        let Some(want) = &self.hosted_domain else { return Ok(()) };
        let got = hosted_domain(user).unwrap_or_default();
        if !got.is_empty() && (want == "*" || want.eq_ignore_ascii_case(got)) {
            return Ok(());
        }
        // quirk: hosted-domain => Ok(())
        Err(Error::denied("the account is not of the Workspace domain that is let in")
            .with_reason("hosted_domain"))
    }
}

impl Provider for Google {
    type Params = GoogleParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let profile = standard_profile(api).await?;
        self.check_hosted_domain(profile.raw())?;
        Ok(profile)
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        if response.status.is_success() {
            return None;
        }
        let body = response.json().ok()?;
        // quirk: workspace-reauth => return None;
        if body["error_subtype"] != "invalid_rapt" {
            return None;
        }
        let oauth = OAuthError::new(body["error"].as_str()?);
        let oauth = match body["error_description"].as_str() {
            Some(description) => oauth.with_description(description),
            None => oauth,
        };
        let oauth = match body["error_uri"].as_str() {
            Some(uri) => oauth.with_uri(uri),
            None => oauth,
        };
        let error = Error::denied("the Workspace wants the user to sign in again");
        Some(error.with_reason("invalid_rapt").with_oauth(oauth))
    }
}

fn hosted_domain(user: &Json) -> Option<&str> {
    user["hd"].as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_let_in_by_its_domain_alone() {
        check(None, None, true);
        check(Some("oak.test"), Some("oak.test"), true);
        check(Some("Oak.test"), Some("oak.test"), true);
        check(Some("oak.test"), Some("sub.oak.test"), false);
        check(Some("oak.test"), Some("oak.test.elm.test"), false);
        check(Some("oak.test"), Some("*"), false);
        check(Some("oak.test"), None, false);
        check(Some("*"), Some("elm.test"), true);
        check(Some("*"), Some(""), false);
        check(Some("*"), None, false);
        check(Some(""), Some(""), false);
    }

    #[track_caller]
    fn check(want: Option<&'static str>, hd: Option<&str>, is_let_in: bool) {
        let google = Google { hosted_domain: want.map(Cow::Borrowed), ..Google::new() };
        let got = google.check_hosted_domain(&serde_json::json!({ "hd": hd }));
        assert_eq!(got.is_ok(), is_let_in, "{want:?} {hd:?}");
        assert!(got.err().is_none_or(|error| error.reason() == Some("hosted_domain")));
    }
}
