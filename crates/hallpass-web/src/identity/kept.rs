//! An identity that comes back from where it was kept.

use serde::{Deserialize, Deserializer};

use super::{Identity, realm};

/// The members of an [`Identity`], as they may be in a store. What the key is made of is there,
/// even where it is `null`: one that was lost would make it another account.
#[derive(Deserialize)]
pub(super) struct Kept {
    provider: String,
    #[serde(deserialize_with = "there")]
    issuer: Option<String>,
    id: String,
    email: Option<String>,
    is_email_verified: Option<bool>,
    name: Option<String>,
    username: Option<String>,
    picture: Option<String>,
    host: Option<String>,
    realm: Option<String>,
    // By which the provider ends a session.
    #[serde(deserialize_with = "there")]
    provider_session: Option<String>,
}

/// Without a default, which serde has for an `Option`.
fn there<'de, D: Deserializer<'de>>(json: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(json)
}

impl TryFrom<Kept> for Identity {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        if kept.provider.is_empty() || kept.id.is_empty() {
            return Err("an identity of nobody");
        }
        let host = kept.host.as_deref();
        let realm = host.and_then(|host| realm(&kept.provider, kept.issuer.as_deref(), host));
        // check: 79
        if realm != kept.realm {
            return Err("an identity of another host");
        }
        Ok(Self {
            provider: kept.provider,
            issuer: kept.issuer,
            id: kept.id,
            email: kept.email,
            is_email_verified: kept.is_email_verified,
            name: kept.name,
            username: kept.username,
            picture: kept.picture,
            host: kept.host,
            realm: kept.realm,
            provider_session: kept.provider_session,
        })
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::{EmailVerification, Json, OAuth2Token, Profile};
    use serde_json::json;

    use super::*;

    fn stored(issuer: Option<&str>, host: Option<&str>) -> Json {
        let profile = Profile::new("42", json!({}));
        let profile = profile.with_email(Some("ada@users.test"), EmailVerification::Verified);
        let token = OAuth2Token::from_access_token("planted");
        let mut identity = Identity::new("acme", &profile, &token);
        identity.issuer = issuer.map(str::to_owned);
        if let Some(host) = host {
            identity = identity.at_host(host);
        }
        serde_json::to_value(identity).unwrap()
    }

    #[test]
    fn what_was_written_is_read() {
        for issuer in [None, Some("https://oak.test"), Some("https://acme.test")] {
            for host in [None, Some("oak.test")] {
                let stored = stored(issuer, host);
                let identity: Identity = serde_json::from_value(stored.clone()).unwrap();
                assert_eq!(serde_json::to_value(identity).unwrap(), stored);
            }
        }
        // By a later version, perhaps.
        let mut stored = stored(None, None);
        stored["new"] = true.into();
        assert_eq!(serde_json::from_value::<Identity>(stored).unwrap().key(), ("acme", "42"));
    }

    #[test]
    fn an_identity_without_what_its_key_is_made_of_is_refused() {
        for name in ["provider", "issuer", "id", "provider_session"] {
            let mut stored = stored(Some("https://acme.test"), None);
            stored.as_object_mut().unwrap().remove(name);
            assert!(serde_json::from_value::<Identity>(stored).is_err(), "without {name}");
        }
        for (name, value) in [("id", json!("")), ("provider", json!("")), ("id", json!(42))] {
            check_refused(None, None, name, value);
        }
    }

    #[test]
    fn an_identity_whose_host_and_key_differ_is_refused() {
        check_refused(None, None, "host", json!("oak.test"));
        check_refused(None, None, "realm", json!("acme@oak.test"));
        check_refused(None, Some("oak.test"), "host", json!("elm.test"));
        check_refused(None, Some("oak.test"), "host", Json::Null);
        check_refused(None, Some("oak.test"), "realm", Json::Null);
        check_refused(None, Some("oak.test"), "provider", json!("other"));
        check_refused(None, Some("oak.test"), "issuer", json!("https://acme.test"));
        check_refused(Some("https://acme.test"), Some("oak.test"), "realm", Json::Null);
    }

    #[track_caller]
    fn check_refused(issuer: Option<&str>, host: Option<&str>, name: &str, value: Json) {
        let mut stored = stored(issuer, host);
        stored[name] = value;
        let read = serde_json::from_value::<Identity>(stored.clone());
        assert!(read.is_err(), "{stored}");
    }
}
