//! What a token is good for, and how it ends: userinfo and RFC 7009, or what the fixtures say.

use std::time::SystemTime;

use hallpass_core::{
    ClientAuth, Json, Revocation, TokenPlacement,
    http::{HeaderName, Method, StatusCode, header},
    url::Url,
};
use serde_json::json;

use super::{
    client::{self, LocalClient, Way},
    grants::{Holder, Ledger},
    route,
    script::{Found, Script},
    shared::{Shared, locked},
    token::not_believed,
    user::LocalUser,
    wire::{Answer, Asked, Params},
    words,
};
use crate::id_token::{self, Facts};

pub(super) fn api(shared: &Shared, asked: &Asked) -> Answer {
    match &shared.script {
        Some(script) => Emulation { shared, script, asked }.answer(),
        None if asked.url.path() == "/userinfo" => userinfo(shared, asked),
        None => own_api(shared, asked),
    }
}

/// RFC 6750 section 3, and the claims of whoever signed in.
fn userinfo(shared: &Shared, asked: &Asked) -> Answer {
    if !matches!(asked.method, Method::GET | Method::POST) {
        return Answer::not_allowed("GET, POST");
    }
    match holder(shared, asked) {
        Some((holder, user)) => Answer::json(StatusCode::OK, &user.userinfo(&holder.scopes)),
        None => no_holder(asked),
    }
}

/// Says who calls it, with a token of a user or of an application itself.
fn own_api(shared: &Shared, asked: &Asked) -> Answer {
    let now = shared.settings.clock.now();
    let token = placed_token(&TokenPlacement::Bearer, asked);
    let Some(holder) = token.and_then(|token| locked(&shared.ledger).holder(token, now)) else {
        return no_holder(asked);
    };
    let user = shared.settings.users.get(holder.user).map(LocalUser::username);
    Answer::json(
        StatusCode::OK,
        &json!({
            "client_id": holder.client,
            "user": user,
            "scope": holder.scopes.join(" "),
            "method": asked.method.as_str(),
            "path": asked.url.path(),
        }),
    )
}

/// Whom the bearer token of a request is for.
pub(super) fn holder<'a>(shared: &'a Shared, asked: &Asked) -> Option<(Holder, &'a LocalUser)> {
    let now = shared.settings.clock.now();
    let token = placed_token(&TokenPlacement::Bearer, asked)?;
    let holder = locked(&shared.ledger).holder(token, now)?;
    let user = shared.settings.users.get(holder.user)?;
    Some((holder, user))
}

/// The answer where the bearer token of a request is for nobody.
pub(super) fn no_holder(asked: &Asked) -> Answer {
    token_refused(placed_token(&TokenPlacement::Bearer, asked).is_some())
}

/// RFC 6750 section 3.1: a request without a token is told no more than that.
fn token_refused(had_one: bool) -> Answer {
    let said = "Bearer realm=\"local\"";
    if !had_one {
        return Answer::empty(StatusCode::UNAUTHORIZED).with(header::WWW_AUTHENTICATE, said);
    }
    let said = format!("{said}, error=\"invalid_token\"");
    let why = "the token is unknown, revoked or too old";
    Answer::refusal(StatusCode::UNAUTHORIZED, "invalid_token", why)
        .with(header::WWW_AUTHENTICATE, &said)
}

pub(super) fn placed_token<'a>(placement: &TokenPlacement, asked: &'a Asked) -> Option<&'a str> {
    match placement {
        TokenPlacement::Header(name) => asked.header(name),
        _ => asked.authorization("Bearer"),
    }
}

pub(super) fn revoke(shared: &Shared, asked: &Asked) -> Answer {
    let is = |text: &str| Url::parse(text).is_ok_and(|url| route::same_place(&url, &asked.url));
    match &shared.script {
        Some(script) if !route::has_rfc7009(&shared.descriptor, is) => {
            Emulation { shared, script, asked }.answer()
        }
        _ => rfc7009(shared, asked),
    }
}

fn rfc7009(shared: &Shared, asked: &Asked) -> Answer {
    if asked.method != Method::POST {
        return Answer::not_allowed("POST");
    }
    let bad = |code, why| Answer::refusal(StatusCode::BAD_REQUEST, code, why);
    let Some(params) = asked.params().filter(|_| asked.is_form()) else {
        return bad("invalid_request", "the body is no form");
    };
    let client = match revoker(shared, asked, &params) {
        Ok(client) => client,
        Err(disbelief) => return not_believed(asked, disbelief),
    };
    let Some(token) = params.get("token") else {
        return bad("invalid_request", "token is missing");
    };
    let mut ledger = locked(&shared.ledger);
    let owner = ledger.client_of(token);
    if client.is_some_and(|client| owner.is_some_and(|owner| owner != client.id())) {
        return bad("unauthorized_client", "the token was given to another client");
    }
    // Section 2.2: what is no token any more is as good as revoked.
    ledger.revoke(token);
    match shared.script.as_ref().and_then(|script| script.revoked(&asked.url)) {
        Some(response) => Answer::recorded(response, response.body().to_owned()),
        None => Answer::empty(StatusCode::OK),
    }
}

/// Who revokes; `None` where whoever has a token may end it.
fn revoker<'a>(
    shared: &'a Shared,
    asked: &Asked,
    params: &Params,
) -> Result<Option<&'a LocalClient>, client::Disbelief> {
    let way = match (&shared.script, shared.descriptor.revocation()) {
        (Some(_), Revocation::Rfc7009(auth)) => Way::Only(auth),
        _ => shared.way(),
    };
    let (id_name, _) = shared.descriptor.client_params();
    let says_nothing = params.get(id_name).is_none();
    if way == Way::Only(ClientAuth::None) && says_nothing && shared.script.is_some() {
        return Ok(None);
    }
    shared.authenticate(asked, params, way).map(Some)
}

/// One request to the API of an emulated provider.
struct Emulation<'a> {
    shared: &'a Shared,
    script: &'a Script,
    asked: &'a Asked,
}

impl<'a> Emulation<'a> {
    fn answer(&self) -> Answer {
        let now = self.shared.settings.clock.now();
        let mut ledger = locked(&self.shared.ledger);
        let token = placed_token(self.shared.descriptor.token_placement(), self.asked);
        let holder = token.and_then(|token| ledger.holder(token, now));
        match (self.find(holder.as_ref()), token, holder) {
            (Some(found), _, _) if found.is_for_client() => self.to_client(&found, &mut ledger),
            (Some(found), Some(token), Some(holder)) => {
                self.give(&found, token, &holder, &mut ledger)
            }
            (Some(found), ..) if found.is_revocation() => self.refused(found.operation()),
            (None, _, Some(_)) => self.unknown(),
            _ => self.refused("profile"),
        }
    }

    /// In the client's name, about a token or about none.
    fn to_client(&self, found: &Found<'_>, ledger: &mut Ledger) -> Answer {
        let Some(client) = self.client(found) else {
            return not_believed(self.asked, client::Disbelief::Wrong);
        };
        if !found.is_about_a_token() {
            return self.recorded(found, client.id(), None);
        }
        let now = self.shared.settings.clock.now();
        let given = texts(self.asked).into_iter().find_map(|text| {
            let holder = ledger.holder_of_any(&text, now)?;
            (holder.client == client.id()).then_some((text, holder))
        });
        match given {
            Some((token, holder)) => match self.find(Some(&holder)) {
                Some(found) => self.give(&found, &token, &holder, ledger),
                None => self.unknown(),
            },
            None => self.refused(found.operation()),
        }
    }

    fn client(&self, found: &Found<'_>) -> Option<&'a LocalClient> {
        let by_basic = client::by_basic(&self.shared.settings.clients, self.asked);
        by_basic.or_else(|| {
            let params = self.asked.params()?;
            // Where no secret is wanted, the client only says who it is.
            let auth = if found.has_secret() { ClientAuth::Post } else { ClientAuth::None };
            self.shared.authenticate(self.asked, &params, Way::Only(auth)).ok()
        })
    }

    /// Answers, and ends what a revocation ends.
    fn give(&self, found: &Found<'_>, token: &str, holder: &Holder, ledger: &mut Ledger) -> Answer {
        if found.is_last() {
            match found.operation() {
                "revoke_access_token" => ledger.revoke(token),
                "revoke_refresh_token" => ledger.revoke_family(holder.id),
                _ if found.is_revocation() => ledger.revoke_grant(&holder.client, holder.user),
                _ => {}
            }
        }
        self.recorded(found, &holder.client, Some(token))
    }

    fn find(&self, holder: Option<&Holder>) -> Option<Found<'a>> {
        let person = holder.and_then(|holder| self.shared.people.get(holder.user));
        let case = person.map_or("", |person| person.key.as_str());
        let is = |word: &str, got: &str| self.shared.stands_for(self.asked, word, got);
        self.script.find(self.asked, case, is)
    }

    fn recorded(&self, found: &Found<'_>, client_id: &str, token: Option<&str>) -> Answer {
        let response = found.response();
        let body = words::replace(response.body(), |word| match word {
            "ID" => Some(client_id.to_owned()),
            _ if words::ACCESS.contains(&word) => token.map(str::to_owned),
            _ => None,
        });
        Answer::recorded(response, self.signed(body, client_id))
    }

    /// Signed userinfo, for this client.
    fn signed(&self, body: String, client_id: &str) -> String {
        let secret = self.shared.client(client_id).and_then(LocalClient::secret);
        let now = self.shared.settings.clock.now();
        let facts = Facts {
            unix_seconds: now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs()),
            client_id,
            client_secret: secret.map_or("", |secret| secret.expose()),
            nonce: None,
            user: None,
        };
        id_token::fill(&body, facts).unwrap_or(body)
    }

    /// As the provider refuses a token that is none.
    fn refused(&self, operation: &str) -> Answer {
        let response = self.script.refusal(operation, "refused");
        match response.or_else(|| self.script.refusal("profile", "refused")) {
            Some(response) => Answer::recorded(response, response.body().to_owned()),
            None => token_refused(true),
        }
    }

    fn unknown(&self) -> Answer {
        let is = |word: &str, got: &str| self.shared.stands_for(self.asked, word, got);
        if let Some(response) = self.script.refusing_params(self.asked, is) {
            return Answer::recorded(response, response.body().to_owned());
        }
        let Asked { method, url, .. } = self.asked;
        let (origin, path) = (url.origin().ascii_serialization(), url.path());
        let message = format!("no fixture answers {method} {origin}{path} with these parameters");
        Answer::json(StatusCode::NOT_FOUND, &json!({ "message": message }))
    }
}

/// All texts of a request in which a token may stand: body, query, path, headers.
fn texts(asked: &Asked) -> Vec<String> {
    let mut texts = Vec::new();
    match serde_json::from_slice(&asked.body) {
        Ok(body) => strings(&body, &mut texts),
        Err(_) => texts.extend(Params::of_form(&asked.body).values().map(str::to_owned)),
    }
    texts.extend(asked.query().values().map(str::to_owned));
    texts.extend(asked.url.path().split('/').map(str::to_owned));
    let value = |(_, value): (&HeaderName, &header::HeaderValue)| {
        let text = value.to_str().ok()?;
        Some(text.rsplit(' ').next().unwrap_or(text).to_owned())
    };
    texts.extend(asked.headers.iter().filter_map(value));
    texts
}

fn strings(json: &Json, texts: &mut Vec<String>) {
    match json {
        Json::String(text) => texts.push(text.clone()),
        Json::Array(list) => list.iter().for_each(|item| strings(item, texts)),
        Json::Object(members) => members.values().for_each(|member| strings(member, texts)),
        _ => {}
    }
}
