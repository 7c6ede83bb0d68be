//! Keys that are published and sign nothing: a client must step over them.

use aws_lc_rs::signature::{ECDSA_P256K1_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::Json;
use rand::Rng as _;
use serde_json::json;

use super::{SigningKey, ec_jwk, pool, random_key_id};

/// What a decoy looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Decoy {
    Rsa,
    P256,
    Secp256k1,
    X25519,
}

impl Decoy {
    /// A JWK with `use` and `kid`, and without `alg`.
    pub(crate) fn jwk(self, usage: &str) -> Json {
        let mut jwk = match self {
            // Nobody needs its private half, so its modulus is any number of the right shape.
            Self::Rsa => {
                let mut modulus = [0; 256];
                rand::rng().fill_bytes(&mut modulus);
                modulus[0] |= 0x80;
                modulus[255] |= 1;
                pool::rsa_jwk_of(&modulus, &[1, 0, 1])
            }
            Self::P256 => SigningKey::es256().public_jwk(),
            Self::Secp256k1 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256K1_SHA256_FIXED_SIGNING);
                let pair = pool::made(pair, "an elliptic curve key");
                ec_jwk("secp256k1", pair.public_key().as_ref())
            }
            Self::X25519 => {
                let mut x = [0; 32];
                rand::rng().fill_bytes(&mut x);
                json!({ "kty": "OKP", "crv": "X25519", "x": URL_SAFE_NO_PAD.encode(x) })
            }
        };
        jwk["use"] = json!(usage);
        jwk["kid"] = json!(random_key_id());
        jwk
    }
}
