use serde::{Serialize, Serializer};

/// What only Kakao's authorization page takes ([Request authorization
/// code](https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#request-code)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct KakaoParams {
    #[serde(serialize_with = "joined_prompts")]
    prompt: Vec<KakaoPrompt>,
    login_hint: Option<String>,
    #[serde(serialize_with = "joined")]
    service_terms: Vec<String>,
    #[serde(serialize_with = "joined")]
    channel_public_id: Vec<String>,
}

/// What the page asks the user, whether or not it has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KakaoPrompt {
    /// To make a Kakao account first.
    Create,
    /// To sign in, even if somebody is signed in.
    Login,
    /// Nothing, in the browser of KakaoTalk: who would have to answer is sent back with an error.
    /// It stands alone.
    None,
    /// Which account to sign in with.
    SelectAccount,
}

impl KakaoParams {
    /// Kakao's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds to what the page asks. [`KakaoPrompt::None`] takes the place of the others, and any
    /// other takes its place. Kakao's default: what it needs to know.
    #[must_use]
    pub fn prompt(mut self, prompt: KakaoPrompt) -> Self {
        let is_alone = prompt == KakaoPrompt::None;
        self.prompt.retain(|other| !is_alone && ![KakaoPrompt::None, prompt].contains(other));
        self.prompt.push(prompt);
        self
    }

    /// Fills in who signs in: an address, a telephone number or a KakaoMail id.
    #[must_use]
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// Adds a term of the service to agree to, by its tag (Kakao Sync). Kakao's default: all.
    #[must_use]
    pub fn service_terms(mut self, tag: impl Into<String>) -> Self {
        self.service_terms.push(tag.into());
        self
    }

    /// Adds a channel of KakaoTalk for the page to offer, by its public id; the page shows two at
    /// most. Kakao's default: those that are set in the console.
    #[must_use]
    pub fn channel_public_id(mut self, id: impl Into<String>) -> Self {
        self.channel_public_id.push(id.into());
        self
    }
}

impl KakaoPrompt {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Login => "login",
            Self::None => "none",
            Self::SelectAccount => "select_account",
        }
    }
}

fn joined_prompts<S: Serializer>(
    prompts: &[KakaoPrompt],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let words: Vec<_> = prompts.iter().map(|prompt| prompt.as_str().to_owned()).collect();
    joined(&words, serializer)
}

/// A list joined by commas; an empty one is no parameter.
fn joined<S: Serializer>(words: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    if words.is_empty() {
        serializer.serialize_none()
    } else {
        serializer.serialize_str(&words.join(","))
    }
}

#[cfg(test)]
mod tests {
    use hallpass_testkit::own_params;

    use super::*;
    use crate::Kakao;

    #[test]
    fn each_parameter_has_kakaos_name_and_nothing_is_sent_unasked() {
        use KakaoPrompt::{Create, Login, None, SelectAccount};
        let new = KakaoParams::new;
        check(&new(), "");
        check(&new().prompt(Create), "prompt=create");
        check(&new().prompt(SelectAccount).prompt(Login), "prompt=select_account%2Clogin");
        check(&new().prompt(Login).prompt(Login), "prompt=login");
        check(&new().prompt(Login).prompt(None), "prompt=none");
        check(&new().prompt(None).prompt(Login), "prompt=login");
        check(&new().login_hint("robin@oak.test"), "login_hint=robin%40oak.test");
        check(&new().service_terms("a").service_terms("b"), "service_terms=a%2Cb");
        let channels = new().channel_public_id("_x1").channel_public_id("_x2");
        check(&channels, "channel_public_id=_x1%2C_x2");
    }

    #[track_caller]
    fn check(params: &KakaoParams, want: &str) {
        assert_eq!(own_params(Kakao::new(), params), want);
    }
}
