use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hallpass_core::{ClientAuth, Clock, Descriptor, Secret, http::StatusCode, url::Url};

use super::{
    api, authorize,
    client::{self, Disbelief, LocalClient, Way},
    device::{self, Devices},
    fault::Faults,
    grants::Ledger,
    log::Log,
    origins::Origins,
    page::Person,
    required::{self, Taken},
    route::Route,
    script::Script,
    server::Site,
    token,
    user::LocalUser,
    wire::{Answer, Asked, Params},
    words::PROOF,
};
use crate::words::hmac_hex;

/// All that the connections of one provider share.
pub(super) struct Shared {
    pub(super) origins: Arc<Origins>,
    pub(super) descriptor: Descriptor,
    /// Where another provider is emulated.
    pub(super) script: Option<Script>,
    /// Who can be chosen on the page: users by their index.
    pub(super) people: Vec<Person>,
    pub(super) settings: Settings,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) devices: Mutex<Devices>,
    pub(super) log: Mutex<Log>,
    pub(super) faults: Mutex<Faults>,
    /// Where it is an OpenID provider.
    #[cfg(feature = "openid")]
    pub(super) openid: Option<super::openid::State>,
}

/// What the builder was told.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) clock: Arc<dyn Clock>,
    /// The first is the provider's own.
    pub(super) clients: Vec<LocalClient>,
    pub(super) users: Vec<LocalUser>,
    pub(super) client_auth: Option<ClientAuth>,
    pub(super) code_lifetime: Duration,
    pub(super) device_code_lifetime: Duration,
    pub(super) device_interval: Duration,
    pub(super) access_token_lifetime: Duration,
    pub(super) refresh_token_lifetime: Option<Duration>,
    pub(super) rotation: bool,
}

impl Site for Shared {
    fn meant(&self, target: &str) -> Option<Url> {
        self.origins.meant(target)
    }

    fn route(&self, asked: &Asked) -> Route {
        #[cfg(feature = "openid")]
        if let Some(route) = super::openid::route(self, asked) {
            return route;
        }
        match &self.script {
            Some(script) => Route::emulated(&self.descriptor, script, asked),
            None => Route::native(&asked.url),
        }
    }

    fn carry_out(&self, route: Route, asked: &Asked) -> Answer {
        let granted = match required::take(self, route, asked) {
            Taken::AsEver => None,
            Taken::Granted(response) => Some(response),
            Taken::Refused(answer) => return answer,
        };
        match route {
            Route::Api => api::api(self, asked),
            Route::Authorize => authorize::authorize(self, asked),
            Route::Device => device::page(self, asked),
            Route::DeviceAuthorization => device::authorization(self, asked),
            #[cfg(feature = "oauth1")]
            Route::TemporaryCredentials => Answer::empty(StatusCode::NOT_FOUND),
            Route::Elsewhere => Answer::text(
                StatusCode::NOT_FOUND,
                "The local provider has /authorize, /device_authorization, /device, /token, /revoke, \
                 /userinfo and /api/.\n",
            ),
            #[cfg(feature = "openid")]
            Route::Openid(place) => super::openid::carry_out(self, place, asked),
            Route::Revoke => api::revoke(self, asked),
            Route::Token => token::token(self, asked, granted),
        }
    }

    fn log(&self) -> &Mutex<Log> {
        &self.log
    }

    fn faults(&self) -> &Mutex<Faults> {
        &self.faults
    }
}

impl Shared {
    #[cfg(feature = "openid")]
    pub(super) fn is_openid(&self) -> bool {
        self.openid.is_some()
    }

    #[cfg(not(feature = "openid"))]
    pub(super) fn is_openid(&self) -> bool {
        false
    }

    /// Whether a word of a fixture stands for what was sent: `ID` for a client, `PROOF` for the
    /// HMAC-SHA256 of the request's token, keyed with a client's secret.
    pub(super) fn stands_for(&self, asked: &Asked, word: &str, got: &str) -> bool {
        if word == "ID" {
            return self.client(got).is_some();
        }
        let token = api::placed_token(self.descriptor.token_placement(), asked);
        let secrets = || self.settings.clients.iter().filter_map(LocalClient::secret);
        let is_proof = |token| {
            secrets().any(|secret| Secret::new(hmac_hex(secret.expose(), token)).matches(got))
        };
        PROOF.contains(&word) && token.is_some_and(is_proof)
    }

    pub(super) fn client(&self, id: &str) -> Option<&LocalClient> {
        self.settings.clients.iter().find(|client| client.id() == id)
    }

    /// How clients prove themselves at the token endpoint.
    pub(super) fn way(&self) -> Way {
        match (&self.script, self.settings.client_auth) {
            (Some(_), _) => Way::Only(self.descriptor.client_auth()),
            (None, Some(auth)) => Way::Only(auth),
            (None, None) => Way::BasicOrPost,
        }
    }

    pub(super) fn authenticate(
        &self,
        asked: &Asked,
        params: &Params,
        way: Way,
    ) -> Result<&LocalClient, Disbelief> {
        #[cfg(feature = "openid")]
        if let Some(openid) = &self.openid {
            return super::openid::authenticate(self, openid, asked, params);
        }
        let names = self.descriptor.client_params();
        client::authenticate(&self.settings.clients, asked, params, names, way)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("provider", &self.descriptor.name())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A test that panicked while it held the lock does not spoil the others.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
