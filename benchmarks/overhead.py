"""What the plugin adds to a build that does not deploy: `mkdocs build` of a small site, without it and with it off.

    python benchmarks/overhead.py [--quick]

Prints the medians of interleaved whole runs and their difference, and exits 1 where that of the CPU time is above the
bound: that of all processes of a build, git's too. The wall time is shown and not judged, for a busy machine stretches
it many times as much as the difference is. `--quick` runs each once and judges nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from support import Cost, Row, interleaved, report

BOUND_MS: Final = 60
ROUNDS: Final = 15
PAGES: Final = 12

_PAGE: Final = "# Page {number}\n\nA paragraph with *some* `markup` in it.\n\n- one\n- two\n"


def make_project(folder: Path) -> None:
    """Write a project with two configurations: `without.yml` and `with.yml`, where the plugin is off."""
    (folder / "docs").mkdir()
    (folder / "pyproject.toml").touch()
    for number in range(PAGES):
        (folder / "docs" / f"page-{number}.md").write_text(_PAGE.format(number=number) * 5)
    (folder / "docs" / "index.md").write_text("# Home\n")
    for name, plugins in (("without", "[search]"), ("with", "[search, {presswork: {on_build: off}}]")):
        text = f"site_name: Overhead\ntheme: mkdocs\nsite_dir: {name}\nplugins: {plugins}\n"
        (folder / f"{name}.yml").write_text(text)


def build(folder: Path, name: str) -> None:
    """Build the site in a process of its own, its byte code kept from run to run, as it is where we are installed."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PRESSWORK"))}
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", f"{name}.yml"],
        cwd=folder,
        env={**environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")},
        check=True,
    )


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="run each build once and judge nothing")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="presswork-bench-") as place:
        folder = Path(place).resolve()
        make_project(folder)
        without, using = interleaved(
            1 if quick else ROUNDS, lambda: build(folder, "without"), lambda: build(folder, "with")
        )
    return 0 if report(_rows(without, using)) or quick else 1


def _rows(without: Cost, using: Cost) -> list[Row]:
    def row(measure: str, ours: float, other: float, bound: float | None) -> Row:
        words = f"{ours * 1000:.0f} ms", f"{other * 1000:.0f} ms"
        return Row(f"{measure} of `mkdocs build` with the plugin off, ms more", *words, (ours - other) * 1000, bound)

    return [row("CPU", using.cpu, without.cpu, BOUND_MS), row("wall", using.wall, without.wall, None)]


if __name__ == "__main__":
    sys.exit(main())
