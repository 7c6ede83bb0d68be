use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::{
    ClientAuth, Secret,
    http::header,
    is_loopback,
    url::{Host, Url, form_urlencoded},
};

use super::wire::{Asked, Params};

/// An application that a [`LocalProvider`](crate::LocalProvider) knows.
#[derive(Debug, Clone)]
pub struct LocalClient {
    id: String,
    name: Option<String>,
    secret: Option<Secret>,
    redirect_uris: Vec<String>,
    #[cfg(feature = "openid")]
    public_jwk: Option<hallpass_core::Json>,
    #[cfg(feature = "openid")]
    post_logout_redirect_uris: Vec<String>,
}

impl LocalClient {
    /// A public client ([RFC 6749, section
    /// 2.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.1)) that may be answered at any https
    /// or loopback URL.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            secret: None,
            redirect_uris: Vec::new(),
            #[cfg(feature = "openid")]
            public_jwk: None,
            #[cfg(feature = "openid")]
            post_logout_redirect_uris: Vec::new(),
        }
    }

    /// Makes the client confidential.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// The name on the page. Default: the id.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// One more redirect URI. Once there is one, no other will do; they are compared as text, but
    /// for the port of a loopback address ([RFC 8252, section
    /// 7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3)).
    #[must_use]
    pub fn with_redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.redirect_uris.push(redirect_uri.into());
        self
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Whether anybody can speak in its name.
    pub(super) fn is_public(&self) -> bool {
        #[cfg(feature = "openid")]
        if self.public_jwk.is_some() {
            return false;
        }
        self.secret.is_none()
    }

    pub(super) fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Where to answer if the request does not say: the one URI that is registered.
    pub(super) fn only_redirect_uri(&self) -> Option<&str> {
        match self.redirect_uris.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    pub(super) fn may_be_answered_at(&self, redirect_uri: &str) -> bool {
        is_listed(&self.redirect_uris, redirect_uri)
    }
}

#[cfg(feature = "openid")]
impl LocalClient {
    /// The public half of the key that the client signs with, for `private_key_jwt`. If the JWK has
    /// an `alg`, no other will do.
    #[must_use]
    pub fn with_public_jwk(mut self, jwk: hallpass_core::Json) -> Self {
        self.public_jwk = Some(jwk);
        self
    }

    /// One more URI to go to after a logout. Once there is one, no other will do, as with
    /// [`with_redirect_uri`](Self::with_redirect_uri). Default: any https or loopback URL.
    #[must_use]
    pub fn with_post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }

    pub(super) fn public_jwk(&self) -> Option<&hallpass_core::Json> {
        self.public_jwk.as_ref()
    }

    pub(super) fn may_be_left_for(&self, uri: &str) -> bool {
        is_listed(&self.post_logout_redirect_uris, uri)
    }
}

/// One of these URIs, or, where there is none, any of the web.
fn is_listed(uris: &[String], asked: &str) -> bool {
    let Ok(url) = Url::parse(asked) else { return false };
    // What a Location header cannot hold as it is.
    if url.fragment().is_some() || !asked.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    if uris.is_empty() {
        return url.scheme() == "https" || is_http_to_loopback(&url);
    }
    uris.iter().any(|known| known == asked || differ_in_port(known, &url))
}

/// What is served here has no TLS.
pub(crate) fn is_http_to_loopback(url: &Url) -> bool {
    url.scheme() == "http" && is_loopback(url)
}

/// RFC 8252 section 7.3: an address, not the name.
fn differ_in_port(known: &str, asked: &Url) -> bool {
    let Ok(mut known) = Url::parse(known) else { return false };
    let is_address = matches!(asked.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    is_http_to_loopback(asked)
        && is_address
        && known.set_port(asked.port()).is_ok()
        && known == *asked
}

/// How a client may prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// HTTP Basic or the body, not both: RFC 6749 section 2.3.
    BasicOrPost,
    Only(ClientAuth),
}

/// Why a client is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disbelief {
    /// It came in another way than the provider takes.
    OtherWay(&'static str),
    /// Unknown client, or wrong secret.
    Wrong,
}

/// What a request says of its client.
struct Claim {
    id: String,
    /// As it came: in the header or in the body.
    secret: Option<String>,
}

/// The client that a request proves to come from.
///
/// A signature or a provider's own way cannot be checked here: there it is enough that the request
/// names a client, and has something in the place of the proof.
pub(super) fn authenticate<'a>(
    clients: &'a [LocalClient],
    asked: &Asked,
    params: &Params,
    names: (&str, &str),
    way: Way,
) -> Result<&'a LocalClient, Disbelief> {
    let (id_name, secret_name) = names;
    let by_id = |id: &str| clients.iter().find(|client| client.id == id).ok_or(Disbelief::Wrong);
    let in_body = || {
        let secret = params.get(secret_name).map(str::to_owned);
        params.get(id_name).map(|id| Claim { id: id.to_owned(), secret })
    };
    let no_id = Disbelief::OtherWay("the request names no client");
    let has_header = asked.headers.contains_key(header::AUTHORIZATION);
    let has_secret = params.get(secret_name).is_some();
    let claim = match way {
        Way::Only(ClientAuth::Custom) => {
            return named_anywhere(clients, asked, params).ok_or(no_id);
        }
        Way::Only(ClientAuth::Assertion) => {
            let claim = in_body().ok_or(no_id)?;
            return match params.get("client_assertion") {
                Some(_) => by_id(&claim.id),
                None => Err(Disbelief::OtherWay("the request has no client_assertion")),
            };
        }
        Way::Only(ClientAuth::PostSigned) => {
            let claim = in_body().ok_or(no_id)?;
            return match claim.secret {
                Some(_) => by_id(&claim.id),
                None => Err(Disbelief::OtherWay("the request has no assertion for a secret")),
            };
        }
        Way::Only(ClientAuth::Basic) | Way::BasicOrPost if has_header => {
            basic(asked, true).filter(|_| !has_secret)
        }
        Way::Only(ClientAuth::BasicRaw) if has_header => {
            basic(asked, false).filter(|_| !has_secret)
        }
        // A public client says in the body who it is, whatever confidential ones do.
        Way::Only(ClientAuth::Basic | ClientAuth::BasicRaw) => in_body().filter(|_| !has_secret),
        Way::Only(ClientAuth::None) => {
            let claim = in_body().filter(|_| !has_header && !has_secret);
            let refused = Disbelief::OtherWay("the client is public, and only says who it is");
            return by_id(&claim.ok_or(refused)?.id);
        }
        _ => in_body().filter(|_| !has_header),
    };
    let claim = claim.ok_or(Disbelief::OtherWay("the client does not authenticate in this way"))?;
    let client = by_id(&claim.id)?;
    match (&client.secret, claim.secret) {
        (None, None) => Ok(client),
        (Some(secret), Some(got)) if secret.matches(&got) => Ok(client),
        (Some(_), None) => Err(Disbelief::OtherWay("the client does not authenticate in this way")),
        _ => Err(Disbelief::Wrong),
    }
}

/// HTTP Basic with a client's id and secret, form-encoded or raw: for a provider's own endpoints,
/// whose pages seldom say which.
pub(super) fn by_basic<'a>(clients: &'a [LocalClient], asked: &Asked) -> Option<&'a LocalClient> {
    [false, true].into_iter().find_map(|encoded| {
        let claim = basic(asked, encoded)?;
        let client = clients.iter().find(|client| client.id == claim.id)?;
        let (secret, got) = (client.secret.as_ref()?, claim.secret?);
        secret.matches(&got).then_some(client)
    })
}

fn basic(asked: &Asked, encoded: bool) -> Option<Claim> {
    let pair = STANDARD.decode(asked.authorization("Basic")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let read = |text: &str| if encoded { form_decoded(text) } else { text.to_owned() };
    Some(Claim { id: read(id), secret: Some(read(secret)) })
}

/// RFC 6749 section 2.3.1.
fn form_decoded(text: &str) -> String {
    // As the value of a pair, since that is what the decoder reads; `=` in it is part of the value.
    let pair = format!("x={}", text.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

fn named_anywhere<'a>(
    clients: &'a [LocalClient],
    asked: &Asked,
    params: &Params,
) -> Option<&'a LocalClient> {
    let in_header = basic(asked, false).map(|claim| claim.id);
    clients.iter().find(|client| {
        in_header.as_ref() == Some(&client.id) || params.values().any(|value| value == client.id)
    })
}

#[cfg(test)]
mod tests {
    use hallpass_core::http::{HeaderMap, Method};

    use super::*;

    #[test]
    fn a_redirect_uri_is_a_registered_one_or_any_of_the_web() {
        let any = LocalClient::new("id");
        check(&any, "https://app.test/cb?keep=1", true);
        check(&any, "http://127.0.0.1:3000/cb", true);
        check(&any, "http://localhost/cb", true);
        check(&any, "http://app.test/cb", false);
        check(&any, "https://app.test/cb#here", false);
        check(&any, "https://app.test/é", false);
        check(&any, "javascript:alert(1)", false);
        check(&any, "/cb", false);
        let one = LocalClient::new("id").with_redirect_uri("https://app.test/cb");
        check(&one, "https://app.test/cb", true);
        check(&one, "https://app.test/cb/", false);
        check(&one, "https://app.test/CB", false);
        check(&one, "https://app.test:443/cb", false);
        let local = LocalClient::new("id").with_redirect_uri("http://127.0.0.1/cb");
        check(&local, "http://127.0.0.1:49152/cb", true);
        check(&local, "http://127.0.0.2:49152/cb", false);
        check(&local, "http://127.0.0.1:49152/other", false);
        let named = LocalClient::new("id").with_redirect_uri("http://localhost/cb");
        check(&named, "http://localhost:1/cb", false);
        let own = LocalClient::new("id").with_redirect_uri("com.example.app:/cb");
        check(&own, "com.example.app:/cb", true);
    }

    #[track_caller]
    fn check(client: &LocalClient, redirect_uri: &str, want: bool) {
        assert_eq!(client.may_be_answered_at(redirect_uri), want, "{redirect_uri}");
    }

    #[test]
    fn a_client_is_believed_in_the_declared_way_alone() {
        use ClientAuth::{Assertion, Basic, BasicRaw, Custom, None as Public, Post, PostSigned};
        let basic = ("Basic YTpiOmMlM0E=", "x=1"); // a:b:c%3A
        let encoded = ("Basic YSUzQWI6YyUyNTNB", "x=1"); // a%3Ab:c%253A, for `a:b` and `c%3A`
        let post = ("", "client_id=a%3Ab&client_secret=c%253A");
        let wrong = ("", "client_id=a%3Ab&client_secret=c");
        let nobody = ("", "x=1");
        let bare = ("", "client_id=a%3Ab");
        let both = (encoded.0, post.1);
        let signed = ("", "client_id=a%3Ab&client_assertion=x.y.z");
        for (way, request, want) in [
            (Way::BasicOrPost, encoded, Ok(())),
            (Way::BasicOrPost, post, Ok(())),
            (Way::BasicOrPost, both, Err(false)),
            (Way::BasicOrPost, wrong, Err(true)),
            (Way::BasicOrPost, bare, Err(false)),
            (Way::BasicOrPost, nobody, Err(false)),
            (Way::Only(Basic), encoded, Ok(())),
            (Way::Only(Basic), basic, Err(true)),
            (Way::Only(Basic), post, Err(false)),
            (Way::Only(Basic), both, Err(false)),
            (Way::Only(Basic), bare, Err(false)),
            (Way::Only(BasicRaw), encoded, Err(true)),
            (Way::Only(BasicRaw), post, Err(false)),
            (Way::Only(Post), post, Ok(())),
            (Way::Only(Post), encoded, Err(false)),
            (Way::Only(Post), both, Err(false)),
            (Way::Only(Post), wrong, Err(true)),
            (Way::Only(Public), bare, Ok(())),
            (Way::Only(Public), post, Err(false)),
            (Way::Only(Public), both, Err(false)),
            (Way::Only(Public), ("", "client_id=other"), Err(true)),
            (Way::Only(Assertion), signed, Ok(())),
            (Way::Only(Assertion), post, Err(false)),
            (Way::Only(PostSigned), wrong, Ok(())),
            (Way::Only(PostSigned), bare, Err(false)),
            (Way::Only(Custom), ("", "appid=a%3Ab"), Ok(())),
            (Way::Only(Custom), nobody, Err(false)),
        ] {
            let client = LocalClient::new("a:b").with_secret("c%3A");
            assert_eq!(believed(client, way, request), want, "{way:?} {request:?}");
        }
        let public = || LocalClient::new("a:b");
        assert_eq!(believed(public(), Way::Only(Post), bare), Ok(()));
        assert_eq!(believed(public(), Way::Only(Basic), bare), Ok(()));
        assert_eq!(believed(public(), Way::BasicOrPost, post), Err(true), "it has no secret");
    }

    /// `Err(true)` for wrong credentials, `Err(false)` for another way.
    fn believed(client: LocalClient, way: Way, request: (&str, &str)) -> Result<(), bool> {
        let (authorization, form) = request;
        let mut headers = HeaderMap::new();
        if !authorization.is_empty() {
            headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        }
        let url = Url::parse("https://acme.test/token").unwrap();
        let asked = Asked { method: Method::POST, url, headers, body: Vec::new() };
        let params = Params::of_form(form.as_bytes());
        let names = ("client_id", "client_secret");
        let got = authenticate(&[client], &asked, &params, names, way).map(|_| ());
        got.map_err(|disbelief| disbelief == Disbelief::Wrong)
    }
}
