use std::{
    sync::{Arc, OnceLock},
    time::{Duration, UNIX_EPOCH},
};

use hallpass::{
    AuthorizationRequest, Callback, PendingAuthorization,
    core::{
        CustomProvider, Descriptor,
        url::{Url, form_urlencoded},
    },
    session::SealingKeys,
    web::{Attempt, Attempts, BaseUrl, LocalRedirect},
};

use crate::{
    stored::edited,
    world::{Answers, NOW, REDIRECT_URI, at_once, client, config, pick},
};

/// What a browser gives back or asks for: the cookie of a login on its way, and where to go after
/// it.
///
/// Bytes: which of these. Then the way back; or the `Cookie` header, in which `$C` is the cookie of
/// a login that this process began; or edits of that cookie.
pub fn web(input: &[u8]) {
    let Some((&which, rest)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match pick(b"pahe", which) {
        b'p' => bases().iter().for_each(|base| {
            if let Ok(way) = LocalRedirect::parse(&text, base) {
                assert_eq!(way.as_str(), text);
                check_way(&way, base);
            }
        }),
        b'a' => bases().iter().for_each(|base| {
            if let Ok(way) = LocalRedirect::parse_at(&text, base) {
                check_way(&way, base);
            }
        }),
        b'h' => cookies(&text.replace("$C", &begun().cookie)),
        _ => cookies(&edited(&begun().cookie, rest)),
    }
}

fn bases() -> &'static [BaseUrl; 3] {
    static BASES: OnceLock<[BaseUrl; 3]> = OnceLock::new();
    let all = ["https://app.test", "https://app.test/app", "http://127.0.0.1:3000"];
    BASES.get_or_init(|| all.map(|base| BaseUrl::parse(base).unwrap()))
}

/// A browser that is sent there stays at the application, wherever it is.
fn check_way(way: &LocalRedirect, base: &BaseUrl) {
    let text = way.as_str();
    assert_eq!(LocalRedirect::parse(text, base).as_ref().ok(), Some(way), "{text:?}");
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?} fits in no header");
    let own = base.join("callback/acme?code=1");
    for from in [base.as_str(), &own, "https://else.test:8443/a/b/?c#d", "http://[::1]/"] {
        let from = Url::parse(from).unwrap();
        let to = from.join(text).expect("a way is a URL");
        assert_eq!(to.origin(), from.origin(), "{text:?}");
        assert!(to.username().is_empty() && to.password().is_none(), "{text:?}");
        let below = to.path().strip_prefix(base.path().trim_end_matches('/'));
        assert!(below.is_some_and(|b| b.is_empty() || b.starts_with('/')), "{text:?} is outside");
        // A server may decode the path once before it takes dots out.
        let decoded = decoded(to.path());
        let has_dots = decoded.split(['/', '\\']).any(|segment| segment == "..");
        assert!(!has_dots, "{text:?} leads out once it is decoded");
    }
}

fn decoded(path: &str) -> String {
    let path = path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let mut pairs = form_urlencoded::parse(path.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// A login that was begun in this process.
struct Begun {
    attempts: Attempts,
    cookie: String,
    query: String,
}

fn begun() -> &'static Begun {
    static BEGUN: OnceLock<Begun> = OnceLock::new();
    BEGUN.get_or_init(|| {
        let attempts = Attempts::new(bases()[0].clone(), SealingKeys::generate());
        let (pending, query) = login();
        let way = LocalRedirect::parse("/inbox?page=2", attempts.base()).unwrap();
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        let attempt = Attempt::new(pending, way);
        let set = at_once(attempts.begin(attempt, REDIRECT_URI, "", now)).unwrap();
        let cookie = set[0].stripped().to_string();
        Begun { attempts, cookie, query }
    })
}

pub(crate) fn login() -> (PendingAuthorization, String) {
    let descriptor = Descriptor::new("acme", "https://id.test/authorize", "https://id.test/token");
    let provider = CustomProvider::new(descriptor, "https://id.test/me", "/id").unwrap();
    let client = client(provider, config(), Arc::new(Answers::json(Vec::new())));
    let login = at_once(client.get_authorization_url(AuthorizationRequest::new())).unwrap();
    let url = Url::parse(login.url.as_str()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    (login.pending, format!("code=c&state={state}"))
}

/// The login is found if its cookie is there as it was set, and not otherwise.
fn cookies(header: &str) {
    let Begun { attempts, cookie, query } = begun();
    // Of however many there are, sixteen are opened.
    let own = header.split(';').map(str::trim).filter(|pair| is_own(pair));
    let is_there = own.take(16).any(|pair| pair == cookie);
    let callback = Callback::from_query(query).unwrap();
    let taken = at_once(attempts.take("acme", REDIRECT_URI, &callback, header)).unwrap();
    assert_eq!(taken.attempt.is_some(), is_there, "{header:?}");
    assert_eq!(taken.cookies.len(), usize::from(is_there), "{header:?}");
    if let Some(attempt) = taken.attempt {
        assert_eq!(attempt.return_to.as_str(), "/inbox?page=2");
        assert!(callback.belongs_to(&attempt.pending));
    }
    for (provider, uri) in [("other", REDIRECT_URI), ("acme", "https://app.test/other")] {
        let taken = at_once(attempts.take(provider, uri, &callback, header)).unwrap();
        assert!(taken.attempt.is_none(), "the login is another provider's or another place's");
    }
    crowded(attempts, header);
}

/// By its name, which goes back into a header.
fn is_own(pair: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    pair.split_once('=').is_some_and(|(name, _)| {
        name.starts_with("__Host-hallpass.login.") && name.bytes().all(is_plain)
    })
}

/// One more is begun: of all there are, five are left, and what is set is a cookie.
fn crowded(attempts: &Attempts, header: &str) {
    let (pending, _) = login();
    let way = LocalRedirect::home(attempts.base());
    let now = UNIX_EPOCH + Duration::from_secs(NOW + 1);
    let attempt = Attempt::new(pending, way);
    let set = at_once(attempts.begin(attempt, REDIRECT_URI, header, now)).unwrap();
    let (new, removed) = set.split_last().unwrap();
    assert!(!new.value().is_empty() && removed.iter().all(|gone| gone.value().is_empty()));
    let own = header.split(';').filter(|pair| is_own(pair.trim())).count();
    assert!(own + 1 - removed.len() <= 5, "{own} were there, {} are removed", removed.len());
    for cookie in &set {
        assert!(cookie.to_string().bytes().all(|byte| byte != b'\r' && byte != b'\n'));
    }
}
