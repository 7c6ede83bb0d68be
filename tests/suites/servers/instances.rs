//! Two instances of an application behind one Redis, and one of them killed. There is no proxy in
//! front: the browser goes to the one that the test wants.

use hallpass_axum::web::SealingKeys;
use hallpass_testkit::{Browser, Landing, LocalProvider, User};
use hallpass_tests::renewing::Process;

use crate::shared::REDIS;

const PROGRAM: &str = env!("CARGO_BIN_EXE_web-instance");

/// Where the browser is sent back to; nobody listens there.
const BASE: &str = "http://127.0.0.1:9";

struct World {
    local: LocalProvider,
    key: String,
    browser: Browser,
}

/// Killed when it is dropped.
struct Instance {
    process: Process,
    base: String,
}

impl World {
    async fn new() -> Self {
        let local = LocalProvider::start().await.unwrap();
        let key = SealingKeys::generate_key().expose().to_owned();
        Self { local, key, browser: Browser::new() }
    }

    async fn instance(&self) -> Instance {
        let secret = self.local.client_secret();
        let provider = [self.local.base_url(), self.local.client_id(), secret.expose()];
        let arguments = [[BASE, REDIS.url(), &*self.key], provider].concat();
        let mut process = Process::start(PROGRAM, &arguments).unwrap();
        let base = process.line().await;
        assert!(base.starts_with("http://"), "{base}");
        Instance { process, base }
    }

    /// All of a login but its last step.
    async fn begin(&self, at: &Instance) -> Landing {
        let page = self.browser.open(format!("{}/login/local", at.base)).await.unwrap();
        self.browser.sign_in(page.url(), User::named("ada")).await.unwrap()
    }

    async fn finish(&self, landing: &Landing, at: &Instance) -> String {
        let back = landing.url().replacen(BASE, &at.base, 1);
        assert_ne!(back, landing.url());
        self.browser.open(back).await.unwrap().text().to_owned()
    }

    async fn who(&self, at: &Instance) -> String {
        self.browser.open(&at.base).await.unwrap().text().to_owned()
    }
}

#[tokio::test]
async fn a_login_that_is_begun_at_one_instance_is_finished_at_another() {
    let world = World::new().await;
    let [first, second] = [world.instance().await, world.instance().await];
    let landing = world.begin(&first).await;
    assert_eq!(world.who(&first).await, "nobody");
    assert_eq!(world.finish(&landing, &second).await, "1001");
    assert_eq!(world.who(&first).await, "1001");
    world.browser.open(format!("{}/leave", first.base)).await.unwrap();
    assert_eq!(world.who(&second).await, "nobody");
}

#[tokio::test]
async fn an_instance_that_is_killed_during_a_login_costs_nobody_the_login_or_the_session() {
    let world = World::new().await;
    let [mut first, second] = [world.instance().await, world.instance().await];
    let landing = world.begin(&first).await;
    first.process.kill();
    assert!(world.browser.open(&first.base).await.is_err(), "it still answers");
    assert_eq!(world.finish(&landing, &second).await, "1001");
    drop(second);
    // All of them were gone meanwhile.
    let third = world.instance().await;
    assert_eq!(world.who(&third).await, "1001");
}
