use hallpass_core::{Descriptor, http::StatusCode};
use maud::{Markup, html};

use super::{
    Forms, Href, Page, Site,
    site::{Sheet, bdi, mark, shown},
};

/// From this many on, the buttons stand in columns where there is room for them.
const MANY: usize = 8;

/// Where a person chooses how to sign in.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LoginPage<'a> {
    /// The application.
    pub site: Site<'a>,
    /// The ways to sign in, in the order in which they are shown.
    pub buttons: &'a [Button<'a>],
    /// What is said before the choice.
    pub notice: Option<Notice<'a>>,
}

/// What a login page says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// The page that was asked for is for people who signed in.
    SignInFirst,
    /// The person has just signed out.
    SignedOut,
    /// The application's own words. Never those of a URL: whoever wrote the link wrote them.
    Text(&'a str),
}

/// One way to sign in: a link, or a small form where a host has to be named first.
///
/// Either is a GET: a login begins with a redirect, and changes nothing but a cookie.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Button<'a> {
    /// Whose name and mark are shown.
    pub provider: &'a Descriptor,
    /// Where the login begins.
    pub href: Href<'a>,
    /// A second, smaller line.
    pub remark: Option<&'a str>,
    /// The host that is asked for.
    pub host: Option<HostField<'a>>,
}

/// The question for a host: the address of a shop, the name of an instance.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct HostField<'a> {
    /// The question: `Your shop's address`.
    pub label: &'a str,
    /// The name of the parameter. `host` unless set.
    pub name: &'a str,
    /// What an answer looks like: `example.myshopify.com`.
    pub hint: Option<&'a str>,
    /// What was typed, and what is wrong with it.
    pub refused: Option<(&'a str, &'a str)>,
}

impl<'a> LoginPage<'a> {
    /// A page with these ways to sign in.
    #[must_use]
    pub fn new(site: Site<'a>, buttons: &'a [Button<'a>]) -> Self {
        Self { site, buttons, notice: None }
    }

    /// Says something before the choice.
    #[must_use]
    pub fn with_notice(mut self, notice: Notice<'a>) -> Self {
        self.notice = Some(notice);
        self
    }

    /// The page: status 200, or 400 where a host was refused.
    #[must_use]
    pub fn render(&self) -> Page {
        let hosts = || self.buttons.iter().filter_map(|button| button.host);
        let is_refused = hosts().any(|host| host.refused.is_some());
        let forms = if hosts().next().is_some() { Forms::Get } else { Forms::None };
        let body = html! {
            @if let Some(notice) = self.notice.as_ref().and_then(|notice| shown(notice.text())) {
                p.notice role="status" { (notice) }
            }
            h1 { "Sign in" @if let Some(name) = shown(self.site.name) { " to " (bdi(name)) } }
            @if self.buttons.is_empty() {
                p { "There is no way to sign in yet: nobody has set one up." }
            } @else {
                p.quiet { "Choose how to continue." }
                // Safari takes a list without bullets for no list, unless told.
                ul.ways role="list" {
                    @for (at, button) in self.buttons.iter().enumerate() {
                        li { (button.markup(at, self.buttons.len() == 1)) }
                    }
                }
            }
        };
        let status = if is_refused { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let is_wide = self.buttons.len() >= MANY;
        let title = if is_refused { "Error: sign in" } else { "Sign in" };
        self.site.page(status, &Sheet { title, body, is_wide, forms })
    }
}

impl Notice<'_> {
    fn text(&self) -> &str {
        match self {
            Self::SignInFirst => "Sign in to see this page. You are taken there afterwards.",
            Self::SignedOut => "You are signed out.",
            Self::Text(text) => text,
        }
    }
}

impl<'a> Button<'a> {
    /// A link to where the login begins.
    #[must_use]
    pub fn new(provider: &'a Descriptor, href: Href<'a>) -> Self {
        Self { provider, href, remark: None, host: None }
    }

    /// A second, smaller line: `emulated on this machine`.
    #[must_use]
    pub fn with_remark(mut self, remark: &'a str) -> Self {
        self.remark = Some(remark);
        self
    }

    /// Asks for a host first. The answer is a parameter of the URL, beside those of the link.
    #[must_use]
    pub fn with_host(mut self, host: HostField<'a>) -> Self {
        self.host = Some(host);
        self
    }

    fn markup(&self, at: usize, is_alone: bool) -> Markup {
        match &self.host {
            None => html! { a.go href=(self.href.as_str()) { (self.face()) } },
            Some(host) => html! {
                details open[is_alone || host.refused.is_some()] {
                    summary { (self.face()) }
                    (host.form(self.href, at))
                }
            },
        }
    }

    fn face(&self) -> Markup {
        let name = shown(self.provider.display_name()).or_else(|| shown(self.provider.name()));
        html! {
            (mark(&self.provider.logo_svg()))
            span {
                span.quiet { "Continue with " }
                @match name { Some(name) => strong { (bdi(name)) }, None => "this account" }
                @if let Some(remark) = self.remark.and_then(shown) { small { (remark) } }
            }
        }
    }
}

impl<'a> HostField<'a> {
    /// A question, in the words of the provider's users.
    #[must_use]
    pub fn new(label: &'a str) -> Self {
        Self { label, name: "host", hint: None, refused: None }
    }

    /// The name of the parameter.
    #[must_use]
    pub fn with_name(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    /// What an answer looks like.
    #[must_use]
    pub fn with_hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Shows again what was typed, with what is wrong with it.
    #[must_use]
    pub fn with_refused(mut self, typed: &'a str, why: &'a str) -> Self {
        self.refused = Some((typed, why));
        self
    }

    fn form(&self, href: Href<'_>, at: usize) -> Markup {
        let (action, fields) = href.into_action();
        let (typed, why) = self.refused.unzip();
        let (field, hint, problem) =
            (format!("host-{at}"), format!("hint-{at}"), format!("problem-{at}"));
        let example = self.hint.and_then(shown);
        let described = match (why, example) {
            (Some(_), Some(_)) => Some(format!("{problem} {hint}")),
            (Some(_), None) => Some(problem.clone()),
            (None, Some(_)) => Some(hint.clone()),
            (None, None) => None,
        };
        html! {
            form method="get" action=(action) {
                // What the person types comes last, and once.
                @for (name, value) in fields.iter().filter(|(name, _)| name != self.name) {
                    input type="hidden" name=(name) value=(value);
                }
                label for=(field) { (shown(self.label).unwrap_or("Host")) }
                input id=(field) type="text" name=(self.name) value=[typed] required
                    maxlength="253" inputmode="url" autocapitalize="none" autocomplete="on"
                    spellcheck="false" dir="ltr" autofocus[why.is_some()] aria-invalid=[why.map(|_| "true")]
                    aria-describedby=[described];
                @if let Some(why) = why { p.problem id=(problem) { (why) } }
                @if let Some(example) = example { p.quiet id=(hint) { "Such as " (bdi(example)) } }
                button.first type="submit" { "Continue" }
            }
        }
    }
}

#[cfg(test)]
mod tests;
