use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use super::*;
use crate::pending::Bound;

const NOW: SystemTime = UNIX_EPOCH;

fn descriptor() -> Descriptor {
    Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t")
}

fn endpoints() -> Endpoints {
    let at = |url| url::Url::parse(url).unwrap();
    Endpoints::new(at("https://acme.test/a"), at("https://acme.test/t"))
}

fn pending(issuer: Option<&str>, iss_promised: bool) -> PendingAuthorization {
    let (state, proof) = (Secret::new("STATE"), Secret::new("VERIFIER"));
    let redirect = "https://app.test/cb";
    let mut pending = PendingAuthorization::correlated(
        &descriptor(),
        &endpoints(),
        "client",
        redirect,
        ("state", state),
        ("code", proof),
        NOW,
    );
    let bound = Bound::new(&descriptor(), "client".into(), None);
    pending.bound = Arc::new(Bound { issuer: issuer.map(Into::into), iss_promised, ..bound });
    pending
}

fn verify(query: &str, issuer: Option<&str>, promised: bool) -> Result<VerifiedCode> {
    let pending = pending(issuer, promised);
    Callback::from_query(query)?.verify(pending, &descriptor(), "client", NOW)
}

#[test]
fn a_callback_is_read_from_query_url_and_form() {
    let whole = "https://app.test/cb?code=a%2Bb&state=STATE#_=_";
    for callback in [
        Callback::from_query("code=a%2Bb&state=STATE"),
        Callback::from_query("?code=a%2Bb&state=STATE#_=_"),
        Callback::from_url(whole),
        Callback::from_form(b"code=a%2Bb&state=STATE"),
    ] {
        let code = callback.unwrap().verify(pending(None, false), &descriptor(), "client", NOW);
        assert_eq!(code.unwrap().code().expose(), "a+b");
    }
}

#[test]
fn what_does_not_belong_to_this_login_is_refused() {
    use ErrorKind::{Denied, Malformed, Security};
    check("code=c&state=OTHER", Security, "state");
    check("code=c", Security, "state");
    check("code=c&state=", Security, "state");
    check("code=c&state=STATE&state=STATE", Security, "duplicate");
    check("code=c&code=d&state=STATE", Security, "duplicate");
    check("error=access_denied&error=x&state=STATE", Security, "duplicate");
    check("state=STATE", Malformed, "no_code");
    check("code=&state=STATE", Malformed, "no_code");
    check("error=access_denied&state=OTHER", Security, "state");
    check("error=access_denied", Security, "state");
    check(&format!("code={}&state=STATE", "x".repeat(70_000)), Security, "too_long");
    let many: String = (0..65).map(|n| format!("p{n}=1&")).collect();
    check(&many, Security, "too_long");
    let error = verify("error=access_denied&state=STATE", None, false).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (Denied, None));
    assert_eq!(error.oauth().map(OAuthError::code), Some("access_denied"));
}

#[track_caller]
fn check(query: &str, kind: ErrorKind, reason: &str) {
    let error = verify(query, None, false).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (kind, Some(reason)), "{query:.80}");
}

#[test]
fn a_callback_for_another_client_or_provider_or_hour_is_refused() {
    let callback = || Callback::from_query("code=c&state=STATE").unwrap();
    let of = |provider: &'static str, client: &str, seconds| {
        let descriptor = Descriptor::new(provider, "https://acme.test/a", "https://acme.test/t");
        let now = NOW + Duration::from_secs(seconds);
        let verified = callback().verify(pending(None, false), &descriptor, client, now);
        verified.map(drop).map_err(|error| (error.kind(), error.reason().unwrap()))
    };
    assert_eq!(of("acme", "client", 600), Ok(()));
    assert_eq!(of("emca", "client", 0), Err((ErrorKind::Security, "provider")));
    assert_eq!(of("acme", "clienta", 0), Err((ErrorKind::Security, "client")));
    assert_eq!(of("acme", "client", 601), Err((ErrorKind::Denied, "expired")));
}

#[test]
fn the_issuer_is_compared_wherever_it_is_present() {
    let issuer = Some("https://acme.test");
    let refused = Some((ErrorKind::Security, "issuer"));
    check_issuer("code=c&state=STATE&iss=https%3A%2F%2Facme.test", issuer, true, None);
    check_issuer("code=c&state=STATE&iss=https%3A%2F%2Facme.test%2F", issuer, false, refused);
    check_issuer("code=c&state=STATE&iss=", issuer, false, refused);
    check_issuer("code=c&state=STATE", issuer, true, refused);
    check_issuer("code=c&state=STATE&error=", issuer, true, refused);
    check_issuer("code=c&state=STATE", issuer, false, None);
    check_issuer("code=c&state=STATE&iss=anything", None, false, None);
    check_issuer("code=c&state=STATE&iss=anything", None, true, refused);
    // On an error it is compared too, but may be missing where it was promised.
    check_issuer("error=x&state=STATE&iss=https%3A%2F%2Fevil.test", issuer, true, refused);
    let error = verify("error=access_denied&state=STATE", issuer, true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[track_caller]
fn check_issuer(
    query: &str,
    issuer: Option<&str>,
    promised: bool,
    want: Option<(ErrorKind, &str)>,
) {
    let got = verify(query, issuer, promised).err();
    assert_eq!(got.map(|error| (error.kind(), error.reason().unwrap())), want, "{query}");
}

#[test]
fn an_error_that_repeats_the_code_does_not_leak_it() {
    let query = "error=server_error&error_description=planted-state%20failed&state=planted-state";
    let mut pending = pending(None, false);
    pending.correlator = Secret::new("planted-state");
    let error = Callback::from_query(query)
        .unwrap()
        .verify(pending, &descriptor(), "client", NOW)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(!format!("{error} {error:?}").contains("planted"));
}

#[test]
fn a_refusal_is_an_error_with_a_value() {
    let is_refusal = |query| Callback::from_query(query).unwrap().is_refusal();
    assert!(is_refusal("state=S&error=access_denied"));
    assert!(!is_refusal("state=S&error="));
    assert!(!is_refusal("state=S&error_description=none&my_error=1"));
}

#[test]
fn a_hook_reads_neither_code_nor_state_and_gets_a_sorted_message() {
    let callback = Callback::from_query("shop=a&code=c&state=STATE&hmac=h&host=x%2By").unwrap();
    for credential in CREDENTIALS {
        assert_eq!(callback.0.get(credential), None);
    }
    assert_eq!(callback.0.get("shop"), Some("a"));
    let message = callback.0.sorted_query(&["hmac"]);
    assert_eq!(message.expose(), "code=c&host=x+y&shop=a&state=STATE");
    assert_eq!(format!("{callback:?}").matches("STATE").count(), 0);
}

#[test]
fn a_signed_message_that_reads_two_ways_is_refused() {
    let config = crate::ClientConfig::new("client").with_secret("secret");
    let keys = ClientKeys::new(&config);
    for query in ["host=H%26shop%3DS&hmac=x", "a%26b=1&hmac=x", "a%3Db=1&hmac=x"] {
        let callback = Callback::from_query(query).unwrap();
        let message = callback.0.sorted_query(&["hmac"]);
        let signed: String = keys
            .hmac_sha256(message.expose().as_bytes())
            .unwrap()
            .map(|b| format!("{b:02x}"))
            .concat();
        let error = callback.0.verify_hmac_sha256(keys, &["hmac"], &signed).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("hmac")), "{query}");
    }
}

/// As the client of OAuth 1 keeps it.
fn pending_of_oauth1(redirect_uri: &str) -> PendingAuthorization {
    PendingAuthorization::correlated(
        &descriptor(),
        &endpoints(),
        "client",
        redirect_uri,
        ("oauth_token", Secret::new("TOKEN")),
        ("oauth_verifier", Secret::new("SECRET")),
        NOW,
    )
    .with_token_params(vec![("audience".into(), Secret::new("a"))])
}

#[test]
fn another_protocol_has_names_of_its_own() {
    let callback = Callback::from_query("oauth_token=TOKEN&oauth_verifier=VER").unwrap();
    let pending = pending_of_oauth1("https://app.test/cb").expose_for_session();
    let pending = PendingAuthorization::from_session(&pending).unwrap();
    let code = callback.verify(pending, &descriptor(), "client", NOW).unwrap();
    assert!(code.code().matches("VER") && code.correlator().matches("TOKEN"));
    assert!(code.proof().unwrap().matches("SECRET"));
    let params: Vec<_> = code.token_params().map(|(name, it)| (name, it.expose())).collect();
    assert_eq!(params, [("audience", "a")]);
}

#[test]
fn a_refusal_of_oauth_1_is_understood_where_a_verifier_is_waited_for_alone() {
    let verify = |query: &str, pending| {
        Callback::from_query(query).unwrap().verify(pending, &descriptor(), "client", NOW)
    };
    let of_oauth1 = || pending_of_oauth1("https://app.test/cb");
    for (query, code) in [
        ("denied=TOKEN", "access_denied"),
        ("oauth_token=TOKEN&denied=x", "access_denied"),
        ("oauth_token=TOKEN&oauth_problem=user_refused", "user_refused"),
        ("oauth_token=TOKEN&oauth_verifier=V&oauth_problem=user_refused", "user_refused"),
    ] {
        let error = verify(query, of_oauth1()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{query}");
        assert_eq!(error.oauth().map(OAuthError::code), Some(code), "{query}");
    }
    for query in ["denied=OTHER", "oauth_token=OTHER&denied=TOKEN"] {
        assert_eq!(verify(query, of_oauth1()).unwrap_err().reason(), Some("state"), "{query}");
    }
    let of_oauth2 = || pending(None, false);
    assert_eq!(verify("denied=STATE", of_oauth2()).unwrap_err().reason(), Some("state"));
    for query in ["code=c&state=STATE&denied=1", "code=c&state=STATE&oauth_problem=x"] {
        assert!(verify(query, of_oauth2()).is_ok(), "{query}");
        assert!(!Callback::from_query(query).unwrap().is_refusal(), "{query}");
    }
}

#[test]
fn a_refusal_without_a_name_is_one_where_oauth_1_is_waited_for_and_tells_nothing_more() {
    let verify = |query: &str, pending, now| {
        Callback::from_query(query).unwrap().verify(pending, &descriptor(), "client", now)
    };
    let of_oauth1 = || pending_of_oauth1("https://app.test/cb");
    for query in [
        "error=access_denied",
        "x=1&error=access_denied&error_description=call+us&error_uri=https://evil.test",
        "oauth_problem=user_refused",
        "oauth_problem=permission_denied",
    ] {
        let callback = Callback::from_query(query).unwrap();
        assert!(!callback.belongs_to(&of_oauth1()), "{query}: no attempt is found by it");
        let error = verify(query, of_oauth1(), NOW).unwrap_err();
        assert_eq!(
            (error.kind(), error.reason()),
            (ErrorKind::Denied, Some("nameless")),
            "{query}"
        );
        let said = error.oauth().unwrap();
        assert_eq!((said.code(), said.description(), said.uri()), ("access_denied", None, None));
        // What is bound stays bound, and OAuth 2 has its state.
        let late = NOW + Duration::from_secs(601);
        assert_eq!(verify(query, of_oauth1(), late).unwrap_err().reason(), Some("expired"));
        let of_oauth2 = verify(query, pending(None, false), NOW).unwrap_err();
        assert_eq!(of_oauth2.reason(), Some("state"), "{query}");
        let other = Callback::from_query(query).unwrap();
        let other = other.verify(of_oauth1(), &descriptor(), "another", NOW).unwrap_err();
        assert_eq!(other.reason(), Some("client"), "{query}");
    }
    for query in [
        "",
        "error=server_error",
        "error=",
        "oauth_problem=token_rejected",
        "error=access_denied&oauth_token=OTHER",
        "error=access_denied&oauth_token=",
        "error=access_denied&oauth_verifier=V",
        "error=access_denied&denied=OTHER",
        "error=access_denied&state=S",
        "error=access_denied&code=c",
    ] {
        let error = verify(query, of_oauth1(), NOW).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("state")), "{query}");
    }
}

#[test]
fn a_code_is_typed_in_only_where_no_callback_is_waited_for() {
    let pending = pending_of_oauth1("oob");
    let callback = Callback::out_of_band(&pending, "1234").unwrap();
    let code = callback.verify(pending, &descriptor(), "client", NOW).unwrap();
    assert!(code.code().matches("1234"));
    for waiting in [pending_of_oauth1("https://app.test/cb"), self::pending(None, false)] {
        let error = Callback::out_of_band(&waiting, "1234").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
