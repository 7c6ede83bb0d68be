use std::sync::Arc;

use hallpass::{
    ErrorKind, Provider, Result,
    auth0::{Auth0, Auth0Domain},
    core::{
        Descriptor, HttpClient,
        http::HeaderValue,
        url::{Host, Url},
    },
    facebook::{Facebook, GraphVersion},
    github::{EnterpriseHost, GitHub},
    gitlab::{GitLab, GitLabHost},
    microsoft::{Microsoft, Tenant},
    okta::{Okta, OktaDomain, OktaServer},
    reddit::RedditUserAgent,
    shopify::{ShopDomain, Shopify},
    web::BaseUrl,
};

use crate::world::{Answers, at_once, client, config, pick};

/// What people type to say where a provider is.
///
/// Bytes: which type reads it. Then the text. What is accepted stands in URLs as it was written,
/// and nowhere else than in its own place.
pub fn hosts(input: &[u8]) {
    let Some((&which, rest)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match pick(b"aosgdOmfrb", which) {
        b'a' => host(text, |it: Auth0Domain| Auth0::new(&it)),
        b'o' => host(text, |it: OktaDomain| Okta::new(&it)),
        b's' => host(text, |it: ShopDomain| Shopify::new(&it)),
        b'g' => host(text, |it: EnterpriseHost| GitHub::enterprise(&it)),
        b'd' => host(text, |it: GitLabHost| GitLab::self_managed(&it)),
        b'O' => within(text, "default", &["login.oak.test"], |it: OktaServer| {
            Okta::custom(&"login.oak.test".parse().unwrap(), &it)
        }),
        b'm' => {
            let own = ["login.microsoftonline.com", "graph.microsoft.com"];
            within(text, "oak.test", &own, |it: Tenant| Microsoft::for_tenant(it));
        }
        b'f' => {
            let own = ["www.facebook.com", "graph.facebook.com", "limited.facebook.com"];
            within(text, "v25.0", &own, |it: GraphVersion| Facebook::at_version(&it));
        }
        b'r' => user_agent(text),
        _ => base_url(text),
    }
}

/// The type names a host: the endpoints are there.
fn host<T, P: Provider>(text: &str, make: impl FnOnce(T) -> P)
where
    T: std::str::FromStr<Err = hallpass::Error>,
{
    let Some(parsed) = parsed::<T>(text.parse(), text) else { return };
    let name = text.split([':', '/']).next().unwrap_or_default().to_ascii_lowercase();
    let api = format!("api.{name}");
    check(make(parsed), &[&name, &api], text);
}

/// The type stands in a path: the host is the provider's, and the path has as many segments as with
/// a text that does no harm.
fn within<T, P: Provider>(text: &str, harmless: &str, hosts: &[&str], make: impl Fn(T) -> P)
where
    T: std::str::FromStr<Err = hallpass::Error>,
{
    let Some(parsed) = parsed::<T>(text.parse(), text) else { return };
    let segments = |urls: &[Url]| -> Vec<usize> {
        urls.iter().map(|url| url.path_segments().map_or(0, Iterator::count)).collect()
    };
    let want = check(make(harmless.parse().expect("it does no harm")), hosts, harmless);
    let got = check(make(parsed), hosts, text);
    assert_eq!(segments(&got), segments(&want), "{text:?} makes {got:?}");
}

fn parsed<T>(got: Result<T>, text: &str) -> Option<T> {
    let refusal = got.as_ref().err().map(hallpass::Error::kind);
    assert!(refusal.is_none_or(|kind| kind == ErrorKind::Config), "{text:?}");
    got.ok()
}

/// All URLs of the provider, and those that are asked for others.
fn check<P: Provider>(provider: P, hosts: &[&str], text: &str) -> Vec<Url> {
    let mut urls = Vec::new();
    let descriptor: Descriptor = provider.descriptor().clone();
    let both = descriptor.authorize_and_token().map(|(authorize, token)| [authorize, token]);
    let endpoints = descriptor.endpoints().map(|(_, url)| url);
    for url in both.into_iter().flatten().chain(endpoints).chain(descriptor.apis()) {
        let parsed = Url::parse(url);
        let parsed = parsed.unwrap_or_else(|error| panic!("{text:?} makes {url}: {error}"));
        assert_eq!(parsed.as_str().trim_end_matches('/'), url.trim_end_matches('/'), "{text:?}");
        assert_eq!(parsed.scheme(), "https", "{text:?}");
        let Some(Host::Domain(host)) = parsed.host() else { panic!("{text:?} makes {url}") };
        assert!(hosts.contains(&host), "{text:?} makes {url}");
        assert!(parsed.username().is_empty() && parsed.password().is_none(), "{text:?}");
        assert!(parsed.query().is_none() && parsed.fragment().is_none(), "{text:?} makes {url}");
        urls.push(parsed);
    }
    // As every application makes it; what is not known is asked for there.
    let http = Arc::new(Answers::json(Vec::new()).without_keys());
    let client = client(provider, config(), Arc::clone(&http) as Arc<dyn HttpClient>);
    if both.is_none() {
        assert!(at_once(client.endpoints()).is_err());
        let asked = http.asked();
        assert!(!asked.is_empty(), "{text:?}");
        assert!(asked.iter().all(|url| url.host_str().is_some_and(|host| hosts.contains(&host))));
        assert!(asked.iter().all(|url| url.query().is_none()), "{text:?} asks {asked:?}");
        urls.extend(asked);
    }
    urls
}

/// It is a header of one line.
fn user_agent(text: &str) {
    if let Some(agent) = parsed::<RedditUserAgent>(text.parse(), text) {
        assert_eq!(agent.as_str(), text);
        assert!(HeaderValue::try_from(agent.as_str()).is_ok(), "{text:?}");
        assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{text:?}");
    }
}

/// It is https or loopback, and reads the same again.
fn base_url(text: &str) {
    let Some(base) = parsed(BaseUrl::parse(text), text) else { return };
    assert_eq!(BaseUrl::parse(base.as_str()).as_ref().ok(), Some(&base));
    let url = Url::parse(base.as_str()).unwrap();
    assert!(base.is_secure() || base.is_loopback(), "{text:?}");
    assert_eq!(base.is_secure(), url.scheme() == "https");
    assert!(base.path().starts_with('/') && base.path().ends_with('/'), "{text:?}");
    let callback = Url::parse(&base.join("/callback/acme")).expect("a path below it is a URL");
    assert_eq!(callback.origin(), url.origin());
}
