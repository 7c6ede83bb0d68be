//! Answers that another site posts.

use hallpass_core::ErrorKind;

use super::*;

fn at_second(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

async fn taken(attempts: &Attempts) -> (Attempt, String) {
    let (cookies, query) = begin(attempts, "acme", "", 1).await;
    let callback = Callback::from_query(&query).unwrap();
    let taken = attempts.take("acme", CALLBACK, &callback, &sent(&cookies)).await.unwrap();
    (taken.attempt.unwrap(), query)
}

/// Posted at second 100.
async fn posted(attempts: &Attempts) -> Posted {
    let (attempt, query) = taken(attempts).await;
    let attempt = attempt.at_host("oak.test");
    attempts.post(attempt, query.as_bytes(), CALLBACK, at_second(100)).await.unwrap()
}

async fn is_there(attempts: &Attempts, marker: &str, cookies: &str, now: u64) -> bool {
    let taken =
        attempts.take_posted("acme", CALLBACK, marker, cookies, at_second(now)).await.unwrap();
    taken.found.is_some()
}

#[tokio::test]
async fn a_posted_answer_waits_for_the_get() {
    for attempts in [attempts(), attempts().with_store(Arc::new(MemoryAttempts::new()))] {
        let Posted { marker, cookie } = posted(&attempts).await;
        let text = cookie.to_string();
        let attributes = text.split_once("; ").unwrap().1;
        assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        assert_eq!(cookie.name(), format!("__Host-hallpass.posted.{marker}"));
        let sent = cookie.stripped().to_string();
        let taken = attempts.take_posted("acme", CALLBACK, &marker, &sent, at_second(160)).await;
        let taken = taken.unwrap();
        let (callback, attempt) = taken.found.unwrap();
        assert!(callback.belongs_to(&attempt.pending));
        assert_eq!(attempt.return_to.as_str(), "/inbox?page=2");
        assert_eq!(attempt.host.as_deref(), Some("oak.test"));
        let [removal] = &taken.cookies[..] else { panic!("{:?}", taken.cookies) };
        assert_eq!((removal.name(), removal.value()), (cookie.name(), ""));
    }
}

#[tokio::test]
async fn nobody_else_finds_it_and_nobody_later() {
    let attempts = attempts();
    let Posted { marker, cookie } = posted(&attempts).await;
    let sent = cookie.stripped().to_string();
    assert!(is_there(&attempts, &marker, &sent, 100).await);
    assert!(!is_there(&attempts, &marker, &sent, 161).await, "after a minute");
    assert!(!is_there(&attempts, &marker, "", 100).await, "another browser");
    for other in ["", "100", &with_another_end(&marker)] {
        assert!(!is_there(&attempts, other, &sent, 100).await, "{other}");
    }
    for (provider, redirect_uri) in [("other", CALLBACK), ("acme", "https://app.test/other")] {
        let now = at_second(100);
        let taken = attempts.take_posted(provider, redirect_uri, &marker, &sent, now).await;
        assert!(taken.unwrap().found.is_none(), "{provider} {redirect_uri}");
    }
    // A login's cookie under its name.
    let (login, _) = begin(&attempts, "acme", "", 1).await;
    let renamed = format!("__Host-hallpass.posted.1.a={}", login[0].value());
    assert!(!is_there(&attempts, "1.a", &renamed, 100).await);
}

#[tokio::test]
async fn with_a_store_it_is_used_once() {
    let attempts = attempts().with_store(Arc::new(MemoryAttempts::new()));
    let Posted { marker, cookie } = posted(&attempts).await;
    let sent = cookie.stripped().to_string();
    assert!(is_there(&attempts, &marker, &sent, 100).await);
    assert!(!is_there(&attempts, &marker, &sent, 100).await, "used");
}

#[tokio::test]
async fn an_answer_that_fits_in_no_cookie_is_no_provider_s() {
    let attempts = attempts();
    let (attempt, query) = taken(&attempts).await;
    let form = format!("{query}&user={}", "a".repeat(3_000));
    let error = attempts.post(attempt, form.as_bytes(), CALLBACK, at_second(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("too_long")));
    let (attempt, _) = taken(&attempts).await;
    let error = attempts.post(attempt, &[0xff], CALLBACK, at_second(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    // Who the user is, as Apple tells it the first time.
    let (attempt, query) = taken(&attempts).await;
    let form = format!("{query}&user={}", "a".repeat(600));
    assert!(attempts.post(attempt, form.as_bytes(), CALLBACK, at_second(1)).await.is_ok());
}
