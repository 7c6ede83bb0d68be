//! By a key: what is signed verifies by its public half, and by nothing else.

use std::sync::OnceLock;

use base64::engine::general_purpose::STANDARD;
use rsa::{
    RsaPrivateKey, RsaPublicKey, pkcs1::EncodeRsaPrivateKey as _, pkcs8::EncodePrivateKey as _,
    rand_core::OsRng,
};

use super::*;
use crate::{RsaKey, rsa_key::padding};

/// As short as a key may be: to make one takes long without optimisation.
fn private() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| RsaPrivateKey::new(&mut OsRng, 1024).unwrap())
}

fn key() -> RsaKey {
    let pem = private().to_pkcs8_pem(rsa::pkcs8::LineEnding::LF).unwrap();
    RsaKey::from_pem(&Secret::new(pem.as_str())).unwrap()
}

#[test]
fn each_method_of_rsa_verifies_by_the_public_key() {
    use SignatureMethod::{RsaSha1, RsaSha256, RsaSha512};
    let client = ClientCredentials::rsa("key", key());
    let public = RsaPublicKey::from(private());
    for method in [RsaSha1, RsaSha256, RsaSha512] {
        let signature = method.sign("base string", &client, Some(&"unused".into())).unwrap();
        let signature = STANDARD.decode(signature.expose()).unwrap();
        let verify = |message: &[u8]| {
            let digest = method.hash().of(message);
            public.verify(padding(method.hash(), digest.len()), &digest, &signature)
        };
        assert!(verify(b"base string").is_ok(), "{method}");
        assert!(verify(b"base strinG").is_err(), "{method}");
    }
}

#[test]
fn a_key_is_read_from_pem_of_either_kind() {
    let pkcs8 = private().to_pkcs8_pem(rsa::pkcs8::LineEnding::LF).unwrap();
    let pkcs1 = private().to_pkcs1_pem(rsa::pkcs8::LineEnding::CRLF).unwrap();
    for pem in [format!("{}\n\n", pkcs8.as_str()), format!("  {}", pkcs1.as_str())] {
        let key = RsaKey::from_pem(&Secret::new(pem)).unwrap();
        assert_eq!(format!("{key:?}"), "RsaKey(1024 bits)");
    }
}

#[test]
fn what_is_no_key_or_too_short_is_refused_and_not_repeated() {
    let short = RsaPrivateKey::new(&mut OsRng, 512).unwrap();
    let short = short.to_pkcs8_pem(rsa::pkcs8::LineEnding::LF).unwrap();
    let public = "-----BEGIN PUBLIC KEY-----\nplanted\n-----END PUBLIC KEY-----\n";
    for pem in ["", "planted", public, short.as_str()] {
        let error = RsaKey::from_pem(&Secret::new(pem)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error:?}{error}").contains("planted"));
    }
}

#[test]
fn a_method_that_does_not_fit_the_key_is_refused() {
    let by_key = Signer::new(ClientCredentials::rsa("key", key()));
    assert_eq!(by_key.method(), SignatureMethod::RsaSha1);
    for method in [SignatureMethod::HmacSha1, SignatureMethod::Plaintext] {
        assert_eq!(by_key.clone().with_method(method).unwrap_err().kind(), ErrorKind::Config);
    }
    for method in [SignatureMethod::RsaSha1, SignatureMethod::RsaSha256, SignatureMethod::RsaSha512]
    {
        assert_eq!(signer().with_method(method).unwrap_err().kind(), ErrorKind::Config, "{method}");
        assert!(by_key.clone().with_method(method).is_ok());
    }
}

#[test]
fn a_request_is_signed_by_the_key() {
    let signer = Signer::new(ClientCredentials::rsa("key", key()));
    let url = url("https://a.test/");
    let header = header_of(&signer, &RequestParts::new(&Method::GET, &url));
    assert!(header.contains("oauth_signature_method=\"RSA-SHA1\""), "{header}");
    assert!(!format!("{signer:?}").contains("BEGIN"));
}
