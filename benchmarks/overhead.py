"""What the plugin adds to a build that does not deploy: each generator on a small site, without it and with it off.

    python benchmarks/overhead.py [--quick]

Prints the medians of interleaved whole runs and their difference as the table of `RESULTS.md`, and exits 1 where that
of the CPU time is above the bound: that of all processes of a build, git's too. The wall time is shown and not judged,
for a busy machine stretches it many times as much as the difference is. `--quick` runs each once and judges nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from support import interleaved

BOUND_MS: Final = 60
ROUNDS: Final = 15
PAGES: Final = 12

_MARKDOWN: Final = "# Page {number}\n\nA paragraph with *some* `markup` in it.\n\n- one\n- two\n"
_ARTICLE: Final = "Title: Page {number}\nDate: 2026-11-01\n\nA paragraph with *some* `markup` in it.\n\n- one\n- two\n"
_RST: Final = "Page {number}\n=======\n\nA paragraph with *some* ``markup`` in it.\n\n- one\n- two\n"
_INDEX: Final = "Home\n====\n\n.. toctree::\n   :glob:\n\n   page-*\n"


class Generator(NamedTuple):
    """How a generator is run, its arguments after the name of a configuration; and what goes into its project."""

    command: tuple[str, ...]
    page: str
    pages: str
    files: dict[str, str]


_MKDOCS: Final = "site_name: Overhead\ntheme: mkdocs\nsite_dir: {0}\nplugins: [search{1}]\n"
_PELICAN: Final = "SITENAME = 'Overhead'\nSITEURL = 'https://example.org'\nTIMEZONE = 'UTC'\nPLUGINS = [{}]\n"
_OFF: Final = "{'on_build': 'off'}"

GENERATORS: Final = {
    "mkdocs build": Generator(
        ("mkdocs", "build", "--quiet", "--config-file", "{}.yml"),
        _MARKDOWN,
        "page-{}.md",
        {
            "pages/index.md": "# Home\n",
            "without.yml": "docs_dir: pages\n" + _MKDOCS.format("without", ""),
            "with.yml": "docs_dir: pages\n" + _MKDOCS.format("with", f", {{presswork: {_OFF}}}"),
        },
    ),
    "pelican": Generator(
        ("pelican", "--quiet", "pages", "--settings", "{}.py", "--output", "{}"),
        _ARTICLE,
        "page-{}.md",
        {
            "without.py": _PELICAN.format(""),
            "with.py": _PELICAN.format("'presswork_pelican'") + f"PRESSWORK = {_OFF}\n",
        },
    ),
    "sphinx-build": Generator(
        ("sphinx", "-E", "-a", "-q", "-b", "html", "-c", "{}-conf", "pages", "{}"),
        _RST,
        "page-{}.rst",
        {
            "pages/index.rst": _INDEX,
            "without-conf/conf.py": "project = 'Overhead'\n",
            "with-conf/conf.py": f"project = 'Overhead'\nextensions = ['presswork_sphinx']\npresswork = {_OFF}\n",
        },
    ),
}


def make_project(folder: Path, generator: Generator) -> None:
    """Write a project with two configurations: one `without` the plugin, and one `with` it, where it is off."""
    pages = {f"pages/{generator.pages.format(n)}": generator.page.format(number=n) for n in range(PAGES)}
    for name, text in {**generator.files, **pages, "pyproject.toml": ""}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for words in (["init"], ["add", "."], ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-m", "A"]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def build(folder: Path, generator: Generator, name: str) -> None:
    """Build the site in a process of its own, its byte code kept from run to run, as it is where we are installed."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PRESSWORK"))}
    subprocess.run(
        [sys.executable, "-m", *(word.format(name) for word in generator.command)],
        cwd=folder,
        env={**environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")},
        check=True,
        stdout=subprocess.DEVNULL,  # Pelican is never wholly quiet
    )


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="run each build once and judge nothing")
    quick = parser.parse_args().quick
    print("| measure | with the plugin, off | without | more | bound |\n| --- | --- | --- | --- | --- |")
    holds = True
    for command, generator in GENERATORS.items():
        with tempfile.TemporaryDirectory(prefix="presswork-bench-") as place:
            folder = Path(place).resolve()
            make_project(folder, generator)
            runs = [partial(build, folder, generator, name) for name in ("without", "with")]
            without, using = interleaved(1 if quick else ROUNDS, *runs)
        more = _row(f"`{command}`, CPU", using.cpu, without.cpu, f"{BOUND_MS} ms")
        _row(f"`{command}`, wall", using.wall, without.wall, "")
        holds = holds and more <= BOUND_MS
    return 0 if holds or quick else 1


def _row(measure: str, using: float, without: float, bound: str) -> float:
    """Print a line of the table; return the difference, in milliseconds as the arguments are in seconds."""
    more = (using - without) * 1000
    print(f"| {measure} | {using * 1000:.0f} ms | {without * 1000:.0f} ms | {more:.0f} ms | {bound} |", flush=True)
    return more


if __name__ == "__main__":
    sys.exit(main())
