//! What of a receipt is the same in every run.

/// The receipt without its seal, ids, number and time of issue, an element a line.
pub fn normalised(receipt: &str) -> String {
    let (content, _) = receipt.split_once("<ds:Signature ").expect("a seal");
    // the place in the log is another at each walk; tests/transparency.rs looks at it
    let (content, _) = content.split_once("<Log>").expect("a place in the log");
    let content = blanked(&format!("{content}</Receipt>"), " number=\"", "\"");
    let content = ids_blanked(&blanked(&content, "<Issued", "</Issued>"));
    content.replace("><", ">\n<") + "\n"
}

/// The text without what stands between this start and the end after it, wherever it stands.
fn blanked(text: &str, start: &str, end: &str) -> String {
    let mut parts = text.split(start);
    let mut blanked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        blanked.push_str(start);
        match start.ends_with('"') {
            true => {}
            false => blanked.push('>'),
        }
        blanked.push_str(&part[part.find(end).expect("an end")..]);
    }
    blanked
}

/// Every id (8-4-4-4-12 hexadecimal digits) becomes `…`.
fn ids_blanked(text: &str) -> String {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_id = |text: &str| {
        let parts: Vec<_> = text.split('-').collect();
        parts.iter().map(|part| part.len()).eq(LENGTHS) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
    };
    let mut blanked = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match rest.get(..36).filter(|start| is_id(start)) {
            Some(_) => {
                blanked.push('…');
                rest = &rest[36..];
            }
            None => {
                blanked.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    blanked
}

/// The value of an attribute of the first element of this name.
pub fn attribute<'a>(receipt: &'a str, element: &str, name: &str) -> Option<&'a str> {
    let start = receipt.find(&format!("<{element} "))?;
    let tag = &receipt[start..start + receipt[start..].find('>')?];
    let value = tag.split_once(&format!(" {name}=\""))?.1;
    value.split('"').next()
}

/// The slugs of its findings, in order.
pub fn codes(receipt: &str) -> Vec<&str> {
    let findings = receipt.split("<Finding ").skip(1);
    findings.filter_map(|finding| finding.split_once(" code=\"")?.1.split('"').next()).collect()
}

/// The decision.
pub fn decision(receipt: &str) -> &str {
    receipt.split_once("<Decision>").and_then(|(_, rest)| rest.split('<').next()).expect("a decision")
}
