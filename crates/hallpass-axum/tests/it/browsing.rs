//! A browser for an application whose base URL is https, though it listens on loopback without: it
//! keeps cookies as browsers do whose name begins with `__Host-`, and shows what was set.

use std::{collections::BTreeMap, sync::Mutex};

use hallpass_core::{
    Response,
    http::{Method, header},
};

use crate::wire;

pub(crate) struct Wire {
    pub(crate) address: String,
    pub(crate) host: &'static str,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
}

impl Wire {
    pub(crate) fn to(address: &str) -> Self {
        Self { address: address.to_owned(), host: "app.test", cookies: Mutex::default() }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, "").await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, form: &str) -> Response {
        let pairs: Vec<_> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let (url, cookies) = (format!("{}{path}", self.address), pairs.join("; "));
        let headers = [("host", self.host), wire::FORM];
        let response = wire::send(method, &url, &cookies, &headers, form).await.response;
        set(&response).iter().for_each(|cookie| self.keep(cookie));
        response
    }

    fn keep(&self, cookie: &str) {
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let has = |wanted| attributes.split("; ").any(|attribute| attribute == wanted);
        // What a browser ignores.
        if name.starts_with("__Host-") && !(has("Secure") && has("Path=/")) {
            return;
        }
        let mut cookies = self.cookies.lock().unwrap();
        match has("Max-Age=0") {
            true => cookies.remove(name),
            false => cookies.insert(name.to_owned(), value.to_owned()),
        };
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.cookies.lock().unwrap().keys().cloned().collect()
    }
}

/// The cookies that an answer sets.
pub(crate) fn set(response: &Response) -> Vec<String> {
    let all = response.headers.get_all(header::SET_COOKIE).iter();
    all.map(|value| value.to_str().unwrap().to_owned()).collect()
}

pub(crate) fn location(response: &Response) -> &str {
    response.headers.get(header::LOCATION).unwrap().to_str().unwrap()
}
