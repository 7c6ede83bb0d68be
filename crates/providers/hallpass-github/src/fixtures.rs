//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.bad_secret.http", include_str!("../fixtures/access_token.bad_secret.http")),
    ("access_token.expiring.http", include_str!("../fixtures/access_token.expiring.http")),
    ("access_token.outage.http", include_str!("../fixtures/access_token.outage.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.foreign_issuer.http", include_str!("../fixtures/authorize.foreign_issuer.http")),
    ("authorize.no_issuer.http", include_str!("../fixtures/authorize.no_issuer.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("authorize.suspended.http", include_str!("../fixtures/authorize.suspended.http")),
    ("check_token.accepted.http", include_str!("../fixtures/check_token.accepted.http")),
    ("check_token.refused.http", include_str!("../fixtures/check_token.refused.http")),
    ("emails.accepted.http", include_str!("../fixtures/emails.accepted.http")),
    ("emails.refused.http", include_str!("../fixtures/emails.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.no_address.http", include_str!("../fixtures/id_email.no_address.http")),
    ("id_email.no_id.http", include_str!("../fixtures/id_email.no_id.http")),
    ("id_email.no_permission.http", include_str!("../fixtures/id_email.no_permission.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    (
        "id_email.unverified_primary.http",
        include_str!("../fixtures/id_email.unverified_primary.http"),
    ),
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
    ("revoke_grant.accepted.http", include_str!("../fixtures/revoke_grant.accepted.http")),
    ("revoke_grant.refused.http", include_str!("../fixtures/revoke_grant.refused.http")),
    ("user.accepted.http", include_str!("../fixtures/user.accepted.http")),
    ("user.refused.http", include_str!("../fixtures/user.refused.http")),
];
