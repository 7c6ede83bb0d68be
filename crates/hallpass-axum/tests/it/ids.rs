//! Ids that no account may go by.

use std::sync::Arc;

use hallpass_core::{Api, BaseOAuth2, Descriptor, Json, OAuth2Client, Profile, Provider, Result};
use hallpass_testkit::{Browser, LocalProvider, User};

use crate::app::App;

/// An application's own provider, which says this of everybody.
#[derive(Debug)]
struct Says {
    descriptor: Descriptor,
    id: String,
}

impl Provider for Says {
    type Params = ();

    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn profile(&self, _: Api<'_>) -> Result<Profile> {
        Ok(Profile::new(self.id.as_str(), Json::Null))
    }
}

async fn app(id: String) -> App {
    let client = |local: &LocalProvider| -> Arc<dyn BaseOAuth2> {
        let descriptor = local.provider().descriptor().clone();
        let config = local.client_config("https://never.test/used").unwrap();
        Arc::new(OAuth2Client::new(Says { descriptor, id }, config).unwrap())
    };
    App::of_client(|builder| builder, false, client).await
}

#[tokio::test]
async fn nobody_signs_in_without_an_id_or_with_an_endless_one() {
    for id in ["".to_owned(), "1".repeat(513)] {
        let app = app(id).await;
        let browser = Browser::new();
        let (status, _) = app.sign_in(&browser, "/login/local", User::first()).await;
        assert_eq!(status, 500);
        assert!(app.told.logins.lock().unwrap().is_empty());
        assert_eq!(app.read(&browser, "/").await.1, "nobody");
    }
    let app = app("1".repeat(512)).await;
    let browser = Browser::new();
    app.sign_in(&browser, "/login/local", User::first()).await;
    assert_eq!(app.read(&browser, "/mine").await.1.len(), 512);
}
