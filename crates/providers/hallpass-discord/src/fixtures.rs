//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    ("access_token.bot.http", include_str!("../fixtures/access_token.bot.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("access_token.webhook.http", include_str!("../fixtures/access_token.webhook.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.foreign_issuer.http", include_str!("../fixtures/authorize.foreign_issuer.http")),
    ("authorize.no_issuer.http", include_str!("../fixtures/authorize.no_issuer.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    (
        "current_authorization.accepted.http",
        include_str!("../fixtures/current_authorization.accepted.http"),
    ),
    (
        "current_authorization.another_app.http",
        include_str!("../fixtures/current_authorization.another_app.http"),
    ),
    (
        "current_authorization.refused.http",
        include_str!("../fixtures/current_authorization.refused.http"),
    ),
    ("guilds.accepted.http", include_str!("../fixtures/guilds.accepted.http")),
    ("guilds.refused.http", include_str!("../fixtures/guilds.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.blocked.http", include_str!("../fixtures/id_email.blocked.http")),
    ("id_email.no_address.http", include_str!("../fixtures/id_email.no_address.http")),
    ("id_email.no_scope.http", include_str!("../fixtures/id_email.no_scope.http")),
    ("id_email.rate_limited.http", include_str!("../fixtures/id_email.rate_limited.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("id_email.unflagged.http", include_str!("../fixtures/id_email.unflagged.http")),
    ("id_email.unverified.http", include_str!("../fixtures/id_email.unverified.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.bare.http", include_str!("../fixtures/profile.bare.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
    ("refuses.no_user_agent.http", include_str!("../fixtures/refuses.no_user_agent.http")),
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
    ("same_user.accepted.http", include_str!("../fixtures/same_user.accepted.http")),
    ("same_user.refused.http", include_str!("../fixtures/same_user.refused.http")),
    ("same_user.somebody_else.http", include_str!("../fixtures/same_user.somebody_else.http")),
];
