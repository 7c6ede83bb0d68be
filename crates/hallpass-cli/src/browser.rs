use std::io;

use hallpass_core::{AuthorizationUrl, Error, Result};

/// Opens the authorization page in the user's own browser, in the way of the system, and does not
/// wait for it. A launcher that fails at once (within 250 ms) is noticed; one that fails later is
/// not, so show the URL to the user too.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`](hallpass_core::ErrorKind): there is no browser, or none that can be
/// started from here; let the user open the URL. [`ErrorKind::Security`](hallpass_core::ErrorKind),
/// reason `scheme`: the URL is neither https nor http, and the system might start anything; log it
/// and stop.
pub async fn open_browser(url: &AuthorizationUrl) -> Result<()> {
    let url = url.as_str().to_owned();
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::security("scheme", "the authorization page is no web page"));
    }
    // It watches the launcher for a moment, by sleeping.
    match tokio::task::spawn_blocking(|| open::that_detached(url)).await {
        Ok(opened) => opened.map_err(|error| not_opened(error.kind())),
        Err(_) => Err(not_opened(io::ErrorKind::Other)),
    }
}

/// The launcher's error holds its command line, and so `state`: only its kind goes on.
fn not_opened(why: io::ErrorKind) -> Error {
    Error::unsupported(format!("no browser could be started ({why}): open the URL yourself"))
}
