//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.bad_secret.http", include_str!("../fixtures/access_token.bad_secret.http")),
    ("access_token.bad_verifier.http", include_str!("../fixtures/access_token.bad_verifier.http")),
    ("access_token.no_verifier.http", include_str!("../fixtures/access_token.no_verifier.http")),
    ("access_token.offline.http", include_str!("../fixtures/access_token.offline.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.capped.http", include_str!("../fixtures/id_email.capped.http")),
    ("id_email.forbidden.http", include_str!("../fixtures/id_email.forbidden.http")),
    ("id_email.internal_error.http", include_str!("../fixtures/id_email.internal_error.http")),
    ("id_email.no_data.http", include_str!("../fixtures/id_email.no_data.http")),
    ("id_email.no_email.http", include_str!("../fixtures/id_email.no_email.http")),
    ("id_email.not_enrolled.http", include_str!("../fixtures/id_email.not_enrolled.http")),
    ("id_email.partial.http", include_str!("../fixtures/id_email.partial.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("me.accepted.http", include_str!("../fixtures/me.accepted.http")),
    ("me.refused.http", include_str!("../fixtures/me.refused.http")),
    ("me_of_no_field.accepted.http", include_str!("../fixtures/me_of_no_field.accepted.http")),
    ("me_of_no_field.refused.http", include_str!("../fixtures/me_of_no_field.refused.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
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
