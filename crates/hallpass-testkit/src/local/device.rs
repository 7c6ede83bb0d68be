//! Devices without a browser: [RFC 8628](https://www.rfc-editor.org/rfc/rfc8628). What was given
//! out is pure, and the time comes in, as in `grants`.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use hallpass_core::http::{Method, StatusCode};
use rand::seq::IndexedRandom as _;
use serde_json::json;

use super::{
    grants::unguessable,
    page::{self, Question},
    shared::{Shared, locked},
    token::not_believed,
    wire::{Answer, Asked},
};

/// Letters that nobody takes for another, and that spell no word: RFC 8628 section 6.1.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// RFC 8628 section 3.5.
const SLOWER: Duration = Duration::from_secs(5);

/// Codes for devices, and the pages on which they are decided.
#[derive(Default)]
pub(super) struct Devices {
    by_code: HashMap<String, Device>,
    /// The device codes of pages that wait for their answer, by the word of the page.
    pages: HashMap<String, String>,
}

struct Device {
    client: String,
    scopes: Vec<String>,
    user_code: String,
    until: SystemTime,
    interval: Duration,
    polled: Option<SystemTime>,
    state: State,
}

enum State {
    Waiting,
    Denied,
    Granted(usize),
}

/// What a user granted to a device.
pub(super) struct Granted {
    pub(super) user: usize,
    pub(super) scopes: Vec<String>,
}

/// An error code, and what it says to developers.
pub(super) type Refused = (&'static str, &'static str);

impl Devices {
    /// A poll of the token endpoint. What was granted is given out once.
    pub(super) fn poll(
        &mut self,
        device_code: &str,
        client: &str,
        now: SystemTime,
    ) -> Result<Granted, Refused> {
        let device = self.by_code.get_mut(device_code).filter(|device| device.client == client);
        let device = device.ok_or(("invalid_grant", "nobody was given this device code"))?;
        if now >= device.until {
            return Err(("expired_token", "the code is too old"));
        }
        let since = device.polled.replace(now).map(|at| now.duration_since(at).unwrap_or_default());
        match device.state {
            State::Denied => Err(("access_denied", "the user said no")),
            State::Waiting if since.is_some_and(|since| since < device.interval) => {
                device.interval += SLOWER;
                Err(("slow_down", "that was too soon"))
            }
            State::Waiting => Err(("authorization_pending", "the user has not decided yet")),
            State::Granted(user) => {
                let scopes = std::mem::take(&mut device.scopes);
                self.by_code.remove(device_code);
                Ok(Granted { user, scopes })
            }
        }
    }

    /// The code that a user typed, in any case and with or without its dash; only while it waits.
    fn waiting(&mut self, typed: &str, now: SystemTime) -> Option<(&String, &mut Device)> {
        let plain = |code: &str| code.replace(['-', ' '], "").to_ascii_uppercase();
        let typed = plain(typed);
        self.by_code.iter_mut().find(|(_, device)| {
            let is_waiting = matches!(device.state, State::Waiting) && now < device.until;
            is_waiting && plain(&device.user_code) == typed
        })
    }
}

/// The device authorization endpoint: RFC 8628 sections 3.1 and 3.2.
pub(super) fn authorization(shared: &Shared, asked: &Asked) -> Answer {
    if asked.method != Method::POST {
        return Answer::not_allowed("POST");
    }
    let bad = |why| Answer::refusal(StatusCode::BAD_REQUEST, "invalid_request", why);
    let Some(params) = asked.params().filter(|_| asked.is_form()) else {
        return bad("the body is no form");
    };
    if params.repeats_one() {
        return bad("a parameter comes twice");
    }
    let client = match shared.authenticate(asked, &params, shared.way()) {
        Ok(client) => client,
        Err(disbelief) => return not_believed(asked, disbelief),
    };
    let scopes = params.get("scope").unwrap_or_default().split(' ');
    let settings = &shared.settings;
    let (device_code, user_code) = (unguessable(), short_code());
    let device = Device {
        client: client.id().to_owned(),
        scopes: scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
        user_code: user_code.clone(),
        until: settings.clock.now() + settings.device_code_lifetime,
        interval: settings.device_interval,
        polled: None,
        state: State::Waiting,
    };
    locked(&shared.devices).by_code.insert(device_code.clone(), device);
    let page = format!("{}/device", shared.origins.issuer());
    let complete = format!("{page}?user_code={user_code}");
    Answer::json(
        StatusCode::OK,
        &json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": complete,
            "expires_in": settings.device_code_lifetime.as_secs(),
            "interval": settings.device_interval.as_secs(),
        }),
    )
}

/// The page for the user: RFC 8628 section 3.3.
pub(super) fn page(shared: &Shared, asked: &Asked) -> Answer {
    match asked.method {
        Method::GET => ask(shared, asked),
        Method::POST => decide(shared, asked),
        _ => Answer::not_allowed("GET, POST"),
    }
}

fn mistake(message: &str) -> Answer {
    Answer::page(StatusCode::BAD_REQUEST, page::mistake(message))
}

fn ask(shared: &Shared, asked: &Asked) -> Answer {
    let query = asked.query();
    let Some(typed) = query.get("user_code") else {
        return Answer::page(StatusCode::OK, page::user_code());
    };
    let now = shared.settings.clock.now();
    let mut devices = locked(&shared.devices);
    let Some((device_code, device)) = devices.waiting(typed, now) else {
        return mistake("The code is unknown, used or too old: look at the device again.");
    };
    let device_code = device_code.clone();
    let (scopes, user_code) = (device.scopes.clone(), device.user_code.clone());
    let client = shared.client(&device.client).map_or("", |client| client.title());
    let word = unguessable();
    devices.pages.insert(word.clone(), device_code);
    Answer::page(
        StatusCode::OK,
        page::question(&Question {
            provider: shared.descriptor.display_name(),
            logo_svg: shared.descriptor.logo_svg(),
            is_emulated: false,
            client,
            user_code: Some(&user_code),
            scopes: &scopes,
            people: &shared.people,
            action: "/device",
            word: &word,
        }),
    )
}

/// The form of a page that this server made: its word is good once.
fn decide(shared: &Shared, asked: &Asked) -> Answer {
    let Some(params) = asked.params().filter(|_| asked.is_form()) else {
        return mistake("That was not the form of the page.");
    };
    let now = shared.settings.clock.now();
    let mut devices = locked(&shared.devices);
    let device_code = params.get("page").and_then(|word| devices.pages.remove(word));
    let device = device_code.and_then(|code| devices.by_code.get_mut(&code));
    let device = device.filter(|it| matches!(it.state, State::Waiting) && now < it.until);
    let Some(device) = device else {
        return mistake("The page was answered before, is too old, or is not from here.");
    };
    let chosen = params.get("user");
    let user = shared.people.iter().position(|person| Some(person.key.as_str()) == chosen);
    device.state = match (params.get("decision"), user) {
        (Some("allow"), Some(user)) => State::Granted(user),
        (Some("deny"), _) => State::Denied,
        _ => return mistake("Neither Allow nor Deny was chosen, or nobody of that name is here."),
    };
    Answer::page(StatusCode::OK, page::decided())
}

/// `WDJB-MJHT`: 34 bits, which is enough for ten minutes.
fn short_code() -> String {
    let letter = || LETTERS.choose(&mut rand::rng()).map_or('B', |byte| char::from(*byte));
    let half = || (0..4).map(|_| letter()).collect::<String>();
    format!("{}-{}", half(), half())
}
