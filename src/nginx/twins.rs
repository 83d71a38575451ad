//! Blocks that are alike but for the numbers in their names.
//!
//! The configuration of a fleet is generated: server after server says the same, with `t00001` in one and `t00002` in the next. No
//! browser and no rule tells such servers apart, so the first [`PLACED`] of them are put in their place and asked, and what
//! is found in them stands for the others. Twins are equal byte for byte but for the digits of names such as `t00001`; the names of one
//! correspond to the names of the other one to one; and nothing outside of them speaks of these names, or compares digits.
//! Addresses of apps and paths on the machine may differ in any digits, since no answer depends on them.
//! What is a twin of what is decided among siblings, so the servers of one `http` and the locations of one server.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::config::{Config, ContextId, ContextKind, Inclusion, Item};
use super::tree::{Body, Tree};
use crate::source::{FileId, Place, Sources, Span};

/// How many twins are put in their place like any other block: more than any rule looks at or shows of the places where one
/// directive does harm.
pub const PLACED: usize = 16;
/// How many names one block may have before it counts as like no other.
const MAX_NAMES: usize = 64;
/// How many kinds of blocks of one length are told apart.
const MAX_KINDS: usize = 32;
/// Directives whose numbers matter to nobody who asks from outside, beside all that end in `_pass`.
const OF_THE_MACHINE: [&[u8]; 6] =
    [b"root", b"alias", b"access_log", b"error_log", b"ssl_certificate", b"ssl_certificate_key"];

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

/// What stands outside of the blocks that may have twins: the names in it, and whether it compares digits.
#[derive(Debug, Default)]
pub struct Elsewhere {
    names: HashSet<Vec<u8>>,
    compares_digits: bool,
}

impl Elsewhere {
    /// Takes in a text.
    pub fn add(&mut self, text: &[u8]) {
        self.names.extend(runs(text).map(|run| &text[run]).filter(|name| has_digit(name)).map(<[u8]>::to_vec));
        self.compares_digits |= compares_digits(text);
    }

    /// Takes in a tree but for the blocks that may have twins among the servers of `http`, and the `upstream`s, in which names
    /// are all there is.
    pub fn add_tree(&mut self, tree: &Tree, file: &[u8]) {
        let name = |directive: u32| tree.words(directive).first().map_or(&b""[..], |word| word.inner().of(file));
        let mut around: Vec<u32> = Vec::new();
        let mut add = |directive: u32| match name(directive) {
            b"http" => {
                around.push(directive);
            }
            b"server" | b"upstream" if is_block(tree, directive) => {}
            _ => self.add_words(tree, file, whole(tree, directive)),
        };
        tree.children(None).for_each(&mut add);
        for http in around {
            for directive in tree.children(Some(http)) {
                if !matches!(name(directive), b"server" | b"upstream") || !is_block(tree, directive) {
                    self.add_words(tree, file, whole(tree, directive));
                }
            }
        }
    }

    fn add_words(&mut self, tree: &Tree, file: &[u8], words: Range<usize>) {
        tree.words.get(words).unwrap_or_default().iter().for_each(|word| self.add(word.inner().of(file)));
    }
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

/// The longest runs of letters, digits, `-` and `_`.
fn runs(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.iter().position(is_part)?;
        let length = text[start..].iter().position(|byte| !is_part(byte)).unwrap_or(text.len() - start);
        at = start + length;
        Some(start..at)
    })
}

fn has_digit(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
}

/// Whether `text` may be an expression that some digits fit and others do not. All of them fit `\d` and `[0-9]`; how many
/// there must be does not matter either, since twins have as many.
fn compares_digits(text: &[u8]) -> bool {
    if !has_digit(text) || !text.iter().any(|byte| b"^[(\\*+?|$".contains(byte)) {
        return false;
    }
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let harmless = match rest {
            [b'0', b'-', b'9', ..] => 3,
            [b'$', digit, ..] if digit.is_ascii_digit() => 2,
            [b'{', ..] => after.iter().position(|byte| *byte == b'}').map_or(1, |end| end + 2),
            _ if byte.is_ascii_digit() => return true,
            _ => 1,
        };
        rest = rest.get(harmless..).unwrap_or_default();
    }
    false
}

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
    fn new(tree: &Tree, file: &[u8], member: Member) -> Option<Self> {
        let mut names: Vec<Name> = Vec::new();
        let mut known: Vec<&[u8]> = Vec::new();
        let mut compares = false;
        let end = tree.directives.get(member.directive as usize)?.end;
        for words in (member.directive..end).map(|directive| tree.words(directive)) {
            let directive = words.first().map_or(&b""[..], |word| word.inner().of(file));
            let is_of_the_machine = directive.ends_with(b"_pass") || OF_THE_MACHINE.contains(&directive);
            for word in words {
                let text = word.inner().of(file);
                compares |= compares_digits(text);
                let start = word.inner().start.saturating_sub(member.span.start) as usize;
                for run in runs(text) {
                    let name = &text[run.clone()];
                    let which = if is_name(text, &run) {
                        Some(known.iter().position(|known| *known == name).unwrap_or_else(|| {
                            known.push(name);
                            known.len() - 1
                        }))
                    } else if is_of_the_machine && name.iter().all(u8::is_ascii_digit) {
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
        // What is included must be the same, and an expression that compares digits could tell names apart.
        if compares || includes_by_name(tree, file, member, &names) {
            (names, known) = (Vec::new(), Vec::new());
        }
        let (count, head) = (known.len(), tree.head(member.directive).len() as usize);
        let heads_differ = names.first().is_some_and(|name| name.which.is_some() && name.range.end <= head);
        let (placed, left) = (Vec::new(), Vec::new());
        Some(Kind { first: member.span, file: member.file, names, count, heads_differ, placed, left })
    }

    /// The names of `other`, if it is a twin of the block `first`.
    fn names_of<'f>(&self, first: &[u8], other: &'f [u8]) -> Option<Vec<&'f [u8]>> {
        let mut names: Vec<&[u8]> = vec![b""; self.count];
        let mut at = 0;
        for Name { range, which } in &self.names {
            let name = other.get(range.clone())?;
            let same = first.get(at..range.start)? == other.get(at..range.start)?;
            if !same || !differs_in_digits(first.get(range.clone())?, name) {
                return None;
            }
            if let Some(slot) = which.and_then(|which| names.get_mut(which)) {
                if !slot.is_empty() && **slot != *name {
                    return None;
                }
                *slot = name;
            }
            at = range.end;
        }
        let distinct = |names: &[&[u8]]| names.iter().collect::<BTreeSet<_>>().len() == names.len();
        (first.get(at..)? == other.get(at..)? && distinct(&names)).then_some(names)
    }
}

/// Whether two names are equal but for their digits.
fn differs_in_digits(left: &[u8], right: &[u8]) -> bool {
    let alike = |(left, right): (&u8, &u8)| left == right || (left.is_ascii_digit() && right.is_ascii_digit());
    left.len() == right.len() && left.iter().zip(right).all(alike)
}

/// Whether a run is a name of which only the number matters to nobody: it starts with a small letter, as no number does in any
/// notation, and stands by itself in a word, a path or a host.
fn is_name(text: &[u8], run: &Range<usize>) -> bool {
    let name = &text[run.clone()];
    let apart = |byte: Option<&u8>| byte.is_none_or(|byte| b"/.@:,= ".contains(byte));
    let before = run.start.checked_sub(1).and_then(|at| text.get(at));
    name.first().is_some_and(u8::is_ascii_lowercase)
        && has_digit(name)
        && !name.iter().any(u8::is_ascii_uppercase)
        && !name.starts_with(b"xn--")
        && apart(before)
        && apart(text.get(run.end))
}

/// Whether an `include` in the block is found by one of the names.
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

/// Finds the twins among the siblings of one context.
pub(super) struct Finder<'a, 's> {
    sources: &'s Sources,
    elsewhere: &'a Elsewhere,
    /// The names that stand in several of the siblings, or beside them.
    shared: HashSet<&'s [u8]>,
    /// Whether only blocks with different heads are twins: of two locations with one path nginx refuses the second.
    by_head: bool,
    kinds: Vec<Kind>,
    by_length: HashMap<u32, Vec<usize>>,
}

impl<'a, 's> Finder<'a, 's> {
    pub(super) fn new(sources: &'s Sources, elsewhere: &'a Elsewhere, by_head: bool) -> Self {
        Finder { sources, elsewhere, shared: HashSet::new(), by_head, kinds: Vec::new(), by_length: HashMap::new() }
    }

    /// Takes note of the names in siblings that may speak of one another: each sibling's words, and whether it may have twins. Says
    /// whether one of the others compares digits.
    pub(super) fn compare(&mut self, siblings: impl Iterator<Item = (&'s Tree, Member, bool)>) -> bool {
        let mut owners: HashMap<&'s [u8], usize> = HashMap::new();
        let mut compares = false;
        for (index, (tree, member, has_twins)) in siblings.enumerate() {
            let file = &self.sources.get(member.file).bytes[..];
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

    /// Whether the block is to be put in its place; if not, it is a twin of some that are.
    pub(super) fn is_placed(&mut self, tree: &Tree, member: Member) -> bool {
        let text = |place: Place| self.sources.bytes(place);
        let own = text(member.place());
        let same_length = self.by_length.entry(member.span.len()).or_default();
        for &index in same_length.iter() {
            let Some(kind) = self.kinds.get_mut(index) else { continue };
            let first = text(Place { file: kind.file, span: kind.first });
            let Some(names) = kind.names_of(first, own) else { continue };
            let is_known = |name: &&[u8]| self.elsewhere.names.contains(*name) || self.shared.contains(*name);
            if names.iter().any(is_known) || (self.by_head && !kind.heads_differ) {
                return true;
            }
            let is_placed = kind.placed.len() < PLACED;
            if is_placed {
                kind.placed.push(member)
            } else {
                kind.left.push(member)
            }
            return is_placed;
        }
        if same_length.len() < MAX_KINDS
            && let Some(mut kind) = Kind::new(tree, &self.sources.get(member.file).bytes, member)
        {
            if self.elsewhere.compares_digits {
                (kind.names, kind.count, kind.heads_differ) = (Vec::new(), 0, false);
            }
            kind.placed.push(member);
            same_length.push(self.kinds.len());
            self.kinds.push(kind);
        }
        true
    }

    /// The twins of which some were left out.
    pub(super) fn finish(self) -> impl Iterator<Item = Twins> {
        let left_out = self.kinds.into_iter().filter(|kind| !kind.left.is_empty());
        left_out.map(move |kind| Twins { inner: self.by_head, placed: kind.placed, left: kind.left })
    }
}

/// What turns a text about one twin into the same text about another.
#[derive(Debug)]
pub struct Renaming<'s> {
    names: HashMap<&'s [u8], &'s [u8]>,
}

impl<'s> Renaming<'s> {
    /// The names of two twins that correspond to one another.
    pub fn new(from: &'s [u8], to: &'s [u8]) -> Self {
        let pairs = runs(from).filter_map(|run| Some((from.get(run.clone())?, to.get(run)?)));
        let is_number = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        Renaming { names: pairs.filter(|(from, to)| from != to && !is_number(from)).collect() }
    }

    /// The text with each name replaced by its counterpart.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut renamed = String::new();
        let mut at = 0;
        for run in runs(text.as_bytes()) {
            let counterpart = text.get(run.clone()).and_then(|name| self.names.get(name.as_bytes()));
            if let Some(name) = counterpart.and_then(|name| std::str::from_utf8(name).ok()) {
                renamed.push_str(text.get(at..run.start).unwrap_or_default());
                renamed.push_str(name);
                at = run.end;
            }
        }
        if at == 0 {
            return Cow::Borrowed(text);
        }
        renamed.push_str(text.get(at..).unwrap_or_default());
        Cow::Owned(renamed)
    }
}

impl<'s> Config<'s> {
    /// Takes the items from `first` on out that are twins of others among them: servers of `http`, locations of a server.
    pub(super) fn leave_out_twins(&mut self, id: ContextId, first: u32, elsewhere: &Elsewhere) {
        let wanted = match self.context(id).kind {
            ContextKind::Http => b"server".as_slice(),
            ContextKind::Server => b"location",
            _ => return,
        };
        let own = self.items.get(first as usize..).unwrap_or_default();
        if own.len() <= PLACED || own.iter().filter(|item| item.name == wanted).count() <= PLACED {
            return;
        }
        let by_head = wanted == b"location";
        let mut finder = Finder::new(self.sources, elsewhere, by_head);
        if by_head {
            let siblings = own.iter().filter_map(|item| {
                let (tree, member) = self.member(item)?;
                Some((tree, member, self.may_have_twins(item, wanted)))
            });
            if finder.compare(siblings) {
                return;
            }
        }
        let mut items = self.items.split_off(first as usize);
        items.retain(|item| {
            let member = Some(item).filter(|item| self.may_have_twins(item, wanted)).and_then(|item| self.member(item));
            member.is_none_or(|(tree, member)| finder.is_placed(tree, member))
        });
        self.items.append(&mut items);
        self.twins.extend(finder.finish());
    }

    /// Whether an item is a block that may have twins: a location only where its path alone chooses it.
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
