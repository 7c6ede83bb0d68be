//! Refusals, in the words of the [Problem Reporting
//! extension](https://wiki.oauth.net/w/page/12238543/ProblemReporting): the RFC has none.

use hallpass_core::{
    http::{StatusCode, header},
    url::form_urlencoded,
};

use super::super::wire::Answer;

/// Why a request is refused, for the program and for developers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    advice: &'static str,
}

impl Problem {
    /// The request is not one of the protocol ([RFC 5849, section
    /// 3.2](https://www.rfc-editor.org/rfc/rfc5849#section-3.2)): status 400.
    pub(super) fn malformed(code: &'static str, advice: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, advice }
    }

    /// It is one, and not believed: status 401.
    pub(super) fn refused(code: &'static str, advice: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code, advice }
    }

    pub(super) fn into_answer(self) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("oauth_problem", self.code);
        form.append_pair("oauth_problem_advice", self.advice);
        let challenge = format!("OAuth realm=\"local\", oauth_problem=\"{}\"", self.code);
        Answer::form(self.status, form.finish()).with(header::WWW_AUTHENTICATE, &challenge)
    }
}
