//! A provider on this machine, a user with a telephone, and two runs of the tool.

use std::{env, error::Error, process::Stdio, time::Duration};

use hallpass_testkit::{LocalClient, LocalProvider, User};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

const CLIENT_ID: &str = "command-line-tool";

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let local = LocalProvider::builder()
        .with_client(LocalClient::new(CLIENT_ID))
        .with_device_interval(Duration::from_secs(1));
    let local = local.start().await?;
    let folder = tempfile::tempdir()?;
    for run in ["first", "second"] {
        println!("The {run} run:");
        let mut tool = Command::new(env::current_exe()?);
        tool.args(["--local", local.base_url(), "--client-id", CLIENT_ID, "--token-file"]);
        tool.arg(folder.path().join("tool").join("tokens.json"));
        let mut tool = tool.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stdout = tool.stdout.take().ok_or("a tool without a voice")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            println!("  {line}");
            if let Some((uri, code)) = shown(&line) {
                local.browser().enter_code(uri, code, User::named("ada")).await?;
                println!("  (the user did, and said yes)");
            }
        }
        if !tool.wait().await?.success() {
            return Err("the tool failed".into());
        }
    }
    match local.count("device_authorization") {
        1 => println!("Two runs, one login."),
        logins => return Err(format!("{logins} logins").into()),
    }
    Ok(())
}

/// What the user reads on the screen.
fn shown(line: &str) -> Option<(&str, &str)> {
    let (uri, code) = line.strip_prefix("Open ")?.split_once(" and enter the code ")?;
    Some((uri, code))
}
