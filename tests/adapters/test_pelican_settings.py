"""The table in Pelican's settings: what is refused in it and in which words; and where everything starts from."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from presswork.builds import last_build
from presswork.settings import Target
from presswork.state import State
from support_local import tree
from support_pelican import BUILT, Blog

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {
    "a misspelt key": ("{'targetz': 1}", "unknown key `targetz`", "Did you mean `targets`?"),
    "a misspelt option": ("{'host': 'local', 'pth': 'x'}", "unknown key `pth`", "Did you mean `path`?"),
    "a word that is none": ("{'on_build': 'maybe'}", "`on_build`: invalid enum value 'maybe'", "settings.md"),
    "a value that is code": ("{'host': 'faraway', 'site': open}", "that no file can keep", "text, numbers"),
    "no table": ("['local']", "is not a dictionary", "PRESSWORK = {}"),
}


@pytest.mark.parametrize(("table", "word", "hinted"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_told_before_anything_is_written(tmp_path: Path, table: str, word: str, hinted: str) -> None:
    blog = Blog(tmp_path, table)
    blog.file("output/keep.txt", "not cleared either")
    message, hint = blog.build("-q", "--delete-output-directory").failed().error

    assert message.startswith("PRESSWORK in pelicanconf.py")
    assert word in message
    assert hinted in hint
    assert set(blog.site) == {"keep.txt"}
    assert blog.untouched


def test_a_host_that_is_not_installed_matters_only_to_a_deploy(tmp_path: Path) -> None:
    blog = Blog(tmp_path, '{"host": "faraway", "site": "mine"}')
    blog.build("--fatal", "warnings").ok()
    assert blog.record.settings.target() == Target(name="default", host="faraway", options={"site": "mine"})

    run, report = blog.report(PRESSWORK_DEPLOY="1")
    message, hint = run.failed().error
    assert message == "There is no host named faraway."
    assert "local" in hint
    assert report["error"]["code"] == "configuration"


SECRET = "k33p-this-0ut-of-it"  # noqa: S105 -- of nothing


@pytest.mark.parametrize(
    "table",
    [f"{{'token': '{SECRET}'}}", f"{{'targets': {{'live': {{'host': 'faraway', 'site': '{SECRET}'}}}}}}"],
    ids=["by its key", "by its value"],
)
def test_a_token_in_the_settings_is_refused_and_not_repeated(tmp_path: Path, table: str) -> None:
    blog = Blog(tmp_path, table)
    run = blog.build(FARAWAY_TOKEN=SECRET).failed()

    assert "holds a credential." in run.error[0]
    assert run.error[1].startswith("Delete the line")
    assert SECRET not in run.output
    assert blog.untouched


def test_the_table_lies_over_that_of_presswork_toml(tmp_path: Path) -> None:
    blog = Blog(tmp_path, "{'keep': 3}")
    blog.file("presswork.toml", 'path = "store"\nkeep = 7\nignore = ["*.xml"]\n')
    blog.build().ok()

    assert blog.record.settings.target().options == {"path": "store", "keep": 3}
    assert blog.record.settings.door == "PRESSWORK in pelicanconf.py over presswork.toml"
    assert sorted(tree((tmp_path / "store" / "current").resolve())) == [p for p in BUILT if not p.endswith(".xml")]


@pytest.mark.parametrize("plan", [True, False], ids=["plan", "deploy"])
def test_several_targets_need_a_default_in_a_build(tmp_path: Path, plan: bool) -> None:
    does = "plan" if plan else "deploy"
    targets = "'targets': {'here': {'host': 'local', 'path': 'a'}, 'there': {'host': 'local', 'path': 'b'}}"
    blog = Blog(tmp_path, f"{{'on_build': '{does}', {targets}}}")
    assert blog.build().failed().error[0] == "PRESSWORK in pelicanconf.py has 2 targets and no default."

    blog.configure(f"{{'on_build': '{does}', 'default': 'there', {targets}}}")
    assert blog.build().ok().said[0].startswith("there (local): ")
    assert (tmp_path / "b").exists() is not plan
    assert not (tmp_path / "a").exists()


SETTINGS = [["-s", "sub/publishconf.py"], ["--settings=sub/publishconf.py"], ["-qs", "sub/../sub/publishconf.py"]]


@pytest.mark.parametrize("arguments", SETTINGS, ids=" ".join)
def test_everything_starts_from_the_settings_file_wherever_it_is_named(tmp_path: Path, arguments: list[str]) -> None:
    blog = Blog(tmp_path / "sub", '{"host": "local", "path": "store"}', 'OUTPUT_PATH = "public"')
    blog.file("publishconf.py", "import os, sys\nsys.path.append(os.path.dirname(__file__))\nfrom pelicanconf import *")
    (tmp_path / "sub" / "pyproject.toml").rename(tmp_path / "pyproject.toml")
    blog.cwd = tmp_path
    run = blog.build(*arguments).ok()

    record = last_build(State(tmp_path / "sub"))
    assert record is not None
    assert record.config == str(tmp_path / "sub" / "publishconf.py")
    assert record.settings.door == "PRESSWORK in publishconf.py"
    assert record.settings.folder == str(tmp_path / "sub")
    assert record.site.root == str(tmp_path / "sub" / "public")
    assert {page.source for page in record.site.pages} == {
        "sub/content/first.md",
        "sub/content/second.md",
        "sub/content/pages/about.md",
    }
    assert record.site.made == tuple(BUILT)
    assert (tmp_path / ".presswork" / "in" / "sub" / "build.json").is_file()
    if "-qs" not in arguments:
        assert run.said == ["public is built and not deployed. To deploy it: cd sub && presswork deploy"]
    blog.presswork("deploy").ok()
    assert tree((tmp_path / "sub" / "store" / "current").resolve()) == tree(tmp_path / "sub" / "public")


OUTPUTS = {
    "relative to the settings": ([], "OUTPUT_PATH = 'a/../out'", "out"),
    "absolute": ([], "import os\nOUTPUT_PATH = os.path.abspath('out')", "out"),
    "the default": ([], "", "output"),
    "a flag": (["-o", "odd/../out"], "OUTPUT_PATH = 'elsewhere'", "out"),
    "a setting given as a flag": (["-e", 'OUTPUT_PATH="odd/../out"'], "", "out"),
}


@pytest.mark.parametrize(("arguments", "more", "folder"), OUTPUTS.values(), ids=OUTPUTS)
def test_the_folder_that_is_deployed_is_the_one_pelican_writes_to(
    tmp_path: Path, arguments: list[str], more: str, folder: str
) -> None:
    blog = Blog(tmp_path, more=more)
    blog.build(*arguments).ok()

    assert blog.record.site.root == str(tmp_path / folder)
    assert blog.made == BUILT
    assert blog.live == tree(tmp_path / folder)


def test_the_settings_may_be_given_on_the_command_line(tmp_path: Path) -> None:
    blog = Blog(tmp_path, table=None)
    blog.config.unlink()
    run = blog.build("content", "-e", 'PLUGINS=["presswork_pelican"]', 'PRESSWORK={"pth": "x"}').failed()
    assert run.error == ("PRESSWORK: unknown key `pth` for the host local.", "Did you mean `path`?")

    blog.build("content", "-e", 'PLUGINS=["presswork_pelican"]', "PRESSWORK={}").ok()
    assert blog.record.config is None
    assert blog.record.settings.folder == str(tmp_path)
    assert blog.live == blog.site


def test_the_commit_is_recorded(tmp_path: Path) -> None:
    blog = Blog(tmp_path, "{'on_build': 'off'}")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "one"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    blog.build().ok()

    assert blog.record.commit == head


def test_the_date_of_the_commit_is_that_of_the_build_where_that_is_asked_for(tmp_path: Path) -> None:
    blog = Blog(tmp_path, "{'source_date': 'commit'}", _DATED)
    blog.file("content/built.txt", "{{ built() }}")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    commit = [*git, "commit", "--quiet", "--allow-empty", "-m", "one"]
    subprocess.run(commit, check=True, env={**os.environ, "GIT_COMMITTER_DATE": "1700000000 +0000"})
    blog.build().ok()

    assert blog.site["built.txt"] == b"1700000000"


_DATED = """
import os
TEMPLATE_PAGES = {"built.txt": "built.txt"}
JINJA_GLOBALS = {"built": lambda: os.environ["SOURCE_DATE_EPOCH"]}
"""
