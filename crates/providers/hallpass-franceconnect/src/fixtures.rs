//! The exchanges that this crate keeps its contract with. Written by `cargo xtask fixtures`.

/// Recorded exchanges by file name, which `hallpass_testkit` replays.
pub const FIXTURES: &[(&str, &str)] = &[
    ("access_token.accepted.http", include_str!("../fixtures/access_token.accepted.http")),
    (
        "access_token.foreign_issuer.http",
        include_str!("../fixtures/access_token.foreign_issuer.http"),
    ),
    ("access_token.hs256.http", include_str!("../fixtures/access_token.hs256.http")),
    ("access_token.no_id_token.http", include_str!("../fixtures/access_token.no_id_token.http")),
    ("access_token.other_login.http", include_str!("../fixtures/access_token.other_login.http")),
    ("access_token.refused.http", include_str!("../fixtures/access_token.refused.http")),
    ("access_token.rs256.http", include_str!("../fixtures/access_token.rs256.http")),
    ("access_token.wrong_secret.http", include_str!("../fixtures/access_token.wrong_secret.http")),
    ("authorize.accepted.http", include_str!("../fixtures/authorize.accepted.http")),
    ("authorize.foreign_issuer.http", include_str!("../fixtures/authorize.foreign_issuer.http")),
    ("authorize.no_issuer.http", include_str!("../fixtures/authorize.no_issuer.http")),
    ("authorize.refused.http", include_str!("../fixtures/authorize.refused.http")),
    ("authorize.unknown_scope.http", include_str!("../fixtures/authorize.unknown_scope.http")),
    ("id_email.accepted.http", include_str!("../fixtures/id_email.accepted.http")),
    ("id_email.flagged.http", include_str!("../fixtures/id_email.flagged.http")),
    ("id_email.no_email.http", include_str!("../fixtures/id_email.no_email.http")),
    ("id_email.refused.http", include_str!("../fixtures/id_email.refused.http")),
    ("id_email.rs256.http", include_str!("../fixtures/id_email.rs256.http")),
    ("profile.accepted.http", include_str!("../fixtures/profile.accepted.http")),
    ("profile.hs256.http", include_str!("../fixtures/profile.hs256.http")),
    ("profile.other_client.http", include_str!("../fixtures/profile.other_client.http")),
    ("profile.refused.http", include_str!("../fixtures/profile.refused.http")),
    ("profile.somebody_else.http", include_str!("../fixtures/profile.somebody_else.http")),
    ("profile.unsigned.http", include_str!("../fixtures/profile.unsigned.http")),
    ("profile.used_name.http", include_str!("../fixtures/profile.used_name.http")),
    ("refuses.no_acr_values.http", include_str!("../fixtures/refuses.no_acr_values.http")),
    ("refuses.no_nonce.http", include_str!("../fixtures/refuses.no_nonce.http")),
    ("refuses.no_state.http", include_str!("../fixtures/refuses.no_state.http")),
    (
        "revoke_access_token.accepted.http",
        include_str!("../fixtures/revoke_access_token.accepted.http"),
    ),
    (
        "revoke_access_token.refused.http",
        include_str!("../fixtures/revoke_access_token.refused.http"),
    ),
];
