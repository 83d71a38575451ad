//! Kinds of blocks, and which of a kind are asked.

use std::collections::BTreeSet;
use std::ops::Range;

use hashbrown::{HashMap, HashSet};

use super::super::tree::Tree;
use super::names::{self, Against, Way, compared, compares_digits, has_digit, run_length, runs};
use super::{Elsewhere, Member, PLACED, Twins, whole};
use crate::source::{FileId, Place, Sources, Span};

/// How many names one block may have before it counts as like no other.
const MAX_NAMES: usize = 4096;
/// How many kinds of blocks of one size are told apart.
const MAX_KINDS: usize = 32;

/// What may differ in a block, from where to where: one of its names, or a number that matters to nobody.
#[derive(Debug, Clone)]
struct Name {
    range: Range<usize>,
    which: Option<usize>,
}

/// A kind of block, by the first of its kind.
#[derive(Debug)]
struct Kind {
    first: Span,
    file: FileId,
    names: Vec<Name>,
    /// How many names there are, each counted once.
    count: usize,
    /// Whether one of them stands before the block's `{`.
    heads_differ: bool,
    placed: Vec<Member>,
    left: Vec<Member>,
}

impl Kind {
    /// The names of `other`, if it is a twin of the block `first`.
    fn names_of<'f>(&self, way: Way, first: &[u8], other: &'f [u8]) -> Option<Vec<&'f [u8]>> {
        let mut names: Vec<&[u8]> = vec![b""; self.count];
        let (mut at, mut at_other) = (0, 0);
        for Name { range, which } in &self.names {
            let between = first.get(at..range.start)?;
            at_other += other.get(at_other..)?.starts_with(between).then_some(between.len())?;
            let rest = other.get(at_other..)?;
            let (own, name) = (first.get(range.clone())?, rest.get(..run_length(rest))?);
            if !corresponds(way, *which, own, name) {
                return None;
            }
            if let Some(slot) = which.and_then(|which| names.get_mut(which)) {
                if !slot.is_empty() && **slot != *name {
                    return None;
                }
                *slot = name;
            }
            (at, at_other) = (range.end, at_other + name.len());
        }
        let distinct = |names: &[&[u8]]| names.iter().collect::<BTreeSet<_>>().len() == names.len();
        (first.get(at..)? == other.get(at_other..)? && distinct(&names)).then_some(names)
    }
}

/// Returns whether what stands in one twin may stand in the place of what stands in the other.
fn corresponds(way: Way, which: Option<usize>, own: &[u8], name: &[u8]) -> bool {
    let alike = |(left, right): (&u8, &u8)| left == right || (left.is_ascii_digit() && right.is_ascii_digit());
    match (way, which) {
        (Way::Named, None) => !name.is_empty() && name.iter().all(u8::is_ascii_digit),
        (Way::Named, Some(_)) => !name.is_empty(),
        (Way::Numbered, _) => own.len() == name.len() && own.iter().zip(name).all(alike),
    }
}

/// Finds the twins among the siblings of one context.
pub(super) struct Finder<'a, 's> {
    sources: &'s Sources,
    elsewhere: &'a Elsewhere<'s>,
    way: Way,
    /// The names that stand in several of the siblings, or beside them.
    shared: HashSet<&'s [u8]>,
    /// What the expressions around the blocks are compared with.
    around: Against,
    /// Whether only blocks with different heads are twins: of two locations with one path nginx refuses the second.
    by_head: bool,
    kinds: Vec<Kind>,
    /// By the length in bytes, or by the number of directives and words.
    by_size: HashMap<(u32, u32), Vec<usize>>,
}

/// One of the blocks of a context, or what stands between them.
#[derive(Clone, Copy)]
pub(super) struct Sibling<'s> {
    pub(super) tree: &'s Tree,
    pub(super) member: Member,
    /// Whether it may have twins.
    pub(super) has_twins: bool,
}

impl<'a, 's> Finder<'a, 's> {
    pub(super) fn new(sources: &'s Sources, elsewhere: &'a Elsewhere<'s>, way: Way, by_head: bool) -> Self {
        Finder {
            sources,
            elsewhere,
            way,
            shared: HashSet::new(),
            around: elsewhere.compared(),
            by_head,
            kinds: Vec::new(),
            by_size: HashMap::new(),
        }
    }

    fn file(&self, file: FileId) -> &'s [u8] {
        &self.sources.get(file).bytes
    }

    /// Takes note of the names in siblings that may speak of one another. Says whether something beside the blocks may tell any two
    /// of them apart.
    pub(super) fn compare(&mut self, siblings: impl Iterator<Item = Sibling<'s>>) -> bool {
        match self.way {
            Way::Numbered if self.by_head => self.compare_numbers(siblings),
            Way::Numbered => false,
            Way::Named => self.compare_names(siblings),
        }
    }

    fn compare_numbers(&mut self, siblings: impl Iterator<Item = Sibling<'s>>) -> bool {
        let mut owners: HashMap<&'s [u8], usize> = HashMap::new();
        let mut compares = false;
        for (index, Sibling { tree, member, has_twins }) in siblings.enumerate() {
            let file = self.file(member.file);
            for word in tree.words.get(whole(tree, member.directive)).unwrap_or_default() {
                let text = word.inner().of(file);
                compares |= !has_twins && compares_digits(text);
                for name in runs(text).map(|run| &text[run]).filter(|name| has_digit(name)) {
                    let owner = *owners.entry(name).or_insert(index);
                    if owner != index || !has_twins {
                        self.shared.insert(name);
                    }
                }
            }
        }
        compares
    }

    fn compare_names(&mut self, siblings: impl Iterator<Item = Sibling<'s>>) -> bool {
        let mut owners: HashMap<&'s [u8], Option<usize>> = HashMap::new();
        for (index, Sibling { tree, member, has_twins }) in siblings.enumerate() {
            let file = self.file(member.file);
            let owner = Some(index).filter(|_| has_twins);
            if self.by_head && !has_twins {
                self.around = self.around.or(self.compared(tree, member));
            }
            let end = tree.directives.get(member.directive as usize).map_or(0, |directive| directive.end);
            // What a directive is called is no name.
            let parameters = (member.directive..end).flat_map(|directive| tree.words(directive).iter().skip(1));
            for text in parameters.map(|word| word.inner().of(file)) {
                for name in runs(text).map(|run| &text[run]).filter(|name| name[0].is_ascii_lowercase()) {
                    let known = owners.entry(name).or_insert(owner);
                    if *known != owner {
                        *known = None;
                    }
                }
            }
        }
        self.shared = owners.into_iter().filter(|(_, owner)| owner.is_none()).map(|(name, _)| name).collect();
        // Twins differ in their heads: in the path of a location, in the names of most servers.
        if self.by_head { self.around.paths } else { self.around.hosts }
    }

    /// What the expressions of a block are compared with.
    fn compared(&self, tree: &Tree, member: Member) -> Against {
        compared(tree, self.file(member.file), member.directive)
    }

    /// Returns whether the block is to be put in its place; if not, it is a twin of some that are.
    pub(super) fn is_placed(&mut self, tree: &Tree, member: Member) -> bool {
        let own = self.sources.bytes(member.place());
        let size = match self.way {
            Way::Numbered => (member.span.len(), 0),
            Way::Named => {
                let words = whole(tree, member.directive).len();
                let end = tree.directives.get(member.directive as usize).map_or(0, |directive| directive.end);
                (u32::try_from(words).unwrap_or(u32::MAX), end.saturating_sub(member.directive))
            }
        };
        let same_size = self.by_size.get(&size).map_or(&[][..], Vec::as_slice);
        for &index in same_size {
            let Some(kind) = self.kinds.get(index) else { continue };
            let first = self.sources.bytes(Place { file: kind.file, span: kind.first });
            let Some(names) = kind.names_of(self.way, first, own) else { continue };
            if names.iter().any(|name| !self.is_own(name)) || (self.by_head && !kind.heads_differ) {
                return true;
            }
            let Some(kind) = self.kinds.get_mut(index) else { continue };
            let is_placed = kind.placed.len() < PLACED;
            if is_placed {
                kind.placed.push(member)
            } else {
                kind.left.push(member)
            }
            return is_placed;
        }
        if same_size.len() < MAX_KINDS
            && let Some(mut kind) = self.kind(tree, member)
        {
            kind.placed.push(member);
            self.by_size.entry(size).or_default().push(self.kinds.len());
            self.kinds.push(kind);
        }
        true
    }

    /// Returns whether nothing beside a block speaks of this name of it.
    fn is_own(&self, name: &[u8]) -> bool {
        let is_known = match self.way {
            Way::Numbered => self.elsewhere.has_numbered(name),
            Way::Named => self.elsewhere.has(name) || !names::is_any(name, self.elsewhere),
        };
        !is_known && !self.shared.contains(name)
    }

    /// The kind of a block that is like none before it.
    fn kind(&self, tree: &Tree, member: Member) -> Option<Kind> {
        let file = self.file(member.file);
        let mut names: Vec<Name> = Vec::new();
        let mut known: HashMap<&[u8], usize> = HashMap::new();
        let mut compares = self.way == Way::Numbered && self.elsewhere.compares_digits();
        let compared = match self.way {
            Way::Numbered => Against::default(),
            Way::Named => self.around.or(self.compared(tree, member)),
        };
        let end = tree.directives.get(member.directive as usize)?.end;
        for words in (member.directive..end).map(|directive| tree.words(directive)) {
            let directive = words.first().map_or(&b""[..], |word| word.inner().of(file));
            for (index, word) in words.iter().enumerate() {
                let text = word.inner().of(file);
                compares |= self.way == Way::Numbered && compares_digits(text);
                let start = word.inner().start.saturating_sub(member.span.start) as usize;
                for run in runs(text) {
                    let name = &text[run.clone()];
                    let is_name = match self.way {
                        Way::Numbered => names::is_numbered(text, &run),
                        Way::Named => names::is_free(directive, index, text, &run, compared) && self.is_own(name),
                    };
                    let which = if is_name {
                        let next = known.len();
                        Some(*known.entry(name).or_insert(next))
                    } else if names::is_of_the_machine(directive)
                        && !compared.hosts
                        && name.iter().all(u8::is_ascii_digit)
                    {
                        None
                    } else {
                        continue;
                    };
                    names.push(Name { range: start + run.start..start + run.end, which });
                }
            }
            if known.len() > MAX_NAMES {
                return None;
            }
        }
        // What is included must be the same, and an expression could tell names apart.
        if compares || includes_by_name(tree, file, member, &names) {
            (names, known) = (Vec::new(), HashMap::new());
        }
        let (count, head) = (known.len(), tree.head(member.directive).len() as usize);
        let heads_differ = names.first().is_some_and(|name| name.which.is_some() && name.range.end <= head);
        let (placed, left) = (Vec::new(), Vec::new());
        Some(Kind { first: member.span, file: member.file, names, count, heads_differ, placed, left })
    }

    /// How many blocks were left out.
    pub(super) fn left_out(&self) -> usize {
        self.kinds.iter().map(|kind| kind.left.len()).sum()
    }

    /// The twins of which some were left out.
    pub(super) fn finish(self) -> impl Iterator<Item = Twins> {
        let left_out = self.kinds.into_iter().filter(|kind| !kind.left.is_empty());
        left_out.map(move |kind| Twins { inner: self.by_head, placed: kind.placed, left: kind.left })
    }
}

/// Returns whether an `include` in the block is found by one of the names.
fn includes_by_name(tree: &Tree, file: &[u8], member: Member, names: &[Name]) -> bool {
    let end = tree.directives.get(member.directive as usize).map_or(0, |directive| directive.end);
    (member.directive..end).map(|directive| tree.words(directive)).any(|words| {
        let is_include = words.first().is_some_and(|word| word.inner().of(file) == b"include");
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
        let from = first.span.start.saturating_sub(member.span.start) as usize;
        let to = last.span.end.saturating_sub(member.span.start) as usize;
        is_include && names.iter().any(|name| from <= name.range.start && name.range.end <= to)
    })
}
