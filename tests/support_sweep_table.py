"""How many cases of the sweeps there were and how they ended: gathered from all workers, printed at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Ending = Literal["well", "failed", "broken"]
Tell = Callable[[str, object], None]
"""pytest's `record_property`."""

_NAME: Final = "sweep"


def tell_case(tell: Tell, table: str, row: str, column: str, ending: Ending) -> None:
    """Put one case down."""
    tell(_NAME, (table, row, column, ending))


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """Print a line for each sweep that was run, and with `-s` a table of its cases."""
    tables: dict[str, Counter[tuple[str, str, Ending]]] = defaultdict(Counter)
    reports = {id(report): report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)}
    for report in reports.values():
        for name, value in report.user_properties if report.when == "call" else ():
            if name == _NAME:
                table, *case = value
                tables[table][tuple(case)] += 1
    if not tables:
        return
    terminalreporter.section("sweeps")
    for table, cases in sorted(tables.items()):
        if config.getoption("capture") == "no":
            for line in _lines(table, cases):
                terminalreporter.write_line(line)
        terminalreporter.write_line(_sum(table, cases))


def _lines(table: str, cases: Counter[tuple[str, str, Ending]]) -> Iterator[str]:
    """Yield a Markdown table: faults down, kinds across, in each cell the cases that ended well and all of them."""
    rows, columns = (sorted({case[place] for case in cases}) for place in (0, 1))
    yield ""
    yield from (_line([table, *columns, "all"]), _line(["---", *["---:"] * (len(columns) + 1)]))
    for row in rows:
        yield _line([row, *(_cell(cases, [row], [column]) for column in columns), _cell(cases, [row], columns)])
    yield _line(["all", *(_cell(cases, rows, [column]) for column in columns), _cell(cases, rows, columns)])
    yield ""


def _cell(cases: Counter[tuple[str, str, Ending]], rows: Sequence[str], columns: Sequence[str]) -> str:
    well, failed, broken = (
        sum(cases[row, column, ending] for row in rows for column in columns) for ending in ("well", "failed", "broken")
    )
    every = well + failed + broken
    return (f"{well}/{every}" if every else "") + (f" BROKEN {broken}" if broken else "")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _sum(table: str, cases: Counter[tuple[str, str, Ending]]) -> str:
    ended: Counter[Ending] = Counter()
    for (_, _, ending), number in cases.items():
        ended[ending] += number
    return (
        f"{table}: {ended.total():,} cases, {ended['well']:,} ended well, "
        f"{ended['failed']:,} failed as documented, {ended['broken']:,} broke a promise"
    )
