"""The table of the plugin in mkdocs.yml: what is refused in it, when, and in which words; and where it comes from."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from presswork.builds import last_build
from presswork.doors import find_settings
from presswork.settings import Target
from presswork.state import State
from support_local import tree
from support_mkdocs import BUILT, Docs, either

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {
    "a misspelt key": ("{targetz: 1}", ["unknown key `targetz`", "Did you mean `targets`?"]),
    "a misspelt option": ("{host: local, pth: x}", ["unknown key `pth`", "Did you mean `path`?"]),
    "a word that is none": ("{on_build: maybe}", ["`on_build`: invalid enum value 'maybe'"]),
    "a wrong type": ("{host: [a, b]}", ["`host`: expected str"]),
    "an option of a wrong type": ("{keep: many}", ["`keep`: expected int"]),
    "an option out of range": ("{keep: 0}", ["`keep`: expected int >= 1"]),
    "a key that YAML read as true": ("{on: deploy}", ["quote `on`"]),
    "a number for a key": ("{7: x}", ["unknown key `7`"]),
    "a value that is code": ("{host: faraway, site: !!python/name:os.getcwd }", ["that no file can keep"]),
    "two forms at once": ("{host: local, targets: {a: {}}}", ["`host` cannot stand beside `targets`"]),
}


@pytest.mark.parametrize(("table", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_told_before_anything_is_built(tmp_path: Path, table: str, words: list[str]) -> None:
    docs = Docs(tmp_path, f"[{{presswork: {table}}}]")
    run = docs.build().failed()

    for word in ["mkdocs.yml: ", "hint: ", *words]:
        assert word in run.stderr
    assert docs.site == {}
    assert not docs.state.exists()


@either
def test_a_wrong_setting_is_told_once_and_clean(tmp_path: Path, tool: str) -> None:
    core = Docs(tmp_path / "core", "[{presswork: {on_build: maybe}}]", tool=tool).build().failed()
    host = Docs(tmp_path / "host", "[{presswork: {pth: x}}]", tool=tool).build().failed()

    assert core.stderr.splitlines()[-2:] == [
        f"ERROR   -  Config value 'plugins': {tool}.yml: `on_build`: invalid enum value 'maybe'.",
        "hint: See `docs/reference/settings.md` for each key.",
    ]
    assert host.stderr.splitlines()[-2:] == [
        f"ERROR   -  {tool}.yml: unknown key `pth` for the host local.",
        "hint: Did you mean `path`?",
    ]


@either
def test_a_plugin_enabled_twice_is_refused(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, "[presswork, {presswork: {path: store}}]", tool=tool)
    run = docs.build().failed()

    assert "ERROR   -  presswork is enabled twice." in run.stderr
    assert "several places go under `targets:`" in run.stderr
    assert not docs.state.exists()


@either
def test_a_host_that_is_not_installed_matters_only_to_a_deploy(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, "[{presswork: {host: faraway, site: mine}}]", tool=tool)
    docs.build("--strict").ok()
    assert docs.record is not None
    assert docs.record.settings.target() == Target(name="default", host="faraway", options={"site": "mine"})

    run, report = docs.report(PRESSWORK_DEPLOY="1")
    assert "Error: There is no host named faraway.\nhint: Installed: " in run.failed().stderr
    assert "local" in run.stderr.split("Installed: ")[1]
    assert report["outcome"] == "failed"
    assert report["error"]["code"] == "configuration"


@pytest.mark.parametrize("plan", [True, False], ids=["plan", "deploy"])
def test_several_targets_need_a_default_in_a_build(tmp_path: Path, plan: bool) -> None:
    does = "plan" if plan else "deploy"
    targets = "targets: {here: {host: local, path: a}, there: {host: local, path: b}}"
    docs = Docs(tmp_path, f"[{{presswork: {{on_build: {does}, {targets}}}}}]")
    run = docs.build().failed()
    assert "Error: mkdocs.yml has 2 targets and no default." in run.stderr

    docs.configure(f"[{{presswork: {{on_build: {does}, default: there, {targets}}}}}]")
    assert docs.build().ok().said[0].startswith("there (local): ")
    assert (tmp_path / "b").exists() is not plan
    assert not (tmp_path / "a").exists()


SECRET = "k33p-this-0ut-of-it"  # noqa: S105 -- of nothing


@pytest.mark.parametrize(
    "table",
    [f"{{token: {SECRET}}}", f"{{host: faraway, site: {SECRET}}}", "{host: faraway, site: !ENV FARAWAY_TOKEN}"],
    ids=["by its key", "by its value", "from the environment"],
)
def test_a_token_in_the_file_is_refused_and_not_repeated(tmp_path: Path, table: str) -> None:
    docs = Docs(tmp_path, f"[{{presswork: {table}}}]")
    run = docs.build("--verbose", FARAWAY_TOKEN=SECRET).failed()

    assert "holds a credential." in run.stderr
    assert "hint: Delete the line" in run.stderr
    assert SECRET not in run.output.replace(str(tmp_path), "")
    assert not docs.state.exists()


def test_a_token_for_the_name_of_a_variable_is_not_repeated(tmp_path: Path) -> None:
    run = Docs(tmp_path, f"[{{presswork: {{host: faraway, token_env: {SECRET}}}}}]").build().failed()

    assert "`token_env` is not the name of an environment variable" in run.stderr
    assert SECRET not in run.output


def test_a_token_in_the_environment_is_in_nothing_that_is_written(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more="extra: {shown: !ENV SHOWN_WORD}")
    docs.file("theme/main.html", "{{ config.extra.shown }}")
    docs.build(FARAWAY_TOKEN=SECRET, SHOWN_WORD="a word to find").ok()

    written = {**tree(docs.state), **docs.site}
    assert not [name for name, content in written.items() if SECRET.encode() in content]
    assert [name for name, content in written.items() if b"a word to find" in content]


def test_the_table_lies_over_that_of_presswork_toml(tmp_path: Path) -> None:
    docs = Docs(tmp_path, "[{presswork: {keep: 3}}]")
    docs.file("presswork.toml", 'path = "store"\nkeep = 7\nignore = ["*.gz"]\n')
    docs.build().ok()

    assert docs.record is not None
    assert docs.record.settings.target().options == {"path": "store", "keep": 3}
    assert docs.record.settings.door == "mkdocs.yml over presswork.toml"
    assert sorted(tree((tmp_path / "store" / "current").resolve())) == BUILT[:-1]


def test_a_mistake_in_the_file_below_is_told_as_one_there(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    docs.file("presswork.toml", "path = \n")
    assert "presswork.toml is not valid TOML" in docs.build().failed().stderr

    (tmp_path / "presswork.toml").unlink()
    docs.file("pyproject.toml", "[tool]\npresswork = 3\n")
    assert "[tool.presswork] is not a table." in docs.build().failed().stderr


@either
def test_a_table_may_be_inherited(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, tool=tool)
    docs.file("common/base.yml", "theme: {name: null, custom_dir: theme}\nplugins: [{presswork: {path: store}}]\n")
    docs.config.write_text("INHERIT: common/base.yml\nsite_name: Test\n")
    docs.build().ok()

    assert tree((tmp_path / "store" / "current").resolve()) == docs.site


def test_a_value_may_come_from_the_environment(tmp_path: Path) -> None:
    docs = Docs(tmp_path, "[{presswork: {on_build: !ENV [WHAT, off], path: !ENV WHERE}}]")
    assert len(docs.build(WHERE="store").ok().said) == 1
    assert not (tmp_path / "store").exists()

    docs.build(WHAT="deploy", WHERE="store").ok()
    assert tree((tmp_path / "store" / "current").resolve()) == docs.site


@either
def test_paths_start_from_the_configuration_wherever_the_build_was_started(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path / "sub", tool=tool)
    docs.configure("[{presswork: {path: store}}]")
    other = docs.config.rename(tmp_path / "sub" / "other.yml")
    (tmp_path / "sub" / "pyproject.toml").rename(tmp_path / "pyproject.toml")
    docs.cwd = tmp_path
    docs.build("-f", "sub/other.yml").ok()

    record = last_build(State(tmp_path / "sub"))
    assert record is not None
    assert record.config == str(other)
    assert record.settings.door == "other.yml"
    assert record.settings.folder == str(tmp_path / "sub")
    assert {page.source for page in record.site.pages} == {"sub/docs/index.md", "sub/docs/guide.md"}
    assert tree((tmp_path / "sub" / "store" / "current").resolve()) == docs.site
    assert (tmp_path / ".presswork" / "in" / "sub" / "build.json").is_file()
    said = docs.build("-f", "sub/other.yml", PRESSWORK_DEPLOY="0").ok().said
    assert said == ["site is built and not deployed. To deploy it: cd sub && presswork deploy"]


def test_the_commit_is_recorded(tmp_path: Path) -> None:
    docs = Docs(tmp_path, "[{presswork: {on_build: off}}]")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "one"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    docs.build().ok()

    assert docs.record is not None
    assert docs.record.commit == head


def test_the_file_is_read_alike_outside_of_a_build(tmp_path: Path) -> None:
    docs = Docs(tmp_path, "[search, {presswork: {enabled: true, path: store}}]")
    docs.build().ok()

    assert docs.record is not None
    assert find_settings(tmp_path) == docs.record.settings
