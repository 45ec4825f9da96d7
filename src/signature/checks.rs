//! What is asked of one signature, and how each question was answered: the verdict step by step.
//!
//! Owns the questions, in the order of EN 319 102-1, and an answer to each, which only the code that decides
//! can give. A question that nobody came to ask is *not asked*: no answer begins as yes.

use crate::finding::Language;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// How a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Answer {
    /// Nobody came to ask it, or there was nothing to ask about.
    #[serde(rename = "not asked")]
    NotAsked,
    /// As it should be.
    #[serde(rename = "yes")]
    Yes,
    /// Not as it should be.
    #[serde(rename = "no")]
    No,
    /// It was asked, and nobody can tell.
    #[serde(rename = "unknown")]
    Unknown,
}

impl Answer {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not asked",
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

impl From<bool> for Answer {
    fn from(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }
}

macro_rules! checks {
    ($($(#[$doc:meta])* $check:ident $slug:literal az $az:literal en $en:literal)*) => {
        /// A question about a signature, in the order of EN 319 102-1 5.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Check { $($(#[$doc])* $check,)* }

        impl Check {
            /// All of them, in their order.
            pub const ALL: [Self; [$($slug),*].len()] = [$(Self::$check),*];

            /// Its name for programs.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$check => $slug,)* }
            }

            /// The question for people.
            pub fn question(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$check, Language::Az) => $az, (Self::$check, Language::En) => $en,)*
                }
            }
        }
    };
}

checks! {
    /// 5.2.2.
    Format "format"
        az "İmzanın quruluşu standarta uyğundurmu?"
        en "Has the signature the form that the standard demands?"
    /// 5.2.2, and what is not processed here.
    Processed "processed"
        az "İmzada işlədilən hər şey burada emal olunurmu?"
        en "Is everything that it uses processed here?"
    /// 5.2.3.
    CertificateFound "signing-certificate"
        az "İmzalayanın sertifikatı imza ilə gəlibmi?"
        en "Did the signer's certificate come with it?"
    /// 5.2.3.4.
    CertificateNamed "certificate-reference"
        az "İmza məhz həmin sertifikatı göstərirmi?"
        en "Does what is signed name that very certificate?"
    /// 5.2.4.
    SignaturePolicy "signature-policy"
        az "İmzada göstərilən imza siyasəti burada qəbul edilirmi?"
        en "Is the signature policy that it names one that is taken here?"
    /// 5.2.7.
    References "references"
        az "İmzanın istinad etdiyi hər şey tapılıb və dəyişməz qalıbmı?"
        en "Is all that it refers to there, and unchanged?"
    /// 5.2.7.
    Value "signature-value"
        az "İmzanın dəyəri həmin sertifikatın açarı ilə hazırlanıbmı?"
        en "Was its value made with the key of that certificate?"
    /// 5.2.6.
    Chain "chain"
        az "Sertifikat tanınan mərkəzə aparırmı?"
        en "Does the certificate lead to a centre that is trusted?"
    /// 5.2.6.
    Validity "validity"
        az "Yoldakı hər sertifikat həmin anda qüvvədə idimi?"
        en "Was every certificate on the way in force at that moment?"
    /// 5.2.6, RFC 5280 4.2.1.3.
    Usage "key-usage"
        az "Sertifikat sənəd imzalamaq üçün verilibmi?"
        en "Was the certificate issued for signing documents?"
    /// 5.2.6.
    Revocation "revocation"
        az "Onlardan heç birinin ləğv olunmadığı məlumdurmu?"
        en "Is it known that none of them was revoked?"
    /// Ours: a trial certificate in a real window.
    RealPki "real-certificate"
        az "Bu, sınaq sertifikatı deyil, həqiqi sertifikatdırmı?"
        en "Is it a real certificate, and not one for trials?"
    /// 5.2.8.
    SignedCertificate "signed-certificate"
        az "İmza öz sertifikatını imzalayırmı (siyasət tələb edirsə)?"
        en "Does it sign its own certificate, where the policy demands that?"
    /// 5.2.8.
    Properties "signed-properties"
        az "İmzalanmış xassələr imza ilə qorunur və düzgün yazılıbmı?"
        en "Are its signed properties protected by it, and written as they should be?"
    /// 5.2.8.
    Required "required-properties"
        az "Siyasətin tələb etdiyi xassələr imzalanıbmı?"
        en "Are all properties signed that the policy demands?"
    /// 5.2.8.
    Algorithms "algorithms"
        az "İmzanın alqoritmləri və açarı o anda kifayət qədər güclüdürmü?"
        en "Are its algorithms and its key good enough at that moment?"
    /// 5.2.6 with 5.2.8.
    ChainAlgorithms "chain-algorithms"
        az "Yoldakı sertifikatların alqoritmləri kifayət qədər güclüdürmü?"
        en "Are those of the certificates on the way?"
    /// 5.4.
    TimeStamp "time-stamp"
        az "İmzanın bu andan əvvəl mövcud olduğunu vaxt möhürü sübut edirmi?"
        en "Does a time-stamp prove that it was there before this moment?"
    /// 5.6.3.
    ArchiveTimeStamp "archive-time-stamp"
        az "Arxiv vaxt möhürü imzanı və onun sübutlarını qoruyurmu?"
        en "Does an archive time-stamp keep it and its proofs?"
    /// Ours: what is read of a document is what is signed.
    Coverage "coverage"
        az "İmza sənədin hamısını əhatə edirmi?"
        en "Does it cover the whole document?"
    /// Ours.
    Hidden "nothing-hidden"
        az "İmzanın içində onun örtmədiyi heç nə yoxdurmu?"
        en "Is there nothing inside the signature that it does not cover?"
}

/// An answer to each question; all begin as not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers([Answer; Check::ALL.len()]);

impl Default for Answers {
    fn default() -> Self {
        Self([Answer::NotAsked; Check::ALL.len()])
    }
}

impl Answers {
    /// The answer to this question.
    pub fn get(&self, check: Check) -> Answer {
        self.0[check as usize]
    }

    /// Answers a question. What was once answered with no is never answered otherwise.
    pub fn set(&mut self, check: Check, answer: impl Into<Answer>) {
        let known = &mut self.0[check as usize];
        if *known != Answer::No {
            *known = answer.into();
        }
    }

    /// Answers a question with yes, which no other answer to it came before.
    pub fn yes(&mut self, check: Check) {
        if self.get(check) == Answer::NotAsked {
            self.set(check, Answer::Yes);
        }
    }

    /// The first of these that was not answered with yes.
    pub fn first_open(&self, checks: &[Check]) -> Option<Check> {
        checks.iter().copied().find(|check| self.get(*check) != Answer::Yes)
    }
}

/// One reference of a signature, and whether what it means is there and unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referred {
    /// Its URI, as it is written; of CMS `message-digest`.
    pub uri: String,
    /// The answer.
    pub answer: Answer,
}

/// All questions about one signature with their answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// To each question one.
    pub answers: Answers,
    /// What was found where the answer is not yes.
    pub found: Vec<(Check, String)>,
    /// Each reference by itself.
    pub references: Vec<Referred>,
}

/// One line of the questions and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The question.
    pub check: Check,
    /// The answer.
    pub answer: Answer,
    /// What was found, or of which reference it is asked.
    pub found: Option<&'a str>,
    /// Whether it is about one reference alone.
    pub is_reference: bool,
}

impl Checks {
    /// Question by question, each reference behind the question about all.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        Check::ALL.into_iter().flat_map(move |check| {
            let found = self.found.iter().find(|(of, _)| *of == check).map(|(_, found)| found.as_str());
            let own = Row { check, answer: self.answers.get(check), found, is_reference: false };
            let references = if check == Check::References { &self.references[..] } else { &[] };
            let each = references.iter().map(move |one| Row {
                check,
                answer: one.answer,
                found: Some(&one.uri),
                is_reference: true,
            });
            std::iter::once(own).chain(each)
        })
    }
}

impl Row<'_> {
    /// Its name for programs.
    pub fn slug(&self) -> &'static str {
        if self.is_reference { "reference" } else { self.check.slug() }
    }

    /// The question for people.
    pub fn question(&self, language: Language) -> &'static str {
        match (self.is_reference, language) {
            (false, language) => self.check.question(language),
            (true, Language::Az) => "Bu istinadın göstərdiyi hissə yerindədir və dəyişməzdirmi?",
            (true, Language::En) => "Is what this reference means there, and unchanged?",
        }
    }
}

impl Serialize for Checks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(None)?;
        for row in self.rows() {
            rows.serialize_element(&row)?;
        }
        rows.end()
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Question {
            az: &'static str,
            en: &'static str,
        }
        let question = Question { az: self.question(Language::Az), en: self.question(Language::En) };
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("check", self.slug())?;
        map.serialize_entry("question", &question)?;
        map.serialize_entry("answer", &self.answer)?;
        map.serialize_entry("found", &self.found)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_begins_as_yes_and_none_follows_a_no() {
        let mut answers = Answers::default();
        assert!(Check::ALL.iter().all(|check| answers.get(*check) == Answer::NotAsked));
        answers.yes(Check::Value);
        answers.set(Check::Value, false);
        answers.set(Check::Value, true);
        answers.yes(Check::Value);
        assert_eq!(answers.get(Check::Value), Answer::No);
        answers.set(Check::Revocation, Answer::Unknown);
        answers.yes(Check::Revocation);
        assert_eq!(answers.get(Check::Revocation), Answer::Unknown);
        assert_eq!(answers.first_open(&[Check::Value, Check::Chain]), Some(Check::Value));
    }

    #[test]
    fn every_question_is_one_and_has_one_name() {
        let slugs: std::collections::BTreeSet<_> = Check::ALL.iter().map(|check| check.slug()).collect();
        assert_eq!(slugs.len(), Check::ALL.len());
        for check in Check::ALL {
            for language in [Language::Az, Language::En] {
                assert!(check.question(language).ends_with('?'), "{check:?}");
            }
        }
    }
}
