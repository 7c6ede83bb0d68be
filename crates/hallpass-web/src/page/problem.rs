use std::time::Duration;

use hallpass_core::http::StatusCode;
use maud::{Markup, html};

use super::{
    Forms, Href, Page, Site,
    site::{Sheet, bdi, shown, sign},
};

/// Why a sign-in came to nothing, as far as it is the person's business.
///
/// None of it is the provider's text or the URL's: what a stranger could have written is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem<'a> {
    /// The person said no to the provider, or the provider to the person.
    Denied,
    /// The attempt is over its time.
    Expired,
    /// The application is set up wrong, or something broke here.
    Misconfigured {
        /// What finds the incident in the log. It says nothing by itself.
        reference: &'a str,
    },
    /// The provider does not answer.
    ProviderDown {
        /// How long it asked to be left alone; the header `Retry-After` is the caller's to send.
        retry_after: Option<Duration>,
    },
    /// The application said no to an account that the provider vouches for.
    Refused {
        /// The application's own words for the person.
        reason: Option<&'a str>,
    },
    /// A form came without the word that this browser was given with it.
    StaleForm,
    /// State or cookie is missing, or was spent already.
    Unknown,
    /// No provider has this name.
    UnknownProvider,
}

impl Problem<'_> {
    /// The status of the page.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Denied | Self::Refused { .. } | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::Expired => StatusCode::GONE,
            Self::Misconfigured { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ProviderDown { retry_after: None } => StatusCode::BAD_GATEWAY,
            Self::ProviderDown { retry_after: Some(_) } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unknown => StatusCode::BAD_REQUEST,
            Self::UnknownProvider => StatusCode::NOT_FOUND,
        }
    }

    fn heading(&self) -> &'static str {
        match self {
            Self::Denied => "You were not signed in",
            Self::Expired => "This sign-in took too long",
            Self::Misconfigured { .. } => "Signing in does not work right now",
            Self::ProviderDown { .. } => "The provider does not answer",
            Self::Refused { .. } => "This account may not sign in",
            Self::StaleForm => "This page was out of date",
            Self::Unknown => "This sign-in cannot be finished here",
            Self::UnknownProvider => "There is no such way to sign in",
        }
    }

    /// What the first link says.
    fn way(&self) -> &'static str {
        match self {
            Self::Denied | Self::ProviderDown { .. } | Self::StaleForm => "Try again",
            Self::Expired => "Start again",
            Self::Misconfigured { .. } => "Back to sign-in",
            Self::Refused { .. } => "Use another account",
            Self::Unknown => "Sign in here",
            Self::UnknownProvider => "See how you can sign in",
        }
    }

    fn text(&self, provider: Option<&str>) -> Markup {
        let provider = html! {
            @match provider { Some(name) => (bdi(name)), None => "the provider" }
        };
        html! {
            @match self {
                Self::Denied => p {
                    "The sign-in was cancelled, or " (provider) " did not allow it. Nothing was \
                     changed."
                },
                Self::Expired => p {
                    "A sign-in has to be finished within a few minutes, and this one was begun \
                     earlier. Nothing is lost: start it again."
                },
                Self::Misconfigured { reference } => {
                    p { "The fault is ours, not yours. Please try again later." }
                    @if let Some(reference) = shown(reference) {
                        p { "If you ask for help, give this reference: " code { (reference) } }
                    }
                },
                Self::ProviderDown { retry_after } => p {
                    "We asked " (provider) " who you are, and heard nothing. It may be out of order \
                     for a while. "
                    @match retry_after {
                        Some(wait) => { "Please try again " (in_words(*wait)) "." },
                        None => "Please try again in a few minutes.",
                    }
                },
                Self::Refused { reason } => p {
                    @match reason.and_then(shown) {
                        Some(reason) => (bdi(reason)),
                        None => "You are known, but this account is not let in.",
                    }
                },
                Self::StaleForm => p {
                    "It was open for too long, or did not come from here. Nothing was done."
                },
                Self::Unknown => p {
                    "This sign-in was not begun in this browser, or was finished already. If you \
                     came by a link that somebody sent you, do not go on with it."
                },
                Self::UnknownProvider => p { "The address may be old, or mistyped." },
            }
        }
    }
}

/// A sign-in that came to nothing: what happened, in plain words, and the way back.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ErrorPage<'a> {
    /// The application.
    pub site: Site<'a>,
    /// What happened.
    pub problem: Problem<'a>,
    /// The name of the provider, for people, as configured.
    pub provider: Option<&'a str>,
    /// Where it starts again: the login page, with the `return_to` of the attempt.
    pub again: Option<Href<'a>>,
    /// Whether that opens in a tab of its own: out of the frame that this page is in.
    pub leaves_frame: bool,
}

impl<'a> ErrorPage<'a> {
    /// A page that says what happened. Without [`with_again`](Self::with_again) the way back is the
    /// site's home.
    #[must_use]
    pub fn new(site: Site<'a>, problem: Problem<'a>) -> Self {
        Self { site, problem, provider: None, again: None, leaves_frame: false }
    }

    /// Names the provider, as configured.
    #[must_use]
    pub fn with_provider(mut self, display_name: &'a str) -> Self {
        self.provider = Some(display_name);
        self
    }

    /// Where it starts again.
    #[must_use]
    pub fn with_again(mut self, again: Href<'a>) -> Self {
        self.again = Some(again);
        self
    }

    /// The way back leaves the frame that this page is shown in, where a browser may keep no cookie
    /// of ours.
    #[must_use]
    pub fn out_of_frame(mut self) -> Self {
        self.leaves_frame = true;
        self
    }

    /// The page, with the status of its problem.
    #[must_use]
    pub fn render(&self) -> Page {
        let title = self.problem.heading();
        let target = self.leaves_frame.then_some("_blank");
        let body = html! {
            (sign(true))
            h1 { (title) }
            (self.problem.text(self.provider.and_then(shown)))
            @if self.again.is_some() || self.site.home.is_some() {
                div.acts {
                    @if let Some(again) = self.again {
                        a.go.first href=(again.as_str()) target=[target] {
                            span { (self.problem.way()) }
                        }
                    }
                    (self.site.way_home())
                }
            }
        };
        let sheet = Sheet { title, body, is_wide: false, forms: Forms::None };
        self.site.page(self.problem.status(), &sheet)
    }
}

/// `in about 3 minutes`: never sooner than `wait`.
fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    let (count, unit) = match seconds {
        0 => return "now".to_owned(),
        1..=59 => return "in a minute".to_owned(),
        60..=5_400 => (seconds.div_ceil(60), "minute"),
        5_401..=129_600 => (seconds.div_ceil(3_600), "hour"),
        129_601..=1_209_600 => (seconds.div_ceil(86_400), "day"),
        _ => return "another day".to_owned(),
    };
    format!("in about {count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
