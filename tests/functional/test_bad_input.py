"""What people get wrong, and what they are told: one line what is wrong, one what to do, and never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from support_cli import TESTS, Done, Project, check_no_traceback, check_one_error, install

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOKEN = "s3cr3t-value-nobody-may-see"  # noqa: S105 -- made up
LINE = '{"step":"begin","manifest":"sha256:aa"}\n'
BEGIN_MKDOCS = "site_name: x\nplugins:\n  - presswork"


class Case(NamedTuple):
    """Files of the project, a command, its exit code, and a part of what it must say."""

    says: str
    words: str = "deploy site"
    files: Mapping[str, str] = {}
    code: int = 2
    environ: Mapping[str, str] = {}


def toml(text: str, says: str, words: str = "deploy site") -> Case:
    return Case(says, words, {"presswork.toml": text})


def mkdocs(text: str, says: str) -> Case:
    return Case(says, files={"mkdocs.yml": BEGIN_MKDOCS + text})


FILE = {
    "a toml that is none": toml("host = ", "presswork.toml is not valid TOML"),
    "a toml that is not text": toml("host = 'caf\\xe9'\n\x00", "presswork.toml is not valid TOML"),
    "an unknown key": toml('keeep = 3\nhost = "local"', "Did you mean `keep`?"),
    "an unknown key that is like none": toml("zzz = 1", "unknown key `zzz` for the host local"),
    "an unknown host": toml('host = "netlifly"', "There is no host named netlifly"),
    "a number for text": toml('keep = "3"', "presswork.toml: `keep`: expected int"),
    "text for a list": toml('ignore = "*.map"', "presswork.toml: `ignore`: expected array, got str"),
    "a number too small": toml("keep = 0", "`keep`: expected int"),
    "too many workers": toml("workers = 1000", "`workers`"),
    "an unknown word": toml('on_build = "sometimes"', "`on_build`: invalid enum value"),
    "a host that is no word": toml("host = 3", "`host`: expected str"),
    "no targets": toml("[targets]", "`targets` is empty"),
    "a target that is no table": toml('targets = {a = "netlify"}', "expected object, got str"),
    "a key beside the targets": toml('site = "x"\n[targets.a]', "`site` cannot stand beside `targets`"),
    "a default that is none": toml('default = "b"\n[targets.a]', "no target named b"),
    "two targets and no default": toml("[targets.a]\n[targets.b]", "2 targets and no default"),
    "a bad ignore pattern": toml('ignore = ["a[[:alpha:]]"]', "The ignore pattern"),
    "a password": toml(f'password = "{TOKEN}"', "`password` holds a credential"),
    "a token under any key": Case(
        "`path` holds a credential", files={"presswork.toml": f'path = "{TOKEN}"'}, environ={"ANY_TOKEN": TOKEN}
    ),
    "a token for its variable": toml(f'token_env = "{TOKEN}"', "`token_env` is not the name"),
    "both own files": Case(
        "Both presswork.toml and", files={"presswork.toml": "", "pyproject.toml": "[tool.presswork]"}
    ),
    "a tool table that is none": Case("is not a table", files={"pyproject.toml": "[tool]\npresswork = 3"}),
    "a wrong key in pyproject": Case(
        "[tool.presswork]: unknown key `keeep`", files={"pyproject.toml": "[tool.presswork]\nkeeep = 3"}
    ),
    "yaml that is none": mkdocs(": [", "mkdocs.yml cannot be read"),
    "yaml with a wrong key": mkdocs(": {keeep: 3}", "mkdocs.yml: unknown key `keeep`"),
    "yaml with a number as a key": mkdocs(": {1: 2}", "`1`"),
    "yaml with a list of settings": mkdocs(": [host]", "the settings of presswork are not a table"),
    "yaml that enables it twice": mkdocs("\n  - presswork", "enables presswork 2 times"),
    "yaml with a token": mkdocs(f": {{api_key: {TOKEN}}}", "`api_key` holds a credential"),
    "yaml with an impossible date": mkdocs("\nextra: {day: 2024-99-99}", "mkdocs.yml cannot be read"),
    "yaml with a table for a setting": mkdocs(": {path: {a: b}}", "mkdocs.yml: `path`"),
    "yaml that inherits from nothing": Case(
        "base.yml cannot be read", files={"mkdocs.yml": "site_name: x\nINHERIT: base.yml\n"}
    ),
}

FLAGS = {
    "a host that is not there": Case("There is no host named nowhere", "deploy site --host nowhere"),
    "an option without a value": Case("-o keep: there is no value", "deploy site -o keep"),
    "an option that is unknown": Case("unknown key `keeep`", "deploy site -o keeep=3"),
    "an option that is no number": Case("the command line", "deploy site --host local -o keep=many"),
    "workers that are no number": Case("`workers`", "deploy site -o workers=many"),
    "a token as an option": Case("`token` holds a credential", f"deploy site --host local -o token={TOKEN}"),
    "a target that is not there": Case("no target named mirror", "deploy site --to mirror"),
    "names and all": Case("--to and --all exclude each other", "deploy site --to a --all"),
    "a configuration that is not there": Case("There is no file gone.yml", "deploy site --config gone.yml"),
    "a configuration of another kind": Case(
        "notes.txt does not configure Presswork", "deploy site -c notes.txt", {"notes.txt": ""}
    ),
    "a configuration without us": Case(
        "mkdocs.yml does not enable presswork", "deploy site -c mkdocs.yml", {"mkdocs.yml": "plugins: [search]"}
    ),
    "a pyproject without us": Case("pyproject.toml does not configure Presswork", "deploy site -c pyproject.toml"),
    "a flag that is unknown": Case("No such option", "deploy site --nonsense"),
    "a command that is unknown": Case("No such command 'deplyo'", "deplyo site"),
    "an argument too many": Case("extra argument", "deploy site other"),
    "an argument too few": Case("Missing argument", "promote"),
    "an alias that is no name": Case("The preview alias 'a b' is not a name", "deploy site --preview=a\0b"),
    "an alias that no host name has": Case("cannot be the alias of a preview", "deploy site --preview=Draft"),
    "a number of releases to keep that is none": Case("--keep", "prune --keep 0"),
    "a port that is none": Case("--port", "serve --port 99999"),
    "a switch in the environment that is no yes or no": Case(
        "--allow-removals", environ={"PRESSWORK_ALLOW_REMOVALS": "perhaps"}
    ),
}

PLACES = {
    "no folder": Case("nowhere is not a folder that can be read", "deploy nowhere"),
    "a folder whose variable was empty": Case("DIR is empty", "deploy "),
    "a file for a folder": Case("is not a folder that can be read", "deploy site/index.html"),
    "an empty folder": Case("The folder holds no files", "deploy empty", {"empty/.DS_Store": ""}, 3),
    "no build": Case("There is no build to deploy", "deploy"),
    "no build to check": Case("There is no build to deploy", "check"),
    "no build to list": Case("There is no build to deploy", "manifest"),
    "no folder to verify": Case("nowhere is not a folder", "verify nowhere"),
    "a store in a folder that is not there": toml('path = "gone/store"', "is not there"),
    "a store that is a file": Case(
        "is not a folder", files={"presswork.toml": 'path = "notes.txt"', "notes.txt": "mine"}
    ),
    "a store that is somebody's folder": Case(
        "holds files that Presswork did not put there", files={"presswork.toml": 'path = "docs"', "docs/a.md": "mine"}
    ),
    "the site itself for a store": toml('path = "site"', "holds files that Presswork did not put there"),
    "a state folder that is a file": Case(".presswork", files={".presswork": "in the way"}, code=1),
    "nothing live to verify": Case("Nothing is live at default", "verify", code=1),
    "nothing to go back to": Case("There is no earlier deployment", "rollback"),
    "a deployment that is not there": Case("There is no deployment r9 at default", "rollback r9"),
    "a preview that is not there": Case("There is no deployment draft at default", "promote draft"),
    "a deployment to compare with that is not there": Case("There is no deployment r9", "diff r9"),
    "a plugin that is broken": Case(
        "The plugin for the host moon is broken", "deploy site --host moon", environ={"PYTHONPATH": "@moon"}
    ),
    "a host that needs a token": Case(
        "RACK_TOKEN is not set", "deploy site --host rack -o path=rack", environ={"PYTHONPATH": "@rack"}
    ),
    "a host without the ability": Case(
        "The host rack cannot delete releases", "prune --host rack -o path=.", environ={"PYTHONPATH": "@rack"}
    ),
}

CASES = {**FILE, **FLAGS, **PLACES}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.site({"index.html": "home"})
    return made


def installed(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the plugins that it asks for."""
    rack = install(folder / "rack-plugin", "rack", {"rack": "support_rack"})
    moon = install(folder / "moon-plugin", "moon", {"moon": "moon_plugin"}, {"moon_plugin.py": "1 / 0"})
    paths = {"@rack": f"{rack}:{TESTS}", "@moon": str(moon)}
    return {name: paths.get(value, value) for name, value in environ.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=[*CASES])
def test_bad_input_is_told_in_one_line_with_what_to_do(project: Project, tmp_path: Path, case: Case) -> None:
    project.write(case.files)
    words = [word.replace("\0", " ") for word in case.words.split(" ")]
    done = project.run(*words, **installed(tmp_path, case.environ))
    check_one_error(done, case.code, case.says)
    assert TOKEN not in done.out + done.err
    assert project.live() is None


def test_there_are_at_least_forty_cases() -> None:
    assert len(CASES) >= 40


def test_a_journal_that_is_damaged_is_told(project: Project) -> None:
    project.ok("deploy", "site")
    (journal,) = (project.folder / ".presswork/journal").iterdir()
    journal.write_text("rubbish\n" + journal.read_text())
    check_one_error(project.run("deploy", "site"), 1, "line 1 is damaged")


def test_a_store_of_a_later_version_is_told(project: Project) -> None:
    project.ok("deploy", "site")
    project.write({".presswork/local/VERSION": "99\n"})
    check_one_error(project.run("status"), 2, "is a store of version 99")


def test_a_traceback_would_be_found(project: Project, tmp_path: Path) -> None:
    control = tmp_path / "path"
    control.mkdir()
    (control / "sitecustomize.py").write_text("import presswork.cli\npresswork.cli.app.main = lambda *_, **__: 1 / 0\n")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        check_no_traceback(project.run_raw("hosts", PYTHONPATH=str(control)))
    for err in ("", "hint: x\n", "error: a\nerror: b\nhint: x\n", "error: a\nhint: \n", "error: a\nhint: x\nTraceback"):
        with pytest.raises(AssertionError):
            check_one_error(Done(2, "", err), 2, "")
