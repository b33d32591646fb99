"""Generated sites and measures that the benchmarks share."""

from __future__ import annotations

import random
import resource
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["MIB", "SITES", "Cost", "Row", "Size", "interleaved", "make_site", "report", "site"]

MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Size:
    """A site to generate: its name in the tables, how many files, how many bytes in all."""

    name: str
    files: int
    bytes: int


SITES: Final = (
    Size("300 files, 5 MiB", 300, 5 * MIB),
    Size("5,000 files, 60 MiB", 5_000, 60 * MIB),
    Size("50,000 files, 500 MiB", 50_000, 500 * MIB),
)

# What a documentation site is made of: out of a hundred files, and how large one is beside the others.
_MIX: Final = (("html", 70, 1.0), ("png", 12, 3.0), ("svg", 6, 0.4), ("js", 5, 2.0), ("css", 4, 1.0), ("json", 3, 4.0))


def make_site(root: Path, size: Size) -> None:
    """Write a site of that size, the same at every call: pages in folders up to four deep, assets, one search index."""
    rng = random.Random(size.files)  # noqa: S311 -- sizes and filler, no secrets
    kinds = [(kind, scale) for kind, share, scale in _MIX for _ in range(share)]
    names, weights = ["index.html", "search/index.json"], [1.0, size.files / 20]
    for number in range(size.files - 2):
        kind, scale = kinds[rng.randrange(100)]
        guide = number % 16
        if kind != "html":
            names.append(f"assets/{kind}/figure-{number:05}.{rng.randrange(1 << 32):08x}.{kind}")
        elif guide % 2:
            names.append(f"guide-{guide}/chapter-{number // 16 % 24}/topic-{number:05}.html")
        else:
            names.append(f"guide-{guide}/chapter-{number // 16 % 24}/topic-{number:05}/index.html")
        weights.append(scale * rng.lognormvariate(0, 0.8))
    unit = size.bytes / sum(weights)
    for name, weight in zip(names, weights, strict=True):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(max(1, round(weight * unit))))


@contextmanager
def site(size: Size) -> Iterator[Path]:
    """Yield a generated site in a temporary folder, its pages in the page cache."""
    with tempfile.TemporaryDirectory(prefix="presswork-bench-") as folder:
        root = Path(folder).resolve() / "site"
        make_site(root, size)
        for path in root.rglob("*"):
            if path.is_file():
                path.read_bytes()
        yield root


@dataclass(frozen=True)
class Cost:
    """What one run took, in seconds; `cpu` counts this process and the children it waited for."""

    wall: float
    cpu: float


def interleaved(rounds: int, *runs: Callable[[], object]) -> list[Cost]:
    """Run each in turn, `rounds` times after one that does not count, and return the medians of each."""
    costs: list[list[Cost]] = [[] for _ in runs]
    for number in range(rounds + 1):
        for run, found in zip(runs, costs, strict=True):
            cpu, wall = _cpu(), time.perf_counter()
            run()
            cost = Cost(time.perf_counter() - wall, _cpu() - cpu)
            if number:
                found.append(cost)
    return [
        Cost(statistics.median(cost.wall for cost in found), statistics.median(cost.cpu for cost in found))
        for found in costs
    ]


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


@dataclass(frozen=True)
class Row:
    """One comparison: what is measured, ours and the other's in words, the figure that is judged and its bound."""

    measure: str
    ours: str
    other: str
    figure: float
    bound: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure keeps within the bound, if there is one."""
        return self.bound is None or self.figure <= self.bound


def report(rows: Sequence[Row]) -> bool:
    """Print the rows side by side and say whether every bound holds."""
    lines = [("measure", "ours", "other", "figure", "bound", "")]
    for row in rows:
        bound = "" if row.bound is None else f"{row.bound:g}"
        lines.append((row.measure, row.ours, row.other, f"{row.figure:.2f}", bound, "" if row.holds else "BROKEN"))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return all(row.holds for row in rows)
