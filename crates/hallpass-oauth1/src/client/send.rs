//! From what a caller wants to what goes on the wire: every check, then the signature.

use hallpass_core::{
    ApiRequest, Error, Request, Response, Result, Secret,
    http::{HeaderName, HeaderValue, Method, header},
    url::{Origin, form_urlencoded},
};

use super::observe;
use crate::{
    OAuth1Client, Placement, RequestParts, Signed, Signer, TokenCredentials,
    reply::{self, Granted, Step},
};

/// Headers that only the transport writes: with `Host` a request would go to another server behind
/// the same address than the one that it was signed for.
const TRANSPORTS_OWN: [HeaderName; 3] =
    [header::CONTENT_LENGTH, header::HOST, header::TRANSFER_ENCODING];

/// In whose name, and what the step of a login brings.
#[derive(Default)]
pub(super) struct Signing<'a> {
    pub(super) token: Option<&'a TokenCredentials>,
    pub(super) callback: Option<&'a str>,
    pub(super) verifier: Option<&'a str>,
}

impl OAuth1Client {
    /// One step of a login.
    pub(super) async fn ask(
        &self,
        request: Request,
        step: Step,
        signing: &Signing<'_>,
    ) -> Result<Granted> {
        // A body that is no form is not there to be hashed, and a GET has no form at all.
        let signer = self.signer.clone().without_body_hash();
        let signer = match (signer.placement(), &request.method) {
            (Placement::Form, &Method::GET | &Method::HEAD) => {
                signer.with_placement(Placement::Header)
            }
            _ => signer,
        };
        let (response, sent) = self.exchange(request, Some((&signer, signing)), "*/*").await?;
        let read = match response.status.is_success() {
            true => Granted::read(&response),
            false => Err(reply::refused(&response, step, self.clock.now())),
        };
        read.map_err(|error| error.without_secrets(&sent))
    }

    /// An API call, and an error of every answer outside 2xx.
    pub(super) async fn send_checked(&self, request: ApiRequest<'_>) -> Result<Response> {
        let allowed: Vec<Origin> = request.allowed_origins().to_vec();
        let is_of_client = request.is_of_client();
        let (request, token) = request.into_request().map_err(Error::with_unsent)?;
        self.check_destination(&request, &allowed).map_err(Error::with_unsent)?;
        let token = token.map(TokenCredentials::of).transpose().map_err(Error::with_unsent)?;
        let signing = Signing { token: token.as_ref(), ..Signing::default() };
        // The header, where there is no form that could get longer.
        let is_bodiless = request.body.is_empty();
        let signer = match self.signer.placement() {
            Placement::Form if is_bodiless => self.signer.clone().with_placement(Placement::Header),
            _ => self.signer.clone(),
        };
        let signed = (token.is_some() || is_of_client).then_some((&signer, &signing));
        let (response, sent) = self.exchange(request, signed, "application/json").await?;
        if response.status.is_success() {
            return Ok(response);
        }
        let error = reply::refused(&response, Step::Api, self.clock.now());
        // check: 86 => Err(error)
        Err(error.without_secrets(&sent))
    }

    /// No request is signed for an origin that nobody named, and none leaves in the clear.
    fn check_destination(&self, request: &Request, allowed: &[Origin]) -> Result<()> {
        let url = &request.url;
        self.common.check_destination(url)?;
        let origin = url.origin();
        if !self.endpoints.origins.contains(&origin) && !allowed.contains(&origin) {
            let message = "requests are signed for the provider's origins alone";
            return Err(Error::security("origin", message));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::config("a URL with a user or password in it"));
        }
        Ok(())
    }

    /// Signs and sends, once. Gives back what must not come back in an error.
    async fn exchange(
        &self,
        mut request: Request,
        signing: Option<(&Signer, &Signing<'_>)>,
        accept: &'static str,
    ) -> Result<(Response, Vec<Secret>)> {
        for name in TRANSPORTS_OWN {
            request.headers.remove(name);
        }
        request.timeout = self.common.timeout;
        let accept = HeaderValue::from_static(accept);
        request.headers.entry(header::ACCEPT).or_insert(accept);
        request.headers.insert(header::USER_AGENT, self.common.user_agent.clone());
        let mut sent = secrets_of(&request);
        if let Some((signer, signing)) = signing {
            let signed = sign(signer, &request, signing).map_err(Error::with_unsent)?;
            sent.extend(self.secrets_of_signature(signing, &signed));
            apply(signed, &mut request);
        }
        // The longest first, so that one within another does not save the rest of it.
        sent.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        let response = self.http.send(request).await.map_err(|error| match error.reason() {
            Some("connect") => error.with_unsent(),
            _ => error,
        })?;
        observe::answered(response.status);
        Ok((response, sent))
    }

    fn secrets_of_signature(&self, signing: &Signing<'_>, signed: &Signed) -> Vec<Secret> {
        let token = signing.token.map(|token| [token.token().clone(), token.secret().clone()]);
        let text = match signed {
            Signed::Header(value) => Secret::new(String::from_utf8_lossy(value.as_bytes())),
            Signed::Query(text) | Signed::Form(text) => text.clone(),
        };
        // The signature: what is said of the client and of the request helps in an error.
        let signature = text.expose().split_once("oauth_signature=").map(|(_, value)| {
            let value = value.trim_matches('"');
            let decoded = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            [Secret::new(value), Secret::new(decoded)]
        });
        let mut secrets: Vec<_> = self.signer.secrets().cloned().into_iter().collect();
        secrets.extend(token.into_iter().flatten());
        secrets.extend(signing.verifier.map(Secret::new));
        secrets.extend(signature.into_iter().flatten());
        secrets.push(text);
        secrets
    }
}

fn sign(signer: &Signer, request: &Request, signing: &Signing<'_>) -> Result<Signed> {
    let mut parts = RequestParts::new(&request.method, &request.url);
    parts = parts.with_headers(&request.headers, &request.body);
    if let Some(callback) = signing.callback {
        parts = parts.with_callback(callback);
    }
    if let Some(verifier) = signing.verifier {
        parts = parts.with_verifier(verifier);
    }
    signer.sign(&parts, signing.token)
}

fn apply(signed: Signed, request: &mut Request) {
    match signed {
        Signed::Header(value) => {
            request.headers.insert(header::AUTHORIZATION, value);
        }
        Signed::Query(added) => {
            let query = match request.url.query() {
                Some(query) if !query.is_empty() => {
                    Secret::new(format!("{query}&{}", added.expose()))
                }
                _ => added,
            };
            request.url.set_query(Some(query.expose()));
        }
        Signed::Form(added) => {
            if request.body.is_empty() {
                let form = HeaderValue::from_static("application/x-www-form-urlencoded");
                request.headers.entry(header::CONTENT_TYPE).or_insert(form);
            } else {
                request.body.push(b'&');
            }
            request.body.extend_from_slice(added.expose().as_bytes());
        }
    }
}

/// What the caller put into the request: the server may repeat it.
fn secrets_of(request: &Request) -> Vec<Secret> {
    let of_form = |text: &[u8]| -> Vec<Secret> {
        form_urlencoded::parse(text).map(|(_, value)| Secret::new(value)).collect()
    };
    let mut secrets = of_form(request.url.query().unwrap_or_default().as_bytes());
    let parts = RequestParts::new(&request.method, &request.url);
    if parts.with_headers(&request.headers, &request.body).is_form() {
        secrets.extend(of_form(&request.body));
    } else {
        let json = serde_json::from_slice(&request.body).unwrap_or_default();
        push_text(&json, &mut secrets);
    }
    let headers = request.headers.values().filter(|value| value.is_sensitive());
    secrets.extend(headers.map(|value| Secret::new(String::from_utf8_lossy(value.as_bytes()))));
    secrets
}

/// The text and the numbers in a JSON body, at whatever depth.
fn push_text(value: &hallpass_core::Json, secrets: &mut Vec<Secret>) {
    use hallpass_core::Json;
    match value {
        Json::String(text) => secrets.push(text.as_str().into()),
        Json::Array(list) => list.iter().for_each(|value| push_text(value, secrets)),
        Json::Object(members) => members.values().for_each(|value| push_text(value, secrets)),
        Json::Number(number) => secrets.push(Secret::new(number.to_string())),
        Json::Null | Json::Bool(_) => {}
    }
}
