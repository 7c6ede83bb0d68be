//! A small provider of the tests' own: an OpenID provider, used as plain OAuth 2.

use std::time::SystemTime;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{
    Api, Authorization, Callback, ClientAssertion, ClientAuth, ClientConfig, CustomAuth,
    Descriptor, EmailVerification, Endpoint, OAuth2Client, Profile, Provider, Result, Revocation,
    Secret, http::Method,
};
use hallpass_tests::{
    server::RealServer,
    user::{Landing, User},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

#[derive(Debug)]
pub(crate) struct Op(Descriptor);

impl Op {
    /// `revocation` is declared apart, as RFC 8414 lets a server have two lists.
    pub(crate) fn new(server: &RealServer, auth: ClientAuth, revocation: ClientAuth) -> Self {
        let [authorization, token, userinfo, revocation_path] = match server.name() {
            "canaille" => ["/oauth/authorize", "/oauth/token", "/oauth/userinfo", "/oauth/revoke"],
            _ => ["/auth", "/token", "/me", "/token/revocation"],
        };
        let at = |path: &str| format!("{}{path}", server.issuer());
        Self(
            Descriptor::new("op", at(authorization), at(token))
                .with_endpoint(Endpoint::Userinfo, at(userinfo))
                .with_endpoint(Endpoint::Revocation, at(revocation_path))
                .with_issuer(server.issuer().to_owned())
                .with_iss_promised()
                .with_client_auth(auth)
                .with_revocation(Revocation::Rfc7009(revocation)),
        )
    }
}

impl Provider for Op {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        let me =
            Profile::from_json(api.endpoint(Method::GET, Endpoint::Userinfo).read().await?, "sub")?;
        let email = me.raw()["email"].as_str().map(str::to_owned);
        let verification = EmailVerification::from_flag(me.raw().get("email_verified"));
        Ok(me.with_email(email.as_deref(), verification))
    }

    /// A way of the provider's own that comes to the same as the standard's for public clients.
    fn authenticate(&self, client: &mut CustomAuth<'_>) -> Result<()> {
        client.param("client_id", client.keys().client_id())
    }
}

pub(crate) type OpClient = OAuth2Client<Op>;

/// `client_secret_jwt` by hand: RFC 7523 over RFC 7515 with HS256.
#[derive(Debug)]
pub(crate) struct SecretJwt(pub(crate) Secret);

#[async_trait::async_trait]
impl ClientAssertion for SecretJwt {
    async fn sign(&self, client_id: &str, audience: &str, now: SystemTime) -> Result<Secret> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 60,
            "jti": URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
        });
        let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", part(json!({ "alg": "HS256" })), part(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()).unwrap();
        mac.update(message.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Ok(Secret::new(format!("{message}.{signature}")))
    }
}

/// A client registered at the server, authenticating as it is registered.
pub(crate) fn client(server: &RealServer, id: &str, auth: ClientAuth) -> OpClient {
    client_with(server, id, auth, auth)
}

pub(crate) fn client_with(
    server: &RealServer,
    id: &str,
    auth: ClientAuth,
    revocation: ClientAuth,
) -> OpClient {
    let registered = server.client(id).unwrap();
    let config =
        ClientConfig::new(id).with_redirect_uri(registered.redirect_uri().unwrap()).unwrap();
    let config = match auth {
        ClientAuth::None | ClientAuth::Custom => config,
        ClientAuth::Assertion => {
            config.with_assertion(SecretJwt(registered.secret().unwrap().into()))
        }
        _ => config.with_secret(registered.secret().unwrap()),
    };
    OAuth2Client::new(Op::new(server, auth, revocation), config).unwrap()
}

/// Begins a login whose token can be refreshed.
pub(crate) async fn begin(client: &OpClient) -> Authorization {
    let login = client.authorize().scopes(["openid", "email", "offline_access"]);
    login.param("prompt", "consent").start().await.unwrap()
}

/// The user's part: signs in, and lands on the redirect URI.
pub(crate) async fn visit(server: &RealServer, id: &str, login: &Authorization) -> Landing {
    let redirect_uri = server.client(id).unwrap().redirect_uri().unwrap().to_owned();
    User::new().sign_in(login.url.as_str(), &redirect_uri).await.unwrap()
}

pub(crate) fn callback(landing: &Landing) -> Callback {
    Callback::from_url(&landing.url).unwrap()
}
