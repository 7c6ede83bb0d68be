use serde::Deserialize;

/// A guild (server) that the user is a member of, as far as a list of them tells.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DiscordGuild {
    id: String,
    name: String,
    icon: Option<String>,
    #[serde(default)]
    owner: bool,
    permissions: Option<String>,
    #[serde(default)]
    features: Vec<String>,
}

impl DiscordGuild {
    /// The guild's id, a number as text.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The guild's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash of the guild's icon, for
    /// [`https://cdn.discordapp.com/icons/{id}/{hash}.png`](https://discord.com/developers/docs/reference#image-formatting).
    #[must_use]
    pub fn icon(&self) -> Option<&str> {
        self.icon.as_deref()
    }

    /// Whether it is the user's own.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.owner
    }

    /// What the user may there, without what single channels add or take: [a set of
    /// bits](https://discord.com/developers/docs/topics/permissions) as a decimal number, in text
    /// because it outgrows what JSON readers keep exact.
    #[must_use]
    pub fn permissions(&self) -> Option<&str> {
        // quirk: text-permissions => None
        self.permissions.as_deref()
    }

    /// What Discord has enabled there: `COMMUNITY`, `NEWS` …
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(String::as_str)
    }
}
