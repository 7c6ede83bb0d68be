use hallpass_core::{Error, Result, is_loopback, url::Url};

/// Where the application is for its users' browsers: scheme, host, port, and a path if it is not at
/// the root. It comes from the configuration, and never from a request: `Host` and
/// `X-Forwarded-Host` are whatever the sender likes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// `https://app.example`, `https://example.com/app`, or `http://127.0.0.1:3000`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): neither https nor http to loopback, or with a
    /// user, a password, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self> {
        let broken = |what: &'static str| Error::config(what).with_reason("base_url");
        let mut url =
            Url::parse(text).map_err(|error| broken("the base URL is none").with_source(error))?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(broken("the base URL is neither https nor http to loopback"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(broken("the base URL has a user or a password in it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(broken("the base URL has a query or a fragment"));
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    /// The URL of a path of the application, as it is registered at a provider.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{}", self.0, path.trim_start_matches('/'))
    }

    /// The path on which the application is, with a slash at its end: `/`, or `/app/`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Whether it is reached over TLS: else it is on loopback, and cookies cannot be `Secure`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The name of a cookie of this application: `what` it is for, and where the application is.
    ///
    /// Cookies know no port, and `__Host-` no path ([RFC 6265bis, section
    /// 4.1.3](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3)):
    /// two applications on one host would take each other's for their own. So a port that is not
    /// the scheme's own stands in the name, and the path. Each byte of it that is no letter, digit
    /// or `-` is `_` and two hexadecimal digits, as is each of `what`.
    ///
    /// ```
    /// # use hallpass_web::BaseUrl;
    /// # fn main() -> hallpass_core::Result<()> {
    /// let name = |base: &str| Ok::<_, hallpass_core::Error>(BaseUrl::parse(base)?.cookie_name("session"));
    /// assert_eq!(name("https://app.example")?, "__Host-hallpass.session");
    /// assert_eq!(name("https://example.com/app")?, "__Host-hallpass.session--app");
    /// assert_eq!(name("http://127.0.0.1:3000")?, "hallpass.session-3000");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Security
    ///
    /// Over https the name begins with `__Host-`, so that no other host sets such a cookie: set it
    /// with `Secure` and `Path=/`. It keeps applications from disturbing each other, and is no
    /// border between them: those on one host are sent each other's cookies.
    #[must_use]
    pub fn cookie_name(&self, what: &str) -> String {
        let prefix = if self.is_secure() { "__Host-" } else { "" };
        let what = word(what);
        // Of the scheme's own port there is none.
        // check: 77 => let port = String::new();
        let port = self.0.port().map(|port| port.to_string()).unwrap_or_default();
        // check: 77 => let path = String::new();
        let path = word(self.path().trim_matches('/'));
        match (port.is_empty(), path.is_empty()) {
            (true, true) => format!("{prefix}hallpass.{what}"),
            (false, true) => format!("{prefix}hallpass.{what}-{port}"),
            (_, false) => format!("{prefix}hallpass.{what}-{port}-{path}"),
        }
    }

    /// Whether a URL is of the same scheme, host and port.
    pub(crate) fn is_origin_of(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }

    /// With the slash that separates it from a path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// In letters that a cookie's name may have, as no other text is.
fn word(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'-' => "-".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("_{byte:02x}"),
    };
    text.bytes().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_https_or_loopback() {
        check("https://app.test", Some("https://app.test/"));
        check("https://app.test/app", Some("https://app.test/app/"));
        check("https://APP.test:443/", Some("https://app.test/"));
        check("http://127.0.0.1:3000", Some("http://127.0.0.1:3000/"));
        check("http://[::1]:3000", Some("http://[::1]:3000/"));
        check("http://localhost", Some("http://localhost/"));
        check("http://app.test", None);
        check("http://127.0.0.1.evil.test", None);
        check("https://user@app.test", None);
        check("https://app.test?a", None);
        check("https://app.test#a", None);
        check("app.test", None);
        check("/", None);
    }

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        let got = BaseUrl::parse(text);
        assert_eq!(got.as_ref().ok().map(BaseUrl::as_str), want, "{text}");
        if let Err(error) = got {
            assert_eq!(error.reason(), Some("base_url"));
        }
    }

    #[test]
    fn each_place_has_names_of_its_own_for_its_cookies() {
        let name = |base: &str| BaseUrl::parse(base).unwrap().cookie_name("login");
        for (base, want) in [
            ("https://app.test", "__Host-hallpass.login"),
            ("https://app.test:443/", "__Host-hallpass.login"),
            ("https://app.test:8443", "__Host-hallpass.login-8443"),
            ("https://app.test/8443", "__Host-hallpass.login--8443"),
            ("https://app.test:8443/a", "__Host-hallpass.login-8443-a"),
            ("https://app.test/8443-a", "__Host-hallpass.login--8443-a"),
            ("https://app.test/a/b", "__Host-hallpass.login--a_2fb"),
            ("https://app.test/a_2fb/", "__Host-hallpass.login--a_5f2fb"),
            ("https://app.test/a.b%20;c/", "__Host-hallpass.login--a_2eb_2520_3bc"),
            ("http://127.0.0.1:3000", "hallpass.login-3000"),
            ("http://localhost:3000/a", "hallpass.login-3000-a"),
            ("http://localhost", "hallpass.login"),
        ] {
            assert_eq!(name(base), want, "{base}");
            // As RFC 9110 has tokens, and without what tower-sessions decodes.
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            assert!(name(base).bytes().all(fits), "{base}");
        }
    }

    #[test]
    fn what_a_cookie_is_for_breaks_out_of_no_header_and_is_no_other_place() {
        let name = |what| BaseUrl::parse("https://app.test").unwrap().cookie_name(what);
        assert_eq!(name("a=b; Domain=test\r\n"), "__Host-hallpass.a_3db_3b_20Domain_3dtest_0d_0a");
        assert_eq!(name("login.1"), "__Host-hallpass.login_2e1");
    }

    #[test]
    fn a_path_is_joined_below_it() {
        let base = BaseUrl::parse("https://app.test/app").unwrap();
        assert_eq!(base.join("callback/github"), "https://app.test/app/callback/github");
        assert_eq!(base.join("/callback/github"), "https://app.test/app/callback/github");
        assert_eq!((base.path(), base.is_secure(), base.is_loopback()), ("/app/", true, false));
    }
}
