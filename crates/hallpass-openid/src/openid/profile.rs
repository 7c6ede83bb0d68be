use hallpass_core::{Api, EmailVerification, ErrorKind, Json, Profile, Result, VerifiedClaims};
use serde_json::Map;

/// The profile by the standard claims ([OpenID Connect Core, section
/// 5.1](https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims)): from userinfo, what
/// it leaves out from the verified ID token, and from that alone where there is no userinfo. For
/// the crate of a provider that adds to it.
///
/// # Errors
///
/// As [`Api::userinfo`]. [`ErrorKind::Malformed`]: neither says whom it is about.
pub async fn standard_profile(api: Api<'_>) -> Result<Profile> {
    let claims = api.token().claims().map(VerifiedClaims::as_map);
    let raw = match (api.userinfo().await, claims) {
        (Ok(userinfo), Some(claims)) => merged(userinfo, claims),
        (Ok(userinfo), None) => userinfo,
        (Err(error), Some(claims)) if error.kind() == ErrorKind::Unsupported => {
            Json::Object(claims.clone())
        }
        (Err(error), _) => return Err(error),
    };
    let profile = Profile::from_json(raw, "sub")?;
    let text = |name: &str| profile.raw()[name].as_str().map(str::to_owned);
    let (email, name) = (text("email"), text("name"));
    let (username, picture) = (text("preferred_username"), text("picture"));
    let locale = text("locale");
    let verification = EmailVerification::from_flag(profile.raw().get("email_verified"));
    Ok(profile
        .with_email(email.as_deref(), verification)
        .with_name(name.as_deref())
        .with_username(username.as_deref())
        .with_picture(picture.as_deref())
        .with_locale(locale.as_deref()))
}

/// Userinfo, and what it leaves out of the ID token. An address and its flag come from one of the
/// two: the flag of one says nothing of the address in the other.
fn merged(userinfo: Json, claims: &Map<String, Json>) -> Json {
    let Json::Object(mut raw) = userinfo else { return userinfo };
    let is_text = |claims: &Map<String, Json>| claims.get("email").is_some_and(Json::is_string);
    let (of_userinfo, of_claims) = (is_text(&raw), is_text(claims));
    if !of_userinfo && of_claims {
        raw.remove("email");
        raw.remove("email_verified");
    }
    for (name, value) in claims {
        let is_about_email = name == "email" || name == "email_verified";
        if is_about_email && of_userinfo {
            continue;
        }
        raw.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Json::Object(raw)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_merged(userinfo: &Json, claims: &Json, want: &Json) {
        let claims = claims.as_object().unwrap();
        assert_eq!(merged(userinfo.clone(), claims), *want, "{userinfo} with {claims:?}");
    }

    #[test]
    fn userinfo_wins_and_the_id_token_fills_in() {
        check_merged(
            &json!({ "sub": "1", "name": "Ada" }),
            &json!({ "sub": "1", "name": "Old", "sid": "s" }),
            &json!({ "sub": "1", "name": "Ada", "sid": "s" }),
        );
        check_merged(&json!("text"), &json!({ "sub": "1" }), &json!("text"));
    }

    #[test]
    fn the_flag_of_one_source_says_nothing_of_the_address_in_the_other() {
        check_merged(
            &json!({ "email": "a" }),
            &json!({ "email": "b", "email_verified": true }),
            &json!({ "email": "a" }),
        );
        check_merged(
            &json!({ "email_verified": true }),
            &json!({ "email": "b" }),
            &json!({ "email": "b" }),
        );
        check_merged(
            &json!({ "email": null, "email_verified": true }),
            &json!({ "email": "b", "email_verified": false }),
            &json!({ "email": "b", "email_verified": false }),
        );
    }
}
