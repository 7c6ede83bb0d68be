//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.alias.http", include_str!("../fixtures/access_token.alias.http")),
    (
        "access_token.deleted_client.http",
        include_str!("../fixtures/access_token.deleted_client.http"),
    ),
    (
        "access_token.foreign_issuer.http",
        include_str!("../fixtures/access_token.foreign_issuer.http"),
    ),
    ("access_token.no_id_token.http", include_str!("../fixtures/access_token.no_id_token.http")),
    ("access_token.offline.http", include_str!("../fixtures/access_token.offline.http")),
    ("access_token.other_login.http", include_str!("../fixtures/access_token.other_login.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("access_token.slash_code.http", include_str!("../fixtures/access_token.slash_code.http")),
    ("access_token.time_limited.http", include_str!("../fixtures/access_token.time_limited.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.foreign_issuer.http", include_str!("../fixtures/authorize.foreign_issuer.http")),
    ("authorize.no_issuer.http", include_str!("../fixtures/authorize.no_issuer.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("hosted_domain.accepted.http", include_str!("../fixtures/hosted_domain.accepted.http")),
    ("hosted_domain.consumer.http", include_str!("../fixtures/hosted_domain.consumer.http")),
    ("hosted_domain.refused.http", include_str!("../fixtures/hosted_domain.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.api_error.http", include_str!("../fixtures/id_email.api_error.http")),
    ("id_email.no_email.http", include_str!("../fixtures/id_email.no_email.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("id_email.text_flag.http", include_str!("../fixtures/id_email.text_flag.http")),
    ("is_authoritative.accepted.http", include_str!("../fixtures/is_authoritative.accepted.http")),
    (
        "is_authoritative.foreign_address.http",
        include_str!("../fixtures/is_authoritative.foreign_address.http"),
    ),
    ("is_authoritative.refused.http", include_str!("../fixtures/is_authoritative.refused.http")),
    (
        "is_authoritative.unverified.http",
        include_str!("../fixtures/is_authoritative.unverified.http"),
    ),
    ("offline.accepted.http", include_str!("../fixtures/offline.accepted.http")),
    ("offline.refused.http", include_str!("../fixtures/offline.refused.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("profile.somebody_else.http", include_str!("../fixtures/profile.somebody_else.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
    ("refresh.somebody_else.http", include_str!("../fixtures/refresh.somebody_else.http")),
    ("refresh.workspace_reauth.http", include_str!("../fixtures/refresh.workspace_reauth.http")),
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
    ("service_account.accepted.http", include_str!("../fixtures/service_account.accepted.http")),
    ("service_account.refused.http", include_str!("../fixtures/service_account.refused.http")),
    (
        "service_account.undelegated.http",
        include_str!("../fixtures/service_account.undelegated.http"),
    ),
];
