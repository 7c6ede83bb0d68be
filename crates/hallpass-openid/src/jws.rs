use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::{Error, Json, Result};
use serde_json::Map;

use crate::{algorithm::Algorithm, strict};

/// Limits on what a stranger makes us decode, in characters of base64url.
const LONGEST_JWT: usize = 128 * 1024;
const LONGEST_HEADER: usize = 8 * 1024;
const LONGEST_SIGNATURE: usize = 4 * 1024;

/// A JWT as a signed text ([RFC 7515, section
/// 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)), of which nothing is true yet.
///
/// Keys and addresses of keys in its header (`jwk`, `jku`, `x5u`, `x5c`) are not even read: whoever
/// signs would choose what to be verified with ([RFC 8725, section
/// 3.10](https://www.rfc-editor.org/rfc/rfc8725#section-3.10)).
pub(crate) struct Jws<'a> {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    signing_input: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a JWT apart. Its claims stay as they are until they are asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind), reason `jwt`: it is none, or longer than
    /// 128 KiB, its header than 8 KiB, its signature than 4 KiB.
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind), reason `encrypted`: it is encrypted, for which
    /// the registration asks; where anybody may have posted it, see [`posted`].
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `crit`: it wants to be read
    /// by rules of its own; reason `duplicate`: a member is there twice.
    pub(crate) fn parse(jwt: &'a str) -> Result<Self> {
        if jwt.len() > LONGEST_JWT {
            return Err(no_jwt("the JWT is too long"));
        }
        let (signing_input, signature) = jwt.rsplit_once('.').ok_or_else(not_three)?;
        let (header, payload) = signing_input.split_once('.').ok_or_else(not_three)?;
        if header.len() > LONGEST_HEADER || signature.len() > LONGEST_SIGNATURE {
            return Err(no_jwt("a part of the JWT is too long"));
        }
        match payload.matches('.').count() {
            0 => {}
            2 if is_encrypted(header) => return Err(encrypted()),
            _ => return Err(not_three()),
        }
        let mut header = object(header)?;
        // RFC 7515 section 4.1.11: whoever does not understand what is critical must refuse. RFC
        // 7797 section 6: `b64` must be critical.
        // check: 61
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(Error::security("crit", "the JWT has critical extensions"));
        }
        Ok(Self {
            alg: text(&mut header, "alg")?.ok_or_else(|| no_jwt("the JWT has no alg"))?,
            kid: text(&mut header, "kid")?,
            typ: text(&mut header, "typ")?,
            signing_input,
            payload,
            signature: decoded(signature)?,
        })
    }

    /// The name of the algorithm, as it stands there.
    #[cfg(test)]
    pub(crate) fn alg(&self) -> &str {
        &self.alg
    }

    /// The algorithm; `None` for `none` and for what is not known.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::from_name(&self.alg)
    }

    /// Which of the signer's keys it says it is signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What sort of JWT it says it is.
    pub(crate) fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// What is signed.
    pub(crate) fn signing_input(&self) -> &'a [u8] {
        self.signing_input.as_bytes()
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The claims. Ask for them after the signature was verified.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`](hallpass_core::ErrorKind), reason `jwt`: they are no JSON object in
    /// base64url. [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `duplicate`: a member
    /// is there twice.
    pub(crate) fn claims(&self) -> Result<Map<String, Json>> {
        object(self.payload)
    }
}

/// Shows nothing: all of it is the signer's, and as secret as the token.
impl fmt::Debug for Jws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jws(..)")
    }
}

fn no_jwt(message: &'static str) -> Error {
    Error::malformed(message).with_reason("jwt")
}

fn not_three() -> Error {
    no_jwt("a JWT has three parts")
}

/// Five parts, and a header that says how its content is encrypted ([RFC 7516, section
/// 9](https://www.rfc-editor.org/rfc/rfc7516#section-9)).
fn is_encrypted(header: &str) -> bool {
    object(header).is_ok_and(|header| header.contains_key("enc"))
}

/// [OpenID Connect Registration, section
/// 2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata).
fn encrypted() -> Error {
    Error::config(ENCRYPTED).with_reason("encrypted")
}

const ENCRYPTED: &str = "the JWT is encrypted, and only signed ones are read: register the client \
                         without encryption (id_token_encrypted_response_alg, \
                         userinfo_encrypted_response_alg)";

/// The same refusal, of a JWT that anybody may have posted: it says nothing of our registration.
pub(crate) fn posted(error: Error) -> Error {
    match error.reason() {
        Some("encrypted") => Error::malformed(ENCRYPTED).with_reason("encrypted"),
        _ => error,
    }
}

/// Unpadded and canonical: no bit is left over, so that no two texts are the same JWT (RFC 7515
/// section 2, RFC 4648 section 3.5).
fn decoded(segment: &str) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| no_jwt("a part of the JWT is not base64url"))
}

fn object(segment: &str) -> Result<Map<String, Json>> {
    match strict::parse(&decoded(segment)?).map_err(strict::in_jwt)? {
        Json::Object(members) => Ok(members),
        _ => Err(no_jwt("a part of the JWT is no JSON object")),
    }
}

fn text(header: &mut Map<String, Json>, name: &str) -> Result<Option<String>> {
    match header.get_mut(name).map(Json::take) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(no_jwt("a member of the JWT's header is not text")),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod vectors;
