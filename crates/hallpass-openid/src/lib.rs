#![doc = include_str!("../README.md")]

// In reading order, foundation first: a module uses those above it alone.
mod algorithm;
mod strict;
mod backend;
mod jwk;
mod jws;
mod signer;
mod dpop;
mod slot;
mod issuer;
mod metadata;
mod rules;
mod params;
mod openid;
mod form;
mod logout;
mod backchannel_logout;
mod frontchannel_logout;
mod third_party_login;
mod introspection;

pub use crate::{
    algorithm::Algorithm,
    backchannel_logout::{BackchannelLogout, LoggedOut, MemoryReplayStore, ReplayStore},
    dpop::DpopSigner,
    frontchannel_logout::FrontchannelLogout,
    introspection::{Introspection, introspect},
    issuer::IssuerRule,
    jwk::thumbprint,
    logout::{Logout, LogoutRequest, PendingLogout, logout, logout_with},
    openid::{OpenId, OpenIdOAuth2, standard_profile},
    params::{ClaimsRequest, Display, OpenIdParams, Prompt},
    signer::JwtSigner,
    third_party_login::ThirdPartyLogin,
};
