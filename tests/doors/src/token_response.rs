use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use hallpass::{
    AuthorizationRequest, BaseOAuth2, Callback, OAuth2Token, Result, Secret,
    core::{CustomProvider, Descriptor, Grant, Json, url::Url},
};

use crate::{
    oracle::{check_error, check_token},
    world::{Answers, CODE, NOW, REFRESH, SECRET, TOKEN, at_once, client, config, pick},
};

/// Replies of a token endpoint, by core's reader: to a code, to a refresh, to another grant.
///
/// Bytes: grant, status, media type. Then the body.
pub fn token_response(input: &[u8]) {
    let Some((&[grant, status, label], body)) = input.split_first_chunk() else { return };
    let http = Answers::new(status, label, vec![body.to_vec()]);
    let is_success = http.status.is_success();
    let descriptor = Descriptor::new("acme", "https://id.test/authorize", "https://id.test/token");
    let provider = CustomProvider::new(descriptor, "https://id.test/me", "/id").unwrap();
    let client = client(provider, config(), Arc::new(http));
    let grant = pick(b"cro", grant);
    let got = match grant {
        b'c' => exchange(&*client),
        b'r' => at_once(client.refresh_token(&before())),
        _ => at_once(client.request_token(Grant::new("client_credentials"))),
    };
    match got {
        Ok(token) => {
            assert!(is_success, "a token of a refusal");
            check_token(&token);
            check_reply(&token, body);
            let is_kept = token.refresh_token().is_some();
            assert!(grant != b'r' || is_kept, "a refresh token is lost");
        }
        Err(error) => {
            assert!(error.status().is_some(), "an answer without its status: {error}");
            let sent = match grant {
                b'c' => &[SECRET, CODE][..],
                b'r' => &[SECRET, REFRESH],
                _ => &[SECRET],
            };
            check_error(&error, sent);
        }
    }
}

fn exchange(client: &dyn BaseOAuth2) -> Result<OAuth2Token> {
    let login = at_once(client.get_authorization_url(AuthorizationRequest::new()))?;
    let url = Url::parse(login.url.as_str()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1;
    let callback = Callback::from_query(&format!("code={CODE}&state={state}"))?;
    at_once(client.get_access_token(callback, login.pending))
}

fn before() -> OAuth2Token {
    let stored = format!(r#"{{"access_token":"{TOKEN}","refresh_token":"{REFRESH}"}}"#);
    OAuth2Token::from_storage(&Secret::new(stored)).unwrap()
}

/// The token is the reply's, the reply has no error in it, and no end is further than a century.
fn check_reply(token: &OAuth2Token, body: &[u8]) {
    let latest = UNIX_EPOCH + Duration::from_secs(NOW) + Duration::from_secs(100 * 365 * 86_400);
    assert!(token.expires_at().is_none_or(|at| at <= latest), "a token for ever");
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Ok(Json::Object(reply)) = serde_json::from_slice(body) else { return };
    let access = reply.get("access_token").and_then(Json::as_str);
    assert_eq!(access, Some(token.access_token().expose()));
    let error = reply.get("error").and_then(Json::as_str).unwrap_or_default();
    assert!(error.is_empty() || error.eq_ignore_ascii_case("ok"), "a token beside an error");
}
