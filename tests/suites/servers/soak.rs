//! One short round of `cargo xtask soak`, so that it works when somebody wants a long one.

use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_soak");

#[tokio::test]
async fn a_short_soak_keeps_all_promises() {
    let round = tokio::task::spawn_blocking(|| {
        Command::new(PROGRAM).args(["--minutes", "0"]).stdin(Stdio::null()).output()
    });
    let round = round.await.unwrap().unwrap();
    let [said, complaints] = [&round.stdout, &round.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(round.status.success(), "{said}\n{complaints}");
    assert!(said.ends_with("all promises kept\n"), "{said}");
    for kind in ["Redis", "router", "provider"] {
        assert!(said.contains(kind) && !said.contains(&format!("{kind} 0,")), "{said}");
    }
}
