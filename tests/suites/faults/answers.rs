//! Providers of OAuth 1 that nobody has to be: each request has one answer.

use std::sync::Arc;

use async_trait::async_trait;
use hallpass_core::{
    AuthorizationRequest, BaseOAuth2, Callback, HttpClient, Json, PendingAuthorization, Request,
    Response, Result,
    http::{HeaderMap, StatusCode, header},
};
use serde_json::json;

/// By the shape that the provider documents, with a user who is nobody.
#[derive(Debug)]
pub(crate) struct Answers {
    profile: Json,
}

impl Answers {
    pub(crate) fn of_x() -> Self {
        Self { profile: json!({ "id": 7, "id_str": "7", "name": "Ada", "email": "ada@oak.test" }) }
    }

    pub(crate) fn of_tumblr() -> Self {
        let blogs = json!([{ "primary": true, "uuid": "t:7", "title": "Ada" }]);
        let user = json!({ "name": "ada", "likes": 3, "blogs": blogs });
        Self { profile: json!({ "meta": { "status": 200 }, "response": { "user": user } }) }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for Answers {
    async fn send(&self, request: Request) -> Result<Response> {
        const FORM: &str = "application/x-www-form-urlencoded";
        let said = |text: &str| (FORM, text.as_bytes().to_vec());
        let (content_type, body) = match request.url.path() {
            "/oauth/request_token" => {
                said("oauth_token=TEMP&oauth_token_secret=TS&oauth_callback_confirmed=true")
            }
            "/oauth/access_token" => said("oauth_token=TOKEN&oauth_token_secret=S&user_id=7"),
            _ => ("application/json", self.profile.to_string().into_bytes()),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        Ok(Response::new(StatusCode::OK, headers, body))
    }
}

/// As a browser would come back.
pub(crate) async fn login(client: &Arc<dyn BaseOAuth2>) -> (Callback, PendingAuthorization) {
    let login = client.get_authorization_url(AuthorizationRequest::new()).await.unwrap();
    (Callback::from_query("oauth_token=TEMP&oauth_verifier=V").unwrap(), login.pending)
}
