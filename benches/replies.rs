//! Token replies in the shape of two providers' own, every value invented, and the limit of
//! reading them.

use serde::Deserialize;

/// Google's: an ID token of usual length, and a member that RFC 6749 does not know.
pub const GOOGLE: &str = concat!(
    "{\n  \"access_token\": \"ya29.a0",
    "InventedAccessTokenInventedAccessTokenInventedAccessTokenInventedAccessTokenInvented",
    "AccessTokenInventedAccessTokenInventedAccessTokenInventedAccessTokenInventedAccess0175\",\n",
    "  \"expires_in\": 3599,\n",
    "  \"refresh_token\": \"1//0",
    "InventedRefreshTokenInventedRefreshTokenInventedRefreshTokenInventedRefreshTokenInvented\",\n",
    "  \"scope\": \"openid https://www.googleapis.com/auth/userinfo.email ",
    "https://www.googleapis.com/auth/userinfo.profile\",\n",
    "  \"token_type\": \"Bearer\",\n",
    "  \"id_token\": \"InventedHeaderInventedHeaderInventedHeaderInventedHeaderInvented.",
    "InventedClaimsInventedClaimsInventedClaimsInventedClaimsInventedClaimsInventedClaims",
    "InventedClaimsInventedClaimsInventedClaimsInventedClaimsInventedClaimsInventedClaims",
    "InventedClaimsInventedClaimsInventedClaimsInventedClaimsInventedClaimsInventedClaims",
    "InventedClaimsInventedClaimsInventedClaimsInventedClaimsInventedClaimsInventedClaims.",
    "InventedSignatureInventedSignatureInventedSignatureInventedSignatureInventedSignature",
    "InventedSignatureInventedSignatureInventedSignatureInventedSignatureInventedSignature",
    "InventedSignatureInventedSignatureInventedSignatureInventedSignatureInventedSignature",
    "InventedSignatureInventedSignatureInventedSignatureInventedSignatureInventedSignature\",\n",
    "  \"refresh_token_expires_in\": 604799\n}",
);

/// GitHub's: three members, scopes with commas.
pub const GITHUB: &str = concat!(
    "{\"access_token\":\"gho_InventedInventedInventedInvented1234\",",
    "\"token_type\":\"bearer\",\"scope\":\"read:user,user:email\"}",
);

/// The limit: every member known, nothing copied, nothing kept that is not known.
#[derive(Debug, Deserialize)]
pub struct Bare<'a> {
    /// RFC 6749 section 5.1, as are the next four.
    pub access_token: &'a str,
    /// `Bearer`, in one spelling or another.
    pub token_type: &'a str,
    /// Seconds.
    pub expires_in: Option<u64>,
    /// Where there is one.
    pub refresh_token: Option<&'a str>,
    /// As the provider joins them.
    pub scope: Option<&'a str>,
    /// OpenID Connect's.
    pub id_token: Option<&'a str>,
    /// Seconds; Google's own.
    pub refresh_token_expires_in: Option<u64>,
}
