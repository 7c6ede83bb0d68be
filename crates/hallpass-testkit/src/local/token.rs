//! The token endpoint: RFC 6749 sections 4.1.3, 5 and 6.

use std::time::{Duration, SystemTime};

use hallpass_core::{
    Json,
    http::{Method, StatusCode, header},
};
use serde_json::json;

#[cfg(feature = "openid")]
use super::openid;
use super::{
    client::{Disbelief, LocalClient},
    grants::{FamilyId, Ledger, Proof},
    script::{Script, lifetime},
    shared::{Shared, locked},
    wire::{Answer, Asked, Params},
    words,
};
use crate::{
    FixtureResponse,
    id_token::{self, Facts},
};

/// `granted` is what a good code is answered with, where that depends on the request.
pub(super) fn token(shared: &Shared, asked: &Asked, granted: Option<&FixtureResponse>) -> Answer {
    if asked.method != Method::POST {
        return Answer::not_allowed("POST");
    }
    redeem(shared, asked, granted).unwrap_or_else(|refusal| refusal.into_answer(shared, asked))
}

/// RFC 6749 section 5.2.
enum Refusal {
    Client(Disbelief),
    Code(&'static str),
    Refresh(&'static str),
    /// By an operation of the provider's own.
    Own(String, &'static str),
    Other(&'static str, &'static str),
}

impl Refusal {
    /// What the provider that is emulated says to it, or RFC 6749.
    fn into_answer(self, shared: &Shared, asked: &Asked) -> Answer {
        let recorded = |operation: &str, case: &str| {
            let response = shared.script.as_ref()?.refusal(operation, case)?;
            Some(Answer::recorded(response, response.body().to_owned()))
        };
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::Code(why) => recorded("access_token", "refused")
                .unwrap_or_else(|| Answer::refusal(bad, "invalid_grant", why)),
            Self::Refresh(why) => recorded("refresh", "refused")
                .unwrap_or_else(|| Answer::refusal(bad, "invalid_grant", why)),
            Self::Own(operation, why) => recorded(&operation, "refused")
                .unwrap_or_else(|| Answer::refusal(bad, "invalid_grant", why)),
            Self::Client(Disbelief::Wrong) => recorded("access_token", "bad_secret")
                .unwrap_or_else(|| not_believed(asked, Disbelief::Wrong)),
            Self::Client(disbelief) => not_believed(asked, disbelief),
            Self::Other(code, why) => Answer::refusal(bad, code, why),
        }
    }
}

/// RFC 6749 section 5.2: 401, and the scheme where the client tried one.
pub(super) fn not_believed(asked: &Asked, disbelief: Disbelief) -> Answer {
    let why = match disbelief {
        Disbelief::OtherWay(why) => why,
        Disbelief::Wrong => "the client is unknown, or its secret wrong",
    };
    let answer = Answer::refusal(StatusCode::UNAUTHORIZED, "invalid_client", why);
    match asked.headers.contains_key(header::AUTHORIZATION) {
        true => answer.with(header::WWW_AUTHENTICATE, "Basic realm=\"local\""),
        false => answer,
    }
}

fn redeem(
    shared: &Shared,
    asked: &Asked,
    granted: Option<&FixtureResponse>,
) -> Result<Answer, Refusal> {
    // The local provider takes forms alone; what an emulated one takes, its own crate knows.
    let params = asked.params().filter(|_| asked.is_form() || shared.script.is_some());
    let params = params.ok_or(Refusal::Other("invalid_request", "the body is no form"))?;
    if params.repeats_one() {
        return Err(Refusal::Other("invalid_request", "a parameter comes twice"));
    }
    let client = shared.authenticate(asked, &params, shared.way()).map_err(Refusal::Client)?;
    match params.get("grant_type") {
        Some("authorization_code") => redeem_code(shared, client, &params, granted),
        Some("refresh_token") if offers_refresh(shared) => redeem_refresh(shared, client, &params),
        Some(_) => redeem_own(shared, client, asked, &params),
        None => Err(Refusal::Other("invalid_request", "grant_type is missing")),
    }
}

fn offers_refresh(shared: &Shared) -> bool {
    shared.descriptor.offers_refresh()
        && shared.script.as_ref().is_none_or(|script| script.refreshed().is_some())
}

fn redeem_code(
    shared: &Shared,
    client: &LocalClient,
    params: &Params,
    granted: Option<&FixtureResponse>,
) -> Result<Answer, Refusal> {
    let code = params.get("code").ok_or(Refusal::Other("invalid_request", "code is missing"))?;
    let proof = Proof {
        client: client.id(),
        redirect_uri: params.get("redirect_uri"),
        verifier: params.get("code_verifier"),
    };
    let now = shared.settings.clock.now();
    let mut ledger = locked(&shared.ledger);
    let family = ledger.redeem(code, &proof, now).map_err(Refusal::Code)?;
    let mut till = Till { shared, ledger: &mut ledger, family, now };
    let reply = match &shared.script {
        Some(script) => {
            let user = till.ledger.family(family).user;
            let case = shared.people.get(user).map_or("", |person| person.key.as_str());
            let granted = granted.unwrap_or_else(|| script.granted(case));
            return Ok(till.recorded(granted, None));
        }
        None => {
            let scopes = till.ledger.family(family).scopes.clone();
            till.plain(scopes, shared.descriptor.offers_refresh())
        }
    };
    #[cfg(feature = "openid")]
    let reply = {
        let family = ledger.family(family).clone();
        drop(ledger);
        openid::finish(shared, client, &family, openid::Occasion::Code, reply)
    };
    Ok(Answer::json(StatusCode::OK, &reply))
}

fn redeem_refresh(
    shared: &Shared,
    client: &LocalClient,
    params: &Params,
) -> Result<Answer, Refusal> {
    let missing = Refusal::Other("invalid_request", "refresh_token is missing");
    let token = params.get("refresh_token").ok_or(missing)?;
    let now = shared.settings.clock.now();
    let mut ledger = locked(&shared.ledger);
    let family = ledger.present_refresh(token, client.id(), now).map_err(Refusal::Refresh)?;
    let granted = ledger.family(family).scopes.clone();
    let scopes = match params.get("scope") {
        None => granted,
        Some(scope) => {
            let asked: Vec<_> = scope.split(' ').map(str::to_owned).collect();
            // An emulated provider spells what it grants in its own way.
            if shared.script.is_none() && !asked.iter().all(|scope| granted.contains(scope)) {
                return Err(Refusal::Other("invalid_scope", "more than was granted"));
            }
            asked
        }
    };
    let rotates = match shared.script.as_ref().and_then(Script::refreshed) {
        Some(response) => words::has(response.body(), "REFRESH2"),
        None => shared.settings.rotation,
    };
    if rotates && !shared.script.as_ref().is_some_and(Script::takes_refresh_again) {
        ledger.spend_refresh(token);
    }
    let mut till = Till { shared, ledger: &mut ledger, family, now };
    let reply = match shared.script.as_ref().and_then(Script::refreshed) {
        Some(response) => return Ok(till.recorded(response, Some(token))),
        None => till.plain(scopes, rotates),
    };
    #[cfg(feature = "openid")]
    let reply = {
        let family = ledger.family(family).clone();
        drop(ledger);
        openid::finish(shared, client, &family, openid::Occasion::Refresh, reply)
    };
    Ok(Answer::json(StatusCode::OK, &reply))
}

/// A grant that the fixtures of the provider's own operations have. A token that it is for must
/// live; where it is for none, nobody signed in.
fn redeem_own(
    shared: &Shared,
    client: &LocalClient,
    asked: &Asked,
    params: &Params,
) -> Result<Answer, Refusal> {
    let unknown = Refusal::Other("unsupported_grant_type", "there is no such grant here");
    let Some(script) = &shared.script else {
        return match params.get("grant_type") {
            Some("client_credentials") => give_client(shared, client, params),
            Some("urn:ietf:params:oauth:grant-type:device_code") => {
                give_device(shared, client, params)
            }
            _ => Err(unknown),
        };
    };
    let is = |word: &str, got: &str| match word {
        "ID" => got == client.id(),
        _ => shared.stands_for(asked, word, got),
    };
    let found = match script.own_grant(asked, params, is) {
        Ok(found) => found,
        Err(Some(near)) => {
            return Err(Refusal::Own(near.to_owned(), "the parameters are not as in its fixtures"));
        }
        Err(None) => return Err(unknown),
    };
    let now = shared.settings.clock.now();
    let mut ledger = locked(&shared.ledger);
    let family = match found.token_param() {
        None => ledger.open_own(client.id(), Vec::new()),
        Some(name) => {
            let holder = params.get(&name).and_then(|token| ledger.holder_of_any(token, now));
            let own = holder.filter(|holder| holder.client == client.id());
            let why = "the token is unknown, revoked, too old or another client's";
            own.ok_or_else(|| Refusal::Own(found.operation().to_owned(), why))?.id
        }
    };
    Ok(Till { shared, ledger: &mut ledger, family, now }.recorded(found.response(), None))
}

/// RFC 6749 section 4.4: no refresh token, and nobody's userinfo.
fn give_client(shared: &Shared, client: &LocalClient, params: &Params) -> Result<Answer, Refusal> {
    if client.is_public() {
        let why = "a client without a secret has no name of its own to ask in";
        return Err(Refusal::Other("unauthorized_client", why));
    }
    let scopes = params.get("scope").unwrap_or_default().split(' ');
    let scopes: Vec<_> = scopes.filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let now = shared.settings.clock.now();
    let mut ledger = locked(&shared.ledger);
    let family = ledger.open_own(client.id(), scopes.clone());
    let reply = Till { shared, ledger: &mut ledger, family, now }.plain(scopes, false);
    Ok(Answer::json(StatusCode::OK, &reply))
}

/// RFC 8628 section 3.4.
fn give_device(shared: &Shared, client: &LocalClient, params: &Params) -> Result<Answer, Refusal> {
    let missing = Refusal::Other("invalid_request", "device_code is missing");
    let code = params.get("device_code").ok_or(missing)?;
    let now = shared.settings.clock.now();
    let granted = locked(&shared.devices).poll(code, client.id(), now);
    let granted = granted.map_err(|(code, why)| Refusal::Other(code, why))?;
    let mut ledger = locked(&shared.ledger);
    let family = ledger.open(client.id(), granted.user, granted.scopes.clone());
    let mut till = Till { shared, ledger: &mut ledger, family, now };
    let reply = till.plain(granted.scopes, shared.descriptor.offers_refresh());
    #[cfg(feature = "openid")]
    let reply = {
        let family = ledger.family(family).clone();
        drop(ledger);
        openid::finish(shared, client, &family, openid::Occasion::Code, reply)
    };
    Ok(Answer::json(StatusCode::OK, &reply))
}

/// Where tokens are given out.
struct Till<'a> {
    shared: &'a Shared,
    ledger: &'a mut Ledger,
    family: FamilyId,
    now: SystemTime,
}

impl Till<'_> {
    fn after(&self, lifetime: Option<Duration>) -> Option<SystemTime> {
        self.now.checked_add(lifetime?)
    }

    fn refresh(&mut self) -> String {
        let until = self.after(self.shared.settings.refresh_token_lifetime);
        self.ledger.issue_refresh(self.family, until)
    }

    /// RFC 6749 section 5.1.
    fn plain(&mut self, scopes: Vec<String>, with_refresh: bool) -> Json {
        let lifetime = self.shared.settings.access_token_lifetime;
        let scope = scopes.join(" ");
        let until = self.after(Some(lifetime));
        let access = self.ledger.issue_access(self.family, scopes, until);
        let mut reply = json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": lifetime.as_secs(),
            "scope": scope,
        });
        if with_refresh {
            reply["refresh_token"] = json!(self.refresh());
        }
        reply
    }

    /// A recorded reply with fresh tokens in the place of its words. On a refresh, `REFRESH` is the
    /// token that was brought.
    fn recorded(&mut self, response: &FixtureResponse, brought: Option<&str>) -> Answer {
        let until = self.after(lifetime(response.body()));
        let scopes = self.ledger.family(self.family).scopes.clone();
        let mut made: Vec<(String, String)> = Vec::new();
        let body = words::replace(response.body(), |word| {
            if let Some((_, value)) = made.iter().find(|(known, _)| known == word) {
                return Some(value.clone());
            }
            let value = match (word, brought) {
                ("REFRESH", Some(brought)) => brought.to_owned(),
                _ if words::ACCESS.contains(&word) => {
                    self.ledger.issue_access(self.family, scopes.clone(), until)
                }
                _ if words::REFRESH.contains(&word) => self.refresh(),
                ("ID", _) => self.ledger.family(self.family).client.clone(),
                _ => return None,
            };
            made.push((word.to_owned(), value.clone()));
            Some(value)
        });
        Answer::recorded(response, self.signed(body))
    }

    /// The reply with its ID token about whoever signed in, for this login.
    fn signed(&self, body: String) -> String {
        let family = self.ledger.family(self.family);
        let clients = &self.shared.settings.clients;
        let secret = clients.iter().find(|client| client.id() == family.client);
        let secret = secret.and_then(LocalClient::secret).map_or("", |secret| secret.expose());
        let person = self.shared.people.get(family.user);
        let script = self.shared.script.as_ref();
        let user = person.and_then(|person| script?.userinfo(&person.key));
        let facts = Facts {
            unix_seconds: self
                .now
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |it| it.as_secs()),
            client_id: &family.client,
            client_secret: secret,
            #[cfg(feature = "openid")]
            nonce: family.openid.nonce.as_deref(),
            #[cfg(not(feature = "openid"))]
            nonce: None,
            user: user.as_ref(),
        };
        // Whether it can be signed was asked when the provider was started.
        id_token::fill(&body, facts).unwrap_or(body)
    }
}
