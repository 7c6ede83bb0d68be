//! From an issuer to endpoints.

use hallpass_core::{ClientAuth, Endpoint, ErrorKind};
use hallpass_openid::OpenId;
use hallpass_tests::{control::Fault, http, server::RealServer};
use serde_json::Value;

use super::{BASIC, check_refused, client, client_of};
use crate::raw::get;
use crate::shared::{CANAILLE, OP};

const OPENID: &str = "/.well-known/openid-configuration";
const RFC_8414: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn what_a_server_says_of_itself_is_found_by_its_issuer() {
    for server in [&*OP, &*CANAILLE] {
        let found = client(server, BASIC).endpoints().await.unwrap();
        let document = get(server, OPENID).await;
        let says = |name: &str| document[name].as_str().map(str::to_owned);
        assert_eq!(found.issuer(), Some(server.issuer()));
        assert_eq!(Some(found.authorization().to_string()), says("authorization_endpoint"));
        assert_eq!(Some(found.token().to_string()), says("token_endpoint"));
        let end_session = found.end_session().map(ToString::to_string);
        assert_eq!((end_session.is_some(), end_session), (true, says("end_session_endpoint")));
        assert!(found.is_iss_promised() && !found.is_par_required(), "{}", server.name());
        for (name, endpoint) in [
            ("userinfo_endpoint", Endpoint::Userinfo),
            ("introspection_endpoint", Endpoint::Introspection),
            ("revocation_endpoint", Endpoint::Revocation),
            ("pushed_authorization_request_endpoint", Endpoint::PushedAuthorization),
        ] {
            let url = found.get(endpoint).ok().map(ToString::to_string);
            assert_eq!(url, says(name), "{} {name}", server.name());
        }
    }
}

#[tokio::test]
async fn ways_of_client_authentication_are_those_that_the_server_lists() {
    use ClientAuth::{Assertion, Basic, None, Post};
    for (server, of_revocation) in
        [(&*OP, &[Assertion, Basic, Post, None][..]), (&*CANAILLE, &[Basic])]
    {
        let found = client(server, BASIC).endpoints().await.unwrap();
        assert_eq!(found.client_auth(Option::None), Some(&[Assertion, Basic, Post, None][..]));
        assert_eq!(found.client_auth(Some(Endpoint::Revocation)), Some(of_revocation));
        assert_eq!(found.client_auth(Some(Endpoint::Introspection)), Some(of_revocation));
    }
}

#[tokio::test]
async fn a_document_about_another_issuer_is_refused() {
    for server in [&*OP, &*CANAILLE] {
        // The same document is found, and names itself without the slash.
        let op = OpenId::new("op", format!("{}/", server.issuer()));
        let error = client_of(op, server, BASIC).endpoints().await.unwrap_err();
        check_refused(&error, "issuer");
        let document = format!("{}{OPENID}", server.issuer());
        let op = OpenId::from_metadata_url("op", document.clone(), "https://op.example.test");
        let error = client_of(op, server, BASIC).endpoints().await.unwrap_err();
        check_refused(&error, "issuer");
        let op = OpenId::from_metadata_url("op", document, server.issuer());
        client_of(op, server, BASIC).endpoints().await.unwrap();
    }
}

#[tokio::test]
async fn the_other_well_known_place_is_asked_where_the_first_has_nothing() {
    let server = RealServer::start("oidc-provider", &["--path", "/op"]).unwrap();
    server.fault(Fault::status(OPENID, 404)).await.unwrap();
    let client = client(&server, BASIC);
    assert_eq!(client.endpoints().await.unwrap().issuer(), Some(server.issuer()));
    client.authorize().start().await.unwrap();
    client.endpoints().await.unwrap();
    let paths = [format!("/op{OPENID}"), format!("{RFC_8414}/op")];
    assert_eq!(asked(&server).await, paths, "and what was found is kept");

    server.clear_requests().await.unwrap();
    let another = super::client(&server, BASIC);
    server.fault(Fault::status(OPENID, 503)).await.unwrap();
    let error = another.endpoints().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    another.endpoints().await.unwrap();
    assert_eq!(asked(&server).await, [format!("/op{OPENID}"), format!("/op{OPENID}")]);
}

/// The paths of all requests, oldest first.
async fn asked(server: &RealServer) -> Vec<String> {
    let seen = server.control(http::Method::GET, "/requests", &Value::Null).await.unwrap();
    let seen = seen.as_array().unwrap();
    seen.iter().map(|request| request["url"].as_str().unwrap().to_owned()).collect()
}
