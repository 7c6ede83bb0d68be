use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://op.test";
const CLIENT: &str = "client";
const TOKEN: &str = "the-access-token";
const CODE: &str = "the-code";
const ALGORITHM: Algorithm = Algorithm::Rs256;

/// A JWT of each sort with which nothing is wrong.
fn good(kind: JwtKind) -> Json {
    let mut claims = json!({ "iss": ISSUER, "aud": CLIENT, "iat": NOW, "exp": NOW + 300 });
    match kind {
        JwtKind::LogoutToken => {
            claims["events"] = json!({ LOGOUT_EVENT: {} });
            claims["jti"] = json!("id-1");
            claims["sub"] = json!("42");
            claims["sid"] = json!("session-1");
        }
        JwtKind::IdToken | JwtKind::Userinfo => claims["sub"] = json!("42"),
        _ => {}
    }
    claims
}

/// `claims` with some of them replaced; `null` takes one out.
fn with(mut claims: Json, changes: &Json) -> Json {
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        members.remove(name);
        if !value.is_null() {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn rules(issuer: &IssuerRule, kind: JwtKind) -> Rules<'_> {
    Rules {
        kind,
        issuer,
        client_id: CLIENT,
        audiences: &[],
        now: UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs()),
        access_token: None,
        code: None,
        original: None,
    }
}

fn judged(claims: &Json, rules: &Rules<'_>) -> &'static str {
    match super::check(claims.as_object().unwrap(), ALGORITHM, rules) {
        Ok(()) => "ok",
        Err(error) => {
            assert_eq!(error.kind(), hallpass_core::ErrorKind::Security);
            error.reason().unwrap()
        }
    }
}

/// What becomes of a good JWT of this sort with these changes: `ok`, or the reason.
#[track_caller]
fn check(kind: JwtKind, changes: &Json, want: &str) {
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    let got = judged(&with(good(kind), changes), &rules(&issuer, kind));
    assert_eq!(got, want, "{kind:?} with {changes}");
}

const ALL: [JwtKind; 5] = [
    JwtKind::AuthorizationResponse,
    JwtKind::IdToken,
    JwtKind::Introspection,
    JwtKind::LogoutToken,
    JwtKind::Userinfo,
];

#[test]
fn the_issuer_is_the_one_that_was_asked_for() {
    for kind in ALL {
        check(kind, &json!({}), "ok");
        check(kind, &json!({ "iss": "https://op.test/" }), "iss");
        check(kind, &json!({ "iss": "https://OP.test" }), "iss");
        check(kind, &json!({ "iss": "http://op.test" }), "iss");
        check(kind, &json!({ "iss": "" }), "iss");
        check(kind, &json!({ "iss": [ISSUER] }), "iss");
        check(kind, &json!({ "iss": null }), "iss");
    }
}

#[test]
fn the_audience_is_the_client_and_nobody_unknown() {
    for kind in ALL {
        check(kind, &json!({ "aud": [CLIENT] }), "ok");
        check(kind, &json!({ "aud": "other" }), "aud");
        check(kind, &json!({ "aud": ["other"] }), "aud");
        check(kind, &json!({ "aud": [CLIENT, "other"] }), "aud");
        check(kind, &json!({ "aud": [CLIENT, "other"], "azp": CLIENT }), "aud");
        check(kind, &json!({ "aud": [CLIENT, 1], "azp": CLIENT }), "aud");
        check(kind, &json!({ "aud": "Client" }), "aud");
        check(kind, &json!({ "aud": "client other" }), "aud");
        check(kind, &json!({ "aud": { CLIENT: CLIENT } }), "aud");
        check(kind, &json!({ "aud": [] }), "aud");
        check(kind, &json!({ "aud": null }), "aud");
    }
}

#[test]
fn further_audiences_are_those_that_the_application_named() {
    let (issuer, audiences) = (IssuerRule::Exact(ISSUER.to_owned()), ["api".to_owned()]);
    let rules = Rules { audiences: &audiences, ..rules(&issuer, JwtKind::IdToken) };
    for (changes, want) in [
        (json!({ "aud": [CLIENT, "api"], "azp": CLIENT }), "ok"),
        (json!({ "aud": [CLIENT, "api"], "azp": "api" }), "ok"),
        (json!({ "aud": [CLIENT, "api"], "azp": "other" }), "azp"),
        (json!({ "aud": [CLIENT, "api"] }), "azp"),
        (json!({ "aud": ["api"], "azp": CLIENT }), "aud"),
        (json!({ "aud": [CLIENT, "api", "other"], "azp": CLIENT }), "aud"),
    ] {
        assert_eq!(judged(&with(good(JwtKind::IdToken), &changes), &rules), want, "{changes}");
    }
}

#[test]
fn whoever_asked_for_it_is_the_client() {
    check(JwtKind::IdToken, &json!({ "azp": CLIENT }), "ok");
    check(JwtKind::IdToken, &json!({ "azp": "other" }), "azp");
    check(JwtKind::IdToken, &json!({ "azp": "" }), "azp");
    check(JwtKind::IdToken, &json!({ "azp": [CLIENT] }), "azp");
    check(JwtKind::IdToken, &json!({ "aud": [CLIENT, CLIENT] }), "azp");
}

#[test]
fn a_jwt_ends_a_minute_after_its_time_at_the_latest() {
    for kind in ALL {
        check(kind, &json!({ "exp": NOW - 59 }), "ok");
        check(kind, &json!({ "exp": NOW - 60 }), "exp");
        check(kind, &json!({ "exp": 0 }), "exp");
        check(kind, &json!({ "exp": "2100-01-01" }), "exp");
        check(kind, &json!({ "exp": (NOW + 300).to_string() }), "exp");
    }
    check(JwtKind::IdToken, &json!({ "exp": 1_799_999_940.5 }), "ok");
    check(JwtKind::IdToken, &json!({ "exp": 1_799_999_939.5 }), "exp");
    check(JwtKind::IdToken, &json!({ "exp": 1e300 }), "ok");
}

#[test]
fn what_opens_or_ends_a_session_says_when_it_ends_itself() {
    check(JwtKind::IdToken, &json!({ "exp": null }), "exp");
    check(JwtKind::LogoutToken, &json!({ "exp": null }), "exp");
    check(JwtKind::AuthorizationResponse, &json!({ "exp": null }), "exp");
    check(JwtKind::Userinfo, &json!({ "exp": null }), "ok");
    check(JwtKind::Introspection, &json!({ "exp": null }), "ok");
}

#[test]
fn a_jwt_begins_a_minute_before_its_time_at_the_earliest() {
    for kind in ALL {
        check(kind, &json!({ "nbf": NOW + 60 }), "ok");
        check(kind, &json!({ "nbf": NOW + 61 }), "nbf");
        check(kind, &json!({ "nbf": "now" }), "nbf");
    }
    check(JwtKind::IdToken, &json!({ "nbf": 1_800_000_060.5 }), "nbf");
}

#[test]
fn a_jwt_is_made_neither_in_the_future_nor_more_than_a_day_ago() {
    let day = 24 * 3600;
    for kind in ALL {
        check(kind, &json!({ "iat": NOW + 60 }), "ok");
        check(kind, &json!({ "iat": NOW + 61 }), "iat");
        check(kind, &json!({ "iat": true }), "iat");
    }
    for kind in [JwtKind::IdToken, JwtKind::LogoutToken, JwtKind::Introspection] {
        check(kind, &json!({ "iat": null }), "iat");
        check(kind, &json!({ "iat": NOW - day }), "ok");
        check(kind, &json!({ "iat": NOW - day - 1 }), "iat");
        check(kind, &json!({ "iat": 1_799_999_999.25 }), "ok");
    }
    for kind in [JwtKind::Userinfo, JwtKind::AuthorizationResponse] {
        check(kind, &json!({ "iat": null }), "ok");
        check(kind, &json!({ "iat": NOW - day - 1 }), "ok");
    }
}

#[test]
fn a_clock_before_1970_refuses_instead_of_failing() {
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    let now = UNIX_EPOCH - Duration::from_secs(1);
    let rules = Rules { now, ..rules(&issuer, JwtKind::IdToken) };
    assert_eq!(judged(&good(JwtKind::IdToken), &rules), "iat");
}

#[test]
fn the_subject_is_the_key_of_an_account() {
    for kind in [JwtKind::IdToken, JwtKind::Userinfo, JwtKind::LogoutToken] {
        check(kind, &json!({ "sub": "a".repeat(255) }), "ok");
        check(kind, &json!({ "sub": "a".repeat(256) }), "sub");
        check(kind, &json!({ "sub": "" }), "sub");
        check(kind, &json!({ "sub": "\u{e9}" }), "sub");
        check(kind, &json!({ "sub": 42 }), "sub");
    }
    check(JwtKind::IdToken, &json!({ "sub": null }), "sub");
    check(JwtKind::Userinfo, &json!({ "sub": null }), "sub");
}

#[test]
fn an_id_token_belongs_to_the_token_and_the_code_it_came_with() {
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    let (token, code) = (Secret::new(TOKEN), Secret::new(CODE));
    let bare = rules(&issuer, JwtKind::IdToken);
    let rules = Rules { access_token: Some(&token), code: Some(&code), ..bare };
    let of = |value: &str| json!(ALGORITHM.half_hash(value));
    let other = |value: &str| json!(Algorithm::Es384.half_hash(value));
    for (name, value) in [("at_hash", TOKEN), ("c_hash", CODE)] {
        for (hash, want) in [
            (of(value), "ok"),
            (of("another"), name),
            (other(value), name),
            (json!(""), name),
            (json!(1), name),
            (json!([of(value)]), name),
        ] {
            let claims = with(good(JwtKind::IdToken), &json!({ name: hash }));
            assert_eq!(judged(&claims, &rules), want, "{name} {hash}");
        }
        let mut claims = good(JwtKind::IdToken);
        claims[name] = Json::Null;
        assert_eq!(judged(&claims, &rules), name);
        // Nothing is known of the token or code: nothing can be compared.
        check(JwtKind::IdToken, &json!({ name: "whatever" }), "ok");
    }
    assert_eq!(judged(&good(JwtKind::IdToken), &rules), "ok");
}

#[test]
fn a_refreshed_id_token_goes_on_where_the_first_one_began() {
    let two: IssuerRule = IssuerRule::OneOf(vec![ISSUER.to_owned(), "op.test".to_owned()]);
    let audiences = ["api".to_owned()];
    let go_on = |before: &Json, after: &Json| {
        let original = with(good(JwtKind::IdToken), before);
        let original = original.as_object().unwrap().clone();
        let original = VerifiedClaims::dangerously_assume_verified(original);
        let bare = rules(&two, JwtKind::IdToken);
        let rules = Rules { audiences: &audiences, original: Some(&original), ..bare };
        judged(&with(good(JwtKind::IdToken), after), &rules)
    };
    let many = json!({ "aud": [CLIENT, "api"], "azp": CLIENT });
    let of = |name: &str, value: Json| json!({ name: value });
    for (before, after, want) in [
        (json!({}), json!({}), "ok"),
        (json!({}), of("iat", json!(NOW + 1)), "ok"),
        // An alias is the same provider; what never was one of its names is not.
        (json!({}), of("iss", json!("op.test")), "ok"),
        (of("iss", json!("op.test")), json!({}), "ok"),
        (of("iss", json!("op.test")), of("iss", json!("op.test")), "ok"),
        (of("iss", json!("https://evil.test")), json!({}), "iss"),
        (of("iss", Json::Null), json!({}), "iss"),
        (json!({}), of("aud", json!([CLIENT])), "ok"),
        (many.clone(), many.clone(), "ok"),
        (many.clone(), of("azp", json!(CLIENT)), "aud"),
        (of("azp", json!(CLIENT)), of("azp", json!(CLIENT)), "ok"),
        (of("azp", json!(CLIENT)), of("azp", json!("api")), "azp"),
        (of("azp", json!(CLIENT)), json!({}), "azp"),
        (json!({}), of("azp", json!(CLIENT)), "azp"),
        (of("auth_time", json!(NOW)), of("auth_time", json!(NOW)), "ok"),
        (of("auth_time", json!(NOW)), of("auth_time", json!(1_800_000_000.0)), "ok"),
        (of("auth_time", json!(NOW)), json!({}), "ok"),
        (of("auth_time", json!(NOW)), of("auth_time", json!(NOW + 1)), "auth_time"),
        (of("auth_time", json!(NOW)), of("auth_time", json!("now")), "auth_time"),
    ] {
        assert_eq!(go_on(&before, &after), want, "{before} then {after}");
    }
}

#[test]
fn a_logout_token_announces_a_logout_of_somebody() {
    let kind = JwtKind::LogoutToken;
    check(kind, &json!({ "sub": null }), "ok");
    check(kind, &json!({ "sid": null }), "ok");
    check(kind, &json!({ "sub": null, "sid": null }), "sid");
    check(kind, &json!({ "sub": null, "sid": "" }), "sid");
    check(kind, &json!({ "sub": null, "sid": 7 }), "sid");
    check(kind, &json!({ "jti": null }), "jti");
    check(kind, &json!({ "jti": "" }), "jti");
    check(kind, &json!({ "jti": 1 }), "jti");
    check(kind, &json!({ "nonce": "n" }), "nonce");
    check(kind, &json!({ "events": null }), "events");
    check(kind, &json!({ "events": {} }), "events");
    check(kind, &json!({ "events": [LOGOUT_EVENT] }), "events");
    check(kind, &json!({ "events": LOGOUT_EVENT }), "events");
    check(kind, &json!({ "events": { LOGOUT_EVENT: true } }), "events");
    check(kind, &json!({ "events": { LOGOUT_EVENT: {}, "https://op.test/more": {} } }), "ok");
    let mut claims = good(kind);
    claims["nonce"] = Json::Null;
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    assert_eq!(judged(&claims, &rules(&issuer, kind)), "nonce");
}

#[test]
fn one_sort_of_jwt_does_not_pass_for_another() {
    use JwtKind::{AuthorizationResponse, IdToken, Introspection, LogoutToken, Userinfo};
    for kind in [AuthorizationResponse, IdToken, LogoutToken, Userinfo] {
        check_typ(None, kind, true);
        check_typ(Some("JWT"), kind, true);
        check_typ(Some("jwt"), kind, true);
        check_typ(Some("application/jwt"), kind, true);
        check_typ(Some("at+jwt"), kind, false);
        check_typ(Some("application/at+jwt"), kind, false);
        check_typ(Some("dpop+jwt"), kind, false);
        check_typ(Some("token-introspection+jwt"), kind, false);
        check_typ(Some("JOSE"), kind, false);
        check_typ(Some(""), kind, false);
    }
    for kind in [AuthorizationResponse, IdToken, Introspection, Userinfo] {
        check_typ(Some("logout+jwt"), kind, false);
    }
    check_typ(Some("logout+jwt"), LogoutToken, true);
    check_typ(Some("application/Logout+JWT"), LogoutToken, true);
    check_typ(Some("token-introspection+jwt"), Introspection, true);
    check_typ(Some("application/token-introspection+jwt"), Introspection, true);
    check_typ(Some("JWT"), Introspection, false);
    check_typ(None, Introspection, false);
}

#[track_caller]
fn check_typ(typ: Option<&str>, kind: JwtKind, want: bool) {
    let got = check_type(typ, kind);
    assert_eq!(got.is_ok(), want, "{typ:?} as {kind:?}");
    if let Err(error) = got {
        assert_eq!(error.reason(), Some("typ"));
    }
}
