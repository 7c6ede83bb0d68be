//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.action.http", include_str!("../fixtures/access_token.action.http")),
    ("access_token.bad_request.http", include_str!("../fixtures/access_token.bad_request.http")),
    ("access_token.bad_secret.http", include_str!("../fixtures/access_token.bad_secret.http")),
    ("access_token.hs256.http", include_str!("../fixtures/access_token.hs256.http")),
    ("access_token.no_id_token.http", include_str!("../fixtures/access_token.no_id_token.http")),
    ("access_token.no_slash.http", include_str!("../fixtures/access_token.no_slash.http")),
    ("access_token.offline.http", include_str!("../fixtures/access_token.offline.http")),
    ("access_token.rate_limited.http", include_str!("../fixtures/access_token.rate_limited.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    (
        "access_token.unknown_client.http",
        include_str!("../fixtures/access_token.unknown_client.http"),
    ),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.foreign_issuer.http", include_str!("../fixtures/authorize.foreign_issuer.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    (
        "authorize.unknown_audience.http",
        include_str!("../fixtures/authorize.unknown_audience.http"),
    ),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.no_email.http", include_str!("../fixtures/id_email.no_email.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("id_email.text_flag.http", include_str!("../fixtures/id_email.text_flag.http")),
    ("id_email.unverified.http", include_str!("../fixtures/id_email.unverified.http")),
    ("organization.accepted.http", include_str!("../fixtures/organization.accepted.http")),
    ("organization.refused.http", include_str!("../fixtures/organization.refused.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("profile.somebody_else.http", include_str!("../fixtures/profile.somebody_else.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
    ("refresh.rotated.http", include_str!("../fixtures/refresh.rotated.http")),
    ("refresh.somebody_else.http", include_str!("../fixtures/refresh.somebody_else.http")),
    (
        "revoke_refresh_token.accepted.http",
        include_str!("../fixtures/revoke_refresh_token.accepted.http"),
    ),
    (
        "revoke_refresh_token.refused.http",
        include_str!("../fixtures/revoke_refresh_token.refused.http"),
    ),
    ("revoke_refresh_token.text.http", include_str!("../fixtures/revoke_refresh_token.text.http")),
];
