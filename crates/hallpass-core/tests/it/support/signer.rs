use std::{
    borrow::Cow,
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use hallpass_core::{
    OAuth2Token, Request, RequestSigner, Response, Result, http::HeaderValue, url::Url,
};

/// Stands for DPoP: a header that names what was signed, and a wish to try again after a 400 that
/// carries a nonce.
#[derive(Debug, Default)]
pub(crate) struct Signer {
    signed: Mutex<u32>,
    seen: Mutex<Vec<u16>>,
}

impl Signer {
    /// The status of each answer that it was shown.
    pub(crate) fn seen(&self) -> Vec<u16> {
        self.seen.lock().unwrap().clone()
    }
}

impl RequestSigner for Signer {
    fn sign(
        &self,
        request: &mut Request,
        token: Option<&OAuth2Token>,
        now: SystemTime,
    ) -> Result<()> {
        let mut signed = self.signed.lock().unwrap();
        *signed += 1;
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let has = |name: &'static str| match request.headers.contains_key(name) {
            true => name,
            false => "none",
        };
        let bound = if token.is_some() { "token" } else { "none" };
        let proof = format!(
            "{} {} {seconds} {bound} {} {} {}",
            *signed,
            request.method,
            has("authorization"),
            has("user-agent"),
            request.body.len(),
        );
        request.headers.insert("dpop", HeaderValue::from_str(&proof).unwrap());
        Ok(())
    }

    fn wants_retry(&self, _: &Url, response: &Response) -> bool {
        self.seen.lock().unwrap().push(response.status.as_u16());
        response.status == 400 && response.headers.contains_key("dpop-nonce")
    }

    fn token_type(&self) -> &str {
        "DPoP"
    }

    fn authorization_parameter(&self) -> Option<(&'static str, Cow<'_, str>)> {
        Some(("dpop_jkt", Cow::Borrowed("thumbprint")))
    }
}
