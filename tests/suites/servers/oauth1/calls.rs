//! Signed calls: what is in them arrives as it was sent.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hallpass_core::{
    ApiRequest, Json,
    http::{self, Method, Uri},
};
use hallpass_oauth1::{Placement, SignatureMethod, Signer, TokenCredentials};
use serde_json::json;

use super::{
    ENGINES, FORM, HMAC, PLACEMENTS, RSA, SPECIAL, config, credentials, placements, request, sent,
    signed, token, with_body,
};
use crate::shared::OAUTH1;

/// All bytes, and with them what is no text.
fn binary() -> Vec<u8> {
    (0..=255).chain(*b"\r\n&a=b&oauth_token=x").collect()
}

#[tokio::test]
async fn bodies_that_are_no_form_arrive_whole() {
    let multipart: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\n\
        a&b=c\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\
        \x00\xff\r\n--b--\r\n";
    let bodies: [(&str, &[u8]); 5] = [
        ("application/json", "{\"text\":\"é & = % +\",\"oauth_token\":1}".as_bytes()),
        ("multipart/form-data; boundary=b", multipart),
        ("application/octet-stream", &binary()),
        ("text/plain", b"a=1&b=2"),
        ("application/json", b""),
    ];
    for engine in ENGINES {
        let credentials = TokenCredentials::of(&token(&engine.client_of(config(HMAC))).await);
        let credentials = credentials.unwrap();
        for method in engine.methods() {
            if method.is_rsa() {
                continue;
            }
            for signer in [signer(HMAC, method), signer(HMAC, method).with_body_hash()] {
                for (media_type, body) in bodies {
                    let url = format!("{}/upload?a=1", engine.url("api"));
                    let call = with_body(request(Method::PUT, &url), media_type, body);
                    let answer = sent(signed(&signer, call, Some(&credentials))).await;
                    let what = format!("{engine:?} {method} {media_type}");
                    assert_eq!(answer.status, 200, "{what}: {}", OAUTH1.stderr());
                    let said = answer.json().unwrap();
                    assert_eq!(said["content_type"], media_type, "{what}");
                    assert_eq!(bytes(&said), body, "{what}");
                }
            }
        }
    }
}

fn signer(id: &str, method: SignatureMethod) -> Signer {
    Signer::new(credentials(id)).with_method(method).unwrap()
}

fn bytes(said: &Json) -> Vec<u8> {
    STANDARD.decode(said["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_body_hash_of_every_method_is_the_servers() {
    for engine in ENGINES {
        for method in engine.methods() {
            let id = if method.is_rsa() { RSA } else { HMAC };
            let signer = signer(id, method).with_body_hash();
            let url = format!("{}/x", engine.url("two_legged"));
            let call = with_body(request(Method::POST, &url), "application/json", b"{}");
            let answer = sent(signed(&signer, call, None)).await;
            assert_eq!(answer.status, 200, "{engine:?} {method}: {}", OAUTH1.stderr());
            let said = answer.json().unwrap();
            assert!(said["oauth"]["oauth_body_hash"].is_string(), "{engine:?} {method}");
            let form = with_body(request(Method::POST, &url), FORM, b"a=1");
            let said = sent(signed(&signer, form, None)).await.json().unwrap();
            assert!(said["oauth"]["oauth_body_hash"].is_null(), "a form is signed as it is");
        }
    }
}

#[tokio::test]
async fn forms_and_queries_are_signed_whatever_is_in_them() {
    let pairs = [
        "",
        "a=1&a=2&a=1",
        "a=2&a=10&a=1",
        "a=&b=&=c",
        "a=1%202&b=1+2&c=%2B",
        "%C3%A9=%E2%82%AC&%F0%9F%98%80=1",
        "a%20b=x%26y%3Dz%25",
        "z=1&Z=1&a1=1&a-=1&a.=1&a_=1&a~=1",
        "oauth=1&realm=2",
    ];
    for engine in ENGINES {
        for placement in PLACEMENTS {
            let signer = Signer::new(credentials(HMAC)).with_placement(placement);
            for pair in pairs {
                // Authlib takes a parameter called realm for that of the header, wherever it is.
                if engine.0 == "authlib" && pair.contains("realm") {
                    continue;
                }
                let url = format!("{}/x?{pair}", engine.url("two_legged"));
                let call = with_body(request(Method::POST, &url), FORM, pair.as_bytes());
                let answer = sent(signed(&signer, call, None)).await;
                let what = format!("{engine:?} {placement:?} {pair}");
                assert_eq!(answer.status, 200, "{what}: {}", OAUTH1.stderr());
                let said = answer.json().unwrap();
                let target = said["target"].as_str().unwrap();
                assert!(target.contains(&format!("/x?{pair}")), "{what}: {target}");
                assert!(bytes(&said).starts_with(pair.as_bytes()), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn paths_are_signed_as_they_are_sent() {
    for engine in ENGINES {
        for path in ["a%20b", "caf%C3%A9", "a//b", "a;b=c", "x%2Fy", "~-._", "a:b@c!$&'()*+,="] {
            let url = format!("{}/{path}", engine.url("two_legged"));
            let signer = Signer::new(credentials(HMAC));
            let answer = sent(signed(&signer, request(Method::GET, &url), None)).await;
            assert_eq!(answer.status, 200, "{engine:?} {path}: {}", OAUTH1.stderr());
            let said = answer.json().unwrap();
            assert!(said["target"].as_str().unwrap().ends_with(path), "{engine:?} {path}");
        }
    }
}

#[tokio::test]
async fn an_application_calls_in_its_own_name() {
    for engine in ENGINES {
        for method in engine.methods() {
            for placement in placements(method) {
                let id = if method.is_rsa() { RSA } else { HMAC };
                let client = engine.client(id, method, placement);
                let url = format!("{}/x", engine.url("two_legged"));
                for verb in [Method::GET, Method::POST, Method::DELETE] {
                    let call = ApiRequest::new(verb, &url).of_client();
                    let what = format!("{engine:?} {method} {placement:?}");
                    let answer = client.send(call).await;
                    let answer = answer
                        .unwrap_or_else(|error| panic!("{what}: {error}\n{}", OAUTH1.stderr()));
                    let said = answer.json().unwrap();
                    assert_eq!((&said["client"], &said["user"]), (&json!(id), &Json::Null));
                }
            }
        }
    }
}

#[tokio::test]
async fn requests_of_another_client_are_signed() {
    for engine in ENGINES {
        for placement in [Placement::Header, Placement::Query] {
            let signer = Signer::new(credentials(SPECIAL)).with_placement(placement);
            let uri = format!("{}/x?a=1", engine.url("two_legged"));
            let mut call = http::Request::post(uri.parse::<Uri>().unwrap())
                .header("content-type", "application/json")
                .body("{\"a\":1}".to_owned())
                .unwrap();
            signer.sign_request(&mut call, b"{\"a\":1}", None).unwrap();
            let answer = hallpass_tests::http::send(call).await.unwrap();
            assert_eq!(answer.status(), 200, "{engine:?} {placement:?}: {}", OAUTH1.stderr());
        }
    }
}

#[tokio::test]
async fn a_token_and_a_secret_that_are_known_need_no_login() {
    for engine in ENGINES {
        let known = TokenCredentials::of(&token(&engine.client_of(config(HMAC))).await).unwrap();
        let (name, secret) = (known.token().expose(), known.secret().expose());
        let client = engine.client_of(config(HMAC));
        let token = TokenCredentials::new(name, secret).into_token();
        assert_eq!(client.get_profile(&token).await.unwrap().id(), "1001", "{engine:?}");
    }
}
