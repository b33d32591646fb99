"""What a scan costs beside the least work that could do, and beside the tools at hand.

    python benchmarks/scan.py [--quick]

Prints a table and exits 1 where a bound is broken. `--quick` runs every part once on the smallest site and judges
nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import shlex
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from support import MIB, SITES, Row, Size, interleaved, report, site

from presswork.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# At most so much of the other's wall time, CPU time, MiB and milliseconds.
WALL_OF_BARE: Final = 1.25
CPU_OF_XARGS: Final = 0.5
BARE_CPU_OF_XARGS: Final = 0.4  # or the bare loop is no measure to hold anything against
PEAK_MIB: Final = 120
START_MS: Final = 80

ROUNDS: Final = {300: 41, 5_000: 41, 50_000: 11}

# The peak is the child's own: `ru_maxrss` would begin at that of the process it was started from.
MANIFEST: Final = """
import resource, sys
from pathlib import Path
from presswork.draft import Draft
from presswork.scan import scan
found = scan(sys.argv[1])
sys.stderr.write(str(len(Draft(found.entries, found.digests).freeze().to_json())))
status = Path("/proc/self/status")
if status.exists():
    print(next(int(line.split()[1]) for line in status.open() if line.startswith("VmHWM")) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def bare(root: str) -> dict[str, str]:
    """Walk, read and hash: the least that can be done."""
    found = {}
    stack = [root]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                else:
                    file = os.open(entry.path, os.O_RDONLY)
                    found[entry.path[len(root) + 1 :]] = sha256(os.read(file, os.fstat(file).st_size + 1)).hexdigest()
                    os.close(file)
    return found


def xargs(root: str) -> None:
    """Hash the same files with the system's own tools, on two processors."""
    pipe = f"find {shlex.quote(root)} -type f -print0 | xargs -0 -P2 -n 64 sha256sum"
    subprocess.run(["sh", "-c", pipe], check=True, stdout=subprocess.DEVNULL)


def reading(root: Path, size: Size, rounds: int) -> Iterator[Row]:
    """Compare the scan with the bare loop, and both with xargs."""
    place = str(root)
    if {entry.path: entry.sha256 for entry in scan(root).entries} != bare(place):
        raise AssertionError("the scan and the bare loop do not find the same")
    ours, least = interleaved(rounds, lambda: scan(root), lambda: bare(place))
    yield Row(
        f"{size.name}: scan, wall, of a bare loop",
        _ms(ours.wall),
        _ms(least.wall),
        ours.wall / least.wall,
        WALL_OF_BARE if size.files >= 5_000 else None,
    )
    ours, least, tools = interleaved(
        math.ceil(rounds / 4), lambda: scan(root), lambda: bare(place), lambda: xargs(place)
    )
    for name, cost, bound in (("scan", ours, CPU_OF_XARGS), ("bare loop", least, BARE_CPU_OF_XARGS)):
        yield Row(
            f"{size.name}: {name}, CPU, of xargs -P2 sha256sum",
            _ms(cost.cpu),
            _ms(tools.cpu),
            cost.cpu / tools.cpu,
            bound if size.files == 5_000 else None,
        )
    yield Row(
        f"{size.name}: scan, wall, of xargs -P2 sha256sum",
        _ms(ours.wall),
        _ms(tools.wall),
        ours.wall / tools.wall,
    )


def memory(root: Path, size: Size) -> Row:
    """Measure a whole process that scans and makes the manifest."""
    command = [sys.executable, "-c", MANIFEST, str(root)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    peak = int(ran.stdout) / MIB
    bound = PEAK_MIB if size.files == 50_000 else None
    return Row(f"{size.name}: scan and manifest, peak MiB", f"{peak:.0f} MiB", "", peak, bound)


def start(rounds: int, bound: int | None) -> Iterator[Row]:
    """Compare `presswork --version` with an interpreter that does nothing."""
    if importlib.util.find_spec("presswork.__main__") is None:
        return

    def run(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)

    ours, nothing = interleaved(rounds, lambda: run("-m", "presswork", "--version"), lambda: run("-c", "pass"))
    more = (ours.wall - nothing.wall) * 1000
    yield Row("presswork --version, ms over python -c pass", _ms(ours.wall), _ms(nothing.wall), more, bound)


def main() -> int:
    """Run everything; 1 where a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="once, on the smallest site, judging nothing")
    quick = parser.parse_args().quick
    rows = list(start(1, None) if quick else start(15, START_MS))
    for size in SITES[:1] if quick else SITES:
        with site(size) as root:
            rows += reading(root, size, 1 if quick else ROUNDS[size.files])
            rows.append(memory(root, size))
    return 0 if report(rows) else 1


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
