//! Which test program is built and run.

/// A test program of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Program {
    pub(crate) package: String,
    pub(crate) folder: String,
    pub(crate) target: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Lib,
    Bin,
    Test,
}

impl Program {
    /// The arguments of `cargo test` that build it alone.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["-p", &self.package];
        match self.kind {
            Kind::Lib => arguments.push("--lib"),
            Kind::Bin => arguments.extend(["--bin", &self.target]),
            Kind::Test => arguments.extend(["--test", &self.target]),
        }
        arguments
    }
}
