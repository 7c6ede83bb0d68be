//! The exchanges of [`Naver::openid`](crate::Naver::openid), by hand: they stand in a folder of
//! their own.

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../fixtures/openid/", $name)))),*]
    };
}

/// Recorded exchanges by file name, which `hallpass_testkit` replays to
/// [`Naver::openid`](crate::Naver::openid).
pub const OPENID_FIXTURES: &[(&str, &str)] = fixtures![
    "access_token.accepted.http",
    "access_token.bad_client.http",
    "access_token.foreign_issuer.http",
    "access_token.no_id_token.http",
    "access_token.other_login.http",
    "access_token.refused.http",
    "agreements.accepted.http",
    "agreements.refused.http",
    "authorize.accepted.http",
    "authorize.refused.http",
    "consent.accepted.http",
    "consent.refused.http",
    "id_email.accepted.http",
    "id_email.refused.http",
    "id_email.somebody_else.http",
    "profile.accepted.http",
    "profile.refused.http",
    "refresh.accepted.http",
    "refresh.refused.http",
    "revoke_access_token.accepted.http",
    "revoke_access_token.refused.http",
    "revoke_refresh_token.accepted.http",
    "revoke_refresh_token.refused.http",
];
