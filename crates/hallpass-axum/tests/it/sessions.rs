use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{Router, routing::get};
use hallpass_axum::{Identity, Sessions, SignIn, tower_sessions::MemoryStore, web::SealingKeys};
use hallpass_core::{Clock, http::Method};
use hallpass_testkit::{LocalProvider, User};
use tokio::net::TcpListener;

use crate::{
    app::client,
    browsing::{Wire, location, set},
    contract,
};

#[derive(Debug)]
struct Hands(Mutex<SystemTime>);

impl Clock for Hands {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

/// An application that browsers find at <https://app.test>, and its clock.
struct App {
    local: LocalProvider,
    address: String,
    clock: Arc<Hands>,
}

const DAY: Duration = Duration::from_secs(86_400);

impl App {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let local = LocalProvider::start().await.unwrap();
        let clock = Arc::new(Hands(Mutex::new(SystemTime::now())));
        let sign_in = SignIn::new("https://app.test", SealingKeys::generate()).unwrap();
        let sign_in = sign_in.provider(client(&local)).unwrap();
        let sign_in = sign_in.clock(Arc::<Hands>::clone(&clock));
        let logo = || async { ([("cache-control", "public, max-age=3600")], "logo") };
        let app = Router::new()
            .route("/mine", get(|who: Identity| async move { who.0.id }))
            .route("/logo", get(logo));
        let app = sign_in.attach_with(app, Sessions::memory());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { local, address, clock }
    }

    /// All of a login but its last step: the path that the provider sends the browser back to.
    async fn begin(&self, wire: &Wire) -> String {
        let to = wire.get("/login/local").await;
        let landing = self.local.browser().sign_in(location(&to), User::named("ada")).await;
        let landing = landing.unwrap();
        landing.url().strip_prefix("https://app.test").unwrap().to_owned()
    }

    fn pass(&self, time: Duration) {
        *self.clock.0.lock().unwrap() += time;
    }
}

#[track_caller]
fn check_cookie(cookie: &str, name: &str, is_removal: bool) {
    assert!(cookie.starts_with(name), "{cookie}");
    let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    for wanted in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(attributes.contains(&wanted), "{wanted}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(attributes.contains(&"Max-Age=0"), is_removal, "{cookie}");
}

#[tokio::test]
async fn cookies_over_https_are_the_hosts_alone_and_browsers_heed_their_removal() {
    let app = App::start().await;
    let wire = Wire::to(&app.address);
    let back = app.begin(&wire).await;
    let [attempt] = &wire.names()[..] else { panic!("{:?}", wire.names()) };
    assert!(attempt.starts_with("__Host-hallpass."), "{attempt}");
    let other = Wire::to(&app.address);
    for cookie in set(&other.get("/login/local").await) {
        check_cookie(&cookie, "__Host-hallpass.", false);
    }

    let done = wire.get(&back).await;
    let cookies = set(&done);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for cookie in &cookies {
        let is_session = cookie.starts_with("__Host-hallpass.session=");
        check_cookie(cookie, "__Host-hallpass.", !is_session);
    }
    assert_eq!(wire.names(), ["__Host-hallpass.session"]);

    let page = wire.get("/logout").await;
    let text = String::from_utf8(page.body).unwrap();
    let (_, rest) = text.split_once(r#"name="csrf" value=""#).unwrap();
    let form = format!("csrf={}", rest.split_once('"').unwrap().0);
    let cookies = set(&wire.send(Method::POST, "/logout", &form).await);
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    check_cookie(&cookies[0], "__Host-hallpass.session=;", true);
    assert!(wire.names().is_empty());
}

#[tokio::test]
async fn an_answer_that_finds_no_session_takes_nothing_from_the_browser() {
    let app = App::start().await;
    let wire = Wire::to(&app.address);
    let unknown = "__Host-hallpass.session".to_owned();
    wire.cookies.lock().unwrap().insert(unknown, "A".repeat(22));
    let answer = wire.get("/mine").await;
    assert_eq!(answer.status, 401);
    // It may come late, after the cookie of a login that was meanwhile.
    assert_eq!(set(&answer), [""; 0]);
}

#[tokio::test]
async fn what_has_a_session_on_it_is_in_no_cache_of_others() {
    let app = App::start().await;
    let wire = Wire::to(&app.address);
    let back = app.begin(&wire).await;
    wire.get(&back).await;
    let kept = async |path: &str| {
        let answer = wire.get(path).await;
        let value = answer.headers.get("cache-control").map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    };
    // A file for everybody, but for the answer on which the session is renewed.
    assert_eq!(kept("/logo").await, "public, max-age=3600");
    app.pass(DAY);
    assert_eq!(kept("/logo").await, "private, no-cache");
    assert_eq!(kept("/logo").await, "public, max-age=3600");
}

#[tokio::test]
async fn the_host_of_a_request_is_nowhere_in_the_answer() {
    let app = App::start().await;
    for host in ["app.test", "evil.test"] {
        let wire = Wire { host, ..Wire::to(&app.address) };
        let to = wire.get("/login/local").await;
        let redirect_uri = "redirect_uri=https%3A%2F%2Fapp.test%2Fcallback%2Flocal&";
        assert!(location(&to).contains(redirect_uri), "{}", location(&to));
        let page = String::from_utf8(wire.get("/login?return_to=/mine").await.body).unwrap();
        assert!(page.contains("\"/login/local?return_to=%2Fmine\""), "{page}");
        assert!(!page.contains("evil.test"), "{page}");
        let done = wire.get(&app.begin(&wire).await).await;
        assert_eq!(location(&done), "/");
    }
}

#[tokio::test]
async fn a_session_that_is_used_goes_on_and_is_written_once_a_day() {
    let app = App::start().await;
    let wire = Wire::to(&app.address);
    let back = app.begin(&wire).await;
    wire.get(&back).await;
    let is_written = async || {
        let answer = wire.get("/mine").await;
        assert_eq!(answer.status, 200);
        let cookies = set(&answer);
        assert!(cookies.iter().all(|cookie| cookie.contains("; Max-Age=1209600")), "{cookies:?}");
        !cookies.is_empty()
    };
    for _ in 0..3 {
        for _ in 0..2 {
            assert!(!is_written().await, "since it was on this day");
        }
        app.pass(DAY);
        assert!(is_written().await, "for the first time on this day");
    }
}

#[tokio::test]
async fn a_session_that_is_not_used_is_over_after_fourteen_days() {
    let app = App::start().await;
    let wire = Wire::to(&app.address);
    let back = app.begin(&wire).await;
    wire.get(&back).await;
    app.pass(14 * DAY - Duration::from_secs(60));
    assert_eq!(wire.get("/mine").await.status, 200);
    let wire = Wire::to(&app.address);
    let back = app.begin(&wire).await;
    wire.get(&back).await;
    app.pass(14 * DAY);
    assert_eq!(wire.get("/mine").await.status, 401);
}

#[tokio::test]
async fn what_holds_of_sessions_holds_in_memory() {
    let sessions = Sessions::memory();
    contract::check(sessions.clone(), sessions).await;
}

#[tokio::test]
async fn what_holds_of_sessions_holds_in_a_store_of_the_applications() {
    let store = MemoryStore::default();
    contract::check(store.clone().into(), store.into()).await;
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use hallpass_core::ErrorKind;
    use tempfile::TempDir;

    use super::*;

    #[tokio::test]
    async fn what_holds_of_sessions_holds_in_sqlite() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("sessions.db");
        let url = format!("sqlite://{}", path.display());
        let [first, second] = [Sessions::sqlite(&path).await, Sessions::from_url(&url).await];
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(format!("{first:?}"), "Sessions(in SQLite)");
        contract::check(first, second).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_that_open_a_new_file_at_once_all_have_it() {
        for _ in 0..5 {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("sessions.db");
            let mut openers = tokio::task::JoinSet::new();
            for _ in 0..12 {
                let path = path.clone();
                openers.spawn(async move { Sessions::sqlite(path).await });
            }
            for opened in openers.join_all().await {
                opened.unwrap();
            }
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_of_sessions_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = TempDir::new().unwrap();
        let path = folder.path().join("sessions.db");
        Sessions::sqlite(&path).await.unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", file.path());
        }
    }

    #[tokio::test]
    async fn what_is_over_is_deleted_from_the_file() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("sessions.db");
        drop(Sessions::sqlite(&path).await.unwrap());
        let pool = sqlx::SqlitePool::connect(path.to_str().unwrap()).await.unwrap();
        for (id, end) in [("over", "2001-01-01T00:00:00Z"), ("lasting", "2901-01-01T00:00:00Z")] {
            let put = sqlx::query("INSERT INTO hallpass_sessions VALUES ($1, '', $2)");
            put.bind(id).bind(end).execute(&pool).await.unwrap();
        }
        let _sessions = Sessions::sqlite(&path).await.unwrap();
        let gone = tokio::time::timeout(Duration::from_secs(30), async {
            let left = "SELECT id FROM hallpass_sessions ORDER BY id";
            while sqlx::query_scalar::<_, String>(left).fetch_all(&pool).await.unwrap()
                != ["lasting"]
            {
                tokio::task::yield_now().await;
            }
        });
        gone.await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_one_is_an_error_of_its_kind() {
        let folder = TempDir::new().unwrap();
        let text = folder.path().join("text");
        std::fs::write(&text, "no database, but more than a header of one ".repeat(100)).unwrap();
        for (path, kind) in [
            (folder.path().join("missing/sessions.db"), ErrorKind::Config),
            (folder.path().to_owned(), ErrorKind::Config),
            (text, ErrorKind::Transport),
        ] {
            let error = Sessions::sqlite(&path).await.unwrap_err();
            assert_eq!((error.kind(), error.reason()), (kind, Some("sessions")), "{path:?}");
        }
    }
}
