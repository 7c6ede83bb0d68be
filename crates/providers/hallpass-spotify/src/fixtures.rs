//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.bad_client.http", include_str!("../fixtures/access_token.bad_client.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.no_email.http", include_str!("../fixtures/id_email.no_email.http")),
    ("id_email.no_id.http", include_str!("../fixtures/id_email.no_id.http")),
    ("id_email.not_registered.http", include_str!("../fixtures/id_email.not_registered.http")),
    ("id_email.null_account_id.http", include_str!("../fixtures/id_email.null_account_id.http")),
    ("id_email.rate_limited.http", include_str!("../fixtures/id_email.rate_limited.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.bare.http", include_str!("../fixtures/profile.bare.http")),
    ("profile.older.http", include_str!("../fixtures/profile.older.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
    ("refresh.rotated.http", include_str!("../fixtures/refresh.rotated.http")),
];
