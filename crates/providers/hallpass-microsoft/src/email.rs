use hallpass_core::{EmailVerification, Json, VerifiedClaims};

/// What the ID token says of the address, by claims that the application's registration must ask
/// for ([Optional
/// claims](https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference)).
/// The address itself is whatever the user or a tenant's administrator wrote, anybody's among them.
pub(crate) fn verification(
    email: Option<&str>,
    claims: Option<&VerifiedClaims>,
) -> EmailVerification {
    let (Some(email), Some(claims)) = (email, claims) else { return EmailVerification::Unknown };
    let is_it = |other: &Json| other.as_str().is_some_and(|it| it.eq_ignore_ascii_case(email));
    // quirk: proven-lists => let is_listed = |_: &str| false;
    let is_listed = |name: &str| match claims.get(name) {
        Some(Json::Array(addresses)) => addresses.iter().any(is_it),
        _ => false,
    };
    if is_listed("verified_primary_email") || is_listed("verified_secondary_email") {
        return EmailVerification::Verified;
    }
    // quirk: domain-owner => EmailVerification::Unknown
    match claims.get("xms_edov").filter(|_| claims.get("email").is_some_and(is_it)) {
        None | Some(Json::Null) => EmailVerification::Unknown,
        Some(Json::Bool(true)) => EmailVerification::Verified,
        Some(Json::Number(flag)) if flag.as_u64() == Some(1) => EmailVerification::Verified,
        Some(Json::String(flag)) if flag == "1" || flag.eq_ignore_ascii_case("true") => {
            EmailVerification::Verified
        }
        Some(_) => EmailVerification::Unverified,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_proven_by_its_own_claims_alone() {
        use EmailVerification::{Unknown, Unverified, Verified};
        let edov = |flag: Json| json!({ "email": "robin@oak.test", "xms_edov": flag });
        check(edov(json!(true)), Verified);
        check(edov(json!(1)), Verified);
        check(edov(json!("1")), Verified);
        check(edov(json!("True")), Verified);
        check(edov(json!(false)), Unverified);
        check(edov(json!(0)), Unverified);
        check(edov(json!("yes")), Unverified);
        check(edov(json!([true])), Unverified);
        check(edov(Json::Null), Unknown);
        check(json!({ "xms_edov": true }), Unknown);
        check(json!({ "email": "sam@elm.test", "xms_edov": true }), Unknown);
        check(json!({ "email": "Robin@Oak.test", "xms_edov": true }), Verified);
        check(json!({ "email": "robin@oak.test", "email_verified": true }), Unknown);
        check(json!({ "upn": "robin@oak.test", "preferred_username": "robin@oak.test" }), Unknown);
        check(json!({ "verified_primary_email": ["robin@oak.test"] }), Verified);
        check(json!({ "verified_secondary_email": ["x@elm.test", "ROBIN@oak.test"] }), Verified);
        check(json!({ "verified_primary_email": ["sam@elm.test"] }), Unknown);
        check(json!({ "verified_primary_email": "robin@oak.test" }), Unknown);
        check(json!({ "verified_primary_email": [{ "robin@oak.test": 1 }] }), Unknown);
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value)]
    fn check(claims: Json, want: EmailVerification) {
        let Json::Object(map) = claims.clone() else { unreachable!("claims are an object") };
        let verified = VerifiedClaims::dangerously_assume_verified(map);
        assert_eq!(verification(Some("robin@oak.test"), Some(&verified)), want, "{claims}");
        assert_eq!(verification(None, Some(&verified)), EmailVerification::Unknown);
        assert_eq!(verification(Some("robin@oak.test"), None), EmailVerification::Unknown);
    }
}
