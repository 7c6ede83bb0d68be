use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use hallpass::{
    BaseOAuth2, Callback, PendingAuthorization, Result, Secret,
    core::{
        Clock as _, CustomProvider, Descriptor, VerifiedCode,
        url::{Url, form_urlencoded},
    },
    openid::{FrontchannelLogout, PendingLogout, ThirdPartyLogin},
};
use serde_json::json;

use crate::{
    oracle::check_error,
    world::{Answers, CLIENT_ID, CODE, NOW, REDIRECT_URI, Still, at_once, client, config, pick},
};

const ISSUER: &str = "https://id.test";
const STATE: &str = "s";
const VERIFIER: &str = "planted-verifier";

/// What the browser brings: the callback of a login as a query, a URL or a form, and the queries of
/// a logout and of a login that somebody else begins.
///
/// Bytes: which of these. Then the text.
pub fn callback(input: &[u8]) {
    let Some((&which, rest)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let bare = text.split('#').next().unwrap_or_default();
    match pick(b"quftlo", which) {
        b'q' => check(Callback::from_query(&text), bare.strip_prefix('?').unwrap_or(bare)),
        b'u' => {
            let query = bare.split_once('?').map_or("", |(_, query)| query);
            check(Callback::from_url(&text), query.strip_prefix('?').unwrap_or(query));
        }
        b'f' => match std::str::from_utf8(rest) {
            Ok(form) => check(Callback::from_form(rest), form),
            Err(_) => assert!(Callback::from_form(rest).is_err(), "a form that is no text"),
        },
        b't' => third_party(&text),
        b'l' => frontchannel(&text),
        _ => logout(&text),
    }
}

/// What the `url` crate reads in `query` is what is there, each name once.
fn check(got: Result<Callback>, query: &str) {
    let callback = match got {
        Ok(callback) => callback,
        Err(error) => return check_error(&error, &[]),
    };
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let params: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(params.len(), pairs.len(), "a parameter is there twice: {query:?}");
    let again = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    // What the callback says in its place, and what the login kept, are secrets elsewhere too.
    let has_code = params.get("code").is_some_and(|code| code == CODE);
    let sent = if has_code { &[VERIFIER, CODE][..] } else { &[VERIFIER] };
    for is_promised in [false, true] {
        let pending = || pending(is_promised);
        let belongs = params.get("state").is_some_and(|state| state == STATE);
        assert_eq!(callback.belongs_to(&pending()), belongs, "{query:?}");
        let outcomes = [query, &again].map(|form| {
            let callback = Callback::from_form(form.as_bytes());
            let callback = callback.expect("what was read is read again");
            callback.verify(pending(), descriptor(), CLIENT_ID, Still.now())
        });
        let kinds = outcomes.each_ref().map(|o| o.as_ref().err().map(hallpass::Error::kind));
        assert_eq!(kinds[0], kinds[1], "{query:?} is not {again:?}");
        for outcome in outcomes {
            match outcome {
                Ok(code) => check_code(&code, &params, is_promised),
                Err(error) => check_error(&error, sent),
            }
        }
    }
}

/// A code is that of the callback, of this login, of this issuer, and no refusal stands beside it.
fn check_code(code: &VerifiedCode, params: &BTreeMap<String, String>, is_promised: bool) {
    let param = |name: &str| params.get(name).map(String::as_str);
    assert_eq!(param("state"), Some(STATE));
    assert_eq!(param("code"), Some(code.code().expose()));
    assert!(!code.code().is_empty());
    assert!(param("error").unwrap_or_default().is_empty(), "a code beside a refusal");
    assert!(param("iss").is_none_or(|iss| iss == ISSUER), "another issuer's code");
    assert!(param("iss").is_some() || !is_promised, "an issuer that does not say who it is");
    for (name, value) in params {
        let shown = code.params().get(name);
        assert!(shown.is_none_or(|shown| shown == value), "{name}");
    }
    for name in ["code", "state", "id_token", "access_token"] {
        assert_eq!(code.params().get(name), None, "a hook can read {name}");
    }
}

fn descriptor() -> &'static Descriptor {
    static DESCRIPTOR: OnceLock<Descriptor> = OnceLock::new();
    DESCRIPTOR.get_or_init(|| {
        Descriptor::new("acme", "https://id.test/authorize", "https://id.test/token")
            .with_issuer(ISSUER)
    })
}

/// A login begun a minute ago.
fn pending(is_promised: bool) -> PendingAuthorization {
    let stored = json!({
        "v": 2,
        "bound": {
            "provider": "acme",
            "client_id": CLIENT_ID,
            "token_endpoint": "https://id.test/token",
            "issuer": ISSUER,
            "iss_promised": is_promised,
            "form_post": false,
        },
        "redirect_uri": REDIRECT_URI,
        "correlator_name": "state",
        "correlator": STATE,
        "code_name": "code",
        "proof": VERIFIER,
        "nonce": null,
        "scope": "",
        "max_age": null,
        "acr_values": null,
        "token_params": [],
        "data": null,
        "created_at": NOW - Duration::from_secs(60).as_secs(),
    });
    PendingAuthorization::from_session(&Secret::new(stored.to_string())).unwrap()
}

fn acme() -> Arc<dyn BaseOAuth2> {
    static CLIENT: OnceLock<Arc<dyn BaseOAuth2>> = OnceLock::new();
    let made = || {
        let provider =
            CustomProvider::new(descriptor().clone(), "https://id.test/me", "/id").unwrap();
        client(provider, config(), Arc::new(Answers::json(Vec::new())))
    };
    Arc::clone(CLIENT.get_or_init(made))
}

/// A login that somebody else begins leads to the application alone.
fn third_party(query: &str) {
    const OWN: [&str; 2] = ["https://app.test", "http://127.0.0.1:3000"];
    let asked = match ThirdPartyLogin::from_query(query) {
        Ok(asked) => asked,
        Err(error) => return check_error(&error, &[]),
    };
    let same = ThirdPartyLogin::from_form(query.strip_prefix('?').unwrap_or(query).as_bytes());
    assert!(same.is_ok_and(|same| same == asked));
    let client = acme();
    match at_once(asked.request(&*client, &OWN)) {
        Ok(request) => {
            assert_eq!(asked.issuer(), ISSUER);
            let Ok(login) = at_once(client.get_authorization_url(request)) else { return };
            let Some(target) = login.pending.data() else { return };
            let target = Url::parse(target).expect("a target is a URL");
            let origin = target.origin().ascii_serialization();
            assert!(OWN.contains(&origin.as_str()), "the login leads to {origin}");
            assert!(target.username().is_empty() && target.password().is_none());
        }
        Err(error) => check_error(&error, &[]),
    }
}

/// A logout in a frame names this issuer, or nobody.
fn frontchannel(query: &str) {
    match at_once(FrontchannelLogout::from_query(&*acme(), query)) {
        Ok(logout) => {
            let [issuers, sessions] = ["iss", "sid"].map(|name| values(query, name));
            let is_once = issuers.len() <= 1 && sessions.len() <= 1;
            assert!(is_once, "a parameter is there twice: {query:?}");
            // An empty one is none.
            let [issuer, session] =
                [&issuers, &sessions].map(|all| all.first().filter(|value| !value.is_empty()));
            assert!(issuer.is_none_or(|issuer| issuer == ISSUER), "another issuer's: {query:?}");
            assert_eq!(issuer.is_some(), session.is_some(), "{query:?}");
            assert_eq!(logout.session(), session.map(String::as_str));
            assert_eq!(logout.is_named(), issuer.is_some());
        }
        Err(error) => check_error(&error, &[]),
    }
}

/// A logout ends with its own state.
fn logout(query: &str) {
    let pending = PendingLogout::from_session(&Secret::new(r#"{"state":"s"}"#)).unwrap();
    let is_own = pending.verify(query).is_ok();
    assert!(!is_own || values(query, "state") == [STATE], "somebody else's logout: {query:?}");
}

/// What a query says under this name, as a reader reads it that is not ours.
fn values(query: &str, name: &str) -> Vec<String> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.filter(|(said, _)| said == name).map(|(_, value)| value).collect()
}
