//! What a user would pick instead, each used as its documentation says.

pub mod huskarl;
pub mod huskarl_id_token;
pub mod huskarl_session;
pub mod oauth2;
pub mod openidconnect;
pub mod openidconnect_http;
