//! The token endpoint: a grant goes in, a token comes out, and nothing skips a check.

use std::{borrow::Cow, sync::Arc, time::SystemTime};

use http::{HeaderMap, Method};

use super::send::of_response;
use crate::{
    ApiRequest, Callback, CallbackParams, Endpoints, Error, ErrorKind, Expected, Grant, Json,
    JwtKind, OAuth2Client, OAuth2Token, PendingAuthorization, Provider, Response, Result, Secret,
    TokenForm, TokenReply, VerifiedClaims, VerifiedCode,
    config::checked_redirect_uri,
    pending::{Bound, SKEW},
    reply::{self, Granted, Source},
    request::{Auth, Body, Target, Way},
    token::unix_seconds,
};

/// [RFC 8693](https://www.rfc-editor.org/rfc/rfc8693): what it gives may be no access token.
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Token types that are bound to a key: useless without it, and a sign of a mix-up.
const BOUND_TYPES: [&str; 3] = ["dpop", "mac", "pop"];

impl<P: Provider> OAuth2Client<P> {
    pub(super) async fn redeem_callback(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<OAuth2Token> {
        let now = self.clock.now();
        if let Err(error) = self.provider.check_callback(&callback.0, self.keys(), now) {
            // What a hook reads as a refusal counts in the callback of this login alone.
            // check: 2
            if error.kind() != ErrorKind::Security && !callback.belongs_to(&pending) {
                return Err(Error::security("state", "the callback answers another login"));
            }
            return Err(error.without_secrets(&pending.secrets()));
        }
        let code = callback.verify(pending, &self.descriptor, self.client_id(), now)?;
        let endpoints = self.known_endpoints().await?;
        // check: 10
        code.check_begun_at(&endpoints, "state", "code")?;
        self.redeem(Grant::new("authorization_code"), Some(&code), &endpoints).await
    }

    pub(super) async fn redeem_bare_code(
        &self,
        code: Secret,
        redirect_uri: &str,
        proof: Option<Secret>,
    ) -> Result<OAuth2Token> {
        let endpoints = self.known_endpoints().await?;
        // The one of all logins, where there is one: 560 instructions less.
        let bound = match &self.pinned {
            Some(pinned) => Arc::clone(pinned.plan.bound()),
            None => {
                let client_id = Arc::clone(&self.config.client_id);
                Arc::new(Bound::new(&self.descriptor, client_id, Some(&endpoints)))
            }
        };
        let state = Secret::new("");
        // That of the configuration was checked before: 2,950 instructions less.
        let redirect_uri = match &self.config.redirect_uri {
            Some(known) if **known == *redirect_uri => Arc::clone(known),
            _ => checked_redirect_uri(redirect_uri, &self.config.allowed_http)?,
        };
        let pending = PendingAuthorization {
            bound,
            redirect_uri,
            correlator_name: Cow::Borrowed("state"),
            correlator: state.clone(),
            code_name: Cow::Borrowed("code"),
            proof,
            nonce: None,
            scope: "".into(),
            max_age: None,
            acr_values: None,
            token_params: Vec::new(),
            data: None,
            created_at: self.clock.now(),
        };
        let params = CallbackParams::of_code(state, code.clone());
        let code = VerifiedCode { code, params, pending, is_bare: true };
        self.redeem(Grant::new("authorization_code"), Some(&code), &endpoints).await
    }

    /// A grant that no login goes before: a refresh, or one of the caller's.
    pub(super) async fn redeem_grant(&self, grant: Grant<'_>) -> Result<OAuth2Token> {
        if grant.grant_type == "refresh_token" {
            grant.original.map_or(Ok(()), OAuth2Token::check_bearer)?;
            if !self.descriptor.refresh {
                return Err(Error::unsupported("the provider issues no refresh tokens"));
            }
            grant.original.and_then(OAuth2Token::refresh_token).ok_or_else(no_refresh_token)?;
        }
        let endpoints = self.known_endpoints().await.map_err(Error::with_unsent)?;
        self.redeem(grant, None, &endpoints).await
    }

    /// Sends one token request and reads its reply. The endpoints are those that were compared
    /// with the login: whoever asked the provider anew might be told of others.
    async fn redeem(
        &self,
        grant: Grant<'_>,
        code: Option<&VerifiedCode>,
        endpoints: &Endpoints,
    ) -> Result<OAuth2Token> {
        let Grant { grant_type, params, original, password, has_client, asked_scope } = grant;
        let is_refresh = grant_type == "refresh_token";
        let mut form = vec![(Cow::Borrowed("grant_type"), Secret::new(grant_type))];
        if let Some(code) = code {
            push_code(&mut form, code);
        }
        if is_refresh {
            let refresh = original.and_then(OAuth2Token::refresh_token);
            let refresh = refresh.ok_or_else(no_refresh_token)?;
            form.push((Cow::Borrowed("refresh_token"), refresh.clone()));
            if let (true, Some(uri)) =
                (self.descriptor.redirect_uri_on_refresh, &self.config.redirect_uri)
            {
                form.push((Cow::Borrowed("redirect_uri"), Secret::new(&**uri)));
            }
        }
        form.extend(params);
        form.extend(password.map(|password| (Cow::Borrowed("password"), password)));
        self.config.complete(&mut form);
        let mut headers = HeaderMap::new();
        self.provider
            .token_request(&mut TokenForm {
                descriptor: &self.descriptor,
                grant_type,
                code,
                params: &mut form,
                headers: &mut headers,
            })
            .map_err(Error::with_unsent)?;
        if !self.hooks.is_empty() {
            let draft = TokenForm {
                descriptor: &self.descriptor,
                grant_type,
                code,
                params: &mut form,
                headers: &mut headers,
            };
            Box::pin(self.before_token(draft, original)).await?;
        }

        // RFC 6749 section 5.1: what a reply leaves out is as it was asked.
        let scope = form.iter().find(|(name, _)| name == "scope");
        let asked_scope = scope.map(|(_, scope)| Box::from(scope.expose())).or(asked_scope);
        let mut plan = ApiRequest {
            headers,
            body: Body::Form(form),
            auth: if has_client { Auth::Client(Way::General) } else { Auth::Nobody },
            ..ApiRequest::to(Method::POST, Target::Token)
        };
        let asked_at = self.clock.now();
        let (response, sent) = self.attempt(&mut plan, endpoints).await?;
        let granted = if self.hooks.is_empty() {
            self.read(&response, code, asked_at)
        } else {
            Box::pin(self.read_hooked(&response, code, asked_at, original)).await
        };
        let granted = granted.map_err(|error| {
            let of_login = code.map(|code| code.pending.secrets()).unwrap_or_default();
            let error = if response.status.is_success() && error.status().is_none() {
                // A hook's: nobody takes it for that of a request that was never sent.
                self.answered(error, &response)
            } else {
                error
            };
            // check: 86 => error
            error.without_secrets(&self.secrets(&sent)).without_secrets(&of_login)
        })?;
        let Granted { token, id_token } = granted;
        let token = keep(token, asked_scope, original, code);
        // check: 29
        if !(grant_type == TOKEN_EXCHANGE && token.is_no_access_token()) {
            let checked = self.check_type(token.token_type());
            checked.map_err(|error| self.answered(error, &response))?;
        }
        let verified = self.verify_id_token(token, id_token, original, code).await;
        verified.map_err(|error| self.answered(error, &response))
    }

    fn read(
        &self,
        response: &Response,
        code: Option<&VerifiedCode>,
        asked_at: SystemTime,
    ) -> Result<Granted> {
        self.granted(&self.put_right(response, code, asked_at)?, asked_at)
    }

    /// The reply as the provider's hooks leave it.
    pub(super) fn put_right<'a>(
        &self,
        response: &'a Response,
        code: Option<&'a VerifiedCode>,
        asked_at: SystemTime,
    ) -> Result<TokenReply<'a>> {
        if let Some(refusal) = self.provider.refusal(response) {
            return Err(of_response(refusal, response, asked_at));
        }
        let callback = code.map(VerifiedCode::params);
        let mut hook = TokenReply { response, callback, fields: None };
        if response.status.is_success() {
            self.provider.token_reply(&mut hook)?;
        }
        Ok(hook)
    }

    /// What a reply comes to, whatever hooks made of it.
    pub(super) fn granted(&self, reply: &TokenReply<'_>, asked_at: SystemTime) -> Result<Granted> {
        let response = reply.response;
        match &reply.fields {
            None => reply::read(response, &Source::Body, &self.descriptor, asked_at),
            Some(fields) => {
                // A hook can put a reply right; it cannot make a refusal a token.
                // check: 28
                if let Some(oauth) = reply::oauth_error(response) {
                    let oauth = Some(oauth);
                    return Err(reply::refused(response, oauth, &self.descriptor, asked_at));
                }
                let put_right = &Source::Fields(&fields.0);
                let granted = reply::read(response, put_right, &self.descriptor, asked_at)?;
                self.check_moved(&granted.token, response)?;
                Ok(granted)
            }
        }
    }

    /// A hook moves what the reply says, and makes nothing up: the token stands somewhere in the
    /// reply, and so does the type that shows its key. Every `token_type` there counts.
    fn check_moved(&self, token: &OAuth2Token, response: &Response) -> Result<()> {
        let mut said = Vec::new();
        let reply = Json::Object(reply::fields(response)?);
        reply::values(&reply, "", &mut said);
        if !said.iter().any(|(_, value)| token.access_token.matches(value)) {
            return Err(Error::malformed("an access_token that the reply does not hold"));
        }
        for (_, kind) in said.iter().filter(|(name, _)| *name == "token_type") {
            // What is for no API has no key; whether it may be so, the grant says.
            // check: 29
            if !kind.eq_ignore_ascii_case("N_A") {
                self.check_type(kind)?;
            }
        }
        let kind = token.token_type();
        // check: 29
        if self.signer.is_some() && !said.iter().any(|(_, value)| value.eq_ignore_ascii_case(kind))
        {
            return Err(unbound());
        }
        Ok(())
    }

    /// RFC 6749 section 7.1, RFC 9449 section 5: a token that is bound to no key, where a key was
    /// shown, or to one that nobody has.
    fn check_type(&self, kind: &str) -> Result<()> {
        let fits = match &self.signer {
            // check: 29 => true
            Some(signer) => kind.eq_ignore_ascii_case(signer.token_type()),
            // check: 29 => true
            None => !BOUND_TYPES.iter().any(|bound| kind.eq_ignore_ascii_case(bound)),
        };
        if fits { Ok(()) } else { Err(unbound()) }
    }

    async fn verify_id_token(
        &self,
        mut token: OAuth2Token,
        id_token: Option<Secret>,
        original: Option<&OAuth2Token>,
        code: Option<&VerifiedCode>,
    ) -> Result<OAuth2Token> {
        let pending = code.map(|code| &code.pending);
        match (self.provider.id_tokens(), id_token) {
            (Some(verifier), Some(jwt)) => {
                let nonce = pending.filter(|_| self.descriptor.nonce_echoed);
                let expected = Expected {
                    nonce: nonce.and_then(|pending| pending.nonce.as_ref()),
                    max_age: pending.and_then(|pending| pending.max_age),
                    access_token: Some(&token.access_token),
                    code: code.map(VerifiedCode::code),
                    original: original.and_then(OAuth2Token::claims),
                    ..Expected::new(JwtKind::IdToken, self.client_id())
                };
                let claims: VerifiedClaims = verifier.verify(&jwt, expected, self.net()).await?;
                check_claims(&claims, expected, self.clock.now())?;
                self.check_login(&claims, code)?;
                // check: 39 => token.claims = Some(claims);
                token.claims = Some(claims.continuing(expected.original));
                token.id_token = Some(jwt);
            }
            (Some(_), None) if pending.is_some_and(PendingAuthorization::asks_openid) => {
                return Err(Error::security("id_token", "openid was asked for, and none came"));
            }
            // check: 11
            (None, _) if pending.is_some_and(|pending| pending.nonce.is_some()) => {
                return Err(Error::security(
                    "id_token",
                    "a nonce was sent, and nobody compares it",
                ));
            }
            // Without a verifier an ID token is dropped unread.
            _ => {}
        }
        Ok(token)
    }
}

impl<P: Provider> OAuth2Client<P> {
    /// What the login asked of the ID token, and the verifier is not told.
    fn check_login(&self, claims: &VerifiedClaims, code: Option<&VerifiedCode>) -> Result<()> {
        let Some(code) = code else { return Ok(()) };
        if let Some(wanted) = &code.pending.acr_values {
            let acr = claims.get("acr").and_then(Json::as_str);
            // check: 68
            if !acr.is_some_and(|acr| wanted.split(' ').any(|wanted| wanted == acr)) {
                return Err(Error::security("acr", "the user did not sign in as was asked"));
            }
        }
        // Whoever brings a bare code answers for the nonce.
        let sent_none = code.pending.nonce.is_none() && !code.is_bare;
        // check: 8
        if sent_none && self.descriptor.nonce_echoed && nonce_of(claims).is_some() {
            return Err(Error::security("nonce", "the ID token has a nonce that nobody sent"));
        }
        Ok(())
    }
}

fn push_code(form: &mut Vec<(crate::descriptor::Text, Secret)>, code: &VerifiedCode) {
    form.push((Cow::Borrowed("code"), code.code.clone()));
    // check: 12
    form.push((Cow::Borrowed("redirect_uri"), Secret::new(&*code.pending.redirect_uri)));
    if let Some(verifier) = &code.pending.proof {
        form.push((Cow::Borrowed("code_verifier"), verifier.clone()));
    }
    form.extend(code.pending.token_params.iter().cloned());
}

/// What core knows of the login is compared by core too, whoever wrote the verifier: the nonce may
/// be all that ties the code to it ([OpenID Connect Core, sections 3.1.3.7 and
/// 12.2](https://openid.net/specs/openid-connect-core-1_0.html)).
#[allow(clippy::cast_precision_loss, reason = "a time in seconds is exact for aeons")]
fn check_claims(claims: &VerifiedClaims, expected: Expected<'_>, now: SystemTime) -> Result<()> {
    let nonce = claims.get("nonce").and_then(Json::as_str).unwrap_or_default();
    // check: 8, 11
    if expected.nonce.is_some_and(|want| !want.matches(nonce)) {
        return Err(Error::security("nonce", "the ID token is for another login"));
    }
    if let Some(max_age) = expected.max_age {
        let signed_in = claims.get("auth_time").and_then(Json::as_f64).unwrap_or_default();
        let age = unix_seconds(now) as f64 - signed_in;
        // check: 68
        if age > (max_age + SKEW).as_secs_f64() {
            return Err(Error::security("auth_time", "the user signed in too long ago"));
        }
        // check: 68
        if age < -SKEW.as_secs_f64() {
            return Err(Error::security("auth_time", "the user signed in in the future"));
        }
    }
    let Some(original) = expected.original else { return Ok(()) };
    // check: 39
    if original.subject() != claims.subject() {
        return Err(Error::security("subject", "the ID token is about somebody else"));
    }
    let nonces = (nonce_of(claims), nonce_of(original));
    // check: 39
    if matches!(nonces, (Some(new), Some(old)) if new != old) {
        return Err(Error::security("nonce", "the ID token is for another login"));
    }
    Ok(())
}

/// Of whatever type: only a null says no more than a claim that is left out.
fn nonce_of(claims: &VerifiedClaims) -> Option<&Json> {
    claims.get("nonce").filter(|nonce| !nonce.is_null())
}

/// RFC 6749 sections 5.1 and 6: what a reply leaves out stays as it was, or as it was asked.
fn keep(
    mut token: OAuth2Token,
    asked_scope: Option<Box<str>>,
    original: Option<&OAuth2Token>,
    code: Option<&VerifiedCode>,
) -> OAuth2Token {
    token.scope = token.scope.or(asked_scope);
    if let Some(original) = original {
        // check: 36
        token.refresh_token = token.refresh_token.or_else(|| original.refresh_token.clone());
        // check: 36
        token.scope = token.scope.or_else(|| original.scope.clone());
        token.id_token.clone_from(&original.id_token);
        // check: 36
        token.claims.clone_from(&original.claims);
    }
    if let Some(code) = code {
        let asked = &code.pending.scope;
        if token.scope.is_none() && !asked.is_empty() {
            token.scope = Some((**asked).into());
        }
    }
    token
}

fn unbound() -> Error {
    Error::security("key_binding", "the token is not bound to the key that signs")
}

pub(super) fn no_refresh_token() -> Error {
    Error::denied("the token has no refresh token").with_reason("no_refresh_token")
}
