//! What is read of every provider, with what can be wrong in a body: the token reply, the profile,
//! and the refusals of both.

use std::{sync::Arc, time::Instant};

use hallpass::{
    discord::{self, Discord},
    kakao::{self, Kakao},
    naver::{self, Naver},
};
use hallpass_core::{
    BaseOAuth2, Callback, Descriptor, ErrorKind, HttpClient, IdEmail, OAuth2Token,
    PendingAuthorization, Result,
};
use hallpass_oauth1::{ClientCredentials, OAuth1Client, OAuth1Config, OAuth1Provider};
use hallpass_testkit::LocalProvider;
use hallpass_tests::providers::{Known, everyone};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    answers::{self, Answers},
    body::Body,
    diverting::{Damage, Diverting},
    fault::{FAULTS, Fault},
    operation::{Operation, login},
    walk::AT_A_TIME,
};

const CALLBACK: &str = "https://app.test/callback";

type MakeClient = dyn Fn(Arc<dyn HttpClient>) -> Arc<dyn BaseOAuth2> + Send + Sync;

/// A provider that its own fixtures play, or one of OAuth 1 that is played by a few answers.
struct Played {
    at: At,
    client: Box<MakeClient>,
}

enum At {
    Local(Box<LocalProvider>),
    Answers(Arc<Answers>),
}

async fn played(known: Known) -> Arc<Played> {
    let local = LocalProvider::emulating(known.descriptor(), known.fixtures()).await.unwrap();
    let config = local.client_config(CALLBACK).unwrap();
    let client = move |way| known.client(config.clone(), way).unwrap();
    Arc::new(Played { at: At::Local(Box::new(local)), client: Box::new(client) })
}

fn played_by(answers: Answers, provider: OAuth1Provider) -> Arc<Played> {
    let config = OAuth1Config::new(ClientCredentials::new("key", "secret"));
    let client = OAuth1Client::new(provider, config.with_redirect_uri(CALLBACK).unwrap()).unwrap();
    let client =
        move |way| -> Arc<dyn BaseOAuth2> { Arc::new(client.clone().with_http_client(way)) };
    Arc::new(Played { at: At::Answers(Arc::new(answers)), client: Box::new(client) })
}

/// Each provider of the workspace, and other ways to some of them: by OpenID, and by OAuth 1.
async fn all_ways() -> Vec<Arc<Played>> {
    let by_openid = [
        Known::new(Discord::openid(), discord::OPENID_FIXTURES),
        Known::new(Kakao::openid(), kakao::OPENID_FIXTURES),
        Known::new(Naver::openid(), naver::OPENID_FIXTURES),
    ];
    let mut all = Vec::new();
    for known in everyone().unwrap().into_iter().chain(by_openid) {
        all.push(played(known).await);
    }
    all.push(played_by(Answers::of_x(), OAuth1Provider::x()));
    all.push(played_by(Answers::of_tumblr(), OAuth1Provider::tumblr()));
    all
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Token,
    Profile,
    /// A refusal with this status, and a word of the standard where the body can be read.
    TokenRefusal(u16),
    ProfileRefusal(u16),
}

const READERS: [Reader; 7] = [
    Reader::Token,
    Reader::Profile,
    Reader::TokenRefusal(400),
    Reader::TokenRefusal(500),
    Reader::ProfileRefusal(400),
    Reader::ProfileRefusal(401),
    Reader::ProfileRefusal(503),
];

/// Codes are worth nothing here, whoever's they are.
const TOKEN_REFUSAL: &str = r#"{"error":"invalid_grant","error_description":"No.","n":1}"#;
const API_REFUSAL: &str = r#"{"message":"No.","n":1}"#;

impl Reader {
    /// What the caller may be told. `None`: it works, and is the same user.
    fn wants(self, body: Body, descriptor: &Descriptor) -> &'static [Option<ErrorKind>] {
        use ErrorKind::{Config, Denied, Malformed, Security, Transport};
        let is_readable = matches!(
            body,
            Body::WrongType | Body::ByteOrderMark | Body::PastU64 | Body::Duplicates
        );
        match (self, body) {
            // Whatever the status says, it is not read to its end.
            (_, Body::TooLong) => &[Some(Malformed)],
            // A JWT, which has no byte order mark, and whose type says that it is one.
            (Self::Profile, Body::Html | Body::WrongType) if descriptor.is_userinfo_signed() => {
                &[Some(Security)]
            }
            (Self::Profile, _) if descriptor.is_userinfo_signed() => &[Some(Malformed)],
            (Self::Token | Self::Profile, Body::WrongType | Body::ByteOrderMark) => &[None],
            // Some ids are numbers, and none is that large.
            (Self::Token | Self::Profile, Body::PastU64) => &[None, Some(Malformed)],
            // The last counts where the body is JSON to a provider's crate.
            (Self::Profile, Body::Duplicates) => &[None, Some(Malformed)],
            (Self::Token | Self::Profile, _) => &[Some(Malformed)],
            (Self::TokenRefusal(400), Body::Duplicates) => &[Some(Malformed), Some(Denied)],
            (Self::TokenRefusal(400), _) if is_readable => &[Some(Denied)],
            (Self::TokenRefusal(400), _) => &[Some(Malformed)],
            // A provider's crate may know its words.
            (Self::ProfileRefusal(400), _) if is_readable => &[Some(Config), Some(Denied)],
            (Self::ProfileRefusal(400), _) => &[Some(Config)],
            (Self::ProfileRefusal(401), _) => &[Some(Denied)],
            (Self::TokenRefusal(_) | Self::ProfileRefusal(_), _) => &[Some(Transport)],
        }
    }

    /// A token reply is a form there, and a refusal of it is told by its status.
    fn wants_of_oauth1(self, body: Body, descriptor: &Descriptor) -> &'static [Option<ErrorKind>] {
        match (self, body) {
            (_, Body::TooLong) => &[Some(ErrorKind::Malformed)],
            (Self::Token, Body::Nested | Body::NaN | Body::PastU64) => &[None],
            (Self::TokenRefusal(400), _) => &[Some(ErrorKind::Denied)],
            _ => self.wants(body, descriptor),
        }
    }

    fn damage(self, body: Body) -> Damage {
        match self {
            Self::Token | Self::Profile => Damage::Of(Fault::Body(body)),
            Self::TokenRefusal(status) => Damage::Refusal(status, TOKEN_REFUSAL, body),
            Self::ProfileRefusal(status) => Damage::Refusal(status, API_REFUSAL, body),
        }
    }

    fn operation(self) -> Operation {
        match self {
            Self::Token | Self::TokenRefusal(_) => Operation::Exchange,
            Self::Profile | Self::ProfileRefusal(_) => Operation::Profile,
        }
    }
}

impl Played {
    async fn login(&self, client: &Arc<dyn BaseOAuth2>) -> (Callback, PendingAuthorization) {
        match &self.at {
            At::Local(local) => login(client, &local.browser()).await,
            At::Answers(_) => answers::login(client).await,
        }
    }

    fn http_client(&self) -> Arc<dyn HttpClient> {
        match &self.at {
            At::Local(local) => local.http_client(),
            At::Answers(answers) => Arc::<Answers>::clone(answers),
        }
    }

    /// What differs, and how often the fault was met: one client meets them all.
    async fn read(&self, reader: Reader) -> (Vec<String>, usize) {
        let way = Arc::new(Diverting::new(self.http_client()));
        let client = (self.client)(Arc::<Diverting>::clone(&way));
        let (callback, pending) = self.login(&client).await;
        let token = client.get_access_token(callback, pending).await.unwrap();
        let good = client.get_id_email(&token).await.unwrap();
        let (mut differences, mut met) = (Vec::new(), 0);
        for (fault, body) in bodies() {
            let (got, is_met) = self.meet(reader, body, &way, &client, &token).await;
            met += usize::from(is_met);
            let place = format!("{} {reader:?} {fault}", client.descriptor().name());
            let told = got.as_ref().map_or_else(|error| Some(error.kind()), |_| None);
            if got.as_ref().is_ok_and(|who| who.id != good.id) {
                differences.push(format!("{place}: somebody else: {got:?}"));
            }
            // Where its ID token says who it is, nobody is asked.
            let wants = match &self.at {
                At::Local(_) => reader.wants(body, client.descriptor()),
                At::Answers(_) => reader.wants_of_oauth1(body, client.descriptor()),
            };
            if is_met && !wants.contains(&told) {
                differences.push(format!("{place}: {got:?}"));
            }
            let later = client.get_id_email(&token).await;
            if !later.as_ref().is_ok_and(|who| who.id == good.id) {
                differences.push(format!("{place}: afterwards {later:?}"));
            }
        }
        (differences, met)
    }

    /// What one fault comes to, and whether it was met.
    async fn meet(
        &self,
        reader: Reader,
        body: Body,
        way: &Diverting,
        client: &Arc<dyn BaseOAuth2>,
        token: &OAuth2Token,
    ) -> (Result<IdEmail>, bool) {
        let (is_meant, damage) = (reader.operation().is_meant(), reader.damage(body));
        if reader.operation() == Operation::Profile {
            let diversion = way.divert(is_meant, damage).await;
            let got = client.get_id_email(token).await;
            way.restore();
            return (got, diversion.sent() > 0);
        }
        let (callback, pending) = self.login(client).await;
        let diversion = way.divert(is_meant, damage).await;
        let token = client.get_access_token(callback, pending).await;
        way.restore();
        let got = match token {
            Ok(token) => client.get_id_email(&token).await,
            Err(error) => Err(error),
        };
        (got, diversion.sent() > 0)
    }
}

/// The faults of a body, by name.
fn bodies() -> impl Iterator<Item = (&'static str, Body)> {
    FAULTS.into_iter().filter_map(|(name, fault)| match fault {
        Fault::Body(body) => Some((name, body)),
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_body_makes_a_user_of_any_provider_somebody_else_or_a_refusal_what_it_is_not() {
    let begun = Instant::now();
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut cells = JoinSet::new();
    for played in all_ways().await {
        for reader in READERS {
            let (played, places) = (Arc::clone(&played), Arc::clone(&places));
            cells.spawn(async move {
                let _place = places.acquire().await.unwrap();
                played.read(reader).await
            });
        }
    }
    let (all, mut asked, mut differences) = (cells.len() * bodies().count(), 0, Vec::new());
    for (different, met) in cells.join_all().await {
        asked += met;
        differences.extend(different);
    }
    println!("{all} cells, {asked} with a request, in {:?}", begun.elapsed());
    assert!(asked > all / 2, "hardly anybody was asked");
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
