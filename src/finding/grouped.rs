//! Many findings of one kind told as one line, for readers. A receipt's XML and an answer for
//! programs keep every finding.

use super::{Code, Language};

/// The messages of findings in their order, those about stations that are left out (S 6.1: a
/// participant may have a hundred) told in one, in the place of the first. Beside each message
/// stands which finding it is.
pub fn grouped<'a>(findings: impl Iterator<Item = (&'a str, String)>, language: Language) -> Vec<(usize, String)> {
    let mut told: Vec<(usize, String)> = Vec::new();
    let mut missing: Vec<(usize, String, String)> = Vec::new(); // which, station, message
    for (nth, (slug, message)) in findings.enumerate() {
        match station(&message, language).filter(|_| slug == Code::RuleStationMissing.slug()).map(str::to_owned) {
            Some(station) => missing.push((nth, station, message)),
            None => told.push((nth, message)),
        }
    }
    let [(first, ..), _, ..] = missing.as_slice() else {
        told.extend(missing.into_iter().map(|(nth, _, message)| (nth, message)));
        told.sort_by_key(|(nth, _)| *nth);
        return told;
    };
    let stations: Vec<&str> = missing.iter().map(|(_, station, _)| station.as_str()).collect();
    let (count, stations) = (stations.len(), stations.join(", "));
    let mut message = match language {
        Language::Az => format!(
            "İstismarda olan {count} stansiya sənəddə yoxdur: {stations}. Unudulublarsa, yeni redaksiya göndərin."
        ),
        Language::En => format!(
            "{count} stations which are in service are not in the document: {stations}. If they were forgotten, send \
             a new revision."
        ),
    };
    // the last one may say how many there are besides
    let more = match language {
        Language::Az => " Daha ",
        Language::En => " There ",
    };
    if let Some(more) = missing.last().and_then(|(.., last)| last.get(last.rfind(more)?..)) {
        message.push_str(more);
    }
    told.push((*first, message));
    told.sort_by_key(|(nth, _)| *nth);
    told
}

/// The station that a message speaks of.
fn station(message: &str, language: Language) -> Option<&str> {
    let (before, after) = Code::RuleStationMissing.text(language).split_once("{found}")?;
    Some(message.strip_prefix(before)?.split_once(after)?.0)
}

#[cfg(test)]
mod tests {
    use super::super::{Finding, Hint};
    use super::*;

    #[test]
    fn stations_that_are_left_out_are_told_in_one_line_and_nothing_else_is() {
        let missing = |station: &str| Finding::new(Code::RuleStationMissing).found(station);
        let mut findings = vec![Finding::new(Code::RuleRevisionJump).found(3).wanted(2), missing("A")];
        let told = |findings: &[Finding], language| {
            grouped(findings.iter().map(|one| (one.code.slug(), one.message(language))), language)
        };
        for language in [Language::Az, Language::En] {
            let one = told(&findings, language);
            assert_eq!(one, [(0, findings[0].message(language)), (1, findings[1].message(language))]);
        }
        findings.push(
            missing("B").hint(Hint::fixed("Adı: X. Daha 3 xəbərdarlıq var.", "It is X. There are 3 more warnings.")),
        );
        findings.push(Finding::new(Code::RuleMoreWarnings).found(2));
        let three = told(&findings, Language::En);
        assert_eq!(three.iter().map(|(nth, _)| *nth).collect::<Vec<_>>(), [0, 1, 3]);
        assert!(
            three[1].1.starts_with("2 stations")
                && three[1].1.contains(": A, B.")
                && three[1].1.ends_with("revision. There are 3 more warnings.")
        );
        assert!(told(&findings, Language::Az)[1].1.contains("2 stansiya sənəddə yoxdur: A, B."));
    }
}
