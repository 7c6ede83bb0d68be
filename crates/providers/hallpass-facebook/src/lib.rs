#![doc = include_str!("../README.md")]

mod errors;
mod fixtures;
mod params;
mod token_info;
mod version;

use std::fmt::Write as _;

use hallpass_core::{
    Api, CallbackParams, ClientAuth, ClientKeys, Descriptor, EmailSupport, Json, OAuthError,
    Request, Response, TokenReply,
};

pub use crate::{
    fixtures::FIXTURES,
    params::{FacebookAuthType, FacebookDisplay, FacebookParams},
    token_info::FacebookTokenInfo,
    version::GraphVersion,
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, Grant, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile,
    Provider, Result, Revoke, Secret, SignIn,
};

/// The client, by the name that httpx-oauth's users look for.
pub type FacebookOAuth2 = OAuth2Client<Facebook>;

const APPS: &str = "https://developers.facebook.com/apps/creation/";
const FLOW: &str =
    "https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow";

/// Facebook, by one version of its Graph API.
#[derive(Debug, Clone)]
pub struct Facebook {
    descriptor: Descriptor,
    graph: String,
}

impl Default for Facebook {
    fn default() -> Self {
        Self::new()
    }
}

impl Facebook {
    /// Asks for `public_profile email`, by version 25.0 of the Graph API.
    #[must_use]
    pub fn new() -> Self {
        Self::at_version(&GraphVersion::default())
    }

    /// By another version. A login that was begun by one version cannot be ended by another.
    #[must_use]
    pub fn at_version(version: &GraphVersion) -> Self {
        // quirk: versioned => let graph = "https://graph.facebook.com".to_owned();
        let graph = format!("https://graph.facebook.com/{version}");
        // quirk: versioned => let dialog = "https://www.facebook.com/dialog/oauth";
        let dialog = format!("https://www.facebook.com/{version}/dialog/oauth");
        let descriptor = Descriptor::new("facebook", dialog, format!("{graph}/oauth/access_token"))
            .with_display_name("Facebook")
            .with_monogram("f", "#0866ff")
            .with_registration_url(APPS)
            .with_api(graph.clone())
            .with_scopes(["public_profile", "email"])
            // quirk: comma-scope
            .with_scope_separator(',')
            .with_client_auth(ClientAuth::Post)
            .with_pkce_ignored(FLOW)
            .without_refresh()
            .with_email(EmailSupport::Unflagged);
        Self { descriptor, graph }
    }

    /// A token for about 60 days in the place of one for an hour or two, which must still live
    /// ([Long-lived access
    /// tokens](https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived)):
    /// for [`request_token`](OAuth2Client::request_token).
    #[must_use]
    pub fn long_lived(token: &OAuth2Token) -> Grant<'static> {
        let token = token.access_token().clone();
        // quirk: long-lived => Grant::new("refresh_token").param("refresh_token", token)
        Grant::new("fb_exchange_token").param("fb_exchange_token", token)
    }

    /// A token of the application's own, for [`debug_token`](Self::debug_token): for
    /// [`request_token`](OAuth2Client::request_token), once for many calls.
    #[must_use]
    pub fn app_token() -> Grant<'static> {
        Grant::new("client_credentials")
    }

    /// Whose the token `input` is, for which application, and what it may ([Debugging
    /// tokens](https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging)):
    /// for tokens that somebody else hands in. See [`FacebookTokenInfo::is_for`]. `api` is that of
    /// an [`app_token`](Self::app_token). The one call that has a token in its URL: Facebook takes
    /// it there alone.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]: [`ErrorKind::Denied`] if `api`'s own token is dead.
    /// [`ErrorKind::Malformed`] if it is no such answer. A dead `input` is none: its `is_valid` is
    /// false.
    pub async fn debug_token(
        &self,
        api: Api<'_>,
        input: &OAuth2Token,
    ) -> Result<FacebookTokenInfo> {
        let call = api.get(&format!("{}/debug_token", self.graph));
        // quirk: token-in-url => let call = call;
        let call = call.query("input_token", input.access_token().clone());
        Ok(call.read_as::<token_info::Envelope>().await?.data)
    }

    /// Removes the application from the user's account: all its tokens of this user end, and the
    /// next login asks for everything anew
    /// ([Permissions](https://developers.facebook.com/docs/graph-api/reference/user/permissions/)).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Denied`], reason `invalid_token`: the token is dead.
    /// [`ErrorKind::Malformed`]: the answer does not say that it worked.
    pub async fn deauthorize(&self, api: Api<'_>) -> Result<()> {
        self.delete(api, "permissions").await
    }

    /// Gives one permission back, such as `email`. The token lives on without it.
    ///
    /// # Errors
    ///
    /// As [`deauthorize`](Self::deauthorize). [`ErrorKind::Config`], without a request: a
    /// permission is lower case letters, digits and `_`.
    pub async fn revoke_permission(&self, api: Api<'_>, permission: &str) -> Result<()> {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if permission.is_empty() || !permission.bytes().all(is_plain) {
            return Err(Error::config("no name of a permission"));
        }
        self.delete(api, &format!("permissions/{permission}")).await
    }

    async fn delete(&self, api: Api<'_>, edge: &str) -> Result<()> {
        let answer = api.delete(&format!("{}/me/{edge}", self.graph)).read().await?;
        // quirk: deauthorize => if answer["success"] == true { return Ok(()); }
        if answer == true || answer["success"] == true {
            return Ok(());
        }
        // quirk: deauthorize => Ok(())
        Err(Error::malformed("Facebook does not say that it worked"))
    }
}

impl Provider for Facebook {
    type Params = FacebookParams;

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let call = api.get(&format!("{}/me", self.graph));
        let user = call.query("fields", "id,name,email,picture").read().await?;
        let profile = Profile::from_json(user, "id")?;
        let text = |name: &str| profile.raw()[name].as_str().map(str::to_owned);
        // quirk: optional-email => let email = Some(text("email").ok_or(Error::malformed("no"))?);
        let email = text("email");
        let name = text("name");
        let picture = &profile.raw()["picture"]["data"];
        // quirk: silhouette => let picture = picture["url"].as_str();
        let picture = picture["url"].as_str().filter(|_| picture["is_silhouette"] != true);
        let picture = picture.map(str::to_owned);
        Ok(profile
            // quirk: no-flag => .with_email(email.as_deref(), EmailVerification::Verified)
            .with_email(email.as_deref(), EmailVerification::Unknown)
            .with_name(name.as_deref())
            .with_picture(picture.as_deref()))
    }

    fn check_callback(
        &self,
        callback: &CallbackParams,
        _keys: ClientKeys<'_>,
        _now: std::time::SystemTime,
    ) -> Result<()> {
        let (None, Some(code)) = (callback.get("error"), callback.get("error_code")) else {
            return Ok(());
        };
        let oauth = OAuthError::new(code);
        let oauth = match callback.get("error_message") {
            Some(message) => oauth.with_description(message),
            None => oauth,
        };
        // quirk: error-code => Ok(())
        Err(Error::denied("Facebook did not show its dialog").with_oauth(oauth))
    }

    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        // quirk: granted-scopes
        for name in ["granted_scopes", "denied_scopes"] {
            if let Some(scopes) = reply.callback(name).map(Json::from) {
                reply.fields()?.insert(name.to_owned(), scopes);
            }
        }
        Ok(())
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        errors::refusal(response)
    }

    /// Shows with each call that whoever has the token has the application's secret too ([Secure
    /// Graph API calls](https://developers.facebook.com/docs/graph-api/guides/secure-requests)).
    fn api_request(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
        keys: ClientKeys<'_>,
    ) -> Result<()> {
        let proof = keys.hmac_sha256(token.access_token().expose().as_bytes())?;
        let hex = proof.iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing into a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        // quirk: proof
        request.url.query_pairs_mut().append_pair("appsecret_proof", &hex);
        Ok(())
    }
}
