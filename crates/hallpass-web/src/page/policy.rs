use hallpass_core::{
    Error, Result,
    http::{
        HeaderMap, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    url::Url,
};

use super::{Forms, Kind, Page, style::STYLE_HASH};

/// Who may show these pages in a frame. By default nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Origins as a policy writes them, a space between; empty for none.
    frame_ancestors: String,
}

impl Policy {
    /// Lets pages of these origins, and no others, show ours in a frame
    /// ([Content Security Policy Level 3, section
    /// 6.4.2](https://www.w3.org/TR/CSP3/#directive-frame-ancestors)).
    ///
    /// # Security
    ///
    /// Whoever frames a page can lay something over it, and make a person press what they cannot
    /// see. Name those alone who have to: the page of a Hugging Face Space, say.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](hallpass_core::ErrorKind): one is no http or https origin, such as
    /// `https://huggingface.co`.
    pub fn with_frame_ancestors<'o>(
        mut self,
        origins: impl IntoIterator<Item = &'o str>,
    ) -> Result<Self> {
        for text in origins {
            let origin =
                Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let origin = origin.map(|url| url.origin().ascii_serialization());
            // A path would promise more than a frame's origin can keep; `;` and `,` end a policy.
            let origin = origin.filter(|origin| {
                text.trim_end_matches('/').eq_ignore_ascii_case(origin)
                    && !origin.contains([';', ',', ' '])
            });
            let origin = origin.ok_or_else(|| Error::config("a frame's ancestor is an origin"))?;
            if !self.frame_ancestors.is_empty() {
                self.frame_ancestors.push(' ');
            }
            self.frame_ancestors.push_str(&origin);
        }
        Ok(self)
    }

    fn frame_ancestors(&self) -> &str {
        if self.frame_ancestors.is_empty() { "'none'" } else { &self.frame_ancestors }
    }
}

impl Page {
    /// The value of `Content-Security-Policy` that fits this page.
    ///
    /// A page of ours loads nothing but its own style sheet and, for the browser's tab, the icon of
    /// the site. A page without forms can send none. One with a form leaves `form-action` out: some
    /// browsers hold the redirect that answers a form to it, and that goes to the provider.
    #[must_use]
    pub fn content_security_policy(&self, policy: &Policy) -> String {
        let frames = policy.frame_ancestors();
        let forms = match self.kind {
            Kind::Theirs => {
                return format!("object-src 'none'; base-uri 'none'; frame-ancestors {frames}");
            }
            Kind::Ours(Forms::None) => "form-action 'none'; ",
            Kind::Ours(Forms::Get | Forms::Post) => "",
        };
        format!(
            "default-src 'none'; style-src '{STYLE_HASH}'; img-src 'self'; base-uri 'none'; \
             {forms}frame-ancestors {frames}"
        )
    }

    /// The headers to send with the page: type, policy, and that nobody keeps it or passes its
    /// address on.
    #[must_use]
    pub fn headers(&self, policy: &Policy) -> HeaderMap {
        let security = HeaderValue::try_from(self.content_security_policy(policy));
        // Origins are ASCII, so this is the value; and if not, no page is better than a lax one.
        let security = security.unwrap_or(HeaderValue::from_static("default-src 'none'; sandbox"));
        let referrer = match self.kind {
            // The address of the page may hold a code.
            Kind::Ours(Forms::None | Forms::Get) => "no-referrer",
            // Under `no-referrer` a form is posted with `Origin: null`, as if from elsewhere.
            Kind::Ours(Forms::Post) | Kind::Theirs => "same-origin",
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_SECURITY_POLICY, security);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if policy.frame_ancestors.is_empty() {
            headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use hallpass_core::{ErrorKind, http::StatusCode};

    use super::*;

    fn page(kind: Kind) -> Page {
        Page { status: StatusCode::OK, html: String::new(), kind }
    }

    #[test]
    fn a_page_loads_its_own_style_and_nothing_else() {
        let headers = page(Kind::Ours(Forms::None)).headers(&Policy::default());
        let want = format!(
            "default-src 'none'; style-src '{STYLE_HASH}'; img-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'"
        );
        assert_eq!(headers[CONTENT_SECURITY_POLICY], want);
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
        assert_eq!(headers[REFERRER_POLICY], "no-referrer");
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
    }

    #[test]
    fn the_answer_to_a_form_may_lead_to_the_provider() {
        for forms in [Forms::Get, Forms::Post] {
            let policy = page(Kind::Ours(forms)).content_security_policy(&Policy::default());
            assert!(!policy.contains("form-action"), "{policy}");
            assert!(policy.contains("default-src 'none'"), "{policy}");
        }
    }

    #[test]
    fn a_form_that_is_posted_says_where_it_comes_from() {
        let referrer = |kind| page(kind).headers(&Policy::default())[REFERRER_POLICY].clone();
        assert_eq!(referrer(Kind::Ours(Forms::Post)), "same-origin");
        assert_eq!(referrer(Kind::Ours(Forms::Get)), "no-referrer");
    }

    #[test]
    fn a_page_of_the_applications_own_loads_what_it_likes_and_is_framed_by_nobody() {
        let headers = Page::new(StatusCode::OK, "x").headers(&Policy::default());
        let want = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
        assert_eq!(headers[CONTENT_SECURITY_POLICY], want);
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
    }

    #[test]
    fn those_who_may_frame_a_page_are_named() {
        let origins = ["https://huggingface.co", "HTTP://127.0.0.1:7860/", "https://*.hf.space"];
        let policy = Policy::default().with_frame_ancestors(origins).unwrap();
        let headers = page(Kind::Ours(Forms::Get)).headers(&policy);
        let value = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        let want =
            "frame-ancestors https://huggingface.co http://127.0.0.1:7860 https://*.hf.space";
        assert!(value.ends_with(want), "{value}");
        assert!(!headers.contains_key(X_FRAME_OPTIONS), "it knows no names");
    }

    #[test]
    fn what_is_no_origin_frames_nothing() {
        for text in [
            "",
            "*",
            "'self'",
            "huggingface.co",
            "data:text/html,x",
            "https://a.test/spaces",
            "https://a.test; script-src *",
            "https://a.test;script-src",
            "https://a.test,https://b.test",
            "https://user@a.test",
            "https://a.test\n",
        ] {
            let refusal = Policy::default().with_frame_ancestors([text]).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::Config, "{text:?}");
        }
    }
}
