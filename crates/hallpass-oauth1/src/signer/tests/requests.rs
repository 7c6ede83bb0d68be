//! Requests of other clients, and bodies that are hashed.

use hallpass_core::http::HeaderValue;

use super::*;

fn request(uri: &str) -> Request<()> {
    Request::builder().method("POST").uri(uri).body(()).unwrap()
}

#[test]
fn a_request_of_another_client_gets_the_header() {
    let mut request = request("https://a.test/x/../y?q=1");
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
    signer().sign_request(&mut request, b"a=1", Some(&token())).unwrap();
    let value = request.headers()[header::AUTHORIZATION].to_str().unwrap();
    let parts = RequestParts::of_uri(request.method(), request.uri()).unwrap();
    let parts = parts.with_body(FORM, b"a=1");
    assert_eq!(value, header_of(&signer(), &parts), "the form is signed, the path as it is");
    let unsigned = RequestParts::of_uri(request.method(), request.uri()).unwrap();
    assert_ne!(value, header_of(&signer(), &unsigned));
    assert_eq!(request.uri(), "https://a.test/x/../y?q=1");
}

#[test]
fn a_request_of_another_client_gets_the_query() {
    let signer = signer().with_placement(Placement::Query);
    for (uri, want) in [
        ("https://a.test/x?q=%20+1", "https://a.test/x?q=%20+1&oauth_consumer_key=key&"),
        ("https://a.test/x", "https://a.test/x?oauth_consumer_key=key&"),
        ("https://a.test", "https://a.test/?oauth_consumer_key=key&"),
        ("https://a.test/x?", "https://a.test/x?oauth_consumer_key=key&"),
    ] {
        let mut request = request(uri);
        signer.sign_request(&mut request, b"", Some(&token())).unwrap();
        assert!(request.uri().to_string().starts_with(want), "{}", request.uri());
        assert!(request.headers().is_empty());
    }
}

#[test]
fn what_cannot_be_signed_is_left_as_it_was() {
    let mut signed = request("https://a.test/");
    signed.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_static("Basic x"));
    check(&signer(), signed, Some("reserved"));
    let mut elsewhere = request("https://a.test/");
    elsewhere.headers_mut().insert(header::HOST, HeaderValue::from_static("b.test"));
    check(&signer(), elsewhere, Some("reserved"));
    check(&signer(), request("https://a.test/?oauth_token=1"), Some("reserved"));
    check(&signer(), request("/relative"), None);
    check(&signer().with_placement(Placement::Form), request("https://a.test/"), None);
}

#[track_caller]
fn check(signer: &Signer, mut request: Request<()>, reason: Option<&str>) {
    let before = (request.uri().clone(), request.headers().clone());
    let error = signer.sign_request(&mut request, b"", Some(&token())).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, reason));
    assert_eq!(before, (request.uri().clone(), request.headers().clone()));
}

#[test]
fn the_host_of_the_uri_may_be_said() {
    let is_signed = |uri: &str, hosts: &[&'static str]| {
        let mut request = request(uri);
        for host in hosts {
            request.headers_mut().append(header::HOST, HeaderValue::from_static(host));
        }
        signer().sign_request(&mut request, b"", None).map_err(|error| error.reason())
    };
    for (uri, host) in [
        ("https://a.test:8443/", "A.test:8443"),
        ("https://a.test/", "a.test:443"),
        ("https://a.test:443/", "a.test"),
        ("http://a.test:80/", "a.test"),
        ("https://[::1]/", "[::1]"),
        ("https://[::1]:8443/", "[::1]:8443"),
    ] {
        assert_eq!(is_signed(uri, &[host]), Ok(()), "{uri} {host}");
        assert_eq!(is_signed(uri, &[host, host]), Ok(()), "{uri} {host}");
        assert_eq!(is_signed(uri, &[host, "b.test"]), Err(Some("reserved")), "{uri} {host}");
    }
    for (uri, host) in [
        ("https://a.test:8443/", "a.test"),
        ("https://a.test/", "a.test:80"),
        ("http://a.test/", "a.test:443"),
        ("https://a.test/", "a.test:"),
        ("https://a.test/", "a.test.:443"),
        ("https://a.test/", ""),
        ("https://[::1]/", "[::2]"),
    ] {
        assert_eq!(is_signed(uri, &[host]), Err(Some("reserved")), "{uri} {host}");
    }
}

/// The figures are those of Python's `hashlib`; the first is in the extension's own example.
#[test]
fn a_body_that_is_no_form_is_hashed_by_the_hash_of_the_method() {
    use SignatureMethod::{HmacSha1, HmacSha256, HmacSha512, Plaintext};
    let sha1 = "Lve95gjOVATpfV8EL5X4nxwjKHE=";
    check_hash(HmacSha1, "text/plain", b"Hello World!", Some(sha1));
    check_hash(Plaintext, "text/plain", b"Hello World!", Some(sha1));
    let sha256 = "f4OxZX/x/FO5LcGBSKHWXfwtSx+j1ncoSt3SABJtkGk=";
    check_hash(HmacSha256, "application/json", b"Hello World!", Some(sha256));
    let sha512 =
        "hhhE1nBOhXP+w02WfiC8/vPUJM9IvgTm3AjyvVjHKXQzcQFerYkcw88cnTS0kmS1EHUbH/nlN5N7xGtdb/TsyA==";
    check_hash(HmacSha512, "application/json", b"Hello World!", Some(sha512));
    check_hash(HmacSha1, "text/plain", b"", Some("2jmj7l5rSw0yVb/vlWAYkK/YBwk="));
    check_hash(HmacSha1, FORM, b"a=1", None);
    check_hash(HmacSha1, "application/x-www-form-urlencoded; charset=utf-8", b"a=1", None);
}

#[track_caller]
fn check_hash(method: SignatureMethod, content_type: &str, body: &[u8], want: Option<&str>) {
    let url = url("https://a.test/");
    let parts = RequestParts::new(&Method::PUT, &url).with_body(content_type, body);
    let signer = signer().with_method(method).unwrap();
    assert!(!header_of(&signer, &parts).contains("oauth_body_hash"), "not unless asked for");
    let header = header_of(&signer.with_body_hash(), &parts);
    let got = header.split("oauth_body_hash=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
    assert_eq!(got, want.map(|want| encoded(want.as_bytes())).as_deref());
}

#[test]
fn a_body_that_becomes_a_form_is_not_hashed() {
    let url = url("https://a.test/");
    let signer = signer().with_body_hash().with_placement(Placement::Form);
    let parts = RequestParts::new(&Method::POST, &url);
    let Ok(Signed::Form(form)) = signer.sign(&parts, None) else { panic!("it goes into a form") };
    assert!(!form.expose().contains("oauth_body_hash"), "{}", form.expose());
}

#[test]
fn another_body_has_another_signature_only_where_it_is_covered() {
    let url = url("https://a.test/");
    let header = |signer: &Signer, content_type: &str, body: &[u8]| {
        header_of(signer, &RequestParts::new(&Method::POST, &url).with_body(content_type, body))
    };
    let (plain, hashing) = (signer(), signer().with_body_hash());
    assert_ne!(header(&plain, FORM, b"a=1"), header(&plain, FORM, b"a=2"));
    let json = "application/json";
    assert_ne!(header(&hashing, json, b"{}"), header(&hashing, json, b"[]"));
    assert_eq!(header(&plain, json, b"{}"), header(&plain, json, b"[]"));
}
