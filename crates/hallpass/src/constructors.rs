//! How a client of each provider is made from settings. A provider that has no host, no key and no
//! choice to make is one line; what the others take out of their settings is below.

#![allow(dead_code, unused_imports, reason = "what is used depends on the features")]

use std::sync::Arc;

use hallpass_session::{Blueprint, Constructors};

use crate::{BaseOAuth2, Result};

/// The constructors of every provider whose feature is on, by the provider's name; for a
/// [`Registry`](hallpass_session::Registry).
///
/// | `provider` | Needs | May have |
/// |---|---|---|
/// | `apple` | `private_key`, `key_id`, `team_id`, and no secret | |
/// | `auth0` | `host`: `example.auth0.com` | `private_key` and `key_id` in place of a secret |
/// | `discord-openid`, `kakao-openid`, `naver-openid` | | the same three with OpenID Connect |
/// | `franceconnect` | | `host`: `production` (the default) or `integration` |
/// | `github` | | `host`: an Enterprise Server |
/// | `gitlab` | | `host`: an instance of one's own |
/// | `microsoft` | | `host`: the tenant, `common` by default |
/// | `okta` | `host`: `example.okta.com`, or `example.okta.com/oauth2/default` for a custom server | `private_key` and `key_id` in place of a secret |
/// | `openid` | `issuer`, as the metadata have it: with the slash at its end, if there is one | `metadata_url`; `private_key` and `key_id` in place of a secret |
/// | `reddit` | `user_agent`, as Reddit wants it | |
/// | `shopify` | `host`: `example.myshopify.com` | |
/// | `tumblr`, `x-oauth1` | a secret, and no `scopes`, `client_auth` or key | these are OAuth 1.0a: `client_id` is the consumer key |
///
/// The others need nothing but a client id and mostly a secret.
#[must_use]
pub fn constructors() -> Constructors {
    let all = Constructors::new();
    #[cfg(feature = "openid")]
    let all = all.with("openid", openid);
    #[cfg(feature = "apple")]
    let all = all.with("apple", apple);
    #[cfg(feature = "auth0")]
    let all = all.with("auth0", auth0);
    #[cfg(feature = "discord")]
    let all = all
        .with("discord", |plan| plan.client(crate::discord::Discord::new()))
        .with("discord-openid", |plan| plan.client(crate::discord::Discord::openid()));
    #[cfg(feature = "facebook")]
    let all = all.with("facebook", |plan| plan.client(crate::facebook::Facebook::new()));
    #[cfg(feature = "franceconnect")]
    let all = all.with("franceconnect", franceconnect);
    #[cfg(feature = "github")]
    let all = all.with("github", github);
    #[cfg(feature = "gitlab")]
    let all = all.with("gitlab", gitlab);
    #[cfg(feature = "google")]
    let all = all.with("google", |plan| plan.client(crate::google::Google::new()));
    #[cfg(feature = "huggingface")]
    let all = all.with("huggingface", |plan| plan.client(crate::huggingface::HuggingFace::new()));
    #[cfg(feature = "kakao")]
    let all = all
        .with("kakao", |plan| plan.client(crate::kakao::Kakao::new()))
        .with("kakao-openid", |plan| plan.client(crate::kakao::Kakao::openid()));
    #[cfg(feature = "line")]
    let all = all.with("line", |plan| plan.client(crate::line::Line::new()));
    #[cfg(feature = "linkedin")]
    let all = all.with("linkedin", |plan| plan.client(crate::linkedin::LinkedIn::new()));
    #[cfg(feature = "microsoft")]
    let all = all.with("microsoft", microsoft);
    #[cfg(feature = "naver")]
    let all = all
        .with("naver", |plan| plan.client(crate::naver::Naver::new()))
        .with("naver-openid", |plan| plan.client(crate::naver::Naver::openid()));
    #[cfg(feature = "okta")]
    let all = all.with("okta", okta);
    #[cfg(feature = "reddit")]
    let all = all.with("reddit", reddit);
    #[cfg(feature = "shopify")]
    let all = all.with("shopify", shopify);
    #[cfg(feature = "slack")]
    let all = all.with("slack", |plan| plan.client(crate::slack::Slack::new()));
    #[cfg(feature = "spotify")]
    let all = all.with("spotify", |plan| plan.client(crate::spotify::Spotify::new()));
    #[cfg(feature = "twitch")]
    let all = all.with("twitch", |plan| plan.client(crate::twitch::Twitch::new()));
    #[cfg(feature = "x")]
    let all = all.with("x", |plan| plan.client(crate::x::X::new()));
    #[cfg(feature = "oauth1")]
    let all = all
        .with("tumblr", |plan| oauth1(plan, crate::oauth1::OAuth1Provider::tumblr()))
        .with("x-oauth1", |plan| oauth1(plan, crate::oauth1::OAuth1Provider::x()));
    // new-provider: above (constructors)
    all
}

type Made = Result<Arc<dyn BaseOAuth2>>;

#[cfg(feature = "apple")]
fn apple(mut plan: Blueprint) -> Made {
    let pem = plan.take_private_key().ok_or_else(|| Blueprint::lacks("private_key"))?;
    let key_id = plan.take_key_id().ok_or_else(|| Blueprint::lacks("key_id"))?;
    let team_id = plan.take_team_id().ok_or_else(|| Blueprint::lacks("team_id"))?;
    let secret = crate::apple::Apple::client_secret(&team_id, &key_id, pem)?;
    plan.with_assertion(secret).client(crate::apple::Apple::new())
}

#[cfg(feature = "auth0")]
fn auth0(mut plan: Blueprint) -> Made {
    let domain = plan.require_host()?;
    signing(plan)?.client(crate::auth0::Auth0::new(&domain))
}

#[cfg(feature = "franceconnect")]
fn franceconnect(mut plan: Blueprint) -> Made {
    use crate::franceconnect::FranceConnect;

    /// Which of the two.
    struct Environment(bool);

    impl std::str::FromStr for Environment {
        type Err = crate::Error;

        fn from_str(text: &str) -> Result<Self> {
            match text {
                "production" => Ok(Self(false)),
                "integration" => Ok(Self(true)),
                _ => Err(crate::Error::config("the host is neither production nor integration")),
            }
        }
    }

    match plan.take_host()? {
        Some(Environment(true)) => plan.client(FranceConnect::integration()),
        Some(Environment(false)) | None => plan.client(FranceConnect::new()),
    }
}

#[cfg(feature = "github")]
fn github(mut plan: Blueprint) -> Made {
    use crate::github::GitHub;
    match plan.take_host()? {
        Some(host) => plan.client(GitHub::enterprise(&host)),
        None => plan.client(GitHub::new()),
    }
}

#[cfg(feature = "gitlab")]
fn gitlab(mut plan: Blueprint) -> Made {
    use crate::gitlab::GitLab;
    match plan.take_host()? {
        Some(host) => plan.client(GitLab::self_managed(&host)),
        None => plan.client(GitLab::new()),
    }
}

#[cfg(feature = "microsoft")]
fn microsoft(mut plan: Blueprint) -> Made {
    use crate::microsoft::Microsoft;
    match plan.take_host()? {
        Some(tenant) => plan.client(Microsoft::for_tenant(tenant)),
        None => plan.client(Microsoft::new()),
    }
}

#[cfg(feature = "oauth1")]
fn oauth1(plan: Blueprint, provider: crate::oauth1::OAuth1Provider) -> Made {
    use crate::oauth1::{OAuth1Client, OAuth1Config};

    let parts = plan.into_parts()?;
    let client = OAuth1Client::new(provider, OAuth1Config::from_client_config(parts.config)?)?;
    let mut client = client.with_http_client(parts.http);
    if let Some(clock) = parts.clock {
        client = client.with_clock(clock);
    }
    if let Some(random) = parts.random {
        client = client.with_random(random);
    }
    Ok(Arc::new(client))
}

#[cfg(feature = "okta")]
fn okta(mut plan: Blueprint) -> Made {
    use crate::okta::{Okta, OktaDomain, OktaServer};

    /// An organisation, and perhaps one of its own servers.
    struct Host(OktaDomain, Option<OktaServer>);

    impl std::str::FromStr for Host {
        type Err = crate::Error;

        fn from_str(text: &str) -> Result<Self> {
            match text.split_once("/oauth2/") {
                Some((domain, server)) => Ok(Self(domain.parse()?, Some(server.parse()?))),
                None => Ok(Self(text.parse()?, None)),
            }
        }
    }

    let Host(domain, server) = plan.require_host()?;
    let plan = signing(plan)?;
    match server {
        Some(server) => plan.client(Okta::custom(&domain, &server)),
        None => plan.client(Okta::new(&domain)),
    }
}

#[cfg(feature = "openid")]
fn openid(mut plan: Blueprint) -> Made {
    use crate::openid::OpenId;

    let name = plan.name().to_owned();
    // A metadata URL does not say it: `https://a` and `https://a/` have theirs at the same place,
    // and a document is not asked whom to trust.
    let issuer = plan.take_issuer().ok_or_else(|| Blueprint::lacks("issuer"))?;
    let provider: OpenId = match plan.take_metadata_url() {
        Some(url) => OpenId::from_metadata_url(name, url, issuer),
        None => OpenId::new(name, issuer),
    };
    signing(plan)?.client(provider)
}

/// `private_key_jwt`, where there is a key: the algorithm is the key's, and whether the provider
/// takes it, its metadata say.
#[cfg(feature = "openid")]
fn signing(mut plan: Blueprint) -> Result<Blueprint> {
    let key_id = plan.take_key_id();
    let Some(pem) = plan.take_private_key() else {
        return match key_id {
            Some(_) => Err(Blueprint::lacks("private_key")),
            None => Ok(plan),
        };
    };
    let signer = crate::openid::JwtSigner::from_pem(pem)?;
    Ok(plan.with_assertion(match key_id {
        Some(key_id) => signer.with_key_id(key_id),
        None => signer,
    }))
}

#[cfg(feature = "reddit")]
fn reddit(mut plan: Blueprint) -> Made {
    let user_agent = plan.take_user_agent().ok_or_else(|| Blueprint::lacks("user_agent"))?;
    plan.client(crate::reddit::Reddit::new(user_agent.parse()?))
}

#[cfg(feature = "shopify")]
fn shopify(mut plan: Blueprint) -> Made {
    let shop = plan.require_host()?;
    plan.client(crate::shopify::Shopify::new(&shop))
}
