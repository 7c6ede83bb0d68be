#![doc = include_str!("../README.md")]

mod client_secret;
mod fixtures;
mod name;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, Revocation,
    TokenReply, VerifiedClaims,
};
use hallpass_openid::{IssuerRule, OpenId};

pub use crate::{fixtures::FIXTURES, name::AppleName};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};
pub use hallpass_openid::JwtSigner;

/// The client, named as httpx-oauth names its own.
pub type AppleOAuth2 = OAuth2Client<Apple>;

const ISSUER: &str = "https://appleid.apple.com";
const AUTHORIZE: &str = "https://appleid.apple.com/auth/authorize";
const TOKEN: &str = "https://appleid.apple.com/auth/token";
const REVOKE: &str = "https://appleid.apple.com/auth/revoke";
const JWKS: &str = "https://appleid.apple.com/auth/keys";
const IDENTIFIERS_PAGE: &str =
    "https://developer.apple.com/account/resources/identifiers/list/serviceId";
/// It lists the parameters that the page reads, and no `code_challenge` among them.
const AUTHORIZE_PAGE: &str = "https://developer.apple.com/documentation/signinwithapplerestapi/request-an-authorization-to-the-sign-in-with-apple-server.";

/// Where the name of the first login is kept in the token.
const USER: &str = "user";

/// Apple, on the web: a Services ID and the key of its team. The page takes no parameters of its
/// own.
#[derive(Debug, Clone)]
pub struct Apple {
    openid: OpenId<()>,
}

impl Default for Apple {
    fn default() -> Self {
        Self::new()
    }
}

impl Apple {
    /// Any Apple account. Asks for `openid name email`; the callback is a form that is posted.
    #[must_use]
    pub fn new() -> Self {
        let descriptor = Descriptor::new("apple", AUTHORIZE, TOKEN)
            .with_display_name("Apple")
            .with_monogram("A", "#000000")
            .with_registration_url(IDENTIFIERS_PAGE)
            .with_issuer(ISSUER)
            .with_endpoint(Endpoint::Revocation, REVOKE)
            // quirk: id-token => .with_scopes(["name", "email"])
            .with_scopes(["openid", "name", "email"])
            // quirk: client-secret => .with_client_auth(ClientAuth::Assertion)
            .with_client_auth(ClientAuth::PostSigned)
            // quirk: form-post
            .with_form_post()
            .with_pkce_ignored(AUTHORIZE_PAGE)
            .with_email(EmailSupport::Flagged)
            // quirk: revocation
            .with_revocation(Revocation::Rfc7009(ClientAuth::PostSigned));
        // quirk: issuer => let issuer = IssuerRule::Exact("https://account.apple.com".to_owned());
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        Self { openid: OpenId::pinned(descriptor, issuer, JWKS) }
    }

    /// What Apple takes for a client secret: a JWT of the team, signed with a key that was
    /// downloaded as `AuthKey_….p8` ([Creating a client
    /// secret](https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret)).
    /// For [`ClientConfig::with_assertion`].
    ///
    /// Each is good for an hour and given again for 50 minutes; then another one is signed. Apple
    /// takes up to 15777000 s: see [`JwtSigner::with_lifetime`] and [`JwtSigner::kept_for`].
    ///
    /// ```no_run
    /// use hallpass_apple::{Apple, ClientConfig};
    ///
    /// # fn config(p8: String) -> hallpass_apple::Result<ClientConfig> {
    /// let secret = Apple::client_secret("TEAM123456", "KEY1234567", p8)?;
    /// Ok(ClientConfig::new("com.example.web").with_assertion(secret))
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`]: `p8` is no such key, or an id is no text of letters and digits. No
    /// error repeats the key.
    pub fn client_secret(team_id: &str, key_id: &str, p8: impl Into<Secret>) -> Result<JwtSigner> {
        client_secret::signer(team_id, key_id, p8.into())
    }

    /// The name that came with this token's login. Apple says it once, when the user lets the
    /// application in for the first time: keep it. A refreshed token has none.
    ///
    /// Unsigned, and sent through the user's browser: what the user wants to be called, and no
    /// proof of anything.
    #[must_use]
    pub fn name(token: &OAuth2Token) -> Option<AppleName> {
        AppleName::from_json(token.extra(USER)?)
    }

    /// Whether the address is one of Apple's relay, which forwards only what comes from senders
    /// that the team registered ([Communicating using the private email relay
    /// service](https://developer.apple.com/documentation/signinwithapple/communicating-using-the-private-email-relay-service)).
    #[must_use]
    pub fn is_private_email(profile: &Profile) -> bool {
        let flag = EmailVerification::from_flag(profile.raw().get("is_private_email"));
        // quirk: private-email => false
        profile.email().is_some() && flag == EmailVerification::Verified
    }
}

impl Provider for Apple {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    /// The claims of the login's ID token: nothing is asked, since there is no userinfo.
    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let claims = api.token().claims().map(VerifiedClaims::as_map).ok_or_else(|| {
            Error::denied("the token is of no login, and Apple says who signed in at logins alone")
                .with_reason("no_id_token")
        })?;
        // quirk: no-userinfo => let profile = Profile::from_json(api.userinfo().await?, "sub")?;
        let profile = Profile::from_json(Json::Object(claims.clone()), "sub")?;
        // quirk: no-email => let email = Some(profile.raw()["email"].to_string());
        let email = profile.raw()["email"].as_str().map(str::to_owned);
        let verification = EmailVerification::from_flag(profile.raw().get("email_verified"));
        let name = Self::name(api.token()).and_then(|name| name.full());
        Ok(profile.with_email(email.as_deref(), verification).with_name(name.as_deref()))
    }

    /// Keeps the name of the first login, and not the address beside it, which nobody signed.
    fn token_reply(&self, reply: &mut TokenReply<'_>) -> Result<()> {
        // quirk: first-login
        if let Some(name) = reply.callback(USER).and_then(AppleName::read) {
            reply.fields()?.insert(USER.to_owned(), name.to_json());
        }
        Ok(())
    }
}
