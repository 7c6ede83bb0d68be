//! The signed client secret: whose it is, how long it lasts, when another one is made.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::time::{Duration, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_apple::{Apple, ErrorKind, JwtSigner, Secret};
use hallpass_core::{ClientAssertion as _, Json};
use hallpass_testkit::SigningKey;

const CLIENT: &str = "com.example.web";

fn p8() -> Secret {
    SigningKey::es256().private_key_pem().unwrap()
}

fn signer() -> JwtSigner {
    Apple::client_secret("TEAM123456", "KEY1234567", p8()).unwrap()
}

/// What is given for a request this many minutes after the first one. Core names the token
/// endpoint's issuer as audience; what Apple wants is said by the signer.
async fn given(signer: &JwtSigner, client_id: &str, minutes: u64) -> String {
    let now = UNIX_EPOCH + Duration::from_secs(1_767_225_600 + minutes * 60);
    signer.sign(client_id, "https://else.test", now).await.unwrap().expose().to_owned()
}

/// Header (0) or claims (1).
fn part(jwt: &str, at: usize) -> Json {
    let part = jwt.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn it_says_team_client_and_apple_and_lasts_an_hour() {
    let jwt = given(&signer(), CLIENT, 0).await;
    let header = part(&jwt, 0);
    assert_eq!((&header["alg"], &header["kid"]), (&"ES256".into(), &"KEY1234567".into()));
    let mut claims = part(&jwt, 1);
    assert!(claims.as_object_mut().unwrap().remove("jti").is_some());
    let want = serde_json::json!({
        "iss": "TEAM123456",
        "sub": CLIENT,
        "aud": "https://appleid.apple.com",
        "iat": 1_767_225_600,
        "exp": 1_767_229_200,
    });
    assert_eq!(claims, want);
    assert_eq!(jwt.split('.').count(), 3);
    assert_eq!(URL_SAFE_NO_PAD.decode(jwt.rsplit('.').next().unwrap()).unwrap().len(), 64);
}

#[tokio::test]
async fn it_is_given_again_until_it_grows_old() {
    let signer = signer();
    let first = given(&signer, CLIENT, 0).await;
    assert_eq!(given(&signer, CLIENT, 1).await, first);
    assert_eq!(given(&signer, CLIENT, 49).await, first);
    let second = given(&signer, CLIENT, 50).await;
    assert_ne!(second, first);
    assert_eq!(part(&second, 1)["iat"], 1_767_225_600 + 50 * 60);
    assert_eq!(given(&signer, CLIENT, 99).await, second);
    let other = given(&signer, "com.example.other", 99).await;
    assert_eq!(part(&other, 1)["sub"], "com.example.other", "one client's is not another's");
}

#[tokio::test]
async fn it_may_last_longer_if_the_application_says_so() {
    let half_a_year = Duration::from_secs(15_777_000);
    let signer = signer().with_lifetime(half_a_year).kept_for(half_a_year / 2);
    let first = given(&signer, CLIENT, 0).await;
    assert_eq!(part(&first, 1)["exp"], 1_767_225_600 + 15_777_000);
    assert_eq!(given(&signer, CLIENT, 100_000).await, first);
}

#[test]
fn what_is_no_key_and_no_id_is_said_without_repeating_it() {
    let rsa = SigningKey::rs256().private_key_pem().unwrap();
    for (team_id, key_id, p8) in [
        ("TEAM123456", "KEY1234567", Secret::new("PLANTED")),
        ("TEAM123456", "KEY1234567", Secret::new("")),
        ("TEAM123456", "KEY1234567", rsa),
        ("", "KEY1234567", p8()),
        ("TEAM123456", "", p8()),
        ("TEAM 12345", "KEY1234567", p8()),
        ("TEAM123456", "AuthKey_KEY1234567.p8", p8()),
    ] {
        let error = Apple::client_secret(team_id, key_id, p8).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{team_id} {key_id}");
        assert!(!format!("{error} {error:?}").contains("PLANTED"));
    }
}
