//! Photos on a page: small, beside the line of the score that they show.

use askama::Template;
use domain::canonical::Digest;
use domain::closing::explain_items;
use domain::forms::MonthColumn;
use domain::scoring::{Finding, Pictured};
use records::photos::ShownPhoto;

/// A photo of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thumb {
    pub(crate) href: String,
    pub(crate) alt: String,
}

/// Photos in a row; nothing where there are none.
#[derive(Debug, Template)]
#[template(path = "photos/thumbs.html")]
pub(crate) struct Thumbs {
    pub(crate) photos: Vec<Thumb>,
}

/// A line of a score's derivation with its photos.
pub(crate) struct ReasonLine {
    pub(crate) text: String,
    pub(crate) photos: Thumbs,
}

/// Why a month has its score, each line with the photos of its findings; the other photos of the month stand at the end.
/// A month without a score has no lines, and its photos alone.
pub(crate) fn reasons(
    column: &MonthColumn,
    photos: &[ShownPhoto],
    address: impl Fn(&Digest) -> String,
) -> Vec<ReasonLine> {
    let mine: Vec<&ShownPhoto> = photos.iter().filter(|photo| photo.month == column.month).collect();
    let explained = match column.result.score {
        Some(_) => explain_items(&column.catalogue, &column.findings).unwrap_or_default(),
        None => Vec::new(),
    };
    let mut placed: Vec<Digest> = Vec::new();
    let mut lines = Vec::new();
    for line in explained {
        let counted = |finding: &&Finding| line.acts.contains(&finding.act);
        let shows = |photo: &Pictured| {
            column.findings.iter().filter(counted).any(|finding| photo.shows(finding, &column.catalogue))
        };
        let hashes = distinct(mine.iter().filter(|photo| shows(&photo.pictured)).map(|photo| photo.hash));
        placed.extend(&hashes);
        let what = line.text.split('（').next().unwrap_or_default().to_owned();
        lines.push(ReasonLine { photos: thumbs(&hashes, &what, &address), text: line.text });
    }
    let rest = distinct(mine.iter().map(|photo| photo.hash).filter(|hash| !placed.contains(hash)));
    if !rest.is_empty() {
        let text = "评分时拍的其他照片".to_owned();
        lines.push(ReasonLine { photos: thumbs(&rest, "评分", &address), text });
    }
    lines
}

/// The photos each once, in their order.
fn distinct(photos: impl Iterator<Item = Digest>) -> Vec<Digest> {
    let mut hashes: Vec<Digest> = Vec::new();
    for hash in photos {
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    hashes
}

/// Photos of one thing.
fn thumbs(hashes: &[Digest], what: &str, address: &impl Fn(&Digest) -> String) -> Thumbs {
    let thumb =
        |(at, hash): (usize, &Digest)| Thumb { href: address(hash), alt: format!("{what}照片 {}", at + 1) };
    Thumbs { photos: hashes.iter().enumerate().map(thumb).collect() }
}

impl Thumbs {
    /// Photos by their hashes, each once.
    pub(crate) fn of<'a>(
        photos: impl Iterator<Item = &'a ShownPhoto>,
        what: &str,
        address: impl Fn(&Digest) -> String,
    ) -> Self {
        thumbs(&distinct(photos.map(|photo| photo.hash)), what, &address)
    }
}
