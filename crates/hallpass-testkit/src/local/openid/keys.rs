//! What signs, and what only looks as if it did.

use std::sync::{Arc, OnceLock};

use hallpass_core::Json;
use serde_json::json;

use crate::signing::{Decoy, SigningAlgorithm, SigningKey};

/// What the provider's JWKS looks like. No key has an `alg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Jwks {
    /// Keys to step over: for signatures two of RSA, two of P-256, one of secp256k1 and one of
    /// X25519, and for encryption one of RSA and one of P-256. One of RSA and one of P-256 sign.
    /// Where the algorithm needs another key, it comes on top.
    #[default]
    Decoys,
    /// No key has a `kid`, nor has the header of a token; one key each of RSA, P-256, secp256k1 and
    /// X25519, so that one fits.
    OneWithoutKeyId,
    /// No key has a `kid`, nor has the header of a token; three keys each of RSA, P-256, secp256k1
    /// and X25519, so that it is not known which one fits.
    SeveralWithoutKeyId,
}

impl Jwks {
    fn has_key_ids(self) -> bool {
        self == Self::Decoys
    }
}

/// The keys of now and those before them.
pub(super) struct Keys {
    shape: Jwks,
    algorithm: SigningAlgorithm,
    current: Arc<KeySet>,
    /// Nobody is shown them any more; the provider still knows what it signed with them.
    past: Vec<Arc<KeySet>>,
    /// Whether the next ID token is signed by keys that nobody has seen.
    rotates_before_signing: bool,
}

impl Keys {
    pub(super) fn new(shape: Jwks, algorithm: SigningAlgorithm) -> Self {
        let current = Arc::new(KeySet::new(0, shape, algorithm));
        Self { shape, algorithm, current, past: Vec::new(), rotates_before_signing: false }
    }

    pub(super) fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.current)
    }

    /// The keys for an ID token.
    pub(super) fn for_id_token(&mut self) -> Arc<KeySet> {
        if std::mem::take(&mut self.rotates_before_signing) {
            self.rotate();
        }
        self.current()
    }

    pub(super) fn rotate(&mut self) {
        let number = self.past.len() + 1;
        let next = Arc::new(KeySet::new(number, self.shape, self.algorithm));
        self.past.push(std::mem::replace(&mut self.current, next));
    }

    pub(super) fn rotate_before_signing(&mut self) {
        // Made now where it is not yet: while it signs, a client waits and keeps the time.
        let _ = SigningKey::rs256_of(self.past.len() + 1);
        self.rotates_before_signing = true;
    }

    /// Whether one of all the keys that ever were signed this.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let sets = self.past.iter().chain([&self.current]);
        let keys = sets.filter_map(|set| set.key(self.algorithm));
        keys.into_iter().any(|key| key.verifies(message, signature))
    }
}

/// Keys that are replaced together.
pub(super) struct KeySet {
    has_key_ids: bool,
    rsa: SigningKey,
    p256: SigningKey,
    /// Made when they are first needed: few providers sign with them.
    others: [OnceLock<SigningKey>; 3],
    published: Vec<Json>,
}

/// A key's place, and how it is made.
type Other<'a> = (&'a OnceLock<SigningKey>, fn() -> SigningKey);

impl KeySet {
    /// Two sets with numbers in a row have no key in common.
    fn new(number: usize, shape: Jwks, algorithm: SigningAlgorithm) -> Self {
        let mut set = Self {
            has_key_ids: shape.has_key_ids(),
            rsa: SigningKey::rs256_of(number),
            p256: SigningKey::es256(),
            others: [const { OnceLock::new() }; 3],
            published: Vec::new(),
        };
        let (rsa, p256) = (set.rsa.public_jwk(), set.p256.public_jwk());
        let decoy = |decoy: Decoy| decoy.jwk("sig");
        // What signs does not come first: who takes the first that fits takes a decoy.
        let mut keys = match shape {
            Jwks::Decoys => vec![
                Decoy::Rsa.jwk("enc"),
                decoy(Decoy::X25519),
                decoy(Decoy::Rsa),
                decoy(Decoy::P256),
                Decoy::P256.jwk("enc"),
                decoy(Decoy::Secp256k1),
                p256,
                rsa,
            ],
            Jwks::OneWithoutKeyId => {
                vec![decoy(Decoy::X25519), decoy(Decoy::Secp256k1), p256, rsa]
            }
            Jwks::SeveralWithoutKeyId => {
                let many = [Decoy::X25519, Decoy::Secp256k1].into_iter().flat_map(|it| [it; 3]);
                let mut keys: Vec<_> = many.map(decoy).collect();
                keys.extend([decoy(Decoy::Rsa), rsa, decoy(Decoy::Rsa)]);
                keys.extend([decoy(Decoy::P256), p256, decoy(Decoy::P256)]);
                keys
            }
        };
        if set.other(algorithm).is_some() {
            keys.extend(set.key(algorithm).map(|key| key.public_jwk()));
        }
        if !set.has_key_ids {
            for key in keys.iter_mut().filter_map(Json::as_object_mut) {
                key.remove("kid");
            }
        }
        set.published = keys;
        set
    }

    /// The key for an algorithm; `None` for `HS256`, whose key is the client's.
    pub(super) fn key(&self, algorithm: SigningAlgorithm) -> Option<SigningKey> {
        let key = match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
                self.rsa.clone().with_rsa_algorithm(algorithm)
            }
            SigningAlgorithm::Es256 => self.p256.clone(),
            SigningAlgorithm::None => SigningKey::none(),
            _ => {
                let (slot, make) = self.other(algorithm)?;
                slot.get_or_init(make).clone()
            }
        };
        Some(if self.has_key_ids { key } else { key.without_key_id() })
    }

    fn other(&self, algorithm: SigningAlgorithm) -> Option<Other<'_>> {
        let [es384, es512, ed_dsa] = &self.others;
        match algorithm {
            SigningAlgorithm::Es384 => Some((es384, SigningKey::es384)),
            SigningAlgorithm::Es512 => Some((es512, SigningKey::es512)),
            SigningAlgorithm::EdDsa => Some((ed_dsa, SigningKey::ed_dsa)),
            _ => None,
        }
    }

    pub(super) fn jwks(&self) -> Json {
        json!({ "keys": self.published })
    }
}
