//! The word of a provider that is at many hosts: whose it is, and whom it may be about.
//!
//! Anybody may run a host, and anybody can post here. So a host counts where somebody signed in by
//! it, as long as a session of theirs may last: no client is made and nothing is sent for another.
//! And of its users those count who came with a login, so that a host leaves no more marks than it
//! had of those. (Whether the application lets them in is asked later: a word may come meanwhile.)

use hallpass_core::{Error, Result, url::form_urlencoded};
use hallpass_openid::{BackchannelLogout, LoggedOut};
use hallpass_web::Identity;
use tower_sessions::session_store;

use super::{mark, names, remembered};
use crate::{guard::Began, hosts::Hosted, marks, sign_in::Parts};

/// What else is marked goes by other words.
const KNOWN: &str = "signed in";

/// Keeps, before the application is asked about a login, by whom and of whom there may be a word
/// from now on.
pub(crate) async fn remember(
    parts: &Parts,
    identity: &Identity,
    began: &Began,
) -> session_store::Result<()> {
    let (Some(_), Some(store), Some(host), Some(login)) =
        (&parts.ending.backchannel, &parts.store, &identity.host, &began.login)
    else {
        return Ok(());
    };
    let (now, lasting) = (parts.clock.now(), remembered(parts.ending.longest));
    let place = [KNOWN, &identity.provider, host];
    marks::put(&**store, &place, now, lasting).await?;
    let session = identity.provider_session.as_deref().map(|session| ("sid", session));
    for (kind, name) in [("sub", login.subject.as_str())].into_iter().chain(session) {
        let words = [&place[..], &[login.issuer.as_str(), kind, name]].concat();
        marks::put(&**store, &words, now, lasting).await?;
    }
    Ok(())
}

/// As of a provider at one host, but that the token may come twice: a second time changes nothing,
/// and a host that signs without end would fill the memory of tokens for all others.
pub(super) async fn take(
    parts: &Parts,
    hosted: &Hosted,
    logout: &BackchannelLogout,
    query: &str,
    body: &[u8],
) -> Result<LoggedOut> {
    let lost = |error: session_store::Error| {
        Error::transport("the store of the sessions does not answer").with_source(error)
    };
    let host = known_host(parts, hosted, query, body).await.map_err(lost)?;
    // check: 81 => let host = host.unwrap_or_default();
    let host = host.ok_or_else(|| Error::security("host", "nobody signed in by this host"))?;
    let client = parts.at_host(hosted, &host).await?.client;
    let logged_out = logout.verify(&*client, body).await?;
    // check: 81 => let about = names(&logged_out);
    let about = known_names(parts, hosted.name(), &host, &logged_out).await.map_err(lost)?;
    mark(parts, (hosted.name(), Some(&host)), &logged_out, &about).await.map_err(lost)?;
    match about.is_empty() {
        true => tracing::info!(provider = hosted.name(), host, "nobody signed in whom it is about"),
        false => tracing::info!(provider = hosted.name(), host, "the provider ends sessions"),
    }
    Ok(logged_out)
}

/// The URL names the host, or else the token's issuer does, at its root or below. Nobody has
/// verified either: what does not belong to the host is refused by its client.
async fn known_host(
    parts: &Parts,
    hosted: &Hosted,
    query: &str,
    body: &[u8],
) -> session_store::Result<Option<String>> {
    let Some(store) = &parts.store else { return Ok(None) };
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let named = pairs.find(|(name, _)| name == "host").map(|(_, host)| host.into_owned());
    let named = match named {
        Some(host) => vec![host],
        None => BackchannelLogout::claimed_issuer(body).map_or_else(Vec::new, at_and_below),
    };
    for host in named.iter().filter_map(|host| hosted.host(host).ok()) {
        if marks::find(&**store, &[KNOWN, hosted.name(), &host]).await?.is_some() {
            return Ok(Some(host));
        }
    }
    Ok(None)
}

/// An issuer with its path, and without.
fn at_and_below(issuer: String) -> Vec<String> {
    let rest = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
    let authority = rest.and_then(|rest| rest.split('/').next()).map(str::to_owned);
    [issuer].into_iter().chain(authority).collect()
}

/// Those of the words for whom it is about by which somebody signed in.
async fn known_names<'a>(
    parts: &Parts,
    provider: &str,
    host: &str,
    logged_out: &'a LoggedOut,
) -> session_store::Result<Vec<(&'static str, &'a str)>> {
    let Some(store) = &parts.store else { return Ok(Vec::new()) };
    let mut known = Vec::new();
    for (kind, name) in names(logged_out) {
        let as_kept = if kind == "sid" { kind } else { "sub" };
        let words = [KNOWN, provider, host, logged_out.issuer(), as_kept, name];
        if marks::find(&**store, &words).await?.is_some() {
            known.push((kind, name));
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_at_its_host_or_below() {
        check("https://oak.test", &["https://oak.test", "oak.test"]);
        check("https://oak.test/realms/a", &["https://oak.test/realms/a", "oak.test"]);
        check("http://127.0.0.1:9/", &["http://127.0.0.1:9/", "127.0.0.1:9"]);
        check("oak.test/a", &["oak.test/a"]);
        check("", &[""]);
    }

    #[track_caller]
    fn check(issuer: &str, want: &[&str]) {
        assert_eq!(at_and_below(issuer.to_owned()), want);
    }
}
