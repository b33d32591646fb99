"""Several runs of Pelican in one process: parts of one site, sites of their own, and runs that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.site import Page
from support_local import tree
from support_pelican import BUILT, Blog

if TYPE_CHECKING:
    from pathlib import Path

# A plugin in the manner of i18n_subsites: Pelican makes and runs another of itself, for a part of the site.
_PARTS = """
from pathlib import Path
from pelican import signals

def part(instance):
    if "PART" not in instance.settings:
        output = Path(instance.output_path, "de")
        more = {"PART": "de", "PATH": str(Path(instance.path).parent / "inhalt"), "OUTPUT_PATH": str(output)}
        more["STATIC_PATHS"] = ["bilder"]
        type(instance)({**instance.settings, **more}).run()

def register():
    signals.EVENT.connect(part)
"""
_BESIDE = "import sys\nsys.path.append('.')\nPLUGINS.append('parts')\n"


@pytest.mark.parametrize("event", ["finalized", "get_generators", "get_writer"])
def test_a_part_that_another_run_makes_belongs_to_its_site(tmp_path: Path, event: str) -> None:
    blog = Blog(tmp_path, more=_BESIDE)
    blog.plugin("parts", _PARTS.replace("EVENT", event))
    blog.file("inhalt/erstes.md", "Title: Erstes\nDate: 2026-01-01\nTags: ink\n\nHallo.\n")
    blog.file("inhalt/pages/about.md", "Title: About\n\nWir.\n")
    blog.file("inhalt/bilder/b.png", "a picture")
    run = blog.build().ok()

    part = {path for path in BUILT if path not in {"first.html", "second.html"}} | {"erstes.html", "bilder/b.png"}
    assert [line for line in run.said if ": deployed" in line] == ["default (local): deployed"]
    assert len(blog.releases) == 1
    assert blog.live == blog.site
    assert set(blog.site) == {*BUILT, *(f"de/{path}" for path in part)}
    assert blog.made == sorted(blog.site)
    assert Page("de/erstes.html", "Erstes", "inhalt/erstes.md") in blog.record.site.pages
    assert Page("de/pages/about.html", "About", "inhalt/pages/about.md") in blog.record.site.pages
    assert Page("pages/about.html", "About", "content/pages/about.md") in blog.record.site.pages


def test_a_part_that_is_written_elsewhere_is_left_out(tmp_path: Path) -> None:
    blog = Blog(tmp_path, more=_BESIDE)
    plugin = _PARTS.replace("EVENT", "finalized").replace('instance.output_path, "de"', 'instance.output_path + "-de"')
    blog.plugin("parts", plugin)
    blog.file("inhalt/erstes.md", "Title: Erstes\nDate: 2026-01-01\n\nHallo.\n")
    blog.build().ok()

    assert "erstes.html" in tree(tmp_path / "output-de")
    assert blog.made == BUILT
    assert blog.live == blog.site


_SCRIPT = """
import contextlib
from pelican import Pelican, main
from pelican.settings import read_settings
"""


def test_a_second_folder_does_not_replace_the_first_at_the_same_place(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    blog.file("builds.py", f"{_SCRIPT}main(['-o', 'en'])\nmain(['-o', 'de', 'inhalt'])")
    blog.file("inhalt/erstes.md", "Title: Erstes\nDate: 2026-01-01\n\nHallo.\n")
    message, hint = blog.python("builds.py").failed().error

    en, de = tmp_path / "en", tmp_path / "de"
    assert message == f"{en} was deployed to default in this run; {de} would replace it."
    assert "below one folder" in hint
    assert blog.live == tree(en)
    assert "erstes.html" in tree(de)


def test_two_folders_may_have_a_place_each(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    other = "'-e', 'PRESSWORK={\"path\": \"store\"}'"
    blog.file("builds.py", f"{_SCRIPT}main(['-o', 'en'])\nmain(['-o', 'de', {other}])\nmain(['-o', 'en'])")
    run = blog.python("builds.py").ok()

    assert blog.live == tree(tmp_path / "en")
    assert tree((tmp_path / "store" / "current").resolve()) == tree(tmp_path / "de")
    assert run.said.count("default (local): deployed") == 2
    assert run.said.count("default (local): unchanged, nothing was sent") == 1


def test_a_run_that_failed_is_no_part_of_the_next(tmp_path: Path) -> None:
    blog = Blog(tmp_path, more="THEME_TEMPLATES_OVERRIDES = ['templates']")
    blog.file("templates/page.html", "{% broken")
    script = "with contextlib.suppress(SystemExit):\n    main([])\n"
    blog.file("builds.py", f"{_SCRIPT}{script}main(['-e', 'THEME_TEMPLATES_OVERRIDES=[]', '-o', 'b'])")
    blog.python("builds.py")

    assert blog.live == tree(tmp_path / "b")
    assert blog.made == BUILT


def test_runs_that_are_made_together_are_told_apart(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    script = """
def made(name):
    more = {"OUTPUT_PATH": name, "PRESSWORK": {"path": f"store-{name}"}}
    return Pelican(read_settings("pelicanconf.py", override=more))

for instance in [made("a"), made("b")]:
    instance.run()
"""
    blog.file("builds.py", _SCRIPT + script)
    blog.python("builds.py").ok()

    for name in "ab":
        assert tree((tmp_path / f"store-{name}" / "current").resolve()) == tree(tmp_path / name)
    assert blog.made == BUILT
    assert blog.record.config is None  # nobody but Pelican's own command says which file the settings are from


@pytest.mark.parametrize("child", [True, False], ids=["in a process of its own", "in this one"])
def test_a_child_process_neither_deploys_nor_records(tmp_path: Path, *, child: bool) -> None:
    blog = Blog(tmp_path)
    call = "Process(target=main, args=[[]])" if child else "main([])"
    wait = "process.start(); process.join(); raise SystemExit(process.exitcode)" if child else ""
    blog.file("builds.py", f"{_SCRIPT}from multiprocessing import Process\nprocess = {call}\n{wait}")
    run = blog.python("builds.py").ok()

    assert "Done:" in run.stdout
    assert blog.untouched is child
