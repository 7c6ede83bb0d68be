//! How the client proves itself: RFC 6749 section 2.3, RFC 7523, or the provider's own way.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, header};
use url::{Url, form_urlencoded::byte_serialize};

use crate::{
    ClientAuth, ClientConfig, CustomAuth, Endpoint, Endpoints, Error, OAuth2Client, Provider,
    Result, Secret, config::Credential, descriptor::Text, request::Way,
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `Config` unless the credential can be used this way.
pub(super) fn fits(auth: ClientAuth, config: &ClientConfig) -> Result<()> {
    use ClientAuth::{Assertion, Basic, BasicRaw, Custom, None, Post, PostSigned};
    match (&config.credential, auth) {
        (Credential::Assertion(_), Assertion | PostSigned | Custom)
        | (Credential::Secret(_), Basic | Post | Custom)
        // A public client says who it is in the body, whatever confidential ones do.
        | (Credential::Public, Basic | BasicRaw | Post | None | Custom) => Ok(()),
        (Credential::Secret(_), BasicRaw) if !config.client_id.contains(':') => Ok(()),
        (Credential::Secret(_), BasicRaw) => {
            Err(Error::config("a client id with a colon cannot go into raw HTTP Basic"))
        }
        (Credential::Secret(_), None) => {
            Err(Error::config("the client has a secret, and is to authenticate without one"))
        }
        (Credential::Secret(_) | Credential::Public, Assertion | PostSigned) => {
            Err(Error::config("the provider wants a signed assertion: see with_assertion"))
        }
        (Credential::Assertion(_), Basic | BasicRaw | Post | None) => Err(Error::config(
            "the provider wants a secret; with_client_auth says that an assertion goes too",
        )),
    }
}

impl<P: Provider> OAuth2Client<P> {
    /// The way for this request: what the call chose; else, where metadata has a list, what the
    /// application chose or the first of the list that it can do; else what the descriptor declares
    /// for the request, or in general. A public client sends its id alone, another one only where
    /// the call says so; a key that signs goes its own way wherever a secret is declared.
    pub(super) fn way(
        &self,
        way: Way,
        endpoint: Option<Endpoint>,
        endpoints: &Endpoints,
    ) -> Result<ClientAuth> {
        let own = self.config.client_auth;
        let listed = |at| match (own, endpoints.client_auth(at)) {
            (Some(own), _) => Ok(self.elsewhere(own, at, endpoints).unwrap_or(own)),
            (None, Some(listed)) => pick(listed, &self.config),
            (None, None) => Ok(self.descriptor.client_auth),
        };
        let wanted = match way {
            Way::Chosen(auth) => auth,
            Way::Declared(auth) if endpoints.client_auth(endpoint).is_none() => auth,
            Way::Declared(_) | Way::General => listed(endpoint)?,
        };
        let wanted = match (&self.config.credential, wanted) {
            (Credential::Public, ClientAuth::Custom) => return Ok(ClientAuth::Custom),
            (Credential::Public, _) => return Ok(ClientAuth::None),
            (_, ClientAuth::None) if way == Way::Chosen(wanted) => return Ok(wanted),
            (Credential::Assertion(_), wanted) if fits(wanted, &self.config).is_err() => {
                listed(None)?
            }
            (_, wanted) => wanted,
        };
        // Of a provider that is discovered, this is known no sooner.
        // check: 32 => Ok(wanted)
        fits(wanted, &self.config).map(|()| wanted)
    }

    /// What an endpoint's own list has in place of the way that the application chose: where the
    /// list of the token endpoint has that way, the choice was among those, and metadata is not
    /// mistaken.
    fn elsewhere(
        &self,
        own: ClientAuth,
        at: Option<Endpoint>,
        endpoints: &Endpoints,
    ) -> Option<ClientAuth> {
        let is_listed = endpoints.client_auth(None)?.contains(&own);
        let here = endpoints.client_auth(at)?;
        if !is_listed || here.contains(&own) {
            return None;
        }
        pick(here, &self.config).ok()
    }

    /// Writes the header, or returns the parameters that go into the body. Anew for each attempt.
    pub(super) async fn authenticate(
        &self,
        way: ClientAuth,
        endpoints: &Endpoints,
        url: &Url,
        headers: &mut HeaderMap,
        params: &mut Vec<(Text, Secret)>,
    ) -> Result<()> {
        let id = self.config.client_id.as_ref();
        let (id_name, secret_name) = self.descriptor.client_params.clone();
        match (way, &self.config.credential) {
            (ClientAuth::Basic, Credential::Secret(secret)) => {
                // check: 31 => headers.insert(header::AUTHORIZATION, basic(id, secret.expose())?);
                headers
                    .insert(header::AUTHORIZATION, basic(&encoded(id), &encoded(secret.expose()))?);
            }
            (ClientAuth::BasicRaw, Credential::Secret(secret)) => {
                headers.insert(header::AUTHORIZATION, basic(id, secret.expose())?);
            }
            (ClientAuth::Post, Credential::Secret(secret)) => {
                put_id(params, id_name, id);
                params.push((secret_name, secret.clone()));
            }
            (ClientAuth::Assertion, Credential::Assertion(key)) => {
                let audience = audience(endpoints, url);
                let jwt = key.sign(id, audience, self.clock.now()).await?;
                put_id(params, id_name, id);
                params.push((Cow::Borrowed("client_assertion_type"), JWT_BEARER.into()));
                params.push((Cow::Borrowed("client_assertion"), jwt));
            }
            (ClientAuth::PostSigned, Credential::Assertion(key)) => {
                let audience = audience(endpoints, url);
                let jwt = key.sign(id, audience, self.clock.now()).await?;
                put_id(params, id_name, id);
                params.push((secret_name, jwt));
            }
            (ClientAuth::Custom, _) => {
                self.provider.authenticate(&mut CustomAuth {
                    keys: self.keys(),
                    params,
                    headers,
                })?;
            }
            _ => put_id(params, id_name, id),
        }
        Ok(())
    }
}

/// Whom an assertion is for: the issuer, or, where nobody knows one, the token endpoint. Metadata
/// may name a server there whose key set this client is in too, and the other endpoints elsewhere:
/// what goes to another origin is for the endpoint called, and good for nothing more.
fn audience<'a>(endpoints: &'a Endpoints, url: &'a Url) -> &'a str {
    let token = endpoints.token();
    // check: 33 => let called = token.as_str();
    let called = if token.origin() == url.origin() { token.as_str() } else { url.as_str() };
    endpoints.issuer().unwrap_or(called)
}

/// A pushed authorization request names its client already.
fn put_id(params: &mut Vec<(Text, Secret)>, name: Text, id: &str) {
    if !params.iter().any(|(known, _)| *known == name) {
        params.push((name, id.into()));
    }
}

/// The first way that metadata lists and the credential can do.
fn pick(listed: &[ClientAuth], config: &ClientConfig) -> Result<ClientAuth> {
    if matches!(config.credential, Credential::Public) {
        return Ok(ClientAuth::None);
    }
    let can = |way: &&ClientAuth| fits(**way, config).is_ok();
    listed.iter().find(can).copied().ok_or_else(|| {
        let message = format!("the provider lists {listed:?}, and the client can do none of them");
        Error::config(message)
    })
}

/// RFC 6749 section 2.3.1: both halves form-encoded first, so that a colon or a foreign letter in
/// them survives.
fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

fn basic(id: &str, secret: &str) -> Result<HeaderValue> {
    let value = Secret::new(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
    let mut value = HeaderValue::from_str(value.expose())
        .map_err(|error| Error::config("the credentials fit no header").with_source(error))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_form_encoded_unless_raw() {
        // The id and secret of a client that needs it: `a:b` and `c d/é`.
        let value = basic(&encoded("a:b"), &encoded("c d/é")).unwrap();
        let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(text).unwrap(), b"a%3Ab:c+d%2F%C3%A9");
        assert!(value.is_sensitive());
        let raw = basic("ab", "c d").unwrap();
        let text = raw.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(text).unwrap(), b"ab:c d");
    }

    #[test]
    fn a_credential_that_does_not_fit_is_refused() {
        use ClientAuth::{Assertion, Basic, BasicRaw, None, Post, PostSigned};
        let secret = ClientConfig::new("a:b").with_secret("s");
        let public = ClientConfig::new("a:b");
        for (config, auth, want) in [
            (&secret, Basic, true),
            (&secret, Post, true),
            (&secret, BasicRaw, false),
            (&secret, None, false),
            (&secret, Assertion, false),
            (&secret, PostSigned, false),
            (&public, Post, true),
            (&public, None, true),
            (&public, Assertion, false),
        ] {
            assert_eq!(fits(auth, config).is_ok(), want, "{auth:?}");
        }
    }
}
