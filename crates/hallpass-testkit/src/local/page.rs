//! What a person sees. Everything from outside is text to maud, and so escaped.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A choice on the page.
pub(super) struct Person {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) detail: String,
}

/// Who asks whom for what.
pub(super) struct Question<'a> {
    pub(super) provider: &'a str,
    /// Drawn and escaped by core.
    pub(super) logo_svg: String,
    pub(super) is_emulated: bool,
    pub(super) client: &'a str,
    /// The code that a device shows: the user compares the two.
    pub(super) user_code: Option<&'a str>,
    pub(super) scopes: &'a [String],
    pub(super) people: &'a [Person],
    /// Where the form goes, on this server.
    pub(super) action: &'a str,
    /// The word that makes the form good, once.
    pub(super) word: &'a str,
}

pub(super) fn question(question: &Question<'_>) -> Markup {
    let title = format!("Sign in with {}", question.provider);
    let body = html! {
        header {
            (PreEscaped(&question.logo_svg))
            p { (question.provider) @if question.is_emulated { ", emulated" } }
        }
        h1 { (question.client) " asks to sign you in" }
        @if let Some(code) = question.user_code {
            p { "Go on only if your device shows " strong { (code) } "." }
        }
        @if question.scopes.is_empty() {
            p { "It asks for no permissions by name." }
        } @else {
            p #asks { "It asks for:" }
            ul aria-labelledby="asks" { @for scope in question.scopes { li { code { (scope) } } } }
        }
        form method="post" action=(question.action) {
            input type="hidden" name="page" value=(question.word);
            fieldset {
                legend { "Sign in as" }
                @for (at, person) in question.people.iter().enumerate() {
                    label {
                        input type="radio" name="user" value=(person.key) checked[at == 0] required;
                        span { strong { (person.title) } small { (person.detail) } }
                    }
                }
            }
            div.buttons {
                button.allow type="submit" name="decision" value="allow" { "Allow" }
                button type="submit" name="decision" value="deny" { "Deny" }
            }
        }
        footer { "A local provider for tests: nobody here is real, and there are no passwords." }
    };
    page(&title, &body)
}

/// Where the code of a device is typed in.
pub(super) fn user_code() -> Markup {
    let body = html! {
        h1 { "Connect a device" }
        form method="get" action="/device" {
            label for="user_code" { "The code that the device shows" }
            input #user_code type="text" name="user_code" required autocomplete="off" autofocus;
            div.buttons { button.allow type="submit" { "Continue" } }
        }
    };
    page("Connect a device", &body)
}

/// The end of a decision that leads nowhere: the device waits elsewhere.
pub(super) fn decided() -> Markup {
    page("Done", &html! { h1 { "Go back to your device" } p { "This page can be closed." } })
}

/// An error that is not the application's business.
pub(super) fn mistake(message: &str) -> Markup {
    let body = html! {
        h1 { "This request cannot be answered" }
        p role="alert" { (message) }
        footer {
            "You are not sent back, since nothing proves that the request is the application's."
        }
    };
    page("This request cannot be answered", &body)
}

/// The callback as a form ([OAuth 2.0 Form Post Response
/// Mode](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html)), with a button: these
/// pages have no script.
pub(super) fn callback(action: &str, client: &str, fields: &[(String, String)]) -> Markup {
    let body = html! {
        h1 { "Back to " (client) }
        p { "Your answer goes there with the button." }
        form method="post" action=(action) {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            div.buttons { button.allow type="submit" autofocus { "Continue" } }
        }
    };
    page("Continue", &body)
}

/// A code to be typed into the application: there is no way back to it.
#[cfg(feature = "oauth1")]
pub(super) fn verifier(client: &str, verifier: &str) -> Markup {
    let body = html! {
        h1 { "Go back to " (client) }
        p { "It asks for this code: " code id="verifier" { (verifier) } }
    };
    page("Your code", &body)
}

/// The end of a session that leads nowhere else.
#[cfg(feature = "openid")]
pub(super) fn signed_out() -> Markup {
    page("Signed out", &html! { h1 { "You are signed out" } })
}

fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
}

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1f2937; --quiet: #57606a; --ground: #f3f4f6;
  --card: #ffffff; --line: #d0d7de; --accent: #0f766e; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --quiet: #a3adb8; --ground: #0d1117;
  --card: #161b22; --line: #3b434d; --accent: #5eead4; --on-accent: #042f2e; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 27rem; padding: 1.75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; }
header { display: flex; gap: .625rem; align-items: center; color: var(--quiet); }
header p { margin: 0; }
header svg { width: 1.75rem; height: 1.75rem; }
h1 { margin: .875rem 0; font-size: 1.3rem; line-height: 1.3; overflow-wrap: anywhere; }
h1:first-child { margin-top: 0; }
p { margin: .5rem 0; }
ul { margin: 0 0 1rem; padding-left: 1.25rem; }
code { font-size: .9rem; overflow-wrap: anywhere; }
fieldset { margin: 1.25rem 0 0; padding: 0; border: 0; }
legend { padding: 0; font-weight: 600; }
label { display: flex; gap: .75rem; align-items: center; margin-top: .5rem; padding: .625rem .75rem;
  border: 1px solid var(--line); border-radius: .5rem; cursor: pointer; }
label:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
label strong, label small { display: block; overflow-wrap: anywhere; }
label small { color: var(--quiet); }
label[for] { display: block; margin: 0 0 .375rem; padding: 0; border: 0; font-weight: 600; }
input[type=text] { width: 100%; padding: .625rem .75rem; border: 1px solid var(--line);
  border-radius: .5rem; background: transparent; color: inherit; font: inherit; }
input[type=radio] { flex: none; width: 1.125rem; height: 1.125rem; accent-color: var(--accent); }
.buttons { display: flex; gap: .625rem; margin-top: 1.25rem; }
button { flex: 1; padding: .625rem 1rem; border: 1px solid var(--line); border-radius: .5rem;
  background: transparent; color: inherit; font: inherit; font-weight: 600; cursor: pointer; }
button.allow { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
footer { margin-top: 1.25rem; font-size: .875rem; color: var(--quiet); }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays_text() {
        let people = [Person {
            key: "\"><script>".to_owned(),
            title: "<script>".to_owned(),
            detail: "</label>".to_owned(),
        }];
        let page = question(&Question {
            provider: "<script>",
            logo_svg: String::new(),
            is_emulated: true,
            client: "<script>",
            user_code: Some("<script>"),
            scopes: &["<script>".to_owned()],
            people: &people,
            action: "/authorize\"><script>",
            word: "w",
        });
        assert!(!page.into_string().contains("<script"));
        let fields = [("state".to_owned(), "\"><script>".to_owned())];
        let page = callback("https://app.test/\"><script>", "<script>", &fields);
        assert!(!page.into_string().contains("<script"));
        assert!(!mistake("<script>").into_string().contains("<script"));
    }
}
