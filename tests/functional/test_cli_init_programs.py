"""`init` where the settings are a Python program: what it adds is right, or it adds nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from support_cli import Done, Project, check_one_error, run

if TYPE_CHECKING:
    from pathlib import Path

ARTICLE = "Title: First\nDate: 2026-03-08\n\nWords.\n"
BASE = "SITENAME = 'Diary'\nTIMEZONE = 'UTC'\nFEED_ALL_ATOM = None\nPATH = 'content'\n"
PUBLISH = (
    "import os, sys\nsys.path.append(os.curdir)\nfrom pelicanconf import *\nSITEURL = 'https://diary.example.org'\n"
)
BY_HAND = {
    "made by a call": "project = 'x'\nextensions = list(('sphinx.ext.todo',))\n",
    "made on a condition": "import os\nextensions = []\nif os.environ.get('CI'):\n    extensions = ['x']\n",
    "added to by a call": "extensions = []\nextensions += list(())\n",
    "imported": "from theirs import extensions\n",
    "imported with everything": "project = 'x'\nfrom theirs import *\n",
    "deleted": "extensions = []\ndel extensions\n",
    "a table that is there": "extensions = []\npresswork = {'keep': 3}\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def python(project: Project, *words: str) -> Done:
    done = run([sys.executable, "-m", *words], project.folder, project.environ)
    assert done.code == 0, done
    return done


@pytest.mark.parametrize(
    "conf",
    [
        "project = 'Notes'",
        "project = 'Notes'\r\nextensions = ['sphinx.ext.todo']\r\n",
        "extensions: list[str] = [\n    'sphinx.ext.todo',  # lists\n]\nextensions += ('sphinx.ext.ifconfig',)\n",
        "# -*- coding: latin-1 -*-\nproject = 'Caf\xe9'\nextensions = ()\n",
    ],
    ids=["none and no line feed", "a list and CRLF", "a typed list that grows", "an empty tuple in latin-1"],
)
def test_what_is_added_to_conf_py_is_built_and_deployed_by_sphinx(project: Project, conf: str) -> None:
    before = conf.encode("latin-1")
    project.write({"docs/conf.py": before, "docs/index.rst": "Home\n====\n\nHello.\n"})
    done = project.ok("init", "-o", "keep=3", "--yes")
    after = (project.folder / "docs/conf.py").read_bytes()
    assert after.startswith(before)
    assert after.replace(b"\r\n", b"").count(b"\r") == 0
    assert after.count(b"\r\n") == (after.count(b"\n") if b"\r" in before else 0)
    added = after[len(before) :].decode().split("\n")
    assert '+presswork = {"keep": 3}' in done.out
    assert len([line for line in added if line.strip()]) == 2
    said = python(project, "sphinx", "-W", "docs", "build/html")
    assert "presswork: default (local): deployed" in said.out
    check_one_error(project.run("init", "--yes"), 2, "conf.py enables presswork already")


@pytest.mark.parametrize("conf", BY_HAND.values(), ids=[*BY_HAND])
def test_a_conf_py_that_only_running_it_would_tell_about_is_left_alone_with_the_lines_to_add(
    project: Project, conf: str
) -> None:
    project.write({"conf.py": "html_theme = 'basic'\n" + conf})
    done = project.run("init", "--yes")
    check_one_error(done, 2, "Only running conf.py would tell")
    assert '"presswork_sphinx"]; presswork = {}' in done.hints[0]
    assert (project.folder / "conf.py").read_text() == "html_theme = 'basic'\n" + conf


def test_what_is_added_for_pelican_goes_into_what_it_publishes_with_and_keeps_its_plugins(project: Project) -> None:
    project.write({"pelicanconf.py": BASE, "publishconf.py": PUBLISH, "content/first.md": ARTICLE})
    python(project, "pelican", "-s", "publishconf.py")
    assert (project.folder / "output" / "sitemap.xml").is_file()  # a plugin that Pelican loads by itself
    (project.folder / "output" / "sitemap.xml").unlink()
    done = project.ok("init", "--host", "local", "--yes")
    assert '+PLUGINS = ["sitemap", "presswork_pelican"]' in done.out
    assert '+PRESSWORK = {"host": "local"}' in done.out
    assert (project.folder / "pelicanconf.py").read_text() == BASE
    said = python(project, "pelican", "-s", "publishconf.py")
    assert "presswork: output is built and not deployed." in said.out
    project.ok("deploy")
    assert {"index.html", "first.html", "sitemap.xml"} <= (project.live() or {}).keys()
    check_one_error(project.run("init", "--yes"), 2, "publishconf.py enables presswork already")


@pytest.mark.parametrize("publish", [None, PUBLISH], ids=["one file", "two files"])
def test_a_list_of_plugins_grows(project: Project, publish: str | None) -> None:
    project.write({"pelicanconf.py": BASE + "PLUGINS = []\n", "content/first.md": ARTICLE})
    name = "publishconf.py" if publish else "pelicanconf.py"
    if publish:
        project.write({name: publish})
    assert '+PLUGINS = [*PLUGINS, "presswork_pelican"]' in project.ok("init", "--yes").out
    assert "presswork: default (local): deployed" in python(project, "pelican", "-s", name).out
    assert (project.live() or {}).keys() >= {"index.html", "first.html"}
    assert "sitemap.xml" not in (project.live() or {})


def test_a_settings_file_that_is_no_python_is_told_and_one_that_is_not_sphinxs_is_passed_over(project: Project) -> None:
    project.write({"pelicanconf.py": "SITENAME = \n"})
    check_one_error(project.run("init", "--yes"), 2, "pelicanconf.py cannot be read")
    (project.folder / "pelicanconf.py").unlink()
    project.write({"conf.py": "port = 80\n"})
    project.ok("init", "--yes")
    assert (project.folder / "presswork.toml").is_file()
    assert (project.folder / "conf.py").read_text() == "port = 80\n"
