use hallpass_core::{
    Descriptor, Endpoint, Revocation,
    url::{Position, Url},
};

use super::{script::Script, wire::Asked};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Api,
    Authorize,
    /// The page for whoever types in the code of a device.
    Device,
    DeviceAuthorization,
    /// Nothing that the provider has.
    Elsewhere,
    /// What an OpenID provider has besides.
    #[cfg(feature = "openid")]
    Openid(super::openid::Place),
    Revoke,
    /// Where a login by OAuth 1 begins.
    #[cfg(feature = "oauth1")]
    TemporaryCredentials,
    Token,
}

impl Route {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Authorize => "authorize",
            Self::Device => "device",
            Self::DeviceAuthorization => "device_authorization",
            Self::Elsewhere => "elsewhere",
            #[cfg(feature = "openid")]
            Self::Openid(place) => place.as_str(),
            Self::Revoke => "revoke",
            #[cfg(feature = "oauth1")]
            Self::TemporaryCredentials => "temporary_credentials",
            Self::Token => "token",
        }
    }

    /// By the path alone: the local provider's own endpoints.
    pub(super) fn native(url: &Url) -> Self {
        match url.path() {
            "/authorize" => Self::Authorize,
            "/device" => Self::Device,
            "/device_authorization" => Self::DeviceAuthorization,
            "/revoke" => Self::Revoke,
            "/token" => Self::Token,
            "/userinfo" => Self::Api,
            path if path.starts_with("/api/") => Self::Api,
            _ => Self::Elsewhere,
        }
    }

    /// By the endpoints of the provider that is emulated; all the rest is its API.
    pub(super) fn emulated(descriptor: &Descriptor, script: &Script, asked: &Asked) -> Self {
        let is = |text: &str| Url::parse(text).is_ok_and(|url| same_place(&url, &asked.url));
        let (authorize, token) = descriptor.authorize_and_token().unwrap_or_default();
        if is(authorize) {
            Self::Authorize
        } else if is(token) {
            Self::Token
        } else if has_rfc7009(descriptor, is) || script.revokes(asked) {
            Self::Revoke
        } else {
            Self::Api
        }
    }

    /// Whether a request is meant by `what`: the name of an operation, a path, or a URL without its
    /// query.
    pub(super) fn is_meant_by(self, what: &str, url: &Url) -> bool {
        if what.starts_with('/') {
            return url.path() == what;
        }
        self.as_str() == what || &url[..Position::AfterPath] == what
    }
}

/// Whether a URL is the provider's RFC 7009 endpoint.
pub(super) fn has_rfc7009(descriptor: &Descriptor, is: impl Fn(&str) -> bool) -> bool {
    matches!(descriptor.revocation(), Revocation::Rfc7009(_))
        && descriptor.endpoints().any(|(name, url)| name == Endpoint::Revocation && is(url))
}

/// The same but for the query.
pub(super) fn same_place(one: &Url, other: &Url) -> bool {
    one[..Position::AfterPath] == other[..Position::AfterPath]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_meant_by_operation_path_or_url() {
        let url = Url::parse("https://acme.test/oauth/token?a=1").unwrap();
        for (what, want) in [
            ("token", true),
            ("/oauth/token", true),
            ("https://acme.test/oauth/token", true),
            ("api", false),
            ("/token", false),
            ("/oauth/token?a=1", false),
            ("https://other.test/oauth/token", false),
            ("", false),
        ] {
            assert_eq!(Route::Token.is_meant_by(what, &url), want, "{what}");
        }
    }
}
