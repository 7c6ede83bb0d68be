//! The authorization endpoint: a page, an answer, and the way back. RFC 6749 section 4.1.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use hallpass_core::{
    Pkce, Secret,
    http::{Method, StatusCode},
    url::Url,
};

#[cfg(feature = "openid")]
use super::openid;
use super::{
    client::LocalClient,
    grants::{Challenge, Wish},
    page::{self, Question},
    shared::{Shared, locked},
    wire::{Answer, Asked, Params},
};
use crate::words;

/// How long a page waits for its answer.
const PAGE_LIFETIME: Duration = Duration::from_secs(600);

pub(super) fn authorize(shared: &Shared, asked: &Asked) -> Answer {
    let answer = match asked.method {
        Method::GET => ask(shared, asked, &asked.query()),
        Method::POST => match posted(shared, asked) {
            Some(params) => ask(shared, asked, &params),
            None => decide(shared, asked),
        },
        _ => return Answer::not_allowed("GET, POST"),
    };
    answer.unwrap_or_else(|refusal| refusal.into_answer(shared))
}

/// A request in a form, which an OpenID provider takes (OpenID Connect Core section 3.1.2.1), and
/// not the answer of a page.
fn posted(shared: &Shared, asked: &Asked) -> Option<Params> {
    let params = asked.params().filter(|_| shared.is_openid() && asked.is_form())?;
    params.get("page").is_none().then_some(params)
}

/// Why there is no page, or no code.
enum Refusal {
    /// Not redirected: nothing proves that the request is the application's.
    Page(&'static str),
    /// RFC 6749 section 4.1.2.1.
    Redirect { back: Box<Back>, code: Word, description: Word },
}

/// Of our own, or of a fixture.
type Word = Cow<'static, str>;

/// The way back to the application.
struct Back {
    redirect_uri: String,
    state: Option<String>,
    form_post: bool,
    /// Its id.
    client: String,
}

impl Back {
    fn refuse(self, code: impl Into<Word>, description: impl Into<Word>) -> Refusal {
        let (code, description) = (code.into(), description.into());
        Refusal::Redirect { back: Box::new(self), code, description }
    }

    /// The callback, with state and issuer (RFC 9207) added, and what else the provider adds.
    fn answer(self, shared: &Shared, fields: Vec<(&str, String)>) -> Answer {
        let state = self.state.as_ref().map(|state| ("state", state.clone()));
        let issuer = shared.descriptor.issuer().map(|issuer| ("iss", issuer.to_owned()));
        let fields = fields.into_iter().chain(state).chain(issuer);
        let mut fields: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value)).collect();
        let client = shared.client(&self.client);
        if let Some(script) = &shared.script {
            fields.extend(script.added_to_callbacks());
            self.sign(shared, client, &mut fields);
        }
        #[cfg(feature = "openid")]
        let fields = openid::tampered_response(shared, fields);
        if self.form_post {
            let title = client.map_or("", LocalClient::title);
            let page = page::callback(&self.redirect_uri, title, &fields);
            return Answer::page(StatusCode::OK, page);
        }
        Answer::see_other_with(&self.redirect_uri, &fields)
    }

    /// Signs what the application will read: the redirect URI's own parameters too, unless it is a
    /// form that is posted.
    fn sign(
        &self,
        shared: &Shared,
        client: Option<&LocalClient>,
        fields: &mut Vec<(String, String)>,
    ) {
        let url = Url::parse(&self.redirect_uri).ok().filter(|_| !self.form_post);
        let own = url.iter().flat_map(|url| url.query_pairs().into_owned());
        let added = fields.len();
        fields.extend(own);
        let since = shared.settings.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        let seconds = since.map_or(0, |since| since.as_secs());
        let secret = client.and_then(LocalClient::secret).map_or("", Secret::expose);
        words::sign(fields, secret, seconds);
        fields.truncate(added);
    }

    /// The way back of a wish that was granted or not.
    fn of(wish: &Wish) -> Self {
        Self {
            redirect_uri: wish.redirect_uri.clone(),
            state: wish.state.clone(),
            form_post: wish.form_post,
            client: wish.client.clone(),
        }
    }
}

impl Refusal {
    fn into_answer(self, shared: &Shared) -> Answer {
        match self {
            Self::Page(message) => Answer::page(StatusCode::BAD_REQUEST, page::mistake(message)),
            Self::Redirect { back, code, description } => {
                let fields = vec![
                    ("error", code.into_owned()),
                    ("error_description", description.into_owned()),
                ];
                back.answer(shared, fields)
            }
        }
    }
}

fn ask(shared: &Shared, asked: &Asked, params: &Params) -> Result<Answer, Refusal> {
    #[cfg(feature = "openid")]
    let pushed = openid::pushed(shared, params).map_err(Refusal::Page)?;
    #[cfg(feature = "openid")]
    let params = pushed.as_ref().unwrap_or(params);
    let (client, wish) = wish(shared, params)?;
    #[cfg(feature = "openid")]
    if wish.openid.is_silent() {
        let why = "Nobody is signed in, and nobody may be asked.";
        return Err(Back::of(&wish).refuse("login_required", why));
    }
    let until = shared.settings.clock.now() + PAGE_LIFETIME;
    let scopes = wish.scopes.clone();
    let word = locked(&shared.ledger).open_page(wish, until);
    Ok(Answer::page(
        StatusCode::OK,
        page::question(&Question {
            provider: shared.descriptor.display_name(),
            logo_svg: shared.descriptor.logo_svg(),
            is_emulated: shared.script.is_some(),
            client: client.title(),
            user_code: None,
            scopes: &scopes,
            people: &shared.people,
            action: shared.origins.place(&asked.url).as_ref().map_or("", |url| url.path()),
            word: &word,
        }),
    ))
}

/// Reads and checks a request: first what decides whether one may redirect, then the rest.
fn wish<'a>(shared: &'a Shared, params: &Params) -> Result<(&'a LocalClient, Wish), Refusal> {
    let id = params.get(shared.descriptor.client_params().0);
    let id = id.ok_or(Refusal::Page("The request does not say which application it is from."))?;
    let client = shared.client(id);
    let client = client.ok_or(Refusal::Page("The application is unknown: see its client id."))?;
    let said = params.get("redirect_uri");
    let redirect_uri = said
        .or_else(|| client.only_redirect_uri())
        .ok_or(Refusal::Page("The request does not say where to go back to."))?;
    if !client.may_be_answered_at(redirect_uri) {
        return Err(Refusal::Page("The redirect URI is not one of the application's."));
    }
    let form_post = params.get("response_mode") == Some("form_post");
    let back = Back {
        redirect_uri: redirect_uri.to_owned(),
        state: params.get("state").map(str::to_owned),
        form_post,
        client: id.to_owned(),
    };
    if params.repeats_one() {
        return Err(back.refuse("invalid_request", "A parameter comes twice."));
    }
    let missing = shared.script.as_ref().and_then(|script| script.missing(params));
    if let Some((code, description)) = missing {
        return Err(back.refuse(code, description));
    }
    match params.get("response_type") {
        Some("code") => {}
        None => return Err(back.refuse("invalid_request", "response_type is missing.")),
        Some(_) => return Err(back.refuse("unsupported_response_type", "There is code alone.")),
    }
    if !form_post && !matches!(params.get("response_mode"), None | Some("query")) {
        return Err(back.refuse("invalid_request", "response_mode is query or form_post."));
    }
    let challenge = match challenge(shared.descriptor.pkce(), params) {
        Ok(challenge) => challenge,
        Err(description) => return Err(back.refuse("invalid_request", description)),
    };
    let Some(scopes) = scopes(shared, params) else {
        return Err(back.refuse("invalid_scope", "The scopes are joined in another way."));
    };
    #[cfg(feature = "openid")]
    let openid = match openid::Wish::of(shared, params, &scopes) {
        Ok(openid) => openid,
        Err((code, description)) => return Err(back.refuse(code, description)),
    };
    let wish = Wish {
        client: id.to_owned(),
        redirect_uri: back.redirect_uri,
        says_redirect_uri: said.is_some(),
        state: back.state,
        scopes,
        challenge,
        form_post,
        #[cfg(feature = "openid")]
        openid,
    };
    Ok((client, wish))
}

/// `None` if they are joined as the provider does not join them.
fn scopes(shared: &Shared, params: &Params) -> Option<Vec<String>> {
    let separator = shared.descriptor.scope_separator();
    let scope = params.get("scope").unwrap_or_default();
    // RFC 6749 section 3.3 allows a comma in a scope; no provider that is emulated has one.
    let is_foreign = |c: char| matches!(c, ' ' | ',') && c != separator;
    if shared.script.is_some() && scope.contains(is_foreign) {
        return None;
    }
    let scopes = scope.split([separator, ' ']).filter(|scope| !scope.is_empty());
    Some(scopes.map(str::to_owned).collect())
}

/// Whether a request would be shown a page: an error code and its description, if not.
#[cfg(feature = "openid")]
pub(super) fn check(shared: &Shared, params: &Params) -> Result<(), (Word, Word)> {
    match wish(shared, params) {
        Ok(_) => Ok(()),
        Err(Refusal::Page(why)) => Err(("invalid_request".into(), why.into())),
        Err(Refusal::Redirect { code, description, .. }) => Err((code, description)),
    }
}

/// RFC 7636 section 4.3: without a method, it is `plain`.
fn challenge(pkce: Pkce, params: &Params) -> Result<Challenge, &'static str> {
    let challenge = params.get("code_challenge").map(str::to_owned);
    let method = params.get("code_challenge_method").unwrap_or("plain");
    match (pkce, challenge) {
        (Pkce::Ignored, _) => Ok(Challenge::Ignored),
        (Pkce::Refused, Some(_)) => Err("The provider does not take a code_challenge."),
        (Pkce::Required, None) => Err("code_challenge is missing."),
        (_, None) => Ok(Challenge::None),
        (Pkce::Plain, Some(challenge)) if method == "plain" => Ok(Challenge::Plain(challenge)),
        (Pkce::Plain, Some(_)) => Err("code_challenge_method is plain alone."),
        (_, Some(challenge)) if method == "S256" => Ok(Challenge::S256(challenge)),
        (_, Some(_)) => Err("code_challenge_method is S256 alone."),
    }
}

/// The form of a page that this server made: its word is good once.
fn decide(shared: &Shared, asked: &Asked) -> Result<Answer, Refusal> {
    let params = asked.params().filter(|_| asked.is_form());
    let params = params.ok_or(Refusal::Page("That was not the form of the page."))?;
    let now = shared.settings.clock.now();
    let mut ledger = locked(&shared.ledger);
    let wish = params.get("page").and_then(|word| ledger.close_page(word, now));
    let wish = wish.ok_or(Refusal::Page(
        "The page was answered before, is too old, or is not from here: start again.",
    ))?;
    let back = Back::of(&wish);
    match params.get("decision") {
        Some("allow") => {}
        Some("deny") => return Err(back.refuse("access_denied", "The user said no.")),
        _ => return Err(Refusal::Page("Neither Allow nor Deny was chosen: start again.")),
    }
    let chosen = params.get("user");
    let user = shared.people.iter().position(|person| Some(person.key.as_str()) == chosen);
    let user = user.ok_or(Refusal::Page("Nobody of that name is here: start again."))?;
    let until = now + shared.settings.code_lifetime;
    #[cfg(feature = "openid")]
    let wish = Wish { openid: wish.openid.clone().signed_in(now), ..wish };
    let code = ledger.issue_code(wish, user, until);
    drop(ledger);
    Ok(back.answer(shared, vec![("code", code)]))
}
