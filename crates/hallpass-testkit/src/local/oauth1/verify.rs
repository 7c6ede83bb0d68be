//! Whether a request is from whom it says, and the first of its kind: RFC 5849 section 3.2.

use hallpass_core::Secret;
use hallpass_oauth1::{ClientCredentials, RequestParts, SignatureMethod};

use super::{
    super::{client::LocalClient, shared::locked, wire::Asked},
    State,
    book::{Once, is_recent},
    problem::Problem,
    protocol::Said,
};

/// What the signature is made with, besides the client's secret.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    /// There is no token yet, or none at all.
    Client,
    Token(&'a Secret),
}

/// The client that signed a request. The signature is looked at before the nonce: nobody else
/// spends one.
pub(super) fn verified<'a>(
    state: &'a State,
    asked: &Asked,
    said: &Said,
    key: Key<'_>,
) -> Result<&'a LocalClient, Problem> {
    let unknown = Problem::refused("consumer_key_unknown", "no application has this consumer key");
    let client = state.client(said.needs("oauth_consumer_key")?).ok_or(unknown)?;
    let name = said.needs("oauth_signature_method")?;
    let method = METHODS.into_iter().find(|method| method.as_str() == name);
    let rejected = Problem::malformed("signature_method_rejected", "HMAC or PLAINTEXT");
    let method = method.ok_or(rejected)?;
    let right = signature(asked, said, client, key, method);
    if !right.is_some_and(|right| said.get("oauth_signature").is_some_and(|it| right.matches(it))) {
        let why = "the method, a parameter, the body's form or a secret is another one";
        return Err(Problem::refused("signature_invalid", why));
    }
    if let Some(hash) = said.get("oauth_body_hash") {
        check_body(asked, method, hash)?;
    }
    check_once(state, said, client, method)?;
    Ok(client)
}

/// What takes a shared secret: a server has no private key to make the others with.
const METHODS: [SignatureMethod; 4] = [
    SignatureMethod::HmacSha1,
    SignatureMethod::HmacSha256,
    SignatureMethod::HmacSha512,
    SignatureMethod::Plaintext,
];

/// The right one for such a request.
fn signature(
    asked: &Asked,
    said: &Said,
    client: &LocalClient,
    key: Key<'_>,
    method: SignatureMethod,
) -> Option<Secret> {
    let parts =
        RequestParts::new(&asked.method, &asked.url).with_headers(&asked.headers, &asked.body);
    // Those of query and form are in the parts.
    let in_header = asked.authorization("OAuth").is_some();
    let of_header = if in_header { said.pairs() } else { &[] };
    let of_header: Vec<_> =
        of_header.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let secret = client.secret().cloned().unwrap_or_else(|| Secret::new(""));
    let credentials = ClientCredentials::new(client.id(), secret);
    let token = match key {
        Key::Client => None,
        Key::Token(secret) => Some(secret),
    };
    method.sign(&parts.base_string(&of_header), &credentials, token).ok()
}

/// [OAuth Request Body Hash](https://datatracker.ietf.org/doc/html/draft-eaton-oauth-bodyhash-00).
fn check_body(asked: &Asked, method: SignatureMethod, hash: &str) -> Result<(), Problem> {
    if asked.is_form() {
        let why = "oauth_body_hash: a form is signed as it is";
        return Err(Problem::malformed("parameter_rejected", why));
    }
    match Secret::new(method.body_hash(&asked.body)).matches(hash) {
        true => Ok(()),
        false => Err(Problem::refused("signature_invalid", "the body is another one")),
    }
}

/// RFC 5849 section 3.3.
fn check_once(
    state: &State,
    said: &Said,
    client: &LocalClient,
    method: SignatureMethod,
) -> Result<(), Problem> {
    let has_neither = said.get("oauth_timestamp").is_none() && said.get("oauth_nonce").is_none();
    if method == SignatureMethod::Plaintext && has_neither {
        return Ok(());
    }
    let timestamp = said.needs("oauth_timestamp")?.parse();
    let malformed = |_| Problem::malformed("parameter_rejected", "oauth_timestamp is no number");
    let timestamp = timestamp.map_err(malformed)?;
    if !is_recent(timestamp, state.clock.now()) {
        let why = "more than 300 s from the server's time";
        return Err(Problem::refused("timestamp_refused", why));
    }
    let once = Once {
        timestamp,
        nonce: said.needs("oauth_nonce")?.to_owned(),
        client: client.id().to_owned(),
        token: said.get("oauth_token").map(str::to_owned),
    };
    match locked(&state.book).is_first(once) {
        true => Ok(()),
        false => Err(Problem::refused("nonce_used", "the request was sent before")),
    }
}
