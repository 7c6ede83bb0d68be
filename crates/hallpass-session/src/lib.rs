#![doc = include_str!("../README.md")]

mod api_client;
#[cfg(feature = "contract")]
pub mod contract;
mod flight;
mod grants;
mod key;
mod listener;
mod live;
mod login;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod owed;
mod registry;
mod renew;
mod renewal;
mod session;
mod store;

#[cfg(feature = "reqwest-middleware")]
pub use crate::middleware::{TokenMiddleware, WithoutToken};
pub use crate::{
    api_client::{ApiCall, ApiClient, Placement},
    grants::{
        ClientCredentials, DeviceAuthorization, DeviceLogin, JwtBearer, Sleeper, TokenExchange,
        TokenKind, TokioSleeper,
    },
    key::TokenKey,
    listener::{TokenEvent, TokenListener, TokenReason},
    registry::{Blueprint, BlueprintParts, ClientSettings, Constructors, Registry, process_env},
    renewal::{RefreshToken, Renewal},
    session::{Session, TokenManager},
    store::{Entry, Lease, MemoryStore, TokenStore, Version},
};

#[cfg(feature = "at-rest")]
pub use crate::store::AtRest;
#[cfg(feature = "postgres")]
pub use crate::store::PostgresStore;
#[cfg(feature = "redis")]
pub use crate::store::RedisStore;
#[cfg(feature = "sqlite")]
pub use crate::store::SqliteStore;
#[cfg(feature = "at-rest")]
pub use hallpass_seal::SealingKeys;
