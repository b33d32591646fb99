"""While Pelican watches or serves, and builds at every change, nothing is deployed, recorded, or raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_pelican import BUILT, Blog, watching

if TYPE_CHECKING:
    from pathlib import Path

DEPLOY = {"PRESSWORK_DEPLOY": "1"}  # asked for as loudly as can be
WATCHING = [["--autoreload"], ["--autorel"], ["-qrl"], ["-lr"], ["--listen", "-r"]]

# Counts the runs, and says when there have been five.
_COUNTS = """
from pathlib import Path
from pelican import signals

def count(instance):
    runs = Path("runs.txt")
    runs.write_text((runs.read_text() if runs.exists() else "") + "run\\n")
    if len(runs.read_text().split()) == 5:
        print("five runs", flush=True)

def register():
    signals.get_generators.connect(count)
"""
_BESIDE = "import sys\nsys.path.append('.')\nPLUGINS.insert(0, 'counts')\n"


def counted(folder: Path, table: str = "{}", more: str = "") -> Blog:
    blog = Blog(folder, table, _BESIDE + more)
    blog.plugin("counts", _COUNTS)
    return blog


def runs(blog: Blog) -> int:
    return len((blog.folder / "runs.txt").read_text().split())


@pytest.mark.parametrize("arguments", WATCHING, ids=" ".join)
def test_the_build_of_a_watcher_is_neither_deployed_nor_recorded(tmp_path: Path, arguments: list[str]) -> None:
    blog = Blog(tmp_path)
    with watching(blog, *arguments, **DEPLOY) as watcher:
        watcher.until("Done:")

    assert sorted(blog.site) == BUILT
    assert blog.untouched
    assert not any(line.startswith("presswork") for line in watcher.said)


@pytest.mark.parametrize("arguments", [["-r"], ["-lr"]], ids=" ".join)
def test_what_is_built_at_a_change_is_neither_deployed_nor_recorded(tmp_path: Path, arguments: list[str]) -> None:
    blog = counted(tmp_path)
    about = tmp_path / "content" / "pages" / "about.md"
    with watching(blog, *arguments, **DEPLOY) as watcher:
        watcher.until("Done:")
        watcher.change(about, "Title: About\n\nWritten while it was watched.\n")
        watcher.change(blog.config, blog.config.read_text() + "SITENAME = 'Renamed'\n")
        if arguments == ["-r"]:  # with -l its parent waits for an answer that Ctrl-C never brings
            watcher.interrupt()

    assert b"Written while it was watched." in blog.site["pages/about.html"]
    assert b"Renamed" in blog.site["index.html"]
    assert blog.untouched
    assert 3 <= runs(blog) <= watcher.modified + 1


TROUBLE = {
    "a misspelt key": "{'hots': 'local'}",
    "a host that is not installed": "{'host': 'faraway', 'on_build': 'deploy'}",
    "a development build": "{'path': 'store', 'on_build': 'deploy'}",
    "no setting": "None",
}


@pytest.mark.parametrize("table", TROUBLE.values(), ids=TROUBLE)
def test_nothing_is_raised_there_whatever_the_settings(tmp_path: Path, table: str) -> None:
    blog = counted(tmp_path, table, "SITEURL = ''")
    with watching(blog, "-r", **DEPLOY) as watcher:
        watcher.until("Done:")
        watcher.change(tmp_path / "content" / "pages" / "about.md", "Title: About\n\nChanged.\n")
        watcher.interrupt()

    assert runs(blog) <= watcher.modified + 1
    assert "Caught exception" not in "".join(watcher.said)
    assert blog.untouched


def test_the_count_of_runs_shows_a_loop_where_a_plugin_raises(tmp_path: Path) -> None:
    blog = counted(tmp_path, more="PLUGINS.append('raises')")
    blog.plugin(
        "raises",
        "from pelican import signals\nregister = lambda: signals.finalized.connect(fail)\n"
        "def fail(_): raise ValueError('boom')",
    )
    with watching(blog, "-r") as watcher:
        watcher.until("five runs")

    assert runs(blog) > watcher.modified + 1


def test_serving_builds_and_deploys_nothing(tmp_path: Path) -> None:
    blog = Blog(tmp_path, "{'hots': 'local'}")
    with watching(blog, "-l", **DEPLOY) as watcher:
        watcher.until("Serving site at")

    assert blog.site == {}
    assert blog.untouched


# The task `livereload` of the file that pelican-quickstart writes, and a server that builds once more.
_TASKS = """
from pelican import main

def livereload():
    from livereload import Server

    def cached_build():
        main(["-s", "pelicanconf.py", "-e", "CACHE_CONTENT=true", "LOAD_CONTENT_CACHE=true"])

    cached_build()
    server = Server()
    server.watch("content", cached_build)
    server.serve()

livereload()
"""
_SERVER = """
class Server:
    def watch(self, path, build):
        self.build = build

    def serve(self):
        self.build()
"""


def test_a_task_that_reloads_the_browser_neither_deploys_nor_records(tmp_path: Path) -> None:
    blog = counted(tmp_path)
    blog.file("tasks.py", _TASKS)
    blog.file("livereload/__init__.py", _SERVER)
    blog.python("tasks.py", **DEPLOY).ok()
    assert runs(blog) == 2
    assert blog.untouched

    blog.file("tasks.py", _TASKS.replace("from livereload import", "from other import"))
    (tmp_path / "livereload").rename(tmp_path / "other")
    blog.python("tasks.py", **DEPLOY).ok()
    assert blog.live == blog.site


def test_a_verbose_watcher_is_told_why(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    with watching(blog, "-r", "-v") as watcher:
        watcher.until("Done:")

    assert "a build that is repeated at every change is neither deployed nor recorded" in "".join(watcher.said)
