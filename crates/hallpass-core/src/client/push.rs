//! Pushed authorization requests: RFC 9126.

use serde_json::Value;

use crate::{
    ApiRequest, Authorization, AuthorizationUrl, Endpoint, Endpoints, Error, OAuth2Client,
    Provider, Response, Result, reply,
};

/// Longer references than any provider makes are refused.
const LONGEST_REQUEST_URI_BYTES: usize = 2048;

impl<P: Provider> OAuth2Client<P> {
    /// Sends the parameters to the provider, and makes of the page's URL one that refers to them.
    pub(super) async fn push(
        &self,
        login: Authorization,
        endpoints: &Endpoints,
    ) -> Result<Authorization> {
        let page = endpoints.authorization();
        let form = login.url.added_to(page);
        let mut plan = ApiRequest::form(Endpoint::PushedAuthorization, form);
        let (response, sent) = self.attempt(&mut plan, endpoints).await?;
        // An `error` in an answer of status 200 is an error too.
        let refused = self.refused(&plan, &response).or_else(|| {
            let oauth = reply::oauth_error(&response)?;
            Some(reply::refused(&response, Some(oauth), &self.descriptor, self.clock.now()))
        });
        let request_uri = refused.map_or_else(|| request_uri(&response), Err);
        let request_uri =
            request_uri.map_err(|error| error.without_secrets(&self.secrets(&sent)))?;
        let client = (self.descriptor.client_params().0, self.client_id());
        let url = AuthorizationUrl::of_pushed(page, client, &request_uri);
        Ok(Authorization { url, ..login })
    }
}

/// RFC 9126 section 2.2. How long it lives is not kept: the browser goes there at once.
fn request_uri(response: &Response) -> Result<String> {
    // One that is there twice would hide an `error`, too.
    let body = response.members()?;
    let found = body.get("request_uri").and_then(Value::as_str).unwrap_or_default();
    // check: 15
    if found.is_empty() || found.len() > LONGEST_REQUEST_URI_BYTES {
        return Err(Error::malformed("the answer to a pushed request has no request_uri")
            .with_reason("request_uri")
            .with_status(response.status));
    }
    Ok(found.to_owned())
}
