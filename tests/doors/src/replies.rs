use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass::{
    AuthorizationRequest, BaseOAuth2, Error, OAuth2Client, OAuth2Token, Result, Revoke, Secret,
    core::{
        Api, ClientAuth, Clock as _, Descriptor, Endpoint, Grant, Json, Request, Revocation,
        http::{HeaderMap, StatusCode, header},
        url::Url,
    },
    openid::{Algorithm, DpopSigner, Introspection, IssuerRule, OpenId, introspect},
    session::{DeviceAuthorization, DeviceLogin, TokenExchange, TokenKind},
};
use serde_json::{Map, json};

use crate::{
    oracle::{check_error, check_token},
    wire::{Answer, Wire},
    world::{
        CLIENT_ID, Counted, REFRESH, SECRET, Still, TOKEN, at_once, config, keys, pick,
        with_id_tokens,
    },
};

const ISSUER: &str = "https://id.test";
const DEVICE_CODE: &str = "planted-device-code";

/// Replies of the endpoints beside the token endpoint, with their headers: device authorization and
/// its polls, introspection, revocation, pushed requests, token exchange, proofs of a key, an API.
///
/// Bytes: which of these. Then answers in turn, as `Answer` reads them. Where the introspection is
/// to be signed, the body is the claims.
pub fn replies(input: &[u8]) {
    let Some((&which, rest)) = input.split_first() else { return };
    let mut answers: Vec<_> = rest.split(|byte| *byte == 0).map(Answer::read).collect();
    let which = pick(b"dijrgpxna", which);
    for answer in &mut answers {
        match which {
            b'j' => signed_introspection(answer),
            _ => fill_id_tokens(answer),
        }
    }
    let wire = Arc::new(Wire::new(answers));
    match which {
        b'd' => device(&wire),
        b'i' | b'j' => introspection(&wire, which == b'j'),
        b'r' => revocation(&wire, Revoke::AccessToken),
        b'g' => revocation(&wire, Revoke::Grant),
        b'p' => pushed(&wire),
        b'x' => exchange(&wire),
        b'n' => proofs(&wire),
        _ => api(&wire),
    }
}

fn fill_id_tokens(answer: &mut Answer) {
    if let Ok(text) = std::str::from_utf8(&answer.body) {
        if text.contains("ID_TOKEN") {
            answer.body = with_id_tokens(text, None).into_bytes();
        }
    }
}

/// As the provider signs it, whatever the claims are.
fn signed_introspection(answer: &mut Answer) {
    let header = br#"{"alg":"EdDSA","typ":"token-introspection+jwt"}"#;
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let message = format!("{}.{}", part(header), part(&answer.body));
    answer.body =
        format!("{message}.{}", part(&keys().ed.signature(message.as_bytes()))).into_bytes();
    let label = "application/token-introspection+jwt".parse().unwrap();
    answer.headers.insert(header::CONTENT_TYPE, label);
}

fn provider(wire: &Arc<Wire>) -> OAuth2Client<OpenId> {
    let descriptor = Descriptor::new("work", "https://id.test/authorize", "https://id.test/token")
        .with_issuer(ISSUER)
        .with_endpoint(Endpoint::DeviceAuthorization, "https://id.test/device")
        .with_endpoint(Endpoint::Introspection, "https://id.test/introspect")
        .with_endpoint(Endpoint::PushedAuthorization, "https://id.test/par")
        .with_endpoint(Endpoint::Revocation, "https://id.test/revoke")
        .with_revocation(Revocation::Rfc7009(ClientAuth::Basic));
    let issuer = IssuerRule::Exact(ISSUER.to_owned());
    let provider: OpenId = OpenId::pinned(descriptor, issuer, "https://id.test/keys");
    let provider = provider.with_algorithms([Algorithm::EdDsa, Algorithm::Rs256]);
    let client = OAuth2Client::new(provider, config()).unwrap();
    let client = client.with_http_client(Arc::clone(wire) as _).with_clock(Arc::new(Still));
    client.with_random(Arc::new(Counted))
}

/// The JSON that the answer of this number is, as a reader reads it that is not ours.
fn said(wire: &Wire, number: usize) -> Option<Json> {
    let body = &wire.answer(number)?.body;
    serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).ok()
}

fn status(wire: &Wire, number: usize) -> StatusCode {
    wire.answer(number).map_or(StatusCode::NO_CONTENT, |answer| answer.status)
}

fn refused(error: &Error, sent: &[&str]) {
    check_error(error, &[&[SECRET], sent].concat());
    let year = Duration::from_secs(366 * 86_400);
    assert!(error.retry_after().is_none_or(|wait| wait <= year), "a wait for ever");
}

/// What is shown spoils no terminal and leads to the web; polls are never faster than told.
fn device(wire: &Arc<Wire>) {
    let client: Arc<dyn BaseOAuth2> = Arc::new(provider(wire));
    let login = DeviceLogin::new(client).clock(Arc::new(Still));
    let mut login = match at_once(login.start()) {
        Ok(login) => login,
        Err(error) => return refused(&error, &[]),
    };
    assert!(status(wire, 0).is_success(), "a code of a refusal");
    let reply = said(wire, 0).expect("a code is in JSON");
    check_shown(&login, &reply);
    let device_code = reply["device_code"].as_str().expect("a device code is text");
    let sent = if device_code == DEVICE_CODE { &[DEVICE_CODE][..] } else { &[] };
    let interval = login.pause();
    for _ in 0..6 {
        let before = wire.asked();
        match at_once(login.poll()) {
            Ok(Some(token)) => {
                assert!(status(wire, before).is_success(), "a token of a refusal");
                return check_token(&token);
            }
            Ok(None) => {
                let asked = format!("device_code={device_code}");
                let form = wire.since(before).remove(0).body;
                let is_plain = device_code.bytes().all(|byte| byte.is_ascii_alphanumeric());
                assert!(!is_plain || String::from_utf8_lossy(&form).contains(&asked));
                assert!(login.pause() >= interval, "it asks faster than it was told to");
            }
            Err(error) => return refused(&error, sent),
        }
    }
}

fn check_shown(login: &DeviceAuthorization, reply: &Json) {
    assert_eq!(reply["user_code"], login.user_code());
    assert!(!login.user_code().is_empty() && !login.user_code().chars().any(char::is_control));
    assert!(login.pause().as_secs() >= 1 && login.expires_at() >= Still.now());
    for uri in [Some(login.verification_uri()), login.verification_uri_complete()] {
        let Some(uri) = uri else { continue };
        assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri:?}");
        let uri = Url::parse(uri).expect("an address is a URL");
        let host = uri.host_str().unwrap_or_default();
        let is_loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        assert!(uri.scheme() == "https" || (uri.scheme() == "http" && is_loopback), "{uri}");
        assert!(uri.username().is_empty() && uri.password().is_none(), "{uri}");
    }
    let shown = format!("{login:?}");
    let is_hidden =
        reply["device_code"] != DEVICE_CODE || login.verification_uri().contains("-code");
    assert!(is_hidden || !shown.contains(DEVICE_CODE), "{shown}");
}

fn token() -> OAuth2Token {
    let stored = json!({ "access_token": TOKEN, "refresh_token": REFRESH });
    OAuth2Token::from_storage(&Secret::new(stored.to_string())).unwrap()
}

/// What the answer says, and of a token that is over nothing at all.
fn introspection(wire: &Arc<Wire>, is_signed: bool) {
    let body = wire.answer(0).map(|answer| answer.body.clone()).unwrap_or_default();
    let got = match at_once(introspect(&provider(wire), &Secret::new(TOKEN))) {
        Ok(got) => got,
        Err(error) => return refused(&error, &[TOKEN]),
    };
    assert!(status(wire, 0).is_success());
    let said = if is_jwt(wire) {
        assert!(is_signed, "a JWT that nobody signed");
        let claims = jwt_claims(&body).expect("a JWT has claims");
        assert_eq!(claims["iss"], ISSUER);
        claims["token_introspection"].clone()
    } else {
        said(wire, 0).expect("an introspection is JSON")
    };
    let Json::Object(said) = said else { panic!("an introspection is an object") };
    check_introspection(&got, &said);
}

fn is_jwt(wire: &Wire) -> bool {
    let answer = wire.answer(0).expect("there was one");
    let label = answer.headers.get(header::CONTENT_TYPE).and_then(|label| label.to_str().ok());
    let label = label.unwrap_or_default().split(';').next().unwrap_or_default();
    label.trim().eq_ignore_ascii_case("application/token-introspection+jwt")
}

fn jwt_claims(body: &[u8]) -> Option<Json> {
    let claims = std::str::from_utf8(body).ok()?.trim().split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn check_introspection(got: &Introspection, said: &Map<String, Json>) {
    assert_eq!(Some(&Json::Bool(got.is_active())), said.get("active"));
    for (name, value) in said {
        assert_eq!(got.get(name), got.is_active().then_some(value), "{name}");
    }
    let text = |name: &str| said.get(name).and_then(Json::as_str).filter(|_| got.is_active());
    assert_eq!((got.subject(), got.client_id()), (text("sub"), text("client_id")));
    assert!(got.is_active() || (got.scopes().next(), got.expires_at()) == (None, None));
    assert!(got.scopes().all(|scope| !scope.is_empty() && !scope.contains(' ')));
    let names: Vec<_> = said.keys().collect();
    let want = format!("Introspection {{ is_active: {}, members: {names:?} }}", got.is_active());
    assert_eq!(format!("{got:?}"), want, "`Debug` shows more than names");
}

fn revocation(wire: &Arc<Wire>, what: Revoke) {
    let token = token();
    match at_once(provider(wire).revoke_token(&token, what)) {
        Ok(()) => {
            assert!(status(wire, 0).is_success(), "revoked by a refusal");
            assert_eq!(wire.asked(), 1);
        }
        Err(error) => match what {
            Revoke::AccessToken => refused(&error, &[TOKEN]),
            _ => refused(&error, &[REFRESH]),
        },
    }
}

/// The browser is sent to the page with the reference, and with nothing else.
fn pushed(wire: &Arc<Wire>) {
    let client = provider(wire);
    let login = match at_once(client.get_authorization_url(AuthorizationRequest::new().pushed())) {
        Ok(login) => login,
        Err(error) => return refused(&error, &[]),
    };
    assert!(status(wire, 0).is_success(), "a reference of a refusal");
    let reply = said(wire, 0).expect("a reference is in JSON");
    let url = Url::parse(login.url.as_str()).expect("what the browser is sent to is a URL");
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let reference = reply["request_uri"].as_str().expect("a reference is text").to_owned();
    let want = [("client_id", CLIENT_ID.to_owned()), ("request_uri", reference)];
    assert_eq!(pairs, want.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!((url.host_str(), url.path()), (Some("id.test"), "/authorize"));
    assert!(reply["error"].as_str().unwrap_or_default().is_empty() || is_none(&reply["error"]));
}

/// `ok` is what some write where there is no error.
fn is_none(error: &Json) -> bool {
    error.as_str().is_some_and(|error| error.eq_ignore_ascii_case("ok"))
}

/// A token of the sort that was asked for.
fn exchange(wire: &Arc<Wire>) {
    let exchange = TokenExchange::new(TOKEN, TokenKind::AccessToken);
    let exchange = exchange.with_requested_kind(TokenKind::Jwt);
    match at_once(exchange.request(&provider(wire))) {
        Ok(token) => {
            assert!(status(wire, 0).is_success(), "a token of a refusal");
            check_token(&token);
            let kind = TokenExchange::issued_kind(&token);
            assert!(kind.is_none_or(|kind| kind == TokenKind::Jwt.as_str()), "{kind:?}");
        }
        Err(error) => refused(&error, &[TOKEN]),
    }
}

/// Two requests at most, the second with the nonce that the first answer gave; the token is bound.
fn proofs(wire: &Arc<Wire>) {
    static PEM: OnceLock<Secret> = OnceLock::new();
    let pem = PEM.get_or_init(|| keys().ec.private_key_pem().expect("a key has a private half"));
    let signer = DpopSigner::es256(pem.clone()).unwrap().with_random(Arc::new(Counted));
    let client = provider(wire).with_request_signer(Arc::new(signer));
    let got = at_once(client.request_token(Grant::new("client_credentials")));
    let sent = wire.since(0);
    assert!((1..=2).contains(&sent.len()), "{} requests", sent.len());
    assert_eq!(nonce_in(&sent[0]), None, "a nonce that nobody gave");
    if let Some(second) = sent.get(1) {
        let answer = wire.answer(0).expect("there was one");
        assert!(matches!(answer.status.as_u16(), 400 | 401), "sent again for nothing");
        assert_eq!(nonce_in(second), nonce_given(&answer.headers));
    }
    match got {
        Ok(token) => {
            assert!(status(wire, sent.len() - 1).is_success(), "a token of a refusal");
            assert!(token.token_type().eq_ignore_ascii_case("DPoP"), "bound to nothing");
            check_token(&token);
        }
        Err(error) => refused(&error, &[]),
    }
}

fn nonce_in(request: &Request) -> Option<String> {
    let proof = request.headers.get("dpop").expect("each request has a proof");
    let claims = jwt_claims(proof.as_bytes()).expect("a proof is a JWT");
    claims.get("nonce").map(|nonce| nonce.as_str().expect("a nonce is text").to_owned())
}

/// RFC 9449 section 8.1: printable, without space, quote and backslash.
fn nonce_given(headers: &HeaderMap) -> Option<String> {
    let all: Vec<_> = headers.get_all("dpop-nonce").iter().collect();
    let [one] = all[..] else { return None };
    let text = one.to_str().ok().filter(|text| (1..=1024).contains(&text.len()))?;
    let fits = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    fits.then(|| text.to_owned())
}

/// An API's answer is what it is, or an error that does not repeat the token.
fn api(wire: &Arc<Wire>) {
    let (client, token) = (provider(wire), token());
    let got: Result<Json> = at_once(Api::new(&client, &token).get("https://id.test/me").read());
    match got {
        Ok(got) => {
            assert!(status(wire, 0).is_success(), "an answer of a refusal");
            assert_eq!(said(wire, 0), Some(got));
        }
        Err(error) => refused(&error, &[TOKEN]),
    }
}
