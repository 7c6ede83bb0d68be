//! One process of many that share a store: asks for a user's token, says what it got, and ends. It
//! stands still at one point of the renewal if it is told to, to be killed there.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::{env, fmt, future, io::Write as _, sync::Arc, time::Duration};

use async_trait::async_trait;
use hallpass_core::{
    ClientConfig, CustomProvider, Descriptor, Error, HttpClient, OAuth2Client, Purpose, Request,
    ReqwestClient, Response, Result, Secret,
};
use hallpass_session::{Entry, Lease, TokenKey, TokenManager, TokenStore, Version};
use hallpass_tests::renewing::{LEASE, PROVIDER, Point, open};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    match token().await {
        Ok(token) => println!("token {}", token.expose()),
        Err(error) => println!("error {} {}", error.kind().as_str(), error.reason().unwrap_or("")),
    }
}

async fn token() -> Result<Secret> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [base, client_id, secret, store, user, stop_at] = &arguments[..] else {
        return Err(Error::config("needs provider, client id, secret, store, user, point"));
    };
    let stop_at = Stop(Point::named(stop_at));
    let url = |path: &str| format!("{base}{path}");
    let descriptor = Descriptor::new(PROVIDER, url("/authorize"), url("/token"));
    let provider = CustomProvider::new(descriptor, url("/userinfo"), "/sub")?;
    let client =
        OAuth2Client::new(provider, ClientConfig::new(&**client_id).with_secret(&**secret))?;
    let http = StoppingHttp { inner: ReqwestClient::new(), stop_at };
    let client = client.with_http_client(Arc::new(http));
    let store = StoppingStore { inner: open(store).await?, stop_at };
    let manager = TokenManager::new(Arc::new(client), Arc::new(store)).with_lease(LEASE);
    let token = manager.session(user).token().await?;
    Ok(token.access_token().clone())
}

/// Where to stand still.
#[derive(Clone, Copy)]
struct Stop(Option<Point>);

impl Stop {
    /// Says so, and never comes back.
    async fn pass(self, point: Point) {
        if self.0 == Some(point) {
            println!("at {}", point.as_str());
            std::io::stdout().flush().unwrap_or_default();
            future::pending::<()>().await;
        }
    }
}

struct StoppingHttp {
    inner: ReqwestClient,
    stop_at: Stop,
}

impl fmt::Debug for StoppingHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoppingHttp")
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl HttpClient for StoppingHttp {
    async fn send(&self, request: Request) -> Result<Response> {
        let is_token = request.purpose() == Purpose::Token;
        if is_token {
            self.stop_at.pass(Point::BeforeRequest).await;
        }
        let response = self.inner.send(request).await?;
        if is_token {
            self.stop_at.pass(Point::AfterRequest).await;
        }
        Ok(response)
    }
}

struct StoppingStore {
    inner: Arc<dyn TokenStore>,
    stop_at: Stop,
}

impl fmt::Debug for StoppingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoppingStore")
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl TokenStore for StoppingStore {
    async fn load(&self, key: &TokenKey) -> Result<Option<Entry>> {
        self.inner.load(key).await
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<Version>,
        token: &Secret,
    ) -> Result<Option<Version>> {
        self.stop_at.pass(Point::BeforeWrite).await;
        let version = self.inner.compare_and_swap(key, expected, token).await?;
        self.stop_at.pass(Point::AfterWrite).await;
        Ok(version)
    }

    async fn delete(&self, key: &TokenKey) -> Result<()> {
        self.inner.delete(key).await
    }

    async fn lease(&self, key: &TokenKey, length: Duration) -> Result<Option<Lease>> {
        self.stop_at.pass(Point::BeforeLease).await;
        let lease = self.inner.lease(key, length).await?;
        self.stop_at.pass(Point::AfterLease).await;
        Ok(lease)
    }

    async fn release(&self, lease: Lease, is_in_doubt: bool) -> Result<()> {
        self.stop_at.pass(Point::BeforeRelease).await;
        self.inner.release(lease, is_in_doubt).await?;
        self.stop_at.pass(Point::AfterRelease).await;
        Ok(())
    }
}
