//! Requests by hand, for what core does not send, or hides.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use hallpass_tests::http::{self, Request, Response};
use hallpass_tests::server::RealServer;
use hallpass_tests::user::{Landing, User};
use serde_json::Value;
use url::{Url, form_urlencoded};

/// That of RFC 7636, appendix B.
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The JSON at a path of the server.
pub(crate) async fn get(server: &RealServer, path: &str) -> Value {
    let answer = http::get(&format!("{}{path}", server.issuer())).await.unwrap();
    serde_json::from_str(answer.body()).unwrap()
}

/// Posts a form to a path of the server, as a client with `client_secret_basic`.
pub(crate) async fn post(
    server: &RealServer,
    path: &str,
    id: &str,
    form: &[(&str, &str)],
) -> Value {
    let secret = server.client(id).unwrap().secret().unwrap();
    let basic = BASE64_STANDARD.encode(format!("{id}:{secret}"));
    let request = Request::post(format!("{}{path}", server.issuer()))
        .header("authorization", format!("Basic {basic}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish());
    let answer = http::send(request.unwrap()).await.unwrap();
    serde_json::from_str(answer.body()).unwrap()
}

/// The members of an authorization request.
pub(crate) fn request<'a>(server: &'a RealServer, id: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("client_id", id),
        ("redirect_uri", server.client(id).unwrap().redirect_uri().unwrap()),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "a state/+"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// The address of a path of oidc-provider, with a query.
pub(crate) fn url(server: &RealServer, path: &str, query: &[(&str, &str)]) -> String {
    let url = format!("{}{path}", server.issuer());
    Url::parse_with_params(&url, query).unwrap().into()
}

/// Signs somebody in at oidc-provider.
pub(crate) async fn visit(server: &RealServer, id: &str, user: &User) -> Landing {
    let url = url(server, "/auth", &request(server, id));
    let redirect_uri = server.client(id).unwrap().redirect_uri().unwrap();
    user.sign_in(&url, redirect_uri).await.unwrap()
}

/// Signs somebody in, and asks for the token.
pub(crate) async fn sign_in(server: &RealServer, id: &str, user: &User) -> Value {
    let landing = visit(server, id, user).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &landing.params["code"]),
        ("redirect_uri", server.client(id).unwrap().redirect_uri().unwrap()),
        ("code_verifier", VERIFIER),
    ];
    post(server, "/token", id, &form).await
}

/// What the userinfo endpoint says.
pub(crate) async fn userinfo(server: &RealServer, token: &Value) -> Response<String> {
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let request = Request::get(format!("{}/me", server.issuer())).header("authorization", bearer);
    http::send(request.body(String::new()).unwrap()).await.unwrap()
}

/// Header and claims of a JWT, unverified.
pub(crate) fn jwt(jwt: &str) -> [Value; 2] {
    let mut parts = jwt.split('.').map(|part| {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default())
    });
    [parts.next().unwrap().unwrap(), parts.next().unwrap().unwrap()]
}
