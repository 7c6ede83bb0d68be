//! What the fuzzers begin with: the exchanges of the providers' fixtures, and a few by hand.

use hallpass_testkit::{Exchange, Fixture};

use crate::{
    providers::{EVERYONE, OPERATIONS},
    world::{LABELS, STATUSES},
};

mod arrivals;
mod by_hand;
mod exchanges;

/// For each door that has some: its name, and inputs that lead through it.
#[must_use]
pub fn seeds() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let fixtures: Vec<_> = FIXTURES.iter().flat_map(|(name, all)| of(name, all)).collect();
    let exchanges = || fixtures.iter().flat_map(|(_, fixture)| fixture.exchanges());
    let callbacks = exchanges().filter_map(location).map(|query| format!("`{query}"));
    let replies = exchanges().filter(|exchange| exchange.request().url().contains("token"));
    let replies = replies.map(|exchange| {
        let (status, label) = chosen(exchange);
        let body = exchange.response().body().replace("ID_TOKEN{", "{");
        format!("c{status}{label}{body}")
    });
    let mut seeds = by_hand::seeds();
    let mut push = |door: &str, inputs: Vec<String>| {
        let place = seeds.iter_mut().find(|(name, _)| *name == door);
        let (_, all) = place.expect("it is a door");
        all.extend(inputs.into_iter().map(String::into_bytes));
    };
    push("callback", callbacks.collect());
    push("token_response", replies.collect());
    push("providers", fixtures.iter().filter_map(|(name, f)| input(name, f)).collect());
    seeds
}

/// As `providers` reads them.
fn input(provider: &str, fixture: &Fixture) -> Option<String> {
    let who = EVERYONE.iter().position(|(name, _)| *name == provider)?;
    let what = OPERATIONS.iter().position(|name| *name == fixture.operation()).unwrap_or(0);
    let query = fixture.exchanges().iter().find_map(location);
    let mut exchanges: Vec<_> =
        fixture.exchanges().iter().filter(|exchange| location(exchange).is_none()).collect();
    let mut own = query.unwrap_or_else(|| "code=CODE&state=STATE".to_owned());
    let is_login = OPERATIONS[what] == "access_token";
    if !is_login {
        own = String::new();
    }
    // A profile that begins with a login: the claims are those of its token.
    let first = exchanges.first()?.response().body();
    if let (false, Some(at)) = (is_login, first.find("ID_TOKEN")) {
        let claims = &first[at + first[at..].find('{')?..];
        let mut objects = serde_json::Deserializer::from_str(claims).into_iter();
        own = objects.next()?.map(|claims: hallpass::core::Json| claims.to_string()).ok()?;
        if exchanges.len() > 1 {
            exchanges.remove(0);
        }
    }
    let (status, label) = chosen(exchanges.first()?);
    let who = char::from(b'@' + u8::try_from(who).ok()?);
    let what = digit(u8::try_from(what).ok()?, OPERATIONS.len());
    let bodies = exchanges.iter().map(|exchange| exchange.response().body());
    let parts: Vec<_> = [own.as_str()].into_iter().chain(bodies).collect();
    Some(format!("{who}{what}{status}{label}{}", parts.join("\0")))
}

/// The bytes that choose status and media type in [`Answers`](crate::world::Answers).
fn chosen(exchange: &Exchange) -> (char, char) {
    let response = exchange.response();
    let status = match response.status() {
        201 => 1,
        204 => 2,
        300..400 => 3,
        400 => 4,
        401 => 5,
        403 => 6,
        404 => 7,
        429 => 8,
        500.. => 9,
        _ => 0,
    };
    let label = match response.header("content-type").unwrap_or_default() {
        label if label.contains("form") => 2,
        label if label.contains("html") => 3,
        label if label.contains("jwt") => 4,
        _ => 0,
    };
    (digit(status, STATUSES.len()), digit(label, LABELS.len()))
}

/// The printable byte that [`pick`](crate::world::pick) takes for `number` in a list of this
/// length.
fn digit(number: u8, length: usize) -> char {
    let is_it = |byte: &u8| usize::from(*byte) % length == usize::from(number);
    char::from((b'0'..=b'z').find(is_it).unwrap_or_default())
}

/// What the browser comes back with, where it does.
fn location(exchange: &Exchange) -> Option<String> {
    let response = exchange.response();
    let location = response.header("location").filter(|_| response.status() < 400)?;
    location.strip_prefix("https://app.test/cb?").map(str::to_owned)
}

fn of(name: &'static str, all: &[(&str, &str)]) -> Vec<(&'static str, Fixture)> {
    let fixture = |file: &str, text: &str| {
        Fixture::parse(file, text).unwrap_or_else(|error| panic!("{name}, {file}: {error}"))
    };
    all.iter().map(|(file, text)| (name, fixture(file, text))).collect()
}

/// The fixtures of a provider: names and texts.
pub type Fixtures = &'static [(&'static str, &'static str)];

/// Of each provider its name, and its fixtures.
pub const FIXTURES: [(&str, Fixtures); 21] = [
    ("apple", hallpass::apple::FIXTURES),
    ("auth0", hallpass::auth0::FIXTURES),
    ("discord", hallpass::discord::FIXTURES),
    ("facebook", hallpass::facebook::FIXTURES),
    ("franceconnect", hallpass::franceconnect::FIXTURES),
    ("github", hallpass::github::FIXTURES),
    ("gitlab", hallpass::gitlab::FIXTURES),
    ("google", hallpass::google::FIXTURES),
    ("huggingface", hallpass::huggingface::FIXTURES),
    ("kakao", hallpass::kakao::FIXTURES),
    ("line", hallpass::line::FIXTURES),
    ("linkedin", hallpass::linkedin::FIXTURES),
    ("microsoft", hallpass::microsoft::FIXTURES),
    ("naver", hallpass::naver::FIXTURES),
    ("okta", hallpass::okta::FIXTURES),
    ("reddit", hallpass::reddit::FIXTURES),
    ("shopify", hallpass::shopify::FIXTURES),
    ("slack", hallpass::slack::FIXTURES),
    ("spotify", hallpass::spotify::FIXTURES),
    ("twitch", hallpass::twitch::FIXTURES),
    ("x", hallpass::x::FIXTURES),
];
