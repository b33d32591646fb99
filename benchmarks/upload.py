"""What a deploy costs beside the least work that could do it: whole processes against a server on this machine.

    python benchmarks/upload.py [--quick]

`upload_server.py` is the host, `upload_loop.py` the least work. Prints a table and exits 1 where a bound is broken,
or where the server or the loop costs too much to be a measure. `--quick` runs every part once on tiny sites and
judges nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from support import MIB, SITES, Row, Size, make_site, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# At most so much of the loop's wall time.
FIRST: Final = 2.2
FIRST_LATE: Final = 1.2
UNCHANGED: Final = 2.0
# At most so much of the time that so many workers need where only the latency counts.
PHASE: Final = 1.11
PEAK_MIB: Final = 160
GROWTH_MIB: Final = 30
# Beyond these the loop and the server are no measure.
LOOP_MS: Final = 0.4
SERVER_OF_CLIENT: Final = 0.33

WORKERS: Final = 8
PHASE_WORKERS: Final = 32
PHASE_LATENCY: Final = 0.1

_HERE: Final = Path(__file__).parent
_TOKEN: Final = "bench-token-that-opens-nothing"  # noqa: S105 -- it opens nothing
# The peak is the process's own: `ru_maxrss` would begin at that of the process it was started from.
_WITH_PEAK: Final = """
import resource, sys
from pathlib import Path
from presswork.cli import main
code = main(sys.argv[1:])
status = Path("/proc/self/status")
if status.exists():
    print(next(int(line.split()[1]) for line in status.open() if line.startswith("VmHWM")) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


@dataclass(frozen=True)
class Scale:
    """How much is measured: the sites, how often each pair is run, and whether the bounds are judged."""

    site: Size
    large: Size
    phase: int  # files
    one: int  # bytes of a single file
    rounds: int
    late: float  # seconds of latency
    judged: bool


_KIB_100: Final = 100 * 1024
FULL: Final = Scale(SITES[1], SITES[2], phase=1_000, one=1024 * MIB, rounds=5, late=0.02, judged=True)
QUICK: Final = Scale(
    Size("30 files, 100 KiB", 30, _KIB_100),
    Size("60 files, 100 KiB", 60, _KIB_100),
    phase=40,
    one=MIB,
    rounds=1,
    late=0.005,
    judged=False,
)


@dataclass(frozen=True)
class Run:
    """What one process cost, in seconds, what it printed, and what the server says of it."""

    wall: float
    cpu: float
    said: str
    server: dict[str, float]


class Bench:
    """A server, a folder for projects, and the programs that deploy."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.origin = f"http://127.0.0.1:{port}"
        # Both programs run from compiled bytecode, as what pip installs does.
        self.environ = {key: value for key, value in os.environ.items() if not key.startswith("PRESSWORK_")}
        self.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        self.environ |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "NETLIFY_AUTH_TOKEN": _TOKEN}

    def control(self, **settings: object) -> dict[str, float]:
        """Set the server up and return what it did since it was last asked."""
        with closing(HTTPConnection(urlsplit(self.origin).netloc)) as connection:
            connection.request("GET", f"/control?{urlencode(settings)}")
            told: dict[str, float] = json.load(connection.getresponse())
        return told

    def loop(self, root: Path, workers: int = WORKERS) -> Run:
        """Deploy with the bare loop."""
        return self._run(_HERE / "upload_loop.py", root, f"{self.origin}/api/v1", "loop", workers)

    def ours(self, root: Path, workers: int = WORKERS) -> Run:
        """Deploy with Presswork, as a person would."""
        run = self._run("-m", "presswork", *self._words(root, workers))
        return _deployed(run, json.loads(run.said))

    def peak(self, root: Path, workers: int = WORKERS) -> int:
        """Deploy with Presswork and return the most memory that its process had, in bytes."""
        self.forget()
        run = self._run("-c", _WITH_PEAK, *self._words(root, workers))
        document, peak = run.said.splitlines()
        _deployed(run, json.loads(document))
        return int(peak)

    def forget(self) -> None:
        """Make the host and the project's memory empty again."""
        self.control(forget=True)
        self.project = Path(tempfile.mkdtemp(dir=self.folder))

    def firsts(self, root: Path, rounds: int, workers: int = WORKERS) -> list[list[Run]]:
        """Deploy to an empty host, in turn with Presswork and with the loop."""

        def first(deploy: Callable[[Path, int], Run]) -> Run:
            self.forget()
            return deploy(root, workers)

        return in_turn(rounds, lambda: first(self.ours), lambda: first(self.loop))

    def _words(self, root: Path, workers: int) -> list[str]:
        options = {"site": "ours", "route": "digest", "api_url": f"{self.origin}/api/v1", "workers": workers}
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        return ["deploy", str(root), "--host", "netlify", *words, "--json"]

    def _run(self, *command: object) -> Run:
        self.control()
        began = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=self.project,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert child.stdout is not None  # noqa: S101 -- it is a pipe
        with child.stdout as out:
            said = out.read().decode()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if child.returncode:
            raise AssertionError(f"it ended with {child.returncode}: {said}")
        return Run(wall, used.ru_utime + used.ru_stime, said, self.control())


def _deployed(run: Run, document: dict[str, Any]) -> Run:
    target = document["targets"][0]
    sent = target["uploaded"]["files"] if target["uploaded"] else 0
    if document["outcome"] not in {"deployed", "unchanged"} or sent != run.server["puts"]:
        raise AssertionError(f"it did not deploy: {document}")
    return run


@contextmanager
def bench() -> Iterator[Bench]:
    """Yield a running server with an empty folder."""
    with (
        tempfile.TemporaryDirectory(prefix="presswork-bench-") as folder,
        subprocess.Popen(
            [sys.executable, _HERE / "upload_server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server,
    ):
        assert server.stdin is not None and server.stdout is not None  # noqa: S101, PT018 -- they are pipes
        try:
            yield Bench(Path(folder).resolve(), int(server.stdout.readline()))
        finally:
            server.stdin.close()  # which ends it


def in_turn(rounds: int, *runs: Callable[[], Run]) -> list[list[Run]]:
    """Run each in turn, `rounds` times after one that does not count."""
    made: list[list[Run]] = [[] for _ in runs]
    for number in range(rounds + 1):
        for run, kept in zip(runs, made, strict=True):
            one = run()
            if number:
                kept.append(one)
    return made


def comparing(place: Bench, scale: Scale) -> Iterator[Row]:
    """Compare first deploys, with latency and without, and a deploy of what is live already."""
    root = place.folder / "site"
    make_site(root, scale.site)

    for words, late, bound in (("", 0.0, FIRST), (f", {scale.late * 1000:g} ms latency", scale.late, FIRST_LATE)):
        place.control(latency=late)
        ours, loop = place.firsts(root, min(3, scale.rounds) if late else scale.rounds)
        yield _walls(f"{scale.site.name}: first deploy{words}", ours, loop, bound if scale.judged else None)
        if not late:
            yield from _server(ours, loop, scale)
    place.control(latency=0)
    place.ours(root)
    place.loop(root)
    ours, loop = in_turn(3 * scale.rounds, lambda: place.ours(root), lambda: place.loop(root))
    yield _walls(f"{scale.site.name}: nothing changed", ours, loop, UNCHANGED if scale.judged else None)


def measures(place: Bench, scale: Scale) -> Iterator[Row]:
    """See that the loop is lean, and how near the upload phase comes to what latency alone would cost."""
    root = place.folder / "small"
    _equal(root, scale.phase, 4096)

    _, runs = place.firsts(root, scale.rounds)
    told = [json.loads(run.said) for run in runs]
    each = statistics.median(one["cpu"] / one["files"] * 1000 for one in told)
    yield Row("the loop: CPU ms of a 4 KiB PUT", "", f"{each:.2f} ms", each, LOOP_MS if scale.judged else None)

    latency = PHASE_LATENCY if scale.judged else scale.late
    place.control(latency=latency)
    ours, loop = place.firsts(root, scale.rounds, PHASE_WORKERS)
    place.control(latency=0)
    least = scale.phase / PHASE_WORKERS * latency
    took, other = (statistics.median(run.server["phase"] for run in runs) for runs in (ours, loop))
    yield Row(
        f"{scale.phase:,} files, {latency * 1000:g} ms, {PHASE_WORKERS} workers: sending, of the latency alone",
        f"{took:.2f} s",
        f"{other:.2f} s",
        took / least,
        PHASE if scale.judged else None,
    )


def memory(place: Bench, scale: Scale) -> Iterator[Row]:
    """Measure whole processes: many files, and one large file beside one small one."""
    large = place.folder / "large"
    make_site(large, scale.large)
    many = place.peak(large) / MIB
    yield Row(f"{scale.large.name}: peak MiB", f"{many:.0f} MiB", "", many, PEAK_MIB if scale.judged else None)
    peaks = []
    for size in (1024, scale.one):
        root = place.folder / f"one-{size}"
        _equal(root, 1, size)
        peaks.append(place.peak(root) / MIB)
    small, big = peaks
    bound = GROWTH_MIB if scale.judged else None
    measure = f"one file of {scale.one // MIB:,} MiB: peak MiB over that of a small one"
    yield Row(measure, f"{big:.0f} MiB", f"{small:.0f} MiB", big - small, bound)


def main() -> int:
    """Run everything; 1 where a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="once, on tiny sites, judging nothing")
    scale = QUICK if parser.parse_args().quick else FULL
    with bench() as place:
        rows = [*comparing(place, scale), *measures(place, scale), *memory(place, scale)]
    return 0 if report(rows) else 1


def _walls(measure: str, ours: list[Run], loop: list[Run], bound: float | None) -> Row:
    """Compare runs in pairs, each of one round, so that a machine that others use too slows both down alike."""
    mine, other = (statistics.median(run.wall for run in runs) for runs in (ours, loop))
    ratio = statistics.median(one.wall / another.wall for one, another in zip(ours, loop, strict=True))
    return Row(measure, f"{mine:.2f} s", f"{other:.2f} s", ratio, bound)


def _server(ours: list[Run], loop: list[Run], scale: Scale) -> Iterator[Row]:
    for name, runs in (("Presswork", ours), ("the loop", loop)):
        client = statistics.median(run.cpu for run in runs)
        server = statistics.median(run.server["cpu"] for run in runs)
        bound = SERVER_OF_CLIENT if scale.judged else None
        yield Row(f"server: CPU, of {name}'s", f"{client:.2f} s", f"{server:.2f} s", server / client, bound)


def _equal(root: Path, files: int, size: int) -> None:
    """Write a home page and others of the same size, each with content of its own."""
    for number in range(files):
        path = root / ("index.html" if not number else f"pages/page-{number:04}.html")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(f"{number:08}".encode())
            file.truncate(size)


if __name__ == "__main__":
    sys.exit(main())
