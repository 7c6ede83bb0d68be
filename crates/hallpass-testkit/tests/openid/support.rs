use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_lc_rs::{
    hmac,
    signature::{
        self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hallpass_core::{
    Clock, HttpClient as _, Json, Purpose, Request, ReqwestClient, Response,
    http::Method,
    url::{Url, form_urlencoded},
};
use hallpass_testkit::{Landing, LocalProvider, LocalProviderBuilder, User};

/// Where the application is.
pub(crate) const CALLBACK: &str = "https://app.test/callback";

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What the clock says at first, in seconds since 1970.
pub(crate) const NOW: u64 = 1_767_225_600;

/// A clock that stands still until it is turned.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<SystemTime>);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))))
    }

    pub(crate) fn turn(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

pub(crate) type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// A provider with a clock that stands still.
pub(crate) async fn provider(
    set: impl FnOnce(LocalProviderBuilder) -> LocalProviderBuilder,
) -> LocalProvider {
    let builder = LocalProvider::builder().with_openid().with_clock(TestClock::new());
    set(builder).start().await.unwrap()
}

pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&'static str, &str)],
    form: &[(&str, &str)],
) -> Response {
    let mut request = Request::new(method, Url::parse(url).unwrap(), Purpose::Api);
    for (name, value) in headers {
        request.headers.insert(*name, value.parse().unwrap());
    }
    if !form.is_empty() {
        let media_type = "application/x-www-form-urlencoded";
        request.headers.insert("content-type", media_type.parse().unwrap());
        request.body = encoded(form).into_bytes();
    }
    ReqwestClient::new().send(request).await.unwrap()
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The JSON at a URL, status 200.
pub(crate) async fn get_json(url: &str) -> Json {
    let response = send(Method::GET, url, &[], &[]).await;
    assert_eq!(response.status, 200, "{url}");
    response.json().unwrap()
}

pub(crate) async fn metadata(local: &LocalProvider) -> Json {
    get_json(&format!("{}/.well-known/openid-configuration", local.issuer())).await
}

/// An endpoint, as the metadata have it.
pub(crate) async fn endpoint(local: &LocalProvider, name: &str) -> String {
    metadata(local).await[name].as_str().unwrap().to_owned()
}

pub(crate) async fn jwks(local: &LocalProvider) -> Json {
    get_json(&endpoint(local, "jwks_uri").await).await
}

/// Status and JSON of the answer to a form.
pub(crate) async fn post(
    url: &str,
    headers: &[(&'static str, &str)],
    form: &[(&str, &str)],
) -> (u16, Json) {
    let response = send(Method::POST, url, headers, form).await;
    (response.status.as_u16(), response.json().unwrap_or_default())
}

/// A good authentication request.
pub(crate) fn wish(client_id: &str) -> Pairs<'_> {
    vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("state", "a state"),
        ("scope", "openid profile email"),
        ("nonce", "a nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// The same but for one parameter, which may be new; without it if there is no value.
pub(crate) fn with<'a>(mut pairs: Pairs<'a>, name: &'a str, value: &'a str) -> Pairs<'a> {
    pairs.retain(|(known, _)| *known != name);
    if !value.is_empty() {
        pairs.push((name, value));
    }
    pairs
}

pub(crate) async fn ask(
    local: &LocalProvider,
    wish: &[(&str, &str)],
) -> hallpass_core::Result<Landing> {
    let url = format!("{}/authorize?{}", local.base_url(), encoded(wish));
    local.browser().sign_in(url, User::first()).await
}

/// What the browser brings back.
pub(crate) fn params(landing: &Landing) -> BTreeMap<String, String> {
    Url::parse(landing.url()).unwrap().query_pairs().into_owned().collect()
}

pub(crate) async fn code(local: &LocalProvider, wish: &[(&str, &str)]) -> String {
    params(&ask(local, wish).await.unwrap())["code"].clone()
}

/// A token request for a code, without the client's proof.
pub(crate) fn redemption(code: &str) -> Pairs<'_> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// The header of the provider's own client.
pub(crate) fn own(local: &LocalProvider) -> String {
    basic(local.client_id(), local.client_secret().expose())
}

/// The token reply for this request.
pub(crate) async fn login_with(local: &LocalProvider, wish: &[(&str, &str)]) -> Json {
    let code = code(local, wish).await;
    let url = endpoint(local, "token_endpoint").await;
    let (status, reply) = post(&url, &[("authorization", &own(local))], &redemption(&code)).await;
    assert_eq!(status, 200, "{reply}");
    reply
}

pub(crate) async fn login(local: &LocalProvider) -> Json {
    login_with(local, &wish(local.client_id())).await
}

pub(crate) async fn refresh(local: &LocalProvider, token: &Json) -> Json {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token["refresh_token"].as_str().unwrap()),
    ];
    let url = endpoint(local, "token_endpoint").await;
    let (status, reply) = post(&url, &[("authorization", &own(local))], &form).await;
    assert_eq!(status, 200, "{reply}");
    reply
}

/// Header and claims, not verified.
pub(crate) fn decoded(jwt: &str) -> (Json, Json) {
    let parts: Vec<_> = jwt.split('.').collect();
    assert_eq!(parts.len(), 3, "{jwt}");
    let part = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (part(parts[0]), part(parts[1]))
}

/// How many of the keys that the header could mean signed the JWT.
pub(crate) fn signers(jwks: &Json, jwt: &str) -> usize {
    let (header, _) = decoded(jwt);
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let keys = jwks["keys"].as_array().unwrap().iter();
    let meant = keys.filter(|key| header.get("kid").is_none_or(|kid| key["kid"] == *kid));
    let alg = header["alg"].as_str().unwrap();
    meant.filter(|key| is_signed_by(key, alg, message.as_bytes(), &signature)).count()
}

/// The claims of a JWT that one of the keys signed.
pub(crate) fn verified(jwks: &Json, jwt: &str) -> Json {
    assert_eq!(signers(jwks, jwt), 1, "{jwt}");
    decoded(jwt).1
}

fn is_signed_by(key: &Json, alg: &str, message: &[u8], signature: &[u8]) -> bool {
    let number =
        |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default()).unwrap();
    let rsa = |how: &'static RsaParameters| {
        let components = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        key["kty"] == "RSA" && components.verify(how, message, signature).is_ok()
    };
    let ec = |curve: &str, how: &'static dyn VerificationAlgorithm| {
        let point = [vec![4], number("x"), number("y")].concat();
        key["crv"] == curve && UnparsedPublicKey::new(how, point).verify(message, signature).is_ok()
    };
    match alg {
        "RS256" => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        "PS256" => rsa(&signature::RSA_PSS_2048_8192_SHA256),
        "ES256" => ec("P-256", &signature::ECDSA_P256_SHA256_FIXED),
        "ES384" => ec("P-384", &signature::ECDSA_P384_SHA384_FIXED),
        "ES512" => ec("P-521", &signature::ECDSA_P521_SHA512_FIXED),
        "EdDSA" => {
            let public = UnparsedPublicKey::new(&signature::ED25519, number("x"));
            key["crv"] == "Ed25519" && public.verify(message, signature).is_ok()
        }
        _ => false,
    }
}

/// Whether it is the MAC of a JWT.
pub(crate) fn has_mac(secret: &str, jwt: &str) -> bool {
    let (message, tag) = jwt.rsplit_once('.').unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, message.as_bytes(), &URL_SAFE_NO_PAD.decode(tag).unwrap()).is_ok()
}
