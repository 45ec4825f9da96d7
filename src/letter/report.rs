//! A report on deliveries (RFC 3464): what became of a message of ours, for each of its receivers.
//!
//! Owns the fields of `message/delivery-status` and the Message-ID of what was returned. What it says is believed
//! by nobody here: anybody can send one.

use super::head::{clean_address, clean_id};

/// Most receivers that one report is read for: a message of ours has one or two.
const RECEIVERS_MAX: usize = 20;

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The Message-ID of what was returned, where its header came along.
    pub original_message_id: Option<String>,
    /// Of each receiver.
    pub deliveries: Vec<Delivery>,
}

/// What became of a message for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// `Original-Recipient`, which is as the mail was addressed; `Final-Recipient` where that is not told: the address,
    /// in lower case; none where it cannot be told.
    pub recipient: Option<String>,
    /// `Action`.
    pub action: Action,
    /// `Status`: class, subject and detail (RFC 3463).
    pub status: Option<(u8, u16, u16)>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It did not get there and will not.
    Failed,
    /// It did not get there yet.
    Delayed,
    /// It got there.
    Delivered,
    /// It went on to a system that sends no reports.
    Relayed,
    /// It went to several others.
    Expanded,
}

impl Action {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "failed" => Self::Failed,
            "delayed" => Self::Delayed,
            "delivered" => Self::Delivered,
            "relayed" => Self::Relayed,
            "expanded" => Self::Expanded,
            _ => return None,
        })
    }
}

/// The receivers in the text of a `message/delivery-status`: groups of fields, the first of which is the message's.
pub(super) fn deliveries(text: &[u8]) -> Vec<Delivery> {
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    let mut deliveries = Vec::new();
    for group in text.split("\n\n").filter(|group| !group.trim().is_empty()).take(RECEIVERS_MAX + 1) {
        let field = |wanted: &str| {
            let fields = group.lines().filter_map(|line| line.split_once(':'));
            let mut found = fields.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            found.next().map(|(_, value)| value.trim().to_ascii_lowercase())
        };
        let Some(action) = field("Action").and_then(|word| Action::of(word.split(' ').next().unwrap_or_default()))
        else {
            continue;
        };
        let recipient = field("Original-Recipient").or_else(|| field("Final-Recipient"));
        let recipient = recipient.and_then(|value| {
            let (kind, address) = value.split_once(';')?;
            (kind.trim() == "rfc822").then(|| clean_address(address))?
        });
        deliveries.push(Delivery { recipient, action, status: field("Status").and_then(|text| status(&text)) });
    }
    deliveries
}

fn status(text: &str) -> Option<(u8, u16, u16)> {
    let mut numbers = text.split([' ', '(']).next()?.split('.');
    let status = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    (numbers.next().is_none() && [2, 4, 5].contains(&status.0)).then_some(status)
}

/// The Message-ID in a returned header.
pub(super) fn returned_id(header: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(header).replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    let mut ids = text.lines().take_while(|line| !line.is_empty()).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("Message-ID").then(|| clean_id(value))?
    });
    ids.next()
}
