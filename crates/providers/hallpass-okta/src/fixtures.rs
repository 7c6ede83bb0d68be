//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.dpop.http", include_str!("../fixtures/access_token.dpop.http")),
    ("access_token.dpop_proof.http", include_str!("../fixtures/access_token.dpop_proof.http")),
    ("access_token.no_id_token.http", include_str!("../fixtures/access_token.no_id_token.http")),
    ("access_token.offline.http", include_str!("../fixtures/access_token.offline.http")),
    ("access_token.other_server.http", include_str!("../fixtures/access_token.other_server.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("access_token.two_methods.http", include_str!("../fixtures/access_token.two_methods.http")),
    (
        "access_token.unknown_client.http",
        include_str!("../fixtures/access_token.unknown_client.http"),
    ),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("discovery.accepted.http", include_str!("../fixtures/discovery.accepted.http")),
    ("discovery.other_issuer.http", include_str!("../fixtures/discovery.other_issuer.http")),
    ("discovery.refused.http", include_str!("../fixtures/discovery.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.no_email.http", include_str!("../fixtures/id_email.no_email.http")),
    ("id_email.no_scope.http", include_str!("../fixtures/id_email.no_scope.http")),
    ("id_email.rate_limited.http", include_str!("../fixtures/id_email.rate_limited.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("id_email.unverified.http", include_str!("../fixtures/id_email.unverified.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("profile.somebody_else.http", include_str!("../fixtures/profile.somebody_else.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
    ("refresh.rotated.http", include_str!("../fixtures/refresh.rotated.http")),
    ("refresh.somebody_else.http", include_str!("../fixtures/refresh.somebody_else.http")),
    (
        "revoke_access_token.accepted.http",
        include_str!("../fixtures/revoke_access_token.accepted.http"),
    ),
    (
        "revoke_access_token.refused.http",
        include_str!("../fixtures/revoke_access_token.refused.http"),
    ),
    (
        "revoke_refresh_token.accepted.http",
        include_str!("../fixtures/revoke_refresh_token.accepted.http"),
    ),
    (
        "revoke_refresh_token.refused.http",
        include_str!("../fixtures/revoke_refresh_token.refused.http"),
    ),
];
