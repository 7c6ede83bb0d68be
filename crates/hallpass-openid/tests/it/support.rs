//! A provider that is a script, and a client of it.

mod script;
mod world;

pub(crate) use self::{
    script::{Script, Sent, response},
    world::{
        ACCESS_TOKEN, CLIENT, Clock, DISCOVERY, INTROSPECTION, ISSUER, JWKS, SECRET, TOKEN,
        USERINFO, World, config, document, jwks, keys, object, param, refused, rsa_key, together,
    },
};
