//! What the tests of most providers ask of their stand-in.

use hallpass_core::{
    ClientConfig, ErrorKind, OAuthError, PendingAuthorization, Provider, VerifiedClaims,
    http::{HeaderValue, header},
    url::Url,
};

use super::{StandIn, good};
use crate::User;

impl<P: Provider> StandIn<P> {
    /// That each good case of `id_email` signs in as a user, and is who the fixture says: the same
    /// as in the verified ID token, where the provider is asked for one.
    pub async fn check_users(&self) {
        let client = self.honest();
        let all = self.fixtures.iter().filter(|fixture| fixture.operation() == "id_email");
        let users: Vec<_> = all.filter(|fixture| !fixture.outcome().is_refusal()).collect();
        assert!(!users.is_empty(), "nobody signs in by these fixtures");
        for user in users {
            let case = user.case();
            let token = good(self.token(&client, User::named(case)).await);
            let who = good(client.get_id_email(&token).await);
            let claimed = token.claims().map(VerifiedClaims::subject);
            let is_claimed = client.descriptor().asks_openid();
            assert_eq!(claimed, is_claimed.then_some(&*who.id), "{case}");
            let field = |name| user.outcome().fields().get(name).and_then(|value| value.as_str());
            let want = (field("id"), field("email"));
            assert_eq!((Some(&*who.id), who.email.as_deref()), want, "{case}");
        }
    }

    /// That the authorization page takes the client's URL as it is, and answers it with this
    /// `error` (`None`: with a code) once `from` has become `to` in it.
    pub async fn check_page(&self, from: &str, to: &str, want: Option<&str>) {
        let client = self.honest();
        for (from, to, want) in [("", "", None), (from, to, want)] {
            let login = good(client.authorize().start().await);
            let url = login.url.as_str();
            assert!(url.contains(from), "{from} is not in the URL");
            let url = url.replacen(from, to, 1);
            let landing = good(self.local().browser().sign_in(url, User::first()).await);
            let back = good(Url::parse(landing.url()));
            let param = |name| back.query_pairs().find(|(known, _)| known == name);
            let error = param("error").map(|(_, value)| value);
            assert_eq!(error.as_deref(), want, "{to}");
            assert_eq!(param("code").is_some(), want.is_none(), "{to}");
        }
    }

    /// That a client with this configuration is refused when it trades a code, as a fault of the
    /// program, with this status and code of an error; and that the honest one is not.
    pub async fn check_client(&self, config: ClientConfig, status: u16, code: Option<&str>) {
        good(self.token(&self.honest(), User::first()).await);
        let Err(error) = self.token(&self.client(config), User::first()).await else {
            panic!("the client is believed, and should be answered {status} {code:?}");
        };
        let got = (error.kind(), error.status().map(|status| status.as_u16()));
        assert_eq!(got, (ErrorKind::Config, Some(status)), "{error}");
        assert_eq!(error.oauth().map(OAuthError::code), code, "{error}");
    }

    /// That the headers of the fixtures are needed: `user-agent` at the token endpoint and the API,
    /// and the media type of a form at the former.
    pub async fn check_headers(&self) {
        let client = self.honest();
        let token = good(self.token(&client, User::first()).await);
        good(client.get_profile(&token).await);
        for operation in ["token", "api"] {
            let answer = self.again(operation, |request| {
                request.headers.remove(header::USER_AGENT);
            });
            check_names(&answer.await, "user-agent", operation);
        }
        let answer = self.again("token", |request| {
            request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        });
        check_names(&answer.await, "content-type", "token");
    }

    /// That a code is good once, that the second use is refused with this status and code of an
    /// error, and that it ends the tokens of the first ([RFC 6749, section
    /// 4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)).
    pub async fn check_spent_code(&self, status: u16, code: &str) {
        let client = self.honest();
        let login = good(client.authorize().start().await);
        let landing = good(self.local().browser().sign_in(&login.url, User::first()).await);
        let kept = login.pending.expose_for_session();
        let trade = || {
            let pending = good(PendingAuthorization::from_session(&kept));
            client.get_access_token(good(landing.callback()), pending)
        };
        let token = good(trade().await);
        let Err(error) = trade().await else { panic!("a code is good twice") };
        let got = (error.kind(), error.status().map(|status| status.as_u16()));
        assert_eq!(got, (ErrorKind::Denied, Some(status)), "{error}");
        assert_eq!(error.oauth().map(OAuthError::code), Some(code), "{error}");
        let Err(error) = client.get_profile(&token).await else {
            panic!("the tokens of a code outlive its second use");
        };
        assert_eq!(error.reason(), Some("invalid_token"), "{error}");
    }
}

#[track_caller]
fn check_names(answer: &hallpass_core::Response, header: &str, operation: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status.as_u16(), 400, "{operation}: {text}");
    assert!(text.contains(header), "{operation}: {text}");
}
