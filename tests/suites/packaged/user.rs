use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};

use hallpass_github::{ClientConfig, GitHub, OAuth2Client};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = ClientConfig::new("client-id").with_redirect_uri("https://app.test/callback")?;
    let github = OAuth2Client::new(GitHub::new(), config)?;
    // Nothing is sent, so that it is ready at once.
    match pin!(github.authorize().start()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(login) => println!("{}", login?.url.as_str()),
        Poll::Pending => return Err("it waits for something".into()),
    }
    Ok(())
}
