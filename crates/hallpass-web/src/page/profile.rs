use std::fmt;

use hallpass_core::{Descriptor, EmailVerification, http::StatusCode};
use maud::{Markup, html};

use super::{
    Forms, Href, Page, Site,
    site::{Sheet, bdi, mark, shown, sign},
};

/// Who is signed in, for an application that has no such page of its own.
///
/// `Debug` shows no personal data.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ProfilePage<'a> {
    /// The application.
    pub site: Site<'a>,
    /// Who vouches for the person.
    pub provider: &'a Descriptor,
    /// The provider's stable id of the person.
    pub id: &'a str,
    /// The full name.
    pub name: Option<&'a str>,
    /// The handle.
    pub username: Option<&'a str>,
    /// The address, and what the provider says of it.
    pub email: Option<(&'a str, EmailVerification)>,
    /// The login page, to sign in with another provider.
    pub another: Option<Href<'a>>,
    /// How the person signs out.
    pub sign_out: SignOut<'a>,
}

/// The form that signs a person out: a POST, so that no link and no image does it.
///
/// `Debug` does not show the token.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct SignOut<'a> {
    /// Where the form goes.
    pub action: Href<'a>,
    /// The name of the field with the token. `csrf` unless set.
    pub field: &'a str,
    /// What the browser was given, and has to send back.
    pub token: &'a str,
}

/// What a person sees who comes to sign out by a link: the question, and the button that does it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SignOutPage<'a> {
    /// The application.
    pub site: Site<'a>,
    /// The button.
    pub sign_out: SignOut<'a>,
}

/// The end of a session that leads nowhere else.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SignedOutPage<'a> {
    /// The application.
    pub site: Site<'a>,
    /// The login page.
    pub again: Option<Href<'a>>,
    /// Who was asked to sign them out as well.
    pub provider: Option<&'a str>,
}

impl<'a> ProfilePage<'a> {
    /// A page about the person whom `provider` knows by `id`.
    #[must_use]
    pub fn new(
        site: Site<'a>,
        provider: &'a Descriptor,
        id: &'a str,
        sign_out: SignOut<'a>,
    ) -> Self {
        let (name, username, email, another) = (None, None, None, None);
        Self { site, provider, id, name, username, email, another, sign_out }
    }

    /// The full name.
    #[must_use]
    pub fn with_name(mut self, name: Option<&'a str>) -> Self {
        self.name = name;
        self
    }

    /// The handle.
    #[must_use]
    pub fn with_username(mut self, username: Option<&'a str>) -> Self {
        self.username = username;
        self
    }

    /// The address. The page says whether it was proven.
    #[must_use]
    pub fn with_email(mut self, email: Option<&'a str>, verification: EmailVerification) -> Self {
        self.email = email.map(|email| (email, verification));
        self
    }

    /// Offers the login page, to sign in with another provider.
    #[must_use]
    pub fn with_another(mut self, login: Href<'a>) -> Self {
        self.another = Some(login);
        self
    }

    /// The page, with status 200.
    #[must_use]
    pub fn render(&self) -> Page {
        let by = shown(self.provider.display_name()).or_else(|| shown(self.provider.name()));
        let by = by.unwrap_or("the provider");
        let username = self.username.and_then(shown);
        let name = self.name.and_then(shown).or(username);
        let body = html! {
            div.who {
                (mark(&self.provider.logo_svg()))
                div {
                    h1 { @match name { Some(name) => (bdi(name)), None => "You are signed in" } }
                    p.quiet { "Signed in with " (bdi(by)) }
                }
            }
            dl {
                @if let Some(username) = username {
                    (row("Username", &bdi(username)))
                }
                @if let Some((email, verification)) = self.email.filter(|(it, _)| shown(it).is_some())
                {
                    (row("Email", &html! {
                        bdi { (email) } br; span.quiet { (said_of(verification, by)) }
                    }))
                }
                @if let Some(id) = shown(self.id) { (row("Id", &html! { code { (bdi(id)) } })) }
            }
            div.acts {
                @if let Some(another) = self.another {
                    a.go href=(another.as_str()) { span { "Sign in with another provider" } }
                }
                (self.sign_out.form(false))
                (self.site.way_home())
            }
        };
        let sheet = Sheet { title: "Your account", body, is_wide: false, forms: Forms::Post };
        self.site.page(StatusCode::OK, &sheet)
    }
}

fn row(term: &str, description: &Markup) -> Markup {
    html! { div { dt { (term) } dd { (description) } } }
}

fn said_of(verification: EmailVerification, provider: &str) -> Markup {
    match verification {
        EmailVerification::Verified => html! { "Confirmed, says " (bdi(provider)) },
        EmailVerification::Unverified => html! { "Not confirmed, says " (bdi(provider)) },
        // Whatever else may be said one day, it is no proof.
        _ => html! { (bdi(provider)) " does not say whether it is confirmed" },
    }
}

impl<'a> SignOut<'a> {
    /// A form that posts `token` in the field `csrf`.
    #[must_use]
    pub fn new(action: Href<'a>, token: &'a str) -> Self {
        Self { action, field: "csrf", token }
    }

    /// The name of the field with the token.
    #[must_use]
    pub fn with_field(mut self, field: &'a str) -> Self {
        self.field = field;
        self
    }

    fn form(&self, is_first: bool) -> Markup {
        html! {
            form method="post" action=(self.action.as_str()) {
                input type="hidden" name=(self.field) value=(self.token);
                button class=[is_first.then_some("first")] type="submit" { "Sign out" }
            }
        }
    }
}

impl<'a> SignOutPage<'a> {
    /// A page that asks first.
    #[must_use]
    pub fn new(site: Site<'a>, sign_out: SignOut<'a>) -> Self {
        Self { site, sign_out }
    }

    /// The page, with status 200.
    #[must_use]
    pub fn render(&self) -> Page {
        let body = html! {
            h1 { "Sign out?" }
            p {
                "You can sign in again at any time."
            }
            div.acts { (self.sign_out.form(true)) (self.site.way_home()) }
        };
        let sheet = Sheet { title: "Sign out", body, is_wide: false, forms: Forms::Post };
        self.site.page(StatusCode::OK, &sheet)
    }
}

impl<'a> SignedOutPage<'a> {
    /// A page that says so.
    #[must_use]
    pub fn new(site: Site<'a>) -> Self {
        Self { site, again: None, provider: None }
    }

    /// Offers the login page.
    #[must_use]
    pub fn with_again(mut self, login: Href<'a>) -> Self {
        self.again = Some(login);
        self
    }

    /// For who comes back from the provider's own page to sign out.
    #[must_use]
    pub fn with_provider(mut self, name: &'a str) -> Self {
        self.provider = Some(name);
        self
    }

    /// The page, with status 200.
    #[must_use]
    pub fn render(&self) -> Page {
        let body = html! {
            (sign(false))
            h1 { "You are signed out" }
            @if let Some(provider) = self.provider {
                p { (provider) " was asked to sign you out as well." }
            } @else {
                p { "On a computer that others use too, sign out of the account that you came \
                     with as well." }
            }
            @if self.again.is_some() || self.site.home.is_some() {
                div.acts {
                    @if let Some(again) = self.again {
                        a.go.first href=(again.as_str()) { span { "Sign in again" } }
                    }
                    (self.site.way_home())
                }
            }
        };
        let sheet = Sheet { title: "Signed out", body, is_wide: false, forms: Forms::None };
        self.site.page(StatusCode::OK, &sheet)
    }
}

impl fmt::Debug for ProfilePage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfilePage")
            .field("site", &self.site)
            .field("provider", &self.provider.name())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignOut")
            .field("action", &self.action)
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
