"""What is no build to be published: those of sphinx-autobuild, of Read the Docs, and of some files only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from presswork_sphinx import _command_line, _watched
from support_sphinx import GUIDE, Docs, watching

LOUD = {"PRESSWORK_DEPLOY": "1"}


def test_sphinx_autobuild_deploys_and_records_nothing_and_is_never_woken(tmp_path: Path) -> None:
    docs = Docs(tmp_path, root=False)  # so that our state would lie among what is watched
    with watching(docs, **LOUD) as watcher:
        assert "How it goes." in watcher.get("/guide.html")
        for text in ("Written while it was watched.", "Written once more."):
            docs.page("guide", f"{GUIDE}\n{text}\n")
            watcher.built()
            assert text in watcher.get("/guide.html")

    assert len(watcher.detected) == 2
    assert all("docs/guide.rst" in line and "," not in line for line in watcher.detected)
    assert "presswork" not in "".join(watcher.said)
    assert docs.untouched

    docs.build().ok()
    assert (docs.source / ".presswork").exists()


def test_a_host_that_is_not_installed_keeps_nobody_from_watching(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"host": "faraway", "site": "mine"}')
    with watching(docs) as watcher:
        assert "How it goes." in watcher.get("/guide.html")
    assert docs.untouched


@pytest.mark.parametrize("words", [["/usr/bin/sphinx-autobuild", "docs", "out"], ["-m", "sphinx_autobuild"]])
def test_sphinx_autobuild_is_known_by_its_command_line(tmp_path: Path, words: list[str]) -> None:
    with _process(*words) as watcher, _process("sphinx-build", "sphinx-autobuild.rst.d") as other:
        assert [_watched(process.pid) for process in (watcher, other)] == [True, False]
        for processes in (Path("/proc"), tmp_path):  # as on Linux, and as elsewhere
            assert set(words) <= set(_command_line(watcher.pid, processes))
        for process in (watcher, other):
            process.communicate("")


def test_an_editors_language_server_deploys_nothing_and_another_program_that_builds_does(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    docs.file("esbonio/__init__.py", "")
    program = "from sphinx.application import Sphinx\napp = Sphinx('docs', 'docs', 'out', 'out/.doctrees', 'html')\n"
    docs.run("-c", f"import esbonio\n{program}app.build()\napp.build()", **LOUD).ok()
    assert "index.html" in docs.site
    assert docs.untouched

    docs.run("-c", f"{program}app.build(force_all=True)").ok()
    assert docs.live == docs.site


def test_on_read_the_docs_a_build_deploys_only_where_it_is_told_to(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    (line,) = docs.build(READTHEDOCS="True").ok().said
    assert "is built and not deployed." in line
    assert docs.live is None

    docs.build(READTHEDOCS="True", **LOUD).ok()
    assert docs.live == docs.site


def test_a_build_of_some_files_only_is_neither_deployed_nor_recorded(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    run = docs.run("-m", "sphinx", "docs", "out", "docs/index.rst", **LOUD).ok()

    assert run.said == [
        "a build of some files only is neither deployed nor recorded: build without naming files for that"
    ]
    assert "index.html" in docs.site
    assert "guide.html" not in docs.site
    assert docs.untouched
    docs.build("-a").ok()
    assert docs.live == docs.site


def _process(*words: str) -> subprocess.Popen[str]:
    """Start a process with these words in its command line, which ends with its standard input."""
    return subprocess.Popen([sys.executable, "-c", "input()", *words], stdin=subprocess.PIPE, text=True)
