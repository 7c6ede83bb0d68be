//! Two providers, as data. Each fact stands beside the page that says it.

use hallpass_core::{EmailSupport, EmailVerification, Error, Json, Profile, Result, http::Method};

use crate::{OAuth1Provider, SignatureMethod};

impl OAuth1Provider {
    /// X (Twitter), by OAuth 1.0a: `x-oauth1`, so that it may stand beside the `x` of OAuth 2.
    ///
    /// | Fact | Source, read 2026-11-22 |
    /// |---|---|
    /// | temporary credentials by POST at `api.x.com/oauth/request_token`, the page `oauth/authorize`, the token by POST at `oauth/access_token`; `oauth_callback_confirmed` is `true` | [Obtaining user access tokens](https://docs.x.com/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens) |
    /// | `oauth_callback` is always sent, `oob` shows a PIN; `x_auth_access_type` asks for less, `force_login` and `screen_name` are for the page | [API reference](https://docs.x.com/resources/fundamentals/authentication/api-reference) |
    /// | HMAC-SHA1 in the header | [Creating a signature](https://docs.x.com/fundamentals/authentication/oauth-1-0a/creating-a-signature) |
    /// | who it is: `1.1/account/verify_credentials.json`; `id_str` is the id; with `include_email` an `email`, which is `null` unless it is verified | [GET account/verify_credentials](https://developer.x.com/en/docs/twitter-api/v1/accounts-and-users/manage-account-settings/api-reference/get-account-verify_credentials) |
    ///
    /// The address is there where the application's settings ask for it, with terms and a privacy
    /// policy. It is [`EmailVerification::Verified`]: X says in so many words that another one is
    /// `null`.
    #[must_use]
    pub fn x() -> Self {
        Self::new(
            "x-oauth1",
            "https://api.x.com/oauth/request_token",
            "https://api.x.com/oauth/authorize",
            "https://api.x.com/oauth/access_token",
        )
        .with_display_name("X")
        .with_registration_url("https://developer.x.com/en/portal/dashboard")
        .with_signature_method(SignatureMethod::HmacSha1)
        .with_email(EmailSupport::Flagged)
        .with_profile(
            "https://api.x.com/1.1/account/verify_credentials.json\
             ?include_email=true&skip_status=true&include_entities=false",
            x_profile,
        )
    }

    /// Tumblr.
    ///
    /// | Fact | Source, read 2026-11-22 |
    /// |---|---|
    /// | temporary credentials by POST at `www.tumblr.com/oauth/request_token`, the page `oauth/authorize`, the token by **GET** at `oauth/access_token` | [OAuth1 Authorization](https://github.com/tumblr/docs/blob/master/api.md#oauth1-authorization) |
    /// | in the header, HMAC-SHA1 alone | the same |
    /// | `oauth_callback_confirmed` is there | the same |
    /// | who it is: `api.tumblr.com/v2/user/info`, in `response.user`; `name` is the short name of the primary blog, which may change | [`/user/info`](https://github.com/tumblr/docs/blob/master/api.md#userinfo--get-a-users-information) |
    /// | each blog has a `uuid`, which stays when its name changes, but may itself change "under exceptional circumstances" | [Blog unique identifiers](https://github.com/tumblr/docs/blob/master/api.md#blog-unique-identifiers) |
    ///
    /// The id is the `uuid` of the primary blog, since the user has none. If Tumblr changes it, or
    /// the user makes another blog the primary one, the user is a new one here. There is no
    /// address.
    #[must_use]
    pub fn tumblr() -> Self {
        Self::new(
            "tumblr",
            "https://www.tumblr.com/oauth/request_token",
            "https://www.tumblr.com/oauth/authorize",
            "https://www.tumblr.com/oauth/access_token",
        )
        .with_display_name("Tumblr")
        .with_registration_url("https://www.tumblr.com/oauth/apps")
        .with_signature_method(SignatureMethod::HmacSha1)
        .with_token_method(Method::GET)
        .with_profile("https://api.tumblr.com/v2/user/info", tumblr_profile)
    }
}

fn x_profile(me: Json) -> Result<Profile> {
    let text = |name: &str| me.get(name).and_then(Json::as_str).map(str::to_owned);
    let (email, name, username) = (text("email"), text("name"), text("screen_name"));
    let picture = text("profile_image_url_https");
    Ok(Profile::from_json(me, "id_str")?
        .with_email(email.as_deref(), EmailVerification::Verified)
        .with_name(name.as_deref())
        .with_username(username.as_deref())
        .with_picture(picture.as_deref()))
}

fn tumblr_profile(me: Json) -> Result<Profile> {
    let user = me.pointer("/response/user");
    let blogs = user.and_then(|user| user.get("blogs")).and_then(Json::as_array);
    let is_primary = |blog: &&Json| blog.get("primary") == Some(&Json::Bool(true));
    let primary = blogs.and_then(|blogs| blogs.iter().find(is_primary));
    let text = |json: Option<&Json>, name: &str| {
        let text = json?.get(name)?.as_str()?;
        if text.is_empty() { None } else { Some(text.to_owned()) }
    };
    let id = text(primary, "uuid")
        .ok_or_else(|| Error::malformed("the user has no primary blog with a uuid"))?;
    let (name, username) = (text(primary, "title"), text(user, "name"));
    Ok(Profile::new(id, me).with_name(name.as_deref()).with_username(username.as_deref()))
}

#[cfg(test)]
mod tests;
