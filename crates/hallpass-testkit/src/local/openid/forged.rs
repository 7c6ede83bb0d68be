use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{Json, Secret};
use serde_json::{Map, json};

use super::keys::KeySet;
use crate::signing::{SigningAlgorithm, SigningKey, signing_input};

/// A JWT of a [`LocalProvider`](crate::LocalProvider) before it leaves, to be changed by a
/// [`Tamper`](crate::Tamper). What is left alone stays right: a changed claim is signed properly.
///
/// `Debug` shows the names of header members and claims.
#[non_exhaustive]
pub struct Forged {
    /// `alg`, `kid`, `typ` and what else there is.
    pub header: Map<String, Json>,
    /// What is said.
    pub claims: Map<String, Json>,
    /// Who signs it, and how.
    pub signature: ForgedSignature,
    /// Leaves in the place of the JWT, if it is there.
    pub instead: Option<String>,
    own: SigningKey,
    keys: Arc<KeySet>,
    secret: Option<Secret>,
}

/// The last part of a [`Forged`] JWT. Header and claims are signed as they are: `alg` may say
/// something else.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ForgedSignature {
    /// That of the provider's key.
    Own,
    /// That of another key.
    By(SigningKey),
    /// That of the provider's key, each byte XORed with this one.
    Flipped(u8),
    /// These bytes. None of them: the JWT ends with its last dot.
    Bytes(Vec<u8>),
}

impl Forged {
    pub(super) fn new(
        own: SigningKey,
        keys: Arc<KeySet>,
        secret: Option<Secret>,
        typ: Option<&str>,
        claims: Map<String, Json>,
    ) -> Self {
        let mut header = own.header();
        if let Some(typ) = typ {
            header.insert("typ".to_owned(), json!(typ));
        }
        let signature = ForgedSignature::Own;
        Self { header, claims, signature, instead: None, own, keys, secret }
    }

    /// Another value for a claim, or one more claim.
    pub fn set(&mut self, claim: &str, value: impl Into<Json>) {
        self.claims.insert(claim.to_owned(), value.into());
    }

    /// One claim less.
    pub fn remove(&mut self, claim: &str) {
        self.claims.remove(claim);
    }

    /// Text at the end of a claim that is a text. There is nothing at the end of another.
    pub fn append(&mut self, claim: &str, text: &str) {
        if let Some(Json::String(value)) = self.claims.get_mut(claim) {
            value.push_str(text);
        }
    }

    /// Signed by the provider's key for another algorithm, as `alg` and `kid` then say: it is in
    /// the JWKS for RSA and P-256. `HS256` is keyed with the client's secret, and without one it
    /// stays as it was.
    pub fn sign_as(&mut self, algorithm: SigningAlgorithm) {
        let key = match algorithm {
            SigningAlgorithm::Hs256 => self.secret.clone().map(SigningKey::hs256),
            _ => self.keys.key(algorithm),
        };
        if let Some(key) = key {
            self.sign_with(key);
        }
    }

    /// Signed by this key, as `alg` and `kid` then say. To keep the header as it was, set
    /// [`signature`](Self::signature) alone.
    pub fn sign_with(&mut self, key: SigningKey) {
        self.header.remove("kid");
        self.header.extend(key.header());
        self.signature = ForgedSignature::By(key);
    }

    /// `alg` is `none`, and the signature empty.
    pub fn unsign(&mut self) {
        self.sign_with(SigningKey::none());
    }

    /// Each byte of the signature is XORed with 0x5A.
    pub fn spoil_signature(&mut self) {
        self.signature = ForgedSignature::Flipped(0x5a);
    }

    /// Header and claims as texts, signed by the provider's key as they are: for what no JSON
    /// object can say, such as a member that comes twice.
    ///
    /// ```
    /// # use hallpass_testkit::Tamper;
    /// Tamper::id_token(|token| {
    ///     let header = serde_json::to_string(&token.header).unwrap();
    ///     token.write(&header, r#"{"sub":"1","sub":"2"}"#);
    /// });
    /// ```
    pub fn write(&mut self, header: &str, claims: &str) {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let input = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.own.signature(input.as_bytes()));
        self.instead = Some(format!("{input}.{signature}"));
    }

    /// As it leaves.
    pub(super) fn into_jwt(self) -> String {
        if let Some(instead) = self.instead {
            return instead;
        }
        let input = signing_input(&self.header, &self.claims);
        let signature = match self.signature {
            ForgedSignature::Own => self.own.signature(input.as_bytes()),
            ForgedSignature::By(key) => key.signature(input.as_bytes()),
            ForgedSignature::Flipped(with) => {
                let right = self.own.signature(input.as_bytes());
                right.into_iter().map(|byte| byte ^ with).collect()
            }
            ForgedSignature::Bytes(bytes) => bytes,
        };
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl fmt::Debug for Forged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forged")
            .field("header", &self.header.keys().collect::<Vec<_>>())
            .field("claims", &self.claims.keys().collect::<Vec<_>>())
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}
