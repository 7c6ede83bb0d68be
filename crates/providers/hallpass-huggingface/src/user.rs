use std::fmt;

use hallpass_core::{Error, Profile, Result};
use serde::{Deserialize, Deserializer};

/// What the Hub says of a user besides the profile ([its own reader of
/// userinfo](https://github.com/huggingface/huggingface.js)). `Debug` leaves addresses out.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HuggingFaceUser {
    /// The user's page at the Hub.
    pub profile: Option<String>,
    /// The user's own page elsewhere.
    pub website: Option<String>,
    /// Whether the user pays for PRO. `None` without the scope `profile`.
    pub is_pro: Option<bool>,
    /// Whether the user has a means of payment. `None` without the scope `read-billing`.
    pub can_pay: Option<bool>,
    /// The organizations that the user is a member of. Empty also where none was granted.
    // quirk: null-list => #[serde(rename = "orgs", deserialize_with = "list")]
    #[serde(default, rename = "orgs", deserialize_with = "list")]
    pub organizations: Vec<HuggingFaceOrganization>,
}

impl HuggingFaceUser {
    /// Reads it from the profile that [`get_profile`](hallpass_core::OAuth2Client::get_profile) or
    /// [`sign_in`](hallpass_core::OAuth2Client::sign_in) brought. Sends nothing.
    ///
    /// ```
    /// use hallpass_huggingface::{HuggingFaceUser, Profile, Result, SecurityRestriction};
    ///
    /// /// What the user must still do before the organization lets them in.
    /// fn missing(profile: &Profile, organization: &str) -> Result<Vec<SecurityRestriction>> {
    ///     let user = HuggingFaceUser::from_profile(profile)?;
    ///     let organization = user.organization(organization);
    ///     Ok(organization.map(|it| it.security_restrictions.clone()).unwrap_or_default())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind): a member is of another type than it was.
    pub fn from_profile(profile: &Profile) -> Result<Self> {
        Self::deserialize(profile.raw())
            .map_err(|_| Error::malformed("the userinfo is not as the Hub writes it"))
    }

    /// The organization with this id, if the user is a member and let the application know.
    #[must_use]
    pub fn organization(&self, id: &str) -> Option<&HuggingFaceOrganization> {
        self.organizations.iter().find(|organization| organization.sub == id)
    }
}

impl fmt::Debug for HuggingFaceUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HuggingFaceUser")
            .field("is_pro", &self.is_pro)
            .field("can_pay", &self.can_pay)
            .field("organizations", &self.organizations)
            .finish_non_exhaustive()
    }
}

/// An organization that the user is a member of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HuggingFaceOrganization {
    /// Its id, which never changes.
    pub sub: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Its name in URLs. It may change hands.
    #[serde(rename = "preferred_username")]
    pub preferred_username: Option<String>,
    /// The URL of its picture.
    pub picture: Option<String>,
    /// What it pays for: `team`, `enterprise` … `None` for a free one.
    // quirk: older-members => #[serde(rename = "isEnterprise")] pub plan: Option<String>
    pub plan: Option<String>,
    /// Whether it has a means of payment. `None` without the scope `read-billing`.
    pub can_pay: Option<bool>,
    /// What the user may do in it. `None` where the Hub does not say.
    pub role_in_org: Option<HuggingFaceRole>,
    /// What keeps the token out of the organization for now: empty where nothing does.
    #[serde(default, deserialize_with = "list")]
    pub security_restrictions: Vec<SecurityRestriction>,
}

/// What a member may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum HuggingFaceRole {
    /// Everything, members and settings among it.
    Admin,
    /// Write to all repositories.
    Write,
    /// Write to repositories of their own making, read the others.
    Contributor,
    /// Read all repositories.
    Read,
    /// A word that is newer than this crate. Grant nothing by it.
    Other(String),
}

impl From<String> for HuggingFaceRole {
    fn from(word: String) -> Self {
        match word.as_str() {
            "admin" => Self::Admin,
            "write" => Self::Write,
            "contributor" => Self::Contributor,
            "read" => Self::Read,
            // quirk: new-words => Self::Read
            _ => Self::Other(word),
        }
    }
}

/// A rule of the organization that the user, or the token, does not meet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum SecurityRestriction {
    /// The address of the network is not among those that are let in.
    Ip,
    /// A second factor is demanded.
    Mfa,
    /// A sign-in at the organization's own provider is demanded.
    Sso,
    /// The organization does not let in such tokens.
    TokenPolicy,
    /// A word that is newer than this crate. It keeps the token out as well.
    Other(String),
}

impl From<String> for SecurityRestriction {
    fn from(word: String) -> Self {
        match word.as_str() {
            "ip" => Self::Ip,
            "mfa" => Self::Mfa,
            "sso" => Self::Sso,
            "token-policy" => Self::TokenPolicy,
            // quirk: new-words => Self::TokenPolicy
            _ => Self::Other(word),
        }
    }
}

/// A list, which may be `null`.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<T>, D::Error> {
    // quirk: null-list => Vec::deserialize(deserializer)
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use hallpass_core::{ErrorKind, Json};
    use serde_json::json;

    use super::*;

    #[test]
    fn words_that_nobody_knows_yet_are_kept() {
        check_role("admin", HuggingFaceRole::Admin);
        check_role("write", HuggingFaceRole::Write);
        check_role("contributor", HuggingFaceRole::Contributor);
        check_role("read", HuggingFaceRole::Read);
        check_role("Admin", HuggingFaceRole::Other("Admin".into()));
        check_restriction("ip", SecurityRestriction::Ip);
        check_restriction("mfa", SecurityRestriction::Mfa);
        check_restriction("sso", SecurityRestriction::Sso);
        check_restriction("token-policy", SecurityRestriction::TokenPolicy);
        check_restriction("", SecurityRestriction::Other(String::new()));
    }

    #[track_caller]
    fn check_role(word: &str, want: HuggingFaceRole) {
        let user = read(json!({ "sub": "1", "orgs": [{ "sub": "2", "roleInOrg": word }] }));
        assert_eq!(user.unwrap().organization("2").unwrap().role_in_org, Some(want));
    }

    #[track_caller]
    fn check_restriction(word: &str, want: SecurityRestriction) {
        let organization = json!({ "sub": "2", "securityRestrictions": [word] });
        let user = read(json!({ "sub": "1", "orgs": [organization] })).unwrap();
        assert_eq!(user.organization("2").unwrap().security_restrictions, [want]);
    }

    fn read(raw: Json) -> Result<HuggingFaceUser> {
        HuggingFaceUser::from_profile(&Profile::new("1", raw))
    }

    #[test]
    fn what_is_of_another_type_is_malformed_and_never_repeated() {
        for raw in [
            json!({ "orgs": "plantedvalue" }),
            json!({ "orgs": [{ "name": "plantedvalue" }] }),
            json!({ "orgs": [{ "sub": "2", "roleInOrg": ["plantedvalue"] }] }),
            json!({ "isPro": "plantedvalue" }),
            json!("plantedvalue"),
        ] {
            let error = read(raw).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert!(!format!("{error} {error:?}").contains("plantedvalue"), "{error:?}");
        }
    }

    #[test]
    fn debug_leaves_addresses_out() {
        let raw = json!({ "profile": "https://hub.test/plantedname", "isPro": true });
        let shown = format!("{:?}", read(raw).unwrap());
        assert!(shown.contains("is_pro: Some(true)") && !shown.contains("planted"), "{shown}");
    }
}
