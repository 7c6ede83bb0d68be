use std::{error::Error as _, time::SystemTime};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::{
    ClientAssertion, ClientConfig, Error, OAuth2Token, Result, Secret, url::form_urlencoded,
};
use serde_json::json;

/// Values that must not come out. Each begins with eight letters that stand nowhere else, and goes
/// on with characters that a form, JSON or a header spells in another way.
pub(super) const CLIENT_SECRET: &str = "Qclntsec/of+the=client";
pub(super) const CODE: &str = "Qcodecod/of&the=login";
pub(super) const ACCESS: &str = "Qaccesst/the+access=token";
pub(super) const REFRESH: &str = "Qrefresh/the+refresh=token";
pub(super) const ASSERTION: &str = "Qasserti.the.assertion";
pub(super) const TOKEN_PARAM: &str = "Qtknparm/of+the=login";
pub(super) const PASSWORD: &str = "Qpasswrd \"of\\ a & user";
pub(super) const QUERY: &str = "Qqueryke/of+the=application";
pub(super) const HEADER: &str = "Qheaderk-of-the-application";
pub(super) const CLAIM: &str = "Qclaimcl of the user";

/// The search for planted secrets.
#[derive(Debug, Clone)]
pub(super) struct Planted(Vec<String>);

impl Planted {
    pub(super) fn new() -> Self {
        let mut planted = Self(Vec::new());
        for secret in [
            CLIENT_SECRET,
            CODE,
            ACCESS,
            REFRESH,
            ASSERTION,
            TOKEN_PARAM,
            PASSWORD,
            QUERY,
            HEADER,
            CLAIM,
        ] {
            planted.add(secret);
        }
        // As HTTP Basic spells it; what comes before is the client id and no secret.
        let encoded: String = form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
        for secret in [CLIENT_SECRET, &encoded] {
            planted.add(&STANDARD.encode(format!("client:{secret}"))[12..]);
        }
        planted
    }

    /// One more: what only this login knows.
    pub(super) fn add(&mut self, secret: &str) {
        self.0.push(secret[..8].to_owned());
    }

    /// The secrets of which at least the first eight letters stand in the text.
    pub(super) fn found_in(&self, text: &str) -> Vec<&str> {
        self.0.iter().map(String::as_str).filter(|secret| text.contains(secret)).collect()
    }

    #[track_caller]
    pub(super) fn assert_absent(&self, what: &str, text: &str) {
        let found = self.found_in(text);
        assert!(found.is_empty(), "{what} shows {found:?}: {text}");
    }

    /// Every way in which an error can be printed, its sources too.
    #[track_caller]
    pub(super) fn assert_absent_from(&self, what: &str, error: &Error) -> String {
        let text = printed(error);
        self.assert_absent(what, &text);
        text
    }
}

pub(super) fn printed(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        text += &format!(" {inner} {inner:?}");
        source = inner.source();
    }
    text
}

pub(super) fn confidential() -> ClientConfig {
    let config = public().with_secret(CLIENT_SECRET);
    config.with_authorization_param("hint", QUERY).with_token_param("tenant", TOKEN_PARAM)
}

pub(super) fn public() -> ClientConfig {
    ClientConfig::new("client").with_redirect_uri("https://app.test/callback").unwrap()
}

pub(super) fn token() -> OAuth2Token {
    let stored = json!({
        "access_token": ACCESS,
        "refresh_token": REFRESH,
        "id_token": ASSERTION,
        "claims": { "sub": "42", "name": CLAIM },
        "extra": { "inner": REFRESH },
    });
    OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap()
}

/// A key whose assertion is always the same.
#[derive(Debug)]
pub(super) struct Key;

#[async_trait]
impl ClientAssertion for Key {
    async fn sign(&self, _: &str, _: &str, _: SystemTime) -> Result<Secret> {
        Ok(Secret::new(ASSERTION))
    }
}
