//! What a browser is shown: the pages of hallpass-web, with what the application replaced.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use hallpass_core::{Descriptor, Error, url::form_urlencoded::byte_serialize};
use hallpass_web::{
    BaseUrl, LocalRedirect,
    page::{
        Button, ErrorPage, HostField, Href, LoginPage, Page, Policy, Problem, SignOut, SignOutPage,
        SignedOutPage, Site,
    },
};

use crate::{hosts::Hosted, sign_in::Parts};

/// `refused` is a provider and the host that was typed for it.
pub(crate) fn login(
    parts: &Parts,
    return_to: &LocalRedirect,
    refused: Option<(&str, &str)>,
) -> Response {
    let faces: Vec<_> = faces(parts).collect();
    let hrefs: Vec<_> = faces
        .iter()
        .map(|(face, _)| {
            let path = parts.link(&format!("/login/{}", face.name()));
            with_return_to(path, return_to, parts.attempts.base())
        })
        .collect();
    let buttons = faces.iter().zip(&hrefs);
    let buttons: Vec<_> = buttons
        .filter_map(|((face, hosted), href)| {
            let typed = refused.filter(|(name, _)| *name == face.name()).map(|(_, typed)| typed);
            let field = hosted.map(|hosted| field(hosted, typed));
            let button = Button::new(face, Href::new(href).ok()?);
            Some(field.map_or(button, |field| button.with_host(field)))
        })
        .collect();
    shown(parts.pages.login(&LoginPage::new(site(parts), &buttons)))
}

fn field<'a>(hosted: &'a Hosted, refused: Option<&'a str>) -> HostField<'a> {
    let field = HostField::new(&hosted.label).with_hint(&hosted.hint);
    refused.map_or(field, |typed| field.with_refused(typed, why(typed)))
}

fn why(typed: &str) -> &'static str {
    match typed.trim() {
        "" => "Say which one it is.",
        _ => "This is not one that you can sign in with here. Check how it is spelled.",
    }
}

/// All providers in the order in which they were added.
fn faces(parts: &Parts) -> impl Iterator<Item = (&Descriptor, Option<&Hosted>)> {
    let hosted_after = |count: usize| {
        let here = parts.hosted.iter().filter(move |hosted| hosted.after == count);
        here.map(|hosted| (hosted.clients.descriptor(), Some(hosted)))
    };
    let fixed = parts.providers.iter().enumerate();
    hosted_after(0).chain(fixed.flat_map(move |(at, client)| {
        std::iter::once((client.descriptor(), None)).chain(hosted_after(at + 1))
    }))
}

/// What keeps a login from its end and is no fault of the provider's or the person's, whatever kind
/// of error it is: the application, its store of tokens.
pub(crate) fn ours(
    parts: &Parts,
    provider: &str,
    error: &Error,
    return_to: &LocalRedirect,
) -> Response {
    let reference = format!("{:08x}", rand::random::<u32>());
    tracing::error!(provider, %error, reference, "a sign-in was ended by the application");
    let problem = Problem::Misconfigured { reference: &reference };
    self::problem(parts, problem, Some(provider), return_to)
}

/// What the log is told, and what the person is.
pub(crate) fn failed(
    parts: &Parts,
    provider: &str,
    error: &Error,
    return_to: &LocalRedirect,
) -> Response {
    let reference = format!("{:08x}", rand::random::<u32>());
    tracing::warn!(provider, %error, reference, "a sign-in did not come to its end");
    problem(parts, Problem::of(error, &reference), Some(provider), return_to)
}

/// `provider` is the name of one that is here.
pub(crate) fn problem(
    parts: &Parts,
    problem: Problem<'_>,
    provider: Option<&str>,
    return_to: &LocalRedirect,
) -> Response {
    let again = with_return_to(parts.link("/login"), return_to, parts.attempts.base());
    let provider = provider.and_then(|name| parts.face(name));
    let mut page = ErrorPage::new(site(parts), problem);
    if let Some(face) = provider {
        page = page.with_provider(face.display_name());
    }
    if let Ok(again) = Href::new(&again) {
        page = page.with_again(again);
    }
    let mut response = shown(parts.pages.error(&page));
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
            shown(parts.pages.sign_out(&page))
        }
        Err(_) => problem(
            parts,
            Problem::UnknownProvider,
            None,
            &LocalRedirect::home(parts.attempts.base()),
        ),
    }
}

/// `provider` is whoever was asked to sign them out too, as people call it.
pub(crate) fn signed_out(parts: &Parts, provider: Option<&str>) -> Response {
    let again = parts.link("/login");
    let mut page = SignedOutPage::new(site(parts));
    if let Ok(again) = Href::new(&again) {
        page = page.with_again(again);
    }
    if let Some(name) = provider {
        page = page.with_provider(name);
    }
    shown(parts.pages.signed_out(&page))
}

pub(crate) fn site(parts: &Parts) -> Site<'_> {
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

/// On an answer that is a page of ours: who may show it in a frame is not the application's choice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ours;

pub(crate) fn shown(page: Page) -> Response {
    let headers = page.headers(&Policy::default());
    let mut response = (page.status(), headers, page.into_html()).into_response();
    response.extensions_mut().insert(Ours);
    response
}

/// The page of a login that lost its attempt inside a frame, with a way out of the frame.
#[cfg(feature = "huggingface")]
pub(crate) fn out_of_frame(parts: &Parts, provider: &str, again: &str) -> Response {
    let mut page = ErrorPage::new(site(parts), Problem::Unknown).out_of_frame();
    if let Some(client) = parts.client(provider) {
        page = page.with_provider(client.descriptor().display_name());
    }
    if let Ok(again) = Href::new(again) {
        page = page.with_again(again);
    }
    shown(parts.pages.error(&page))
}
