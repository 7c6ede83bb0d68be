use serde::{Serialize, Serializer};

/// What only LINE's authorization page takes ([Making an authorization
/// request](https://developers.line.biz/en/docs/line-login/integrate-line-login/#making-an-authorization-request)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct LineParams {
    prompt: Option<LinePrompt>,
    #[serde(serialize_with = "joined")]
    ui_locales: Vec<String>,
    bot_prompt: Option<LineBotPrompt>,
    initial_amr_display: Option<&'static str>,
    switch_amr: Option<bool>,
    disable_auto_login: Option<bool>,
}

/// What the page asks the user, whether or not it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LinePrompt {
    /// Consent, even if it was given before.
    Consent,
    /// To sign in, even if somebody is signed in.
    Login,
    /// Nothing: who would have to answer is sent back with `LOGIN_REQUIRED` or
    /// `INTERACTION_REQUIRED`.
    None,
}

/// Where the page offers to make friends with the channel's official account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LineBotPrompt {
    /// On a page of its own, after the consent.
    Aggressive,
    /// On the page that asks for consent.
    Normal,
}

impl LineParams {
    /// LINE's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the page asks. LINE's default: what it needs to know.
    #[must_use]
    pub fn prompt(mut self, prompt: LinePrompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Adds a language for the page, by its tag (`ja`, `th`, `zh-TW`), the liked ones first. LINE's
    /// default: that of the device.
    #[must_use]
    pub fn ui_locale(mut self, tag: impl Into<String>) -> Self {
        self.ui_locales.push(tag.into());
        self
    }

    /// Offers to make friends with the official account that the channel is linked to. Whether the
    /// user did is then in the token, as `extra("friendship_status_changed")`: it comes by the
    /// browser, whose user can change it. LINE's default: not offered.
    #[must_use]
    pub fn bot_prompt(mut self, prompt: LineBotPrompt) -> Self {
        self.bot_prompt = Some(prompt);
        self
    }

    /// Shows the QR code first. LINE's default: the form for address and password.
    #[must_use]
    pub fn qr_code(mut self) -> Self {
        self.initial_amr_display = Some("lineqr");
        self
    }

    /// Whether the user may change between form and QR code. LINE's default: yes.
    #[must_use]
    pub fn switch_amr(mut self, allowed: bool) -> Self {
        self.switch_amr = Some(allowed);
        self
    }

    /// Whether the LINE app may not sign in by itself. LINE's default: it may. For a second try,
    /// where the first came back with a state that is not the login's: that is how the app's own
    /// sign-in fails in private windows.
    #[must_use]
    pub fn disable_auto_login(mut self, disabled: bool) -> Self {
        self.disable_auto_login = Some(disabled);
        self
    }
}

/// A list joined by spaces; an empty one is no parameter.
fn joined<S: Serializer>(tags: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    if tags.is_empty() {
        return serializer.serialize_none();
    }
    serializer.serialize_str(&tags.join(" "))
}

#[cfg(test)]
mod tests {
    use hallpass_testkit::own_params;

    use super::*;
    use crate::Line;

    #[test]
    fn each_parameter_has_lines_name_and_nothing_is_sent_unasked() {
        let new = LineParams::new;
        check(&new(), "");
        check(&new().prompt(LinePrompt::Consent), "prompt=consent");
        check(&new().prompt(LinePrompt::Login), "prompt=login");
        check(&new().prompt(LinePrompt::None), "prompt=none");
        check(&new().ui_locale("th").ui_locale("en"), "ui_locales=th+en");
        check(&new().bot_prompt(LineBotPrompt::Aggressive), "bot_prompt=aggressive");
        check(&new().bot_prompt(LineBotPrompt::Normal), "bot_prompt=normal");
        check(&new().qr_code().switch_amr(false), "initial_amr_display=lineqr&switch_amr=false");
        check(&new().disable_auto_login(true), "disable_auto_login=true");
    }

    #[track_caller]
    fn check(params: &LineParams, want: &str) {
        assert_eq!(own_params(Line::new(), params), want);
    }
}
