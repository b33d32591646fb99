"""The table in conf.py: what is refused in it, when, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.settings import Target
from support_local import tree
from support_sphinx import Docs

if TYPE_CHECKING:
    from pathlib import Path

LOUD = {"PRESSWORK_DEPLOY": "1"}
WRONG = {
    "a misspelt key": ('{"targetz": 1}', "unknown key `targetz` for the host local.", "Did you mean `targets`?"),
    "a misspelt option": ('{"host": "local", "pth": "x"}', "unknown key `pth`", "Did you mean `path`?"),
    "a word that is none": ('{"on_build": "maybe"}', "`on_build`: invalid enum value 'maybe'.", "See "),
    "a wrong type": ('{"host": ["a"]}', "`host`: expected str", "See "),
    "an option out of range": ('{"keep": 0}', "`keep`: expected int >= 1", "See "),
    "a value that is code": ('{"host": "faraway", "site": print}', "that no file can keep", "Keys are words"),
    "two forms at once": ('{"host": "local", "targets": {"a": {}}}', "`host` cannot stand beside", "Give one"),
    "no dictionary": ('["local"]', "`presswork` is a list, not a dictionary.", "Write it as presswork = {}"),
    "builders that are no list": ('{"builders": "fancy"}', "`builders` is not a list of names.", "Write it as"),
}


@pytest.mark.parametrize(("table", "message", "hint"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_told_once_before_anything_is_read(
    tmp_path: Path, table: str, message: str, hint: str
) -> None:
    docs = Docs(tmp_path, table)
    run = docs.build().failed(2)
    told = run.error

    assert told[0].startswith("conf.py: ")
    assert message in told[0]
    assert told[1].startswith(hint)
    assert len(run.stderr.splitlines()) == 2
    assert "reading sources" not in run.stdout
    assert docs.out == {}
    assert docs.untouched
    assert list(docs.temporary.iterdir()) == []


def test_a_setting_given_on_the_command_line_counts(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    docs.build("-D", "presswork.host=local", "-D", "presswork.path=../store").ok()
    assert docs.record.settings.target() == Target(name="default", host="local", options={"path": "../store"})

    assert docs.build("-D", "presswork.pth=x").failed(2).error[1] == "Did you mean `path`?"


def test_presswork_toml_at_the_root_lies_below_the_table_in_conf_py_and_is_read_anew_to_deploy(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"on_build": "off", "path": "../first"}')
    docs.file("presswork.toml", 'host = "local"\nkeep = 7\n')
    docs.build().ok()
    assert docs.record.settings.door == "conf.py over presswork.toml"
    assert docs.record.settings.target().options == {"keep": 7, "path": "../first"}
    run = docs.presswork("deploy").ok()
    assert "Taking out: the last build" in run.stderr
    assert f"file://{docs.folder}/first/current/" in run.stdout
    assert tree((docs.folder / "first" / "current").resolve(strict=True)) == docs.site

    docs.configure('{"on_build": "off"}')
    docs.build().ok()
    docs.file("presswork.toml", 'host = "local"\npath = "second"\n')
    docs.presswork("deploy").ok()
    assert tree((docs.folder / "second" / "current").resolve(strict=True)) == docs.site

    docs.file("guide/conf.py", 'extensions = ["presswork_sphinx"]\n')
    docs.file("guide/index.rst", "Guide\n=====\n")
    docs.run("-m", "sphinx", "guide", "other").ok()
    docs.presswork("deploy", "docs").ok()  # of several builds none is meant, and presswork.toml stands alone
    assert tree((docs.folder / "second" / "current").resolve(strict=True)) == tree(docs.source)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ('{"host": "faraway", "token": "marked"}', "token"),
        ('{"targets": {"a": {"host": "faraway", "api_key": "marked"}}}', "api_key"),
        ('{"host": "faraway", "site": "marked-by-the-environment"}', "site"),
    ],
)
def test_a_token_is_refused_and_stands_nowhere_afterwards(tmp_path: Path, table: str, key: str) -> None:
    docs = Docs(tmp_path, table)
    environ = {"FARAWAY_TOKEN": "marked-by-the-environment", **LOUD}
    run = docs.build(**environ).failed(2)
    everything = {path: content for path, content in tree(tmp_path).items() if b"marked" in content}

    assert run.error[0] == f"conf.py: `{key}` holds a credential."
    assert run.error[1].startswith("Delete the line")
    assert everything.keys() == {"docs/conf.py"}
    assert "marked" not in run.output


@pytest.mark.parametrize("builder", ["html", "epub", "text"])
def test_a_token_is_pickled_by_no_builder(tmp_path: Path, builder: str) -> None:
    docs = Docs(tmp_path, '{"token": "marked-ours"}', 'html_context = {"x": "marked-theirs"}')
    refused = docs.build(builder=builder).code == 2
    pickled = b"".join(content for path, content in docs.out.items() if path.startswith(".doctrees/"))

    assert refused is (builder == "html")
    assert (b"marked-theirs" in pickled) is (builder != "html")
    assert b"marked-ours" not in pickled
    assert docs.untouched


def test_a_host_that_is_not_installed_matters_only_to_a_deploy(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"host": "faraway", "site": "mine"}')
    docs.build("-W").ok()
    assert docs.record.settings.target() == Target(name="default", host="faraway", options={"site": "mine"})

    run, report = docs.report(**LOUD)
    message, hint = run.failed().error
    assert message == "There is no host named faraway."
    assert hint.startswith("Installed: ")
    assert report["error"]["code"] == "configuration"
    assert docs.environment.exists()


def test_several_targets_need_a_default_in_a_build(tmp_path: Path) -> None:
    targets = '"targets": {"here": {"host": "local", "path": "../a"}, "there": {"host": "local", "path": "../b"}}'
    docs = Docs(tmp_path, f"{{{targets}}}")
    assert docs.build(**LOUD).failed().error[0] == "conf.py has 2 targets and no default."

    docs.configure(f'{{"default": "there", {targets}}}')
    docs.build(**LOUD).ok()
    assert (tmp_path / "b" / "current" / "guide.html").exists()
    assert not (tmp_path / "a").exists()


def test_the_table_of_presswork_toml_lies_below_that_of_conf_py(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"path": "../store"}')
    docs.file("docs/presswork.toml", 'host = "local"\npath = "elsewhere"')
    docs.build().ok()

    assert docs.record.settings.door == "conf.py over presswork.toml"
    assert docs.record.settings.target() == Target(name="default", host="local", options={"path": "../store"})


def test_state_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    docs.file(".presswork", "in the way")
    message, hint = docs.build().failed().error

    assert str(tmp_path / ".presswork") in message
    assert hint
    assert docs.environment.exists()
