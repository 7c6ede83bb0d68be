use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{self, HeaderValue},
};
use maud::{DOCTYPE, PreEscaped, html};

/// What the browser shows when the program has what it waited for.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// `None` once the words are not ours.
    language: Option<&'static str>,
    title: String,
    done: String,
    refused: String,
}

const STYLE: PreEscaped<&str> = PreEscaped(
    "body{font:1.125rem/1.5 system-ui,sans-serif;margin:20vh auto;max-width:32rem;\
     padding:0 1rem;text-align:center}h1{font-size:1.5rem}",
);

impl Page {
    pub(crate) fn set_title(&mut self, title: String) {
        self.language = None;
        self.title = title;
    }

    pub(crate) fn set_texts(&mut self, done: String, refused: String) {
        self.language = None;
        self.done = done;
        self.refused = refused;
    }

    pub(crate) fn response(&self, is_refusal: bool) -> Response<Full<Bytes>> {
        let text = if is_refusal { &self.refused } else { &self.done };
        let page = html! {
            (DOCTYPE)
            html lang=[self.language] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (STYLE) }
                }
                body {
                    h1 { (self.title) }
                    p { (text) }
                }
            }
        };
        respond(StatusCode::OK, "text/html; charset=utf-8", page.into_string())
    }
}

impl Default for Page {
    fn default() -> Self {
        Self {
            language: Some("en"),
            title: "Sign-in".to_owned(),
            done: "You may close this window.".to_owned(),
            refused: "The sign-in was not completed. You may close this window.".to_owned(),
        }
    }
}

/// Why a request does not end the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Host,
    Path,
    /// With the methods that would do.
    Method(&'static str),
    MediaType,
    TooLong,
    Unreadable,
    State,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Path => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable | Self::State => StatusCode::BAD_REQUEST,
        }
    }

    /// For whoever looks at the window. It repeats nothing of the request.
    fn text(self) -> &'static str {
        match self {
            Self::Host => "This server answers on loopback alone.\n",
            Self::Path => "There is nothing here.\n",
            Self::Method(_) => "This is not how a provider answers.\n",
            Self::MediaType => "This is not a form.\n",
            Self::TooLong => "This is longer than any provider's answer.\n",
            Self::Unreadable => "This is no provider's answer.\n",
            Self::State => {
                "This answers another sign-in. Go back to the program and open its address again.\n"
            }
        }
    }

    pub(crate) fn response(self) -> Response<Full<Bytes>> {
        let text = self.text().to_owned();
        let mut response = respond(self.status(), "text/plain; charset=utf-8", text);
        if let Self::Method(allowed) = self {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        response
    }
}

fn respond(status: StatusCode, media_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        // The address of the page holds the code.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
