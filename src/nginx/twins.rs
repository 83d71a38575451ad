//! Blocks that are alike but for the names in them.
//!
//! The configuration of a fleet is generated: server after server says the same, with `t00001` in one and `t00002` in the next, or with
//! `acme` in one and `globex` in the other. No browser and no rule tells such servers apart, so the first [`PLACED`] of them are put in
//! their place and asked, and what is found in them stands for the others. Twins are equal byte for byte but for such names; the names
//! of one correspond to the names of the other one to one; and nothing outside of them speaks of these names, or compares them with an
//! expression. Addresses of apps and paths on the machine may differ in any digits, since no answer depends on them.
//! What is a twin of what is decided among siblings, so the servers of one `http` and the locations of one server.

mod elsewhere;
mod kind;
mod names;
mod renaming;

use std::collections::BTreeMap;
use std::ops::Range;

use super::config::{Config, ContextId, ContextKind, Inclusion, Item};
use super::tree::{Body, Tree};
use crate::source::{FileId, Place, Span};
pub use elsewhere::Elsewhere;
use kind::{Finder, Sibling};
use names::Way;
pub use renaming::Renaming;

/// How many twins are put in their place like any other block: more than any rule looks at or shows of the places where one
/// directive does harm.
pub const PLACED: usize = 16;

/// A block that may have twins.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its file.
    pub file: FileId,
    /// The directive that opens it.
    pub directive: u32,
    /// The inclusion that brought it.
    pub(super) inclusion: Option<u32>,
    /// From its name to its `}`.
    pub span: Span,
}

impl Member {
    /// From its name to its `}`.
    pub fn place(&self) -> Place {
        Place { file: self.file, span: self.span }
    }
}

/// Blocks that are alike.
#[derive(Debug)]
pub struct Twins {
    /// Whether they are locations, and so stand in servers that may have twins themselves.
    pub inner: bool,
    /// Those that were put in their place.
    pub placed: Vec<Member>,
    /// Those that were left out, in file order.
    pub left: Vec<Member>,
}

fn is_block(tree: &Tree, directive: u32) -> bool {
    tree.directives.get(directive as usize).is_some_and(|directive| matches!(directive.body, Body::Block(_)))
}

/// The words of a directive and of all that stands in its block.
fn whole(tree: &Tree, directive: u32) -> Range<usize> {
    let first = |directive: u32| {
        tree.directives.get(directive as usize).map_or(tree.words.len(), |directive| directive.first_word as usize)
    };
    let end = tree.directives.get(directive as usize).map_or(directive, |directive| directive.end);
    first(directive)..first(end)
}

impl<'s> Config<'s> {
    /// Takes the items from `first` on out that are twins of others among them: servers of `http`, locations of a server.
    pub(super) fn leave_out_twins(&mut self, id: ContextId, first: u32, elsewhere: &Elsewhere<'s>) {
        let wanted = match self.context(id).kind {
            ContextKind::Http => b"server".as_slice(),
            ContextKind::Server => b"location",
            _ => return,
        };
        let own = self.items.get(first as usize..).unwrap_or_default();
        let blocks = own.iter().filter(|item| item.name == wanted).count();
        if blocks <= PLACED {
            return;
        }
        let numbered = self.twins_among(own, wanted, elsewhere, Way::Numbered);
        let left_out = |found: &Option<(Finder<'_, '_>, Vec<bool>)>| found.as_ref().map_or(0, |it| it.0.left_out());
        let still = blocks - left_out(&numbered);
        // A fleet under numbers needs no second look.
        let is_worth_it = still > PLACED.max(blocks / 8);
        let named = is_worth_it.then(|| self.twins_among(own, wanted, elsewhere, Way::Named)).flatten();
        let best = if left_out(&named) > left_out(&numbered) { named } else { numbered };
        let Some((finder, are_placed)) = best else { return };
        let mut are_placed = are_placed.into_iter();
        let mut items = self.items.split_off(first as usize);
        items.retain(|_| are_placed.next() != Some(false));
        self.items.append(&mut items);
        self.twins.extend(finder.finish());
    }

    /// The twins among siblings, and which of the siblings are put in their place. `None` where any two of them may be told apart.
    fn twins_among<'a>(
        &self,
        own: &[Item<'s>],
        wanted: &[u8],
        elsewhere: &'a Elsewhere<'s>,
        way: Way,
    ) -> Option<(Finder<'a, 's>, Vec<bool>)> {
        let mut finder = Finder::new(self.sources, elsewhere, way, wanted == b"location");
        let sibling = |item: &Item<'s>| {
            let (tree, member) = self.member(item)?;
            Some(Sibling { tree, member, has_twins: self.may_have_twins(item, wanted) })
        };
        if finder.compare(own.iter().filter_map(sibling)) {
            return None;
        }
        let is_placed = |item: &Item<'s>| {
            let sibling = sibling(item).filter(|sibling| sibling.has_twins);
            sibling.is_none_or(|sibling| finder.is_placed(sibling.tree, sibling.member))
        };
        let are_placed = own.iter().map(is_placed).collect();
        Some((finder, are_placed))
    }

    /// Returns whether an item is a block that may have twins: a location only where its path alone chooses it.
    fn may_have_twins(&self, item: &Item<'s>, wanted: &[u8]) -> bool {
        let Some(tree) = self.tree(item.file).filter(|tree| item.name == wanted && tree.is_plain()) else {
            return false;
        };
        let first = tree.words(item.directive).get(1).map(|word| word.inner().of(self.bytes(item.file)));
        is_block(tree, item.directive) && !first.is_some_and(|first| first.starts_with(b"~") || first.starts_with(b"@"))
    }

    fn member(&self, item: &Item<'s>) -> Option<(&'s Tree, Member)> {
        let tree = self.tree(item.file)?;
        let head = tree.head(item.directive);
        let span = match tree.directives.get(item.directive as usize)?.body {
            Body::Block(block) | Body::Foreign(block) => head.to(block),
            Body::Simple => head,
        };
        Some((tree, Member { file: item.file, directive: item.directive, inclusion: item.inclusion, span }))
    }

    /// Notes what the blocks that were left out include: the same as their twins do.
    pub(super) fn include_for_twins(&mut self) {
        if self.twins.is_empty() || self.inclusions.is_empty() {
            return;
        }
        let mut by_include: BTreeMap<(FileId, u32), Vec<Inclusion>> = BTreeMap::new();
        for inclusion in &self.inclusions {
            by_include.entry(inclusion.by).or_default().push(*inclusion);
        }
        let mut more = Vec::new();
        for twins in &self.twins {
            let Some(like) = twins.placed.first() else { continue };
            let end = self.tree(like.file).and_then(|tree| tree.directives.get(like.directive as usize));
            let end = end.map_or(like.directive, |directive| directive.end);
            let inside = by_include.range((like.file, like.directive)..(like.file, end)).flat_map(|(_, all)| all);
            let includes: Vec<&Inclusion> = inside.filter(|inclusion| inclusion.parent == like.inclusion).collect();
            for left in &twins.left {
                more.extend(includes.iter().map(|include| Inclusion {
                    by: (left.file, include.by.1 - like.directive + left.directive),
                    parent: left.inclusion,
                    ..**include
                }));
            }
        }
        self.inclusions.append(&mut more);
    }
}
