"""Progress on stderr: live bars on a terminal, a steady line every ten seconds elsewhere."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from presswork.events import FillEnded, PartSent, Sent, Waiting, WaveStarted
from presswork.report.terminal import amount, count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, TaskID

    from presswork.events import Emit, Event

__all__ = ["Lines", "shown"]

EVERY: Final = 10.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def shown(*, quiet: bool) -> Iterator[Emit]:
    """Yield what to emit events to."""
    if quiet:
        yield lambda _event: None
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _Bars() as bars:
            yield bars
    else:
        yield Lines(lambda line: click.echo(line, err=True))


class Lines:
    """Says how far an upload is, at most once in `EVERY` seconds; nothing about one that is over before."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._next = clock() + EVERY
        self._files = self._bytes = self._all_files = self._all_bytes = 0

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, WaveStarted):
            self._all_files += event.parts
            self._all_bytes += event.bytes
        elif isinstance(event, PartSent):
            self._files += 1
            self._bytes += event.bytes
        elif isinstance(event, Waiting):
            self._say(f"{event.target}: waiting {event.seconds:.0f} s: {event.why}")
        if self._all_files and self._clock() >= self._next:
            self._next = self._clock() + EVERY
            sent = f"{self._files:,} of {count(self._all_files, 'part')}"
            self._say(f"{event.target}: sent {sent}, {amount(self._bytes)} of {amount(self._all_bytes)}")


class _Bars:
    """One bar for each target that is being filled."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, WaveStarted):
            progress = self._started()
            if event.target in self._tasks:
                task = self._tasks[event.target]
                progress.update(task, total=(progress.tasks[task].total or 0) + event.bytes)
            else:
                self._tasks[event.target] = progress.add_task(event.target, total=event.bytes)
        elif self._progress is None or event.target not in self._tasks:
            return
        elif isinstance(event, Sent):
            self._progress.advance(self._tasks[event.target], event.bytes)
        elif isinstance(event, Waiting):
            self._progress.update(self._tasks[event.target], description=f"{event.target} ({event.why})")
        elif isinstance(event, FillEnded):
            self._progress.update(self._tasks[event.target], description=event.target)

    def _started(self) -> Progress:
        if self._progress is None:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
        return self._progress
