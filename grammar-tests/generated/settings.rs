//! Settings files that are made up.

use proptest::collection::vec;
use proptest::sample::select;
use proptest::strategy::Strategy;

/// Lines of every key, most of them with a value that fits.
pub(super) fn file() -> impl Strategy<Value = Vec<u8>> {
    let fitting = vec(select(FITTING), 0..6);
    let odd = vec((select(KEYS), select(VALUES)).prop_map(|(key, value)| format!("{key} = {value}\n")), 0..3);
    let rest = vec(proptest::num::u8::ANY, 0..3);
    (fitting, odd, select(TABLES), rest).prop_map(|(fitting, odd, table, rest)| {
        [fitting.concat().as_bytes(), odd.concat().as_bytes(), table.as_bytes(), &rest].concat()
    })
}

const FITTING: &[&str] = &[
    "fail-on = \"error\"\n",
    "exclude = [\"legacy/**\", '*.bak']\n",
    "root = \"machine\"\n",
    "context = \"server\"\n",
    "nginx-version = \"1.28\"\n",
    "app-sets-cors = true\n",
    "rules.null-origin = \"off\"\n",
    "rules.multiple-origins = \"advice\"\n",
    "# nothing\r\n",
];

const KEYS: &[&str] =
    &["fail-on", "exclude", "root", "context", "nginx-version", "app-sets-cors", "rules", "app", "env", "\"é\\u001b\""];

const VALUES: &[&str] = &[
    "\"\"",
    "\"warnin\"",
    "\"\"\"a\nb\u{202e}\"\"\"",
    "[]",
    "[\"a[\", \"../x\", \"{a,b}/**\", \"é\\n\"]",
    "[[1], 2.5]",
    "{ a = { b = 1 } }",
    "1979-05-27T07:32:00Z",
    "-0x1",
    "\"\\u001b[31m\"",
    "",
];

const TABLES: &[&str] = &[
    "",
    "[rules]\nnull-origin = \"error\"\nnul-origin = 1\n",
    "[[overrides]]\nfiles = [\"staging\"]\nrules = { null-origin = \"off\" }\n",
    "[[overrides]]\nfiles = []\n[[overrides]]\n",
    "[[app]]\npath = \"services/api\"\nupstream = [\"api:3000\"]\n[[app]]\npath = \".\"\nupstream = \"b\"\n",
    "[[app]]\nupstream = 1\n",
    "[env]\nSHOP_PAGES = \"origins\"\nOTHER = \"nothing\"\n",
    "[env.SHOP]\nmeaning = \"origins\"\nseparator = \"comma\"\nstar = false\nslash = \"kep\"\n",
    "[env.SHOP\n",
];
