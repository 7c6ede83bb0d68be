//! Signatures that others published.

use super::*;

/// What RFC 5849 section 1.2 prints, with the secrets that stand there. (What its section 3.1
/// prints is wrong, as its [errata](https://www.rfc-editor.org/errata/rfc5849) say: see below.)
#[test]
fn the_three_signatures_of_the_rfc() {
    let client = ClientCredentials::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44");
    let key = ("oauth_consumer_key", "dpf43f3p2l4k3l03");
    let method = ("oauth_signature_method", "HMAC-SHA1");
    let initiate = url("https://photos.example.net/initiate");
    let base_string = RequestParts::new(&Method::POST, &initiate).base_string(&[
        ("realm", "Photos"),
        key,
        method,
        ("oauth_timestamp", "137131200"),
        ("oauth_nonce", "wIjqoS"),
        ("oauth_callback", "http://printer.example.com/ready"),
    ]);
    check(&client, None, &base_string, "74KNZJeDHnMBp0EMJ9ZHt/XKycU=");
    let exchange = url("https://photos.example.net/token");
    let base_string = RequestParts::new(&Method::POST, &exchange).base_string(&[
        ("realm", "Photos"),
        key,
        ("oauth_token", "hh5s93j4hdidpola"),
        method,
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "walatlh"),
        ("oauth_verifier", "hfdp7dh39dks9884"),
    ]);
    check(&client, Some("hdhd0244k9j7ao03"), &base_string, "gKgrFCywp7rO0OXSjdot/IHF7IU=");
    let photos = url("http://photos.example.net/photos?file=vacation.jpg&size=original");
    let base_string = RequestParts::new(&Method::GET, &photos).base_string(&[
        ("realm", "Photos"),
        key,
        ("oauth_token", "nnch734d00sl2jdk"),
        method,
        ("oauth_timestamp", "137131202"),
        ("oauth_nonce", "chapoH"),
    ]);
    check(&client, Some("pfkkdhi9sl3r4s00"), &base_string, "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
}

/// The request of section 3.1, with the secrets and the signature that the errata give it.
#[test]
fn the_signature_that_the_errata_put_right() {
    let client = ClientCredentials::new("9djdj82h48djs9d2", "j49sk3j29djd");
    let url = url("http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
    let parts = RequestParts::new(&Method::POST, &url).with_body(FORM, b"c2&a3=2+q");
    let base_string = parts.base_string(&[
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ]);
    check(&client, Some("dh893hdasih9"), &base_string, "r6/TJjbCOr97/+UU0NsvSne7s5g=");
}

/// [OAuth Core 1.0a, appendix A.5](https://oauth.net/core/1.0a/).
#[test]
fn the_signature_of_the_first_specification() {
    let client = ClientCredentials::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44");
    let url = url("http://photos.example.net/photos?file=vacation.jpg&size=original");
    let base_string = RequestParts::new(&Method::GET, &url).base_string(&[
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
        ("oauth_token", "nnch734d00sl2jdk"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1191242096"),
        ("oauth_nonce", "kllo9940pd9333jh"),
        ("oauth_version", "1.0"),
    ]);
    check(&client, Some("pfkkdhi9sl3r4s00"), &base_string, "tR3+Ty81lMeYAr/Fid0kMTYa/WM=");
}

/// [Creating a
/// signature](https://dev.twitter.com/oauth/overview/creating-signatures), with
/// the figures that stood there for version 1 of the API.
#[test]
fn the_signature_in_the_documentation_of_twitter() {
    let client = ClientCredentials::new(
        "xvz1evFS4wEEPTGEFPHBog",
        "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
    );
    let url = url("https://api.twitter.com/1/statuses/update.json?include_entities=true");
    let status = "status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21";
    let parts = RequestParts::new(&Method::POST, &url).with_body(FORM, status.as_bytes());
    let base_string = parts.base_string(&[
        ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
        ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1318622958"),
        ("oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
        ("oauth_version", "1.0"),
    ]);
    let secret = "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE";
    check(&client, Some(secret), &base_string, "tnnArxj06cWHq44gCs1OSKk/jLY=");
}

#[track_caller]
fn check(client: &ClientCredentials, token_secret: Option<&str>, base_string: &str, want: &str) {
    let secret = token_secret.map(Secret::new);
    let got = SignatureMethod::HmacSha1.sign(base_string, client, secret.as_ref()).unwrap();
    assert_eq!(got.expose(), want);
}

/// No standard has figures for them with a key of OAuth's; these are of Python's `hmac`.
#[test]
fn the_longer_hashes_are_hmacs_too() {
    let client = ClientCredentials::new("key", "secret");
    let sign = |method: SignatureMethod| method.sign("base string", &client, None).unwrap();
    let want_256 = "ElB2hmbwlFgjimzAjOr6UbOgMaMQeKmBjKTH/Mc6tek=";
    let want_512 =
        "KwzGFHyAUS2LK3y1fFHMaQErvvcIiGGPAImuItKpQkPl/1tIlbmzMQFr6oT+kUiWMxWvy4NXfjMz3O1+8Jx0rw==";
    assert_eq!(sign(SignatureMethod::HmacSha256).expose(), want_256);
    assert_eq!(sign(SignatureMethod::HmacSha512).expose(), want_512);
}
