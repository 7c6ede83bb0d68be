//! What the benchmarks share: a client, and the same work without a library.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{Api, ClientConfig, Descriptor, OAuth2Client, Profile, Provider, Result};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};

/// A provider of the plain kind.
#[derive(Debug)]
pub struct Plain(Descriptor);

impl Provider for Plain {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    async fn profile(&self, api: Api<'_>) -> Result<Profile> {
        Profile::from_json(api.get("https://api.plain.test/me").read().await?, "id")
    }
}

/// A client as an application keeps it.
///
/// # Panics
///
/// If the configuration here is wrong.
#[must_use]
#[allow(clippy::expect_used)] // A benchmark that cannot begin has nothing to say.
pub fn client() -> OAuth2Client<Plain> {
    let descriptor = Descriptor::new(
        "plain",
        "https://plain.test/oauth/authorize",
        "https://plain.test/oauth/token",
    );
    let descriptor = descriptor.with_scopes(["openid-connect", "email", "profile"]);
    let config = ClientConfig::new("client-id").with_secret("client-secret");
    let config = config.with_redirect_uri("https://app.test/callback").expect("a redirect URI");
    OAuth2Client::new(Plain(descriptor), config).expect("a client")
}

/// The limit: one prefix, randomness from a generator that is seeded once, one hash, one string.
#[must_use]
pub fn bare_url() -> String {
    const PREFIX: &str = "https://plain.test/oauth/authorize?response_type=code&client_id=client-id\
        &redirect_uri=https%3A%2F%2Fapp.test%2Fcallback&scope=openid-connect+email+profile&state=";
    let mut bytes = [0; 64];
    rand::rng().fill_bytes(&mut bytes);
    let verifier = URL_SAFE_NO_PAD.encode(&bytes[32..]);
    let mut url = String::with_capacity(PREFIX.len() + 160);
    url.push_str(PREFIX);
    URL_SAFE_NO_PAD.encode_string(&bytes[..32], &mut url);
    url.push_str("&code_challenge=");
    URL_SAFE_NO_PAD.encode_string(Sha256::digest(verifier), &mut url);
    url.push_str("&code_challenge_method=S256");
    url
}
