//! The word `ID_TOKEN{…}` of a fixture: claims in the place of a signed JWT.

#[cfg(feature = "openid")]
pub(crate) use self::signed::{KeyServer, fill};

use hallpass_core::Json;
use serde_json::Map;

/// What a claim's word stands for.
#[cfg_attr(not(feature = "openid"), allow(dead_code, reason = "nobody signs without it"))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) unix_seconds: u64,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) nonce: Option<&'a str>,
    /// What userinfo says of whoever signed in, where that is not the fixture's user.
    pub(crate) user: Option<&'a Map<String, Json>>,
}

/// How the word begins; `ID_TOKEN_ES256{` is one too.
const WORD: &str = "ID_TOKEN";

/// Whether there is one in `text`.
#[cfg(not(feature = "openid"))]
pub(crate) fn is_in(text: &str) -> bool {
    next(text).is_some()
}

/// The first one: where it begins, the name of its algorithm, where its claims begin and end.
fn next(text: &str) -> Option<(usize, &str, usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find(WORD).map(|at| from + at) {
        let rest = &text[at + WORD.len()..];
        let name_ends = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let name_ends = name_ends.unwrap_or(rest.len());
        let claims = &rest[name_ends..];
        if claims.starts_with('{') {
            let begins = at + WORD.len() + name_ends;
            let ends = begins + object(claims)?;
            return Some((at, rest[..name_ends].trim_start_matches('_'), begins, ends));
        }
        from = at + WORD.len();
    }
    None
}

/// The length of the JSON object that `text` starts with.
fn object(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' if !in_text => depth += 1,
            '}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The claims of the first one.
#[cfg(feature = "server")]
pub(crate) fn claims(text: &str) -> Option<Map<String, Json>> {
    let (_, _, begins, ends) = next(text)?;
    serde_json::from_str(&text[begins..ends]).ok()
}

/// `text` with `null` in the place of each of them: JSON again, where it was.
#[cfg(feature = "server")]
pub(crate) fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, _, _, ends)) = next(rest) {
        out.push_str(&rest[..at]);
        out.push_str("null");
        rest = &rest[ends..];
    }
    out.push_str(rest);
    out
}

/// A text without such words stays as it is; with one, the feature `openid` is needed to sign it.
#[cfg(not(feature = "openid"))]
pub(crate) fn fill(text: &str, _facts: Facts<'_>) -> Result<String, String> {
    if is_in(text) {
        return Err("an ID token cannot be signed without hallpass-testkit's feature openid".into());
    }
    Ok(text.to_owned())
}

#[cfg(feature = "openid")]
mod signed {
    use std::sync::{Arc, OnceLock};

    use async_trait::async_trait;
    use hallpass_core::{
        HttpClient, Purpose, Request, Response, Result as CoreResult,
        http::{HeaderMap, StatusCode},
    };
    use serde_json::json;

    use super::{Facts, Json, Map, next};
    use crate::{Exchange, SigningAlgorithm, SigningKey};

    /// The keys that sign the ID tokens of fixtures: made once, on first use.
    fn key(algorithm: SigningAlgorithm) -> Option<&'static SigningKey> {
        static KEYS: [OnceLock<SigningKey>; 4] = [const { OnceLock::new() }; 4];
        let made = |at: usize, make: fn() -> SigningKey| Some(KEYS[at].get_or_init(make));
        match algorithm {
            SigningAlgorithm::Rs256 => made(0, SigningKey::rs256),
            SigningAlgorithm::Es256 => made(1, SigningKey::es256),
            SigningAlgorithm::EdDsa => made(2, SigningKey::ed_dsa),
            SigningAlgorithm::Ps256 => made(3, SigningKey::ps256),
            _ => None,
        }
    }

    /// The JWKS of those keys.
    pub(crate) fn jwks() -> Json {
        let algorithms = [
            SigningAlgorithm::Rs256,
            SigningAlgorithm::Es256,
            SigningAlgorithm::EdDsa,
            SigningAlgorithm::Ps256,
        ];
        let keys = algorithms.into_iter().filter_map(key);
        json!({ "keys": keys.map(SigningKey::public_jwk).collect::<Vec<_>>() })
    }

    /// `text` with a signed JWT in the place of each `ID_TOKEN{…}`: in quotes, unless it is all
    /// there is in its line.
    ///
    /// Without a word of the fixture's own, `aud` is the client, `iat` now and `exp` in an hour; a
    /// claim that is `null` is left out. `ID` and `NONCE` in `aud`, `azp` and `nonce` are those of
    /// the login.
    pub(crate) fn fill(text: &str, facts: Facts<'_>) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((at, algorithm, begins, ends)) = next(rest) {
            let claims: Map<String, Json> = serde_json::from_str(&rest[begins..ends])
                .map_err(|error| format!("the claims of an ID_TOKEN are no JSON: {error}"))?;
            let jwt = sign(algorithm, claims, facts)?;
            out.push_str(&rest[..at]);
            let before = out.rsplit('\n').next().unwrap_or_default();
            let is_alone = matches!(before, "" | "< ");
            let quote = if is_alone { "" } else { "\"" };
            out.push_str(quote);
            out.push_str(&jwt);
            out.push_str(quote);
            rest = &rest[ends..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn sign(
        algorithm: &str,
        mut claims: Map<String, Json>,
        facts: Facts<'_>,
    ) -> Result<String, String> {
        for name in ["aud", "azp", "nonce"] {
            if let Some(value) = claims.get_mut(name) {
                put_words(value, facts);
            }
        }
        if let Some(user) = facts.user {
            for name in ABOUT_THE_USER {
                if let (Some(claim), true) = (claims.get_mut(name), user.contains_key("sub")) {
                    *claim = user.get(name).cloned().unwrap_or_default();
                }
            }
        }
        let now = facts.unix_seconds;
        for (name, value) in [
            ("aud", facts.client_id.into()),
            ("iat", now.into()),
            ("exp", now.saturating_add(3600).into()),
        ] {
            claims.entry(name).or_insert(value);
        }
        claims.retain(|_, value| !value.is_null());
        let algorithm = if algorithm.is_empty() { "RS256" } else { algorithm };
        let known = SigningAlgorithm::from_name(algorithm);
        if known == Some(SigningAlgorithm::Hs256) {
            return Ok(SigningKey::hs256(facts.client_secret).jwt(&claims));
        }
        let key = known.and_then(key);
        let key = key.ok_or_else(|| format!("no ID token is signed with {algorithm} here"))?;
        Ok(key.jwt(&claims))
    }

    /// The claims of a user that an ID token and userinfo agree on.
    const ABOUT_THE_USER: [&str; 10] = [
        "sub",
        "email",
        "email_verified",
        "name",
        "given_name",
        "family_name",
        "nickname",
        "preferred_username",
        "picture",
        "locale",
    ];

    fn put_words(value: &mut Json, facts: Facts<'_>) {
        match value {
            Json::String(text) if text == "ID" => *value = facts.client_id.into(),
            Json::String(text) if text == "NONCE" => *value = facts.nonce.into(),
            Json::Array(values) => values.iter_mut().for_each(|value| put_words(value, facts)),
            _ => {}
        }
    }

    /// Answers requests for metadata: with a discovery document where there is one, or else with
    /// the keys of [`fill`]. All others go on.
    #[derive(Debug)]
    pub(crate) struct KeyServer {
        pub(crate) inner: Arc<dyn HttpClient>,
        pub(crate) discovery: Option<Exchange>,
        /// What somebody else answers.
        pub(crate) listed: Vec<String>,
    }

    #[deny(clippy::missing_trait_methods)]
    #[async_trait]
    impl HttpClient for KeyServer {
        async fn send(&self, request: Request) -> CoreResult<Response> {
            let is_listed = self.listed.iter().any(|url| url == request.url.as_str());
            if request.purpose() != Purpose::Metadata || is_listed {
                return self.inner.send(request).await;
            }
            let found = self.discovery.as_ref();
            let found = found.filter(|found| found.request().url() == request.url.as_str());
            let body = found.map_or_else(|| jwks().to_string(), |it| it.response().body().into());
            Ok(Response::new(StatusCode::OK, HeaderMap::new(), body.into_bytes()))
        }
    }
}

#[cfg(all(test, feature = "openid"))]
#[allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    const FACTS: Facts<'static> = Facts {
        unix_seconds: 1000,
        client_id: "client",
        client_secret: "secret",
        nonce: Some("n-1"),
        user: None,
    };

    #[track_caller]
    fn claims(jwt: &str) -> Json {
        let payload = jwt.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    #[test]
    fn claims_become_a_jwt_of_this_login() {
        let text =
            r#"{"a":"TOKEN","id_token":ID_TOKEN{"sub":"1}","nonce":"NONCE","azp":"ID"},"b":1}"#;
        let filled: Json = serde_json::from_str(&fill(text, FACTS).unwrap()).unwrap();
        assert_eq!((&filled["a"], &filled["b"]), (&json!("TOKEN"), &json!(1)));
        let want = json!({
            "sub": "1}", "nonce": "n-1", "azp": "client", "aud": "client", "iat": 1000, "exp": 4600,
        });
        assert_eq!(claims(filled["id_token"].as_str().unwrap()), want);
    }

    #[test]
    fn what_the_fixture_says_stays_and_null_is_left_out() {
        let text = r#"< ID_TOKEN_ES256{"aud":["ID","x"],"iat":null,"exp":1}"#;
        let filled = fill(text, FACTS).unwrap();
        let jwt = filled.strip_prefix("< ").unwrap();
        assert_eq!(claims(jwt), json!({ "aud": ["client", "x"], "exp": 1 }));
        assert!(jwt.starts_with(&URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256""#)[..16]), "{jwt}");
    }

    #[test]
    fn a_token_can_be_about_somebody_else_than_the_fixture_says() {
        let user =
            Map::from_iter([("sub".to_owned(), json!("2")), ("name".to_owned(), json!("B"))]);
        let facts = Facts { user: Some(&user), ..FACTS };
        let text = r#"ID_TOKEN{"sub":"1","email":"a@b.test","tid":"t","iat":null,"exp":null}"#;
        let want = json!({ "sub": "2", "tid": "t", "aud": "client" });
        assert_eq!(claims(&fill(text, facts).unwrap()), want);
        assert_eq!(blank(r#"{"a":ID_TOKEN{"sub":"1"},"b":1}"#), r#"{"a":null,"b":1}"#);
    }

    #[test]
    fn what_is_no_such_word_stays() {
        for text in [r#"{"id_token":"ID_TOKEN"}"#, "ID_TOKEN", "", "ID_TOKEN{"] {
            assert_eq!(fill(text, FACTS).unwrap(), text);
        }
    }

    #[test]
    fn claims_that_are_none_and_algorithms_that_are_none_are_named() {
        assert!(fill("ID_TOKEN{a}", FACTS).unwrap_err().contains("no JSON"));
        assert!(fill("ID_TOKEN_RS1{}", FACTS).unwrap_err().contains("RS1"));
    }
}
