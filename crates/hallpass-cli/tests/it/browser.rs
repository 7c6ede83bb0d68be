//! The system's browser. Each test runs itself once more, with a `PATH` of its own: what opens a
//! page there is a script, or nothing.

use std::{
    env, fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use hallpass_cli::{CliLogin, open_browser};
use hallpass_core::{AuthorizationUrl, ErrorKind, url::Url};

use crate::acme::{client, descriptor};

/// Set in the second run.
const ROLE: &str = "HALLPASS_TEST_BROWSER";
const PAGE: &str = "https://acme.test/authorize?state=planted&scope=a+b%26c";
const SHORT: Duration = Duration::from_millis(50);

fn is_second_run() -> bool {
    env::var_os(ROLE).is_some()
}

/// This very test once more, with nothing in `PATH` but `xdg-open`, which is this script.
fn run_again(test: &str, script: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(script) = script {
        write_script(&folder.path().join("xdg-open"), script);
    }
    let pipe = folder.path().join("seen");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &format!("browser::{test}")]);
    let output = command.env(ROLE, "1").env("PATH", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// By a process of its own: a file that this one has open to write could go along into a child of
/// another test, and cannot be run as long as that has it.
fn write_script(path: &Path, script: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", "cat > \"$0\" && chmod 700 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
}

/// Tells what the launcher was given, through a pipe: reading it waits for the launcher.
const TELLS: &str = r#"echo "$#" "$@" > "$PATH/seen""#;

fn told() -> Receiver<String> {
    let pipe = Path::new(&env::var_os("PATH").unwrap()).join("seen");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(fs::read_to_string(pipe).unwrap()));
    receiver
}

fn page(url: &str) -> AuthorizationUrl {
    Url::parse(url).unwrap().into()
}

#[tokio::test]
async fn the_browser_gets_the_url_as_it_is() {
    if !is_second_run() {
        return run_again("the_browser_gets_the_url_as_it_is", Some(TELLS));
    }
    let told = told();
    open_browser(&page(PAGE)).await.unwrap();
    assert_eq!(told.recv_timeout(Duration::from_secs(30)).unwrap(), format!("1 {PAGE}\n"));
}

#[tokio::test]
async fn a_login_opens_the_page_that_it_shows_and_none_where_told_so() {
    if !is_second_run() {
        let test = "a_login_opens_the_page_that_it_shows_and_none_where_told_so";
        return run_again(test, Some(TELLS));
    }
    let (client, _) = client(descriptor());
    let told = told();
    let login = CliLogin::new(&client).with_timeout(SHORT).without_browser();
    login.sign_in(|_| ()).await.unwrap_err();
    let mut shown = String::new();
    let login = CliLogin::new(&client).with_timeout(SHORT);
    login.sign_in(|url| shown = url.as_str().to_owned()).await.unwrap_err();
    // The first that was opened is the second that was shown.
    assert_eq!(told.recv_timeout(Duration::from_secs(30)).unwrap(), format!("1 {shown}\n"));
}

#[tokio::test]
async fn where_there_is_no_browser_the_user_opens_the_url() {
    if !is_second_run() {
        return run_again("where_there_is_no_browser_the_user_opens_the_url", None);
    }
    let error = open_browser(&page(PAGE)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("open the URL yourself"), "{error}");
    assert!(!format!("{error:?}{error}").contains("planted"));

    // A login goes on without one.
    let (client, _) = client(descriptor());
    let login = CliLogin::new(&client).with_timeout(SHORT);
    let mut shown = false;
    let error = login.sign_in(|_| shown = true).await.unwrap_err();
    assert_eq!(error.reason(), Some("expired"));
    assert!(shown);
}

#[tokio::test]
async fn a_launcher_that_fails_does_not_tell_the_url() {
    if !is_second_run() {
        return run_again("a_launcher_that_fails_does_not_tell_the_url", Some("exit 3"));
    }
    // On a busy machine a launcher may fail too late to be noticed.
    for _ in 0..20 {
        if let Err(error) = open_browser(&page(PAGE)).await {
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            return assert!(!format!("{error:?}{error}").contains("planted"));
        }
    }
    panic!("a launcher that fails is not noticed");
}

#[tokio::test]
async fn what_is_no_web_page_is_not_opened() {
    if !is_second_run() {
        return run_again("what_is_no_web_page_is_not_opened", None);
    }
    for url in ["file:///etc/passwd", "javascript:alert(1)", "ms-calculator:", "httpx://acme.test/"]
    {
        let error = open_browser(&page(url)).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Security, Some("scheme")), "{url}");
    }
}
