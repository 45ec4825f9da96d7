//! What a correction says of itself (R 3.4.5): what it replaces, why, and what grounds it.
//!
//! Owns how that is read, what is kept of it beside the load ([`Replacing`]), and what a receipt repeats of it. What
//! stands, and whether it is that, the rules judge.

use super::Understood;
use super::form::Frame;
use super::statement::Stood;
use crate::authority::Enclosed;
use crate::document::{Revision, SubmissionId};
use crate::finding::Place;
use std::fmt;
use std::str::FromStr;

/// Basis documents that a receipt names: more than a correction ever needs, and far below the totals of a receipt.
const NAMED_MAX: usize = 16;

/// What a correction replaces, by the number of the revision or by the id in its receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaces {
    Revision(Revision),
    Submission(SubmissionId),
}

impl FromStr for Replaces {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(revision) = text.parse() {
            return Ok(Self::Revision(revision));
        }
        // an id has other spellings too, which the published form does not take
        let id = text.parse::<SubmissionId>().ok().filter(|id| id.to_string() == text);
        id.map(Self::Submission).ok_or(())
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revision(revision) => fmt::Display::fmt(revision, f),
            Self::Submission(id) => fmt::Display::fmt(id, f),
        }
    }
}

impl Replaces {
    /// Whether this is what stands.
    pub fn is(self, stood: &Stood) -> bool {
        match self {
            Self::Revision(revision) => revision.get() == stood.revision,
            Self::Submission(id) => id == stood.submission,
        }
    }
}

/// What a validated statement takes the place of, and what its sender says of that: kept with its load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replacing {
    /// The submission that stood, and stands no more once this one holds; none where nothing did.
    pub submission: Option<SubmissionId>,
    /// One of the reasons, as the document has it.
    pub reason: Option<String>,
    /// What more its sender says.
    pub note: Option<String>,
}

impl Replacing {
    /// In words, for the receipt, with the revision that stood where that is known.
    pub fn understood(&self, revision: Option<u16>) -> Vec<Understood> {
        let id = self.submission.map(|id| told("Əvəz etdiyi təqdimat", "Replaces the submission", id.to_string()));
        let revision = revision.map(|one| told("Əvəz etdiyi redaksiya", "Replaces the revision", one.to_string()));
        let reason = self.reason.clone().map(|reason| told("Düzəlişin səbəbi", "Reason of the correction", reason));
        let note = self.note.clone().map(|note| told("Qeyd", "Note", note));
        [id, revision, reason, note].into_iter().flatten().collect()
    }
}

/// Whose data a proposal is about, for its receipt.
pub fn proposed_to(body: &str) -> Understood {
    told("Məlumatına düzəliş təklif edilən qurum", "Correction proposed to the data of", body.to_owned())
}

fn told(title_az: &str, title_en: &str, value: String) -> Understood {
    Understood { title_az: title_az.to_owned(), title_en: title_en.to_owned(), value, unit: String::new() }
}

/// What the frame says.
#[derive(Debug, Default)]
pub(super) struct Correction {
    /// What it replaces, and where that is said.
    pub replaces: Option<(Replaces, Place)>,
    /// One of the reasons.
    pub reason: Option<String>,
    /// What more there is to say.
    pub note: Option<String>,
    /// Of a proposal: the VÖEN of the body whose data it is to correct (R 3.13).
    pub about: Option<String>,
}

impl Correction {
    /// Takes a value that has its form.
    pub fn take(&mut self, frame: Frame, text: &str, place: Place) {
        match frame {
            Frame::Replaces => self.replaces = text.parse().ok().map(|replaces| (replaces, place)),
            Frame::Reason => self.reason = Some(text.to_owned()),
            Frame::Note => self.note = Some(text.to_owned()),
            Frame::About => self.about = Some(text.to_owned()),
            Frame::Id | Frame::To | Frame::Dataset | Frame::Period | Frame::Revision | Frame::Sender => {}
        }
    }

    /// What of it is kept, beside what stood.
    pub fn replacing(&self, replaced: Option<&Stood>) -> Replacing {
        let submission = replaced.map(|stood| stood.submission);
        Replacing { submission, reason: self.reason.clone(), note: self.note.clone() }
    }

    /// What the receipt repeats: what was replaced, so that this receipt names that one, why, and what grounds it.
    pub fn understood(&self, replaced: Option<&Stood>, enclosed: &[Enclosed]) -> Vec<Understood> {
        let mut all: Vec<Understood> = self.about.iter().map(|voen| proposed_to(voen)).collect();
        all.extend(self.replacing(replaced).understood(replaced.map(|stood| stood.revision)));
        if replaced.is_some() {
            // the digest first: a long name is cut at its end
            let named = enclosed.iter().take(NAMED_MAX).map(|one| format!("{} {}", one.sha256, one.name.shown()));
            all.extend(named.map(|value| told("Əsas sənəd (SHA-256)", "Basis document (SHA-256)", value)));
            if let Some(more) = enclosed.len().checked_sub(NAMED_MAX).filter(|&more| more > 0) {
                all.push(told("Daha əsas sənədlər", "More basis documents", more.to_string()));
            }
        }
        all
    }
}
