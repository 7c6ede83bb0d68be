//! What an application puts on its own pages of who is signed in, and a page for one that has none.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts, OriginalUri},
    http::{StatusCode, request::Parts as RequestParts},
    response::{IntoResponse, Response},
};
use hallpass_core::EmailVerification;
use hallpass_web::page::{Href, Page, ProfilePage, SignOut};
use tower_sessions::Session;

use crate::{Identity, guard, page, sign_in::Parts};

/// A page of hallpass-web as an answer of axum, with its status and the headers that go with it.
#[derive(Debug)]
pub struct Show(pub Page);

impl IntoResponse for Show {
    fn into_response(self) -> Response {
        page::shown(self.0)
    }
}

/// The form that signs out, for a page of the application's own: a POST of `csrf` to
/// [`action`](Self::action). 401 if nobody is signed in; `Option<SignOutForm>` for pages that anybody
/// may see.
///
/// ```
/// use axum::response::Html;
/// use hallpass_axum::{Identity, SignOutForm};
///
/// async fn header(who: Identity, form: SignOutForm) -> Html<String> {
///     // Neither of the two needs escaping; a name does.
///     let (action, csrf) = (form.action(), form.csrf());
///     Html(format!(
///         r#"<form method="post" action="{action}"><input type="hidden" name="csrf" value="{csrf}">
///         <button>Sign out</button></form>"#
///     ))
/// }
/// ```
///
/// `Debug` does not show the word.
pub struct SignOutForm {
    action: String,
    csrf: String,
}

impl SignOutForm {
    /// Where the form goes: a path of plain ASCII.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// What the field `csrf` must say: hexadecimal digits.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl std::fmt::Debug for SignOutForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignOutForm").field("action", &self.action).finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignOutForm {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut RequestParts, state: &S) -> Result<Self, Response> {
        let form = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        form.ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for SignOutForm {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut RequestParts, _: &S) -> Result<Option<Self>, Response> {
        let (sign_in, session) = here(parts).map_err(IntoResponse::into_response)?;
        let csrf = guard::csrf(&session).await.map_err(|error| unknown(&error))?;
        Ok(csrf.map(|csrf| Self { action: sign_in.link("/logout"), csrf }))
    }
}

/// A page about who is signed in, for an application that has none of its own: with the way to
/// another provider and the way out.
///
/// ```
/// use axum::{Router, routing::get};
///
/// let app: Router = Router::new().route("/", get(hallpass_axum::profile));
/// ```
pub async fn profile(OriginalUri(uri): OriginalUri, mut request: RequestParts) -> Response {
    shown(uri.path(), &mut request).await.unwrap_or_else(|refusal| refusal)
}

async fn shown(path: &str, request: &mut RequestParts) -> Result<Response, Response> {
    let who = <Identity as FromRequestParts<()>>::from_request_parts(request, &()).await?;
    let form = <SignOutForm as FromRequestParts<()>>::from_request_parts(request, &()).await?;
    let (sign_in, _) = here(request).map_err(IntoResponse::into_response)?;
    let another = sign_in.link("/login");
    let Some(provider) = sign_in.face(&who.provider) else {
        // Of a provider that was taken out of the configuration.
        return Err(StatusCode::UNAUTHORIZED.into_response());
    };
    let (Ok(action), Ok(another)) = (Href::new(form.action()), Href::new(&another)) else {
        return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    };
    let sign_out = SignOut::new(action, form.csrf());
    let verification = match who.is_email_verified {
        Some(true) => EmailVerification::Verified,
        Some(false) => EmailVerification::Unverified,
        None => EmailVerification::Unknown,
    };
    let mut site = page::site(&sign_in);
    if path == "/" {
        // No way back to where one is.
        site.home = None;
    }
    let page = ProfilePage::new(site, provider, &who.id, sign_out)
        .with_name(who.name.as_deref())
        .with_username(who.username.as_deref())
        .with_email(who.email.as_deref(), verification)
        .with_another(another);
    Ok(Show(page.render()).into_response())
}

fn here(parts: &RequestParts) -> Result<(Arc<Parts>, Session), StatusCode> {
    let sign_in = parts.extensions.get::<Arc<Parts>>().cloned();
    let session = parts.extensions.get::<Session>().cloned();
    sign_in.zip(session).ok_or_else(|| {
        tracing::error!("this route has no session: it was added after SignIn::attach");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}

fn unknown(error: &tower_sessions::session::Error) -> Response {
    tracing::error!(%error, "a session cannot be read");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
