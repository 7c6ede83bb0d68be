use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    routing::{get, post},
};
use hallpass_axum::{
    Identity,
    huggingface::{OAuthInfo, SpaceSignIn},
};
use hallpass_core::{
    Clock, HttpClient, Purpose, Request, ReqwestClient, Response,
    http::{Method, header},
    url::Url,
};
use hallpass_huggingface::{FIXTURES, HuggingFace, Provider as _};
use hallpass_testkit::{LocalProvider, User};
use tokio::net::TcpListener;

pub(crate) const ORIGIN: &str = "https://robin-demo.hf.space";
pub(crate) const LOGIN: &str = "/oauth/huggingface/login";
pub(crate) const CALLBACK: &str = "/oauth/huggingface/callback/huggingface";

pub(crate) struct Space {
    pub(crate) hub: LocalProvider,
    pub(crate) clock: Arc<Hands>,
    at: String,
}

/// A clock that is moved by hand.
#[derive(Debug)]
pub(crate) struct Hands(Mutex<SystemTime>);

impl Default for Hands {
    fn default() -> Self {
        Self(Mutex::new(SystemTime::now()))
    }
}

impl Hands {
    pub(crate) fn go_on(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Hands {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

impl Space {
    pub(crate) async fn start() -> Self {
        Self::with(|sign_in| sign_in).await
    }

    pub(crate) async fn with(settings: impl FnOnce(SpaceSignIn) -> SpaceSignIn) -> Self {
        Self::over(|hub| hub, settings).await
    }

    /// Where the Hub's answers come through another transport.
    pub(crate) async fn over(
        transport: impl FnOnce(Arc<dyn HttpClient>) -> Arc<dyn HttpClient>,
        settings: impl FnOnce(SpaceSignIn) -> SpaceSignIn,
    ) -> Self {
        let clock = Arc::new(Hands::default());
        let hub = LocalProvider::builder().with_clock(Arc::<Hands>::clone(&clock));
        let hub = hub.emulating(HuggingFace::new().descriptor(), FIXTURES).start().await.unwrap();
        let (id, secret) = (hub.client_id().to_owned(), hub.client_secret());
        let lookup = move |name: &str| {
            let value = match name {
                "SPACE_ID" => "robin/demo",
                "SPACE_HOST" => "robin-demo.hf.space,demo.oak.test",
                "OAUTH_CLIENT_ID" => &id,
                "OAUTH_CLIENT_SECRET" => secret.expose(),
                "OAUTH_SCOPES" => "openid profile email",
                "OPENID_PROVIDER_URL" => "https://huggingface.co",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let here = Arc::<Hands>::clone(&clock);
        let sign_in = SpaceSignIn::new().lookup(lookup).http_client(transport(hub.http_client()));
        let sign_in = settings(sign_in.sign_in(|sign_in| Ok(sign_in.clock(here))));
        let at = serve(sign_in).await;
        Self { hub, clock, at }
    }

    pub(crate) fn browser(&self) -> Hand<'_> {
        Hand { space: self, cookies: Mutex::default() }
    }

    /// Who somebody is at the Hub's page, and the path that the Hub sends them back to.
    pub(crate) async fn at_hub(&self, url: &str, user: User) -> String {
        let landing = self.hub.browser().sign_in(url, user).await.unwrap();
        path_of(landing.url())
    }
}

/// Of the Space.
#[track_caller]
pub(crate) fn path_of(url: &str) -> String {
    url.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("{url} is elsewhere")).to_owned()
}

/// Serves an application, and tells where it is.
pub(crate) async fn serve(sign_in: SpaceSignIn) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let who = |who: Option<Identity>| async { who.map_or("nobody".into(), |who| who.0.id) };
    let app =
        Router::new()
            .route("/", get(who))
            .route("/change", post(who))
            .route(
                "/info",
                get(|info: Option<OAuthInfo>| async move {
                    info.as_ref().map_or("nobody".into(), told)
                }),
            )
            .route("/mine", get(|info: OAuthInfo| async move { told(&info) }));
    let app = sign_in.local_url(&at).attach(app).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    at
}

fn told(info: &OAuthInfo) -> String {
    let organizations = info.organizations().iter();
    let organizations: Vec<_> = organizations.filter_map(|it| it.name.clone()).collect();
    let scopes: Vec<_> = info.scopes().collect();
    let token = info.access_token().expose();
    format!(
        "{:?} pro {:?} in {organizations:?} may {scopes:?} until {} with {token}",
        info.identity.username,
        info.user.is_pro,
        info.expires_at().is_some(),
    )
}

/// A browser whose every step is done by hand.
pub(crate) struct Hand<'s> {
    space: &'s Space,
    cookies: Mutex<Vec<(String, String)>>,
}

impl Hand<'_> {
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, &[]).await
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        String::from_utf8(self.get(path).await.body).unwrap()
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Response {
        self.send_body(method, path, headers, "").await
    }

    pub(crate) async fn post_form(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Response {
        self.send_body(Method::POST, path, headers, body).await
    }

    async fn send_body(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Response {
        let url = Url::parse(&format!("{}{path}", self.space.at)).unwrap();
        let mut request = Request::new(method, url, Purpose::Api);
        request.body = body.as_bytes().to_vec();
        for (name, value) in headers {
            request.headers.insert(*name, value.parse().unwrap());
        }
        let cookies = self.cookies.lock().unwrap().clone();
        let cookies: Vec<_> =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        let response = ReqwestClient::new().send(request).await.unwrap();
        for set in set_cookies(&response) {
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            cookies.retain(|(known, _)| known != name);
            if !set.contains("Max-Age=0") {
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        response
    }

    pub(crate) fn forget_cookies(&self) {
        self.cookies.lock().unwrap().clear();
    }

    /// From the login to the page of the Hub: where that is.
    pub(crate) async fn begin(&self, path: &str) -> String {
        let hop = self.get(path).await;
        assert_eq!(hop.status, 303, "{path}");
        location(&self.get(&location(&hop)).await)
    }

    /// Signs somebody in: the answer to the callback.
    pub(crate) async fn sign_in(&self, path: &str) -> Response {
        let url = self.begin(path).await;
        self.get(&self.space.at_hub(&url, User::named("organizations")).await).await
    }
}

#[track_caller]
pub(crate) fn location(response: &Response) -> String {
    let location = response.headers.get(header::LOCATION);
    location.unwrap_or_else(|| panic!("{}", response.status)).to_str().unwrap().to_owned()
}

pub(crate) fn set_cookies(response: &Response) -> Vec<String> {
    let set = response.headers.get_all(header::SET_COOKIE).iter();
    set.map(|value| value.to_str().unwrap().to_owned()).collect()
}
