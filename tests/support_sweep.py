"""The sweep: each request of a deploy meets each fault, and what is live stays wholly the old or wholly the new site.

A host joins with a `Service`, its emulator as the sweep needs it, and a few `Kind`s of deploys. Before each case the
service and the project are put back to what they were before that deploy.
"""

from __future__ import annotations

import faulthandler
import re
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from presswork import errors
from presswork.deploy import deploy
from presswork.journal import Journal
from presswork.project import Project
from presswork.settings import read_settings
from presswork.site import Site
from presswork.state import State
from presswork.testing.faults import FaultProxy
from presswork.testing.servers import served
from support_sweep_table import tell_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from presswork.report import Report
    from presswork.testing.servers import App
    from support_sweep_kinds import Case, Files, Kind, Mode, Service
    from support_sweep_table import Ending, Tell

BOUND: Final = 30.0
"""Seconds after which one deploy counts as hanging: many times what its `timeout` and `patience` allow."""
TERMS: Final[Mapping[Mode, Mapping[str, str]]] = {
    "once": {"timeout": "0.5", "patience": "3"},
    "for good": {"timeout": "0.2", "patience": "0.1"},
}
CODES: Final = {
    kind.code: kind.exit_code
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.PressworkError)
}
_ENDS: Final = {"deployed": 0, "previewed": 0, "unchanged": 0, "failed": 1, "superseded": 1, "refused": 3}


class Stage:
    """An ASGI application that is now this one, now that one."""

    app: App

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Rig:
    """One kind of deploy, made ready to be done again and again from the same beginning."""

    def __init__(self, folder: Path, kind: Kind, proxy: FaultProxy, open_service: Callable[[Path], Service]) -> None:
        self.kind = kind
        self.proxy = proxy
        self.service: Service
        self.folder = folder
        self._open_service = open_service
        for name, files in (("before", kind.before or {}), ("after", kind.after), ("work/project", kind.project)):
            write(folder / name, files)
        (folder / "work" / "project" / "presswork.toml").touch()
        self._open()
        if kind.before is not None:
            report = self.deploy("before", plain=True)
            assert report.exit_code == 0, report
            self.service.pass_time()
        shutil.move(folder / "work", folder / "kept")

    @property
    def project(self) -> Path:
        return self.folder / "work" / "project"

    def again(self) -> None:
        """Go back to the beginning."""
        self._calm()
        shutil.rmtree(self.folder / "work", ignore_errors=True)
        # Links stay links: they tell a local store what it still needs.
        subprocess.run(["cp", "-a", self.folder / "kept", self.folder / "work"], check=True)
        self._open()

    @property
    def environ(self) -> dict[str, str]:
        return {"PRESSWORK_COMMIT": "0" * 40, **self.service.environ}

    def options(self, *, plain: bool = False) -> dict[str, str]:
        """Return the options of a deploy through the proxy; `plain`: without those of its kind."""
        return {**self.service.options(self.proxy.address), **({} if plain else self.kind.options)}

    def deploy(self, name: str = "after", *, plain: bool = False, terms: Mapping[str, str] | None = None) -> Report:
        """Deploy one of the two sites through the proxy, in this process; it must neither raise nor hang."""
        table = {"host": self.service.host, "workers": "3", **self.options(plain=plain), **(terms or {})}
        settings = read_settings(table, door="the sweep", folder=self.project, flags=True)
        project = Project(settings, environ=self.environ)
        faulthandler.dump_traceback_later(4 * BOUND, exit=True)
        began = time.monotonic()
        try:
            report = deploy(Site(root=str(self.folder / name)), project, preview=self.kind.preview and not plain)
        finally:
            faulthandler.cancel_dump_traceback_later()
        assert time.monotonic() - began < BOUND, f"it took {time.monotonic() - began:.0f} s"
        for thread in threading.enumerate():
            if re.fullmatch(r"presswork-\d+", thread.name):
                thread.join(BOUND)
                assert not thread.is_alive(), f"{thread.name} was left behind"
        return report

    def requests(self) -> int:
        """Return how many requests the deploy makes when nothing goes wrong; it must succeed."""
        self.again()
        before = self.proxy.count
        report = self.deploy()
        assert report.exit_code == 0, report
        self.service.pass_time()
        assert self.service.live() == self.kind.goal
        return self.proxy.count - before

    def run(self, case: Case) -> Ending:
        """Let one case happen, and check all that is promised; return how the deploy ended."""
        self.again()
        with self.watched(case.fault, case.number, None if case.mode == "for good" else 1):
            report = self.deploy(terms={**TERMS[case.mode], **self.kind.terms})
        self.check_told(report, self.service.live())
        self.check_repeat(lambda: self.deploy().exit_code)
        return "well" if report.exit_code == 0 else "failed"

    @contextmanager
    def watched(
        self, fault: str = "", number: int = 1, times: int | None = 1, hook: Callable[[], object] = lambda: None
    ) -> Iterator[None]:
        """Let a fault, if one is named, strike from the `number`th request of the block on; it must, and call `hook`.

        What is live at each request, at the end and when time has passed must be whole, and never the old site again.
        """
        seen: list[Files | None] = []
        looking = threading.Lock()

        def watch(_number: int) -> None:
            with looking:
                live = self.service.live()
                if not seen or seen[-1] != live:
                    seen.append(live)

        def strike(number: int) -> None:
            watch(number)
            hook()

        began = self.proxy.count
        if fault:
            self.proxy.arm(fault, at=began + number, times=times, hook=strike)
        self.proxy.arm(times=None, hook=watch)
        yield
        struck = [exchange for exchange in self.proxy.log[began:] if exchange.outcome == fault]
        assert struck or not fault, f"the fault did not strike: {self.proxy.log[began:]}"
        watch(0)
        self.service.pass_time()
        watch(0)
        allowed = [self.kind.before] if self.kind.preview else [self.kind.before, self.kind.after]
        for live in seen:
            assert live in allowed, f"what is live is neither site: {sorted(live or ())}"
        assert len(seen) <= 2, "the old site came back"

    def check_told(self, report: Report, live: Files | None) -> None:
        """The report says what happened, in documented words, and nothing that must not be said."""
        (target,) = report.targets
        assert report.exit_code == _ENDS[target.outcome]
        kept = [file.read_bytes() for file in (self.project / ".presswork").rglob("*") if file.is_file()]
        for secret in self.service.environ.values():
            assert not [text for text in (report.to_json(), *kept) if secret.encode() in text]
        if report.exit_code == 0:
            assert target.error is None
            assert live == self.kind.goal, f"{target.outcome}, and it is not live"
            return
        says_live = target.release is not None and target.release.live
        assert not says_live or live == self.kind.after
        error = target.error
        assert error is not None
        assert report.exit_code == CODES[error.code]
        assert error.message
        assert error.hint
        if live != self.kind.before:
            doubted = "may-go-live" in {finding.code for finding in target.findings}
            assert doubted or says_live, f"not said that it is live: {error.message}"

    def check_repeat(self, deploy: Callable[[], int]) -> None:
        """Deploy again, now without faults: it succeeds, is proved, and sends nothing that the service has."""
        self._calm()
        stored, sent = self.service.stored(), len(self.service.sent())
        assert deploy() == 0, "the repeat failed"
        again = [name for name in self.service.sent()[sent:] if name in stored]
        assert not again, f"sent although the service has it: {again}"
        self.service.pass_time()
        assert self.service.live() == self.kind.goal, "the repeat went through, and the new site is not live"
        places = [file.stem for file in (self.project / ".presswork" / "journal").glob("*.jsonl")]
        ends = []
        for place in places:
            journal = Journal(State(self.project), place)
            assert journal.unfinished() is None, journal.lines
            ends += [line.step for line in journal.lines[-1:]]
        # A host may have made a site that it cannot go on with: the repeat has left that for another.
        assert sorted(ends) in ([], [*["abandoned"] * (len(ends) - 1), "verified"]), ends

    def _calm(self) -> None:
        self.proxy.disarm()
        self.proxy.let_go()

    def _open(self) -> None:
        self.service = self._open_service(self.folder / "work" / "service")


@contextmanager
def rigged(
    folder: Path, kind: Kind, make: Callable[[Path, str, Kind], Service], *, retry_after: int = 0
) -> Iterator[Rig]:
    """Make a kind of deploy ready, with a fault proxy before its service.

    `make` opens the service over a folder; it is given the address at which it is reached without the proxy.
    """
    stage = Stage()
    with served(stage) as address, FaultProxy(address, retry_after=retry_after) as proxy:

        def open_service(place: Path) -> Service:
            service = make(place, address, kind)
            stage.app = service.app
            return service

        yield Rig(folder, kind, proxy, open_service)
        proxy.disarm()


def run_all(rig: Rig, every: Sequence[Case], run: Callable[[Case], Ending], tell: Tell, table: str) -> None:
    """Run the cases and put down how each ended; all those that broke a promise are raised together."""
    broken = []
    for case in every:
        try:
            ending = run(case)
        except Exception as error:  # noqa: BLE001 -- all of them are to be known
            ending = "broken"
            error.add_note(f"{rig.kind.name}: {case}")
            broken.append(error)
        tell_case(tell, table, case.fault, rig.kind.name, ending)
    if broken:
        raise ExceptionGroup(f"{len(broken)} of {len(every)} cases broke a promise", broken)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
