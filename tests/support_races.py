"""Two processes that deploy different sites to one target at once, held where they would miss each other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from presswork.testing.faults import FaultProxy
from support_sweep import rigged, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support_sweep import Rig
    from support_sweep_hosts import Host
    from support_sweep_kill import Ended, Forks
    from support_sweep_kinds import Files, Kind

_LONGEST: Final = 60.0
"""Seconds after which one that is held goes on all the same."""


@dataclass(frozen=True)
class Racer:
    """One of the two: the name of its site, what it is to be, and from another machine its way to the service."""

    name: str
    site: Files
    forks: Forks
    proxy: FaultProxy


@dataclass(frozen=True)
class Finish:
    """How a race ended for the one that is live, and for the other."""

    winner: Ended
    loser: Ended
    lost: Racer


class Track:
    """A rig, and two racers who deploy their sites where `before` is live."""

    def __init__(self, rig: Rig, racers: tuple[Racer, Racer]) -> None:
        self.rig = rig
        self.racers = racers
        for racer in racers:
            write(rig.folder / racer.name, racer.site)

    def project(self, racer: Racer) -> Path:
        """Return the project of a racer on a machine of its own."""
        return self.rig.project.with_name(f"project of {racer.name}")

    def apart(self) -> Finish:
        """Let each deploy from a machine of its own, where nothing was deployed before.

        Each waits with its first request for that of the other, and after its switch for the other's switch.
        """
        self.rig.again()
        projects = {racer.name: self.project(racer) for racer in self.racers}
        for project in projects.values():
            write(project, {**self.rig.kind.project, "presswork.toml": b""})
        waits = [threading.Barrier(2), threading.Barrier(2)]
        left = {racer.name: waits.copy() for racer in self.racers}

        def ask(racer: Racer) -> None:
            ahead = left[racer.name]
            if len(ahead) == 2 or (ahead and _switched(projects[racer.name])):
                with suppress(threading.BrokenBarrierError):
                    ahead.pop(0).wait(_LONGEST)

        def run(racer: Racer) -> Ended:
            with self._watched(racer.proxy, lambda: ask(racer)):
                ended = racer.forks.run(self.rig, projects[racer.name], racer.name, racer.proxy.address)
            for wait in waits:
                wait.abort()
            return ended

        return self._race(run)

    def together(self) -> Finish:
        """Let both deploy from one project; the first that makes a request waits until the other has ended."""
        self.rig.again()
        one_has_ended = threading.Event()
        asking = threading.Lock()

        def ask() -> None:
            if asking.acquire(blocking=False):
                one_has_ended.wait(_LONGEST)

        def run(racer: Racer) -> Ended:
            ended = racer.forks.deploy(self.rig, racer.name)
            one_has_ended.set()
            return ended

        with self._watched(self.rig.proxy, ask):
            return self._race(run)

    def _race(self, run: Callable[[Racer], Ended]) -> Finish:
        with ThreadPoolExecutor(2) as pool:
            ended = [*pool.map(run, self.racers)]
        self.rig.service.pass_time()
        live = self.rig.service.live()
        for one, other in ((0, 1), (1, 0)):
            if self.racers[one].site == live:
                return Finish(ended[one], ended[other], self.racers[other])
        raise AssertionError(f"what is live is neither site: {live}, after {ended}")

    @contextmanager
    def _watched(self, proxy: FaultProxy, ask: Callable[[], None]) -> Iterator[None]:
        """Look at every request what is live, then `ask` whether it may go on."""
        seen: list[Files | None] = []

        def at_request(_number: int) -> None:
            seen.append(self.rig.service.live())
            ask()

        proxy.arm(times=None, hook=at_request)
        yield
        proxy.disarm()
        whole = [self.rig.kind.before, *(racer.site for racer in self.racers)]
        assert all(files in whole for files in seen), f"mixed: {seen}"


@contextmanager
def track(folder: Path, host: Host, kind: Kind, forks: tuple[Forks, Forks]) -> Iterator[Track]:
    """Make a kind of deploy ready for two."""
    other = {**kind.after, "index.html": b"<p>the other's", "other.txt": b"the other's own"}
    with (
        rigged(folder, kind, host.service) as rig,
        FaultProxy(rig.proxy.address) as one,
        FaultProxy(rig.proxy.address) as two,
    ):
        yield Track(rig, (Racer("after", kind.after, forks[0], one), Racer("other", other, forks[1], two)))


def _switched(project: Path) -> bool:
    return any(b'"finished"' in file.read_bytes() for file in project.glob(".presswork/journal/*.jsonl"))
