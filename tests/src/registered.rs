//! A client as the server knows it.

use serde_json::Value;

use crate::Failure;
use crate::server::text;

/// A client as the server knows it.
///
/// The methods are named after the metadata (RFC 7591, section 2). What was not registered is an
/// error that names it.
#[derive(Debug, Clone, Copy)]
pub struct Registered<'a>(&'a Value);

impl<'a> Registered<'a> {
    pub(crate) fn new(metadata: &'a Value) -> Self {
        Self(metadata)
    }

    /// All of its metadata, and `private_jwks` and `private_pem` if it has keys.
    #[must_use]
    pub fn metadata(self) -> &'a Value {
        self.0
    }

    /// The client id.
    ///
    /// # Errors
    ///
    /// If the client has none.
    pub fn id(self) -> Result<&'a str, Failure> {
        text(self.0, "client_id")
    }

    /// The client secret.
    ///
    /// # Errors
    ///
    /// If the client has none.
    pub fn secret(self) -> Result<&'a str, Failure> {
        text(self.0, "client_secret")
    }

    /// The first of the redirect URIs. Where its host is loopback, oidc-provider lets a port be
    /// added; canaille does not.
    ///
    /// # Errors
    ///
    /// If the client has none.
    pub fn redirect_uri(self) -> Result<&'a str, Failure> {
        first(self.0, "redirect_uris")
    }

    /// Where the browser may go after a logout: the first of these URIs.
    ///
    /// # Errors
    ///
    /// If the client has none.
    pub fn post_logout_redirect_uri(self) -> Result<&'a str, Failure> {
        first(self.0, "post_logout_redirect_uris")
    }

    /// How it authenticates, such as `client_secret_basic`.
    ///
    /// # Errors
    ///
    /// If the server did not say.
    pub fn token_endpoint_auth_method(self) -> Result<&'a str, Failure> {
        text(self.0, "token_endpoint_auth_method")
    }

    /// How it signs its assertions, such as `ES256`.
    ///
    /// # Errors
    ///
    /// If it signs none.
    pub fn token_endpoint_auth_signing_alg(self) -> Result<&'a str, Failure> {
        text(self.0, "token_endpoint_auth_signing_alg")
    }

    /// How the ID Tokens for it are signed, such as `RS256`.
    ///
    /// # Errors
    ///
    /// If the server did not say.
    pub fn id_token_signed_response_alg(self) -> Result<&'a str, Failure> {
        text(self.0, "id_token_signed_response_alg")
    }

    /// How the answers of the userinfo endpoint to it are signed; `None` if they are JSON.
    #[must_use]
    pub fn userinfo_signed_response_alg(self) -> Option<&'a str> {
        self.0["userinfo_signed_response_alg"].as_str()
    }

    /// The key it signs or decrypts with, as PKCS #8 PEM.
    ///
    /// # Errors
    ///
    /// If it has none.
    pub fn private_pem(self) -> Result<&'a str, Failure> {
        first(self.0, "private_pem")
    }

    /// The `kid` of that key, as the server has it.
    ///
    /// # Errors
    ///
    /// If it has none.
    pub fn key_id(self) -> Result<&'a str, Failure> {
        text(&self.0["private_jwks"][0], "kid")
    }
}

fn first<'a>(object: &'a Value, name: &str) -> Result<&'a str, Failure> {
    let found = object[name][0].as_str();
    found.ok_or_else(|| Failure::new(format!("the client has no {name}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_registered_can_be_read() {
        let metadata = json!({
            "client_id": "ID", "redirect_uris": ["R", "other"], "private_pem": ["PEM"],
            "private_jwks": [{ "kid": "K" }], "userinfo_signed_response_alg": "ES256",
        });
        let client = Registered::new(&metadata);
        assert_eq!(client.id().unwrap(), "ID");
        assert_eq!(client.redirect_uri().unwrap(), "R");
        assert_eq!(client.private_pem().unwrap(), "PEM");
        assert_eq!(client.key_id().unwrap(), "K");
        assert_eq!(client.userinfo_signed_response_alg(), Some("ES256"));
    }

    #[test]
    fn what_was_not_registered_is_named() {
        let nothing = json!({});
        let client = Registered::new(&nothing);
        check(client.secret(), "client_secret");
        check(client.redirect_uri(), "redirect_uris");
        check(client.post_logout_redirect_uri(), "post_logout_redirect_uris");
        check(client.token_endpoint_auth_method(), "token_endpoint_auth_method");
        check(client.token_endpoint_auth_signing_alg(), "token_endpoint_auth_signing_alg");
        check(client.id_token_signed_response_alg(), "id_token_signed_response_alg");
        check(client.private_pem(), "private_pem");
        check(client.key_id(), "kid");
        assert_eq!(client.userinfo_signed_response_alg(), None);
    }

    #[track_caller]
    fn check(found: Result<&str, Failure>, name: &str) {
        let failure = found.unwrap_err().to_string();
        assert!(failure.ends_with(name), "{failure}");
    }
}
