use hallpass_core::{ClientConfig, ErrorKind};
use hallpass_openid::OpenId;
use hallpass_testkit::{Forged, LocalProvider, LocalProviderBuilder};

use crate::{
    flow::Flow,
    world::{World, own_client, shown, well, word},
};

/// A thing that a provider does, and what a client must make of it.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// That of the suite's module, or our own.
    pub(crate) name: &'static str,
    pub(crate) expected: Expected,
    /// What is not as it should be; or only unusual, where the client accepts it.
    pub(crate) mutation: &'static str,
    pub(crate) spec: &'static str,
    pub(crate) case: Case,
}

/// What a client must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Accept,
    Reject,
    /// Either will do; the row shows what hallpass does.
    AcceptOrReject,
    /// Notice it, and say so.
    ErrorSurfaced,
}

/// A pair of runs: an honest one, which goes well, and one with a lie.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) flow: Flow,
    /// Of both runs.
    pub(crate) provider: fn(LocalProviderBuilder) -> LocalProviderBuilder,
    pub(crate) client: fn(OpenId) -> OpenId,
    pub(crate) config: fn(&LocalProvider) -> ClientConfig,
    pub(crate) asks: Asks,
    /// What the provider is told at once.
    pub(crate) begins: fn(&World),
    /// Of the second run.
    pub(crate) lie: Lie,
    pub(crate) want: Want,
}

pub(crate) type Authorize<'a> = hallpass_core::Authorize<'a, OpenId>;
pub(crate) type Asks = fn(Authorize<'_>) -> Authorize<'_>;

/// What is done before the part that counts, or told in it.
#[derive(Clone, Copy)]
pub(crate) enum Lie {
    None,
    IdToken(fn(&mut Forged)),
    Refreshed(fn(&mut Forged)),
    LogoutToken(fn(&mut Forged)),
    /// Another message arrives at the application.
    Inbound(fn(&str) -> String),
    /// The application asks for something else.
    Asked(Asks),
    Told(fn(&World)),
    /// The provider is another one from the start.
    Built(fn(LocalProviderBuilder) -> LocalProviderBuilder),
}

#[derive(Clone, Copy)]
pub(crate) enum Want {
    /// It goes well, and this is to be seen.
    Accepted(fn(&World)),
    /// It is refused in this word, if there is one, and these requests were all in the part that
    /// counts.
    Refused { kind: ErrorKind, reason: &'static str, sent: &'static str },
    /// There is nothing to run, for this reason.
    NotOffered(&'static str),
}

/// What a login sends: the page, and its answer, are two requests of the browser.
pub(crate) const LOGIN: &str = "discovery authorize authorize token jwks userinfo";
/// The ID token is refused by its claims, so that its signature was verified.
pub(crate) const UP_TO_KEYS: &str = "discovery authorize authorize token jwks";
/// The keys are fetched once more before a signature is refused.
pub(crate) const UP_TO_NEW_KEYS: &str = "discovery authorize authorize token jwks jwks";
/// The ID token is refused by its header alone.
pub(crate) const UP_TO_TOKEN: &str = "discovery authorize authorize token";
/// The callback is refused, and the code stays where it is.
pub(crate) const UP_TO_CALLBACK: &str = "discovery authorize authorize";

/// A login in which nobody lies.
pub(crate) const HONEST: Case = accepted(Flow::Login, Lie::None, |_| {});

/// A login that is refused for its ID token.
pub(crate) const fn id_token(lie: fn(&mut Forged), reason: &'static str) -> Case {
    refused(Flow::Login, Lie::IdToken(lie), reason, UP_TO_KEYS)
}

pub(crate) const fn refused(
    flow: Flow,
    lie: Lie,
    reason: &'static str,
    sent: &'static str,
) -> Case {
    case(flow, lie, Want::Refused { kind: ErrorKind::Security, reason, sent })
}

pub(crate) const fn accepted(flow: Flow, lie: Lie, see: fn(&World)) -> Case {
    case(flow, lie, Want::Accepted(see))
}

pub(crate) const fn not_offered(why: &'static str) -> Case {
    case(Flow::Login, Lie::None, Want::NotOffered(why))
}

const fn case(flow: Flow, lie: Lie, want: Want) -> Case {
    Case {
        flow,
        provider: |provider| provider,
        client: |client| client,
        config: own_client,
        asks: |login| login,
        begins: |_| {},
        lie,
        want,
    }
}

impl Case {
    pub(crate) const fn of_kind(mut self, new: ErrorKind) -> Self {
        if let Want::Refused { reason, sent, .. } = self.want {
            self.want = Want::Refused { kind: new, reason, sent };
        }
        self
    }

    /// The requests of the part that counts.
    pub(crate) const fn after(mut self, new: &'static str) -> Self {
        if let Want::Refused { kind, reason, .. } = self.want {
            self.want = Want::Refused { kind, reason, sent: new };
        }
        self
    }

    pub(crate) const fn provider(
        mut self,
        provider: fn(LocalProviderBuilder) -> LocalProviderBuilder,
    ) -> Self {
        self.provider = provider;
        self
    }

    pub(crate) const fn client(mut self, client: fn(OpenId) -> OpenId) -> Self {
        self.client = client;
        self
    }

    pub(crate) const fn config(mut self, config: fn(&LocalProvider) -> ClientConfig) -> Self {
        self.config = config;
        self
    }

    pub(crate) const fn beginning(mut self, begins: fn(&World)) -> Self {
        self.begins = begins;
        self
    }

    pub(crate) const fn asking(mut self, asks: Asks) -> Self {
        self.asks = asks;
        self
    }

    /// What is refused later goes well first, so that it is refused for the lie.
    async fn hold_without_the_lie(self) {
        let world = World::new(&self, true).await;
        self.flow.prepare(&world).await;
        if let Err(error) = self.flow.run(&world).await {
            panic!("without the lie it came to {}", shown(&error));
        }
    }

    async fn hold(self) {
        if let Want::NotOffered(_) = self.want {
            return;
        }
        self.hold_without_the_lie().await;
        let world = World::new(&self, false).await;
        self.flow.prepare(&world).await;
        world.lie(self.lie);
        let came = self.flow.run(&world).await;
        match self.want {
            Want::Accepted(see) => {
                well(came);
                see(&world);
            }
            Want::Refused { kind, reason, sent } => {
                let error = came.expect_err("it was accepted");
                let got = (error.kind(), word(&error).unwrap_or_default());
                assert_eq!(got, (kind, reason), "{error}");
                assert_eq!(world.sent(), sent, "the requests, the bad artefact's among them");
                let before = self.flow != Flow::Login && self.flow != Flow::ThirdParty;
                assert_eq!(world.app().session.is_some(), before, "what was is as it was");
            }
            Want::NotOffered(_) => {}
        }
    }
}

/// Runs each row, and then fails with all those that did not hold.
pub(crate) async fn all_hold(rows: &[Row]) {
    let running: Vec<_> =
        rows.iter().map(|row| (row.name, tokio::spawn(row.case.hold()))).collect();
    let mut failures = String::new();
    for (name, running) in running {
        if let Err(failed) = running.await {
            let panic = failed.into_panic();
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            failures += &format!("\n{name}: {}", text.unwrap_or("it panicked"));
        }
    }
    assert!(failures.is_empty(), "these rows do not hold:{failures}");
}
