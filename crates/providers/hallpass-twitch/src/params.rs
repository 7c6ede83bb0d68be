use serde::{Serialize, Serializer};

/// What only Twitch's authorization page takes ([Using OIDC to get OAuth access
/// tokens](https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/)).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct TwitchParams {
    force_verify: Option<bool>,
    #[serde(serialize_with = "as_request")]
    claims: Vec<TwitchClaim>,
}

/// What Twitch says of a user by OpenID Connect, if it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TwitchClaim {
    /// The address. Needs the scope `user:read:email` too.
    Email,
    /// Whether the address was proven.
    EmailVerified,
    /// The URL of a picture.
    Picture,
    /// The display name.
    PreferredUsername,
    /// When the user last changed any of it.
    UpdatedAt,
}

impl TwitchParams {
    /// Twitch's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the page asks again what the user granted before. Twitch's default: no.
    #[must_use]
    pub fn force_verify(mut self, forced: bool) -> Self {
        self.force_verify = Some(forced);
        self
    }

    /// Adds a claim to the ID token and to userinfo ([OpenID Connect Core, section
    /// 5.5](https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter)). Twitch's
    /// default: none but the id. The profile does without: it comes from the API.
    #[must_use]
    pub fn claim(mut self, claim: TwitchClaim) -> Self {
        if !self.claims.contains(&claim) {
            self.claims.push(claim);
        }
        self
    }
}

impl TwitchClaim {
    fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::EmailVerified => "email_verified",
            Self::Picture => "picture",
            Self::PreferredUsername => "preferred_username",
            Self::UpdatedAt => "updated_at",
        }
    }
}

/// The claims as JSON, the same for both places; none are no parameter.
fn as_request<S: Serializer>(claims: &[TwitchClaim], serializer: S) -> Result<S::Ok, S::Error> {
    if claims.is_empty() {
        return serializer.serialize_none();
    }
    let wanted: Vec<_> =
        claims.iter().map(|claim| format!("\"{}\":null", claim.as_str())).collect();
    let wanted = wanted.join(",");
    // quirk: claims => serializer.serialize_none()
    serializer.serialize_str(&format!("{{\"id_token\":{{{wanted}}},\"userinfo\":{{{wanted}}}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_has_twitchs_name_and_nothing_is_sent_unasked() {
        use TwitchClaim::{Email, EmailVerified, Picture, PreferredUsername, UpdatedAt};
        let new = TwitchParams::new;
        check(&new(), None, None);
        check(&new().force_verify(true), Some(true), None);
        check(&new().force_verify(false), Some(false), None);
        let email = r#"{"id_token":{"email":null,"email_verified":null},"userinfo":{"email":null,"email_verified":null}}"#;
        check(&new().claim(Email).claim(EmailVerified).claim(Email), None, Some(email));
        let others = r#"{"id_token":{"picture":null,"preferred_username":null,"updated_at":null},"userinfo":{"picture":null,"preferred_username":null,"updated_at":null}}"#;
        check(&new().claim(Picture).claim(PreferredUsername).claim(UpdatedAt), None, Some(others));
    }

    #[track_caller]
    fn check(params: &TwitchParams, force_verify: Option<bool>, claims: Option<&str>) {
        let want = serde_json::json!({ "force_verify": force_verify, "claims": claims });
        assert_eq!(serde_json::to_value(params).unwrap(), want);
        let is_json = |text| serde_json::from_str::<serde_json::Value>(text).is_ok();
        assert!(claims.is_none_or(is_json));
    }
}
