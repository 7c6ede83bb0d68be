//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.bad_secret.http", include_str!("../fixtures/access_token.bad_secret.http")),
    (
        "access_token.missing_parameter.http",
        include_str!("../fixtures/access_token.missing_parameter.http"),
    ),
    (
        "access_token.numeric_limit.http",
        include_str!("../fixtures/access_token.numeric_limit.http"),
    ),
    (
        "access_token.numeric_outage.http",
        include_str!("../fixtures/access_token.numeric_outage.http"),
    ),
    (
        "access_token.numeric_refusal.http",
        include_str!("../fixtures/access_token.numeric_refusal.http"),
    ),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.fragment.http", include_str!("../fixtures/authorize.fragment.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.blocked.http", include_str!("../fixtures/id_email.blocked.http")),
    ("id_email.no_id.http", include_str!("../fixtures/id_email.no_id.http")),
    ("id_email.no_scope.http", include_str!("../fixtures/id_email.no_scope.http")),
    ("id_email.rate_limited.http", include_str!("../fixtures/id_email.rate_limited.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.no_icon.http", include_str!("../fixtures/profile.no_icon.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.keeps.http", include_str!("../fixtures/refresh.keeps.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
    ("refuses.no_user_agent.http", include_str!("../fixtures/refuses.no_user_agent.http")),
    (
        "revoke_access_token.accepted.http",
        include_str!("../fixtures/revoke_access_token.accepted.http"),
    ),
    (
        "revoke_access_token.foreign_token.http",
        include_str!("../fixtures/revoke_access_token.foreign_token.http"),
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
