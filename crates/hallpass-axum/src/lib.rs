#![doc = include_str!("../README.md")]

// In reading order.
mod hooks; // what the application says of a login
mod sign_in; // the front door
mod page; // what the browser is shown
mod guard; // who is signed in
mod routes; // the login itself
mod middleware; // what is asked of every request

pub use crate::{
    guard::Identity,
    hooks::{Decision, LoginContext, SignInHooks},
    sign_in::SignIn,
};

// Their types stand in signatures here.
pub use hallpass_web as web;
pub use tower_sessions;
