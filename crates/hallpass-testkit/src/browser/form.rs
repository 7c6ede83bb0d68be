//! The one form of a page that this crate wrote itself: maud writes each attribute as
//! `name="value"`, escaped, in lower case. That is what is read here, not HTML.

use hallpass_core::{Error, Result};

use super::{Choice, Fields, User};

/// A form, as far as it is needed.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) action: String,
    pub(super) hidden: Fields,
    /// Values of the radio buttons called `user`.
    users: Vec<String>,
}

impl Form {
    /// The first form of a page.
    pub(super) fn of(page: &str) -> Option<Self> {
        let (_, rest) = page.split_once("<form ")?;
        let (form, _) = rest.split_once("</form>")?;
        let (head, inside) = form.split_once('>')?;
        let action = attribute(head, "action")?;
        let (mut hidden, mut users) = (Vec::new(), Vec::new());
        for input in inside.split("<input ").skip(1) {
            let input = input.split_once('>').map_or(input, |(input, _)| input);
            let name = attribute(input, "name");
            let value = attribute(input, "value").unwrap_or_default();
            match (attribute(input, "type").as_deref(), name) {
                (Some("hidden"), Some(name)) => hidden.push((name, value)),
                (Some("radio"), Some(name)) if name == "user" => users.push(value),
                _ => {}
            }
        }
        Some(Self { action, hidden, users })
    }

    /// Whether it asks who signs in.
    pub(super) fn is_question(&self) -> bool {
        !self.users.is_empty()
    }

    /// What a user's answer posts.
    pub(super) fn answer(&self, user: &User) -> Result<Fields> {
        let first = self.users.first();
        let (chosen, decision) = match &user.0 {
            Choice::Deny => (first, "deny"),
            Choice::First => (first, "allow"),
            Choice::Named(name) => (self.users.iter().find(|known| *known == name), "allow"),
        };
        let chosen = chosen.ok_or_else(|| {
            Error::config(format!("nobody of that name is on the page: {}", self.users.join(", ")))
        })?;
        let mut fields = self.hidden.clone();
        fields.push(("user".to_owned(), chosen.clone()));
        fields.push(("decision".to_owned(), decision.to_owned()));
        Ok(fields)
    }
}

/// The code that a page shows, to be typed in elsewhere.
#[cfg(feature = "oauth1")]
pub(super) fn code(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("<code id=\"verifier\">")?;
    Some(unescaped(rest.split_once('<')?.0))
}

/// What a page says went wrong.
pub(super) fn alert(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("role=\"alert\">")?;
    Some(unescaped(rest.split_once('<')?.0))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!(" {name}=\"");
    // The tag's own name is cut off, and with it the space before the first attribute.
    let tag = format!(" {tag}");
    let (_, rest) = tag.split_once(&start)?;
    Some(unescaped(rest.split_once('"')?.0))
}

/// What maud escapes; `&` last.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<p>x</p><form method="post" action="/a?b=1&amp;c">
        <input type="hidden" name="page" value="&quot;&amp;lt;&gt;">
        <label><input type="radio" name="user" value="ada" checked required></label>
        <input type="radio" name="user" value="ben">
        <button name="decision" value="allow">Allow</button></form>"#;

    #[test]
    fn a_form_is_read_as_it_was_written() {
        let form = Form::of(PAGE).unwrap();
        assert_eq!(form.action, "/a?b=1&c");
        assert_eq!(form.hidden, [("page".to_owned(), "\"&lt;>".to_owned())]);
        assert_eq!(form.users, ["ada", "ben"]);
        assert!(Form::of("<p>no form</p>").is_none());
    }

    #[test]
    fn an_answer_names_the_user_and_the_decision() {
        check(&User::first(), Some(("ada", "allow")));
        check(&User::named("ben"), Some(("ben", "allow")));
        check(&User::deny(), Some(("ada", "deny")));
        check(&User::named("eve"), None);
    }

    #[track_caller]
    fn check(user: &User, want: Option<(&str, &str)>) {
        let got = Form::of(PAGE).unwrap().answer(user).ok();
        let got = got.map(|fields| (fields[1].1.clone(), fields[2].1.clone()));
        assert_eq!(got.as_ref().map(|(user, decision)| (&**user, &**decision)), want);
    }

    #[test]
    fn an_alert_is_read_out() {
        assert_eq!(alert("<p role=\"alert\">a &amp; b</p>").as_deref(), Some("a & b"));
        assert_eq!(alert("<p>fine</p>"), None);
    }
}
