//! What stands outside of the blocks that may have twins, and what it says of the names in them.

use std::cell::OnceCell;
use std::ops::Range;

use hashbrown::HashSet;

use super::super::tree::Tree;
use super::names::{Against, compared, compares_digits, has_digit, is_spelled_like_a_name, runs};
use super::{is_block, whole};

/// What stands outside of the blocks that may have twins: the names in it, and what it compares. Each is read where there are such
/// blocks and somebody asks for it, and not before.
#[derive(Debug)]
pub struct Elsewhere<'s> {
    /// The configuration, and the texts of other kinds of files.
    trees: Vec<(&'s Tree, &'s [u8])>,
    others: Vec<&'s [u8]>,
    read: OnceCell<Read<'s>>,
    compares_digits: OnceCell<bool>,
    /// The names that have a number in them.
    numbered: OnceCell<HashSet<&'s [u8]>>,
    /// All names in its words. They are asked for only where numbers alone do not make twins.
    names: OnceCell<HashSet<&'s [u8]>>,
    /// Whether a name tells something by itself.
    tells: fn(&str) -> bool,
}

/// What a first reading gives.
#[derive(Debug, Default)]
struct Read<'s> {
    /// The words of the configuration, by file.
    words: Vec<(&'s Tree, &'s [u8], Range<usize>)>,
    /// What names are compared with outside of the configuration, or by its expressions.
    compared: Against,
}

impl<'s> Read<'s> {
    /// Takes in a tree but for the blocks that may have twins among the servers of `http`, and the `upstream`s, in which names
    /// are all there is.
    fn add_tree(&mut self, tree: &'s Tree, file: &'s [u8]) {
        let name = |directive: u32| tree.words(directive).first().map_or(&b""[..], |word| word.inner().of(file));
        let mut around: Vec<u32> = Vec::new();
        let mut add = |directive: u32| match name(directive) {
            b"http" => {
                around.push(directive);
            }
            b"server" | b"upstream" if is_block(tree, directive) => {}
            _ => self.add_directives(tree, file, directive),
        };
        tree.children(None).for_each(&mut add);
        for http in around {
            for directive in tree.children(Some(http)) {
                if !matches!(name(directive), b"server" | b"upstream") || !is_block(tree, directive) {
                    self.add_directives(tree, file, directive);
                }
            }
        }
    }

    /// Takes in a directive and all that stands in its block.
    fn add_directives(&mut self, tree: &'s Tree, file: &'s [u8], directive: u32) {
        self.words.push((tree, file, whole(tree, directive)));
        self.compared = self.compared.or(compared(tree, file, directive));
    }
}

impl<'s> Elsewhere<'s> {
    /// These files of the configuration, and those of other kinds. `tells` knows the names that are told from others by what they
    /// mean.
    pub fn new(trees: Vec<(&'s Tree, &'s [u8])>, others: Vec<&'s [u8]>, tells: fn(&str) -> bool) -> Self {
        let (read, compares_digits) = (OnceCell::new(), OnceCell::new());
        Elsewhere { trees, others, read, compares_digits, numbered: OnceCell::new(), names: OnceCell::new(), tells }
    }

    fn read(&self) -> &Read<'s> {
        self.read.get_or_init(|| {
            let mut read = Read::default();
            self.trees.iter().for_each(|(tree, file)| read.add_tree(tree, file));
            // Their names are compared with those of the configuration.
            if !self.others.is_empty() {
                read.compared = Against::ANYTHING;
            }
            read
        })
    }

    /// The words of the configuration.
    fn words(&self) -> impl Iterator<Item = &'s [u8]> {
        self.read().words.iter().flat_map(|(tree, file, words)| {
            tree.words.get(words.clone()).unwrap_or_default().iter().map(|word| word.inner().of(file))
        })
    }

    /// The same, and those of the other files.
    fn all_words(&self) -> impl Iterator<Item = &'s [u8]> {
        self.words().chain(self.others.iter().flat_map(|text| text.split(u8::is_ascii_whitespace)))
    }

    /// Returns whether it compares digits.
    pub(super) fn compares_digits(&self) -> bool {
        *self.compares_digits.get_or_init(|| self.all_words().any(compares_digits))
    }

    /// What names are compared with in it.
    pub(super) fn compared(&self) -> Against {
        self.read().compared
    }

    /// Returns whether it has this name, which has a number in it.
    pub(super) fn has_numbered(&self, name: &[u8]) -> bool {
        let all = || {
            let names = self.all_words().flat_map(|text| runs(text).map(|run| &text[run]));
            names.filter(|name| has_digit(name)).collect()
        };
        self.numbered.get_or_init(all).contains(name)
    }

    /// Returns whether it has this name.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        let all = || {
            let names = self.words().flat_map(|text| runs(text).map(|run| &text[run]));
            names.filter(|name| is_spelled_like_a_name(name)).collect()
        };
        self.names.get_or_init(all).contains(name)
    }

    /// Returns whether a name tells something by itself.
    pub(super) fn tells(&self, name: &str) -> bool {
        (self.tells)(name)
    }
}
