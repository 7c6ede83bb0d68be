//! The application's hooks: after the provider's, before core's checks, in the order given.
//!
//! Callers come here in a box, and only where there are hooks: who has none pays for a look at an
//! empty list.

use std::{mem, time::SystemTime};

use super::{conceal::Sent, send::of_response};
use crate::{
    ApiRequest, Endpoint, EndpointForm, Error, Hooks, Json, OAuth2Client, OAuth2Token, Provider,
    Request, Response, Result, Secret, TokenForm, TokenReply, VerifiedCode,
    reply::{self, Granted},
    request::{Body, Target},
};

/// A hook for a request that is no token request.
#[derive(Clone, Copy)]
enum Step {
    Introspect,
    Revoke,
}

impl<P: Provider> OAuth2Client<P> {
    /// `renewed` is the token of a refresh.
    pub(super) async fn before_token(
        &self,
        mut form: TokenForm<'_>,
        renewed: Option<&OAuth2Token>,
    ) -> Result<()> {
        for hooks in &self.hooks {
            match renewed {
                None => hooks.before_token_request(&mut form).await,
                Some(token) => {
                    let done = hooks.before_refresh(&mut form, token).await;
                    done.map_err(|error| error.without_secrets(&secrets_of(token)))
                }
            }
            .map_err(before_sending)?;
        }
        Ok(())
    }

    /// What a token request brought, once hooks saw it. `renewed` is the token of a refresh.
    pub(super) async fn read_hooked(
        &self,
        response: &Response,
        code: Option<&VerifiedCode>,
        asked_at: SystemTime,
        renewed: Option<&OAuth2Token>,
    ) -> Result<Granted> {
        let mut reply = self.put_right(response, code, asked_at)?;
        if response.status.is_success() {
            self.after_token(&mut reply, renewed).await?;
        }
        self.granted(&reply, asked_at)
    }

    async fn after_token(
        &self,
        reply: &mut TokenReply<'_>,
        renewed: Option<&OAuth2Token>,
    ) -> Result<()> {
        let response = reply.response;
        for hooks in &self.hooks {
            let done = match renewed {
                None => hooks.after_token_response(reply).await,
                Some(token) => hooks.after_refresh(reply, token).await,
            };
            done.map_err(|error| {
                let renewed = renewed.map(secrets_of).unwrap_or_default();
                // check: 86 => let error = error.without_secrets(&renewed);
                let error = error.without_secrets(&received(response)).without_secrets(&renewed);
                self.answered(error, response)
            })?;
        }
        Ok(())
    }

    /// There was an answer, so that nobody takes the request for one that was never sent or
    /// refused: not by status, code or reason of a call that was made on the way, by a hook or for
    /// a key.
    pub(super) fn answered(&self, error: Error, response: &Response) -> Error {
        let error = error.of_another_call();
        let error = match error.reason() {
            Some("connect") => error.with_reason("interrupted"),
            _ => error,
        };
        of_response(error, response, self.clock.now())
    }

    pub(super) async fn before_protected(
        &self,
        request: &mut Request,
        token: &OAuth2Token,
    ) -> Result<()> {
        for hooks in &self.hooks {
            if let Err(error) = hooks.before_protected_request(request, token).await {
                let sent = self.secrets(&Sent::of(request, Body::Empty));
                let error = before_sending(error);
                // check: 86 => return Err(error);
                return Err(error.without_secrets(&sent).without_secrets(&secrets_of(token)));
            }
        }
        Ok(())
    }

    /// Nothing, where the request neither revokes nor introspects.
    pub(super) async fn before_endpoint(&self, plan: &mut ApiRequest<'_>) -> Result<()> {
        let step = match plan.target {
            Target::Named(Endpoint::Introspection) => Step::Introspect,
            Target::Named(Endpoint::Revocation) => Step::Revoke,
            _ if plan.revokes => Step::Revoke,
            Target::Named(_) | Target::Token | Target::Url(_) => return Ok(()),
        };
        let (mut params, other) = match mem::take(&mut plan.body) {
            Body::Form(form) => (form, None),
            other => (Vec::new(), Some(other)),
        };
        let mut form = EndpointForm {
            descriptor: &self.descriptor,
            params: &mut params,
            headers: &mut plan.headers,
        };
        for hooks in &self.hooks {
            step.run(&**hooks, &mut form).await.map_err(before_sending)?;
        }
        plan.body = match other {
            Some(other) if params.is_empty() => other,
            Some(Body::Json(_)) => {
                return Err(Error::config("a hook adds parameters to a request that is no form"));
            }
            _ => Body::Form(params),
        };
        Ok(())
    }
}

impl Step {
    async fn run(self, hooks: &dyn Hooks, form: &mut EndpointForm<'_>) -> Result<()> {
        match self {
            Self::Introspect => hooks.before_introspect(form).await,
            Self::Revoke => hooks.before_revoke(form).await,
        }
    }
}

/// What a hook failed with is not the provider's answer, and nothing was sent yet.
fn before_sending(error: Error) -> Error {
    error.of_another_call().with_unsent()
}

fn secrets_of(token: &OAuth2Token) -> Vec<Secret> {
    let of_user = [token.refresh_token(), token.id_token()].into_iter().flatten();
    of_user.chain([token.access_token()]).filter(|secret| !secret.is_empty()).cloned().collect()
}

/// What an answer holds that is to become a token, wherever in it.
fn received(response: &Response) -> Vec<Secret> {
    let reply = Json::Object(reply::fields(response).unwrap_or_default());
    let mut said = Vec::new();
    reply::values(&reply, "", &mut said);
    let is_secret = |name: &str| matches!(name, "access_token" | "id_token" | "refresh_token");
    let secrets = said.into_iter().filter(|(name, value)| is_secret(name) && !value.is_empty());
    secrets.map(|(_, value)| Secret::new(value)).collect()
}
