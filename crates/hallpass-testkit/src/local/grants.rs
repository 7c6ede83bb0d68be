//! What was given out, and what has become of it. Pure: the time comes in.

use std::{collections::HashMap, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_core::Secret;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};

/// 256 bits.
pub(super) fn unguessable() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a user was asked for, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    /// Whether the request said it: then the token request must say it again.
    pub(super) says_redirect_uri: bool,
    pub(super) state: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) challenge: Challenge,
    pub(super) form_post: bool,
    #[cfg(feature = "openid")]
    pub(super) openid: super::openid::Wish,
}

/// RFC 7636.
#[derive(Debug, Clone)]
pub(super) enum Challenge {
    /// Sent or not, the provider does not look at it.
    Ignored,
    None,
    Plain(String),
    S256(String),
}

impl Challenge {
    fn fits(&self, verifier: Option<&str>) -> bool {
        match (self, verifier) {
            (Self::Ignored, _) | (Self::None, None) => true,
            // RFC 9700 section 4.8.2: a verifier without a challenge is a downgrade.
            (Self::None, Some(_)) | (Self::Plain(_) | Self::S256(_), None) => false,
            (Self::Plain(want), Some(got)) => Secret::new(want.as_str()).matches(got),
            (Self::S256(want), Some(got)) => {
                Secret::new(want.as_str()).matches(&URL_SAFE_NO_PAD.encode(Sha256::digest(got)))
            }
        }
    }
}

/// All that comes of one code dies together.
#[derive(Debug, Clone)]
pub(super) struct Family {
    pub(super) client: String,
    pub(super) user: usize,
    pub(super) scopes: Vec<String>,
    #[cfg(feature = "openid")]
    pub(super) openid: super::openid::Wish,
    alive: bool,
}

pub(super) type FamilyId = usize;

/// The user of a token that an application has in its own name.
pub(super) const NOBODY: usize = usize::MAX;

/// Whom a live token is for.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    pub(super) id: FamilyId,
    pub(super) client: String,
    pub(super) user: usize,
    pub(super) scopes: Vec<String>,
}

/// What a client brings to the token endpoint with a code.
pub(super) struct Proof<'a> {
    pub(super) client: &'a str,
    pub(super) redirect_uri: Option<&'a str>,
    pub(super) verifier: Option<&'a str>,
}

struct Page {
    wish: Wish,
    until: SystemTime,
}

struct Code {
    wish: Wish,
    user: usize,
    until: SystemTime,
    fate: Fate,
}

enum Fate {
    Fresh,
    /// Brought with something wrong.
    Burnt,
    Redeemed(FamilyId),
}

struct Token {
    family: FamilyId,
    until: Option<SystemTime>,
    /// False once revoked, or, for a refresh token, once rotated away.
    alive: bool,
    /// The scopes of an access token; narrower than the family's after some refreshes.
    scopes: Vec<String>,
}

impl Token {
    fn is_alive(&self, families: &[Family], now: SystemTime) -> bool {
        let family = families.get(self.family).is_some_and(|family| family.alive);
        self.alive && family && self.until.is_none_or(|until| now < until)
    }
}

/// Why a code or a refresh token is refused, for developers.
pub(super) type Why = &'static str;

#[derive(Default)]
pub(super) struct Ledger {
    pages: HashMap<String, Page>,
    codes: HashMap<String, Code>,
    access: HashMap<String, Token>,
    refresh: HashMap<String, Token>,
    families: Vec<Family>,
}

impl Ledger {
    /// A page is shown; its answer needs the word that this returns.
    pub(super) fn open_page(&mut self, wish: Wish, until: SystemTime) -> String {
        let word = unguessable();
        self.pages.insert(word.clone(), Page { wish, until });
        word
    }

    /// A page is answered, once.
    pub(super) fn close_page(&mut self, word: &str, now: SystemTime) -> Option<Wish> {
        let page = self.pages.remove(word)?;
        (now < page.until).then_some(page.wish)
    }

    pub(super) fn issue_code(&mut self, wish: Wish, user: usize, until: SystemTime) -> String {
        let code = unguessable();
        self.codes.insert(code.clone(), Code { wish, user, until, fate: Fate::Fresh });
        code
    }

    /// A code for a new family. A second use ends the first one's tokens (RFC 6749 section 4.1.2).
    pub(super) fn redeem(
        &mut self,
        code: &str,
        proof: &Proof<'_>,
        now: SystemTime,
    ) -> Result<FamilyId, Why> {
        let code = self.codes.get_mut(code).ok_or("nobody was given this code")?;
        if code.wish.client != proof.client {
            return Err("the code was given to another client");
        }
        match code.fate {
            Fate::Fresh => code.fate = Fate::Burnt,
            Fate::Burnt => return Err("the code was brought before"),
            Fate::Redeemed(family) => {
                self.families[family].alive = false;
                return Err("the code was used before: its tokens are revoked");
            }
        }
        if now >= code.until {
            return Err("the code is too old");
        }
        let wish = &code.wish;
        let said = wish.says_redirect_uri.then_some(wish.redirect_uri.as_str());
        if said != proof.redirect_uri {
            return Err("the code was sent to another redirect_uri");
        }
        if !wish.challenge.fits(proof.verifier) {
            return Err("the code_verifier does not fit the code_challenge");
        }
        let family = self.families.len();
        self.families.push(Family {
            client: wish.client.clone(),
            user: code.user,
            scopes: wish.scopes.clone(),
            #[cfg(feature = "openid")]
            openid: wish.openid.clone(),
            alive: true,
        });
        code.fate = Fate::Redeemed(family);
        Ok(family)
    }

    /// A family that no user was asked for.
    pub(super) fn open_own(&mut self, client: &str, scopes: Vec<String>) -> FamilyId {
        self.open(client, NOBODY, scopes)
    }

    /// A family that a user was asked for on another device.
    pub(super) fn open(&mut self, client: &str, user: usize, scopes: Vec<String>) -> FamilyId {
        let family = self.families.len();
        self.families.push(Family {
            client: client.to_owned(),
            user,
            scopes,
            #[cfg(feature = "openid")]
            openid: super::openid::Wish::default(),
            alive: true,
        });
        family
    }

    pub(super) fn family(&self, id: FamilyId) -> &Family {
        &self.families[id]
    }

    pub(super) fn issue_access(
        &mut self,
        family: FamilyId,
        scopes: Vec<String>,
        until: Option<SystemTime>,
    ) -> String {
        let token = unguessable();
        self.access.insert(token.clone(), Token { family, until, alive: true, scopes });
        token
    }

    pub(super) fn issue_refresh(&mut self, family: FamilyId, until: Option<SystemTime>) -> String {
        let token = unguessable();
        let scopes = Vec::new();
        self.refresh.insert(token.clone(), Token { family, until, alive: true, scopes });
        token
    }

    /// Whose refresh token it is. One that was rotated away ends the family ([RFC 9700, section
    /// 4.14.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2)).
    pub(super) fn present_refresh(
        &mut self,
        token: &str,
        client: &str,
        now: SystemTime,
    ) -> Result<FamilyId, Why> {
        let token = self.refresh.get(token).ok_or("nobody was given this refresh token")?;
        let family = self.families.get_mut(token.family).ok_or("the grant is gone")?;
        if family.client != client {
            return Err("the refresh token was given to another client");
        }
        if !family.alive {
            return Err("the grant was revoked");
        }
        if !token.alive {
            family.alive = false;
            return Err("the refresh token was used before: the grant is revoked");
        }
        if token.until.is_some_and(|until| now >= until) {
            return Err("the refresh token is too old");
        }
        Ok(token.family)
    }

    /// A refresh token is used up.
    pub(super) fn spend_refresh(&mut self, token: &str) {
        if let Some(token) = self.refresh.get_mut(token) {
            token.alive = false;
        }
    }

    /// Whom a live access token is for.
    pub(super) fn holder(&self, access_token: &str, now: SystemTime) -> Option<Holder> {
        self.holder_in(&self.access, access_token, now)
    }

    /// Whom a live token of either sort is for.
    pub(super) fn holder_of_any(&self, token: &str, now: SystemTime) -> Option<Holder> {
        let access = self.holder(token, now);
        access.or_else(|| self.holder_in(&self.refresh, token, now))
    }

    fn holder_in(
        &self,
        tokens: &HashMap<String, Token>,
        token: &str,
        now: SystemTime,
    ) -> Option<Holder> {
        let token = tokens.get(token).filter(|token| token.is_alive(&self.families, now))?;
        let family = &self.families[token.family];
        Some(Holder {
            id: token.family,
            client: family.client.clone(),
            user: family.user,
            scopes: token.scopes.clone(),
        })
    }

    /// The client that a token of either sort was given to, dead or alive.
    pub(super) fn client_of(&self, token: &str) -> Option<&str> {
        let token = self.access.get(token).or_else(|| self.refresh.get(token))?;
        Some(&self.families[token.family].client)
    }

    /// When a token of either sort ends by itself.
    #[cfg(feature = "openid")]
    pub(super) fn until(&self, token: &str) -> Option<SystemTime> {
        self.access.get(token).or_else(|| self.refresh.get(token))?.until
    }

    /// What a user granted last.
    #[cfg(feature = "openid")]
    pub(super) fn last_of(&self, user: usize) -> Option<&Family> {
        self.families.iter().rev().find(|family| family.user == user)
    }

    /// Ends an access token, or a refresh token and all that came of it (RFC 7009 section 2.1).
    pub(super) fn revoke(&mut self, token: &str) {
        if let Some(access) = self.access.get_mut(token) {
            access.alive = false;
        } else if let Some(refresh) = self.refresh.get(token) {
            self.families[refresh.family].alive = false;
        }
    }

    /// Ends all that a user gave to a client.
    pub(super) fn revoke_grant(&mut self, client: &str, user: usize) {
        for family in &mut self.families {
            if family.client == client && family.user == user {
                family.alive = false;
            }
        }
    }

    /// Ends one family.
    pub(super) fn revoke_family(&mut self, id: FamilyId) {
        self.families[id].alive = false;
    }
}
