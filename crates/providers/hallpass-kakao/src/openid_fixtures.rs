//! The exchanges of [`Kakao::openid`](crate::Kakao::openid), by hand: its own stand in a folder of
//! their own, the others are those of [`Kakao::new`](crate::Kakao::new).

macro_rules! fixtures {
    (shared: [$($shared:literal),* $(,)?], own: [$($own:literal),* $(,)?]) => {
        &[
            $(($shared, include_str!(concat!("../fixtures/", $shared))),)*
            $(($own, include_str!(concat!("../fixtures/openid/", $own))),)*
        ]
    };
}

/// Recorded exchanges by file name, which `hallpass_testkit` replays to
/// [`Kakao::openid`](crate::Kakao::openid).
pub const OPENID_FIXTURES: &[(&str, &str)] = fixtures![
    shared: [
        "access_token.bad_secret.http",
        "access_token.refused.http",
        "id_email.accepted.http",
        "id_email.refused.http",
        "profile.accepted.http",
        "profile.refused.http",
        "refresh.refused.http",
        "revoke_access_token.accepted.http",
        "revoke_access_token.refused.http",
        "revoke_refresh_token.accepted.http",
        "revoke_refresh_token.refused.http",
        "token_info.accepted.http",
        "token_info.refused.http",
        "unlink.accepted.http",
        "unlink.refused.http",
    ],
    own: [
        "access_token.accepted.http",
        "access_token.foreign_issuer.http",
        "access_token.no_id_token.http",
        "access_token.other_login.http",
        "authorize.accepted.http",
        "authorize.refused.http",
        "id_email.somebody_else.http",
        "refresh.accepted.http",
        "refresh.somebody_else.http",
    ]
];
