//! Requests by hand: with the cookies and headers that a test wants, redirects not followed.

use hallpass_core::{
    HttpClient as _, Purpose, Request, ReqwestClient, Response,
    http::{HeaderName, Method},
    url::Url,
};

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    /// Whole headers `Set-Cookie`.
    pub(crate) set: Vec<String>,
    pub(crate) response: Response,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What a browser sends back of what was set and not removed, in this kind of cookie.
    pub(crate) fn cookie(&self, kind: &str) -> String {
        let pairs = self.set.iter().map(|cookie| cookie.split(';').next().unwrap());
        let mut kept = pairs.filter(|pair| pair.contains(kind) && !pair.ends_with('='));
        kept.next().unwrap_or_else(|| panic!("no {kind} in {:?}", self.set)).to_owned()
    }

    /// A parameter of the URL that the browser is sent to.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let url = Url::parse(self.location()).unwrap();
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

/// What a form is sent with.
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub(crate) async fn get(url: &str, cookies: &str) -> Answer {
    send(Method::GET, url, cookies, &[], "").await
}

pub(crate) async fn post(url: &str, cookies: &str, form: &str) -> Answer {
    send(Method::POST, url, cookies, &[FORM], form).await
}

pub(crate) async fn send(
    method: Method,
    url: &str,
    cookies: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::new(method, Url::parse(url).unwrap(), Purpose::Api);
    request.headers.insert("cookie", cookies.parse().unwrap());
    for (name, value) in headers {
        request.headers.insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    request.body = body.as_bytes().to_vec();
    let response = ReqwestClient::new().send(request).await.unwrap();
    let set = response.headers.get_all("set-cookie").iter();
    Answer {
        status: response.status.as_u16(),
        text: String::from_utf8_lossy(&response.body).into_owned(),
        set: set.map(|value| value.to_str().unwrap().to_owned()).collect(),
        response,
    }
}

/// An application on loopback, made once its base URL is known.
pub(crate) async fn serve(app: impl FnOnce(&str) -> axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = app(&base);
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}
