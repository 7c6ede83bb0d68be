use hallpass_core::{BaseOAuth2, Result, http::StatusCode};
use hallpass_openid::{BackchannelLogout, FrontchannelLogout, LogoutRequest, ThirdPartyLogin};
use hallpass_testkit::User;

use crate::world::{World, well};

const GOODBYE: &str = "https://app.test/goodbye";

/// What an application does, as its documentation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// A user signs in.
    Login,
    /// A user signs in who did so before.
    Again,
    /// The tokens of a user who signed in are renewed.
    Refresh,
    /// A user who signed in signs out, and comes back.
    SignOut,
    /// The provider's server says that the user signed out there.
    Backchannel,
    /// The provider's page says so in the user's browser.
    Frontchannel,
    /// Somebody else sends the user to the application to sign in.
    ThirdParty,
}

impl Flow {
    /// What comes before, and goes well.
    pub(crate) async fn prepare(self, world: &World) {
        match self {
            Self::Login | Self::ThirdParty => {}
            Self::Again | Self::Refresh | Self::SignOut => well(world.sign_in().await),
            Self::Backchannel | Self::Frontchannel => {
                well(world.sign_in().await);
                // The application's own session is still there when the provider calls.
                drop(well(world.leave().await));
            }
        }
    }

    /// The part that counts.
    pub(crate) async fn run(self, world: &World) -> Result<()> {
        match self {
            Self::Login | Self::Again => world.sign_in().await,
            Self::Refresh => world.refresh().await,
            Self::SignOut => world.sign_out().await,
            Self::Backchannel => world.backchannel().await,
            Self::Frontchannel => world.frontchannel().await,
            Self::ThirdParty => world.third_party().await,
        }
    }
}

impl World {
    pub(crate) async fn sign_in(&self) -> Result<()> {
        let asks = self.app().asks.unwrap();
        let login = asks(self.client.authorize()).start().await?;
        self.land(login).await
    }

    async fn land(&self, login: hallpass_core::Authorization) -> Result<()> {
        self.app().url = login.url.as_str().to_owned();
        self.app().target = login.pending.data().map(str::to_owned);
        let landing = well(self.local.browser().sign_in(&login.url, User::named("ada")).await);
        assert_eq!(landing.is_form_post(), login.pending.is_form_post());
        let signed_in = self.client.sign_in(landing.callback()?, login.pending).await?;
        let mut app = self.app();
        (app.session, app.profile) = (Some(signed_in.token), Some(signed_in.profile));
        Ok(())
    }

    async fn refresh(&self) -> Result<()> {
        let token = self.client.refresh_token(&self.token()).await?;
        let profile = self.client.get_profile(&token).await?;
        let mut app = self.app();
        (app.session, app.profile) = (Some(token), Some(profile));
        Ok(())
    }

    /// Sends the browser to the provider's page to sign out; what it brings back, and what that is
    /// compared with.
    async fn leave(&self) -> Result<(String, hallpass_openid::PendingLogout)> {
        let token = self.token();
        let request = LogoutRequest::new().with_redirect_uri(GOODBYE);
        let leaving = hallpass_openid::logout(&self.client, Some(&token), request).await?;
        self.app().url = leaving.url.as_str().to_owned();
        let landing = well(self.local.browser().sign_out(&leaving.url).await);
        let (place, query) = landing.url().split_once('?').unwrap_or((landing.url(), ""));
        assert_eq!(place, GOODBYE);
        Ok((query.to_owned(), leaving.pending))
    }

    /// Leaves, and compares what the browser brings back.
    async fn sign_out(&self) -> Result<()> {
        let (query, pending) = self.leave().await?;
        pending.verify(&query)
    }

    /// The suite sends a form field that nobody knows, too.
    async fn backchannel(&self) -> Result<()> {
        let jwt = self.local.logout_token("ada", |_| {});
        let body = self.arriving(&format!("logout_token={jwt}&extra=field"));
        let received = self.logout.receive(&self.client, body.as_bytes()).await;
        let (status, [(name, value)]) = BackchannelLogout::answer(&received);
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("cache-control", "no-store"));
        let claims = self.claims();
        match received {
            Ok(logged_out) => {
                assert_eq!(status, StatusCode::OK);
                if logged_out.ends(&claims) {
                    self.app().session = None;
                }
                Ok(())
            }
            Err(error) => {
                assert_eq!(status, StatusCode::BAD_REQUEST);
                Err(error)
            }
        }
    }

    async fn frontchannel(&self) -> Result<()> {
        let claims = self.claims();
        let sid = claims.get("sid").unwrap().as_str().unwrap().to_owned();
        let query = self.arriving(&format!("iss={}&sid={sid}", self.local.issuer()));
        let logout = FrontchannelLogout::from_query(&self.client, &query).await?;
        if logout.ends(&claims) {
            self.app().session = None;
        }
        Ok(())
    }

    async fn third_party(&self) -> Result<()> {
        let issuer = self.local.issuer();
        let query = self.arriving(&format!(
            "iss={issuer}&login_hint=ada&target_link_uri=https%3A%2F%2Fapp.test%2Finbox"
        ));
        let client: &dyn BaseOAuth2 = &self.client;
        let asked = ThirdPartyLogin::from_query(&query)?;
        let request = asked.request(client, &["https://app.test"]).await?;
        self.land(client.get_authorization_url(request).await?).await
    }
}
