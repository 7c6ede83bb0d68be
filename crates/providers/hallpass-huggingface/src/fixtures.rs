//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    (
        "access_token.foreign_issuer.http",
        include_str!("../fixtures/access_token.foreign_issuer.http"),
    ),
    ("access_token.no_id_token.http", include_str!("../fixtures/access_token.no_id_token.http")),
    (
        "access_token.no_refresh_token.http",
        include_str!("../fixtures/access_token.no_refresh_token.http"),
    ),
    ("access_token.other_login.http", include_str!("../fixtures/access_token.other_login.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("access_token.wrong_secret.http", include_str!("../fixtures/access_token.wrong_secret.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.foreign_issuer.http", include_str!("../fixtures/authorize.foreign_issuer.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.no_email.http", include_str!("../fixtures/id_email.no_email.http")),
    ("id_email.organizations.http", include_str!("../fixtures/id_email.organizations.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("id_email.unverified.http", include_str!("../fixtures/id_email.unverified.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("profile.somebody_else.http", include_str!("../fixtures/profile.somebody_else.http")),
    ("refresh.accepted.http", include_str!("../fixtures/refresh.accepted.http")),
    ("refresh.refused.http", include_str!("../fixtures/refresh.refused.http")),
    ("refresh.somebody_else.http", include_str!("../fixtures/refresh.somebody_else.http")),
    ("token_exchange.accepted.http", include_str!("../fixtures/token_exchange.accepted.http")),
    ("token_exchange.no_openid.http", include_str!("../fixtures/token_exchange.no_openid.http")),
    (
        "token_exchange.not_allowed.http",
        include_str!("../fixtures/token_exchange.not_allowed.http"),
    ),
    ("token_exchange.refused.http", include_str!("../fixtures/token_exchange.refused.http")),
    ("user.accepted.http", include_str!("../fixtures/user.accepted.http")),
    ("user.bare.http", include_str!("../fixtures/user.bare.http")),
    ("user.new_words.http", include_str!("../fixtures/user.new_words.http")),
    ("user.null_list.http", include_str!("../fixtures/user.null_list.http")),
    ("user.refused.http", include_str!("../fixtures/user.refused.http")),
];
