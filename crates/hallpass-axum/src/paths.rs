use hallpass_core::{Error, Result};

/// What stands for the provider's name in a path.
const PROVIDER: &str = "{provider}";

/// Where the routes of sign-in are, below the prefix if there is one. What is not named stays where
/// it is:
///
/// | | |
/// |---|---|
/// | `login` | `/login` |
/// | `begin` | `/login/{provider}` |
/// | `callback` | `/callback/{provider}` |
/// | `logout` | `/logout` |
/// | `signed_out` | `/logout/done` |
/// | `backchannel_logout` | `/backchannel-logout/{provider}` |
/// | `error` | `/error` |
///
/// ```
/// # use hallpass_axum::{Paths, SignIn, web::SealingKeys};
/// # fn main() -> hallpass_core::Result<()> {
/// let paths = Paths::new().login("/signin").begin("/signin/{provider}").callback("/oauth/{provider}/back");
/// let sign_in = SignIn::new("https://app.example", SealingKeys::generate())?.paths(paths)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths([String; 7]);

/// By these the rest of this crate calls them.
const DEFAULTS: [&str; 7] = [
    "/login",
    "/login/{provider}",
    "/callback/{provider}",
    "/logout",
    "/logout/done",
    "/backchannel-logout/{provider}",
    "/error",
];

impl Default for Paths {
    fn default() -> Self {
        Self::new()
    }
}

impl Paths {
    /// All where they are by default.
    #[must_use]
    pub fn new() -> Self {
        Self(DEFAULTS.map(str::to_owned))
    }

    /// The page with a button for each provider.
    #[must_use]
    pub fn login(self, path: &str) -> Self {
        self.with(0, path)
    }

    /// Where a login begins, with `{provider}` for the provider's name.
    #[must_use]
    pub fn begin(self, path: &str) -> Self {
        self.with(1, path)
    }

    /// Where the provider sends the browser back to, with `{provider}` for its name: the redirect
    /// URI to register.
    #[must_use]
    pub fn callback(self, path: &str) -> Self {
        self.with(2, path)
    }

    /// Where a session ends.
    #[must_use]
    pub fn logout(self, path: &str) -> Self {
        self.with(3, path)
    }

    /// The page of those who have just signed out.
    #[must_use]
    pub fn signed_out(self, path: &str) -> Self {
        self.with(4, path)
    }

    /// Where a provider says that a session of its has ended, with `{provider}` for its name.
    #[must_use]
    pub fn backchannel_logout(self, path: &str) -> Self {
        self.with(5, path)
    }

    /// The page that says what went wrong.
    #[must_use]
    pub fn error(self, path: &str) -> Self {
        self.with(6, path)
    }

    fn with(mut self, at: usize, path: &str) -> Self {
        path.clone_into(&mut self.0[at]);
        self
    }

    /// Each is a path of its own, that no other one is read for.
    pub(crate) fn checked(self) -> Result<Self> {
        let refused = |path: &str, why: &str| {
            Err(Error::config(format!("{path:?} {why}")).with_reason("path"))
        };
        for (path, default) in self.0.iter().zip(DEFAULTS) {
            if !is_plain(path) {
                return refused(path, "is no path for a route: small parts of it such as /login");
            }
            let names = path.split('/').filter(|segment| *segment == PROVIDER).count();
            if names != usize::from(default.contains(PROVIDER)) {
                return refused(path, "has {provider} in it where it should not, or the reverse");
            }
        }
        for (at, path) in self.0.iter().enumerate() {
            if self.0[..at].iter().any(|other| may_meet(path, other)) {
                return refused(path, "could be the path of another route of sign-in, too");
            }
        }
        Ok(self)
    }

    /// Where the route is that goes by `default`: a pattern, or a path of one.
    pub(crate) fn of(&self, default: &str) -> String {
        for (path, known) in self.0.iter().zip(DEFAULTS) {
            if default == known {
                return path.clone();
            }
            if let Some(provider) = part(known, default) {
                return path.replace(PROVIDER, provider);
            }
        }
        default.to_owned()
    }

    /// The provider that a path of the callback names.
    pub(crate) fn provider_of<'a>(&self, callback: &'a str) -> Option<&'a str> {
        part(&self.0[2], callback)
    }
}

/// What stands in `path` where the pattern has the provider.
fn part<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let (before, after) = pattern.split_once(PROVIDER)?;
    let part = path.strip_prefix(before)?.strip_suffix(after)?;
    (!part.is_empty() && !part.contains('/')).then_some(part)
}

fn is_plain(path: &str) -> bool {
    let is_word = |segment: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let has_letter = segment.bytes().any(|byte| byte != b'.');
        segment == PROVIDER || (has_letter && segment.bytes().all(fits))
    };
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_word))
}

/// Whether one request could be for both.
fn may_meet(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.split('/').collect(), other.split('/').collect());
    let meets = |(a, b): (&&str, &&str)| a == b || *a == PROVIDER || *b == PROVIDER;
    one.len() == other.len() && one.iter().zip(&other).all(meets)
}

#[cfg(test)]
mod tests {
    use hallpass_core::ErrorKind;

    use super::*;

    #[test]
    fn a_route_is_where_it_was_put_and_so_is_what_leads_there() {
        let paths =
            Paths::new().login("/in").begin("/in/{provider}").callback("/o/{provider}/back");
        let paths = paths.logout("/out").error("/oh").checked().unwrap();
        for (default, want) in [
            ("/login", "/in"),
            ("/login/{provider}", "/in/{provider}"),
            ("/login/acme", "/in/acme"),
            ("/callback/acme", "/o/acme/back"),
            ("/logout", "/out"),
            ("/logout/done", "/logout/done"),
            ("/backchannel-logout/acme", "/backchannel-logout/acme"),
            ("/error", "/oh"),
            ("/another", "/another"),
            ("/login/a/b", "/login/a/b"),
        ] {
            assert_eq!(paths.of(default), want);
        }
        assert_eq!(paths.provider_of("/o/acme/back"), Some("acme"));
        for other in ["/o//back", "/o/a/b/back", "/o/acme", "/callback/acme"] {
            assert_eq!(paths.provider_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_path_that_no_route_can_have_is_refused() {
        for path in [
            "", "in", "/", "/in/", "//in", "/a//b", "/../in", "/a/.", "/a b", "/é", "/a%2fb",
            "/{x}",
        ] {
            refused(Paths::new().login(path));
        }
        refused(Paths::new().login("/{provider}/in"));
        refused(Paths::new().callback("/callback"));
        refused(Paths::new().callback("/{provider}/{provider}"));
        refused(Paths::new().callback("/back-{provider}"));
        // Two for one request.
        refused(Paths::new().login("/logout"));
        refused(Paths::new().callback("/login/{provider}"));
        refused(Paths::new().error("/login/error"));
        refused(Paths::new().begin("/{provider}/done"));
        assert!(Paths::default().checked().is_ok());
    }

    #[track_caller]
    fn refused(paths: Paths) {
        let error = paths.checked().unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Config, Some("path")), "{error}");
    }
}
