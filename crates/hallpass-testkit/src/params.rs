use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use hallpass_core::{
    ClientConfig, Descriptor, OAuth2Client, Pkce, Provider,
    url::{Url, form_urlencoded::Serializer},
};

/// What the authorization page is asked with these parameters besides what core asks of every one:
/// form-encoded, in the order of the URL. Empty where nothing is sent unasked.
///
/// ```
/// # use hallpass_core::{Api, Descriptor, Profile, Provider, Result};
/// # type AcmeParams = std::collections::BTreeMap<&'static str, &'static str>;
/// # #[derive(Debug)]
/// # struct Acme(Descriptor);
/// # impl Acme {
/// #     fn new() -> Self {
/// #         Self(Descriptor::new("acme", "https://acme.test/a", "https://acme.test/t"))
/// #     }
/// # }
/// # impl Provider for Acme {
/// #     type Params = AcmeParams;
/// #     fn descriptor(&self) -> &Descriptor { &self.0 }
/// #     async fn profile(&self, api: Api<'_>) -> Result<Profile> {
/// #         Profile::from_json(api.get("https://acme.test/me").read().await?, "id")
/// #     }
/// # }
/// use hallpass_testkit::own_params;
///
/// assert_eq!(own_params(Acme::new(), &AcmeParams::new()), "");
/// assert_eq!(own_params(Acme::new(), &AcmeParams::from([("hint", "a b")])), "hint=a+b");
/// ```
///
/// # Panics
///
/// If a login cannot be begun with them, or not without a request: where the provider discovers its
/// endpoints.
#[track_caller]
pub fn own_params<P: Provider>(provider: P, params: &P::Params) -> String {
    let of_core = of_core(provider.descriptor());
    let config = ClientConfig::new("ID").with_redirect_uri("https://app.test/cb");
    let client = config.and_then(|config| OAuth2Client::new(provider, config));
    let client = client.unwrap_or_else(|error| panic!("there is no such client: {error}"));
    let begun = pin!(client.authorize().params(params).start());
    let Poll::Ready(begun) = begun.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the login is not begun without a request")
    };
    let login = begun.unwrap_or_else(|error| panic!("the login is not begun: {error}"));
    let url = Url::parse(login.url.as_str());
    let url = url.unwrap_or_else(|error| panic!("the authorization URL is none: {error}"));
    let own = url.query_pairs().filter(|(name, _)| !of_core.contains(&&**name));
    Serializer::new(String::new()).extend_pairs(own).finish()
}

/// What stands in the URL of a provider that is as its descriptor says.
fn of_core(descriptor: &Descriptor) -> Vec<&'static str> {
    let mut names = vec!["client_id", "redirect_uri", "response_type", "scope", "state"];
    if descriptor.pkce() != Pkce::Refused {
        names.extend(["code_challenge", "code_challenge_method"]);
    }
    if descriptor.asks_openid() {
        names.push("nonce");
    }
    names
}
