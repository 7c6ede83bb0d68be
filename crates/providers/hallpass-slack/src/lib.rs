#![doc = include_str!("../README.md")]

mod errors;
mod fixtures;
mod params;

use std::borrow::Cow;

use hallpass_core::{
    Api, ClientAuth, Descriptor, EmailSupport, Endpoint, IdTokenVerifier, Json, Response,
    Revocation,
};
use hallpass_openid::{IssuerRule, OpenId};

pub use crate::{fixtures::FIXTURES, params::SlackParams};
pub use hallpass_core::{
    Authorization, AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, EmailVerification,
    Error, ErrorKind, IdEmail, OAuth2Client, OAuth2Token, PendingAuthorization, Profile, Provider,
    Result, Revoke, Secret, SignIn,
};

/// The client, by a name in httpx-oauth's manner.
pub type SlackOAuth2 = OAuth2Client<Slack>;

const ISSUER: &str = "https://slack.com";
const JWKS: &str = "https://slack.com/openid/connect/keys";
const AUTHORIZE: &str = "https://slack.com/openid/connect/authorize";
const TOKEN: &str = "https://slack.com/api/openid.connect.token";
const USERINFO: &str = "https://slack.com/api/openid.connect.userInfo";
const REVOKE: &str = "https://slack.com/api/auth.revoke";
const APPS: &str = "https://api.slack.com/apps";
/// The claim that names the workspace.
const TEAM: &str = "https://slack.com/team_id";

/// Slack: Sign in with Slack, by OpenID Connect.
#[derive(Debug, Clone)]
pub struct Slack {
    openid: OpenId<SlackParams>,
    team: Option<Cow<'static, str>>,
}

impl Default for Slack {
    fn default() -> Self {
        Self::new()
    }
}

impl Slack {
    /// Any workspace. Asks for `openid email profile`.
    #[must_use]
    pub fn new() -> Self {
        let descriptor = Descriptor::new("slack", AUTHORIZE, TOKEN)
            .with_display_name("Slack")
            .with_monogram("S", "#4a154b")
            .with_registration_url(APPS)
            .with_issuer(ISSUER)
            .with_endpoint(Endpoint::Userinfo, USERINFO)
            // quirk: id-token => .with_scopes(["email", "profile"])
            .with_scopes(["openid", "email", "profile"])
            .with_client_auth(ClientAuth::Post)
            .with_email(EmailSupport::Flagged)
            // quirk: revocation
            .with_revocation(Revocation::Custom(&[Revoke::AccessToken]));
        let issuer = IssuerRule::Exact(ISSUER.to_owned());
        let openid = OpenId::pinned(errors::with_kinds(descriptor), issuer, JWKS);
        Self { openid, team: None }
    }

    /// Lets in the users of one workspace alone, by its id (`T…`).
    ///
    /// The profile must be of that workspace, else reading it (and with it
    /// [`sign_in`](OAuth2Client::sign_in)) is [`ErrorKind::Denied`] with the reason `team`.
    /// [`SlackParams::team`] is only a hint to the page, which the user can change: set both. A
    /// token is not checked before its profile is read.
    #[must_use]
    pub fn with_team(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.team = Some(id.into());
        self
    }
}

impl Provider for Slack {
    type Params = SlackParams;

    fn descriptor(&self) -> &Descriptor {
        self.openid.descriptor()
    }

    fn id_tokens(&self) -> Option<&dyn IdTokenVerifier> {
        Some(&self.openid)
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let user = api.userinfo().await?;
        let team = team_of(&user, api.token().claims().and_then(|claims| claims.get(TEAM)))?;
        // quirk: team-hint
        if self.team.as_ref().is_some_and(|wanted| *wanted != team) {
            let error = Error::denied("the user is not of the workspace that is let in");
            return Err(error.with_reason("team"));
        }
        let text = |name: &str| user[name].as_str().map(str::to_owned);
        let (email, name) = (text("email"), text("name"));
        let (picture, locale) = (text("picture"), text("locale"));
        // quirk: no-flag => let verification = EmailVerification::Verified;
        let verification = EmailVerification::from_flag(user.get("email_verified"));
        Ok(Profile::new(id(&team, user["sub"].as_str())?, user)
            .with_email(email.as_deref(), verification)
            .with_name(name.as_deref())
            .with_picture(picture.as_deref())
            .with_locale(locale.as_deref()))
    }

    fn refusal(&self, response: &Response) -> Option<Error> {
        errors::refusal(response, self.descriptor())
    }

    async fn revoke(&self, api: Api<'_>, _what: Revoke) -> Result<()> {
        let answer = api.post(REVOKE).read().await?;
        // quirk: not-revoked => return Ok(());
        match answer["revoked"].as_bool() {
            Some(true) => Ok(()),
            Some(false) => {
                let error = Error::denied("Slack left the token as it was");
                Err(error.with_reason("not_revoked"))
            }
            None => Err(Error::malformed("Slack says not whether the token is revoked")),
        }
    }
}

/// The workspace that userinfo names, which is that of the login: `sub` alone is no account.
fn team_of(user: &Json, of_login: Option<&Json>) -> Result<String> {
    let said = |team: &Json| team.as_str().filter(|team| !team.is_empty()).map(str::to_owned);
    let team = user.get(TEAM).and_then(said);
    let of_login = of_login.and_then(said);
    // quirk: same-team
    if team.is_some() && of_login.is_some() && team != of_login {
        return Err(Error::security("subject", "the userinfo is about another workspace"));
    }
    team.or(of_login)
        .ok_or_else(|| Error::malformed("the userinfo has no team").with_reason("empty_id"))
}

/// `T…-U…`. Neither half has a hyphen, so that no two users have one id.
fn id(team: &str, user: Option<&str>) -> Result<String> {
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match user {
        // quirk: team-and-user => Ok(user.to_owned())
        Some(user) if is_id(team) && is_id(user) => Ok(format!("{team}-{user}")),
        _ => Err(Error::malformed("the ids of team and user are not Slack's")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_workspace_is_that_of_the_login() {
        check_team(json!({ TEAM: "T1" }), json!("T1"), Ok("T1"));
        check_team(json!({ TEAM: "T1" }), json!(null), Ok("T1"));
        check_team(json!({}), json!("T1"), Ok("T1"));
        check_team(json!({ TEAM: "" }), json!("T1"), Ok("T1"));
        check_team(json!({ TEAM: "T2" }), json!("T1"), Err(ErrorKind::Security));
        check_team(json!({}), json!(null), Err(ErrorKind::Malformed));
        check_team(json!({ TEAM: 1 }), json!(""), Err(ErrorKind::Malformed));
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value)]
    fn check_team(user: Json, of_login: Json, want: Result<&str, ErrorKind>) {
        let got = team_of(&user, Some(&of_login)).map_err(|error| error.kind());
        assert_eq!(got, want.map(str::to_owned), "{user} {of_login}");
    }

    #[test]
    fn an_id_is_of_two_ids() {
        check_id("T0K1", Some("U0K2"), Some("T0K1-U0K2"));
        check_id("E0K1", Some("W0K2"), Some("E0K1-W0K2"));
        for (team, user) in [("", "U1"), ("T1", ""), ("T1-U1", "U2"), ("T1", "U-1"), ("T1", "U 1")]
        {
            check_id(team, Some(user), None);
        }
        check_id("T1", None, None);
    }

    #[track_caller]
    fn check_id(team: &str, user: Option<&str>, want: Option<&str>) {
        assert_eq!(id(team, user).ok().as_deref(), want, "{team} {user:?}");
    }
}
