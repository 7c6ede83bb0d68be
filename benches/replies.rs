//! Token replies and userinfo in the shape of two providers' own, every value invented, and the
//! limits of reading them.

use serde::Deserialize;

/// Google's: an ID token of usual length, which a reader may take apart but nobody signed, and a
/// member that RFC 6749 does not know.
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
    "  \"id_token\": \"",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImludmVudGVkLWtleS1vZi1mb3J0eS1jaGFyYWN0ZXJzLTAwMDAwMDEiLCJ0",
    "eXAiOiJKV1QifQ.",
    "eyJpc3MiOiJodHRwczovL3BsYWluLnRlc3QiLCJhenAiOiJjbGllbnQtaWQiLCJhdWQiOiJjbGllbnQtaWQiLCJz",
    "dWIiOiIxMTAxNjk0ODQ0NzQzODYyNzAwMDEiLCJlbWFpbCI6ImludmVudGVkLnBlcnNvbkBwbGFpbi50ZXN0Iiwi",
    "ZW1haWxfdmVyaWZpZWQiOnRydWUsImF0X2hhc2giOiJTVzUyWlc1MFpXUklZWE5vVDJZIiwibmFtZSI6IkludmVu",
    "dGVkIFBlcnNvbiIsInBpY3R1cmUiOiJodHRwczovL3BsYWluLnRlc3QvYS9JbnZlbnRlZFBpY3R1cmVJbnZlbnRl",
    "ZFBpY3R1cmVJbnZlbnRlZFBpY3R1cmU9czk2LWMiLCJnaXZlbl9uYW1lIjoiSW52ZW50ZWQiLCJmYW1pbHlfbmFt",
    "ZSI6IlBlcnNvbiIsImlhdCI6MTc2Mzc0MDAwMCwiZXhwIjoxNzYzNzQzNjAwfQ.",
    "SW52ZW50ZWRTaWduYXR1cmVJbnZlbnRlZFNpZ25hdHVyZUludmVudGVkU2lnbmF0dXJlSW52ZW50ZWRTaWduYXR1",
    "cmVJbnZlbnRlZFNpZ25hdHVyZUludmVudGVkU2lnbmF0dXJlSW52ZW50ZWRTaWduYXR1cmVJbnZlbnRlZFNpZ25h",
    "dHVyZUludmVudGVkU2lnbmF0dXJlSW52ZW50ZWRTaWduYXR1cmVJbnZlbnRlZFNpZ25hdHVyZUludmVudGVkU2ln",
    "bmF0dXJlSW52ZW50ZWRTaWduYXR1cmVJbnZlbnRlZFNpZ25hdHVyZUludmVudGVkU2lnbmF0dXJlIQ\",\n",
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

/// Userinfo as Google's is, of the user of [`GOOGLE`]'s ID token.
pub const USERINFO: &str = concat!(
    "{\n  \"sub\": \"110169484474386270001\",\n",
    "  \"name\": \"Invented Person\",\n",
    "  \"given_name\": \"Invented\",\n",
    "  \"family_name\": \"Person\",\n",
    "  \"picture\": \"https://plain.test/a/InventedPictureInventedPictureInventedPicture=s96-c\",\n",
    "  \"email\": \"invented.person@plain.test\",\n",
    "  \"email_verified\": true\n}",
);

/// Whom [`USERINFO`] is about.
pub const SUBJECT: &str = "110169484474386270001";

/// The limit: what is asked for alone, nothing copied.
#[derive(Debug, Deserialize)]
pub struct BareUser<'a> {
    /// OpenID Connect Core section 5.1, as are the next two.
    pub sub: &'a str,
    /// As the provider spells it.
    pub email: Option<&'a str>,
    /// What the provider says of it.
    pub email_verified: Option<bool>,
}
