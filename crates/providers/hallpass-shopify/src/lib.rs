#![doc = include_str!("../README.md")]

mod exchange;
mod fixtures;
mod params;
mod refusal;
mod shop;

use std::{
    borrow::Cow,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hallpass_core::{
    Api, CallbackParams, ClientAuth, ClientKeys, Descriptor, EmailSupport, Json, Response,
    TokenForm, TokenPlacement, http::HeaderName,
};

pub use crate::{
    exchange::AccessMode, fixtures::FIXTURES, params::ShopifyParams, shop::ShopDomain,
};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, Grant, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile,
    Provider, Result, Revoke, Secret, SignIn,
};

/// The client, by the name that httpx-oauth's users look for.
pub type ShopifyOAuth2 = OAuth2Client<Shopify>;

const ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-shopify-access-token");
const VERSION: &str = "2026-10";
const NO_PKCE: &str = "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant";
const QUERY: &str = "{ shop { id name email myshopifyDomain } }";
/// How far a callback's `timestamp` may be from our clock: what Shopify's own library allows.
const TIMESTAMP_TOLERANCE: Duration = Duration::from_secs(90);

/// One shop on Shopify, and an app in it.
#[derive(Debug, Clone)]
pub struct Shopify {
    descriptor: Descriptor,
    shop: ShopDomain,
    api_version: Cow<'static, str>,
    is_expiring: bool,
}

impl Shopify {
    /// The app in this shop. Asks for no scopes, which suffices for the identity; for offline
    /// tokens that expire and are refreshed; speaks version 2026-10 of the API.
    #[must_use]
    pub fn new(shop: &ShopDomain) -> Self {
        let web = shop.url();
        let token = format!("{web}/admin/oauth/access_token");
        let descriptor = Descriptor::new("shopify", format!("{web}/admin/oauth/authorize"), token)
            .with_display_name("Shopify")
            .with_monogram("S", "#5e8e3e")
            .with_registration_url("https://dev.shopify.com/dashboard")
            // quirk: comma-scope
            .with_scope_separator(',')
            .with_client_auth(ClientAuth::Post)
            .with_pkce_ignored(NO_PKCE)
            // quirk: token-header
            .with_token_placement(TokenPlacement::Header(ACCESS_TOKEN))
            .with_email(EmailSupport::Flagged)
            // quirk: used-code
            .with_error_kind("invalid_request", ErrorKind::Denied)
            // quirk: client-words
            .with_error_kind("application_cannot_be_found", ErrorKind::Config)
            // quirk: error-in-200
            .with_error_kind("INTERNAL_SERVER_ERROR", ErrorKind::Transport)
            // quirk: error-in-200
            .with_error_kind("THROTTLED", ErrorKind::Transport);
        Self { descriptor, shop: shop.clone(), api_version: VERSION.into(), is_expiring: true }
    }

    /// Another version of the API: `2026-07`, or `unstable`. One that has died is answered by the
    /// oldest that lives.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`]: no such version can be.
    pub fn with_api_version(mut self, version: impl Into<Cow<'static, str>>) -> Result<Self> {
        let version = version.into();
        let is_digit_or =
            |(at, b): (usize, u8)| if at == 4 { b == b'-' } else { b.is_ascii_digit() };
        let is_dated = version.len() == 7 && version.bytes().enumerate().all(is_digit_or);
        if !is_dated && version != "unstable" {
            return Err(Error::config("no API version: YYYY-MM, or unstable"));
        }
        self.api_version = version;
        Ok(self)
    }

    /// Offline tokens without an end and without a refresh token. Refused to public apps, to those
    /// of 2026-04-01 and later at once and to all from 2027-01-01; custom apps may have them
    /// ([Offline access
    /// tokens](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens)).
    #[must_use]
    pub fn with_tokens_that_do_not_expire(mut self) -> Self {
        self.is_expiring = false;
        self
    }

    /// The shop: `id`, `name`, `email`, `myshopifyDomain`
    /// ([Shop](https://shopify.dev/docs/api/admin-graphql/latest/objects/Shop)). Needs no scope.
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`]; [`ErrorKind::Transport`] if it is asked too often;
    /// [`ErrorKind::Malformed`] if there is no shop in the answer.
    pub async fn shop(&self, api: Api<'_>) -> Result<Json> {
        let url = format!("{}/admin/api/{}/graphql.json", self.shop.url(), self.api_version);
        let body: Json = [("query", QUERY)].into_iter().collect();
        let mut answer = api.post(&url).json(&body).read().await?;
        match answer.pointer_mut("/data/shop").map(Json::take) {
            Some(shop) if shop.is_object() => Ok(shop),
            _ => Err(Error::malformed("the answer holds no shop")),
        }
    }

    /// Takes the app out of the shop: every token of it ends, its webhooks and links go. There is
    /// no way back but another installation
    /// ([Uninstall](https://shopify.dev/docs/apps/build/authentication-authorization/app-installation/uninstall-app-api-request)).
    ///
    /// # Errors
    ///
    /// As [`OAuth2Client::send`].
    pub async fn uninstall(&self, api: Api<'_>) -> Result<()> {
        let url = format!("{}/admin/api_permissions/current.json", self.shop.url());
        api.delete(&url).send().await.map(drop)
    }

    fn expiring(&self) -> &'static str {
        if self.is_expiring { "1" } else { "0" }
    }
}

impl Provider for Shopify {
    type Params = ShopifyParams;

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The user of an online token, as the token's reply says; otherwise the shop.
    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        // quirk: online-user
        if let Some(user) = api.token().extra("associated_user").filter(|user| user.is_object()) {
            return user_profile(user);
        }
        let shop = Profile::from_json(self.shop(api).await?, "id")?;
        let text = |name: &str| shop.raw()[name].as_str().map(str::to_owned);
        let (email, name, domain) = (text("email"), text("name"), text("myshopifyDomain"));
        Ok(shop
            // quirk: unflagged-shop => .with_email(email.as_deref(), EmailVerification::Verified)
            .with_email(email.as_deref(), EmailVerification::Unknown)
            .with_name(name.as_deref())
            .with_username(domain.as_deref()))
    }

    /// Before anything else: whoever lacks the client's secret cannot have made the callback
    /// ([Verify a
    /// callback](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant)).
    fn check_callback(
        &self,
        callback: &CallbackParams,
        keys: ClientKeys<'_>,
        now: SystemTime,
    ) -> Result<()> {
        // quirk: signed-callback
        callback.verify_hmac_sha256(
            keys,
            &["hmac", "signature"],
            callback.get("hmac").unwrap_or_default(),
        )?;
        let said = callback.get("timestamp").and_then(|text| text.parse().ok());
        let said = said.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        // quirk: timestamp
        if !said.is_some_and(|said| is_near(said, now)) {
            return Err(Error::security("timestamp", "the callback is not of this time"));
        }
        // quirk: other-shop
        if callback.get("shop") != Some(self.shop.as_str()) {
            return Err(Error::security("shop", "the callback is another shop's"));
        }
        Ok(())
    }

    fn token_request(&self, form: &mut TokenForm<'_>) -> Result<()> {
        if form.grant_type() == "authorization_code" {
            // quirk: expiring
            form.param("expiring", self.expiring())?;
        }
        Ok(())
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        refusal::of(response, &self.descriptor)
    }
}

fn user_profile(user: &Json) -> Result<Profile> {
    let text = |name: &str| user[name].as_str().map(str::trim).unwrap_or_default();
    let name = format!("{} {}", text("first_name"), text("last_name"));
    let verification = EmailVerification::from_flag(user.get("email_verified"));
    Ok(Profile::from_json(user.clone(), "id")?
        .with_email(user["email"].as_str(), verification)
        .with_name(Some(name.trim()))
        .with_locale(user["locale"].as_str()))
}

fn is_near(one: SystemTime, other: SystemTime) -> bool {
    let apart = one.duration_since(other).unwrap_or_else(|earlier| earlier.duration());
    apart <= TIMESTAMP_TOLERANCE
}
