use hallpass_core::http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Forms, Href, Page, style::STYLE};

/// The application whose pages these are.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Site<'a> {
    /// The application's name, for people. An empty one is left out.
    pub name: &'a str,
    /// The language of the pages ([BCP 47](https://www.rfc-editor.org/rfc/rfc5646)).
    pub lang: &'a str,
    /// Where the name in the header and the way back lead.
    pub home: Option<Href<'a>>,
}

impl<'a> Site<'a> {
    /// An application by its name. Language `en`; no home.
    #[must_use]
    pub fn new(name: &'a str) -> Self {
        Self { name, lang: "en", home: None }
    }

    /// The language that browsers and screen readers are told. The words here are English: `en-GB`
    /// is true of them, and for another language replace the pages.
    #[must_use]
    pub fn with_lang(mut self, lang: &'a str) -> Self {
        self.lang = lang;
        self
    }

    /// The application's own first page.
    #[must_use]
    pub fn with_home(mut self, home: Href<'a>) -> Self {
        self.home = Some(home);
        self
    }

    pub(super) fn page(&self, status: StatusCode, sheet: &Sheet<'_>) -> Page {
        let name = shown(self.name);
        let markup = html! {
            (DOCTYPE)
            html lang=(self.lang) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (sheet.title) @if let Some(name) = name { " – " (name) } }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    @if let Some(name) = name {
                        header {
                            @if let Some(home) = self.home {
                                a href=(home.as_str()) { (bdi(name)) }
                            } @else {
                                p { (bdi(name)) }
                            }
                        }
                    }
                    main class=[sheet.is_wide.then_some("wide")] { (sheet.body) }
                }
            }
        };
        Page::ours(status, markup.into_string(), sheet.forms)
    }

    /// The last way back.
    pub(super) fn way_home(&self) -> Markup {
        html! {
            @if let Some(home) = self.home {
                a.go href=(home.as_str()) {
                    span { "Back to " @match shown(self.name) {
                        Some(name) => (bdi(name)),
                        None => "the first page",
                    } }
                }
            }
        }
    }
}

/// What differs from page to page.
pub(super) struct Sheet<'a> {
    pub(super) title: &'a str,
    pub(super) body: Markup,
    pub(super) is_wide: bool,
    pub(super) forms: Forms,
}

/// A name that there is something of to see.
pub(super) fn shown(name: &str) -> Option<&str> {
    Some(name.trim()).filter(|name| !name.is_empty())
}

/// A name from elsewhere: whatever its direction, the words around it keep theirs.
pub(super) fn bdi(name: &str) -> Markup {
    html! { bdi { (name) } }
}

/// A sign above a heading, for the eye alone.
pub(super) fn sign(is_bad: bool) -> Markup {
    let stroke = if is_bad { "M12 7v6m0 3.5v.01" } else { "m8 12.5 2.75 2.75L16 9.5" };
    html! {
        svg.sign.bad[is_bad] width="44" height="44" viewBox="0 0 24 24" fill="none" stroke="currentColor"
            stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" {
            circle cx="12" cy="12" r="9.5" {}
            path d=(stroke) {}
        }
    }
}

/// A provider's mark. Its name stands beside it, so that a screen reader need not say it twice.
/// `svg` is drawn and escaped by core.
pub(super) fn mark(svg: &str) -> Markup {
    html! { span.mark aria-hidden="true" { (PreEscaped(svg)) } }
}
