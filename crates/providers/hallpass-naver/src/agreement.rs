use hallpass_core::{Error, Json, Result};

/// One of the application's terms that the user agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NaverAgreement {
    term_code: Box<str>,
    client_id: Box<str>,
    agree_date: Box<str>,
}

impl NaverAgreement {
    pub(crate) fn list(answer: &Json) -> Result<Vec<Self>> {
        let broken = || Error::malformed("the answer is no list of agreements");
        if answer["result"] != "success" {
            return Err(broken());
        }
        let list = answer["agreementInfos"].as_array().ok_or_else(broken)?;
        list.iter().map(|one| Self::new(one).ok_or_else(broken)).collect()
    }

    fn new(one: &Json) -> Option<Self> {
        let text = |name: &str| one[name].as_str().map(Into::into);
        Some(Self {
            term_code: text("termCode")?,
            client_id: text("clientId")?,
            agree_date: text("agreeDate")?,
        })
    }

    /// The tag that the terms have in the developer centre.
    #[must_use]
    pub fn term_code(&self) -> &str {
        &self.term_code
    }

    /// The application that asked.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// When the user agreed, as Naver spells it: `HH:MI:SS.sss AM MM/DD/YYYY`.
    #[must_use]
    pub fn agree_date(&self) -> &str {
        &self.agree_date
    }
}
