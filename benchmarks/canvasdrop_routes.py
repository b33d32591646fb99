"""Whether Canvas Drop's automatic route is near the better one: many small files, then one page changed.

    python benchmarks/canvasdrop_routes.py [--quick]

The host is its emulator, braked to what was seen of a real server: 150 files a second one by one, 3.4 seconds for an
archive of 2,000. Every route has a canvas and a project of its own; they deploy in turn. Judged is the time to send
and switch, of the better of the two forced routes; the whole deploy, with scan, plan and proof, is shown beside it.
Exits 1 where a bound is broken. `--quick` runs every part once on a small site and judges nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from support import Row, report

from presswork.deploy import deploy
from presswork.events import FillStarted, Switched
from presswork.project import Project
from presswork.settings import read_settings
from presswork.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.events import Event

FILES: Final = 2000
FILE_BYTES: Final = 4096
BLOBS_PER_SECOND: Final = 150.0
ARCHIVE_PER_SECOND: Final = 2000 / 3.4
BOUND: Final = 1.15
ROUNDS: Final = 3
CHANGES: Final = 5
_SERVE: Final = """
import json, sys
from pathlib import Path
from presswork.testing import served
from presswork_canvasdrop.emulator import Behaviour, Emulator
emulator = Emulator(Path(sys.argv[1]), Behaviour(**json.loads(sys.argv[2])))
with served(emulator) as address:
    print(json.dumps(emulator.facts(address)), flush=True)
    sys.stdin.read()
"""
ROUTES: Final = ("staged", "zip", "auto")


class Took(NamedTuple):
    """Seconds of one deploy: from the first question what is wanted to the switch, and in all."""

    sending: float
    whole: float


class Canvas:
    """A canvas of its own emulator, and a project that deploys the site to it by one route."""

    def __init__(self, folder: Path, facts: dict[str, str], route: str) -> None:
        folder.mkdir()
        (folder / "pyproject.toml").touch()
        table = {"host": "canvasdrop", "url": facts["url"], "canvas": facts["canvas"], "route": route}
        self._settings = read_settings(table, door="the benchmark", folder=folder, environ={})
        self._environ = {"CANVAS_KEY": facts["key"]}
        self.took: list[str] = []

    def deploy(self, root: Path) -> Took:
        """Deploy the site, which must be proved; keep the route that was taken."""
        at: dict[type[Event], float] = {}

        def note(event: Event) -> None:
            at[type(event)] = time.perf_counter()

        began = time.perf_counter()
        told = deploy(Site(root=str(root)), Project(self._settings, environ=self._environ), emit=note)
        whole = time.perf_counter() - began
        (target,) = told.targets
        if target.outcome != "deployed" or target.route is None:
            raise SystemExit(f"a deploy came to nothing: {target}")
        self.took.append(target.route.name)
        return Took(at[Switched] - at[FillStarted], whole)


@contextmanager
def emulated(folder: Path) -> Iterator[dict[str, str]]:
    """Run the emulator in a process of its own; yield what a client needs to know."""
    brakes = {"blobs_per_second": BLOBS_PER_SECOND, "zip_files_per_second": ARCHIVE_PER_SECOND}
    line = [sys.executable, "-c", _SERVE, str(folder), json.dumps({**brakes, "rate_limit": None})]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 -- it is a pipe
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def one_round(files: int, changes: int) -> tuple[dict[str, Took], dict[str, list[Took]]]:
    """Deploy a site by each route, then with one page changed, some times over; return what each took."""
    with tempfile.TemporaryDirectory(prefix="presswork-bench-") as name, ExitStack() as stack:
        folder = Path(name).resolve()
        root = folder / "site"
        for number in range(files):
            page = root / f"part-{number % 40}" / f"page-{number}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_bytes(b"%-*d" % (FILE_BYTES, number))
        (root / "index.html").write_bytes(b"home")
        (root / "part-0" / "page-0.html").unlink()  # the home page is one of the files
        canvases = {
            route: Canvas(folder / route, stack.enter_context(emulated(folder / f"{route}-store")), route)
            for route in ROUTES
        }
        first = {route: canvas.deploy(root) for route, canvas in canvases.items()}
        changed: dict[str, list[Took]] = {route: [] for route in ROUTES}
        for change in range(changes):
            (root / "index.html").write_bytes(b"home, changed %d" % change)
            for route, canvas in canvases.items():
                if route != "zip" or not change:
                    changed[route].append(canvas.deploy(root))
        print(f"  automatic: {', '.join(canvases['auto'].took)}")
        return first, changed


def row(measure: str, rounds: list[dict[str, Took]], *, judged: bool) -> Iterator[Row]:
    """Compare the automatic route with the better forced one of the same round."""
    for part in ("sending", "whole"):
        seconds = {route: [getattr(each[route], part) for each in rounds] for route in ROUTES}
        ratios = [a / min(s, z) for s, z, a in zip(*(seconds[route] for route in ROUTES), strict=True)]
        staged, packed, auto = (statistics.median(seconds[route]) for route in ROUTES)
        bound = BOUND if judged and part == "sending" else None
        other = f"staged {staged:.2f} s, zip {packed:.2f} s"
        yield Row(f"{measure}: {part}", f"{auto:.2f} s", other, statistics.median(ratios), bound)


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="run every part once on a small site and judge nothing")
    quick: Any = parser.parse_args().quick
    files = 60 if quick else FILES
    rounds = [one_round(files, 1 if quick else CHANGES) for _ in range(1 if quick else ROUNDS)]
    medians = [
        {route: Took(*map(statistics.median, zip(*took, strict=True))) for route, took in changed.items()}
        for _, changed in rounds
    ]
    rows = [
        *row(f"{files:,} files: first deploy", [first for first, _ in rounds], judged=not quick),
        *row(f"{files:,} files: one page changed", medians, judged=not quick),
    ]
    return 0 if report(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
