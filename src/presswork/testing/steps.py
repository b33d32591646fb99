"""A deploy in steps that can be counted, and broken off at any of them."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from presswork.errors import Stale
from presswork.source import Metered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from presswork.host import Host, Intent, Part, Release, Upload

__all__ = ["FailAt", "StepCounter", "deploy", "fill"]

_MOST_STALES: Final = 3


class StepCounter:
    """Writes down the steps of a deploy, in their order, in `steps`."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, name: str) -> None:
        """Say that a step is about to be made."""
        self.steps.append(name)


class FailAt(StepCounter):
    """Fails before step `n`, counted from 1: with SIGKILL to this very process, or by what `fail` does."""

    def __init__(self, n: int, fail: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.n = n
        self._fail = fail or _kill_self

    def step(self, name: str) -> None:
        """Count the step; fail where it is the one."""
        super().step(name)
        if len(self.steps) == self.n:
            self._fail()


def deploy(
    host: Host,
    intent: Intent,
    session: str | None = None,
    *,
    workers: int = 1,
    steps: StepCounter | None = None,
    tell: Callable[[str], None] | None = None,
) -> Release:
    """Bring a deploy about as the core does: begin, fill, finish; `tell` is given each session, for the journal.

    The steps are `begin`, `wanted`, `put KEY`, `read` (each piece of a body), `finish` and `after finish`.
    """
    steps = steps or StepCounter()
    steps.step("begin")
    upload = host.begin(replace(intent, source=Metered(intent.source, lambda _size: steps.step("read"))), session)
    _tell(tell, upload)
    stales = 0
    while True:
        try:
            fill(upload, workers=workers, steps=steps, tell=tell)
            steps.step("finish")
            release = upload.finish()
        except Stale:
            stales += 1
            if stales > _MOST_STALES:
                raise
        else:
            steps.step("after finish")
            return release


def fill(
    upload: Upload,
    *,
    workers: int = 1,
    steps: StepCounter | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[list[Part]]:
    """Send wave after wave, until nothing is wanted; return the waves.

    AssertionError where the same wave is asked for twice, or one that no host may ask for; what `put` raises first.
    """
    steps = steps or StepCounter()
    waves: list[list[Part]] = []
    steps.step("wanted")
    while parts := list(upload.wanted()):
        _tell(tell, upload)
        keys = [part.key for part in parts]
        assert len(keys) == len(set(keys)), f"a key comes twice in one wave: {keys}"
        assert not waves or set(parts) != set(waves[-1]), f"the same wave is wanted again after it was sent: {keys}"
        waves.append(parts)
        _send(upload, parts, workers, steps)
        steps.step("wanted")
    _tell(tell, upload)
    return waves


def _send(upload: Upload, parts: Sequence[Part], workers: int, steps: StepCounter) -> None:
    if workers == 1:  # in a forked child no thread is started
        for part in parts:
            steps.step(f"put {part.key}")
            upload.put(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(upload.put, part) for part in parts]:
            done.result()


def _tell(tell: Callable[[str], None] | None, upload: Upload) -> None:
    if tell is not None:
        tell(upload.session)


def _kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
