use std::error::Error as _;

use hallpass_core::ErrorKind;

use super::*;

/// Nobody may see it, least of all in an error.
const PLANTED: &str = "plantedsecret";

const GOOD: [(&str, &str); 5] = [
    ("OAUTH_CLIENT_ID", "ID"),
    ("OAUTH_CLIENT_SECRET", PLANTED),
    ("OAUTH_SCOPES", "openid profile  read-repos"),
    ("OPENID_PROVIDER_URL", "https://huggingface.co"),
    ("SPACE_HOST", "Robin-Demo.hf.space, demo.oak.test"),
];

/// A good environment but for one variable.
fn space(name: &str, value: Option<&str>) -> Result<Space> {
    Space::from_lookup(|asked| match GOOD.iter().find(|(known, _)| *known == asked) {
        Some(_) if asked == name => value.map(str::to_owned),
        known => known.map(|(_, value)| (*value).to_owned()),
    })
}

#[test]
fn a_space_is_read() {
    let space = space("", None).unwrap();
    assert_eq!(space.hosts(), ["robin-demo.hf.space", "demo.oak.test"]);
    let client = space.client("/login/callback").unwrap();
    assert_eq!(client.client_id(), "ID");
    assert_eq!(client.descriptor().issuer(), Some("https://huggingface.co"));
    let scopes: Vec<_> = client.descriptor().scopes().collect();
    assert_eq!(scopes, ["openid", "profile", "read-repos"]);
    let shown = format!("{space:?} {client:?}");
    assert!(!shown.contains(PLANTED), "{shown}");
    assert!(format!("{space:?}").contains("Secret"), "{space:?}");
}

#[test]
fn what_is_missing_is_named() {
    for (name, _) in GOOD {
        for value in [None, Some(""), Some(" ")] {
            let error = space(name, value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(name), "{error}");
            assert!(error.to_string().contains("hf_oauth: true"), "{error}");
            assert!(!format!("{error} {error:?} {:?}", error.source()).contains(PLANTED));
        }
    }
}

#[test]
fn hosts_are_names_and_nothing_else() {
    check_hosts("robin-demo.hf.space", Some(&["robin-demo.hf.space"]));
    check_hosts("A.test,b.test , c.test", Some(&["a.test", "b.test", "c.test"]));
    for bad in [
        "localhost",
        "xn--a.test",
        "evil.test/#",
        "evil.test/path",
        "user@evil.test",
        "evil.test:443",
        "127.0.0.1",
        "[::1]",
        "https://evil.test",
        "a.test,",
        ",a.test",
        "a.test b.test",
        "a.test;b.test",
    ] {
        check_hosts(bad, None);
    }
}

#[track_caller]
fn check_hosts(value: &str, want: Option<&[&str]>) {
    match (space("SPACE_HOST", Some(value)), want) {
        (Ok(space), Some(want)) => assert_eq!(space.hosts(), want),
        (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Config, "{value:?}"),
        (got, _) => panic!("{got:?} for {value:?}"),
    }
}

#[test]
fn the_provider_is_an_https_origin() {
    check_origin("https://huggingface.co", Some("https://huggingface.co"));
    check_origin("https://huggingface.co/", Some("https://huggingface.co"));
    check_origin("https://hub.oak.test:8443", Some("https://hub.oak.test:8443"));
    for bad in [
        "http://huggingface.co",
        "huggingface.co",
        "https://",
        "https://huggingface.co//",
        "https://huggingface.co/path",
        "https://huggingface.co?x",
        "https://huggingface.co/#",
        "https://user@huggingface.co",
        "https://user:word@huggingface.co",
        "https://huggingface.co:443",
        "https://HuggingFace.co",
        "https://hugging\u{200b}face.co",
        "https://évil.test",
        "https://huggingface.co\\@evil.test",
        "https://2130706433",
        "https:huggingface.co",
        "javascript:alert(1)",
    ] {
        check_origin(bad, None);
    }
}

#[track_caller]
fn check_origin(value: &str, want: Option<&str>) {
    match (space("OPENID_PROVIDER_URL", Some(value)), want) {
        (Ok(space), Some(want)) => {
            let client = space.client("/cb").unwrap();
            assert_eq!(client.descriptor().issuer(), Some(want));
            let endpoints = client.descriptor().authorize_and_token();
            let both = (format!("{want}/oauth/authorize"), format!("{want}/oauth/token"));
            assert_eq!(endpoints, Some((both.0.as_str(), both.1.as_str())));
        }
        (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Config, "{value:?}"),
        (got, _) => panic!("{got:?} for {value:?}"),
    }
}

#[test]
fn users_come_back_to_a_host_of_the_space_alone() {
    check_redirect("robin-demo.hf.space", "/cb", Some("https://robin-demo.hf.space/cb"));
    check_redirect(
        "Demo.oak.test",
        "/login/callback",
        Some("https://demo.oak.test/login/callback"),
    );
    for host in ["evil.test", "", "demo.oak.test.evil.test", "demo.oak.test:443", "demo.oak.test/"]
    {
        check_redirect(host, "/cb", None);
    }
    for path in
        ["", "cb", "//evil.test/cb", "/\\evil.test", "@evil.test", ".evil.test", "/cb#", "/cb?a=b"]
    {
        check_redirect("demo.oak.test", path, None);
    }
}

#[track_caller]
fn check_redirect(host: &str, path: &str, want: Option<&str>) {
    let got = space("", None).unwrap().redirect_uri(host, path);
    assert_eq!(got.ok().as_deref(), want, "{host:?} {path:?}");
}
