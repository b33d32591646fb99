"""In which order to send files: the upload phase of the engine, with the parts of one wave in four orders.

    python benchmarks/order.py [--quick]

`upload_server.py` is the host; it answers late, and as much later as a connection of so many bytes a second would
need. The engine and the transport are Presswork's own. Prints the medians of all rounds but the first, and how they
stand to the manifest's order. `--quick` runs one round on tiny sites.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support import MIB, Size, make_site
from upload import Bench, bench

from presswork.host import Part
from presswork.scan import scan
from presswork.source import Folder
from presswork.transport import Client, Terms
from presswork.upload import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from presswork.host import Release
    from presswork.manifest import Entry

_KIB: Final = 1024

# What lies beside the pages of some sites, and where: the manifest's order is that of the paths.
LARGE: Final = {"downloads/manual.pdf": 8 * MIB, "downloads/source.zip": 4 * MIB, "videos/tour.mp4": 16 * MIB}


def manifest(entries: Sequence[Entry]) -> list[Entry]:
    return list(entries)


def largest_first(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: -entry.size)


def smallest_first(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.size)


def interleaved(entries: Sequence[Entry]) -> list[Entry]:
    """Return the largest, the smallest, the next largest, and so on."""
    left = largest_first(entries)
    return [left.pop(0 if number % 2 == 0 else -1) for number in range(len(entries))]


ORDERS: Final[tuple[Callable[[Sequence[Entry]], list[Entry]], ...]] = (
    manifest,
    largest_first,
    smallest_first,
    interleaved,
)


class Ordered:
    """One upload, of which the host wants everything, in the order given.

    The engine is told sizes that fall from part to part, so that it has no reason to send them in another order.
    """

    session = ""

    def __init__(self, client: Client, source: Folder, entries: Sequence[Entry]) -> None:
        self._client = client
        self._source = source
        self._parts = [Part(entry.path, len(entries) - number, (entry,)) for number, entry in enumerate(entries)]
        files = {entry.path: entry.sha256 for entry in entries}
        self._deploy = client.post("/sites/order/deploys").json["id"]
        client.put(f"/sites/order/deploys/{self._deploy}", json={"files": files})

    def wanted(self) -> Sequence[Part]:
        """Return everything, once."""
        parts, self._parts = self._parts, []
        return parts

    def put(self, part: Part) -> None:
        """Send one file."""
        (entry,) = part.entries
        self._client.put(f"/deploys/{self._deploy}/files/{entry.path}", body=self._source.open(entry))

    def finish(self) -> Release:
        """Be of no use: only the upload phase is measured."""
        raise NotImplementedError


def timed(place: Bench, root: Path, entries: Sequence[Entry], workers: int) -> float:
    """Send everything to an empty host and return the seconds it took."""
    place.control(forget=True)
    with closing(Client(f"{place.origin}/api/v1", None, Terms(workers=workers))) as client:
        upload = Ordered(client, Folder(str(root)), entries)
        began = time.perf_counter()
        sent = Engine("order", lambda _event: None).fill(upload, workers, lambda _session: None)
        took = time.perf_counter() - began
    if sent.files != len(entries):
        raise AssertionError(f"{sent.files} of {len(entries)} files were sent")
    return took


def main() -> None:
    """Compare the orders on every mix, line and width, in turn within each round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="one round, on tiny sites")
    quick = parser.parse_args().quick
    size = Size("30 files", 30, 300 * _KIB) if quick else Size("1,000 files, 12 MiB", 1_000, 12 * MIB)
    shrink = 64 if quick else 1
    rounds = 1 if quick else 3
    lines = (
        ("20 ms, 4 MiB/s a connection", 0.02, 4 * MIB),
        ("20 ms, no limit", 0.02, 0),
        ("no latency, no limit", 0, 0),
    )

    names = [order.__name__.replace("_", " ") for order in ORDERS]
    print(*_cells(["site", "line", "workers", *names]))
    with bench() as place, tempfile.TemporaryDirectory(prefix="presswork-bench-") as folder:
        for mix, large in ((size.name, {}), (f"{size.name}, and 3 large ones", LARGE)):
            root = Path(folder).resolve() / f"{len(large)}"
            make_site(root, size)
            for path, bytes_ in large.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(bytes([len(path)]) * (bytes_ // shrink))
            entries = scan(root).entries
            for line, latency, rate in lines:
                place.control(latency=latency, rate=rate)
                for workers in (8, 32):
                    taken = [
                        [timed(place, root, order(entries), workers) for order in ORDERS] for _ in range(rounds + 1)
                    ]
                    print(*_cells([mix, line, workers, *_compared(taken[1:])]), flush=True)


def _compared(rounds: Sequence[Sequence[float]]) -> Iterator[str]:
    """Yield each order's median, and the median of its ratios to the first order, round by round."""
    for number, walls in enumerate(zip(*rounds, strict=True)):
        ratio = statistics.median(taken[number] / taken[0] for taken in rounds)
        yield f"{statistics.median(walls):.2f} s" + (f" ({ratio:.2f})" if number else "")


def _cells(values: Sequence[object]) -> list[str]:
    widths = (37, 28, 8, 10, 15, 15, 15)
    return [str(value).ljust(width) for value, width in zip(values, widths, strict=True)]


if __name__ == "__main__":
    main()
