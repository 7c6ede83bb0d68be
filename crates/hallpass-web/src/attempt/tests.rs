use std::time::Duration;

use hallpass_core::{ClientConfig, CustomProvider, Descriptor, OAuth2Client};

use super::{
    cookies::{MOST, MOST_BYTES_TOGETHER},
    *,
};

mod kept;
mod posted;

const CALLBACK: &str = "https://app.test/callback/acme";

/// A login begun: the cookies to set, and the query that the provider sends back.
async fn begin(
    attempts: &Attempts,
    name: &'static str,
    cookies: &str,
    now: u64,
) -> (Vec<Cookie<'static>>, String) {
    begin_at(
        attempts,
        Descriptor::new(name, "https://acme.test/a", "https://acme.test/t"),
        cookies,
        now,
    )
    .await
}

async fn begin_at(
    attempts: &Attempts,
    descriptor: Descriptor,
    cookies: &str,
    now: u64,
) -> (Vec<Cookie<'static>>, String) {
    let provider = CustomProvider::new(descriptor, "https://acme.test/me", "/id").unwrap();
    let config = ClientConfig::new("client").with_redirect_uri(CALLBACK).unwrap();
    let client = OAuth2Client::new(provider, config).unwrap();
    let login = client.authorize().start().await.unwrap();
    let (_, query) = login.url.as_str().split_once('?').unwrap();
    let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    let query = format!("code=c&{state}");
    let now = UNIX_EPOCH + Duration::from_secs(now);
    let to = LocalRedirect::parse("/inbox?page=2", attempts.base()).unwrap();
    let attempt = Attempt::new(login.pending, to);
    let cookies = attempts.begin(attempt, CALLBACK, cookies, now).await.unwrap();
    (cookies, query)
}

fn attempts() -> Attempts {
    at("https://app.test")
}

fn at(base: &str) -> Attempts {
    Attempts::new(BaseUrl::parse(base).unwrap(), SealingKeys::generate())
}

/// As a browser sends them.
fn sent(cookies: &[Cookie<'_>]) -> String {
    let pairs = cookies.iter().filter(|cookie| !cookie.value().is_empty());
    pairs.map(|cookie| cookie.stripped().to_string()).collect::<Vec<_>>().join("; ")
}

async fn found(
    attempts: &Attempts,
    provider: &str,
    redirect_uri: &str,
    query: &str,
    cookies: &str,
) -> bool {
    let callback = Callback::from_query(query).unwrap();
    attempts.take(provider, redirect_uri, &callback, cookies).await.unwrap().attempt.is_some()
}

/// In the last but one: the last of base64 may hold no more than padding.
fn with_another_end(text: &str) -> String {
    let (start, end) = text.split_at(text.len() - 2);
    format!("{start}{}{}", if end.starts_with('0') { '1' } else { '0' }, &end[1..])
}

#[tokio::test]
async fn a_login_is_found_in_the_browser_that_began_it_and_its_cookie_goes() {
    let attempts = attempts();
    let (cookies, query) = begin(&attempts, "acme", "", 1).await;
    let cookie = &cookies[0];
    assert_eq!(cookies.len(), 1);
    assert!(cookie.name().starts_with("__Host-hallpass.login.1."), "{}", cookie.name());
    let attributes = cookie.to_string();
    let attributes = attributes.split_once("; ").unwrap().1;
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600");
    assert!(cookie.value().len() < 1_400, "{} bytes", cookie.value().len());

    let callback = Callback::from_query(&query).unwrap();
    let sent = format!("theme=dark; {}; other=1", sent(&cookies));
    let taken = attempts.take("acme", CALLBACK, &callback, &sent).await.unwrap();
    let attempt = taken.attempt.unwrap();
    assert_eq!(attempt.return_to.as_str(), "/inbox?page=2");
    assert!(callback.belongs_to(&attempt.pending));
    let [removal] = &taken.cookies[..] else { panic!("{:?}", taken.cookies) };
    assert_eq!((removal.name(), removal.value()), (cookie.name(), ""));
    assert_eq!(removal.max_age(), Some(cookie::time::Duration::ZERO));
}

#[tokio::test]
async fn nobody_else_finds_it() {
    let attempts = attempts();
    let (cookies, query) = begin(&attempts, "acme", "", 1).await;
    let sent = sent(&cookies);
    assert!(found(&attempts, "acme", CALLBACK, &query, &sent).await);
    // Another browser, another login, another provider, another place.
    assert!(!found(&attempts, "acme", CALLBACK, &query, "").await);
    assert!(!found(&attempts, "acme", CALLBACK, "code=c&state=guessed", &sent).await);
    assert!(!found(&attempts, "acme", CALLBACK, "code=c", &sent).await);
    assert!(!found(&attempts, "other", CALLBACK, &query, &sent).await);
    assert!(!found(&attempts, "acme", "https://app.test/callback/other", &query, &sent).await);
    // Another application with the same keys, and the same with others.
    let keys = attempts.keys.clone();
    let elsewhere = Attempts::new(BaseUrl::parse("https://other.test").unwrap(), keys);
    assert!(!found(&elsewhere, "acme", CALLBACK, &query, &sent).await);
    assert!(!found(&self::attempts(), "acme", CALLBACK, &query, &sent).await);
    // Under another name, or changed.
    let (name, value) = sent.split_once('=').unwrap();
    let renamed = format!("{}={value}", with_another_end(name));
    let changed = format!("{name}={}", with_another_end(value));
    assert!(!found(&attempts, "acme", CALLBACK, &query, &renamed).await);
    assert!(!found(&attempts, "acme", CALLBACK, &query, &changed).await);
}

/// A login of OAuth 1, as its client begins it.
fn of_oauth1() -> Attempt {
    let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
    let at = |url| hallpass_core::url::Url::parse(url).unwrap();
    let pending = PendingAuthorization::correlated(
        &descriptor,
        &hallpass_core::Endpoints::new(at("https://acme.test/a"), at("https://acme.test/t")),
        "client",
        CALLBACK,
        ("oauth_token", Secret::new("TOKEN")),
        ("oauth_verifier", Secret::new("SECRET")),
        UNIX_EPOCH,
    );
    Attempt::new(pending, LocalRedirect::parse("/inbox", attempts().base()).unwrap())
}

#[tokio::test]
async fn a_refusal_that_names_no_login_is_told_and_uses_none_up() {
    for attempts in [attempts(), attempts().with_store(Arc::new(MemoryAttempts::new()))] {
        let begun = attempts.begin(of_oauth1(), CALLBACK, "", UNIX_EPOCH).await.unwrap();
        let cookies = sent(&begun);
        let refusal = async |provider: &str, place: &str, query: &str, cookies: &str| {
            let callback = Callback::from_query(query).unwrap();
            assert!(!found(&attempts, provider, place, query, cookies).await, "{query}");
            attempts.nameless_refusal(provider, place, &callback, cookies).await.unwrap()
        };
        let query = "error=access_denied";
        let error = refusal("acme", CALLBACK, query, &cookies).await.unwrap();
        assert_eq!(error.reason(), Some("nameless"));
        // Another browser, provider or place; a login of OAuth 2; another login's name.
        assert!(refusal("acme", CALLBACK, query, "").await.is_none());
        assert!(refusal("other", CALLBACK, query, &cookies).await.is_none());
        assert!(refusal("acme", "https://app.test/other", query, &cookies).await.is_none());
        let (of_oauth2, _) = begin(&attempts, "acme", "", 1).await;
        assert!(refusal("acme", CALLBACK, query, &sent(&of_oauth2)).await.is_none());
        let named = "error=access_denied&oauth_token=OTHER";
        assert!(refusal("acme", CALLBACK, named, &cookies).await.is_none());
        let answer = "oauth_token=TOKEN&oauth_verifier=V";
        assert!(found(&attempts, "acme", CALLBACK, answer, &cookies).await, "it goes on");
    }
}

#[tokio::test]
async fn several_tabs_do_not_disturb_each_other() {
    let attempts = attempts();
    let (first, first_query) = begin(&attempts, "acme", "", 1).await;
    let (second, second_query) = begin(&attempts, "acme", &sent(&first), 1).await;
    let all = format!("{}; {}", sent(&first), sent(&second));
    assert!(found(&attempts, "acme", CALLBACK, &second_query, &all).await);
    assert!(found(&attempts, "acme", CALLBACK, &first_query, &all).await);
}

#[tokio::test]
async fn of_those_that_were_abandoned_the_oldest_go() {
    let attempts = attempts();
    let mut kept: Vec<Cookie<'static>> = Vec::new();
    for now in 1..=12 {
        let (set, _) = begin(&attempts, "acme", &sent(&kept), now).await;
        let removed: Vec<_> = set.iter().filter(|it| it.value().is_empty()).collect();
        kept.retain(|kept| removed.iter().all(|removed| removed.name() != kept.name()));
        kept.extend(set.into_iter().filter(|cookie| !cookie.value().is_empty()));
        assert!(kept.len() <= MOST, "{} cookies", kept.len());
    }
    let times: Vec<_> = attempts.begun(&sent(&kept)).into_iter().map(|(time, ..)| time).collect();
    assert_eq!(times, [8, 9, 10, 11, 12]);
    // What the browser made up goes first.
    let made_up = format!("{}; __Host-hallpass.login.=x; __Host-hallpass.login.z.1=x", sent(&kept));
    let (set, _) = begin(&attempts, "acme", &made_up, 13).await;
    let removed = set.iter().filter(|cookie| cookie.value().is_empty()).count();
    assert_eq!(removed, 3);
}

#[tokio::test]
async fn a_name_that_could_break_out_of_a_header_is_not_written_into_one() {
    let attempts = attempts();
    for end in ["\r\nset-cookie: a", "\n", "a b", "é", "\0", ",a", "\""] {
        let named = |n: u8| format!("__Host-hallpass.login.{n}{end}=x");
        let (set, _) =
            begin(&attempts, "acme", &(0..9).map(named).collect::<Vec<_>>().join("; "), 1).await;
        assert_eq!(set.len(), 1, "{end:?}");
    }
}

#[tokio::test]
async fn a_cookie_is_sent_with_what_the_provider_posts_and_within_another_site_s_frame() {
    let form_post = || {
        let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
        descriptor.with_form_post()
    };
    check(&attempts(), form_post(), "HttpOnly; SameSite=None; Secure; Path=/; Max-Age=3600").await;
    let framed = "HttpOnly; SameSite=None; Partitioned; Secure; Path=/; Max-Age=3600";
    check(&attempts().framed(), form_post(), framed).await;
    let plain = "HttpOnly; SameSite=None; Secure; Path=/; Max-Age=3600";
    check(&at("http://127.0.0.1:3000").framed(), form_post(), plain).await;

    async fn check(attempts: &Attempts, descriptor: Descriptor, want: &str) {
        let (cookies, _) = begin_at(attempts, descriptor, "", 1).await;
        let text = cookies[0].to_string();
        let (name, attributes) = text.split_once("; ").unwrap();
        assert_eq!(attributes, want);
        assert_eq!(name.starts_with("__Host-"), attempts.base.is_secure());
    }
}

#[tokio::test]
async fn a_key_that_was_replaced_opens_what_it_sealed() {
    let (old, new) = (SealingKeys::generate_key(), SealingKeys::generate_key());
    let base = || BaseUrl::parse("https://app.test").unwrap();
    let before = Attempts::new(base(), SealingKeys::new(old.clone()).unwrap());
    let (cookies, query) = begin(&before, "acme", "", 1).await;
    let rotated = SealingKeys::new(new.clone()).unwrap().with_old(old).unwrap();
    assert!(
        found(&Attempts::new(base(), rotated), "acme", CALLBACK, &query, &sent(&cookies)).await
    );
    let after = Attempts::new(base(), SealingKeys::new(new).unwrap());
    assert!(!found(&after, "acme", CALLBACK, &query, &sent(&cookies)).await);
}

#[tokio::test]
async fn neither_key_nor_state_is_printed() {
    let attempts = attempts();
    let (cookies, query) = begin(&attempts, "acme", "", 1).await;
    let callback = Callback::from_query(&query).unwrap();
    let taken = attempts.take("acme", CALLBACK, &callback, &sent(&cookies)).await.unwrap();
    let state = query.split_once("state=").unwrap().1;
    let printed = format!("{attempts:?} {taken:?}");
    assert!(!printed.contains(state) && !printed.contains("page=2"), "{printed}");
}

#[tokio::test]
async fn what_is_too_large_for_a_cookie_goes_in_its_turn() {
    let attempts = attempts();
    let long = LocalRedirect::parse(&format!("/{}", "a".repeat(1_000)), attempts.base()).unwrap();
    let begin = |data: usize, return_to: LocalRedirect, cookies: String| {
        let attempts = attempts.clone();
        async move {
            let descriptor = Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t");
            let provider = CustomProvider::new(descriptor, "https://acme.test/me", "/id").unwrap();
            let config = ClientConfig::new("client").with_redirect_uri(CALLBACK).unwrap();
            let client = OAuth2Client::new(provider, config).unwrap();
            let login = client.authorize().data("d".repeat(data)).start().await.unwrap();
            let now = UNIX_EPOCH + Duration::from_secs(1);
            attempts.begin(Attempt::new(login.pending, return_to), CALLBACK, &cookies, now).await
        }
    };
    // First the way back, which the user can do without ...
    let set = begin(1_500, long.clone(), String::new()).await.unwrap();
    assert!(set[0].value().len() < MOST_BYTES, "{} bytes", set[0].value().len());
    // ... and then the login.
    let error = begin(3_000, long.clone(), String::new()).await.unwrap_err();
    assert_eq!(error.reason(), Some("too_long"));
    // Together they are no more than a server takes.
    let mut kept: Vec<Cookie<'static>> = Vec::new();
    for _ in 0..6 {
        let set = begin(0, long.clone(), sent(&kept)).await.unwrap();
        let removed: Vec<_> = set.iter().filter(|it| it.value().is_empty()).collect();
        kept.retain(|kept| removed.iter().all(|removed| removed.name() != kept.name()));
        kept.extend(set.into_iter().filter(|cookie| !cookie.value().is_empty()));
        assert!(sent(&kept).len() <= MOST_BYTES_TOGETHER + 100, "{} bytes", sent(&kept).len());
    }
}
