//! The JWT that Apple takes for a client secret.

use std::time::Duration;

use hallpass_core::{Error, Result, Secret};
use hallpass_openid::JwtSigner;

use crate::ISSUER;

/// Far less than the half year that Apple allows: whoever finds one in a log cannot use it for
/// long.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Ten minutes less, for requests on their way and clocks that differ.
const KEPT: Duration = Duration::from_secs(50 * 60);

pub(crate) fn signer(team_id: &str, key_id: &str, p8: Secret) -> Result<JwtSigner> {
    for (id, what) in [(team_id, "the team id"), (key_id, "the key id")] {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::config(format!("{what} is no text of letters and digits")));
        }
    }
    let signer = JwtSigner::es256(p8)?
        .with_key_id(key_id)
        .with_issuer(team_id)
        .with_audience(ISSUER)
        .with_lifetime(LIFETIME)
        .kept_for(KEPT);
    Ok(signer)
}
