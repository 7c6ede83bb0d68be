use hallpass_core::http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// The request of RFC 5849 section 3.4.1.1, and what its header has.
const OF_HEADER: [(&str, &str); 6] = [
    ("realm", "Example"),
    ("oauth_consumer_key", "9djdj82h48djs9d2"),
    ("oauth_token", "kkk9d7dh3k39sjv7"),
    ("oauth_signature_method", "HMAC-SHA1"),
    ("oauth_timestamp", "137131201"),
    ("oauth_nonce", "7d8f3e4a"),
];

#[test]
fn the_base_string_is_that_of_the_rfc() {
    let url = url("http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
    let parts = RequestParts::new(&Method::POST, &url);
    let parts = parts.with_body(FORM, b"c2&a3=2+q");
    let mut of_header = OF_HEADER.to_vec();
    of_header.push(("oauth_signature", "bYT5CMsGcbgUdFHObYMEfcx6bsw="));
    let want = concat!(
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q",
        "%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_",
        "key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m",
        "ethod%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk",
        "9d7dh3k39sjv7"
    );
    assert_eq!(parts.base_string(&of_header), want);
}

#[test]
fn the_base_uri_is_that_of_the_rfc() {
    let of_uri = |text: &str| {
        let uri: Uri = text.parse().unwrap();
        RequestParts::of_uri(&Method::GET, &uri).unwrap().base_uri()
    };
    assert_eq!(of_uri("http://EXAMPLE.COM:80/r%20v/X?id=123"), "http://example.com/r%20v/X");
    assert_eq!(of_uri("https://www.example.net:8080/?q=1"), "https://www.example.net:8080/");
    assert_eq!(of_uri("HTTPS://a.test:443"), "https://a.test/");
    assert_eq!(of_uri("http://a.test:443/"), "http://a.test:443/");
    assert_eq!(of_uri("https://a.test:80/a/../b//"), "https://a.test:80/a/../b//");
    assert_eq!(of_uri("http://[::1]:8080/x"), "http://[::1]:8080/x");
    let url = url("HTTPS://A.Test:443?x");
    assert_eq!(RequestParts::new(&Method::GET, &url).base_uri(), "https://a.test/");
}

#[test]
fn the_method_is_in_upper_case() {
    let method = Method::from_bytes(b"patch").unwrap();
    let url = url("https://a.test/");
    assert!(RequestParts::new(&method, &url).base_string(&[]).starts_with("PATCH&https%3A"));
}

#[test]
fn only_a_form_of_one_part_is_signed() {
    check("application/x-www-form-urlencoded", true);
    check("Application/X-WWW-Form-URLencoded; charset=UTF-8", true);
    check("application/json", false);
    check("multipart/form-data; boundary=application/x-www-form-urlencoded", false);
    check("", false);
    check("text/plain", false);
}

#[track_caller]
fn check(content_type: &str, is_signed: bool) {
    let url = url("https://a.test/?q=1");
    let parts = RequestParts::new(&Method::POST, &url).with_body(content_type, b"body=1");
    assert_eq!(parts.base_string(&[]).contains("body%3D1"), is_signed, "{content_type}");
    assert!(parts.base_string(&[]).contains("q%3D1"));
    let headers = HeaderMap::from_iter([(
        header::CONTENT_TYPE,
        HeaderValue::from_str(content_type).unwrap(),
    )]);
    let parts = RequestParts::new(&Method::POST, &url).with_headers(&headers, b"body=1");
    assert_eq!(parts.is_form(), is_signed, "{content_type}");
}

#[test]
fn a_body_without_a_type_is_no_form() {
    let url = url("https://a.test/");
    let headers = HeaderMap::new();
    let parts = RequestParts::new(&Method::POST, &url).with_headers(&headers, b"body=1");
    assert!(!parts.is_form() && !parts.may_be_form());
}

#[test]
fn the_empty_the_repeated_and_the_spaced_are_signed_each() {
    let url = url("https://a.test/?b=&a=2&a=1&c&a=+&%C3%A9=%ff");
    let got = RequestParts::new(&Method::GET, &url).base_string(&[]);
    let want =
        "GET&https%3A%2F%2Fa.test%2F&%25C3%25A9%3D%25FF%26a%3D%2520%26a%3D1%26a%3D2%26b%3D%26c%3D";
    assert_eq!(got, want);
}

/// By value where the names are the same, and byte by byte: `a=` before `a.b`, though `.` is less
/// than `=`.
#[test]
fn names_are_sorted_before_values() {
    let url = url("https://a.test/?a.b=1&a=z&A=1&a%2Bb=1&a-=1");
    let got = RequestParts::new(&Method::GET, &url).base_string(&[]);
    assert!(got.ends_with("&A%3D1%26a%3Dz%26a%252Bb%3D1%26a-%3D1%26a.b%3D1"), "{got}");
}

#[test]
fn a_parameter_that_signing_adds_is_refused_however_it_is_spelled() {
    for name in PROTOCOL.into_iter().chain(["oauth%5Ftoken", "%6fauth_nonce"]) {
        let url = url(&format!("https://a.test/?x=1&{name}=1"));
        let error = RequestParts::new(&Method::GET, &url).check().unwrap_err();
        assert_eq!(error.reason(), Some("reserved"), "{name}");
        let plain = self::url("https://a.test/");
        let form = format!("{name}=1");
        let parts = RequestParts::new(&Method::POST, &plain).with_body(FORM, form.as_bytes());
        assert!(parts.check().is_err(), "{name}");
    }
    let url = url("https://a.test/?oauth=1&xoauth_token=1");
    assert!(RequestParts::new(&Method::GET, &url).check().is_ok());
}

#[test]
fn a_uri_that_is_not_absolute_is_refused() {
    for uri in ["/path?q=1", "a.test:443"] {
        let uri: Uri = uri.parse().unwrap();
        assert!(RequestParts::of_uri(&Method::GET, &uri).is_err(), "{uri}");
    }
}

#[test]
fn debug_shows_neither_query_nor_body() {
    let url = url("https://a.test/x?key=planted");
    let parts = RequestParts::new(&Method::POST, &url).with_body(FORM, b"planted");
    let shown = format!("{:?}", parts.with_callback("planted").with_verifier("planted"));
    assert_eq!(shown, "RequestParts(POST https://a.test/x)");
}

proptest! {
    #[test]
    fn the_order_of_parameters_does_not_matter(
        pairs in proptest::collection::vec(("[a-c]{0,2}", ".{0,4}"), 0..8),
        turn in 0..8_usize,
        split in 0..8_usize,
    ) {
        let pairs: Vec<Pair> =
            pairs.iter().map(|(n, v)| (encoded(n.as_bytes()), encoded(v.as_bytes()))).collect();
        let mut turned = pairs.clone();
        turned.rotate_left(turn.min(pairs.len()));
        let (in_query, in_form) = turned.split_at(split.min(pairs.len()));
        let one = url(&format!("https://a.test/?{}", joined(&pairs)));
        let other = url(&format!("https://a.test/?{}", joined(in_query)));
        let form = joined(in_form);
        let one = RequestParts::new(&Method::POST, &one).base_string(&OF_HEADER);
        let other = RequestParts::new(&Method::POST, &other).with_body(FORM, form.as_bytes());
        prop_assert_eq!(one, other.base_string(&OF_HEADER));
    }
}
