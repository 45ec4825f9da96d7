//! Changes of a signed document that its canonical form shows, in what its signature covers.

use super::choices::Choices;
use super::tree::{Element, Node};

/// The way from the root to a node: an index into each element's children.
type Path = Vec<usize>;

/// What a signature is in these documents, and which of its parts the signature itself covers.
const SIGNATURE: &str = "ds:Signature";
const COVERED: &[&str] = &["ds:SignedInfo", "xades:SignedProperties"];

/// What is covered, however it is spelt: all without the signatures, and their covered parts.
pub fn plain(root: &Element) -> (Element, Vec<Element>) {
    let (mut bare, mut parts) = (root.clone(), Vec::new());
    apart(&mut bare, &mut parts);
    (bare.plain(), parts.iter().map(Element::plain).collect())
}

fn apart(element: &mut Element, parts: &mut Vec<Element>) {
    element.children.retain_mut(|child| match child {
        Node::Element(child) if child.name == SIGNATURE => {
            parts_of(child, parts);
            false
        }
        Node::Element(child) => {
            apart(child, parts);
            true
        }
        _ => true,
    });
}

fn parts_of(element: &Element, parts: &mut Vec<Element>) {
    for child in &element.children {
        if let Node::Element(child) = child {
            match COVERED.contains(&child.name.as_str()) {
                true => parts.push(child.clone()),
                false => parts_of(child, parts),
            }
        }
    }
}

/// Changes one thing in what is covered; says what, or nothing when this choice changes nothing.
pub fn change(root: &mut Element, choices: &Choices) -> Option<&'static str> {
    let before = plain(root);
    let mut paths = Vec::new();
    covered(root, true, &mut Vec::new(), &mut paths);
    let path = &paths[choices.below(paths.len())];
    let what = at(root, path, choices);
    (plain(root) != before).then_some(what)
}

/// The ways to every node that is covered; of the root, which is, the way is empty.
fn covered(element: &Element, inside: bool, path: &mut Path, found: &mut Vec<Path>) {
    if inside {
        found.push(path.clone());
    }
    for (index, child) in element.children.iter().enumerate() {
        path.push(index);
        match child {
            Node::Element(child) => {
                let is_covered = inside && child.name != SIGNATURE || COVERED.contains(&child.name.as_str());
                covered(child, is_covered, path, found);
            }
            // comments are left out of what is signed
            Node::Aside(aside) if inside && aside.starts_with("<?") => found.push(path.clone()),
            Node::Text(_) if inside => found.push(path.clone()),
            _ => {}
        }
        path.pop();
    }
}

fn element<'a>(root: &'a mut Element, path: &[usize]) -> &'a mut Element {
    path.iter().fold(root, |parent, &index| match &mut parent.children[index] {
        Node::Element(child) => child,
        _ => unreachable!("a way leads through elements"),
    })
}

fn at(root: &mut Element, path: &[usize], choices: &Choices) -> &'static str {
    let Some((&index, above)) = path.split_last() else { return of_element(root, choices) };
    let parent = element(root, above);
    // nodes among their siblings, or one of them by itself
    match choices.below(8) {
        0 => {
            parent.children.remove(index);
            "a node dropped"
        }
        1 => {
            let twin = parent.children[index].clone();
            parent.children.insert(index, twin);
            "a node doubled"
        }
        2 if index + 1 < parent.children.len() => {
            parent.children.swap(index, index + 1);
            "two neighbours swapped"
        }
        3 => {
            let last = parent.children.len() - 1;
            parent.children.swap(index, last);
            "a node at the end"
        }
        _ => match &mut parent.children[index] {
            Node::Element(element) => of_element(element, choices),
            Node::Text(text) => of_text(text, choices),
            Node::Aside(aside) => {
                aside.insert(aside.len() - 2, 'x');
                "a processing instruction changed"
            }
        },
    }
}

fn of_element(element: &mut Element, choices: &Choices) -> &'static str {
    let count = element.attributes.len();
    let which = choices.below(count);
    match choices.below(9) {
        0 if count > 0 => {
            element.attributes.remove(which);
            "an attribute or declaration dropped"
        }
        1 if count > 0 => {
            of_text(&mut element.attributes[which].1, choices);
            "a value or namespace changed"
        }
        // a declaration that nothing uses is not seen in an exclusive canonical form
        2 if count > 0 && !element.attributes[which].0.starts_with("xmlns") => {
            let (name, value) = element.attributes[which].clone();
            element.attributes.push((name + "2", value));
            "an attribute doubled under another name"
        }
        3 if count > 1 => {
            let other = (which + 1) % count;
            let value = element.attributes[which].1.clone();
            element.attributes[which].1 = std::mem::replace(&mut element.attributes[other].1, value);
            "two values swapped"
        }
        4 => {
            element.name.push('x');
            "an element renamed"
        }
        5 => {
            element.children.push(Node::Text(" ".into()));
            "white space at the end"
        }
        6 => {
            let name = element.name.clone();
            element.children.insert(0, Node::Element(Element { name, attributes: Vec::new(), children: Vec::new() }));
            "an empty child"
        }
        7 => {
            element.children.clear();
            "an element emptied"
        }
        _ => {
            let name = ["added", "xml:lang", "xml:base", "Id"][choices.below(4)];
            if element.attributes.iter().all(|(own, _)| own != name) {
                element.attributes.push((name.into(), "added".into()));
            }
            "an attribute added"
        }
    }
}

fn of_text(text: &mut String, choices: &Choices) -> &'static str {
    let mut characters: Vec<char> = text.chars().collect();
    let place = choices.below(characters.len());
    match choices.below(4) {
        0 if !characters.is_empty() => drop(characters.remove(place)),
        1 if !characters.is_empty() => characters.insert(place, characters[place]),
        2 if characters.len() > 1 => {
            let other = (place + 1) % characters.len();
            characters.swap(place, other);
        }
        _ if !characters.is_empty() => characters[place] = if characters[place] == '7' { '8' } else { '7' },
        _ => characters.push('7'),
    }
    *text = characters.into_iter().collect();
    "a character dropped, doubled, swapped or changed"
}
