"""The engine: sends a wave of parts with a bounded number of workers, and keeps asking until nothing is wanted."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from operator import attrgetter
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from presswork.errors import Cancelled, HostError, PressworkError, Stale
from presswork.events import FillEnded, FillStarted, PartSent, Sent, Waiting, WaveStarted
from presswork.interrupts import held
from presswork.report import Uploaded
from presswork.source import Metered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from presswork.events import Emit, Event
    from presswork.host import Part, Upload
    from presswork.source import Source

__all__ = ["MOST_STALES", "Engine"]

MOST_STALES: Final = 3
"""How often a session may have to be opened again before the deploy gives up."""
_BEAT: Final = 0.1
"""Seconds between two looks at what the workers have queued: to wake up for every event would take turns from them."""
_PATIENCE: Final = 2.0
"""Seconds that workers get to end what they are at when the deploy is cancelled; a stuck one is left behind."""


class Engine:
    """Fills one upload. Its workers only queue events; the thread that calls `fill` emits them."""

    def __init__(self, target: str, emit: Emit) -> None:
        self._target = target
        self._emit = emit
        self._queue: deque[Event] = deque()
        self._stop = threading.Event()
        self.sent: dict[str, tuple[int, int]] = {}
        self._wave = _Shared(())

    @property
    def handed_out(self) -> bool:
        """Whether nothing of the last wave was left to be sent, so that the host may have all it wanted."""
        return self._wave.left == 0

    def source(self, inner: Source) -> Source:
        """Return a source that is metered for progress and stops reading when the deploy is cancelled."""
        return Metered(inner, self._read)

    def wait(self, seconds: float, why: str) -> None:
        """Wait for a host, visibly; `Cancelled` where the deploy is stopped meanwhile. Any thread may call this."""
        self._queue.append(Waiting(self._target, seconds, why))
        if threading.current_thread() is threading.main_thread():
            self._emit_queued()
        if self._stop.wait(seconds):
            raise Cancelled

    def fill(self, upload: Upload, workers: int, record: Callable[[str], None]) -> Uploaded:
        """Send what the host wants with so many threads, wave after wave, until it wants nothing.

        `record` is called with the session whenever it has changed. The first error of a worker stops the others
        and is raised.
        """
        self._emit(FillStarted(self._target))
        stales = 0
        last: frozenset[str] | None = None
        session = None
        while True:
            try:
                parts = upload.wanted()
            finally:  # what was opened before something went wrong is to be gone on with, or dropped
                if upload.session not in {session, ""}:
                    session = upload.session
                    record(session)
            if not parts:
                break
            keys = frozenset(part.key for part in parts)
            if keys == last:
                raise HostError(
                    "The host asks again for what it has taken.",
                    hint="Run the same command again; if it stays so, the host or its plugin is at fault.",
                    path=parts[0].entries[0].path if parts[0].entries else None,
                    retryable=True,
                )
            self._emit(WaveStarted(self._target, len(parts), sum(part.size for part in parts)))
            last = keys
            if stale := self._send(upload, parts, workers):
                last = None
                stales += 1
                if stales > MOST_STALES:
                    raise stale
        self._emit(FillEnded(self._target))
        files, size = (sum(column) for column in zip(*self.sent.values(), strict=True)) if self.sent else (0, 0)
        return Uploaded(files, size)

    def _send(self, upload: Upload, parts: Sequence[Part], width: int) -> Stale | None:
        """Send one wave, the largest part first; return the `Stale` that cut it short, if one did.

        Begun last, a large part would go on alone when all the others are sent (`benchmarks/order.py`).
        """
        self._wave = waiting = _Shared(sorted(parts, key=attrgetter("size"), reverse=True))
        troubles: list[BaseException] = []
        ended: SimpleQueue[None] = SimpleQueue()
        workers = [
            threading.Thread(
                target=self._work, args=(upload, waiting, troubles, ended), name=f"presswork-{n}", daemon=True
            )
            for n in range(min(width, len(parts)))
        ]
        working = len(workers)
        try:
            with held() as asked_to_end:
                for worker in workers:
                    worker.start()
                while working and not asked_to_end():
                    with suppress(Empty):
                        ended.get(timeout=_BEAT)
                        working -= 1
                    self._emit_queued()
        except KeyboardInterrupt:
            self._stop.set()
            deadline = time.monotonic() + _PATIENCE
            for worker in workers:
                if worker.ident is not None:  # it was started
                    worker.join(max(0.0, deadline - time.monotonic()))
            raise
        fatal = next((trouble for trouble in troubles if not isinstance(trouble, Stale)), None)
        if fatal is not None:
            raise fatal
        return next((trouble for trouble in troubles if isinstance(trouble, Stale)), None)

    def _work(self, upload: Upload, waiting: _Shared, troubles: list[BaseException], ended: SimpleQueue[None]) -> None:
        try:
            for part in waiting:
                if self._stop.is_set():
                    return
                upload.put(part)
                self.sent[part.key] = (len(part.entries), part.size)
                self._queue.append(PartSent(self._target, part.key, len(part.entries), part.size))
        except BaseException as error:  # noqa: BLE001 -- raised again by the thread that waits
            if isinstance(error, PressworkError) and error.path is None and part.entries:
                error.path = part.entries[0].path
            troubles.append(error)
            waiting.end()
        finally:
            ended.put(None)

    def _read(self, size: int) -> None:
        if self._stop.is_set():
            raise Cancelled
        self._queue.append(Sent(self._target, size))

    def _emit_queued(self) -> None:
        while self._queue:
            self._emit(self._queue.popleft())


class _Shared:
    """One iterator for several threads, which can be ended early."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = iter(parts)
        self._lock = threading.Lock()
        self.left = len(parts)

    def __iter__(self) -> Iterator[Part]:
        while True:
            with self._lock:
                part = next(self._parts, None)
                if part is None:
                    return
                self.left -= 1
            yield part

    def end(self) -> None:
        """Hand out nothing more."""
        with self._lock:
            self._parts = iter(())
