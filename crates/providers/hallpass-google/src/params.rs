use serde::{Serialize, Serializer};

/// What only Google's authorization page takes ([Using OAuth 2.0 for web server
/// applications](https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct GoogleParams {
    access_type: Option<&'static str>,
    #[serde(serialize_with = "joined")]
    prompt: Vec<GooglePrompt>,
    login_hint: Option<String>,
    hd: Option<String>,
    include_granted_scopes: Option<bool>,
    enable_granular_consent: Option<bool>,
}

/// What the page asks the user, whether or not it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GooglePrompt {
    /// Consent, even if it was given before.
    Consent,
    /// Nothing: who would have to answer is sent back with an error. It stands alone.
    None,
    /// Which account to sign in with.
    SelectAccount,
}

impl GoogleParams {
    /// Google's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Access while the user is away: a refresh token. Sets `access_type=offline` and adds
    /// [`GooglePrompt::Consent`], without which Google gives a refresh token at the first consent
    /// alone.
    #[must_use]
    pub fn offline(mut self) -> Self {
        // quirk: offline
        self.access_type = Some("offline");
        // quirk: offline => self
        self.prompt(GooglePrompt::Consent)
    }

    /// Access while the user is there: no refresh token. Google's default.
    #[must_use]
    pub fn online(mut self) -> Self {
        self.access_type = Some("online");
        self
    }

    /// Adds to what the page asks. [`GooglePrompt::None`] takes the place of the others, and any
    /// other takes its place. Google's default: what it needs to know.
    #[must_use]
    pub fn prompt(mut self, prompt: GooglePrompt) -> Self {
        let is_alone = prompt == GooglePrompt::None;
        self.prompt.retain(|other| !is_alone && ![GooglePrompt::None, prompt].contains(other));
        self.prompt.push(prompt);
        self
    }

    /// Suggests the account to sign in with, by address or `sub`. Default: the user chooses.
    #[must_use]
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// Suggests accounts of one Workspace domain, or of any with `*`. A hint that the user can
    /// change: [`Google::with_hosted_domain`](crate::Google::with_hosted_domain) checks.
    #[must_use]
    pub fn hd(mut self, domain: impl Into<String>) -> Self {
        self.hd = Some(domain.into());
        self
    }

    /// Whether the token is also for the scopes that the user granted before. Google's default: no.
    #[must_use]
    pub fn include_granted_scopes(mut self, included: bool) -> Self {
        self.include_granted_scopes = Some(included);
        self
    }

    /// Whether the user may grant some scopes and not others. Google's default: yes.
    #[must_use]
    pub fn enable_granular_consent(mut self, enabled: bool) -> Self {
        self.enable_granular_consent = Some(enabled);
        self
    }
}

impl GooglePrompt {
    fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::None => "none",
            Self::SelectAccount => "select_account",
        }
    }
}

/// A list joined by spaces; an empty one is no parameter.
fn joined<S: Serializer>(prompts: &[GooglePrompt], serializer: S) -> Result<S::Ok, S::Error> {
    if prompts.is_empty() {
        return serializer.serialize_none();
    }
    let words: Vec<_> = prompts.iter().map(|prompt| prompt.as_str()).collect();
    serializer.serialize_str(&words.join(" "))
}

#[cfg(test)]
mod tests {
    use hallpass_testkit::own_params;

    use super::*;
    use crate::Google;

    #[test]
    fn each_parameter_has_googles_name_and_nothing_is_sent_unasked() {
        use GooglePrompt::{Consent, None, SelectAccount};
        let new = GoogleParams::new;
        check(&new(), "");
        check(&new().offline(), "access_type=offline&prompt=consent");
        check(&new().online(), "access_type=online");
        let chosen = new().prompt(SelectAccount).offline().prompt(Consent);
        check(&chosen, "access_type=offline&prompt=select_account+consent");
        check(&new().prompt(Consent).prompt(SelectAccount).prompt(None), "prompt=none");
        check(&new().prompt(None).prompt(SelectAccount), "prompt=select_account");
        check(&new().login_hint("a@oak.test"), "login_hint=a%40oak.test");
        check(&new().hd("oak.test"), "hd=oak.test");
        check(&new().include_granted_scopes(true), "include_granted_scopes=true");
        check(&new().enable_granular_consent(false), "enable_granular_consent=false");
    }

    #[track_caller]
    fn check(params: &GoogleParams, want: &str) {
        assert_eq!(own_params(Google::new(), params), want);
    }
}
