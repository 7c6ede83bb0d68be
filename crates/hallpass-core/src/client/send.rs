//! From what a caller wants to what goes on the wire: hooks first, then every check, then the
//! credentials, the signature last.

use std::{mem, time::SystemTime};

use http::{HeaderName, HeaderValue, StatusCode, header};

use super::{conceal::Sent, observe};
use crate::{
    ApiRequest, Endpoint, Endpoints, Error, OAuth2Client, OAuth2Token, Provider, Purpose, Request,
    Response, Result, Secret, TokenBody, TokenPlacement,
    descriptor::Text,
    error, reply,
    request::{Auth, Body, Placed, Target, parse},
};

/// Headers that only the transport writes: with `Host` a request would go to another server behind
/// the same address, with a length of its own to one behind the connection.
const TRANSPORTS_OWN: [HeaderName; 3] =
    [header::CONTENT_LENGTH, header::HOST, header::TRANSFER_ENCODING];

impl<P: Provider> OAuth2Client<P> {
    /// Sends, and makes an error of every answer outside 2xx and of every refusal inside it.
    pub(super) async fn send_checked(&self, mut plan: ApiRequest<'_>) -> Result<Response> {
        let endpoints = self.known_endpoints().await?;
        if !self.hooks.is_empty() {
            Box::pin(self.before_endpoint(&mut plan)).await?;
        }
        let (response, sent) = self.attempt(&mut plan, &endpoints).await?;
        match self.refused(&plan, &response) {
            None => Ok(response),
            Some(error) => Err(error.without_secrets(&self.secrets(&sent))),
        }
    }

    pub(super) fn refused(&self, plan: &ApiRequest<'_>, response: &Response) -> Option<Error> {
        if let Some(refusal) = self.provider.refusal(response) {
            return Some(of_response(refusal, response, self.clock.now()));
        }
        if response.status.is_success() {
            return None;
        }
        let now = self.clock.now();
        Some(match &plan.auth {
            Auth::Token(_) => api_refused(response, now),
            Auth::Client(_) | Auth::Nobody => {
                reply::refused(response, reply::oauth_error(response), &self.descriptor, now)
            }
        })
    }

    /// Authenticates and signs anew for each attempt. A second one only when the signer says that
    /// the first was refused unread. The plan's body is handed over: what became of it is in
    /// [`Sent`].
    pub(super) async fn attempt(
        &self,
        plan: &mut ApiRequest<'_>,
        endpoints: &Endpoints,
    ) -> Result<(Response, Sent)> {
        let body = mem::take(&mut plan.body);
        let Some(signer) = &self.signer else {
            // Handed over, since it goes once: a copy of an exchange's form is 7 allocations.
            let prepared = self.prepare(plan, body, endpoints).await;
            let (request, sent) = prepared.map_err(Error::with_unsent)?;
            let response = self.http.send(request).await.map_err(unsent_without_connection)?;
            observe::answered(response.status);
            return Ok((response, sent));
        };
        // A device login would show its user a code that no token is to be had for.
        if matches!(plan.target, Target::Token | Target::Named(Endpoint::DeviceAuthorization)) {
            self.check_signer(endpoints).map_err(Error::with_unsent)?;
        }
        let mut last = false;
        loop {
            let prepared = self.prepare(plan, body.clone(), endpoints).await;
            let (request, sent) = prepared.map_err(Error::with_unsent)?;
            let url = request.url.clone();
            let response = self.http.send(request).await.map_err(unsent_without_connection)?;
            observe::answered(response.status);
            // Shown the last answer too: its nonce is the next request's.
            let wants_retry = signer.wants_retry(&url, &response);
            // check: 35 => if last { return Ok((response, sent)); }
            if last || !wants_retry {
                return Ok((response, sent));
            }
            last = true;
        }
    }

    async fn prepare(
        &self,
        plan: &ApiRequest<'_>,
        body: Body,
        endpoints: &Endpoints,
    ) -> Result<(Request, Sent)> {
        let (url, purpose) = match &plan.target {
            Target::Token => (endpoints.token().clone(), Purpose::Token),
            Target::Named(endpoint) => {
                (endpoints.get(*endpoint)?.clone(), Purpose::Endpoint(*endpoint))
            }
            Target::Url(url) => (parse(url)?, Purpose::Api),
        };
        let mut request = plan.bare(url, purpose);
        for (name, value) in &*self.headers {
            request.headers.entry(name).or_insert_with(|| value.clone());
        }
        request
            .headers
            .entry(header::ACCEPT)
            .or_insert_with(|| HeaderValue::from_static("application/json"));
        if let Auth::Token(token) = plan.auth {
            self.provider.api_request(&mut request, token, self.keys())?;
            if !self.hooks.is_empty() {
                Box::pin(self.before_protected(&mut request, token)).await?;
            }
        }
        // What a hook may have moved is core's again.
        request.timeout = self.config.timeout;
        request.body_limit_bytes = plan.body_limit_bytes;
        request.headers.insert(header::USER_AGENT, self.config.user_agent.clone());
        request.headers.remove(header::AUTHORIZATION);
        self.check_destination(&request, plan, endpoints)?;

        let body = match plan.auth {
            Auth::Token(token) => self.place(plan, token, body, &mut request)?,
            Auth::Nobody => match body {
                Body::Form(form) => self.body_of(plan, form)?,
                other => other,
            },
            Auth::Client(way) => {
                let (mut params, other) = match body {
                    Body::Form(form) => (form, None),
                    other => (Vec::new(), Some(other)),
                };
                let before = params.len();
                let way = self.way(way, plan.target.endpoint(), endpoints)?;
                let Request { url, headers, .. } = &mut request;
                self.authenticate(way, endpoints, url, headers, &mut params).await?;
                match other {
                    Some(other) if params.len() == before => other,
                    Some(Body::Json(_)) => {
                        return Err(Error::config("this client authentication needs a form"));
                    }
                    _ => self.body_of(plan, params)?,
                }
            }
        };
        body.write(&mut request);
        for name in TRANSPORTS_OWN {
            request.headers.remove(name);
        }
        let sent = Sent::of(&request, body);
        if let Some(signer) = &self.signer {
            let token = if let Auth::Token(token) = plan.auth { Some(token) } else { None };
            signer.sign(&mut request, token, self.clock.now())?;
        }
        Ok((request, sent))
    }

    /// No request leaves for an origin that nobody named, and none in the clear.
    fn check_destination(
        &self,
        request: &Request,
        plan: &ApiRequest<'_>,
        endpoints: &Endpoints,
    ) -> Result<()> {
        let url = &request.url;
        self.config.allowed_http.check(url)?;
        // Most calls name none: an origin is 600 instructions.
        let is_allowed = !plan.allowed.is_empty() && plan.allowed.contains(&url.origin());
        // check: 91
        if !is_allowed && !endpoints.has_origin(url) {
            return Err(Error::security(
                "origin",
                "credentials go to the provider's origins alone",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::config("a URL with a user or password in it"));
        }
        Ok(())
    }

    /// The token where the call says, else where the descriptor does.
    fn place(
        &self,
        plan: &ApiRequest<'_>,
        token: &OAuth2Token,
        body: Body,
        request: &mut Request,
    ) -> Result<Body> {
        let access_token = token.access_token();
        if access_token.is_empty() {
            return Err(Error::config("the token holds a refresh token alone: refresh it first"));
        }
        if token.is_no_access_token() {
            let message = "the token is of another sort than an access token: no API takes it";
            return Err(Error::config(message).with_reason("no_access_token"));
        }
        token.check_bearer()?;
        Ok(match (plan.placed.as_deref(), body) {
            (Some(Placed::Query(name)), body) => {
                request.url.query_pairs_mut().append_pair(name, access_token.expose());
                body
            }
            (Some(Placed::Form(name)), Body::Form(mut form)) => {
                form.push((name.clone(), access_token.clone()));
                Body::Form(form)
            }
            (_, body) => {
                write_header(&self.descriptor.token_placement, access_token, request)?;
                body
            }
        })
    }

    fn body_of(&self, plan: &ApiRequest<'_>, params: Vec<(Text, Secret)>) -> Result<Body> {
        if !matches!((&plan.target, self.descriptor.token_body), (Target::Token, TokenBody::Json)) {
            return Ok(Body::Form(params));
        }
        let members = params.iter().map(|(name, value)| (name.as_ref(), value.expose()));
        let members: std::collections::BTreeMap<_, _> = members.collect();
        if members.len() < params.len() {
            let message = "a parameter comes twice, and the provider takes a JSON object";
            return Err(Error::config(message).with_reason("reserved"));
        }
        // A map of text: serde_json cannot fail on it.
        Ok(Body::Json(Secret::new(serde_json::to_string(&members).unwrap_or_default())))
    }
}

fn unsent_without_connection(error: Error) -> Error {
    if error.reason() == Some("connect") { error.with_unsent() } else { error }
}

/// A provider's refusal with what the answer says beside its body: the status, and how long to wait
/// where the provider's crate did not read it.
pub(super) fn of_response(refusal: Error, response: &Response, now: SystemTime) -> Error {
    let wait = refusal.retry_after().or_else(|| response.retry_after(now));
    refusal.with_status(response.status).with_retry_after(wait)
}

fn write_header(
    placement: &TokenPlacement,
    access_token: &Secret,
    request: &mut Request,
) -> Result<()> {
    let (name, text) = match placement {
        TokenPlacement::Bearer => {
            (&header::AUTHORIZATION, Secret::new(format!("Bearer {}", access_token.expose())))
        }
        TokenPlacement::Header(name) => (name, access_token.clone()),
    };
    let mut value = HeaderValue::from_str(text.expose())
        .map_err(|_| Error::malformed("the access token has control characters"))?;
    value.set_sensitive(true);
    request.headers.insert(name, value);
    Ok(())
}

/// A refusal by the API: RFC 6750 section 3.1, and what APIs say beyond it.
fn api_refused(response: &Response, now: SystemTime) -> Error {
    let status = response.status;
    let said = api_message(response)
        .map_or_else(String::new, |said| format!(": {}", error::bounded(&said)));
    let error = match status {
        StatusCode::UNAUTHORIZED if is_proof_refused(response, "use_dpop_nonce") => {
            Error::transport(format!("the API wants another nonce{said}"))
                .with_reason("use_dpop_nonce")
        }
        StatusCode::UNAUTHORIZED if is_proof_refused(response, "invalid_dpop_proof") => {
            Error::config(format!("the API does not accept the proof of the key{said}"))
                .with_reason("invalid_dpop_proof")
        }
        StatusCode::UNAUTHORIZED => {
            Error::denied(format!("the API does not accept the token{said}"))
                .with_reason("invalid_token")
        }
        StatusCode::FORBIDDEN => Error::denied(format!("the API forbids it with this token{said}"))
            .with_reason("forbidden"),
        StatusCode::TOO_MANY_REQUESTS => {
            Error::transport(format!("too many requests{said}")).with_reason("rate_limited")
        }
        _ if status.is_server_error() => Error::transport(format!("the API cannot answer{said}")),
        _ if status.is_redirection() => {
            Error::malformed("the API redirects, which is not followed").with_reason("redirect")
        }
        _ => Error::config(format!("the API does not take such a request{said}")),
    };
    let error = error.with_status(status).with_retry_after(response.retry_after(now));
    match reply::oauth_error(response) {
        Some(oauth) => error.with_oauth(oauth),
        None => error,
    }
}

/// RFC 9449 section 7.1: it is not the token's fault, and no other would help.
fn is_proof_refused(response: &Response, code: &str) -> bool {
    let challenges = response.headers.get_all(header::WWW_AUTHENTICATE).iter();
    let said = format!("error=\"{code}\"");
    challenges.filter_map(|value| value.to_str().ok()).any(|value| value.contains(&said))
}

/// The sentence that most APIs have in their errors.
fn api_message(response: &Response) -> Option<String> {
    let body = response.json().ok()?;
    Some(body.get("message")?.as_str()?.to_owned())
}
