/// Where the tenants are: each cloud has accounts, hosts and registrations of its own ([National
/// clouds](https://learn.microsoft.com/en-us/entra/identity-platform/authentication-national-cloud),
/// [Graph's hosts](https://learn.microsoft.com/en-us/graph/deployments)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MicrosoftCloud {
    /// China, operated by 21Vianet: `login.partner.microsoftonline.cn`.
    China,
    /// Everywhere else, and GCC of the US: `login.microsoftonline.com`.
    Global,
    /// US Government, GCC High (L4): `login.microsoftonline.us`.
    UsGovernment,
    /// US Government, DoD (L5): the same sign-in, with a Graph of its own.
    UsGovernmentDod,
}

impl MicrosoftCloud {
    /// A page of the sign-in host.
    pub(crate) fn login(self, path: &str) -> String {
        let host = match self {
            Self::China => "login.partner.microsoftonline.cn",
            Self::Global => "login.microsoftonline.com",
            Self::UsGovernment | Self::UsGovernmentDod => "login.microsoftonline.us",
        };
        format!("https://{host}{path}")
    }

    /// A URL of Graph.
    pub(crate) fn graph(self, path: &str) -> String {
        let host = match self {
            Self::China => "microsoftgraph.chinacloudapi.cn",
            Self::Global => "graph.microsoft.com",
            Self::UsGovernment => "graph.microsoft.us",
            Self::UsGovernmentDod => "dod-graph.microsoft.us",
        };
        format!("https://{host}{path}")
    }

    /// Where an application is registered.
    pub(crate) fn portal(self) -> &'static str {
        match self {
            Self::China => "https://portal.azure.cn",
            Self::Global => "https://entra.microsoft.com",
            Self::UsGovernment | Self::UsGovernmentDod => "https://portal.azure.us",
        }
    }
}
