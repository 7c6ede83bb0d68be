//! Why somebody was refused, and whether that was in order.

use std::time::Duration;

use hallpass_tests::http::Response;
use serde_json::Value;

use crate::weather::Cause;

/// Why an attempt came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The instance was not there, or went away.
    Unanswered,
    /// A page of the application says 500: its sessions are not to be had.
    Sessions,
    /// The page of a login says 500: a store is away, or the provider answers nonsense.
    Ours,
    /// The page of a login, or a call, says so.
    ProviderDown,
    /// The provider does not show its page, or not to its end.
    ProviderPage,
    /// The store of the tokens does not answer.
    Tokens,
    /// Another process may be renewing, and has not come to its end.
    Lease,
    /// The grant is gone.
    SignInAgain,
    /// The same, and hallpass knows why: a process ended in the middle of a renewal.
    Interrupted,
    /// There is no token in the store.
    SignedOut,
    /// 403: the user, or the provider, said no.
    SaidNo,
    /// 410: the code is not good any more.
    CodeOver,
    /// 400: this browser has begun no such login, or it was finished already.
    NotBegunHere,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unanswered => "no answer",
            Self::Sessions => "no sessions",
            Self::Ours => "out of order",
            Self::ProviderDown => "provider out of order",
            Self::ProviderPage => "no page of the provider",
            Self::Tokens => "no tokens",
            Self::Lease => "renewed elsewhere",
            Self::SignInAgain => "sign in again",
            Self::Interrupted => "sign in again: interrupted",
            Self::SignedOut => "sign in again: no token",
            Self::SaidNo => "the provider said no",
            Self::CodeOver => "code over",
            Self::NotBegunHere => "not begun here",
        }
    }

    /// What has to be wrong for this to be in order. Of none it is in order where it was asked for,
    /// and nowhere else.
    pub(crate) fn causes(self) -> &'static [Cause] {
        match self {
            Self::Unanswered => &[Cause::Router],
            Self::Sessions | Self::Tokens => &[Cause::Redis],
            Self::Ours => &[Cause::Redis, Cause::Provider],
            Self::ProviderDown | Self::ProviderPage => &[Cause::Provider],
            Self::Lease => &[Cause::Redis, Cause::Router],
            Self::SignInAgain | Self::Interrupted => &[Cause::Grant, Cause::Redis, Cause::Router],
            Self::SignedOut => &[Cause::Redis],
            Self::SaidNo | Self::CodeOver => &[Cause::Grant],
            Self::NotBegunHere => &[],
        }
    }

    /// How long after its end a cause is still felt: a connection is made anew, a rest is kept, a
    /// lease ends by itself.
    pub(crate) fn felt(self) -> Duration {
        Duration::from_secs(match self {
            Self::Lease => 200,
            Self::Sessions | Self::Tokens | Self::Ours => 10,
            _ => 5,
        })
    }

    /// Whether there is nothing to go on with: what was wrong may have been so at any time since
    /// the grant was last good.
    pub(crate) fn ends_the_grant(self) -> bool {
        matches!(self, Self::SignInAgain | Self::Interrupted | Self::SignedOut)
    }
}

/// What a callback, or the beginning of a login, says that is no redirect; none of a status that no
/// page has.
pub(crate) fn login_refused(status: u16) -> Option<Reason> {
    Some(match status {
        400 => Reason::NotBegunHere,
        403 => Reason::SaidNo,
        410 => Reason::CodeOver,
        500 => Reason::Ours,
        502 | 503 => Reason::ProviderDown,
        _ => return None,
    })
}

/// What a call of the API brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Called {
    /// The id of who is signed in, and the name of the user of the token.
    By(String, String),
    Nobody,
    Refused(Reason),
    /// No answer of ours.
    Odd(String),
}

pub(crate) fn called(answer: &Response<String>) -> Called {
    let odd = || Called::Odd(format!("{}: {}", answer.status(), answer.body()));
    let said = serde_json::from_str::<Value>(answer.body()).unwrap_or_default();
    let text = |name: &str| said[name].as_str().unwrap_or_default();
    match answer.status().as_u16() {
        200 => Called::By(text("who").to_owned(), text("user").to_owned()),
        401 => Called::Nobody,
        500 => Called::Refused(Reason::Sessions),
        502 => match (text("kind"), text("reason")) {
            ("denied", "signed_out") => Called::Refused(Reason::SignedOut),
            ("denied", "refresh_interrupted") => Called::Refused(Reason::Interrupted),
            ("denied", _) => Called::Refused(Reason::SignInAgain),
            ("transport", "store") => Called::Refused(Reason::Tokens),
            ("transport", "lease") => Called::Refused(Reason::Lease),
            ("transport" | "malformed", _) => Called::Refused(Reason::ProviderDown),
            _ => odd(),
        },
        _ => odd(),
    }
}

/// The word of the form on the page that asks whether to sign out.
pub(crate) fn csrf(page: &str) -> Option<&str> {
    page.split("name=\"csrf\" value=\"").nth(1)?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, want: &Called) {
        let answer = Response::builder().status(status).body(body.to_owned()).unwrap();
        assert_eq!(called(&answer), *want);
    }

    #[test]
    fn an_answer_is_somebody_nobody_a_reason_or_odd() {
        let by = Called::By("1".to_owned(), "ada".to_owned());
        check(200, r#"{"who":"1","user":"ada"}"#, &by);
        check(401, "", &Called::Nobody);
        check(500, "", &Called::Refused(Reason::Sessions));
        let refused = |kind: &str, reason: &str, want: Reason| {
            let body = format!(r#"{{"kind":"{kind}","reason":"{reason}"}}"#);
            check(502, &body, &Called::Refused(want));
        };
        refused("denied", "invalid_grant", Reason::SignInAgain);
        refused("denied", "refresh_interrupted", Reason::Interrupted);
        refused("denied", "signed_out", Reason::SignedOut);
        refused("transport", "store", Reason::Tokens);
        refused("transport", "lease", Reason::Lease);
        refused("transport", "", Reason::ProviderDown);
        refused("malformed", "", Reason::ProviderDown);
        let config = r#"{"kind":"config"}"#;
        check(502, config, &Called::Odd(format!("502 Bad Gateway: {config}")));
        check(404, "", &Called::Odd("404 Not Found: ".to_owned()));
    }

    #[test]
    fn the_word_of_the_form_is_found() {
        assert_eq!(csrf(r#"<input name="csrf" value="w0"><b>"#), Some("w0"));
        assert_eq!(csrf("<p>"), None);
    }
}
