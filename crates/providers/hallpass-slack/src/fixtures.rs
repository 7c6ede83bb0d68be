//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.bad_secret.http", include_str!("../fixtures/access_token.bad_secret.http")),
    (
        "access_token.foreign_issuer.http",
        include_str!("../fixtures/access_token.foreign_issuer.http"),
    ),
    ("access_token.no_id_token.http", include_str!("../fixtures/access_token.no_id_token.http")),
    ("access_token.other_login.http", include_str!("../fixtures/access_token.other_login.http")),
    ("access_token.outage.http", include_str!("../fixtures/access_token.outage.http")),
    ("access_token.rate_limited.http", include_str!("../fixtures/access_token.rate_limited.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("access_token.rotation.http", include_str!("../fixtures/access_token.rotation.http")),
    ("access_token.unsaid.http", include_str!("../fixtures/access_token.unsaid.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.no_email.http", include_str!("../fixtures/id_email.no_email.http")),
    ("id_email.no_scope.http", include_str!("../fixtures/id_email.no_scope.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("id_email.unflagged.http", include_str!("../fixtures/id_email.unflagged.http")),
    ("id_email.unverified.http", include_str!("../fixtures/id_email.unverified.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.another_team.http", include_str!("../fixtures/profile.another_team.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("profile.somebody_else.http", include_str!("../fixtures/profile.somebody_else.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
    ("refresh.somebody_else.http", include_str!("../fixtures/refresh.somebody_else.http")),
    (
        "revoke_access_token.accepted.http",
        include_str!("../fixtures/revoke_access_token.accepted.http"),
    ),
    (
        "revoke_access_token.not_revoked.http",
        include_str!("../fixtures/revoke_access_token.not_revoked.http"),
    ),
    (
        "revoke_access_token.refused.http",
        include_str!("../fixtures/revoke_access_token.refused.http"),
    ),
    (
        "revoke_access_token.unsaid.http",
        include_str!("../fixtures/revoke_access_token.unsaid.http"),
    ),
    ("with_team.accepted.http", include_str!("../fixtures/with_team.accepted.http")),
    ("with_team.no_team.http", include_str!("../fixtures/with_team.no_team.http")),
    ("with_team.refused.http", include_str!("../fixtures/with_team.refused.http")),
];
