//! Somebody's browser at the application: cookies, and nothing followed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hallpass_tests::http::{Method, Request, Response, send_within};

/// Longer than any answer may take: that of a process that waits for the lease of one that was
/// killed in the middle of a renewal (90 s), for the second time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(200);

/// The name of the session's cookie, without TLS.
const SESSION: &str = "hallpass.session";

#[derive(Debug, Default)]
pub(crate) struct Visitor(Mutex<BTreeMap<String, String>>);

/// What came back.
pub(crate) enum Reply {
    Answer(Response<String>),
    /// Refused, reset, or cut off.
    Nobody,
    /// It took longer than anything may.
    TooLate,
}

impl Visitor {
    /// With the session of somebody.
    pub(crate) fn with_session(session: String) -> Self {
        Self(Mutex::new(BTreeMap::from([(SESSION.to_owned(), session)])))
    }

    pub(crate) fn session(&self) -> Option<String> {
        self.cookies().get(SESSION).cloned()
    }

    pub(crate) async fn get(&self, url: &str) -> Reply {
        self.send(Method::GET, url, String::new()).await
    }

    pub(crate) async fn post(&self, url: &str, form: String) -> Reply {
        self.send(Method::POST, url, form).await
    }

    async fn send(&self, method: Method, url: &str, form: String) -> Reply {
        let sent: Vec<_> = self.cookies().iter().map(|(name, it)| format!("{name}={it}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("cookie", sent.join("; "))
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded");
        let Ok(request) = request.body(form) else { return Reply::Nobody };
        let begin = tokio::time::Instant::now();
        match send_within(request, PATIENCE).await {
            Ok(answer) => {
                self.keep(&answer);
                Reply::Answer(answer)
            }
            Err(_) if begin.elapsed() >= PATIENCE => Reply::TooLate,
            Err(_) => Reply::Nobody,
        }
    }

    fn keep(&self, answer: &Response<String>) {
        for set in answer.headers().get_all("set-cookie") {
            let Some((pair, rest)) = set.to_str().ok().and_then(|set| set.split_once(';')) else {
                continue;
            };
            let Some((name, value)) = pair.split_once('=') else { continue };
            match rest.contains("Max-Age=0") {
                true => self.cookies().remove(name),
                false => self.cookies().insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    fn cookies(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn location(answer: &Response<String>) -> &str {
    let location = answer.headers().get("location");
    location.and_then(|location| location.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_and_removed() {
        let visitor = Visitor::with_session("1".to_owned());
        let answer = |set: &str| Response::builder().header("set-cookie", set).body(String::new());
        visitor.keep(&answer("hallpass.session=2; HttpOnly; Max-Age=1209600").unwrap());
        visitor.keep(&answer("hallpass.login.1=3; Path=/").unwrap());
        assert_eq!(visitor.session().as_deref(), Some("2"));
        assert_eq!(visitor.cookies().len(), 2);
        visitor.keep(&answer("hallpass.session=; Path=/; Max-Age=0").unwrap());
        assert_eq!(visitor.session(), None);
        assert_eq!(visitor.cookies().len(), 1);
    }
}
