//! The configuration as nginx loads it: contexts, with every include put in its place.
//!
//! Contexts are made breadth first, so that the children of one stand in a row, parents come before children,
//! and no step recurses. A file is parsed once; its directives are *placed* once per inclusion.

pub mod condition;
pub mod header_names;
pub mod include;
pub mod inheritance;
mod kinds;
pub mod nearest_directives;
mod parts;

use std::collections::BTreeSet;
use std::ops::Range;

use hashbrown::HashMap;

use crate::nginx::config::include::{Included, Includes};
use crate::nginx::config::inheritance::{DirectivesInForce, InForce, Named};
use crate::nginx::syntax::tree::{Body, Tree};
use crate::source::{FileId, Place, Sources};
pub use kinds::implied_context;
use kinds::kind_of;

/// How deep one file may include another. nginx has no limit; real files are far below this one.
pub const MAX_INCLUDE_DEPTH: usize = 32;
/// How many directives one configuration may have once its includes are in place.
pub const MAX_DIRECTIVES: usize = 8_000_000;
/// How many directives may be placed by including files again, at the most. Thirty files that include each other ten times stand for
/// more directives than there are atoms; a snippet in each of 20,000 locations stays below.
const MAX_REPEATED: usize = 400_000;
/// How many may be, whatever is written.
const MIN_REPEATED: usize = 40_000;
/// How many more may be for each directive that is written: a bomb is what is short and becomes long.
const REPEATED_EACH: usize = 16;

/// The kind of a block to nginx, as far as CORS depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextKind {
    /// The top of a main file.
    Main,
    /// `http { … }`
    Http,
    /// `server { … }` in `http`.
    Server,
    /// `location … { … }`
    Location,
    /// `if (…) { … }` in a server.
    IfInServer,
    /// `if (…) { … }` in a location.
    IfInLocation,
    /// `limit_except … { … }`
    LimitExcept,
    /// `map … { … }`
    Map,
    /// A block whose directives have no part in an answer's headers: `events`, `upstream`, `types`, `geo`, …
    Other,
}

/// Which context of a [`Config`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub u32);

/// Which placed directive of a [`Config`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

/// One block, or the top of the configuration.
#[derive(Debug)]
pub struct Context {
    /// Its kind.
    pub kind: ContextKind,
    /// The context around it.
    pub parent: Option<ContextId>,
    /// The directive that opens it; none for the top.
    pub opener: Option<ItemId>,
    /// Its own directives in file order, those of included files in the place of the `include`.
    items: Range<u32>,
    /// The contexts directly in it.
    children: Range<u32>,
    /// True if a part of it could not be read (a missing include, a template tag, a syntax error), so that what is not seen in it may yet
    /// be there.
    pub incomplete: bool,
    /// True if an include in it brought nothing that could be read: a pattern that matches no file here, or a package's own modules.
    pub(super) unread: bool,
    /// The directives in force in it.
    pub(super) in_force: DirectivesInForce,
    /// Its directives of the rewrite module; a run in `Config::lists`.
    pub(super) rewrites: Range<u32>,
    /// Its own `try_files`, the last one, which is not inherited (A1.12).
    pub(super) try_files: Option<ItemId>,
    /// Its own `more_set_headers` and `more_clear_headers`, and of these the ones that CORS may depend on; runs in `Config::lists`.
    pub(super) more: [Range<u32>; 2],
}

/// A directive in its place.
#[derive(Debug, Clone, Copy)]
pub struct Item<'s> {
    /// Its name as nginx reads it.
    pub name: &'s [u8],
    /// The file it is written in.
    pub file: FileId,
    /// That file's tree.
    pub(super) tree: &'s Tree,
    /// Its index in that file's tree.
    pub directive: u32,
    /// The context it stands in.
    pub context: ContextId,
    /// The context it opens, if it is a block nginx knows.
    pub opens: Option<ContextId>,
    /// The inclusion that brought it, if it is not written in the main file.
    pub inclusion: Option<u32>,
}

/// One `include` that brought one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inclusion {
    /// The `include` directive: its file and its index there.
    pub(super) by: (FileId, u32),
    pub(super) file: FileId,
    pub(super) parent: Option<u32>,
    pub(super) depth: usize,
}

/// Why a part of the configuration could not be put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// A plain include path that is not there.
    IncludeNotFound {
        /// True if it names a place on the production machine, and not one below the main file's directory.
        absolute: bool,
    },
    /// A file that includes itself, perhaps through others.
    IncludeCycle,
    /// Includes nested past [`MAX_INCLUDE_DEPTH`].
    IncludeDepth,
    /// More than [`MAX_DIRECTIVES`] directives.
    TooLarge,
    /// Too many directives by including files again, beside those that are written.
    TooOften,
}

/// The trees of the nginx files of a run, by [`FileId`].
pub type Trees = std::collections::BTreeMap<FileId, Tree>;

/// One configuration: a main file, or a fragment in the context it implies, and all it includes.
#[derive(Debug)]
pub struct Config<'s> {
    pub(super) sources: &'s Sources,
    trees: &'s Trees,
    /// The file it starts from.
    pub root: FileId,
    /// True if the main file itself is known, so that what is nowhere in it is nowhere.
    pub whole: bool,
    /// True if the context of the top level was stated, and not guessed from what stands there.
    pub stated: bool,
    contexts: Vec<Context>,
    pub(super) items: Vec<Item<'s>>,
    pub(super) inclusions: Vec<Inclusion>,
    /// The files that are included, how many directives are written in them and in the root, and how many came of including them again.
    included: BTreeSet<FileId>,
    written: usize,
    repeated: usize,
    /// The parts that could not be put in place, and the directive that says so.
    pub problems: Vec<(Place, Problem)>,
    /// The directives in force in each context; see [`DirectivesInForce`].
    pub(super) in_force: Vec<InForce>,
    /// Items of the lists that settings refer to.
    pub(super) lists: Vec<ItemId>,
    /// Tables of the long ones among these lists, by where each starts: header names, and statuses of error pages.
    pub(super) names: HashMap<u32, HashMap<Vec<u8>, Named>>,
    pub(super) pages: HashMap<u32, HashMap<u16, ItemId>>,
}

/// A run of directives still to be placed: siblings from `next` to `end` of one file.
struct Block {
    file: FileId,
    next: u32,
    end: u32,
    inclusion: Option<u32>,
}

impl<'s> Config<'s> {
    /// Puts the file `root` and all it includes together. `kind` is the context its top level stands in.
    pub fn new(sources: &'s Sources, trees: &'s Trees, includes: &Includes, root: FileId, kind: ContextKind) -> Self {
        let mut config = Config {
            sources,
            trees,
            root,
            whole: kind == ContextKind::Main,
            stated: false,
            contexts: Vec::new(),
            items: Vec::new(),
            inclusions: Vec::new(),
            included: BTreeSet::new(),
            written: trees.get(&root).map_or(0, |tree| tree.directives.len()),
            repeated: 0,
            problems: Vec::new(),
            in_force: Vec::new(),
            lists: Vec::new(),
            names: HashMap::new(),
            pages: HashMap::new(),
        };
        config.open(kind, None, None);
        let mut next = 0;
        while next < config.contexts.len() {
            let id = ContextId(number(next));
            config.add_directives(id, includes);
            config.settle(id);
            next += 1;
        }
        config
    }

    fn open(&mut self, kind: ContextKind, parent: Option<ContextId>, opener: Option<ItemId>) -> ContextId {
        let id = ContextId(number(self.contexts.len()));
        self.contexts.push(Context {
            kind,
            parent,
            opener,
            items: 0..0,
            children: 0..0,
            incomplete: false,
            unread: false,
            in_force: DirectivesInForce::default(),
            rewrites: 0..0,
            try_files: None,
            more: [0..0, 0..0],
        });
        id
    }

    /// Places the directives of one context, includes in their place, and opens the contexts in it.
    fn add_directives(&mut self, id: ContextId, includes: &Includes) {
        let first_item = number(self.items.len());
        let first_child = number(self.contexts.len());
        let mut runs = vec![self.block(id)];
        while let Some(run) = runs.last_mut() {
            let (file, index, inclusion) = (run.file, run.next, run.inclusion);
            let Some(tree) = self.trees.get(&file).filter(|_| run.next < run.end) else {
                runs.pop();
                continue;
            };
            run.next = tree.directives.get(index as usize).map_or(run.end, |directive| directive.end);
            if self.items.len() >= MAX_DIRECTIVES {
                self.problem(id, self.head(file, index), Problem::TooLarge);
                break;
            }
            match self.name_of(file, index) {
                b"include" => self.include(id, (file, index), inclusion, includes, &mut runs),
                name => {
                    self.items.push(Item { name, file, tree, directive: index, context: id, opens: None, inclusion })
                }
            }
        }
        self.open_blocks(id, first_item);
        let (items, children) = (first_item..number(self.items.len()), first_child..number(self.contexts.len()));
        let context = &mut self.contexts[id.0 as usize];
        context.items = items;
        context.children = children;
    }

    /// The directives between a context's braces, or the whole file for the top.
    fn block(&self, id: ContextId) -> Block {
        match self.context(id).opener.map(|opener| self.item(opener)) {
            Some(item) => {
                let end = item.tree.directives.get(item.directive as usize).map_or(0, |directive| directive.end);
                Block { file: item.file, next: item.directive + 1, end, inclusion: item.inclusion }
            }
            None => {
                let end = self.tree(self.root).map_or(0, |tree| number(tree.directives.len()));
                Block { file: self.root, next: 0, end, inclusion: None }
            }
        }
    }

    /// Opens the contexts of the blocks among the items from `first` on.
    fn open_blocks(&mut self, id: ContextId, first: u32) {
        let parent = self.context(id).kind;
        for index in first..number(self.items.len()) {
            let item = self.items[index as usize];
            let directive = item.tree.directives.get(item.directive as usize);
            if matches!(directive.map(|directive| directive.body), Some(Body::Block(_))) {
                let opened = self.open(kind_of(parent, item.name), Some(id), Some(ItemId(index)));
                self.items[index as usize].opens = Some(opened);
            }
        }
    }

    fn include(
        &mut self,
        id: ContextId,
        by: (FileId, u32),
        inclusion: Option<u32>,
        includes: &Includes,
        runs: &mut Vec<Block>,
    ) {
        let place = self.head(by.0, by.1);
        let words = self.tree(by.0).map_or(&[][..], |tree| tree.words(by.1));
        let [_, pattern] = words else { return };
        let value = pattern.value(&self.sources.get(by.0).bytes);
        match includes.get(&value) {
            Some(Included::Stock) if memchr::memmem::find(&value, b"modules").is_some() => self.mark_unread(id),
            // A package's own directives for an app: what they set is not known.
            Some(Included::Stock) if value.ends_with(b"proxy_params") => self.mark_unread(id),
            None | Some(Included::Stock) => {}
            Some(Included::Missing) => {
                self.problem(id, place, Problem::IncludeNotFound { absolute: value.starts_with(b"/") });
            }
            Some(Included::Unknown) => self.mark_incomplete(id),
            Some(Included::Files(files)) if files.is_empty() => self.mark_unread(id),
            Some(Included::Files(files)) => {
                let depth = inclusion.map_or(0, |index| self.inclusions[index as usize].depth) + 1;
                // The stack is taken from its end, so the last file goes in first.
                for &file in files.iter().rev() {
                    if !self.may_include(file) {
                        self.problem(id, place, Problem::TooOften);
                        break;
                    } else if self.includes_itself(file, inclusion) {
                        self.problem(id, place, Problem::IncludeCycle);
                    } else if depth > MAX_INCLUDE_DEPTH {
                        self.problem(id, place, Problem::IncludeDepth);
                    } else {
                        let end = self.tree(file).map_or(0, |tree| number(tree.directives.len()));
                        let entry = Some(number(self.inclusions.len()));
                        self.inclusions.push(Inclusion { by, file, parent: inclusion, depth });
                        runs.push(Block { file, next: 0, end, inclusion: entry });
                        if self.tree(file).is_none_or(|tree| !tree.errors.is_empty() || !tree.tags.is_empty()) {
                            self.mark_incomplete(id);
                        }
                    }
                }
            }
        }
    }

    /// Returns whether a file may be included here; once too many directives have come of including files again, only those may that
    /// were not included before. An include is a directive, too: there are bombs of nothing else.
    fn may_include(&mut self, file: FileId) -> bool {
        let directives = self.tree(file).map_or(0, |tree| tree.directives.len());
        if self.included.insert(file) {
            self.written += directives;
            return true;
        }
        self.repeated = self.repeated.saturating_add(1 + directives);
        self.repeated <= MAX_REPEATED.min(MIN_REPEATED + REPEATED_EACH * self.written)
    }

    fn includes_itself(&self, file: FileId, inclusion: Option<u32>) -> bool {
        file == self.root || self.inclusion_chain(inclusion).any(|inclusion| inclusion.file == file)
    }

    fn inclusion_chain(&self, inclusion: Option<u32>) -> impl Iterator<Item = Inclusion> {
        let at = |index: u32| self.inclusions.get(index as usize).copied();
        std::iter::successors(inclusion.and_then(at), move |inclusion| inclusion.parent.and_then(at))
    }

    fn problem(&mut self, id: ContextId, place: Place, problem: Problem) {
        self.mark_incomplete(id);
        // One include that is followed often tells the same each time.
        if self.problems.last() != Some(&(place, problem)) {
            self.problems.push((place, problem));
        }
    }

    fn mark_incomplete(&mut self, id: ContextId) {
        self.contexts[id.0 as usize].incomplete = true;
    }

    fn mark_unread(&mut self, id: ContextId) {
        self.contexts[id.0 as usize].unread = true;
    }
}

/// Counts fit `u32`: files and directives are limited far below it.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
