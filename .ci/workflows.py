"""Tries what the README tells people to put into their workflows, with the release that `.ci/release` built.

    .ci/workflows.py DIRECTORY

DIRECTORY holds the archive and the wheel. Needs PyYAML, git and pre-commit, and for those who read what the program
prints junitparser, the SARIF multitool (below NODE_PATH) and tree-sitter with PowerShell's grammar; nothing outside a
scratch directory is changed. Each step prints what it tries, and the first that goes wrong ends the script.
"""

import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile

import junitparser
import tree_sitter
import tree_sitter_powershell
import yaml

HERE = pathlib.Path(__file__).resolve().parent.parent
FAULTY = HERE / "fixtures/deployments/spa-api"
MENDED = HERE / "fixtures/deployments/spa-api-fixed"


def step(what):
    print(f"-- {what}", flush=True)


def run(command, expected=0, **options):
    """Runs a command, which must end with the expected code, and gives what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != expected:
        sys.exit(f"{command}: exit code {done.returncode}, not {expected}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def readme_block(name):
    """The fenced block of the README below the comment `<!-- tried: NAME -->`."""
    text = (HERE / "README.md").read_text()
    return re.search(rf"<!-- tried: {name} -->\n\n```\w+\n(.*?)```", text, re.S)[1]


def archive(dist, scratch):
    """The archive stands where cargo-binstall looks, and its binary needs no library of the machine."""
    step("the archive of cargo-binstall")
    package = tomllib.loads((HERE / "Cargo.toml").read_text())["package"]
    told = package["metadata"]["binstall"]
    target = re.search(r"host: (\S+)", run(["rustc", "-vV"]))[1]
    words = {"repo": "", "name": package["name"], "version": package["version"], "target": target, "bin": "corslint",
             "binary-ext": "", "archive-suffix": "." + told["pkg-fmt"]}
    filled = {key: re.sub(r"\{ ([\w-]+) \}", lambda word: words[word[1]], told[key]) for key in ("pkg-url", "bin-dir")}
    found = dist / filled["pkg-url"].rsplit("/", 1)[1]
    tarfile.open(found).extractall(scratch / "archive", filter="data")
    binary = scratch / "archive" / filled["bin-dir"]
    told = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)
    if "statically linked" not in told.stdout and "not a dynamic executable" not in told.stderr:
        sys.exit(f"the binary of the release is not static: {told.stdout}")
    size, packed = binary.stat().st_size / 1e6, found.stat().st_size / 1e6
    print(f"   {size:.1f} MB, {packed:.1f} MB packed")
    claimed = re.search(r"some (\d+) MB, and (\d+) packed", (HERE / "README.md").read_text())
    if any(abs(int(said) - true) > 1 for said, true in zip(claimed.groups(), (size, packed))):
        sys.exit(f"the README says {claimed[0]!r}")
    run([binary, FAULTY], expected=1)
    no_builder(binary.read_bytes(), "the binary")
    notices(binary.parent / "LICENSE-THIRD-PARTY")
    return binary


def no_builder(content, name):
    """Nothing that is released says where it was built."""
    places = {str(HERE), os.path.expanduser("~"), os.environ.get("CARGO_HOME", ""), os.environ.get("CARGO_TARGET_DIR", "")}
    for place in filter(lambda place: len(place) > 1, places):
        if f"{place}/".encode() in content:
            at = content.index(f"{place}/".encode())
            sys.exit(f"{name} holds a path of the builder: {content[at:at + 120]}")


def notices(path):
    """The notices name every package that the binary is made of, with the text of a licence."""
    text = path.read_text()
    told = json.loads(run(["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform",
                           re.search(r"host: (\S+)", run(["rustc", "-vV"]))[1]], cwd=HERE))
    nodes = {node["id"]: node for node in told["resolve"]["nodes"]}
    names = {package["id"]: f"{package['name']} {package['version']}" for package in told["packages"]}
    needed, waiting = set(), [told["resolve"]["root"]]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]) and dependency["pkg"] not in needed:
                needed.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    missing = [names[package] for package in needed if f"\n{names[package]}\n" not in text]
    if missing or "MIT License" not in text and "Permission is hereby granted" not in text:
        sys.exit(f"the notices lack {missing}")


def formats(scratch, corslint):
    """What other programs read is read by other programs: JUnit XML and SARIF."""
    step("JUnit XML and SARIF, by those who read them")
    for deployment, expected in ((FAULTY, 1), (MENDED, 0)):
        junit, sarif = scratch / "junit.xml", scratch / "findings.sarif"
        run([corslint, f"--output=junit={junit}", f"--output=sarif={sarif}", deployment], expected, cwd=HERE)
        results = json.loads(sarif.read_text())["runs"][0]["results"]
        cases = [case for suite in junitparser.JUnitXml.fromfile(str(junit)) for case in suite]
        failed = [case for case in cases if any(isinstance(one, junitparser.Failure) for one in case.result)]
        if len(failed) != len(results) or len(cases) != max(len(results), 1) or bool(results) != bool(expected):
            sys.exit(f"{len(cases)} tests, {len(failed)} failed, {len(results)} results")
        # Its own rules, and those of GitHub's code scanning. The wrapper that npm links would split the list.
        tool = pathlib.Path(os.environ["NODE_PATH"], "@microsoft/sarif-multitool-linux/Sarif.Multitool")
        checked = scratch / "checked.sarif"
        run([tool, "validate", sarif, "--rule-kind", "Sarif;Ghas", "--output", checked, "--log", "ForceOverwrite"],
            env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"})
        complaints = {one["ruleId"] for one in json.loads(checked.read_text())["runs"][0].get("results", [])}
        # SARIF2005 misses an address of the program, of which none is known yet.
        if complaints - {"SARIF2005"}:
            sys.exit(f"the SARIF multitool complains: {checked.read_text()}")


def powershell(corslint):
    """The script for PowerShell is what a grammar of PowerShell takes. No PowerShell comes from where the tools do."""
    step("the completions for PowerShell, by a grammar of it")
    script = run([corslint, "completions", "powershell"])
    # What the grammar does not know: a method that is given a block without parentheses.
    known = re.sub(r"\.Where(\{[^}]*\})", r".Where(\1)", script)
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    if known == script or parser.parse(known.encode()).root_node.has_error:
        sys.exit("PowerShell would not read the script")
    if not parser.parse(known.replace("'explain'", "'explain", 1).encode()).root_node.has_error:
        sys.exit("the grammar takes anything")


def wheel(dist, scratch):
    """`pip install corslint` into a fresh environment gives a command that works."""
    step("the wheel: notices, and nothing of the builder")
    (built,) = dist.glob("*.whl")
    with zipfile.ZipFile(built) as packed:
        for name in packed.namelist():
            no_builder(packed.read(name), name)
        (notice,) = [name for name in packed.namelist() if name.endswith("LICENSE-THIRD-PARTY")]
        packed.extract(notice, scratch / "wheel")
        notices(scratch / "wheel" / notice)
    step("pip install corslint")
    venv.create(scratch / "venv", with_pip=True)
    run([scratch / "venv/bin/pip", "install", "--no-index", "corslint"])
    run([scratch / "venv/bin/corslint", FAULTY], expected=1)
    run([scratch / "venv/bin/corslint", MENDED])


def pre_commit(scratch, name, settings):
    """The settings let a commit of the mended deployment pass and stop one of the faulty."""
    step(f"pre-commit, {name}")
    for deployment, expected in ((MENDED, 0), (FAULTY, 1)):
        repository = scratch / name / deployment.name
        shutil.copytree(deployment, repository / "deploy")
        (repository / ".pre-commit-config.yaml").write_text(settings)
        git = ["git", "-C", repository, "-c", "user.name=corslint", "-c", "user.email=corslint@example.com"]
        run([*git, "init", "-q"])
        run([*git, "add", "-A"])
        told = run(["pre-commit", "run", "--color", "never"], expected, cwd=repository)
        if expected and "cors-in-proxy-and-app" not in told:
            sys.exit(f"the hook failed of something else: {told}")


def action(scratch):
    """The shell steps of the composite action, with the environment that a runner gives them: Linux's, one whose bash is as old as
    macOS's, in which `mapfile` is missing, and one whose programs lie where Windows has them."""
    path = HERE / ".github/actions/corslint"
    told = yaml.safe_load((path / "action.yml").read_text())
    defaults = {name: value["default"] for name, value in told["inputs"].items()}
    uses = [one["uses"] for one in told["runs"]["steps"] if "uses" in one]
    assert uses and all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use) for use in uses), f"not pinned by commit: {uses}"
    systems = ("linux", "macos", "windows")
    for (paths, expected), system in itertools.product(((f"\n{MENDED}\n", 0), (f"{FAULTY}\r\n", 1)), systems):
        step(f"the action on {system}, which ends with {expected}")
        runner = scratch / f"runner-{system}-{expected}"
        runner.mkdir()
        inputs = defaults | {"paths": paths, "options": "--fail-on=warning\n"}
        (runner / "output").touch()
        known = {"GITHUB_ACTION_PATH": str(path), "RUNNER_TEMP": str(runner), "GITHUB_OUTPUT": str(runner / "output")}
        steps = [one for one in told["runs"]["steps"] if "run" in one]
        for at, one in enumerate(steps):
            given = {key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda name: inputs[name[1]], text)
                     for key, text in one.get("env", {}).items()}
            assert "${{" not in one["run"], "an input would reach the shell as text"
            last = at == len(steps) - 1
            script = ("" if system == "linux" else "enable -n mapfile readarray\n") + one["run"]
            if last and system == "windows":
                (runner / "corslint/bin").rename(runner / "corslint/Scripts")
                (runner / "corslint/Scripts/corslint").rename(runner / "corslint/Scripts/corslint.exe")
            printed = run(["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script],
                          expected if last else 0, env=os.environ | known | given, cwd=HERE)
        assert ("::error" in printed) == bool(expected), printed
        named = dict(line.split("=", 1) for line in (runner / "output").read_text().splitlines())
        assert pathlib.Path(named["sarif"]).stat().st_size > 0


def scripts(scratch):
    """The shell lines of the GitLab job and of the Docker build, where `deploy` is a deployment."""
    gitlab = next(iter(yaml.safe_load(readme_block("gitlab")).values()))
    docker = [line.removeprefix("RUN ") for line in readme_block("docker").splitlines() if line.startswith("RUN ")]
    for name, lines in (("gitlab", gitlab["script"]), ("docker", docker)):
        for deployment, expected in ((MENDED, 0), (FAULTY, 1)):
            step(f"the {name} lines, which end with {expected}")
            work = scratch / f"{name}-{expected}"
            shutil.copytree(deployment, work / "deploy")
            venv.create(work / "venv", with_pip=True)
            path = f"{work / 'venv/bin'}:{os.environ['PATH']}"
            run(["sh", "-ec", "\n".join(lines)], expected, env=os.environ | {"PATH": path}, cwd=work)
            for report in gitlab["artifacts"]["reports"].values():
                assert name != "gitlab" or (work / report).stat().st_size > 0


def main(dist):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        # What is asked for by name comes from the release that is about to be made.
        os.environ |= {"PIP_FIND_LINKS": str(dist), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_QUIET": "1",
                       "PRE_COMMIT_HOME": str(scratch / "pre-commit")}
        corslint = archive(dist, scratch)
        formats(scratch, corslint)
        powershell(corslint)
        wheel(dist, scratch)
        pre_commit(scratch, "wheel", readme_block("pre-commit-wheel"))
        revision = run(["git", "-C", HERE, "rev-parse", "HEAD"]).strip()
        source = yaml.safe_load(readme_block("pre-commit"))
        source["repos"][0] |= {"repo": str(HERE), "rev": revision}
        # Whether it builds is asked here, and not how fast that is.
        os.environ |= {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
                       "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}
        pre_commit(scratch, "source", yaml.safe_dump(source))
        action(scratch)
        scripts(scratch)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
