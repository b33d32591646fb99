from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from support_cli import Project, check_one_error, run

if TYPE_CHECKING:
    from pathlib import Path

THEME = {"theme/main.html": "{{ page.content }}", "docs/index.md": "# Home\n"}
HEAD = "site_name: Test  # its name\ntheme: {name: null, custom_dir: theme}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write(THEME)
    return made


VARIANTS = {
    "a block list": "plugins:\n  - search\n",
    "a block list without indent": "plugins:\n- search\nnav:\n- Home: index.md\n",
    "comments after it": "plugins:\n  - search  # to find things\n\n# What stands where.\nnav:\n  - Home: index.md\n",
    "comments in it": "plugins:  # ours\n  # first\n  - search:\n      # a secret\n      lang: en\n  # - other\n",
    "options after it": "plugins:\n  - search:\n      lang: en\nmarkdown_extensions:\n  - toc\n",
    "no plugins": "# The end.\n",
    "no line feed at the end": "plugins:\n  - search",
    "four spaces": "plugins:\n    - search\n\n\nextra: {a: 1}\n",
    "plugins of nothing": "plugins:\nextra: {a: 1}\n",
    "an empty list first": "extra:\n  list:\n    - a\nplugins:\n\n  - search\n\nstrict: true\n",
}


@pytest.mark.parametrize("text", VARIANTS.values(), ids=[*VARIANTS])
def test_the_plugin_is_added_and_every_other_line_survives(project: Project, text: str) -> None:
    project.write({"mkdocs.yml": HEAD + text})
    done = project.ok("init", "--yes")
    after = (project.folder / "mkdocs.yml").read_text()
    kept = iter(after.splitlines())
    assert all(line in kept for line in (HEAD + text).splitlines() if line)
    new = {*map(str.strip, after.splitlines())} - {*map(str.strip, (HEAD + text).splitlines())}
    assert new - {"", "plugins:", "- search"} == {"- presswork"}
    assert f"+{next(line for line in after.splitlines() if 'presswork' in line)}" in done.out
    check_comments_stay_with_what_they_are_about(after)
    assert "presswork" in loaded(after)


def loaded(text: str) -> list[Any]:
    plugins: list[Any] = yaml.safe_load(text)["plugins"]
    return plugins


def check_comments_stay_with_what_they_are_about(text: str) -> None:
    lines = text.splitlines()
    if "# What stands where." in lines:
        assert lines[lines.index("# What stands where.") + 1] == "nav:"


@pytest.mark.parametrize("variant", ["comments after it", "no plugins", "a block list without indent"])
def test_what_init_wrote_is_built_and_deployed_by_the_generator(project: Project, variant: str) -> None:
    project.write({"mkdocs.yml": HEAD + VARIANTS[variant]})
    project.ok("init", "--yes")
    done = run([sys.executable, "-m", "mkdocs", "build", "--strict"], project.folder, project.environ)
    assert done.code == 0, done
    assert "presswork" in done.err
    live = project.live()
    assert live is not None
    assert {"index.html", "search/search_index.json"} <= live.keys()
    check_one_error(project.run("init", "--yes"), 2, "enables presswork already")


def test_host_and_options_are_written_so_that_they_are_read_alike(project: Project) -> None:
    for name, text in (("mkdocs.yml", HEAD), ("presswork.toml", None)):
        if text:
            project.write({name: text})
        project.ok("init", "--host", "local", "-o", "keep=3", "-o", 'path=a "b": #1', "-o", "workers=2", "--yes")
        project.site({"index.html": name})
        project.ok("deploy", "site")
        assert project.live('a "b": #1') == {"index.html": name.encode()}
        (project.folder / name).unlink()


def test_an_option_that_looks_like_something_else_stays_text(project: Project) -> None:
    project.write({"mkdocs.yml": HEAD})
    project.ok("init", "-o", "path=0123", "--yes")
    project.site({"index.html": "home"})
    project.ok("deploy", "site")
    assert project.live("0123")


def test_without_a_generators_file_presswork_toml_is_written(project: Project) -> None:
    assert "+# The embedded local host." in project.ok("init", "--yes").out
    project.site({"index.html": "home"})
    project.ok("deploy", "site")
    (project.folder / "presswork.toml").unlink()
    project.ok("init", "--host", "local", "--yes")
    assert (project.folder / "presswork.toml").read_text() == 'host = "local"\n'
    check_one_error(project.run("init", "--yes"), 2, "presswork.toml is there already")


@pytest.mark.parametrize(
    "text",
    ["plugins: [search]\n", "plugins:\n  search: {}\n", "plugins: {search: {}}\n", "INHERIT: base.yml\n"],
    ids=["flow list", "block table", "flow table", "inherited"],
)
def test_plugins_that_are_no_list_of_lines_are_left_alone_with_the_line_to_add(project: Project, text: str) -> None:
    project.write({"mkdocs.yml": HEAD + text, "base.yml": "plugins:\n  - search\n"})
    done = project.run("init", "--yes")
    check_one_error(done, 2, "are not a list of one line each")
    assert "- presswork" in done.hints[0]
    assert (project.folder / "mkdocs.yml").read_text() == HEAD + text


@pytest.mark.parametrize("text", ["plugins: [presswork]\n", "plugins:\n  - presswork:\n      keep: 3\n"])
def test_a_file_that_enables_it_already_is_left_alone(project: Project, text: str) -> None:
    project.write({"mkdocs.yml": HEAD + text})
    check_one_error(project.run("init", "--yes"), 2, "enables presswork already")
    assert (project.folder / "mkdocs.yml").read_text() == HEAD + text


def test_nothing_is_written_without_a_yes(project: Project) -> None:
    project.write({"mkdocs.yml": HEAD})
    done = project.run("init")
    check_one_error(done, 2, "Add --yes")
    assert "+  - presswork" in done.out
    assert (project.folder / "mkdocs.yml").read_text() == HEAD


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--host", "mooon"), "There is no host named mooon"),
        (("-o", "keeep=3"), "unknown key `keeep`"),
        (("-o", "keep=many"), "`keep`: expected int"),
        (("-o", "token=abc"), "`token` holds a credential"),
    ],
)
def test_what_would_not_work_is_not_written(project: Project, words: tuple[str, ...], says: str) -> None:
    project.write({"mkdocs.yml": HEAD})
    check_one_error(project.run("init", "--yes", *words), 2, says)
    assert (project.folder / "mkdocs.yml").read_text() == HEAD
