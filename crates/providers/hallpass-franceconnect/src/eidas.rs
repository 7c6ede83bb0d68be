use std::borrow::Cow;

/// How sure it is who the citizen is, as the European Union grades it ([Regulation 910/2014,
/// article 8](https://eur-lex.europa.eu/eli/reg/2014/910/oj)): a value of `acr_values`, and of the
/// ID token's `acr`.
///
/// FranceConnect knows [`Eidas1`](Self::Eidas1) alone. The others are of FranceConnect+.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Eidas {
    /// Low.
    Eidas1,
    /// Substantial.
    Eidas2,
    /// High.
    Eidas3,
}

impl Eidas {
    /// FranceConnect's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eidas1 => "eidas1",
            Self::Eidas2 => "eidas2",
            Self::Eidas3 => "eidas3",
        }
    }
}

impl From<Eidas> for Cow<'static, str> {
    fn from(level: Eidas) -> Self {
        Self::Borrowed(level.as_str())
    }
}
