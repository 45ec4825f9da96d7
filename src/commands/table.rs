//! Tables for people: aligned columns, two spaces between, no frame.
//!
//! Widths are counted as a terminal shows them: ə, İ and ğ are one column whether composed or not.
//! Nothing is cut: an official must see the whole value. Control characters are shown, not sent.

use crate::host::is_unprintable;
use std::fmt;

/// On which side a column's values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table; prints itself without a line end after the last row.
///
/// ```
/// use pencere::commands::table::{Side, Table};
/// let mut table = Table::new([("Station", Side::Left), ("MWh", Side::Right)]);
/// table.row(["Qaradağ", "98765.432"]);
/// assert_eq!(table.to_string(), "Station        MWh\nQaradağ  98765.432");
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    sides: Vec<Side>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Side)>) -> Self {
        let (heads, sides) = columns.into_iter().map(|(head, side)| (one_line(head), side)).unzip();
        Self { sides, rows: vec![heads] }
    }

    /// Adds a row. A missing cell is empty; one too many is a mistake of the caller and not shown.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Self {
        let mut row: Vec<String> = cells.into_iter().map(|cell| one_line(cell.as_ref())).collect();
        debug_assert!(row.len() <= self.sides.len(), "more cells than columns");
        row.resize(self.sides.len(), String::new());
        self.rows.push(row);
        self
    }

    /// Whether there is any row below the heads.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = vec![0; self.sides.len()];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(columns(cell));
            }
        }
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for ((cell, &width), side) in row.iter().zip(&widths).zip(&self.sides) {
                let pad = " ".repeat(width - columns(cell));
                match side {
                    Side::Left => line.extend([cell.as_str(), pad.as_str(), "  "]),
                    Side::Right => line.extend([pad.as_str(), cell.as_str(), "  "]),
                }
            }
            if number > 0 {
                f.write_str("\n")?;
            }
            f.write_str(line.trim_end_matches(' '))?;
        }
        Ok(())
    }
}

/// How many columns of a terminal a text takes.
pub fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            // combining marks (the dot of a decomposed İ), joiners, variation selectors
            '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' => 0,
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' => 0,
            '\u{fe20}'..='\u{fe2f}' => 0,
            // East Asian wide and full-width forms, and emoji: not ours, but a file may be named so
            '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
            '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' => 2,
            '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => 2,
            _ => 1,
        })
        .sum()
}

/// A cell stays on its line.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if is_unprintable(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azerbaijani_letters_take_one_column_composed_or_not() {
        for (text, wide) in
            [("Mingəçevir SES", 14), ("Bərpa olunan İqtisadiyyat", 25), ("I\u{307}g\u{306}", 2), ("表", 2)]
        {
            assert_eq!(columns(text), wide, "{text}");
        }
        let mut table = Table::new([("Ad", Side::Left), ("MVt", Side::Right), ("Vəziyyət", Side::Left)]);
        table.row(["Şəmkir SES", "380", "işləyir"]).row(["I\u{307}ri", "5", ""]);
        assert_eq!(table.to_string(), "Ad          MVt  Vəziyyət\nŞəmkir SES  380  işləyir\nI\u{307}ri           5");
    }

    #[test]
    fn a_hostile_cell_stays_on_its_line_and_moves_no_cursor() {
        let mut table = Table::new([("Name", Side::Left), ("Said", Side::Left)]);
        table.row(["a\nb\u{1b}[2J", "\u{202e}x"]).row(["short"]);
        assert_eq!(table.to_string(), "Name          Said\na b\\u{1b}[2J  \\u{202e}x\nshort");
    }
}
