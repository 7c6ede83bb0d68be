use std::{
    fs::{self, OpenOptions},
    future::Future,
    io::Write as _,
    path::Path,
    time::Duration,
};

use hallpass::{
    Secret,
    cli::TokenFile,
    core::Json,
    session::{Entry, TokenKey, TokenStore as _},
};
use tokio::runtime::{Builder, Runtime};

use crate::oracle::check_error;

/// The file in which a command-line tool keeps tokens: its bytes, whatever they are. It is read,
/// changed and read again, and in it Ada's token alone.
pub fn token_file(input: &[u8]) {
    thread_local! {
        static RUNTIME: Runtime =
            Builder::new_current_thread().enable_time().build().expect("there is a runtime");
    }
    let folder = tempfile::tempdir().expect("there is a place for files");
    let path = folder.path().join("tokens.json");
    let mut file = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    let file = file.write(true).create_new(true).open(&path);
    file.expect("the file is new").write_all(input).expect("there is room for it");
    RUNTIME.with(|runtime| runtime.block_on(opened(&path, input)));
}

async fn opened(path: &Path, input: &[u8]) {
    let file = match TokenFile::open(path).await {
        Ok(file) => file,
        Err(error) => {
            // Its path says nothing of what is in it.
            check_error(&error, &planted(input));
            assert_eq!(fs::read(path).expect("it is still there"), input, "changed, and refused");
            return;
        }
    };
    let before: Json = serde_json::from_slice(input).expect("a token file is JSON");
    let ada = TokenKey::new("ada", "acme");
    let line = before["tokens"].as_array().expect("a list of tokens").iter().find(|it| is_adas(it));
    let entry = unwrapped(file.load(&ada)).await;
    check_entry(entry.as_ref(), line.map(|line| &line["record"]["entry"]));

    let expected = entry.map(|entry| entry.version);
    let new = Secret::new("a new token");
    let version = unwrapped(file.compare_and_swap(&ada, expected, &new)).await;
    let version = version.expect("of the version that is there");
    let stale = unwrapped(file.compare_and_swap(&ada, expected, &new)).await;
    assert!(stale.is_none(), "written over a version that nobody has seen");
    let got = unwrapped(file.load(&ada)).await.expect("it was written");
    assert!(got.token.matches("a new token") && got.version == version);
    check_others(&before, path);

    // Whoever held the lease before may hold it still.
    if let Some(lease) = unwrapped(file.lease(&ada, Duration::from_secs(60))).await {
        assert!(
            unwrapped(file.lease(&ada, Duration::from_secs(60))).await.is_none(),
            "held by two"
        );
        unwrapped(file.release(lease, false)).await;
    }
    unwrapped(file.delete(&ada)).await;
    assert!(unwrapped(file.load(&ada)).await.is_none(), "deleted, and there");
    check_others(&before, path);
}

async fn unwrapped<T>(work: impl Future<Output = hallpass::Result<T>>) -> T {
    work.await.expect("a file that was read is used")
}

/// Longer words of the input, which are in no error.
fn planted(input: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(input).unwrap_or_default();
    let found = ["planted-token", "planted-refresh-token"].into_iter();
    found.filter(|word| text.contains(word)).collect()
}

fn is_adas(line: &Json) -> bool {
    line["user"] == "ada" && line["provider"] == "acme"
}

fn check_entry(entry: Option<&Entry>, kept: Option<&Json>) {
    let kept = kept.filter(|kept| !kept.is_null());
    assert_eq!(entry.is_some(), kept.is_some(), "{kept:?}");
    if let (Some(entry), Some(kept)) = (entry, kept) {
        assert_eq!(entry.token.expose(), kept["token"]);
        assert_eq!(entry.version.get(), kept["version"]);
        assert!(!format!("{entry:?}").contains("planted-token"), "`Debug` shows a token");
    }
}

/// What is another's is as it was.
fn check_others(before: &Json, path: &Path) {
    let now: Json = serde_json::from_slice(&fs::read(path).unwrap()).expect("it is JSON still");
    let tokens = |file: &Json| -> Vec<[Json; 3]> {
        let lines = file["tokens"].as_array().expect("a list of tokens").iter();
        let others = lines.filter(|line| !is_adas(line) && !line["record"]["entry"].is_null());
        let of = |line: &Json| {
            [&line["user"], &line["provider"], &line["record"]["entry"]].map(Json::clone)
        };
        others.map(of).collect()
    };
    assert_eq!(tokens(&now), tokens(before), "another's token");
}
