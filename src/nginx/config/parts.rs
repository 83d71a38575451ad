//! The parts of a configuration: its contexts, their directives, and the words of these.

use std::borrow::Cow;

use super::{Config, Context, ContextId, ContextKind, Item, ItemId, number};
use crate::nginx::syntax::tree::{Body, Tree, Word};
use crate::source::{FileId, Place, Span};

impl<'s> Config<'s> {
    /// The context of that name.
    pub fn context(&self, id: ContextId) -> &Context {
        &self.contexts[id.0 as usize]
    }

    pub(in crate::nginx) fn context_mut(&mut self, id: ContextId) -> &mut Context {
        &mut self.contexts[id.0 as usize]
    }

    /// The directive of that name.
    pub fn item(&self, id: ItemId) -> &Item<'s> {
        &self.items[id.0 as usize]
    }

    /// How many directives there are, in all contexts.
    pub fn item_count(&self) -> usize {
        self.items.len()
    }

    /// The top of the configuration.
    pub fn top(&self) -> ContextId {
        ContextId(0)
    }

    /// Every context, parents before children, siblings in file order.
    pub fn contexts(&self) -> impl Iterator<Item = ContextId> + use<> {
        (0..number(self.contexts.len())).map(ContextId)
    }

    /// The contexts directly in `id`, in file order.
    pub fn children(&self, id: ContextId) -> impl Iterator<Item = ContextId> + use<> {
        self.context(id).children.clone().map(ContextId)
    }

    /// The directives directly in `id`, in file order.
    pub fn items(&self, id: ContextId) -> impl Iterator<Item = ItemId> + use<> {
        self.context(id).items.clone().map(ItemId)
    }

    /// The directives named `name` directly in `id`.
    pub fn named(&self, id: ContextId, name: &[u8]) -> impl Iterator<Item = ItemId> {
        self.items(id).filter(move |&item| self.item(item).name == name)
    }

    /// The contexts around `id`, itself first.
    pub fn ancestors(&self, id: ContextId) -> impl Iterator<Item = ContextId> {
        std::iter::successors(Some(id), |&id| self.context(id).parent)
    }

    /// The nearest context around `id`, itself included, that is of this kind.
    pub fn enclosing(&self, id: ContextId, kind: ContextKind) -> Option<ContextId> {
        self.ancestors(id).find(|&context| self.context(context).kind == kind)
    }

    /// Returns whether a part of this context or of one around it could not be read.
    pub fn is_incomplete(&self, id: ContextId) -> bool {
        self.ancestors(id).any(|context| self.context(context).incomplete)
    }

    /// Returns whether an include around a context, or in it, brought directives that are not known.
    pub fn is_unread(&self, id: ContextId) -> bool {
        self.ancestors(id).any(|context| self.context(context).unread)
    }

    /// Returns whether a fault of the syntax reaches into a place, so that what stands there is not what was meant.
    pub fn is_torn(&self, place: Place) -> bool {
        let errors = self.tree(place.file).map_or(&[][..], |tree| &tree.errors);
        // They are in file order, and do not lie in one another deeper than this.
        let before = errors.partition_point(|error| error.span.start < place.span.end);
        errors[..before].iter().rev().take(8).any(|error| place.span.start < error.span.end)
    }

    /// The words of a directive, its name first.
    pub fn words(&self, id: ItemId) -> &'s [Word] {
        let item = self.item(id);
        item.tree.words(item.directive)
    }

    /// How many parameters a directive has.
    pub fn parameter_count(&self, id: ItemId) -> usize {
        self.words(id).len().saturating_sub(1)
    }

    /// The parameter counted from 1, as nginx reads it; `None` where it is missing or a template fills it in.
    pub fn parameter(&self, id: ItemId, index: usize) -> Option<Cow<'s, [u8]>> {
        let item = self.item(id);
        let word = item.tree.words(item.directive).get(index).filter(|word| !word.templated)?;
        match item.tree.filled.text(word.span) {
            Some(filled) => Some(Cow::Borrowed(filled)),
            None => Some(word.value(self.bytes(item.file))),
        }
    }

    /// Returns whether a template, or what stands in the environment, may put other texts into the words of a directive.
    pub(crate) fn is_filled(&self, id: ItemId) -> bool {
        !self.item(id).tree.filled.is_empty()
    }

    /// All parameters but those that a template fills in, as nginx reads them.
    pub fn parameters(&self, id: ItemId) -> impl Iterator<Item = Cow<'s, [u8]>> {
        (1..=self.parameter_count(id)).filter_map(move |index| self.parameter(id, index))
    }

    /// Returns whether the parameter counted from 1 is exactly `text`.
    pub fn parameter_is(&self, id: ItemId, index: usize, text: &str) -> bool {
        self.parameter(id, index).is_some_and(|value| &*value == text.as_bytes())
    }

    /// Where the word counted from 0 (the name) stands, quotes included.
    pub fn word_place(&self, id: ItemId, index: usize) -> Place {
        let span = self.words(id).get(index).map_or(Span::default(), |word| word.span);
        Place { file: self.item(id).file, span }
    }

    /// Where the word counted from 0 stands, without its quotes.
    pub fn value_place(&self, id: ItemId, index: usize) -> Place {
        let span = self.words(id).get(index).map_or(Span::default(), |word| word.inner());
        Place { file: self.item(id).file, span }
    }

    /// The text at a place, without what no report may show.
    pub fn text(&self, place: Place) -> String {
        self.sources.text(place).into_owned()
    }

    /// From the name of the directive that opens a block to the brace that closes it; `None` for the top.
    pub fn block_place(&self, id: ContextId) -> Option<Place> {
        let item = self.item(self.context(id).opener?);
        let head = item.tree.head(item.directive);
        let Body::Block(body) = item.tree.directives.get(item.directive as usize)?.body else { return None };
        Some(Place { file: item.file, span: head.to(body) })
    }

    /// From a directive's name to its last parameter.
    pub fn place(&self, id: ItemId) -> Place {
        let item = self.item(id);
        Place { file: item.file, span: item.tree.head(item.directive) }
    }

    /// Every inclusion: the file, and the `include` directive that brings it.
    pub fn inclusions(&self) -> impl Iterator<Item = (FileId, Place)> {
        self.inclusions.iter().map(|inclusion| (inclusion.file, self.head(inclusion.by.0, inclusion.by.1)))
    }

    /// The `include` in `file` that brings a directive of another file into its place, perhaps through further files.
    pub fn include_in(&self, file: FileId, item: ItemId) -> Option<Place> {
        let mut next = self.item(item).inclusion;
        while let Some(inclusion) = next.and_then(|at| self.inclusions.get(at as usize)) {
            if inclusion.by.0 == file {
                return Some(self.head(inclusion.by.0, inclusion.by.1));
            }
            next = inclusion.parent;
        }
        None
    }

    /// The path of a file as findings show it.
    pub fn path_of(&self, file: FileId) -> &str {
        &self.sources.get(file).path
    }

    /// The files this configuration is made of, each once, the root first.
    pub fn files(&self) -> Vec<FileId> {
        let mut files: Vec<FileId> = self.inclusions.iter().map(|inclusion| inclusion.file).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|&file| file != self.root);
        files.insert(0, self.root);
        files
    }

    /// How many bytes those files have, each counted once.
    pub fn byte_count(&self) -> usize {
        self.files().into_iter().map(|file| self.sources.get(file).bytes.len()).sum()
    }

    /// The bytes of a file.
    pub fn bytes(&self, file: FileId) -> &'s [u8] {
        &self.sources.get(file).bytes
    }

    /// The last part of the path of the file it starts from.
    pub(in crate::nginx) fn root_name(&self) -> &'s str {
        let path = &self.sources.get(self.root).path;
        path.rsplit('/').next().unwrap_or(path)
    }

    /// The tree of a file.
    pub(crate) fn tree(&self, file: FileId) -> Option<&'s Tree> {
        self.trees.get(&file)
    }

    pub(super) fn head(&self, file: FileId, directive: u32) -> Place {
        Place { file, span: self.tree(file).map_or(Span::default(), |tree| tree.head(directive)) }
    }

    /// A directive's name. A name without escapes is borrowed; one that has them is no directive.
    pub(super) fn name_of(&self, file: FileId, directive: u32) -> &'s [u8] {
        let word = self.tree(file).and_then(|tree| tree.words(directive).first());
        word.filter(|word| !word.templated).map_or(&[], |word| word.inner().of(self.bytes(file)))
    }
}
