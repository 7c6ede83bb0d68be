#![doc = include_str!("../README.md")]

// In reading order.
mod hooks; // what the application says of a login
mod sign_in; // the front door
mod paths; // where the routes are
mod hosts; // providers that are at many hosts
mod tokens; // what the provider gave, if it is kept
mod marks; // what is remembered beside the sessions
mod sessions; // where they live
#[cfg(feature = "redis")]
mod attempts; // logins on their way, in Redis
mod page; // what the browser is shown
mod guard; // who is signed in
mod profile; // who is signed in, for pages
mod ending; // how a session ends
mod logout; // the way out
#[cfg(feature = "openid")]
mod at_provider; // and out of the provider's session
#[cfg(feature = "openid")]
mod backchannel; // what the provider says of logouts
mod login; // the login itself: there, and back
mod steps; // the same for routes of the application's own
mod routes; // and as routes of ours, with sessions
mod middleware; // what is asked of every request
#[cfg(feature = "dev-login")]
mod dev_login; // a provider that is none
#[cfg(feature = "huggingface")]
pub mod huggingface; // all of it in a Space

#[cfg(feature = "redis")]
pub use crate::attempts::RedisAttempts;
pub use crate::{
    guard::Identity,
    hooks::{Decision, LoginContext, SessionEnd, SignInHooks},
    hosts::{ClientsByHost, HostClients},
    middleware::require_login,
    paths::Paths,
    profile::{Show, SignOutForm, profile},
    sessions::Sessions,
    sign_in::SignIn,
    steps::{Begin, BegunLogin, FinishedLogin, Steps, Unfinished, UnfinishedLogin, UsedAttempt},
    tokens::UserToken,
};

// Their types stand in signatures here.
#[cfg(feature = "openid")]
pub use hallpass_openid;
pub use hallpass_session;
pub use hallpass_web as web;
pub use tower_sessions;
