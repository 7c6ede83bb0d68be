//! What the claims of a JWT must say, once its signature is known to be good.

use std::{
    slice,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hallpass_core::{Error, Json, JwtKind, Result, Secret, VerifiedClaims};
use serde_json::Map;

use crate::{Algorithm, IssuerRule};

/// How far the provider's clock may differ from ours.
pub(crate) const LEEWAY: Duration = Duration::from_secs(60);
/// An ID token comes straight from the provider: one that was made longer ago was kept by somebody.
pub(crate) const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// [OpenID Connect Core, section 2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken).
const LONGEST_SUBJECT_BYTES: usize = 255;
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a JWT is held against.
pub(crate) struct Rules<'a> {
    pub(crate) kind: JwtKind,
    pub(crate) issuer: &'a IssuerRule,
    pub(crate) client_id: &'a str,
    /// Audiences that may stand beside the client.
    pub(crate) audiences: &'a [String],
    pub(crate) now: SystemTime,
    /// What `at_hash` is about.
    pub(crate) access_token: Option<&'a Secret>,
    /// What `c_hash` is about.
    pub(crate) code: Option<&'a Secret>,
    /// On a refresh, the claims of the login.
    pub(crate) original: Option<&'a VerifiedClaims>,
}

type Claims = Map<String, Json>;

/// One sort of JWT does not pass for another ([RFC 8725, section
/// 3.11](https://www.rfc-editor.org/rfc/rfc8725#section-3.11)).
pub(crate) fn check_type(typ: Option<&str>, kind: JwtKind) -> Result<()> {
    let own = match kind {
        JwtKind::LogoutToken => Some("logout+jwt"),
        JwtKind::Introspection => Some("token-introspection+jwt"),
        _ => None,
    };
    let Some(typ) = typ else {
        // RFC 9701 section 5: always there. Elsewhere most providers leave it out.
        return match kind {
            // check: 41 => Ok(())
            JwtKind::Introspection => Err(wrong_type()),
            _ => Ok(()),
        };
    };
    // Without a copy in lower case: 230 instructions before, 50 after.
    let typ = match typ.split_at_checked("application/".len()) {
        Some((prefix, short)) if prefix.eq_ignore_ascii_case("application/") => short,
        _ => typ,
    };
    let is_plain = typ.eq_ignore_ascii_case("jwt") && kind != JwtKind::Introspection;
    let is_own = own.is_some_and(|own| typ.eq_ignore_ascii_case(own));
    // check: 62 => Ok(())
    if is_plain || is_own { Ok(()) } else { Err(wrong_type()) }
}

fn wrong_type() -> Error {
    Error::security("typ", "the JWT is of another sort")
}

/// Everything in the claims that does not depend on the login: core compares the nonce, the time of
/// the sign-in and the subject of a refresh itself.
pub(crate) fn check(claims: &Claims, algorithm: Algorithm, rules: &Rules<'_>) -> Result<()> {
    check_issuer(claims, rules)?;
    check_audience(claims, rules)?;
    check_times(claims, rules.kind, rules.now)?;
    match rules.kind {
        JwtKind::IdToken => {
            // check: 62
            if is_logout(claims) {
                return Err(wrong_type());
            }
            check_subject(claims)?;
            check_hash(claims, "at_hash", rules.access_token, algorithm)?;
            check_hash(claims, "c_hash", rules.code, algorithm)?;
            rules.original.map_or(Ok(()), |original| check_continuity(claims, original, rules))
        }
        JwtKind::Userinfo => check_subject(claims),
        JwtKind::LogoutToken => check_logout(claims),
        _ => Ok(()),
    }
}

/// Where each tenant has an issuer, a key may be for one of them alone, and the key set says for
/// which ([Microsoft: signing-key
/// issuer](https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-signing-key-issuer)).
pub(crate) fn check_keys_issuer(
    claims: &Claims,
    keys_issuer: Option<&str>,
    rules: &Rules<'_>,
) -> Result<()> {
    let (IssuerRule::PerTenant { .. }, Some(keys_issuer)) = (rules.issuer, keys_issuer) else {
        return Ok(());
    };
    let tid = text(claims, "tid").unwrap_or_default();
    if text(claims, "iss") != Some(&keys_issuer.replace("{tenantid}", tid)) {
        return Err(Error::security("key", "the key is another tenant's"));
    }
    Ok(())
}

/// An alias is the same provider: what is compared later (a refresh, a logout, an account) goes by
/// one name.
pub(crate) fn name_issuer(claims: &mut Claims, rule: &IssuerRule) {
    let name = text(claims, "iss").and_then(|iss| rule.name_of_alias(iss));
    if let Some(name) = name {
        claims.insert("iss".to_owned(), name.into());
    }
}

fn check_issuer(claims: &Claims, rules: &Rules<'_>) -> Result<()> {
    let iss = text(claims, "iss").unwrap_or_default();
    // check: 63
    if !rules.issuer.admits(iss, claims.get("tid")) {
        return Err(Error::security("iss", "the JWT is of another issuer"));
    }
    Ok(())
}

/// OpenID Connect Core section 3.1.3.7, steps 3 to 5.
fn check_audience(claims: &Claims, rules: &Rules<'_>) -> Result<()> {
    let mut audiences = audiences(claims);
    let how_many = audiences.len();
    // check: 64
    if !audiences.clone().any(|aud| aud == rules.client_id) {
        return Err(Error::security("aud", "the JWT is for another client"));
    }
    let is_known =
        |aud: &str| aud == rules.client_id || rules.audiences.iter().any(|own| own == aud);
    // check: 64
    if !audiences.all(is_known) {
        return Err(Error::security("aud", "the JWT is also for somebody whom nobody named"));
    }
    match claims.get("azp") {
        // check: 64
        Some(azp) if !azp.as_str().is_some_and(is_known) => {
            Err(Error::security("azp", "the JWT was asked for by another client"))
        }
        // check: 64
        None if how_many > 1 => {
            Err(Error::security("azp", "the JWT has many audiences, and says not who asked for it"))
        }
        _ => Ok(()),
    }
}

/// One text or a list of them; whatever else it is, is nobody. Not collected: for one audience the
/// check took 270 instructions before, and 140 after.
fn audiences(claims: &Claims) -> impl ExactSizeIterator<Item = &str> + Clone {
    let audiences = match claims.get("aud") {
        Some(one @ Json::String(_)) => slice::from_ref(one),
        Some(Json::Array(many)) => many,
        _ => &[],
    };
    // A member that is no text would be skipped, and is nobody that we know.
    audiences.iter().map(|aud| aud.as_str().unwrap_or_default())
}

/// Steps 9 and 10, and [RFC 7519, section
/// 4.1](https://www.rfc-editor.org/rfc/rfc7519#section-4.1).
fn check_times(claims: &Claims, kind: JwtKind, now: SystemTime) -> Result<()> {
    let now = seconds(now.duration_since(UNIX_EPOCH).unwrap_or_default());
    let leeway = seconds(LEEWAY);
    let wants_exp = !matches!(kind, JwtKind::Userinfo | JwtKind::Introspection);
    match time(claims, "exp")? {
        // check: 65
        Some(exp) if now >= exp + leeway => {
            return Err(Error::security("exp", "the JWT is over"));
        }
        // check: 65
        None if wants_exp => return Err(Error::security("exp", "the JWT has no end")),
        _ => {}
    }
    // check: 65
    if time(claims, "nbf")?.is_some_and(|nbf| now + leeway < nbf) {
        return Err(Error::security("nbf", "the JWT is not good yet"));
    }
    let wants_iat =
        matches!(kind, JwtKind::IdToken | JwtKind::LogoutToken | JwtKind::Introspection);
    match time(claims, "iat")? {
        // check: 66
        Some(iat) if now + leeway < iat => {
            Err(Error::security("iat", "the JWT was made in the future"))
        }
        // check: 66
        Some(iat) if wants_iat && now > iat + seconds(OLDEST) => {
            Err(Error::security("iat", "the JWT was made long ago"))
        }
        // check: 66
        None if wants_iat => Err(Error::security("iat", "the JWT says not when it was made")),
        _ => Ok(()),
    }
}

/// A time in seconds, whole or not: some servers write them as floats.
fn time(claims: &Claims, name: &'static str) -> Result<Option<f64>> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|time| time.is_finite()) {
            Some(time) => Ok(Some(time)),
            None => Err(Error::security(name, "a time of the JWT is no number")),
        },
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// OpenID Connect Core section 2: the id of an account.
fn check_subject(claims: &Claims) -> Result<()> {
    let sub = text(claims, "sub").unwrap_or_default();
    // check: 67
    if sub.is_empty() || sub.len() > LONGEST_SUBJECT_BYTES || !sub.is_ascii() {
        return Err(Error::security("sub", "the JWT says not whom it is about"));
    }
    Ok(())
}

/// OpenID Connect Core sections 3.1.3.8 and 3.3.2.11: where it is there, it is right.
fn check_hash(
    claims: &Claims,
    name: &'static str,
    of: Option<&Secret>,
    algorithm: Algorithm,
) -> Result<()> {
    let (Some(hash), Some(of)) = (claims.get(name), of) else { return Ok(()) };
    let want = Secret::new(algorithm.half_hash(of.expose()));
    // check: 69
    if !want.matches(hash.as_str().unwrap_or_default()) {
        return Err(Error::security(name, "the ID token belongs to another token or code"));
    }
    Ok(())
}

/// OpenID Connect Core section 12.2: the claims of a refresh go on where the login's began. An
/// alias is no other issuer.
fn check_continuity(claims: &Claims, original: &VerifiedClaims, rules: &Rules<'_>) -> Result<()> {
    let original = original.as_map();
    let named = |iss| rules.issuer.name_of_alias(iss).unwrap_or(iss);
    let both = (text(claims, "iss").map(named), text(original, "iss").map(named));
    // check: 39
    if both.0 != both.1 {
        return Err(Error::security("iss", "the refreshed ID token is of another issuer"));
    }
    let new = audiences(claims);
    // check: 39
    if !audiences(original).all(|aud| new.clone().any(|new| new == aud)) {
        return Err(Error::security("aud", "the refreshed ID token is for others"));
    }
    // check: 39
    if claims.get("azp") != original.get("azp") {
        return Err(Error::security("azp", "the refreshed ID token was asked for by another"));
    }
    let both = (claims.get("auth_time"), original.get("auth_time"));
    // check: 39
    if matches!(both, (Some(new), Some(old)) if new.as_f64() != old.as_f64()) {
        return Err(Error::security("auth_time", "the refreshed ID token is of another sign-in"));
    }
    Ok(())
}

/// [Back-Channel Logout, section
/// 2.6](https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation), steps 4 to 8.
fn check_logout(claims: &Claims) -> Result<()> {
    // check: 81
    if !is_logout(claims) {
        return Err(Error::security("events", "the JWT announces no logout"));
    }
    // check: 81
    if claims.contains_key("nonce") {
        return Err(Error::security("nonce", "a logout token has no nonce"));
    }
    // check: 81
    if text(claims, "jti").unwrap_or_default().is_empty() {
        return Err(Error::security("jti", "the logout token has no id"));
    }
    if claims.contains_key("sub") {
        check_subject(claims)?;
    }
    let session = text(claims, "sid").unwrap_or_default();
    // check: 81
    if session.is_empty() && !claims.contains_key("sub") {
        return Err(Error::security("sid", "the logout token names neither user nor session"));
    }
    Ok(())
}

/// Whether it announces a logout, which a logout token alone does: most have no `typ` that would
/// tell them from ID tokens.
fn is_logout(claims: &Claims) -> bool {
    let logout = claims.get("events").and_then(|events| events.get(LOGOUT_EVENT));
    logout.is_some_and(Json::is_object)
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Json::as_str)
}

#[cfg(test)]
mod tests;
