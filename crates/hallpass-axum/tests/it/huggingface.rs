//! A Space, played on loopback: the Hub is a local provider made of its recorded answers, and what
//! browsers do at `https://robin-demo.hf.space` is done by hand at the port where it is.

mod environment;
mod frame;
mod info;
mod login;
pub(crate) mod space;
