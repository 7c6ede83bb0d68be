use std::{borrow::Cow, fmt};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::{Origin, Url};

use crate::{
    ClientAuth, Endpoint, Error, Json, OAuth2Token, Purpose, Request, Result, Secret,
    descriptor::Text, query, wire::BODY_LIMIT_BYTES,
};

/// A request in terms of this client: where to, and in whose name. Core makes the [`Request`] of
/// it: it checks the origin, adds the credentials and signs.
///
/// `Debug` shows neither query nor header values nor body: credentials of the caller's own may be
/// in each.
#[must_use]
pub struct ApiRequest<'a> {
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(crate) query: Vec<(Text, Secret)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) auth: Auth<'a>,
    /// Where the token goes, unless it is where the descriptor says. In a box, since it is rare,
    /// and each call's future holds it several times.
    pub(crate) placed: Option<Box<Placed>>,
    pub(crate) allowed: Vec<Origin>,
    pub(crate) body_limit_bytes: usize,
    /// It is part of a provider's own revocation.
    pub(crate) revokes: bool,
}

#[derive(Clone)]
pub(crate) enum Target {
    Named(Endpoint),
    Token,
    Url(String),
}

impl Target {
    /// What metadata may list ways of client authentication for.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Self::Named(endpoint) => Some(*endpoint),
            Self::Token | Self::Url(_) => None,
        }
    }
}

/// RFC 6750 sections 2.2 and 2.3, under a name.
#[derive(Clone)]
pub(crate) enum Placed {
    Form(Text),
    Query(Text),
}

/// In whose name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Auth<'a> {
    Client(Way),
    Nobody,
    Token(&'a OAuth2Token),
}

/// Who says how the client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The call.
    Chosen(ClientAuth),
    /// The descriptor, for this sort of request; metadata with a list knows better.
    Declared(ClientAuth),
    /// Nobody for this request: as at the token endpoint.
    General,
}

#[derive(Clone, Default)]
pub(crate) enum Body {
    #[default]
    Empty,
    Form(Vec<(Text, Secret)>),
    Json(Secret),
}

impl fmt::Debug for ApiRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(endpoint) => endpoint.fmt(f),
            Self::Token => f.write_str("Token"),
            Self::Url(url) => url.split(['?', '#']).next().unwrap_or_default().fmt(f),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Form(_) => "Form(..)",
            Self::Json(_) => "Json(..)",
        })
    }
}

impl<'a> ApiRequest<'a> {
    /// A request to a URL of the provider's API, in nobody's name.
    pub fn new(method: Method, url: &str) -> Self {
        Self::to(method, Target::Url(url.to_owned()))
    }

    /// A request to a named endpoint, in nobody's name.
    pub fn endpoint(method: Method, endpoint: Endpoint) -> Self {
        Self::to(method, Target::Named(endpoint))
    }

    /// A form to an endpoint that wants the client: device authorization, introspection. With the
    /// token endpoint's authentication, unless [`client_auth`](Self::client_auth) says otherwise.
    pub fn form<N: Into<Cow<'static, str>>, V: Into<Secret>>(
        endpoint: Endpoint,
        form: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let form = form.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let request = Self::to(Method::POST, Target::Named(endpoint));
        Self { body: Body::Form(form), auth: Auth::Client(Way::General), ..request }
    }

    /// In the name of the user.
    pub fn token(mut self, token: &'a OAuth2Token) -> Self {
        self.auth = Auth::Token(token);
        self
    }

    /// In the name of the user, with the token in the URL under this name: for an API that takes
    /// nothing else, since servers and proxies log URLs ([RFC 6750, section
    /// 2.3](https://www.rfc-editor.org/rfc/rfc6750#section-2.3)).
    pub fn token_in_query(
        self,
        name: impl Into<Cow<'static, str>>,
        token: &'a OAuth2Token,
    ) -> Self {
        Self { placed: Some(Box::new(Placed::Query(name.into()))), ..self.token(token) }
    }

    /// In the name of the user, with the token in the form under this name; in the header if the
    /// body is no form ([RFC 6750, section
    /// 2.2](https://www.rfc-editor.org/rfc/rfc6750#section-2.2)).
    pub fn token_in_form(self, name: impl Into<Cow<'static, str>>, token: &'a OAuth2Token) -> Self {
        Self { placed: Some(Box::new(Placed::Form(name.into()))), ..self.token(token) }
    }

    /// In the name of the application, authenticated as at the token endpoint; at a provider of
    /// OAuth 1, signed without a token.
    pub fn of_client(mut self) -> Self {
        self.auth = Auth::Client(Way::General);
        self
    }

    /// In the name of the application, authenticated in this way.
    pub fn client_auth(mut self, auth: ClientAuth) -> Self {
        self.auth = Auth::Client(Way::Chosen(auth));
        self
    }

    /// Lets credentials go to one more origin, which the application names.
    pub fn allow_origin(mut self, origin: Origin) -> Self {
        self.allowed.push(origin);
        self
    }

    /// How much of the answer is read, in bytes after decoding. Default 1 MiB.
    pub fn body_limit_bytes(mut self, limit: usize) -> Self {
        self.body_limit_bytes = limit;
        self
    }

    /// A parameter of the URL.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Secret>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// A header. `Authorization` is core's: one set here is replaced or removed.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// A JSON body.
    pub fn json(mut self, body: &Json) -> Self {
        self.body = Body::Json(Secret::new(body.to_string()));
        self
    }

    /// A form as body.
    pub fn form_body<N: Into<Cow<'static, str>>, V: Into<Secret>>(
        mut self,
        form: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let form = form.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.body = Body::Form(form.collect());
        self
    }

    /// The origins that [`allow_origin`](Self::allow_origin) named.
    #[must_use]
    pub fn allowed_origins(&self) -> &[Origin] {
        &self.allowed
    }

    /// Whether it is in the name of the application.
    #[must_use]
    pub fn is_of_client(&self) -> bool {
        matches!(self.auth, Auth::Client(_))
    }

    /// The wire request without credentials, and the token that was to go with it: for another
    /// protocol's client (OAuth 1).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind): the URL is none.
    /// [`ErrorKind::Unsupported`](crate::ErrorKind): it names an endpoint that only OAuth 2 has, or
    /// says where the token goes, as only OAuth 2 can.
    pub fn into_request(self) -> Result<(Request, Option<&'a OAuth2Token>)> {
        if self.placed.is_some() {
            return Err(Error::unsupported("this protocol does not send the token by itself"));
        }
        let Target::Url(url) = &self.target else {
            return Err(Error::unsupported("an endpoint that this protocol does not have"));
        };
        let mut request = self.bare(parse(url)?, Purpose::Api);
        self.body.write(&mut request);
        let token = match self.auth {
            Auth::Token(token) => Some(token),
            Auth::Client(_) | Auth::Nobody => None,
        };
        Ok((request, token))
    }

    pub(crate) fn to(method: Method, target: Target) -> Self {
        Self {
            method,
            target,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::Empty,
            auth: Auth::Nobody,
            placed: None,
            allowed: Vec::new(),
            body_limit_bytes: BODY_LIMIT_BYTES,
            revokes: false,
        }
    }

    /// Method, URL with query, headers, limit; no body and no credentials yet.
    pub(crate) fn bare(&self, mut url: Url, purpose: Purpose) -> Request {
        if !self.query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in &self.query {
                pairs.append_pair(name, value.expose());
            }
        }
        let mut request = Request::new(self.method.clone(), url, purpose);
        request.headers.clone_from(&self.headers);
        request.headers.remove(header::AUTHORIZATION);
        request.body_limit_bytes = self.body_limit_bytes;
        request
    }
}

impl Body {
    pub(crate) fn write(&self, request: &mut Request) {
        let media_type = match self {
            Self::Empty => return,
            Self::Form(form) => {
                let pairs = form.iter().map(|(name, value)| (name.as_ref(), value.expose()));
                request.body = query::form(pairs);
                "application/x-www-form-urlencoded"
            }
            Self::Json(json) => {
                request.body = json.expose().as_bytes().to_vec();
                "application/json"
            }
        };
        request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
}

pub(crate) fn parse(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|error| Error::config("the URL of the call is none").with_source(error))
}
