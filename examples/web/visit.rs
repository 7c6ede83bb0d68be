//! What a person does there, done by itself: one provider, the profile, another one.

use std::error::Error;

use hallpass_testkit::{Browser, User};

use super::played::Stage;

/// Signs in with each provider that is played here, and looks at the profile.
pub(crate) async fn everyone(base: &str, stage: &Stage) -> Result<(), Box<dyn Error>> {
    let browser = Browser::new();
    for (name, local) in stage.players.iter() {
        let page = browser.open(format!("{base}/login/{name}")).await?;
        let landing = local.browser().sign_in(page.url(), User::first()).await?;
        let profile = browser.deliver(&landing).await?;
        if profile.status() != 200 || profile.url() != format!("{base}/") {
            return Err(format!("{name}: {} at {}", profile.status(), profile.url()).into());
        }
        let title = profile.text().split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
        println!("{name}: {}", title.unwrap_or("?").replace("<bdi>", "").replace("</bdi>", ""));
    }
    println!("{} providers, each signed in with.", stage.players.len());
    Ok(())
}
