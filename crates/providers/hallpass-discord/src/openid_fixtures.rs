//! The exchanges of [`Discord::openid`](crate::Discord::openid), by hand: its own stand in a folder
//! of their own, the others are those of [`Discord::new`](crate::Discord::new).

macro_rules! fixtures {
    (shared: [$($shared:literal),* $(,)?], own: [$($own:literal),* $(,)?]) => {
        &[
            $(($shared, include_str!(concat!("../fixtures/", $shared))),)*
            $(($own, include_str!(concat!("../fixtures/openid/", $own))),)*
        ]
    };
}

/// Recorded exchanges by file name, which `hallpass_testkit` replays to
/// [`Discord::openid`](crate::Discord::openid).
pub const OPENID_FIXTURES: &[(&str, &str)] = fixtures![
    shared: [
        "access_token.refused.http",
        "current_authorization.accepted.http",
        "current_authorization.refused.http",
        "guilds.accepted.http",
        "guilds.refused.http",
        "id_email.accepted.http",
        "id_email.blocked.http",
        "id_email.no_address.http",
        "id_email.refused.http",
        "id_email.unverified.http",
        "profile.accepted.http",
        "profile.refused.http",
        "refresh.refused.http",
        "refuses.no_user_agent.http",
        "revoke_access_token.accepted.http",
        "revoke_access_token.refused.http",
        "revoke_refresh_token.accepted.http",
        "revoke_refresh_token.refused.http",
    ],
    own: [
        "access_token.accepted.http",
        "access_token.foreign_issuer.http",
        "access_token.no_id_token.http",
        "access_token.other_login.http",
        "authorize.accepted.http",
        "authorize.foreign_issuer.http",
        "authorize.refused.http",
        "id_email.somebody_else.http",
        "refresh.accepted.http",
        "refresh.same_user.http",
        "refresh.somebody_else.http",
        "userinfo.accepted.http",
        "userinfo.refused.http",
        "userinfo.somebody_else.http",
    ]
];
