//! A login with the facade, at any provider by its name, from a command line.

use std::{env, error::Error, sync::Arc};

use hallpass::{
    AuthorizationRequest, BaseOAuth2, Callback, ClientConfig, OAuth2Client, Provider,
    cli::CliLogin, openid::OpenId,
};

fn client(
    name: &str,
    host: &str,
    config: ClientConfig,
) -> Result<Arc<dyn BaseOAuth2>, Box<dyn Error>> {
    match name {
        "apple" => with(hallpass::apple::Apple::new(), config),
        "auth0" => with(hallpass::auth0::Auth0::new(&host.parse()?), config),
        "discord" => with(hallpass::discord::Discord::new(), config),
        "facebook" => with(hallpass::facebook::Facebook::new(), config),
        "franceconnect" => with(hallpass::franceconnect::FranceConnect::new(), config),
        "github" => with(hallpass::github::GitHub::new(), config),
        "gitlab" => with(hallpass::gitlab::GitLab::new(), config),
        "google" => with(hallpass::google::Google::new(), config),
        "huggingface" => with(hallpass::huggingface::HuggingFace::new(), config),
        "kakao" => with(hallpass::kakao::Kakao::new(), config),
        "line" => with(hallpass::line::Line::new(), config),
        "linkedin" => with(hallpass::linkedin::LinkedIn::new(), config),
        "microsoft" => with(hallpass::microsoft::Microsoft::new(), config),
        "naver" => with(hallpass::naver::Naver::new(), config),
        "okta" => with(hallpass::okta::Okta::new(&host.parse()?), config),
        "reddit" => with(hallpass::reddit::Reddit::new(host.parse()?), config),
        "shopify" => with(hallpass::shopify::Shopify::new(&host.parse()?), config),
        "slack" => with(hallpass::slack::Slack::new(), config),
        "spotify" => with(hallpass::spotify::Spotify::new(), config),
        "twitch" => with(hallpass::twitch::Twitch::new(), config),
        "x" => with(hallpass::x::X::new(), config),
        _ => {
            let provider: OpenId = OpenId::new(name.to_owned(), host);
            with(provider, config)
        }
    }
}

fn with(
    provider: impl Provider,
    config: ClientConfig,
) -> Result<Arc<dyn BaseOAuth2>, Box<dyn Error>> {
    Ok(Arc::new(OAuth2Client::new(provider, config)?))
}

async fn login(name: &str, host: &str, query: Option<String>) -> Result<(), Box<dyn Error>> {
    let config = ClientConfig::new(env::var("ID")?).with_secret(env::var("SECRET")?);
    let config = config.with_redirect_uri("https://app.test/callback")?;
    let client = client(name, host, config)?;
    if let Some(query) = query {
        let login = client.get_authorization_url(AuthorizationRequest::new()).await?;
        let callback = Callback::from_query(&query)?;
        let token = client.get_access_token(callback, login.pending).await?;
        println!("{:?}", client.get_id_email(&token).await?.verified_email());
    }
    let login = CliLogin::new(&*client).sign_in(|url| println!("{}", url.as_str())).await?;
    println!("{} {:?}", login.profile.id(), login.profile.verified_email());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (name, host) = words.next().zip(words.next()).ok_or("a provider and its host")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(login(&name, &host, words.next()))
}
