//! The three steps of a login, and who signed in.

use hallpass_core::{
    Authorization, AuthorizationRequest, Callback, Error, OAuth2Token, PendingAuthorization,
    Profile, Purpose, Request, Result, Secret,
    http::{HeaderValue, Method, header},
    url::{Url, form_urlencoded},
};

use super::send::Signing;
use crate::{
    OAuth1Client, TokenCredentials, config::OUT_OF_BAND, parts::PROTOCOL, provider::Text,
    reply::Step,
};

/// The name that the browser brings the token back under, and that of the code.
const TOKEN: &str = "oauth_token";
const VERIFIER: &str = "oauth_verifier";

impl OAuth1Client {
    pub(super) async fn begin(&self, request: AuthorizationRequest) -> Result<Authorization> {
        let request = request.into_parts()?;
        let own = match self.config.is_out_of_band {
            true => Some(OUT_OF_BAND),
            false => self.common.redirect_uri.as_deref(),
        };
        let redirect_uri = match (request.redirect_uri.as_deref(), own) {
            (Some(uri), _) => {
                if uri != OUT_OF_BAND {
                    self.common.check_redirect_uri(uri)?;
                }
                uri
            }
            (None, Some(uri)) => uri,
            (None, None) => {
                let message = "neither configuration nor call has a redirect URI";
                return Err(Error::config(message));
            }
        };
        // Before anything is sent: what is wrong with it will be wrong then.
        let asked = request.params.into_iter().map(|(name, value)| (name, value.into()));
        let (temporary, page): (Vec<_>, Vec<_>) =
            asked.partition(|(name, _)| self.config.is_of_temporary(name));
        let temporary_params = completed(temporary, &self.config.temporary_params);
        let page_params = completed(page, &self.common.authorization_params);
        check_params(&self.endpoints.temporary, &temporary_params)?;
        check_params(&self.endpoints.authorization, &page_params)?;
        check_params(&self.endpoints.token, &request.token_params)?;

        let method = &self.provider.temporary_method;
        let asking = form_request(method, &self.endpoints.temporary, &temporary_params);
        let signing = Signing { callback: Some(redirect_uri), ..Signing::default() };
        let now = self.clock.now();
        let granted = self.ask(asking, Step::Temporary, &signing).await?;
        if !granted.is_callback_confirmed() {
            let message = "the server does not confirm the callback: it speaks the first OAuth 1.0";
            return Err(Error::security("callback_unconfirmed", message));
        }

        let mut url = self.endpoints.authorization.clone();
        {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in &page_params {
                pairs.append_pair(name, value.expose());
            }
            pairs.append_pair(TOKEN, granted.token.expose());
        }
        let pending = PendingAuthorization::correlated(
            &self.descriptor,
            &self.known_endpoints(),
            self.client_id(),
            redirect_uri,
            (TOKEN, granted.token),
            (VERIFIER, granted.secret),
            now,
        )
        .with_token_params(request.token_params);
        let pending = match &request.data {
            Some(data) => pending.with_data(data),
            None => pending,
        };
        Ok(Authorization::new(url.into(), pending))
    }

    pub(super) async fn redeem(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<OAuth2Token> {
        let code =
            callback.verify(pending, &self.descriptor, self.client_id(), self.clock.now())?;
        // check: 10
        code.check_begun_at(&self.known_endpoints(), TOKEN, VERIFIER)?;
        let secret = code.proof().cloned().ok_or_else(|| {
            Error::malformed("the login was begun without a temporary secret")
                .with_reason("pending")
        })?;
        let temporary = TokenCredentials::new(code.correlator().clone(), secret);
        let asked =
            code.token_params().map(|(name, value)| (name.to_owned().into(), value.clone()));
        let params = completed(asked.collect(), &self.common.token_params);
        let asking = form_request(&self.provider.token_method, &self.endpoints.token, &params);
        let signing = Signing {
            token: Some(&temporary),
            verifier: Some(code.code().expose()),
            ..Signing::default()
        };
        let granted = self.ask(asking, Step::Token, &signing).await?;
        let credentials = TokenCredentials::new(granted.token.clone(), granted.secret.clone());
        Ok(credentials.into_token_with(granted.into_others()))
    }

    pub(super) async fn read_profile(&self, token: &OAuth2Token) -> Result<Profile> {
        let Some((url, read)) = &self.endpoints.profile else {
            return Err(Error::unsupported("nobody says how to ask this provider who signed in"));
        };
        let me = self.api(token).get(url.as_str()).read().await?;
        let profile = read(me)?;
        if profile.id().is_empty() || profile.id().len() > 1024 {
            let message = "the identity has no usable id";
            return Err(Error::malformed(message).with_reason("empty_id"));
        }
        Ok(profile.stamped(self.descriptor.name(), None))
    }
}

/// A request with these parameters, in the form of its body or, where the method has none, in the
/// query.
fn form_request(method: &Method, url: &Url, params: &[(Text, Secret)]) -> Request {
    let mut request = Request::new(method.clone(), url.clone(), Purpose::Token);
    if params.is_empty() {
        return request;
    }
    let pairs = params.iter().map(|(name, value)| (name.as_ref(), value.expose()));
    if *method == Method::GET {
        request.url.query_pairs_mut().extend_pairs(pairs);
        return request;
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    request.body = form.finish().into_bytes();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers.insert(header::CONTENT_TYPE, form);
    request
}

/// What a login says, and what the configuration says beside it.
fn completed(asked: Vec<(Text, Secret)>, configured: &[(Text, Secret)]) -> Vec<(Text, Secret)> {
    let missing = configured.iter().filter(|(name, _)| asked.iter().all(|(said, _)| said != name));
    let missing: Vec<_> = missing.cloned().collect();
    asked.into_iter().chain(missing).collect()
}

/// None that the protocol sets, none twice, none that the endpoint's own query has.
pub(super) fn check_params(endpoint: &Url, params: &[(Text, Secret)]) -> Result<()> {
    for (at, (name, _)) in params.iter().enumerate() {
        let is_twice = params.iter().take(at).any(|(said, _)| said == name);
        if is_twice || PROTOCOL.contains(&name.as_ref()) {
            let message = "a parameter that the protocol sets, or that is there twice";
            return Err(Error::config(message).with_reason("reserved"));
        }
    }
    let is_ours = |name: &str| PROTOCOL.contains(&name) || params.iter().any(|(it, _)| it == name);
    if endpoint.query_pairs().any(|(name, _)| is_ours(&name)) {
        let message = "an endpoint's own query has a parameter of the login";
        return Err(Error::config(message).with_reason("reserved"));
    }
    Ok(())
}
