//! A small application with a login, as one writes it with core alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use hallpass_core::{Callback, OAuth2Client, PendingAuthorization};
use hallpass_testkit::{Local, LocalProvider};
use http::{Method, Request, Response, StatusCode};

use crate::site::Listener;

/// What the application remembers; a cookie has the number of an entry, which nobody attacks here.
#[derive(Default)]
struct Memory {
    count: u32,
    attempts: HashMap<String, PendingAuthorization>,
    sessions: HashMap<String, String>,
    /// The headers of each callback.
    callbacks: Vec<http::HeaderMap>,
}

pub(crate) struct App {
    pub(crate) base_url: String,
    client: OAuth2Client<Local>,
    same_site: &'static str,
    memory: Mutex<Memory>,
}

impl App {
    /// An application on another site than the provider, whose attempts have cookies with this
    /// `SameSite`.
    pub(crate) async fn start(local: &LocalProvider, same_site: &'static str) -> Arc<Self> {
        let listener = Listener::new().await;
        let base_url = listener.base_url("localhost");
        let config = local.client_config(&format!("{base_url}/callback")).unwrap();
        let client = OAuth2Client::new(local.provider(), config).unwrap();
        let app = Arc::new(Self { base_url, client, same_site, memory: Mutex::default() });
        let served = Arc::clone(&app);
        listener.serve(move |request| {
            let app = Arc::clone(&served);
            async move { app.answer(request).await }
        });
        app
    }

    /// A header of the last callback.
    pub(crate) fn callback_header(&self, name: &str) -> Option<String> {
        let memory = self.memory.lock().unwrap();
        let value = memory.callbacks.last().unwrap().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }

    async fn answer(&self, request: Request<String>) -> Response<String> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/") => self.front(&request),
            (&Method::GET, "/login") => self.login().await,
            (_, "/callback") => self.callback(&request).await,
            (&Method::POST, "/logout") => self.logout(&request),
            _ => page(StatusCode::NOT_FOUND, "<p>There is no such page."),
        }
    }

    fn front(&self, request: &Request<String>) -> Response<String> {
        let session = cookie(request, "session");
        let memory = self.memory.lock().unwrap();
        let name = session.and_then(|session| memory.sessions.get(&session));
        let main = match name {
            Some(name) => format!(
                "<p>Signed in as {name}</p>
                 <form method=post action=/logout><button>Sign out</button></form>"
            ),
            None => "<p>Nobody is signed in</p><a href=/login>Sign in</a>".to_owned(),
        };
        page(StatusCode::OK, &main)
    }

    async fn login(&self) -> Response<String> {
        let login = self.client.authorize().start().await.unwrap();
        let mut memory = self.memory.lock().unwrap();
        memory.count += 1;
        let key = memory.count.to_string();
        memory.attempts.insert(key.clone(), login.pending);
        let attributes = format!("Path=/; HttpOnly; SameSite={}", self.same_site);
        let mut response = redirect(login.url.as_str());
        set_cookie(&mut response, &format!("attempt={key}; {attributes}"));
        response
    }

    async fn callback(&self, request: &Request<String>) -> Response<String> {
        let attempt = cookie(request, "attempt");
        let pending = {
            let mut memory = self.memory.lock().unwrap();
            memory.callbacks.push(request.headers().clone());
            attempt.and_then(|key| memory.attempts.remove(&key))
        };
        let Some(pending) = pending else {
            return page(StatusCode::BAD_REQUEST, "<p>This browser began no login");
        };
        let callback = match *request.method() {
            Method::POST => Callback::from_form(request.body().as_bytes()),
            _ => Callback::from_query(request.uri().query().unwrap_or_default()),
        };
        let signed_in = match callback {
            Ok(callback) => self.client.sign_in(callback, pending).await,
            Err(error) => Err(error),
        };
        match signed_in {
            Ok(signed_in) => {
                let mut memory = self.memory.lock().unwrap();
                memory.count += 1;
                let key = memory.count.to_string();
                let name = signed_in.profile.username().unwrap().to_owned();
                memory.sessions.insert(key.clone(), name);
                let mut response = redirect("/");
                set_cookie(&mut response, "attempt=; Path=/; Max-Age=0");
                set_cookie(&mut response, &format!("session={key}; Path=/; HttpOnly"));
                response
            }
            Err(error) => {
                page(StatusCode::FORBIDDEN, &format!("<p>Not signed in: {:?}", error.kind()))
            }
        }
    }

    fn logout(&self, request: &Request<String>) -> Response<String> {
        let session = cookie(request, "session").unwrap_or_default();
        self.memory.lock().unwrap().sessions.remove(&session);
        redirect("/")
    }
}

fn cookie(request: &Request<String>, name: &str) -> Option<String> {
    let header = request.headers().get("cookie")?.to_str().unwrap();
    let mut pairs = header.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

fn set_cookie(response: &mut Response<String>, cookie: &str) {
    response.headers_mut().append("set-cookie", cookie.parse().unwrap());
}

fn redirect(location: &str) -> Response<String> {
    let response = Response::builder().status(StatusCode::SEE_OTHER).header("location", location);
    response.body(String::new()).unwrap()
}

fn page(status: StatusCode, main: &str) -> Response<String> {
    let response = Response::builder().status(status).header("content-type", "text/html");
    let head = "<!doctype html><html lang=en><title>App</title>";
    response
        .header("cache-control", "no-store")
        .body(format!("{head}<main><h1>App</h1>{main}</main>"))
        .unwrap()
}
