use std::{collections::BTreeSet, time::Duration};

use hallpass_core::{ErrorKind, http::Method, url::Url};

use super::*;

#[cfg(feature = "rsa")]
mod by_key;
mod known;
mod requests;

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> std::time::SystemTime {
        UNIX_EPOCH + Duration::from_secs(137_131_200)
    }
}

#[derive(Debug)]
struct Sevens;

impl Random for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn signer() -> Signer {
    let client = ClientCredentials::new("key", "client&secret");
    Signer::new(client).with_clock(Arc::new(Noon)).with_random(Arc::new(Sevens))
}

fn token() -> TokenCredentials {
    TokenCredentials::new("to ken", "token secret")
}

const FIXED: &str = "oauth_consumer_key=\"key\", oauth_nonce=\"070707070707070707070707070707\", ";
const FORM: &str = "application/x-www-form-urlencoded";

/// What is said in the header, and nothing is left out of it.
fn header_of(signer: &Signer, parts: &RequestParts<'_>) -> String {
    match signer.sign(parts, Some(&token())).unwrap() {
        Signed::Header(value) => {
            assert!(value.is_sensitive());
            value.to_str().unwrap().to_owned()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn plaintext_is_both_secrets_encoded() {
    let signer = signer().with_method(SignatureMethod::Plaintext).unwrap();
    let url = url("https://a.test/");
    let header = header_of(&signer, &RequestParts::new(&Method::GET, &url));
    let want = format!(
        "OAuth {FIXED}oauth_signature_method=\"PLAINTEXT\", oauth_timestamp=\"137131200\", \
         oauth_version=\"1.0\", oauth_token=\"to%20ken\", \
         oauth_signature=\"client%2526secret%26token%2520secret\""
    );
    assert_eq!(header, want);
    let two_legged = signer.sign(&RequestParts::new(&Method::GET, &url), None).unwrap();
    let Signed::Header(value) = two_legged else { panic!("{two_legged:?}") };
    assert!(value.to_str().unwrap().ends_with("oauth_signature=\"client%2526secret%26\""));
}

#[test]
fn plaintext_is_refused_over_plain_http_but_to_loopback() {
    let signer = signer().with_method(SignatureMethod::Plaintext).unwrap();
    for (text, want) in [
        ("http://a.test/", false),
        ("http://127.0.0.1.a.test/", false),
        ("http://0.0.0.0/", false),
        ("https://a.test/", true),
        ("http://127.0.0.1:81/", true),
        ("http://[::1]/", true),
        ("http://localhost/", true),
    ] {
        let url = url(text);
        let got = signer.sign(&RequestParts::new(&Method::GET, &url), None);
        assert_eq!(got.is_ok(), want, "{text}");
        if let Err(error) = got {
            assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("plain_http")));
        }
    }
}

#[test]
fn plaintext_does_not_go_into_a_url() {
    let url = url("https://a.test/?a=1");
    let parts = RequestParts::new(&Method::POST, &url);
    let signer = signer().with_method(SignatureMethod::Plaintext).unwrap();
    for (placement, want) in
        [(Placement::Query, false), (Placement::Header, true), (Placement::Form, true)]
    {
        let signer = signer.clone().with_placement(placement);
        let got = signer.sign(&parts, Some(&token()));
        assert_eq!(got.is_ok(), want, "{placement:?}");
        let mut request = Request::post("https://a.test/").body(()).unwrap();
        if let Err(error) = got {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            signer.sign_request(&mut request, b"", Some(&token())).unwrap_err();
            assert_eq!(request.uri(), "https://a.test/", "nothing of it is there");
        }
    }
}

#[test]
fn a_realm_is_quoted_and_not_signed() {
    let url = url("https://a.test/");
    let parts = RequestParts::new(&Method::GET, &url);
    let plain = header_of(&signer(), &parts);
    let with_realm = header_of(&signer().with_realm(r#"a "b" \c"#).unwrap(), &parts);
    let want = format!("OAuth realm=\"a \\\"b\\\" \\\\c\", {}", &plain["OAuth ".len()..]);
    assert_eq!(with_realm, want);
    for realm in ["a\nb", "\u{7f}", "é"] {
        assert_eq!(signer().with_realm(realm).unwrap_err().kind(), ErrorKind::Config, "{realm:?}");
    }
}

#[test]
fn what_goes_into_query_or_form_is_encoded_and_has_no_realm() {
    let url = url("https://a.test/");
    let parts = RequestParts::new(&Method::POST, &url);
    let signer = signer().with_realm("r").unwrap().without_version();
    for placement in [Placement::Query, Placement::Form] {
        let signed = signer.clone().with_placement(placement).sign(&parts, Some(&token())).unwrap();
        let (Signed::Query(text) | Signed::Form(text)) = &signed else { panic!("{signed:?}") };
        assert_eq!(matches!(signed, Signed::Form(_)), placement == Placement::Form);
        let names: Vec<_> =
            text.expose().split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
        let want = [
            "oauth_consumer_key",
            "oauth_nonce",
            "oauth_signature_method",
            "oauth_timestamp",
            "oauth_token",
            "oauth_signature",
        ];
        assert_eq!(names, want);
        assert!(text.expose().contains("&oauth_token=to%20ken&"));
    }
}

#[test]
fn a_body_that_is_no_form_does_not_become_one() {
    let signer = signer().with_placement(Placement::Form);
    let url = url("https://a.test/");
    let check = |method: &Method, content_type: Option<&str>, body: &[u8], want: bool| {
        let mut parts = RequestParts::new(method, &url);
        if let Some(content_type) = content_type {
            parts = parts.with_body(content_type, body);
        }
        let got = signer.sign(&parts, None);
        assert_eq!(got.is_ok(), want, "{method} {content_type:?}");
        assert!(got.err().is_none_or(|error| error.kind() == ErrorKind::Config));
    };
    check(&Method::POST, Some("application/json"), b"{}", false);
    check(&Method::POST, Some("application/json"), b"", false);
    check(&Method::POST, Some("multipart/form-data; boundary=b"), b"--b--", false);
    check(&Method::GET, None, b"", false);
    check(&Method::POST, None, b"", true);
    check(&Method::POST, Some(FORM), b"a=1", true);
}

#[test]
fn callback_and_verifier_are_sent_where_they_are_given_and_signed() {
    let url = url("https://a.test/");
    let bare = RequestParts::new(&Method::POST, &url);
    let bare_header = header_of(&signer(), &bare);
    assert!(!bare_header.contains("oauth_callback") && !bare_header.contains("oauth_verifier"));
    let callback = header_of(&signer(), &bare.clone().with_callback("https://app.test/cb?x"));
    assert!(callback.contains("oauth_callback=\"https%3A%2F%2Fapp.test%2Fcb%3Fx\""));
    let verifier = header_of(&signer(), &bare.with_verifier("1 2"));
    assert!(verifier.contains("oauth_verifier=\"1%202\""));
    let signature = |header: &str| header.rsplit_once("oauth_signature=").unwrap().1.to_owned();
    assert_ne!(signature(&callback), signature(&bare_header));
    assert_ne!(signature(&verifier), signature(&bare_header));
}

#[test]
fn each_signature_has_a_nonce_of_its_own() {
    let signer = Signer::new(ClientCredentials::new("key", "secret"));
    let url = url("https://a.test/");
    let parts = RequestParts::new(&Method::GET, &url);
    let nonce = |_| {
        let header = header_of(&signer, &parts);
        let nonce = header.split("oauth_nonce=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(nonce.len() == 30 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        nonce.to_owned()
    };
    assert_eq!((0..100).map(nonce).collect::<BTreeSet<_>>().len(), 100);
}

#[test]
fn nothing_that_signs_prints_a_secret() {
    let signer = signer();
    let url = url("https://a.test/");
    let shown = ["x"; 3].map(|_| signer.clone());
    let placed = [Placement::Header, Placement::Query, Placement::Form];
    for (signer, placement) in shown.into_iter().zip(placed) {
        let signer = signer.with_placement(placement);
        let signed = signer.sign(&RequestParts::new(&Method::POST, &url), Some(&token())).unwrap();
        let shown = format!("{signer:?}{signed:?}{:?}", token());
        assert!(!shown.contains("secret\"") && !shown.contains("client&"), "{shown}");
        assert!(!shown.contains("to ken") && !shown.contains("oauth_"), "{shown}");
    }
}
