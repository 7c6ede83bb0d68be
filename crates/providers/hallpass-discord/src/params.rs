use serde::{Serialize, Serializer};

/// What only Discord's authorization page takes
/// ([OAuth2](https://discord.com/developers/docs/topics/oauth2#authorization-code-grant)). The last
/// three are for the scope `bot`.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct DiscordParams {
    prompt: Option<DiscordPrompt>,
    integration_type: Option<DiscordInstall>,
    permissions: Option<u64>,
    guild_id: Option<String>,
    disable_guild_select: Option<bool>,
}

/// What the page asks of a user who authorized the application before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiscordPrompt {
    /// To approve it again.
    Consent,
    /// Nothing, where the scopes are the same.
    None,
}

/// Where the application is installed, for the scope `applications.commands`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiscordInstall {
    /// To a guild (server): `0`.
    Guild,
    /// To the user: `1`.
    User,
}

impl DiscordParams {
    /// Discord's own defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the page asks of a user who authorized the application before. The scopes `bot` and
    /// `webhook.incoming` are asked for each time.
    #[must_use]
    pub fn prompt(mut self, prompt: DiscordPrompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Where the application is installed. It must be set up for that in the developer portal.
    #[must_use]
    pub fn integration_type(mut self, install: DiscordInstall) -> Self {
        self.integration_type = Some(install);
        self
    }

    /// What the bot is to be allowed, as [a set of
    /// bits](https://discord.com/developers/docs/topics/permissions).
    #[must_use]
    pub fn permissions(mut self, bits: u64) -> Self {
        self.permissions = Some(bits);
        self
    }

    /// The guild that is chosen at first.
    #[must_use]
    pub fn guild_id(mut self, id: impl Into<String>) -> Self {
        self.guild_id = Some(id.into());
        self
    }

    /// Whether the user is kept from choosing another guild.
    #[must_use]
    pub fn disable_guild_select(mut self, disabled: bool) -> Self {
        self.disable_guild_select = Some(disabled);
        self
    }
}

impl Serialize for DiscordInstall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::Guild => 0,
            Self::User => 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use hallpass_testkit::own_params;

    use super::*;
    use crate::Discord;

    #[test]
    fn each_parameter_has_discords_name_and_nothing_is_sent_unasked() {
        let new = DiscordParams::new;
        check(&new(), "");
        check(&new().prompt(DiscordPrompt::None), "prompt=none");
        check(&new().prompt(DiscordPrompt::Consent), "prompt=consent");
        check(&new().integration_type(DiscordInstall::Guild), "integration_type=0");
        check(&new().integration_type(DiscordInstall::User), "integration_type=1");
        check(&new().permissions(u64::MAX), "permissions=18446744073709551615");
        let bot = new().guild_id("4207").disable_guild_select(true);
        check(&bot, "disable_guild_select=true&guild_id=4207");
    }

    #[track_caller]
    fn check(params: &DiscordParams, want: &str) {
        assert_eq!(own_params(Discord::new(), params), want);
    }
}
