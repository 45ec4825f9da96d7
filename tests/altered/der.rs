//! DER as a tree, for changing it: read from what the signers wrote, written minimal or in one of the
//! longer spellings that BER has for the same thing.

use super::choices::Choices;

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub tag: u8,
    pub octets: Vec<u8>,
    /// Of a constructed one.
    pub children: Vec<Node>,
    /// Written in DER, whatever the choices are.
    pub is_rigid: bool,
}

const CONSTRUCTED: u8 = 0x20;

/// Reads the first element, and says how long it is.
fn first(der: &[u8]) -> (Node, usize) {
    let (header, length) = match der[1] {
        short @ 0..=0x7F => (2, usize::from(short)),
        long => {
            let count = usize::from(long & 0x7F);
            (2 + count, der[2..2 + count].iter().fold(0, |length, &octet| length << 8 | usize::from(octet)))
        }
    };
    let body = &der[header..header + length];
    let mut node = Node { tag: der[0], octets: Vec::new(), children: Vec::new(), is_rigid: false };
    match node.tag & CONSTRUCTED {
        0 => node.octets = body.to_vec(),
        _ => {
            let mut at = 0;
            while at < body.len() {
                let (child, length) = first(&body[at..]);
                node.children.push(child);
                at += length;
            }
        }
    }
    (node, header + length)
}

/// Reads one element.
pub fn read(der: &[u8]) -> Node {
    first(der).0
}

impl Node {
    /// Writes it; the choices lengthen lengths, and nought is DER.
    pub fn written(&self, choices: &Choices) -> Vec<u8> {
        let none = Choices::none();
        let choices = if self.is_rigid { &none } else { choices };
        let body = match self.tag & CONSTRUCTED {
            0 => self.octets.clone(),
            _ => self.children.iter().flat_map(|child| child.written(choices)).collect(),
        };
        let mut out = vec![self.tag];
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        match choices.below(6) {
            // X.690 8.1.3.6, of a constructed one alone
            5 if self.tag & CONSTRUCTED != 0 => {
                return [&[self.tag, 0x80][..], &body, &[0, 0]].concat();
            }
            4 => {
                out.push(0x84);
                out.extend(length);
            }
            _ if body.len() < 0x80 => out.push(length[3]),
            _ => {
                let from = length.iter().position(|octet| *octet != 0).unwrap_or(3);
                out.push(0x80 | u8::try_from(4 - from).unwrap());
                out.extend(&length[from..]);
            }
        }
        out.extend(body);
        out
    }

    /// Every way to a node below this one.
    pub fn paths(&self) -> Vec<Vec<usize>> {
        let mut found = Vec::new();
        for (index, child) in self.children.iter().enumerate() {
            found.push(vec![index]);
            found.extend(child.paths().into_iter().map(|path| [vec![index], path].concat()));
        }
        found
    }

    pub fn at_way(&self, path: &[usize]) -> &Node {
        path.iter().fold(self, |node, &index| &node.children[index])
    }

    pub fn at(&mut self, path: &[usize]) -> &mut Node {
        path.iter().fold(self, |node, &index| &mut node.children[index])
    }
}

/// Changes one node below the root; says what.
pub fn change(root: &mut Node, path: &[usize], choices: &Choices) -> &'static str {
    let (&index, above) = path.split_last().expect("a way below the root");
    let parent = root.at(above);
    match choices.below(7) {
        0 => {
            parent.children.remove(index);
            "dropped"
        }
        1 => {
            let twin = parent.children[index].clone();
            parent.children.insert(index, twin);
            "doubled"
        }
        2 if index + 1 < parent.children.len() => {
            parent.children.swap(index, index + 1);
            "swapped"
        }
        3 => {
            parent.children[index].tag ^= 1 << choices.below(8);
            "another tag"
        }
        _ => {
            let octets = &mut parent.children[index].octets;
            match octets.len() {
                0 => octets.push(0),
                length => octets[choices.below(length)] ^= 1 << choices.below(8),
            }
            "a bit flipped"
        }
    }
}
