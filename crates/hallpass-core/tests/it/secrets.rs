//! What is secret stays secret: in traces, in `Debug` and `Display`, in errors from a server that
//! repeats all it was sent.

mod echoed;
mod planted;
mod printed;
mod traced;
#[cfg(hallpass_watch_secrets)]
mod watched;
