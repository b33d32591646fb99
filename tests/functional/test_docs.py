"""The documentation: its generated parts, its build, which Presswork deploys, and whether what it shows is so."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from presswork.cli import COMMANDS, app
from presswork.doors import generator_table
from presswork.draft import Draft
from presswork.errors import ConfigError
from presswork.plugins import Plugins
from presswork.project import Project
from presswork.settings import read_settings
from presswork.site import Site
from support_docs import Reader, blocks, shown
from support_local import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TUTORIAL = ROOT / "docs" / "tutorial.md"
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith(("PRESSWORK", "GIT"))}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The documentation in a project of its own."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, env=ENVIRON, check=True)
    return tmp_path


def generate(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, project / "docs" / "generate.py", *arguments]
    return subprocess.run(command, env=ENVIRON, capture_output=True, text=True)


def build(project: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    environ = {**ENVIRON, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True)


def test_the_generated_parts_are_those_of_the_code() -> None:
    done = generate(ROOT, "--check")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("page", "was", "became"),
    [
        ("cli.md", "Say nothing but errors.", "Say nothing."),
        ("hooks.md", "name: str) -> str", "name: str) -> bytes"),
        ("findings.md", "`removals`", "`removal`"),
    ],
)
def test_a_part_that_is_out_of_date_is_named_and_written_anew(copied: Path, page: str, was: str, became: str) -> None:
    file = copied / "docs" / "reference" / page
    right = file.read_text()
    file.write_text(right.replace(was, became))

    done = generate(copied, "--check")
    assert (done.returncode, done.stdout.split()[0]) == (1, f"docs/reference/{page}")
    assert generate(copied).returncode == 0
    assert file.read_text() == right


@pytest.mark.parametrize(
    ("was", "became", "complaint"),
    [
        ('workers = "', 'worker = "', "no words for 'workers' in [target]"),
        ("[exit]", '[exit]\n99 = "No such code."', "words about nothing: '99' in [exit]"),
    ],
)
def test_words_that_are_missing_or_about_nothing_are_an_error(
    copied: Path, was: str, became: str, complaint: str
) -> None:
    words = copied / "docs" / "words.toml"
    words.write_text(words.read_text().replace(was, became))

    done = generate(copied)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_the_documentation_builds_without_a_warning_and_is_deployed_by_presswork(copied: Path) -> None:
    done = build(copied)

    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    assert "presswork: default (local): deployed" in done.stderr
    built = tree(copied / "site")
    assert tree((copied / ".presswork" / "local" / "current").resolve(strict=True)) == built
    assert {"index.html", "tutorial/index.html", "reference/settings/index.html"} <= built.keys()
    assert [path for path in built if path.endswith((".py", ".toml", ".md"))] == []


def test_a_broken_link_fails_that_build_and_nothing_is_deployed(copied: Path) -> None:
    with (copied / "docs" / "index.md").open("a") as page:
        page.write("\n[Nowhere](nowhere.md)\n")
    done = build(copied)

    assert done.returncode == 1
    assert "WARNING" in done.stderr
    assert not (copied / ".presswork").exists()


def test_the_tutorial_prints_what_it_says(tmp_path: Path) -> None:
    assert Reader(tmp_path).follow(TUTORIAL.read_text()) == len(list(shown(TUTORIAL.read_text()))) > 15


@pytest.mark.parametrize(
    ("was", "became", "complaint"),
    [
        ("29 added", "28 added", "prints:"),
        ("INFO    -  presswork:   sent 29 files, 2.0 MB\n", "", "prints:"),
        ("$ presswork deploy\n", "$ presswork status\n", "prints:"),
        ("nothing was sent\n  2", "nothing was sent\n  1", "is another one"),  # the id of that deployment
    ],
)
def test_a_tutorial_that_says_otherwise_is_noticed(tmp_path: Path, was: str, became: str, complaint: str) -> None:
    page = TUTORIAL.read_text().partition("## Look at it")[0]
    assert was in page

    with pytest.raises(AssertionError, match=complaint):
        Reader(tmp_path).follow(page.replace(was, became, 1))


def commands(page: str) -> Iterator[list[str]]:
    """Yield the words of every `presswork` command in a page's blocks."""
    for block in blocks(page):
        if block.language in {"console", "yaml", "text"}:
            for found in re.finditer(r"(?:^|[ /])presswork (?=[a-z])([^|;&>\n]+)", block.text, re.MULTILINE):
                yield shlex.split(found[1])


def understood(words: list[str]) -> None:
    name, *rest = words
    command = app.get_command(click.Context(app), name)
    if command is None:
        raise click.UsageError(f"There is no command {name}.")
    command.make_context(name, rest)


def test_every_command_shown_is_one_that_presswork_has() -> None:
    pages = [page for page in PAGES if page.name != "cli.md"]  # which is generated, and has patterns of commands
    seen = [words for page in pages for words in commands(page.read_text())]
    for words in seen:
        understood(words)

    assert len(seen) > 40


@pytest.mark.parametrize("line", ["presswork deplow", "presswork deploy --no-such", "presswork promote"])
def test_a_command_that_presswork_has_not_is_noticed(line: str) -> None:
    (words,) = commands(f"```console\n$ {line}\n```\n")

    with pytest.raises(click.UsageError):
        understood(words)


def test_the_readme_has_every_command() -> None:
    named = re.findall(r"^\| `presswork (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert named == list(COMMANDS)


def configurations(page: str, folder: Path) -> Iterator[dict[str, object]]:
    """Yield every table of settings in a page's blocks, read as from a file of its own."""
    for number, block in enumerate(blocks(page)):
        if block.language == "yaml" and re.search("^plugins:", block.text, re.MULTILINE):
            file = folder / f"{number}.yml"
            file.write_text(block.text)
            table = generator_table(file)
            assert table is not None, block.text
            yield table
        elif block.language == "toml" and block.title in {None, "presswork.toml"} and "[project" not in block.text:
            document = tomllib.loads(block.text)
            yield document["tool"]["presswork"] if "tool" in document else document


def taken(table: dict[str, object], folder: Path) -> None:
    Project(read_settings(table, door="the page", folder=folder)).check_settings()


def test_every_configuration_shown_is_taken(tmp_path: Path) -> None:
    seen = [table for page in PAGES for table in configurations(page.read_text(), tmp_path)]
    for table in seen:
        taken(table, tmp_path)

    assert len(seen) > 10


@pytest.mark.parametrize(
    "block",
    [
        "```toml\nkeeps = 3\n```\n",
        "=== indented\n\n    ```yaml\n    plugins:\n      - presswork:\n          on_build: often\n    ```\n",
    ],
)
def test_a_configuration_that_is_wrong_is_noticed(tmp_path: Path, block: str) -> None:
    (table,) = configurations(block, tmp_path)

    with pytest.raises(ConfigError):
        taken(table, tmp_path)


def test_the_plugin_shown_works() -> None:
    page = (ROOT / "docs" / "reference" / "hooks.md").read_text()
    (code,) = (block.text for block in blocks(page) if "@hookimpl" in block.text)
    plugin = type(sys)("footer")
    exec(compile(code, "hooks.md", "exec"), plugin.__dict__)  # noqa: S102 -- our own page
    draft = Draft([])
    Plugins([("footer", plugin)]).edit_manifest(Site(root="/", generator="mkdocs 1.6.1"), draft)

    assert draft.added == {"generator.txt": b"mkdocs 1.6.1\n"}
