//! Several processes on one token file. Each test starts its own test program again, which finds
//! the file's path in its environment and is then one of them.

use std::{
    env,
    io::{Read, Write, stderr, stdin},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use hallpass_cli::TokenFile;
use hallpass_core::{ClientConfig, Descriptor, OAuth2Client, OAuth2Token, Secret};
use hallpass_session::{TokenKey, TokenManager, TokenStore, Version};
use hallpass_testkit::{LocalProvider, User};

use crate::acme::Acme;

const VARIABLE: &str = "HALLPASS_TOKEN_FILE";
const MINUTE: Duration = Duration::from_secs(60);

fn key() -> TokenKey {
    TokenKey::new("ada", "acme")
}

fn other_key() -> TokenKey {
    TokenKey::new("bob", "acme")
}

/// One more process at the test named.
fn start(test: &str, path: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(VARIABLE, path);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What a process says next, so many bytes of it.
fn heard(child: &mut Child, bytes: usize) -> String {
    let mut text = vec![0; bytes];
    child.stderr.as_mut().unwrap().read_exact(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

async fn number(store: &TokenFile) -> (u32, Option<Version>) {
    match store.load(&key()).await.unwrap() {
        Some(entry) => (entry.token.expose().parse().unwrap(), Some(entry.version)),
        None => (0, None),
    }
}

/// As long as another is faster, again with what that one wrote.
async fn add_one(store: &TokenFile) {
    loop {
        let (number, version) = number(store).await;
        let next = Secret::new((number + 1).to_string());
        if store.compare_and_swap(&key(), version, &next).await.unwrap().is_some() {
            return;
        }
    }
}

#[tokio::test]
async fn many_processes_lose_no_write() {
    if let Ok(path) = env::var(VARIABLE) {
        let store = TokenFile::open(path).await.unwrap();
        for _ in 0..8 {
            add_one(&store).await;
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let test = "processes::many_processes_lose_no_write";
    let children: Vec<_> = (0..6).map(|_| start(test, &path)).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(number(&TokenFile::open(&path).await.unwrap()).await.0, 6 * 8);
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_writes_leaves_a_good_file_and_no_lock() {
    if let Ok(path) = env::var(VARIABLE) {
        let store = TokenFile::open(path).await.unwrap();
        // Until somebody kills it.
        loop {
            add_one(&store).await;
            stderr().write_all(b".").unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let test = "processes::a_process_that_is_killed_while_it_writes_leaves_a_good_file_and_no_lock";
    let mut least = 0;
    for round in 1..=20 {
        let mut child = start(test, &path);
        assert_eq!(heard(&mut child, round), ".".repeat(round));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        // What it said that it wrote is there; what it was at may be.
        least += u32::try_from(round).unwrap();
        let store = TokenFile::open(&path).await.unwrap();
        let (found, _) = number(&store).await;
        assert!(least <= found, "{found} after {least}");
        add_one(&store).await;
        least = found + 1;
        assert!(!folder.path().join("tokens.json.new").exists());
    }
}

/// A tool of the provider at `token_url`: what it makes at each start.
async fn tool(path: &Path, token_url: &str, id: &str, secret: &str) -> TokenManager {
    let descriptor = Descriptor::new("acme", "https://acme.test/authorize", token_url.to_owned());
    let config = ClientConfig::new(id).with_secret(Secret::new(secret));
    let client = OAuth2Client::new(Acme(descriptor), config).unwrap();
    TokenManager::new(Arc::new(client), Arc::new(TokenFile::open(path).await.unwrap()))
}

/// A provider, and in the file a token of it that has to be renewed.
async fn signed_in(path: &Path) -> (LocalProvider, [String; 3]) {
    let local = LocalProvider::start().await.unwrap();
    let config = local.client_config("http://127.0.0.1/callback").unwrap();
    let client = OAuth2Client::new(local.provider(), config).unwrap();
    let login = client.authorize().start().await.unwrap();
    let landing = local.browser().sign_in(&login.url, User::first()).await.unwrap();
    let callback = landing.callback().unwrap();
    let token = client.get_access_token(callback, login.pending).await.unwrap();
    let old = OAuth2Token::from_refresh_token(token.refresh_token().unwrap().clone());
    let store = TokenFile::open(path).await.unwrap();
    store.compare_and_swap(&key(), None, &old.expose_for_storage()).await.unwrap().unwrap();
    local.clear_requests();
    let token_url = format!("{}/token", local.base_url());
    let secret = local.client_secret().expose().to_owned();
    let client = [token_url, local.client_id().to_owned(), secret];
    (local, client)
}

#[tokio::test]
async fn many_processes_renew_a_token_once() {
    if let Ok(path) = env::var(VARIABLE) {
        stderr().write_all(b".").unwrap();
        // Until all of them are there.
        let mut client = String::new();
        stdin().read_to_string(&mut client).unwrap();
        let [token_url, id, secret] = client.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let tool = tool(path.as_ref(), token_url, id, secret).await;
        let token = tool.session("ada").token().await.unwrap();
        stderr().write_all(token.access_token().expose().as_bytes()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let (local, client) = signed_in(&path).await;
    let test = "processes::many_processes_renew_a_token_once";
    let mut children: Vec<_> = (0..6).map(|_| start(test, &path)).collect();
    for child in &mut children {
        assert_eq!(heard(child, 1), ".");
    }
    for child in &mut children {
        child.stdin.take().unwrap().write_all(client.join(" ").as_bytes()).unwrap();
    }
    // Elsewhere, since the provider needs this thread to answer.
    let outputs = tokio::task::spawn_blocking(|| {
        children.into_iter().map(|child| child.wait_with_output().unwrap()).collect::<Vec<_>>()
    });
    let outputs = outputs.await.unwrap();
    let [token_url, id, secret] = &client;
    let kept = tool(&path, token_url, id, secret).await.session("ada").token().await.unwrap();
    for output in outputs {
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        assert_eq!(said, kept.access_token().expose());
    }
    assert_eq!(local.count("token"), 1);
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_renews_holds_nobody_up_for_ever() {
    if let Ok(path) = env::var(VARIABLE) {
        let store = TokenFile::open(path).await.unwrap();
        for (key, length) in [(key(), Duration::from_secs(1)), (other_key(), MINUTE)] {
            assert!(store.lease(&key, length).await.unwrap().is_some());
        }
        stderr().write_all(b".").unwrap();
        // Until somebody kills it.
        stdin().read_to_string(&mut String::new()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let (local, [token_url, id, secret]) = signed_in(&path).await;
    let test = "processes::a_process_that_is_killed_while_it_renews_holds_nobody_up_for_ever";
    let mut child = start(test, &path);
    assert_eq!(heard(&mut child, 1), ".");
    child.kill().unwrap();
    child.wait().unwrap();
    let store = TokenFile::open(&path).await.unwrap();
    assert!(store.lease(&other_key(), MINUTE).await.unwrap().is_none(), "nor let in too early");
    tool(&path, &token_url, &id, &secret).await.session("ada").token().await.unwrap();
    assert_eq!(local.count("token"), 1);
}
