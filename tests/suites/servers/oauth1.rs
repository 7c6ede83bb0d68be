//! OAuth 1.0a at two engines that share no code: each with all that it offers.

use hallpass_core::{
    AuthorizationRequest, Callback, HttpClient as _, Json, OAuth2Token, Profile, Purpose, Request,
    ReqwestClient, Response,
    http::{HeaderValue, Method, header},
};
use hallpass_oauth1::{
    ClientCredentials, OAuth1Client, OAuth1Config, OAuth1Provider, Placement, RequestParts, RsaKey,
    SignatureMethod, Signed, Signer, TokenCredentials,
};
use hallpass_tests::user::Landing;
use url::Url;

use crate::shared::OAUTH1;

mod calls;
mod refusals;
mod sign_in;

const FORM: &str = "application/x-www-form-urlencoded";
const HMAC: &str = "client-hmac";
const RSA: &str = "client-rsa";
/// Id and secret of this one have all that percent-encoding is about.
const SPECIAL: &str = "client:special/+ &=";

const METHODS: [SignatureMethod; 7] = [
    SignatureMethod::HmacSha1,
    SignatureMethod::HmacSha256,
    SignatureMethod::HmacSha512,
    SignatureMethod::RsaSha1,
    SignatureMethod::RsaSha256,
    SignatureMethod::RsaSha512,
    SignatureMethod::Plaintext,
];
const PLACEMENTS: [Placement; 3] = [Placement::Header, Placement::Query, Placement::Form];

/// Where the parameters of a method may go: PLAINTEXT would put both secrets into a URL.
fn placements(method: SignatureMethod) -> impl Iterator<Item = Placement> {
    let refused = (SignatureMethod::Plaintext, Placement::Query);
    PLACEMENTS.into_iter().filter(move |placement| (method, *placement) != refused)
}

/// One of the two.
#[derive(Debug, Clone, Copy)]
struct Engine(&'static str);

const ENGINES: [Engine; 2] = [Engine("oauthlib"), Engine("authlib")];

impl Engine {
    fn url(self, endpoint: &str) -> &'static str {
        let url = &OAUTH1.ready()["engines"][self.0][endpoint];
        url.as_str().unwrap_or_else(|| panic!("{} has no {endpoint}", self.0))
    }

    /// What it offers, by its own word.
    fn methods(self) -> Vec<SignatureMethod> {
        let offered = OAUTH1.ready()["engines"][self.0]["signature_methods"].as_array().unwrap();
        let of = |name: &Json| METHODS.into_iter().find(|method| method.as_str() == name);
        offered.iter().map(|name| of(name).unwrap_or_else(|| panic!("{name}"))).collect()
    }

    fn provider(self) -> OAuth1Provider {
        let [temporary, authorize, token] =
            ["temporary_credentials", "authorize", "token"].map(|endpoint| self.url(endpoint));
        OAuth1Provider::new(self.0, temporary, authorize, token).with_profile(
            self.url("profile"),
            |me| {
                let name = me["username"].as_str().map(str::to_owned);
                Ok(Profile::from_json(me, "id")?.with_username(name.as_deref()))
            },
        )
    }

    /// A client that signs in one way.
    fn client(self, id: &str, method: SignatureMethod, placement: Placement) -> OAuth1Client {
        self.client_of(config(id).with_signature_method(method).with_placement(placement))
    }

    fn client_of(self, config: OAuth1Config) -> OAuth1Client {
        OAuth1Client::new(self.provider(), config).unwrap()
    }
}

/// Of the client that the server knows by this id, with its secret or its key.
fn credentials(id: &str) -> ClientCredentials {
    let registered = OAUTH1.client(id).unwrap();
    match registered.private_pem() {
        Ok(pem) => ClientCredentials::rsa(id, RsaKey::from_pem(&pem.into()).unwrap()),
        Err(_) => ClientCredentials::new(id, registered.secret().unwrap()),
    }
}

fn config(id: &str) -> OAuth1Config {
    OAuth1Config::new(credentials(id)).with_redirect_uri(redirect_uri()).unwrap()
}

fn redirect_uri() -> &'static str {
    OAUTH1.client(HMAC).unwrap().redirect_uri().unwrap()
}

/// The user's part: logs in at the page, and allows it.
async fn visit(url: impl AsRef<str>) -> Landing {
    let alice = OAUTH1.user("alice").unwrap();
    alice.sign_in(url.as_ref(), redirect_uri()).await.unwrap()
}

/// A whole login.
async fn token(client: &OAuth1Client) -> OAuth2Token {
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    let landing = visit(&login.url).await;
    let callback = Callback::from_url(&landing.url).unwrap();
    let token = client.get_access_token(callback, login.pending).await;
    token.unwrap_or_else(|error| panic!("{error}\n{}", OAUTH1.stderr()))
}

fn request(method: Method, url: &str) -> Request {
    Request::new(method, Url::parse(url).unwrap(), Purpose::Api)
}

fn with_body(mut request: Request, media_type: &'static str, body: &[u8]) -> Request {
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    request.body = body.to_vec();
    request
}

/// A request as a program signs it that sends its own.
fn signed(signer: &Signer, mut request: Request, token: Option<&TokenCredentials>) -> Request {
    let parts = RequestParts::new(&request.method, &request.url);
    match signer.sign(&parts.with_headers(&request.headers, &request.body), token).unwrap() {
        Signed::Header(value) => drop(request.headers.insert(header::AUTHORIZATION, value)),
        Signed::Query(added) => {
            let own = request.url.query().map_or(String::new(), |query| format!("{query}&"));
            request.url.set_query(Some(&format!("{own}{}", added.expose())));
        }
        Signed::Form(added) => {
            let separator = if request.body.is_empty() { "" } else { "&" };
            request.body.extend(format!("{separator}{}", added.expose()).bytes());
            request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
        }
        other => panic!("unknown: {other:?}"),
    }
    request
}

async fn sent(request: Request) -> Response {
    ReqwestClient::new().send(request).await.unwrap()
}

/// The same once more.
fn copy(request: &Request) -> Request {
    let mut copy = Request::new(request.method.clone(), request.url.clone(), Purpose::Api);
    copy.headers = request.headers.clone();
    copy.body = request.body.clone();
    copy
}
