//! Servers for all tests that leave them as they are: no setting is changed, no request counted.

use std::{sync::LazyLock, time::Duration};

use hallpass_tests::server::RealServer;

/// For what takes its time, and comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// oidc-provider without options.
pub(crate) static OP: LazyLock<RealServer> =
    LazyLock::new(|| RealServer::start("oidc-provider", &[]).unwrap());

/// canaille without options.
pub(crate) static CANAILLE: LazyLock<RealServer> =
    LazyLock::new(|| RealServer::start("canaille", &[]).unwrap());

/// The two servers of OAuth 1.0a.
pub(crate) static OAUTH1: LazyLock<RealServer> =
    LazyLock::new(|| RealServer::start("oauth1", &[]).unwrap());

/// Redis without a password.
pub(crate) static REDIS: LazyLock<RealServer> =
    LazyLock::new(|| RealServer::start("redis", &[]).unwrap());

/// PostgreSQL with one database.
pub(crate) static POSTGRES: LazyLock<RealServer> =
    LazyLock::new(|| RealServer::start("postgres", &[]).unwrap());
