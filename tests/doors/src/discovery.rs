use std::sync::Arc;

use hallpass::{
    AuthorizationRequest, BaseOAuth2,
    core::{Endpoint, Endpoints, Json, url::Url},
    openid::OpenId,
};

use crate::{
    oracle::check_error,
    world::{Answers, SECRET, at_once, client, config},
};

const ISSUER: &str = "https://id.test";

/// What a provider says of itself, at the well-known place and as a document that the application
/// has.
///
/// Bytes: status. Then the document.
pub fn discovery(input: &[u8]) {
    let Some((&status, body)) = input.split_first() else { return };
    let http = Answers::new(status, 0, vec![body.to_vec()]).without_keys();
    let provider: OpenId = OpenId::new("work", ISSUER);
    let client = client(provider, config(), Arc::new(http));
    match at_once(client.endpoints()) {
        Ok(endpoints) => {
            check(&endpoints, body);
            begin(&*client, &endpoints);
        }
        Err(error) => check_error(&error, &[SECRET]),
    }
    given(body);
}

/// The same by a document that is at hand. Its issuer may be any.
fn given(body: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Json>(body) else { return };
    match OpenId::<()>::from_metadata("work", document) {
        Ok(provider) => {
            let http = Arc::new(Answers::json(Vec::new()));
            let client = client(provider, config(), http);
            if let Err(error) = at_once(client.endpoints()) {
                check_error(&error, &[SECRET]);
            }
        }
        Err(error) => check_error(&error, &[SECRET]),
    }
}

/// A document that came over https is about the issuer that was asked, and names https alone.
fn check(endpoints: &Endpoints, body: &[u8]) {
    assert_eq!(endpoints.issuer(), Some(ISSUER));
    let document: Json = serde_json::from_slice(body).expect("a document is JSON");
    assert_eq!(document["issuer"], ISSUER, "the document of another issuer");
    let named = [
        Endpoint::BackchannelAuthentication,
        Endpoint::DeviceAuthorization,
        Endpoint::Introspection,
        Endpoint::PushedAuthorization,
        Endpoint::Revocation,
        Endpoint::Userinfo,
    ];
    let named = named.into_iter().filter_map(|endpoint| endpoints.get(endpoint).ok());
    let all = [endpoints.authorization(), endpoints.token()].into_iter().chain(named);
    for url in all.chain(endpoints.end_session()) {
        check_url(url);
    }
}

fn check_url(url: &Url) {
    assert_eq!(url.scheme(), "https", "{url}");
    assert!(url.username().is_empty() && url.password().is_none(), "{url} has a user");
    assert!(url.fragment().is_none(), "{url} has a fragment");
    assert!(url.host_str().is_some_and(|host| !host.is_empty()), "{url} has no host");
}

/// A login goes where the document says.
fn begin(client: &dyn BaseOAuth2, endpoints: &Endpoints) {
    match at_once(client.get_authorization_url(AuthorizationRequest::new())) {
        Ok(login) => {
            let url = Url::parse(login.url.as_str()).expect("what the browser is sent to is a URL");
            let want = endpoints.authorization();
            assert_eq!((url.origin(), url.path()), (want.origin(), want.path()));
            let states = url.query_pairs().filter(|(name, _)| name == "state").count();
            assert_eq!(states, 1, "{url}");
        }
        Err(error) => check_error(&error, &[SECRET]),
    }
}
