use std::fmt;

use hallpass_core::{
    Error, Result,
    url::{Position, Url},
};

use crate::BaseUrl;

/// Longer than any page of an application, and short enough for a cookie.
const LONGEST: usize = 1024;

/// A place in this application to send the browser to: a path, with its query and fragment.
///
/// A browser reads more than a path into what looks like one: `//evil.test`, `/\evil.test`,
/// `/<tab>/evil.test` are other sites ([WHATWG URL, section
/// 4.4](https://url.spec.whatwg.org/#url-parsing)). What is here is none of these, however it is
/// spelled, so that nobody is sent away by a link that they trust (open redirects: [RFC 9700,
/// section 4.11](https://www.rfc-editor.org/rfc/rfc9700#section-4.11)).
#[derive(Clone, PartialEq, Eq)]
pub struct LocalRedirect(String);

impl LocalRedirect {
    /// The front page of the application: `/`, or `/app/`.
    #[must_use]
    pub fn home(base: &BaseUrl) -> Self {
        Self(base.path().to_owned())
    }

    /// A path that begins with one slash, at or below that of the application.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Security`](hallpass_core::ErrorKind), reason `return_to`: it leads elsewhere, or
    /// may, or is no path, or longer than 1024 bytes. Send the browser [`home`](Self::home)
    /// instead.
    pub fn parse(text: &str, base: &BaseUrl) -> Result<Self> {
        let is_plain = |char: char| char.is_ascii_graphic() && char != '\\';
        if text.len() > LONGEST || !text.starts_with('/') || !text.chars().all(is_plain) {
            return Err(refused());
        }
        let path = text.split(['?', '#']).next().unwrap_or_default();
        // Dots, which the browser takes out, and some servers too once they decoded them.
        let plain_path = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/");
        let plain_path = plain_path.replace("%5c", "/");
        let has_dots = plain_path.split('/').any(|segment| matches!(segment, "." | ".."));
        if has_dots || plain_path.starts_with("//") {
            return Err(refused());
        }
        // What a browser makes of it, at any origin.
        let here = Url::parse("https://here.invalid/").map_err(|_| refused())?;
        let url = here.join(text).map_err(|_| refused())?;
        if url.origin() != here.origin() || url.path().starts_with("//") {
            return Err(refused());
        }
        // Another application may be beside it.
        let below = url.path().strip_prefix(base.path().trim_end_matches('/'));
        if !below.is_some_and(|below| below.is_empty() || below.starts_with('/')) {
            return Err(refused());
        }
        Ok(Self(text.to_owned()))
    }

    /// The same, or a whole URL of the application itself, of which the path is taken.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_at(text: &str, base: &BaseUrl) -> Result<Self> {
        match Url::parse(text) {
            Ok(url) if base.is_origin_of(&url) && url.username().is_empty() => {
                Self::parse(&url[Position::BeforePath..], base)
            }
            _ => Self::parse(text, base),
        }
    }

    /// As it is written into `Location`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn refused() -> Error {
    Error::security("return_to", "the way back leads out of the application")
}

impl fmt::Display for LocalRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without the query, which may hold what is nobody else's business.
impl fmt::Debug for LocalRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.split(['?', '#']).next().unwrap_or_default();
        write!(f, "LocalRedirect({path})")
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::ErrorKind;
    use proptest::prelude::*;

    use super::*;

    fn root() -> BaseUrl {
        BaseUrl::parse("https://app.test").unwrap()
    }

    #[track_caller]
    fn check(text: &str, is_local: bool) {
        let got = LocalRedirect::parse(text, &root());
        assert_eq!(got.is_ok(), is_local, "{text:?}");
        if let Err(error) = got {
            assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("return_to")));
        }
    }

    #[test]
    fn a_path_of_the_application_stays_as_it_is() {
        for text in ["/", "/a", "/a/b/", "/a?b=c&d=https://x.test//e", "/a#b", "/%C3%A9", "/a//b"] {
            check(text, true);
            assert_eq!(LocalRedirect::parse(text, &root()).unwrap().as_str(), text);
        }
    }

    #[test]
    fn another_site_is_refused_in_every_spelling() {
        for text in [
            "",
            "a",
            "?a",
            "#a",
            "https://evil.test",
            "https:evil.test",
            "//evil.test",
            "///evil.test",
            "////evil.test",
            "/\\evil.test",
            "\\/evil.test",
            "\\\\evil.test",
            "/\t/evil.test",
            "/\n/evil.test",
            "/\r/evil.test",
            "\t//evil.test",
            " //evil.test",
            "/ /evil.test",
            "/\u{0}/evil.test",
            "/.//evil.test",
            "/..//evil.test",
            "/a/..//evil.test",
            "/%2e//evil.test",
            "/%2E%2e//evil.test",
            "/%2f/evil.test",
            "/%2F%2Fevil.test",
            "/%5cevil.test",
            "/a/../b",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\u{ff0f}evil.test",
            "/é",
            "/a\r\nset-cookie: x=y",
        ] {
            check(text, false);
        }
        check(&format!("/{}", "a".repeat(LONGEST)), false);
    }

    #[test]
    fn a_whole_url_of_the_application_is_its_path() {
        let base = BaseUrl::parse("https://app.test").unwrap();
        let at = |text: &str| LocalRedirect::parse_at(text, &base).ok().map(|it| it.0);
        assert_eq!(at("https://app.test/a?b#c").as_deref(), Some("/a?b#c"));
        assert_eq!(at("https://app.test").as_deref(), Some("/"));
        assert_eq!(at("/a").as_deref(), Some("/a"));
        for text in [
            "http://app.test/a",
            "https://app.test:444/a",
            "https://app.test@evil.test/a",
            "https://user@app.test/a",
            "https://app.test.evil.test/",
            "https://app.test//evil.test",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn an_application_below_a_path_stays_there() {
        let base = BaseUrl::parse("https://example.test/app").unwrap();
        assert_eq!(LocalRedirect::home(&base).as_str(), "/app/");
        for (text, is_local) in [
            ("/app", true),
            ("/app/", true),
            ("/app/a?b", true),
            ("/app?b", true),
            ("/", false),
            ("/application", false),
            ("/~mallory/", false),
            ("/a/app/", false),
        ] {
            assert_eq!(LocalRedirect::parse(text, &base).is_ok(), is_local, "{text}");
        }
        let whole = LocalRedirect::parse_at("https://example.test/app/a", &base).unwrap();
        assert_eq!(whole.as_str(), "/app/a");
        assert!(LocalRedirect::parse_at("https://example.test/other", &base).is_err());
    }

    #[test]
    fn debug_leaves_out_the_query() {
        let redirect = LocalRedirect::parse("/a?b=planted#planted", &root()).unwrap();
        assert_eq!(format!("{redirect:?}"), "LocalRedirect(/a)");
    }

    proptest! {
        #[test]
        fn whatever_is_taken_stays_at_any_origin(text in "[/\\\\.%2fFeE5cC\\t a:?#@]{0,12}evil\\.test") {
            for text in [format!("/{text}"), text] {
                if let Ok(local) = LocalRedirect::parse(&text, &root()) {
                    let base = Url::parse("https://app.test/x/y").unwrap();
                    let url = base.join(local.as_str()).unwrap();
                    prop_assert_eq!(url.origin(), base.origin());
                    // As another one reads it that decodes first.
                    let url = base.join(&local.as_str().replace("%2f", "/").replace("%2F", "/"));
                    prop_assert_eq!(url.unwrap().origin(), base.origin());
                }
            }
        }
    }
}
