#![doc = include_str!("../README.md")]

mod agreement;
mod consent;
mod fixtures;
mod openid_fixtures;
mod params;
mod refusal;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, Response,
    Revocation, TokenForm,
};
use hallpass_openid::{IssuerRule, OpenId};

pub use crate::{
    agreement::NaverAgreement,
    consent::NaverConsent,
    fixtures::FIXTURES,
    openid_fixtures::OPENID_FIXTURES,
    params::{NaverAuthType, NaverParams},
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by the name that httpx-oauth's users look for.
pub type NaverOAuth2 = OAuth2Client<Naver>;

const AUTHORIZE: &str = "https://nid.naver.com/oauth2.0/authorize";
const TOKEN: &str = "https://nid.naver.com/oauth2.0/token";
const OPENID_AUTHORIZE: &str = "https://nid.naver.com/oauth2/authorize";
const OPENID_TOKEN: &str = "https://nid.naver.com/oauth2/token";
const REVOKE: &str = "https://nid.naver.com/oauth2.0/revoke";
const API: &str = "https://openapi.naver.com/v1/nid";
const ISSUER: &str = "https://nid.naver.com";
const JWKS: &str = "https://nid.naver.com/oauth2/jwks";
/// Lists the parameters of both endpoints, and PKCE's are not among them.
const SPECIFICATION: &str = "https://developers.naver.com/docs/login/api/api.md";
const REGISTER: &str = "https://developers.naver.com/apps/#/register?api=nvlogin";

/// Naver: [`new`](Self::new) by OAuth 2.0, [`openid`](Self::openid) by OpenID Connect.
#[derive(Debug, Clone)]
pub struct Naver(Way);

#[derive(Debug, Clone)]
enum Way {
    OAuth(Box<Descriptor>),
    OpenId(Box<OpenId<NaverParams>>),
}

impl Default for Naver {
    fn default() -> Self {
        Self::new()
    }
}

impl Naver {
    /// By OAuth 2.0, as in most of Naver's guide. Asks for no scope: what the profile holds is set
    /// in the developer centre. Naver takes no PKCE here; [`openid`](Self::openid) does.
    #[must_use]
    pub fn new() -> Self {
        // quirk: no-pkce => let descriptor = at(AUTHORIZE, TOKEN);
        let descriptor = at(AUTHORIZE, TOKEN).with_pkce_ignored(SPECIFICATION);
        // quirk: no-scopes => Self(Way::OAuth(Box::new(descriptor.with_scopes(["profile"]))))
        Self(Way::OAuth(Box::new(descriptor)))
    }

    /// By OpenID Connect: with PKCE and a verified ID token, at endpoints of its own. Asks for
    /// `openid`. The ids are those of [`new`](Self::new).
    #[must_use]
    pub fn openid() -> Self {
        let descriptor =
            at(OPENID_AUTHORIZE, OPENID_TOKEN).with_issuer(ISSUER).with_scopes(["openid"]);
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        Self(Way::OpenId(Box::new(OpenId::pinned(descriptor, issuer, JWKS))))
    }

    /// Until when the token lives, and which items of the profile the user let the application have
    /// ([Development guide, section
    /// 3.4.6](https://developers.naver.com/docs/login/devguide/devguide.md)). It does not say for
    /// which application the token is.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]; [`ErrorKind::Malformed`] if it is no such answer.
    pub async fn consent(&self, api: Api<'_>) -> Result<NaverConsent> {
        let call = api.get(&format!("{API}/verify")).query("info", "true");
        NaverConsent::new(&unwrapped(call.read().await?)?)
    }

    /// Which of the application's terms the user agreed to ([Development guide, section
    /// 5.2.1](https://developers.naver.com/docs/login/devguide/devguide.md)). For applications that
    /// let Naver ask for them.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]; [`ErrorKind::Malformed`] if it is no such answer.
    pub async fn agreements(&self, api: Api<'_>) -> Result<Vec<NaverAgreement>> {
        NaverAgreement::list(&api.get(&format!("{API}/agreement")).read().await?)
    }
}

fn at(authorize: &'static str, token: &'static str) -> Descriptor {
    Descriptor::new("naver", authorize, token)
        .with_display_name("Naver")
        .with_monogram("N", "#03a94d")
        .with_registration_url(REGISTER)
        .with_endpoint(Endpoint::Revocation, REVOKE)
        .with_api(API)
        .with_client_auth(ClientAuth::Post)
        .with_email(EmailSupport::Unflagged)
        // quirk: revocation
        .with_revocation(Revocation::Rfc7009(ClientAuth::Post))
}

impl Provider for Naver {
    type Params = NaverParams;

    fn descriptor(&self) -> &Descriptor {
        match &self.0 {
            Way::OAuth(descriptor) => descriptor,
            Way::OpenId(openid) => openid.descriptor(),
        }
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        match &self.0 {
            Way::OAuth(_) => None,
            Way::OpenId(openid) => Some(&**openid),
        }
    }

    fn token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        // quirk: token-state
        form.send_state();
        Ok(())
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let user = unwrapped(api.get(&format!("{API}/me")).read().await?)?;
        let profile = Profile::from_json(user, "id")?;
        // quirk: same-user
        if api.token().claims().is_some_and(|claims| claims.subject() != profile.id()) {
            return Err(Error::security("subject", "the profile is about somebody else"));
        }
        let text = |name: &str| {
            profile.raw()[name]
                .as_str()
                // quirk: refused-items
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let (email, picture) = (text("email"), text("profile_image"));
        // quirk: refused-items => let name = text("name");
        let name = text("name").or_else(|| text("nickname"));
        Ok(profile
            // quirk: contact-address => .with_email(email.as_deref(), EmailVerification::Verified)
            .with_email(email.as_deref(), EmailVerification::Unknown)
            .with_name(name.as_deref())
            .with_picture(picture.as_deref()))
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        refusal::of(response)
    }
}

/// What the API has to say, without its envelope. A `resultcode` of its refusals is dealt with by
/// then.
fn unwrapped(answer: Json) -> Result<Json> {
    // quirk: envelope => let response = Some(answer);
    let response = match answer {
        Json::Object(mut answer) if answer.get("resultcode").is_some_and(|code| code == "00") => {
            answer.remove("response")
        }
        _ => None,
    };
    let response = response.filter(Json::is_object);
    response.ok_or_else(|| Error::malformed("the answer is not in Naver's envelope"))
}
