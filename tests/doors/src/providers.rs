use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    AuthorizationRequest, BaseOAuth2, Callback, EmailVerification, IdEmail, OAuth2Token, Provider,
    Result, Revoke, Secret,
    apple::Apple,
    auth0::Auth0,
    core::{ClientAuth, Grant, HttpClient, Json, url::form_urlencoded},
    discord::Discord,
    facebook::Facebook,
    franceconnect::FranceConnect,
    github::GitHub,
    gitlab::GitLab,
    google::Google,
    huggingface::HuggingFace,
    kakao::Kakao,
    line::Line,
    linkedin::LinkedIn,
    microsoft::Microsoft,
    naver::Naver,
    okta::Okta,
    reddit::Reddit,
    shopify::Shopify,
    slack::Slack,
    spotify::Spotify,
    twitch::Twitch,
    x::X,
};
use hallpass_testkit::SigningKey;
use serde_json::json;

use crate::{
    oracle::{check_error, check_token, texts},
    world::{
        Answers, CODE, NOW, REFRESH, SECRET, TOKEN, at_once, client, config, pick, with_id_tokens,
    },
};

type Http = Arc<dyn HttpClient>;
type Maker = fn(Http) -> Arc<dyn BaseOAuth2>;

/// Each provider, and the other ways of those that have two. The first byte of an input counts
/// here, from `@` on: a new one goes to the end, or the corpus would mean something else.
pub(crate) const EVERYONE: [(&str, Maker); 25] = [
    ("apple", |http| made(Apple::new(), http)),
    ("auth0", |http| made(Auth0::new(&"login.oak.test".parse().unwrap()), http)),
    ("discord", |http| made(Discord::new(), http)),
    ("facebook", |http| made(Facebook::new(), http)),
    ("franceconnect", |http| made(FranceConnect::new(), http)),
    ("github", |http| made(GitHub::new(), http)),
    ("gitlab", |http| made(GitLab::new(), http)),
    ("google", |http| made(Google::new(), http)),
    ("huggingface", |http| made(HuggingFace::new(), http)),
    ("kakao", |http| made(Kakao::new(), http)),
    ("line", |http| made(Line::new(), http)),
    ("linkedin", |http| made(LinkedIn::new(), http)),
    ("microsoft", |http| made(Microsoft::new(), http)),
    ("naver", |http| made(Naver::new(), http)),
    ("okta", |http| made(Okta::new(&"login.oak.test".parse().unwrap()), http)),
    ("reddit", |http| made(Reddit::new("web:example:v1 (by /u/robin_oak)".parse().unwrap()), http)),
    ("shopify", |http| made(Shopify::new(&"oak-trees.myshopify.com".parse().unwrap()), http)),
    ("slack", |http| made(Slack::new(), http)),
    ("spotify", |http| made(Spotify::new(), http)),
    ("twitch", |http| made(Twitch::new(), http)),
    ("x", |http| made(X::new(), http)),
    ("discord", |http| made(Discord::openid(), http)),
    ("kakao", |http| made(Kakao::openid(), http)),
    ("naver", |http| made(Naver::openid(), http)),
    ("franceconnect", |http| made(FranceConnect::new().with_unsigned_userinfo(), http)),
];

/// What is done with the answers. The second byte of an input counts here.
pub(crate) const OPERATIONS: [&str; 7] = [
    "profile",
    "id_email",
    "access_token",
    "refresh",
    "revoke_access_token",
    "revoke_grant",
    "client_credentials",
];

fn made<P: Provider>(provider: P, http: Http) -> Arc<dyn BaseOAuth2> {
    let config = match provider.descriptor().client_auth() {
        // No key is at hand, and nobody here looks at what was sent.
        ClientAuth::PostSigned => config().with_client_auth(ClientAuth::Post),
        _ => config(),
    };
    client(provider, config, http)
}

/// Replies of a provider's token endpoint and of its API, and callbacks, by every provider's own
/// readers.
///
/// Bytes: provider, operation, status, media type. Then parts: the first is the callback of an
/// exchange, or the claims of the token with which a profile is asked for; the others are bodies,
/// in turn. Words in them are those of the fixtures.
pub fn providers(input: &[u8]) {
    let Some((&[who, what, status, label], rest)) = input.split_first_chunk() else { return };
    let Some((name, make)) = EVERYONE.get(usize::from(who % 64)) else { return };
    let mut parts = rest.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let own = parts.next().unwrap_or_default();
    let nonce = base64_of(3);
    let bodies: Vec<_> = parts.map(|part| with_id_tokens(&part, Some(&nonce))).collect();
    let said = bodies.clone();
    let bodies = bodies.into_iter().map(String::into_bytes).collect();
    let http = Arc::new(Answers::new(status, label, bodies));
    let client = make(Arc::clone(&http) as Http);
    assert_eq!(client.descriptor().name(), *name);
    match pick(&OPERATIONS, what) {
        "profile" => profile(&*client, &own, &said),
        "id_email" => id_email(&*client, &own, &said),
        "access_token" => {
            let query = with_hmac(&own.replace("CODE", CODE).replace("STATE", &base64_of(1)));
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let is_sent = pairs.any(|(name, value)| name == "code" && value == CODE);
            token(exchange(&*client, &query), if is_sent { CODE } else { SECRET });
        }
        "refresh" => token(at_once(client.refresh_token(&bearer(&own))), REFRESH),
        "client_credentials" => {
            token(at_once(client.request_token(Grant::new("client_credentials"))), SECRET);
        }
        "revoke_access_token" => revoke(&*client, Revoke::AccessToken, &http),
        _ => revoke(&*client, Revoke::Grant, &http),
    }
}

fn token(got: Result<OAuth2Token>, sent: &str) {
    match got {
        Ok(token) => check_token(&token),
        Err(error) => check_error(&error, &[SECRET, sent]),
    }
}

fn profile(client: &dyn BaseOAuth2, claims: &str, bodies: &[String]) {
    match at_once(client.get_profile(&bearer(claims))) {
        Ok(profile) => {
            assert_eq!(profile.provider(), client.descriptor().name());
            check_identity(&profile.into_id_email(), claims, bodies);
        }
        Err(error) => check_error(&error, &[SECRET, TOKEN]),
    }
}

fn id_email(client: &dyn BaseOAuth2, claims: &str, bodies: &[String]) {
    match at_once(client.get_id_email(&bearer(claims))) {
        Ok(who) => check_identity(&who, claims, bodies),
        Err(error) => check_error(&error, &[SECRET, TOKEN]),
    }
}

/// Somebody in particular; and an address is one that the provider named.
fn check_identity(who: &IdEmail, claims: &str, bodies: &[String]) {
    assert!(!who.id.is_empty(), "an account without an id");
    let Some(email) = &who.email else {
        assert_eq!(who.email_verification, EmailVerification::Unknown);
        assert_eq!(who.verified_email(), None);
        return;
    };
    assert!(!email.is_empty(), "an empty address");
    let parse = |text: &str| serde_json::from_str::<Json>(text.trim_start_matches('\u{feff}'));
    let written = || bodies.iter().map(String::as_str).chain([claims]);
    let plain: Vec<_> = written().flat_map(parse).collect();
    let mut found = Vec::new();
    plain.iter().for_each(|json| texts(json, &mut found));
    // A body can be signed as a whole, and what is signed can stand in a body.
    let signed: Vec<_> = written().chain(found.iter().copied()).flat_map(signed_claims).collect();
    signed.iter().for_each(|json| texts(json, &mut found));
    assert!(found.contains(&email.as_str()), "an address that nobody named");
}

/// The claims of what looks like a JWT in `text`, whoever signed it.
fn signed_claims(text: &str) -> Vec<Json> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let claims = text.split(|c| !is_part(c)).filter_map(|word| word.split('.').nth(1));
    let claims = claims.filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    claims.filter_map(|claims| serde_json::from_slice(&claims).ok()).collect()
}

/// What is revoked, the provider was asked to end, and said that it did.
fn revoke(client: &dyn BaseOAuth2, what: Revoke, http: &Answers) {
    match at_once(client.revoke_token(&bearer(""), what)) {
        Ok(()) => {
            assert!(!http.asked().is_empty(), "revoked, and nobody was asked");
            assert!(http.status.is_success(), "revoked by a refusal: {}", http.status);
        }
        Err(error) => check_error(&error, &[SECRET, TOKEN, REFRESH]),
    }
}

/// A token of a login before, with these claims if they are some.
fn bearer(claims: &str) -> OAuth2Token {
    let mut stored = json!({ "access_token": TOKEN, "refresh_token": REFRESH });
    if let Ok(claims @ Json::Object(_)) = serde_json::from_str(claims) {
        stored["claims"] = claims;
    }
    OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap()
}

/// A login, of which `query` is the callback.
fn exchange(client: &dyn BaseOAuth2, query: &str) -> Result<OAuth2Token> {
    let login = at_once(client.get_authorization_url(AuthorizationRequest::new()))?;
    let callback = Callback::from_query(query)?;
    at_once(client.get_access_token(callback, login.pending))
}

/// What a client makes of the randomness of the tests.
fn base64_of(number: u8) -> String {
    URL_SAFE_NO_PAD.encode([number; 32])
}

/// `NOW` and `HMAC` filled in, as a provider does that signs its callbacks.
fn with_hmac(query: &str) -> String {
    if !query.contains("=HMAC") {
        return query.to_owned();
    }
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    let mut pairs: Vec<_> = pairs
        .map(|(name, value)| (name, if value == "NOW" { NOW.to_string() } else { value }))
        .collect();
    pairs.sort();
    let others = pairs.iter().filter(|(_, value)| value != "HMAC");
    let message: Vec<_> = others.map(|(name, value)| format!("{name}={value}")).collect();
    let hmac = SigningKey::hs256(SECRET).signature(message.join("&").as_bytes());
    let hmac: String = hmac.iter().map(|byte| format!("{byte:02x}")).collect();
    let pairs = pairs.iter().map(|(name, value)| {
        (name.as_str(), if value == "HMAC" { hmac.as_str() } else { value.as_str() })
    });
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_provider_of_the_workspace_is_here() {
        let here: BTreeSet<_> = EVERYONE.iter().map(|(name, _)| (*name).to_owned()).collect();
        let all = hallpass::descriptors();
        let all: BTreeSet<_> = all.iter().map(|provider| provider.name().to_owned()).collect();
        assert_eq!(here, all);
    }

    #[test]
    fn a_callback_is_signed_where_it_says_so() {
        assert_eq!(with_hmac("code=a%20b&state=s"), "code=a%20b&state=s");
        let signed = with_hmac("code=c&hmac=HMAC&at=NOW");
        let pairs: Vec<_> = form_urlencoded::parse(signed.as_bytes()).into_owned().collect();
        assert_eq!(pairs[0], ("at".to_owned(), NOW.to_string()));
        assert_eq!((pairs[2].0.as_str(), pairs[2].1.len()), ("hmac", 64));
    }
}
