//! The token endpoint: a grant goes in, a token comes out, and nothing skips a check.

use std::{borrow::Cow, sync::Arc, time::SystemTime};

use http::{HeaderMap, Method};

use crate::{
    ApiRequest, Callback, CallbackParams, Endpoints, Error, Expected, Grant, JwtKind, OAuth2Client,
    OAuth2Token, PendingAuthorization, Provider, Response, Result, Secret, TokenForm, TokenReply,
    VerifiedClaims, VerifiedCode,
    config::checked_redirect_uri,
    pending::Bound,
    reply::{self, Granted, Source},
    request::{Auth, Body, Target},
};

/// Token types that are bound to a key: useless without it, and a sign of a mix-up.
const BOUND_TYPES: [&str; 3] = ["dpop", "mac", "pop"];

impl<P: Provider> OAuth2Client<P> {
    pub(super) async fn redeem_callback(
        &self,
        callback: Callback,
        pending: PendingAuthorization,
    ) -> Result<OAuth2Token> {
        let now = self.clock.now();
        self.provider.check_callback(&callback.0, self.keys(), now)?;
        let code = callback.verify(pending, &self.descriptor, self.client_id(), now)?;
        let endpoints = self.known_endpoints().await?;
        same_server(&code.pending.bound, &endpoints)?;
        self.redeem(Grant::new("authorization_code"), Some(&code)).await
    }

    pub(super) async fn redeem_bare_code(
        &self,
        code: Secret,
        redirect_uri: &str,
        proof: Option<Secret>,
    ) -> Result<OAuth2Token> {
        let endpoints = self.known_endpoints().await?;
        let client_id = Arc::clone(&self.config.client_id);
        let state = Secret::new("");
        let pending = PendingAuthorization {
            bound: Arc::new(Bound::new(&self.descriptor, client_id, Some(&endpoints))),
            redirect_uri: checked_redirect_uri(redirect_uri, &self.config.allowed_http)?,
            correlator_name: Cow::Borrowed("state"),
            correlator: state.clone(),
            code_name: Cow::Borrowed("code"),
            proof,
            nonce: None,
            scope: "".into(),
            max_age: None,
            token_params: Vec::new(),
            data: None,
            created_at: self.clock.now(),
        };
        let params = CallbackParams::of_code(state, code.clone());
        let code = VerifiedCode { code, params, pending };
        self.redeem(Grant::new("authorization_code"), Some(&code)).await
    }

    /// Sends one token request and reads its reply.
    pub(super) async fn redeem(
        &self,
        grant: Grant<'_>,
        code: Option<&VerifiedCode>,
    ) -> Result<OAuth2Token> {
        let Grant { grant_type, params, original } = grant;
        let is_refresh = grant_type == "refresh_token";
        if is_refresh && !self.descriptor.refresh {
            return Err(Error::unsupported("the provider issues no refresh tokens"));
        }
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
        let mut headers = HeaderMap::new();
        self.provider.token_request(&mut TokenForm {
            descriptor: &self.descriptor,
            grant_type,
            code,
            params: &mut form,
            headers: &mut headers,
        })?;

        let endpoints = self.known_endpoints().await?;
        let plan = ApiRequest {
            headers,
            body: Body::Form(form),
            auth: Auth::Client(None),
            ..ApiRequest::to(Method::POST, Target::Token)
        };
        let asked_at = self.clock.now();
        let (response, sent) = self.attempt(&plan, &endpoints).await?;
        let granted = self.read(&response, code, asked_at).map_err(|error| {
            let of_login = code.map(|code| code.pending.secrets()).unwrap_or_default();
            error.without_secrets(&self.secrets(&plan, &sent)).without_secrets(&of_login)
        })?;
        let Granted { token, id_token } = granted;
        let token = keep(token, &plan.body, original, code);
        self.check_type(&token)?;
        self.verify_id_token(token, id_token, original, code).await
    }

    fn read(
        &self,
        response: &Response,
        code: Option<&VerifiedCode>,
        asked_at: SystemTime,
    ) -> Result<Granted> {
        if let Some(refusal) = self.provider.refusal(response) {
            return Err(refusal.with_status(response.status));
        }
        let callback = code.map(VerifiedCode::params);
        let mut hook = TokenReply { response, callback, fields: None };
        if response.status.is_success() {
            self.provider.token_reply(&mut hook)?;
        }
        match &hook.fields {
            None => reply::read(response, &Source::Body, &self.descriptor, asked_at),
            Some(fields) => {
                // A hook can put a reply right; it cannot make a refusal a token.
                if let Some(oauth) = reply::oauth_error(response) {
                    let oauth = Some(oauth);
                    return Err(reply::refused(response, oauth, &self.descriptor, asked_at));
                }
                reply::read(response, &Source::Fields(&fields.0), &self.descriptor, asked_at)
            }
        }
    }

    /// RFC 6749 section 7.1, RFC 9449 section 5: a token that is bound to no key, where a key was
    /// shown, or to one that nobody has.
    fn check_type(&self, token: &OAuth2Token) -> Result<()> {
        let kind = token.token_type();
        let fits = match &self.signer {
            Some(signer) => kind.eq_ignore_ascii_case(signer.token_type()),
            None => !BOUND_TYPES.iter().any(|bound| kind.eq_ignore_ascii_case(bound)),
        };
        if fits {
            return Ok(());
        }
        Err(Error::security("key_binding", "the token is not bound to the key that signs"))
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
                    original: original.and_then(OAuth2Token::claims),
                    ..Expected::new(JwtKind::IdToken, self.client_id())
                };
                let claims: VerifiedClaims = verifier.verify(&jwt, expected, self.net()).await?;
                token.claims = Some(claims);
                token.id_token = Some(jwt);
            }
            (Some(_), None) if pending.is_some_and(PendingAuthorization::asks_openid) => {
                return Err(Error::security("id_token", "openid was asked for, and none came"));
            }
            // Without a verifier an ID token is dropped unread.
            _ => {}
        }
        Ok(token)
    }
}

fn push_code(form: &mut Vec<(crate::descriptor::Text, Secret)>, code: &VerifiedCode) {
    form.push((Cow::Borrowed("code"), code.code.clone()));
    form.push((Cow::Borrowed("redirect_uri"), Secret::new(&*code.pending.redirect_uri)));
    if let Some(verifier) = &code.pending.proof {
        form.push((Cow::Borrowed("code_verifier"), verifier.clone()));
    }
    form.extend(code.pending.token_params.iter().cloned());
}

/// RFC 6749 sections 5.1 and 6: what a reply leaves out stays as it was, or as it was asked.
fn keep(
    mut token: OAuth2Token,
    asked: &Body,
    original: Option<&OAuth2Token>,
    code: Option<&VerifiedCode>,
) -> OAuth2Token {
    if let (None, Body::Form(form)) = (&token.scope, asked) {
        let asked = form.iter().find(|(name, _)| name == "scope");
        token.scope = asked.map(|(_, scope)| scope.expose().into());
    }
    if let Some(original) = original {
        token.refresh_token = token.refresh_token.or_else(|| original.refresh_token.clone());
        token.scope = token.scope.or_else(|| original.scope.clone());
        token.id_token.clone_from(&original.id_token);
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

/// A name is not enough to tell two shops or tenants apart: their endpoints are.
fn same_server(bound: &Bound, endpoints: &Endpoints) -> Result<()> {
    let token_endpoint = bound.token_endpoint.as_deref();
    let same = token_endpoint == Some(endpoints.token().as_str())
        && bound.issuer.as_deref() == endpoints.issuer();
    if same {
        return Ok(());
    }
    Err(Error::security("endpoint", "the login was begun at another host or issuer"))
}

pub(super) fn no_refresh_token() -> Error {
    Error::denied("the token has no refresh token").with_reason("no_refresh_token")
}
