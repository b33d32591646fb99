"""Which folder a generator's configuration means, and that none of them is run to find out."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError
from presswork.outputs import outputs

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = "import os\nos.mkdir('planted')\nraise SystemExit\n"


def made(root: Path, files: dict[str, str], *folders: str) -> dict[str, str]:
    """Write files, make folders, and return those that are taken for a site, with the reasons."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    return {os.path.relpath(folder, root): reason for folder, reason in outputs(root).items()}


@pytest.mark.parametrize(
    ("name", "text", "folder"),
    [
        ("mkdocs.yml", "site_name: x", "site"),
        ("mkdocs.yml", "site_dir: public/html", "public/html"),
        ("properdocs.yml", "site_dir: out/", "out"),
        ("zensical.toml", "[project]\nsite_name = 'x'", "site"),
        ("zensical.toml", "[project]\nsite_dir = 'out'", "out"),
        ("zensical.toml", "", "site"),
        ("hugo.toml", "title = 'x'", "public"),
        ("hugo.toml", "publishDir = 'docs'", "docs"),
        ("hugo.yaml", "publishdir: ../elsewhere", "../elsewhere"),
        ("hugo.json", '{"PublishDir": "docs"}', "docs"),
        ("config.toml", "publishDir = 'docs'", "docs"),
        ("config/_default/hugo.toml", "publishDir = 'docs'", "docs"),
        ("config/_default/config.yml", "title: x", "public"),
        ("_config.yml", "title: x", "_site"),
        ("_config.yml", "destination: out", "out"),
    ],
)
def test_a_configuration_that_can_be_read_is(tmp_path: Path, name: str, text: str, folder: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    assert made(root, {name: text}) == {}
    assert made(root, {}, folder) == {folder.rstrip("/"): f"the folder {name} builds into"}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("conf.py", "_build/html"),
        ("docs/conf.py", "docs/_build/html"),
        ("docs/conf.py", "docs/_build/dirhtml"),
        ("docs/conf.py", "build/html"),
        ("source/conf.py", "build/html"),
        ("docs/source/conf.py", "docs/build/html"),
        ("pelicanconf.py", "output"),
        (".eleventy.js", "_site"),
        ("eleventy.config.mjs", "_site"),
        ("astro.config.mjs", "dist"),
        ("docusaurus.config.ts", "build"),
        (".vitepress/config.mts", ".vitepress/dist"),
        ("docs/.vitepress/config.js", "docs/.vitepress/dist"),
    ],
)
def test_beside_one_that_is_a_program_the_usual_folder_is_meant_and_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert made(tmp_path, {name: PLANTED}) == {}
    assert made(tmp_path, {}, folder) == {folder: f"the usual one beside {name}, which is not run"}
    assert not (tmp_path / "planted").exists()
    with pytest.raises(SystemExit):
        exec(compile(PLANTED, name, "exec"), {})  # noqa: S102 -- the control: it would have shown
    assert (tmp_path / "planted").exists()


@pytest.mark.parametrize(
    ("makefile", "folder"),
    [
        ("BUILDDIR      = out\n", "docs/out/html"),
        ("SOURCEDIR = .\nBUILDDIR ?= ../www\n", "www/html"),
        ("BUILDDIR = $(HOME)/www\n", "docs/_build/html"),
        ("all:\n", "docs/_build/html"),
    ],
)
def test_the_makefile_of_sphinx_says_where_it_builds_to(tmp_path: Path, makefile: str, folder: str) -> None:
    files = {"docs/conf.py": "", "docs/Makefile": makefile}
    assert [*made(tmp_path, files, folder, "docs/elsewhere/html")] == [folder]


def test_folders_that_several_configurations_mean_are_all_there(tmp_path: Path) -> None:
    files = {"mkdocs.yml": "", "zensical.toml": "", "docs/conf.py": ""}
    found = made(tmp_path, files, "site", "docs/_build/html", "docs/_build/dirhtml")
    assert [*found] == ["site", "docs/_build/html", "docs/_build/dirhtml"]
    assert found["site"] == "the folder mkdocs.yml builds into"


def test_a_conf_py_at_the_top_means_no_folder_outside_the_project(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    assert made(root, {"conf.py": ""}, "../build/html") == {}
    assert made(tmp_path, {"docs/conf.py": ""}, "build/html") != {}


@pytest.mark.parametrize(("name", "text"), [("hugo.toml", "="), ("hugo.json", "{"), ("_config.yml", "a: [")])
def test_a_configuration_that_cannot_be_read_is_told_by_its_name(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} cannot be read"):
        made(tmp_path, {name: text})


def test_without_pyyaml_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ConfigError, match="PyYAML is not installed") as caught:
        made(tmp_path, {"hugo.yaml": ""})
    assert "name the built folder" in caught.value.hint
