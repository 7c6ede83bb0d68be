use std::{collections::BTreeMap, sync::Arc};

use hallpass::{
    Authorization, AuthorizationRequest, Callback, Error, ErrorKind, OAuth2Token,
    PendingAuthorization, Secret,
    core::{
        Json, Profile,
        http::{Method, Request as HttpRequest, header},
        url::{Url, form_urlencoded},
    },
    oauth1::{
        ClientCredentials, OAuth1Client, OAuth1Config, OAuth1Provider, Placement, RequestParts,
        SignatureMethod, Signer, TokenCredentials,
    },
};

use crate::{
    oauth1::server::{Asked, Params, Server},
    oracle::{check_error, check_stored_token},
    wire::{Answer, Wire},
    world::{CODE, Counted, REDIRECT_URI, SECRET, Still, at_once, pick},
};

mod server;

const CONSUMER: &str = "consumer key";
const TOKEN_SECRET: &str = "planted-token-secret";

/// OAuth 1: a request that is signed, and a login with its three answers.
///
/// Bytes: which of the two, and what is chosen of method, placement, signature. Then parts. Of a
/// request: URL, media type, body, token, its secret, callback, verifier. Of a login: the callback,
/// then answers as `Answer` reads them. Who verifies the signatures is a server of the door's own,
/// which shares the hashes with the crate, and no more.
pub fn oauth1(input: &[u8]) {
    let Some((&[which, method, placement, signature], rest)) = input.split_first_chunk() else {
        return;
    };
    let chosen = Chosen {
        method: pick(&METHODS, method).clone(),
        placement: pick(&[Placement::Header, Placement::Query, Placement::Form], placement),
        signature: pick(&SIGNATURES, signature),
    };
    match pick(b"sl", which) {
        b's' => request(&chosen, rest),
        _ => login(&chosen, rest),
    }
}

struct Chosen {
    method: Method,
    placement: Placement,
    signature: SignatureMethod,
}

impl Chosen {
    /// PLAINTEXT is both secrets as they are: in a URL, proxies and logs would have them.
    fn tells_secrets(&self) -> bool {
        self.signature == SignatureMethod::Plaintext && self.placement == Placement::Query
    }

    /// Whether such a refusal is what this choice must get.
    fn check_refused(&self, error: &Error) {
        check_error(error, &[SECRET]);
        if self.tells_secrets() {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        }
    }
}

const METHODS: [&Method; 4] = [&Method::GET, &Method::POST, &Method::PUT, &Method::DELETE];

const SIGNATURES: [SignatureMethod; 4] = [
    SignatureMethod::HmacSha1,
    SignatureMethod::HmacSha256,
    SignatureMethod::HmacSha512,
    SignatureMethod::Plaintext,
];

/// One request of whatever parts, signed: a server that has the secrets believes it.
fn request(chosen: &Chosen, rest: &[u8]) {
    let mut parts = rest.splitn(7, |byte| *byte == 0);
    let mut bytes = || parts.next().unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let parts = Parts {
        url: text(bytes()),
        label: Some(text(bytes())).filter(|label| !label.is_empty()),
        body: bytes(),
        token: text(bytes()),
        secret: text(bytes()),
        callback: text(bytes()),
        verifier: text(bytes()),
    };
    let signer = Signer::new(ClientCredentials::new(CONSUMER, SECRET));
    let signer = signer.with_method(chosen.signature).unwrap().with_placement(chosen.placement);
    let signer = signer.with_body_hash().with_clock(Arc::new(Still)).with_random(Arc::new(Counted));
    sign(chosen, &signer, &parts);
    sign_request(chosen, &signer, &parts);
}

struct Parts<'a> {
    url: String,
    label: Option<String>,
    body: &'a [u8],
    token: String,
    secret: String,
    callback: String,
    verifier: String,
}

impl Parts<'_> {
    fn credentials(&self) -> Option<TokenCredentials> {
        let is_there = !self.token.is_empty();
        is_there.then(|| TokenCredentials::new(self.token.as_str(), self.secret.as_str()))
    }

    fn server(&self) -> Server<'_> {
        let token_secret = if self.token.is_empty() { "" } else { &self.secret };
        Server { consumer_secret: SECRET, token_secret }
    }
}

fn sign(chosen: &Chosen, signer: &Signer, parts: &Parts<'_>) {
    let Ok(url) = Url::parse(&parts.url) else { return };
    if !matches!(url.scheme(), "http" | "https") {
        return;
    }
    let asked = Asked::new(&chosen.method, &url, parts.label.as_deref(), parts.body);
    let mut covered = RequestParts::new(&chosen.method, &url);
    if let Some(label) = &parts.label {
        covered = covered.with_body(label, parts.body);
    } else if !parts.body.is_empty() {
        covered = covered.with_body("application/octet-stream", parts.body);
    }
    let added = [(&*parts.token, &*parts.secret), ("realm", "r"), ("oauth_signature", "s")];
    let pair = (parts.token.clone().into_bytes(), parts.secret.clone().into_bytes());
    let want = asked.base_string(if parts.token == "realm" { Vec::new() } else { vec![pair] });
    assert_eq!(covered.base_string(&added), want);

    if !parts.callback.is_empty() {
        covered = covered.with_callback(&parts.callback);
    }
    if !parts.verifier.is_empty() {
        covered = covered.with_verifier(&parts.verifier);
    }
    match signer.sign(&covered, parts.credentials().as_ref()) {
        Ok(signed) => {
            assert!(!chosen.tells_secrets(), "both secrets are in the URL");
            assert!(chosen.signature != SignatureMethod::Plaintext || asked.is_private());
            let asked = asked.with(&signed);
            let params = parts.server().verify(&asked, chosen.signature);
            let said = |name: &str| params.get(name).map(String::as_str).unwrap_or_default();
            assert_eq!(said("oauth_consumer_key"), CONSUMER);
            assert_eq!(said("oauth_token"), parts.token);
            assert_eq!(said("oauth_callback"), parts.callback);
            assert_eq!(said("oauth_verifier"), parts.verifier);
            assert_eq!(said("oauth_body_hash").is_empty(), asked.is_form(), "{asked:?}");
        }
        Err(error) => {
            let is_plain = chosen.signature == SignatureMethod::Plaintext && !asked.is_private();
            let is_no_form = chosen.placement == Placement::Form && !asked.may_be_form();
            let is_right = is_plain || is_no_form || chosen.tells_secrets();
            assert!(is_right || asked.has_protocol_param(), "refused: {error}");
            chosen.check_refused(&error);
        }
    }
}

/// The same of a request that another client sends. What stands in the place of the callback is its
/// `Host`.
fn sign_request(chosen: &Chosen, signer: &Signer, parts: &Parts<'_>) {
    let mut request = HttpRequest::builder().method(&chosen.method).uri(&*parts.url);
    if let Some(label) = &parts.label {
        request = request.header(header::CONTENT_TYPE, label);
    }
    if !parts.callback.is_empty() {
        request = request.header(header::HOST, &*parts.callback);
    }
    let Ok(mut request) = request.body(()) else { return };
    match signer.sign_request(&mut request, parts.body, parts.credentials().as_ref()) {
        Ok(()) => {
            assert!(!chosen.tells_secrets(), "both secrets are in the URL");
            let host = request.uri().host().unwrap_or_default().to_ascii_lowercase();
            let said = parts.callback.to_ascii_lowercase();
            let is_own = said.strip_prefix(&*host).is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix(':').is_some_and(|p| p.parse::<u16>().is_ok())
            });
            assert!(said.is_empty() || is_own, "signed for {host}, sent to {said}");
            parts.server().verify(&Asked::of_uri(&request, parts.body), chosen.signature);
        }
        Err(error) => chosen.check_refused(&error),
    }
}

/// None, if the client refused the choice, as it must.
fn client(chosen: &Chosen, wire: &Arc<Wire>) -> Option<OAuth1Client> {
    let acme = OAuth1Provider::new(
        "acme",
        "https://acme.test/initiate",
        "https://login.acme.test/authorize?lang=en",
        "https://acme.test/token?v=1",
    );
    let acme = acme
        .with_profile("https://api.acme.test/me?full=1", |me: Json| Profile::from_json(me, "id"))
        .with_signature_method(chosen.signature)
        .with_placement(chosen.placement)
        .with_temporary_method(chosen.method.clone())
        .with_token_method(chosen.method.clone());
    let config = OAuth1Config::new(ClientCredentials::new(CONSUMER, SECRET));
    let config = config.with_redirect_uri(REDIRECT_URI).unwrap();
    let client = match OAuth1Client::new(acme, config) {
        Ok(client) => client,
        Err(error) => {
            assert!(chosen.tells_secrets(), "refused: {error}");
            chosen.check_refused(&error);
            return None;
        }
    };
    assert!(!chosen.tells_secrets(), "both secrets would be in URLs");
    let client = client.with_http_client(Arc::clone(wire) as _);
    Some(client.with_clock(Arc::new(Still)).with_random(Arc::new(Counted)))
}

/// A login, as an application and a browser do it.
fn login(chosen: &Chosen, rest: &[u8]) {
    let mut parts = rest.split(|byte| *byte == 0);
    let callback = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let wire = Arc::new(Wire::new(parts.map(Answer::read).collect()));
    let Some(client) = client(chosen, &wire) else { return };
    let begun = at_once(client.get_authorization_url(AuthorizationRequest::new()));
    let asked = asked(&wire, 0, chosen, "");
    assert_eq!(asked["oauth_callback"], REDIRECT_URI);
    assert_eq!(asked.get("oauth_token"), None, "nobody has one yet");
    let login = match begun {
        Ok(login) => login,
        Err(error) => return check_error(&error, &[SECRET]),
    };
    let temporary = granted(&wire, 0);
    check_begun(&login, &temporary);
    let Some(token) = redeemed(&client, &wire, chosen, (&callback, login.pending), &temporary)
    else {
        return;
    };
    let before = wire.asked();
    let profile = at_once(client.get_profile(&token));
    let secret = TokenCredentials::of(&token).expect("a token has its secret");
    let secret = secret.secret().expose();
    assert_eq!(
        self::asked(&wire, before, chosen, secret)["oauth_token"],
        *token.access_token().expose()
    );
    match profile {
        Ok(profile) => assert!(!profile.id().is_empty(), "an account without an id"),
        Err(error) => check_error(&error, &[SECRET]),
    }
}

/// What the request of this number says; it is the last one, and signed.
fn asked(wire: &Wire, number: usize, chosen: &Chosen, token_secret: &str) -> Params {
    let sent = wire.since(number);
    assert_eq!(sent.len(), 1, "one request and no other");
    let server = Server { consumer_secret: SECRET, token_secret };
    server.verify(&Asked::of_request(&sent[0]), chosen.signature)
}

/// The members of an answer, as a reader reads them that is not ours.
fn granted(wire: &Wire, number: usize) -> BTreeMap<String, Json> {
    let answer = wire.answer(number).expect("there was one");
    assert!(answer.status.is_success(), "credentials of a refusal");
    let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body);
    if let Ok(Json::Object(members)) = serde_json::from_slice(body) {
        return members.into_iter().collect();
    }
    let text = std::str::from_utf8(body).expect("a form is text").trim();
    let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let members: BTreeMap<_, _> =
        pairs.iter().map(|(n, v)| (n.clone(), v.as_str().into())).collect();
    assert_eq!(members.len(), pairs.len(), "a member is there twice: {text}");
    members
}

/// The server confirmed the callback; the browser is sent off with the token, and without its
/// secret.
fn check_begun(login: &Authorization, temporary: &BTreeMap<String, Json>) {
    let is_true = |it: &Json| it == &Json::Bool(true) || text(it).eq_ignore_ascii_case("true");
    assert!(temporary.get("oauth_callback_confirmed").is_some_and(is_true), "{temporary:?}");
    let (token, secret) = (text(&temporary["oauth_token"]), text(&temporary["oauth_token_secret"]));
    assert!(!token.is_empty() && !secret.is_empty(), "empty credentials");
    let url = Url::parse(login.url.as_str()).expect("what the browser is sent to is a URL");
    assert_eq!((url.host_str(), url.path()), (Some("login.acme.test"), "/authorize"));
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let want = [("lang", "en"), ("oauth_token", token)];
    assert_eq!(pairs, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let is_planted = secret == TOKEN_SECRET && !token.contains(TOKEN_SECRET);
    assert!(!is_planted || !format!("{login:?}").contains(TOKEN_SECRET), "{login:?}");
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

/// The token of the second answer, if the callback is this login's: asked for with its verifier,
/// and signed with the temporary secret.
fn redeemed(
    client: &OAuth1Client,
    wire: &Wire,
    chosen: &Chosen,
    (query, pending): (&str, PendingAuthorization),
    temporary: &BTreeMap<String, Json>,
) -> Option<OAuth2Token> {
    let callback = match Callback::from_query(query) {
        Ok(callback) => callback,
        Err(error) => {
            check_error(&error, &[SECRET]);
            return None;
        }
    };
    let (token, secret) = (text(&temporary["oauth_token"]), text(&temporary["oauth_token_secret"]));
    let before = wire.asked();
    let got = at_once(client.get_access_token(callback, pending));
    let query = query.split('#').next().unwrap_or_default();
    let query = query.strip_prefix('?').unwrap_or(query);
    let said: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let said = |name: &str| said.get(name).map(String::as_str);
    if wire.asked() > before {
        let asked = asked(wire, before, chosen, secret);
        assert_eq!(said("oauth_token"), Some(token), "the callback of another login");
        assert_eq!(asked["oauth_token"], token);
        assert_eq!(said("oauth_verifier"), Some(asked["oauth_verifier"].as_str()));
    }
    match got {
        Ok(got) => {
            let granted = granted(wire, before);
            let credentials = TokenCredentials::of(&got).expect("a token has its secret");
            assert_eq!(credentials.token().expose(), text(&granted["oauth_token"]));
            assert_eq!(credentials.secret().expose(), text(&granted["oauth_token_secret"]));
            assert!(!credentials.token().is_empty() && !credentials.secret().is_empty());
            check_stored(&got);
            Some(got)
        }
        Err(error) => {
            let is_planted = secret == TOKEN_SECRET && !token.contains(TOKEN_SECRET);
            let is_sent = wire.asked() > before && said("oauth_verifier") == Some(CODE);
            let sent = [(true, SECRET), (is_planted, TOKEN_SECRET), (is_sent, CODE)];
            let sent: Vec<_> = sent.iter().filter(|(is, _)| *is).map(|(_, it)| *it).collect();
            check_error(&error, &sent);
            None
        }
    }
}

/// As any token; and `Debug` shows nothing of the secret that it carries.
fn check_stored(token: &OAuth2Token) {
    check_stored_token(token);
    let stored = token.expose_for_storage();
    let again = OAuth2Token::from_storage(&stored).unwrap();
    let [one, two] = [token, &again].map(|token| TokenCredentials::of(token).unwrap());
    assert_eq!(one.secret().expose(), two.secret().expose(), "the secret is lost in a store");
    let mut other: Json = serde_json::from_str(stored.expose()).unwrap();
    other["extra"]["oauth_token_secret"] = "x".into();
    let other = OAuth2Token::from_storage(&Secret::new(other.to_string())).unwrap();
    assert_eq!(format!("{token:?}"), format!("{other:?}"), "`Debug` shows the secret");
    assert_eq!(format!("{one:?}"), format!("{two:?}"));
}
