use std::{sync::Arc, time::Duration};

use hallpass_core::Json;
use serde_json::{Map, json};

use super::{
    super::{LocalProvider, client::LocalClient, grants::unguessable, shared::locked},
    State,
    forged::Forged,
    id_token::unix,
    tamper::{self, Tamper},
};

/// What a logout token announces.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";
const LOGOUT_TOKEN_LIFETIME: Duration = Duration::from_secs(120);

/// As an OpenID provider, with the feature `openid`; see
/// [`with_openid`](crate::LocalProviderBuilder::with_openid), without which these methods do
/// nothing.
impl LocalProvider {
    /// The issuer: `http://127.0.0.1:PORT`, with a path if the builder gave one.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match &self.shared.openid {
            Some(state) => state.issuer(),
            None => self.base_url(),
        }
    }

    /// All keys are replaced by new ones, with new key ids. What the old ones signed is still known
    /// as the provider's own where it comes back as `id_token_hint`.
    pub fn rotate_keys(&self) {
        if let Some(state) = &self.shared.openid {
            locked(&state.keys).rotate();
        }
    }

    /// All keys are replaced right before the next ID token is signed: whoever has read the JWKS by
    /// then does not know its key.
    pub fn rotate_keys_before_signing(&self) {
        if let Some(state) = &self.shared.openid {
            locked(&state.keys).rotate_before_signing();
        }
    }

    /// From now on the provider lies in this way, too.
    ///
    /// # Panics
    ///
    /// If it was started without [`with_openid`](crate::LocalProviderBuilder::with_openid): it
    /// would go on telling the truth, and a test would show nothing.
    pub fn tamper(&self, tamper: Tamper) {
        assert!(self.shared.openid.is_some(), "only a provider with OpenID lies: see with_openid");
        if let Some(state) = &self.shared.openid {
            locked(&state.tampers).push(Arc::new(tamper));
        }
    }

    /// From now on the provider is honest.
    pub fn clear_tampering(&self) {
        if let Some(state) = &self.shared.openid {
            locked(&state.tampers).clear();
        }
    }

    /// A logout token ([Back-Channel Logout, section
    /// 2.4](https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken)) to be
    /// delivered by the test: for a user by username or id, and for the application and the session
    /// (`sid`) in which that user last redeemed a code; where there was none, for the provider's
    /// own client and without `sid`. It is good for two minutes. `change` makes a wrong one of it.
    ///
    /// Empty without [`with_openid`](crate::LocalProviderBuilder::with_openid), and where HS256
    /// needs a secret that the application does not have.
    ///
    /// ```
    /// # use hallpass_testkit::LocalProvider;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> hallpass_core::Result<()> {
    /// let local = LocalProvider::builder().with_openid().start().await?;
    /// let right = local.logout_token("ada", |_| {});
    /// let wrong = local.logout_token("ada", |token| token.set("nonce", "n"));
    /// # assert!(right.len() < wrong.len());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn logout_token(&self, user: &str, change: impl FnOnce(&mut Forged)) -> String {
        match &self.shared.openid {
            Some(state) => self.logout_token_of(state, user, change).unwrap_or_default(),
            None => String::new(),
        }
    }

    fn logout_token_of(
        &self,
        state: &State,
        user: &str,
        change: impl FnOnce(&mut Forged),
    ) -> Option<String> {
        let settings = &self.shared.settings;
        let is_meant =
            |known: &super::super::LocalUser| known.username() == user || known.id() == user;
        let index = settings.users.iter().position(is_meant);
        let family = index.and_then(|index| locked(&self.shared.ledger).last_of(index).cloned());
        let id = family.as_ref().map_or_else(|| self.client_id(), |family| family.client.as_str());
        let client: &LocalClient = self.shared.client(id)?;
        let sub = index.and_then(|index| settings.users.get(index)).map_or(user, |user| user.id());
        let now = settings.clock.now();
        let mut claims = Map::from_iter([
            ("iss".to_owned(), json!(state.issuer)),
            ("aud".to_owned(), json!(id)),
            ("sub".to_owned(), json!(sub)),
            ("iat".to_owned(), json!(unix(now))),
            ("exp".to_owned(), json!(unix(now + LOGOUT_TOKEN_LIFETIME))),
            ("jti".to_owned(), json!(unguessable())),
            ("events".to_owned(), json!({ LOGOUT: {} })),
        ]);
        if let Some(sid) = family.as_ref().and_then(|family| family.openid.session_id()) {
            claims.insert("sid".to_owned(), Json::from(sid));
        }
        let keys = locked(&state.keys).current();
        let own = state.signer(&keys, client)?;
        let mut forged = state.forged(own, keys, client, Some("logout+jwt"), claims);
        tamper::logout_token(&state.tampers(), &mut forged);
        change(&mut forged);
        Some(forged.into_jwt())
    }
}
