//! ID tokens: OpenID Connect Core sections 2, 3.1.3.3 and 12.2.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use hallpass_core::Json;
use serde_json::{Map, json};

use super::{
    super::{
        client::LocalClient,
        grants::Family,
        shared::{Shared, locked},
    },
    State, claims,
    forged::Forged,
    keys::KeySet,
    tamper,
};
use crate::signing::{SigningAlgorithm, SigningKey};

/// What an ID token comes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Occasion {
    Code,
    Refresh,
}

/// Adds the ID token to a token reply, where there is one. Nothing is locked meanwhile: a test's
/// own code runs here.
pub(in super::super) fn finish(
    shared: &Shared,
    client: &LocalClient,
    family: &Family,
    occasion: Occasion,
    mut reply: Json,
) -> Json {
    let Some(state) = &shared.openid else { return reply };
    let scope = reply["scope"].as_str().unwrap_or_default();
    let is_wanted = occasion == Occasion::Code || state.settings.refreshes_id_token;
    if is_wanted && scope.split(' ').any(|scope| scope == "openid") {
        let keys = locked(&state.keys).for_id_token();
        if let Some(own) = state.signer(&keys, client) {
            let claims = id_token(shared, state, family, occasion, &own, &reply);
            let mut forged = state.forged(own, keys, client, None, claims);
            tamper::id_token(&state.tampers(), occasion, &mut forged);
            reply["id_token"] = json!(forged.into_jwt());
        }
    }
    tamper::token_reply(&state.tampers(), &mut reply);
    reply
}

fn id_token(
    shared: &Shared,
    state: &State,
    family: &Family,
    occasion: Occasion,
    own: &SigningKey,
    reply: &Json,
) -> Map<String, Json> {
    let (wish, now) = (&family.openid, shared.settings.clock.now());
    let scopes: Vec<_> =
        reply["scope"].as_str().unwrap_or_default().split(' ').map(str::to_owned).collect();
    let scopes = if state.settings.lean_id_token { Vec::new() } else { scopes };
    let mut claims = claims::of(shared, family.user, &scopes, &wish.id_token_claims);
    let mut put = |name: &str, value: Json| {
        if !value.is_null() {
            claims.insert(name.to_owned(), value);
        }
    };
    put("iss", json!(state.issuer));
    put("aud", json!(family.client));
    put("iat", json!(unix(now)));
    put("exp", json!(unix(now + state.settings.id_token_lifetime)));
    put("acr", json!(wish.acr));
    put("auth_time", json!(wish.auth_time().map(unix)));
    put("sid", json!(wish.session_id()));
    if occasion == Occasion::Code {
        put("nonce", json!(wish.nonce));
    }
    if state.settings.says_azp {
        put("azp", json!(family.client));
    }
    let access_token = reply["access_token"].as_str().unwrap_or_default();
    put("at_hash", json!(own.algorithm().half_hash(access_token)));
    claims
}

impl State {
    /// What signs for a client; `None` where that needs a secret that the client does not have.
    pub(super) fn signer(&self, keys: &KeySet, client: &LocalClient) -> Option<SigningKey> {
        match self.settings.algorithm {
            SigningAlgorithm::Hs256 => client.secret().cloned().map(SigningKey::hs256),
            algorithm => keys.key(algorithm),
        }
    }

    pub(super) fn forged(
        &self,
        own: SigningKey,
        keys: Arc<KeySet>,
        client: &LocalClient,
        typ: Option<&str>,
        claims: Map<String, Json>,
    ) -> Forged {
        Forged::new(own, keys, client.secret().cloned(), typ, claims)
    }
}

/// Whole seconds since 1970.
pub(super) fn unix(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
