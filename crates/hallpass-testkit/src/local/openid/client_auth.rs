//! Which client it is: OpenID Connect Core section 9, and no way but those that are listed.

use hallpass_core::{ClientAuth, http::header};

use super::{
    super::{
        client::{self, Disbelief, LocalClient, Way},
        shared::Shared,
        wire::{Asked, Params},
    },
    State, assertion,
};

/// How a client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Basic,
    Post,
    SecretJwt,
    PrivateKeyJwt,
    None,
}

impl Method {
    pub(super) const ALL: [Self; 5] =
        [Self::Basic, Self::Post, Self::SecretJwt, Self::PrivateKeyJwt, Self::None];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::SecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

/// The client that a request proves to come from.
pub(in super::super) fn authenticate<'a>(
    shared: &'a Shared,
    state: &State,
    asked: &Asked,
    params: &Params,
) -> Result<&'a LocalClient, Disbelief> {
    identify(shared, state, asked, params).map(|(client, _)| client)
}

/// The same, and how it did so.
pub(super) fn identify<'a>(
    shared: &'a Shared,
    state: &State,
    asked: &Asked,
    params: &Params,
) -> Result<(&'a LocalClient, Method), Disbelief> {
    let has_header = asked.headers.contains_key(header::AUTHORIZATION);
    let has_secret = params.get("client_secret").is_some();
    let assertion = params.get("client_assertion");
    let method = match (has_header, has_secret, assertion) {
        (true, false, None) => Method::Basic,
        (false, true, None) => Method::Post,
        (false, false, Some(assertion)) => assertion::method(assertion)?,
        (false, false, None) => Method::None,
        _ => return Err(Disbelief::OtherWay("the client authenticates in two ways")),
    };
    if !state.settings.takes(method) {
        return Err(Disbelief::OtherWay("the provider does not list this client authentication"));
    }
    let by_secret = |auth| {
        let names = shared.descriptor.client_params();
        client::authenticate(&shared.settings.clients, asked, params, names, Way::Only(auth))
    };
    let client = match method {
        Method::Basic => by_secret(ClientAuth::Basic)?,
        Method::Post => by_secret(ClientAuth::Post)?,
        Method::SecretJwt | Method::PrivateKeyJwt => {
            assertion::verify(shared, state, asked, params, method)?
        }
        Method::None => {
            let client = by_secret(ClientAuth::None)?;
            let has_proof = client.secret().is_some() || client.public_jwk().is_some();
            if has_proof && !state.settings.takes_none_alone() {
                return Err(Disbelief::OtherWay("the client does not authenticate"));
            }
            client
        }
    };
    match params.get("client_id") {
        Some(id) if id != client.id() => Err(Disbelief::OtherWay("the request names two clients")),
        _ => Ok((client, method)),
    }
}
