//! Who is built, with which TLS, and what is asked of it.

/// A program, and what it stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contender {
    /// Its row in the table.
    pub(super) title: &'static str,
    /// Its folder.
    pub(super) name: &'static str,
    pub(super) tls: Tls,
    pub(super) role: Role,
    /// Lines of the manifest: versions are the workspace's.
    pub(super) dependencies: &'static str,
    /// The text of its `main.rs`.
    pub(super) source: &'static str,
}

/// What encrypts. The ratios of a contender are to reqwest with the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    None,
    Ring,
    AwsLc,
}

impl Tls {
    /// In the table.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc",
        }
    }
}

/// What a contender is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// reqwest alone, with what it takes to post a form and read a reply.
    Limit,
    /// Core and one provider.
    Provider,
    /// Core and OpenID.
    OpenId,
    /// Everything of ours: beside the others, but without a target.
    Everything,
    /// What a user would pick instead.
    Peer,
}

const BARE: &str =
    concat!(include_str!("programs/reqwest.rs"), include_str!("programs/reqwest_any.rs"),);
const BARE_RING: &str =
    concat!(include_str!("programs/reqwest.rs"), include_str!("programs/reqwest_ring.rs"),);
const GITHUB: &str = include_str!("programs/hallpass_github.rs");

/// In the order of the table: the default TLS first, and reqwest alone before those beside it.
pub(super) const CONTENDERS: [Contender; 11] = [
    Contender {
        title: "reqwest alone",
        name: "reqwest-aws-lc",
        tls: Tls::AwsLc,
        role: Role::Limit,
        dependencies: "reqwest = { workspace = true, \
                       features = [\"form\", \"json\", \"rustls\"] }\n\
                       serde.workspace = true\n",
        source: BARE,
    },
    Contender {
        title: "hallpass-github",
        name: "hallpass-github-aws-lc",
        tls: Tls::AwsLc,
        role: Role::Provider,
        dependencies: "hallpass-github = { workspace = true, default-features = true }\n",
        source: GITHUB,
    },
    Contender {
        title: "hallpass-openid",
        name: "hallpass-openid",
        tls: Tls::AwsLc,
        role: Role::OpenId,
        dependencies: "hallpass-core = { workspace = true, default-features = true }\n\
                       hallpass-openid = { workspace = true, default-features = true }\n",
        source: include_str!("programs/hallpass_openid.rs"),
    },
    Contender {
        title: "hallpass, every feature but `ring`",
        name: "hallpass",
        tls: Tls::AwsLc,
        role: Role::Everything,
        dependencies: "hallpass = { workspace = true, default-features = true, \
                       features = [\"cli\", \"openid\", \"providers\"] }\n",
        source: include_str!("programs/hallpass.rs"),
    },
    Contender {
        title: "huskarl, huskarl-reqwest",
        name: "huskarl",
        tls: Tls::AwsLc,
        role: Role::Peer,
        dependencies: "huskarl.workspace = true\nhuskarl-reqwest.workspace = true\n",
        source: include_str!("programs/huskarl.rs"),
    },
    Contender {
        title: "reqwest alone",
        name: "reqwest-ring",
        tls: Tls::Ring,
        role: Role::Limit,
        dependencies: "reqwest = { workspace = true, \
                       features = [\"form\", \"json\", \"rustls-no-provider\"] }\n\
                       rustls = { workspace = true, features = [\"ring\"] }\n\
                       serde.workspace = true\n",
        source: BARE_RING,
    },
    Contender {
        title: "hallpass-github",
        name: "hallpass-github-ring",
        tls: Tls::Ring,
        role: Role::Provider,
        dependencies: "hallpass-github = { workspace = true, features = [\"ring\"] }\n",
        source: GITHUB,
    },
    Contender {
        title: "oauth2",
        name: "oauth2",
        tls: Tls::Ring,
        role: Role::Peer,
        dependencies: "oauth2.workspace = true\n",
        source: include_str!("programs/oauth2.rs"),
    },
    Contender {
        title: "openidconnect",
        name: "openidconnect",
        tls: Tls::Ring,
        role: Role::Peer,
        dependencies: "openidconnect.workspace = true\n",
        source: include_str!("programs/openidconnect.rs"),
    },
    Contender {
        title: "reqwest alone",
        name: "reqwest",
        tls: Tls::None,
        role: Role::Limit,
        dependencies: "reqwest = { workspace = true, features = [\"form\", \"json\"] }\n\
                       serde.workspace = true\n",
        source: BARE,
    },
    Contender {
        title: "hallpass-github",
        name: "hallpass-github",
        tls: Tls::None,
        role: Role::Provider,
        dependencies: "hallpass-github.workspace = true\n",
        source: GITHUB,
    },
];
