//! What a browser is shown: the pages of hallpass-web, with what the application replaced.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use hallpass_core::url::form_urlencoded::byte_serialize;
use hallpass_web::{
    BaseUrl, LocalRedirect,
    page::{Button, ErrorPage, Href, LoginPage, Page, Policy, Problem, SignOut, SignOutPage, Site},
};

use crate::sign_in::Parts;

pub(crate) fn login(parts: &Parts, return_to: &LocalRedirect) -> Response {
    let hrefs: Vec<_> = parts
        .providers
        .iter()
        .map(|client| {
            let path = format!("/login/{}", client.descriptor().name());
            with_return_to(parts.link(&path), return_to, parts.attempts.base())
        })
        .collect();
    let clients = parts.providers.iter().zip(&hrefs);
    let buttons: Vec<_> = clients
        .filter_map(|(client, href)| Some(Button::new(client.descriptor(), Href::new(href).ok()?)))
        .collect();
    shown(&parts.pages.login(&LoginPage::new(site(parts), &buttons)))
}

/// `provider` is the name of one that is here.
pub(crate) fn problem(
    parts: &Parts,
    problem: Problem<'_>,
    provider: Option<&str>,
    return_to: &LocalRedirect,
) -> Response {
    let again = with_return_to(parts.link("/login"), return_to, parts.attempts.base());
    let provider = provider.and_then(|name| parts.client(name));
    let mut page = ErrorPage::new(site(parts), problem);
    if let Some(client) = provider {
        page = page.with_provider(client.descriptor().display_name());
    }
    if let Ok(again) = Href::new(&again) {
        page = page.with_again(again);
    }
    let mut response = shown(&parts.pages.error(&page));
    if let Problem::ProviderDown { retry_after: Some(wait) } = problem {
        response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
    }
    response
}

/// The question, with the word that its form must repeat.
pub(crate) fn sign_out(parts: &Parts, token: &str) -> Response {
    let action = parts.link("/logout");
    match Href::new(&action) {
        Ok(action) => {
            let page = SignOutPage::new(site(parts), SignOut::new(action, token));
            shown(&parts.pages.sign_out(&page))
        }
        Err(_) => problem(
            parts,
            Problem::UnknownProvider,
            None,
            &LocalRedirect::home(parts.attempts.base()),
        ),
    }
}

fn site(parts: &Parts) -> Site<'_> {
    let site = Site::new(&parts.name);
    match Href::new(parts.attempts.base().path()) {
        Ok(home) => site.with_home(home),
        Err(_) => site,
    }
}

pub(crate) fn with_return_to(path: String, return_to: &LocalRedirect, base: &BaseUrl) -> String {
    if *return_to == LocalRedirect::home(base) {
        return path;
    }
    let return_to: String = byte_serialize(return_to.as_str().as_bytes()).collect();
    format!("{path}?return_to={return_to}")
}

fn shown(page: &Page) -> Response {
    let headers = page.headers(&Policy::default());
    (page.status(), headers, page.html().to_owned()).into_response()
}
