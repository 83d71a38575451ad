//! A configuration that can be asked.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashSet;

use crate::nginx::config::inheritance::Protocol;
use crate::nginx::config::nearest_directives::Nearest;
use crate::nginx::config::{Config, ContextId, ItemId};
use crate::nginx::limits::{GivenUp, Limit};
use crate::nginx::regex::Regexes;
use crate::nginx::simulate::locations::Locations;
use crate::nginx::simulate::read_variables::read_variables;
use crate::nginx::simulate::servers::Servers;
use crate::nginx::simulate::variables::Definitions;

/// How many steps all runs of one request may take before its answer counts as unknown. The first run goes all the way.
pub const MAX_STEPS: u64 = 200_000;

/// The directives that rewrite the header of the request after the rewrite phase.
pub(in crate::nginx) const INPUT_HEADERS: [&[u8]; 2] = [b"more_set_input_headers", b"more_clear_input_headers"];

/// The directives that decide what nginx and others keep of the answers, whether it hands the request's header on, and whether chance
/// chooses a file.
fn hand_over<'s>(config: &Config<'s>) -> Nearest<'s> {
    const NAMES: [&[u8]; 7] = [
        b"cache",
        b"cache_key",
        b"cache_bypass",
        b"no_cache",
        b"cache_methods",
        b"ignore_headers",
        b"pass_request_headers",
    ];
    Nearest::new(config, |name| {
        name == b"random_index"
            || name == b"expires"
            || name == b"dav_methods"
            || INPUT_HEADERS.contains(&name)
            || Protocol::split(name).is_some_and(|(_, rest)| NAMES.contains(&rest))
    })
}

/// A configuration that can be asked.
#[derive(Debug)]
pub struct Model<'c, 's> {
    /// The configuration.
    pub config: &'c Config<'s>,
    /// Its variables.
    pub definitions: Definitions<'s>,
    /// Its locations.
    pub locations: Locations<'s>,
    /// Its servers.
    pub servers: Servers<'s>,
    /// Its expressions.
    pub regexes: Regexes,
    /// The directives that decide whether an app gets the request, and as it is, and a few others that are rarely there.
    pub(in crate::nginx) hand_over: Nearest<'s>,
    /// True if answers hold every field, or only those that CORS may depend on: most configurations set many others, and the same ones in
    /// every location.
    pub with_all_fields: bool,
    /// The steps of all runs.
    pub(super) steps: AtomicU64,
    /// See [`Model::given_up`].
    pub(super) given_up: GivenUp,
    /// See [`Model::read_variables`].
    read_variables: OnceLock<HashSet<Vec<u8>>>,
}

impl<'c, 's> Model<'c, 's> {
    /// Makes a configuration ready to be asked.
    pub fn new(config: &'c Config<'s>) -> Self {
        let servers = Servers::new(config);
        let given_up = GivenUp::default();
        servers.left_out().iter().for_each(|server| given_up.add(*server, Limit::Budget));
        Model {
            config,
            definitions: Definitions::new(config),
            locations: Locations::new(config),
            servers,
            regexes: Regexes::default(),
            hand_over: hand_over(config),
            with_all_fields: true,
            steps: AtomicU64::default(),
            given_up,
            read_variables: OnceLock::new(),
        }
    }

    /// The blocks that were asked and whose answers were not worked out, in file order, with the limit that a request met there.
    pub fn given_up(&self) -> Vec<(ContextId, Limit)> {
        self.given_up.all()
    }

    /// Says that a block was not asked, or not wholly, since a limit was met for it.
    pub fn give_up(&self, context: ContextId, limit: Limit) {
        self.given_up.add(context, limit);
    }

    /// The directive of this name in force in `context`, of those that [`hand_over`] collects.
    pub(crate) fn in_force(&self, context: ContextId, name: &[u8]) -> Option<ItemId> {
        self.hand_over.get(self.config, context, name)
    }

    /// The variables that an answer may depend on, in lower case.
    pub(in crate::nginx) fn read_variables(&self) -> &HashSet<Vec<u8>> {
        self.read_variables.get_or_init(|| read_variables(self.config, &self.definitions))
    }

    /// How many steps all answers so far have taken: directives that ran, jumps and variables asked for. It says how much was done,
    /// whatever the machine.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// The server that takes a request to `host` and `port` (A6.7). The scheme has no say: nginx chooses by address and name alone.
    /// `None` where no server listens on that port, or where the address the request comes in by decides.
    pub fn server_for(&self, host: &str, port: u16) -> Option<ContextId> {
        self.servers.find(&self.regexes, host, port).map(|(server, _)| server)
    }
}
