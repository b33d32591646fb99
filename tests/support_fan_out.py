"""One deploy to three targets, each an emulator behind a fault proxy of its own, made ready to be done again and again.

It is done as a user does it, by the command line in a process of its own, and what its report says to do is done too.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from presswork.journal import Journal
from presswork.state import State
from support_canvasdrop_sweep import CanvasDrop
from support_netlify_sweep import Netlify
from support_report import read_document
from support_simplehost_sweep import NEXT, SMALL, SimpleHost
from support_sweep import BOUND, CODES, TERMS, rigged, write
from support_sweep_kill import KILLS
from support_sweep_kinds import Case, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from support_sweep import Rig
    from support_sweep_kill import Ended, Forks
    from support_sweep_kinds import Service
    from support_sweep_table import Ending

SERVICES: Final[Mapping[str, Callable[[Path, str, Kind], Service]]] = {
    "simplehost": SimpleHost,
    "netlify": Netlify,
    "canvasdrop": CanvasDrop,
}
"""The one that cannot be switched back is named first: that it is switched last is not by its place."""


class Told(NamedTuple):
    """What a deploy reported: its exit code, and its targets by their names."""

    code: int
    targets: Mapping[str, Mapping[str, Any]]

    def says_live(self, name: str) -> bool:
        release = self.targets[name]["release"]
        return release is not None and release["live"]

    def finding(self, name: str, code: str) -> dict[str, str] | None:
        return next((found for found in self.targets[name]["findings"] if found["code"] == code), None)


class FanOut:
    """Three rigs, and a project whose configuration names their services as its targets.

    `stands` is how the last one that was run left its targets.
    """

    stands: Literal["all old", "all new", "apart"]

    def __init__(self, folder: Path, rigs: Mapping[str, Rig], forks: Forks) -> None:
        self.rigs = rigs
        self._folder = folder
        self._forks = forks
        self._project = folder / "project"
        for name, files in (("before", SMALL), ("after", NEXT)):
            write(self._project / name, files)
        for rig in rigs.values():
            rig.again()
        first = self.deploy("before")
        assert first.code == 0, first
        for rig in rigs.values():
            rig.service.pass_time()
            shutil.rmtree(rig.folder / "kept")
            shutil.move(rig.folder / "work", rig.folder / "kept")
            rig.kind = replace(rig.kind, before=SMALL)
        shutil.move(self._project, folder / "kept")

    def again(self) -> None:
        """Go back to the beginning."""
        shutil.rmtree(self._project, ignore_errors=True)
        shutil.copytree(self._folder / "kept", self._project)
        for rig in self.rigs.values():
            rig.again()

    def deploy(self, name: str = "after", terms: Mapping[str, str] | None = None) -> Told:
        """Deploy a site to all targets."""
        return self._told(self.command(["presswork", "deploy", name, "--all"], terms))

    def command(self, words: Sequence[str], terms: Mapping[str, str] | None = None) -> Ended:
        """Run a command in the project; one that does not end is killed."""
        lines: list[str] = []
        for name, rig in self.rigs.items():
            own = {key: value for key, value in rig.options().items() if key != "api_url"}
            values = {"host": name, "workers": 2} | own | {key: float(value) for key, value in (terms or {}).items()}
            lines += [f"[targets.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        write(self._project, {"presswork.toml": "\n".join(lines).encode()})
        environ = {f"PRESSWORK_{name.upper()}_API_URL": rig.options()["api_url"] for name, rig in self._addressed()}
        for rig in self.rigs.values():
            environ |= rig.environ
        arguments = [*words[1:], "--json"]
        return self._forks.command(
            self._project, arguments, environ, self._project, self._folder / "trace", moment=4 * BOUND
        )

    def requests(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many requests each target gets when nothing goes wrong, and how many before the first switch."""
        self.again()
        began = self._counts()
        before: list[dict[str, int]] = []
        self.rigs["netlify"].proxy.arm(
            when=lambda _method, path: path.endswith("/restore"), hook=lambda _number: before.append(self._counts())
        )
        told = self.deploy()
        assert told.code == 0, told
        assert all(rig.service.live() == NEXT for rig in self.rigs.values())
        ended = self._counts()
        (at_switch,) = before
        at_switch["netlify"] -= 1  # the switch itself
        return {name: ended[name] - began[name] for name in ended}, {
            name: at_switch[name] - began[name] for name in ended
        }

    def run(self, name: str, before: int, case: Case) -> Ending:
        """Let a fault strike at one target, and check all that is promised.

        Of the requests to that target so many come `before` the first switch of any.
        """
        told = self.strike(name, case)
        self.check_told(told)
        new = len(self.new())
        self.stands = "all old" if new == 0 else "all new" if new == len(self.rigs) else "apart"
        if told.code and case.number <= before:
            assert self.stands == "all old", "one was switched though another had failed"
        self.check_repeat(told)
        return "failed" if told.code else "well"

    def strike(self, name: str, case: Case) -> Told:
        """Deploy while a fault strikes at one target; what is live stays whole."""
        self.again()
        with ExitStack() as stack:
            for other, rig in self.rigs.items():
                fault = (case.fault, case.number, None if case.mode == "for good" else 1) if other == name else ()
                stack.enter_context(rig.watched(*fault))
            return self.deploy(terms=TERMS[case.mode])

    def kill(self, name: str, case: Case) -> Ending:
        """Kill the deploy at a request to one target; the next one brings all together."""
        self.again()
        while not self._forks.started.empty():
            self._forks.started.get()

        def strike() -> None:
            os.kill(self._forks.started.get(), signal.SIGKILL)

        with ExitStack() as stack:
            for other, rig in self.rigs.items():
                fault = (KILLS[case.fault], case.number, 1, strike) if other == name else ()
                stack.enter_context(rig.watched(*fault))
            ended = self.command(["presswork", "deploy", "after", "--all"])
            assert ended.code == -signal.SIGKILL, f"it was not killed: {ended}"
        self._check_together(["presswork", "deploy", "after", "--all"])
        return "well"

    def new(self) -> set[str]:
        """Return the targets at which the new site is live."""
        return {name for name, rig in self.rigs.items() if rig.service.live() == NEXT}

    def check_told(self, told: Told) -> None:
        """All are new, or all old, or the report says which are what, and how they come together."""
        new = self.new()
        assert (told.code == 0) == all(target["error"] is None for target in told.targets.values())
        assert told.code or len(new) == len(self.rigs), f"well, and live at {new} only"
        says, doubted, codes = set(), set(), set()
        for name, target in told.targets.items():
            if told.says_live(name):
                says.add(name)
                assert name in new, f"{name} is said to be live, and is not"
            elif told.finding(name, "may-go-live"):
                doubted.add(name)
            else:
                assert name not in new, f"{name} is live, and is not said to be"
            assert not told.finding(name, "live-all-the-same") or name in says
            if error := target["error"]:
                codes.add(CODES[error["code"]])
                assert error["message"]
                assert error["hint"]
        assert told.code == min(codes, default=0), "that of the worst"
        left = [name for name in told.targets if name not in says]
        for name in told.targets:
            apart = told.finding(name, "targets-apart")
            assert bool(apart) == bool(left and name in says | doubted), f"{name}, where {left} are left: {apart}"
            if apart:
                assert all(other in apart["message"] for other in told.targets)
                assert _named(apart) == left

    def check_repeat(self, told: Told) -> None:
        """Do as the report says, now without faults: all targets have the new site, and nothing is sent twice."""
        found = [told.finding(name, "targets-apart") for name in told.targets]
        forwards = {_forwards(apart) for apart in found if apart} or {"presswork deploy after --all"}
        assert len(forwards) == 1, forwards
        self._check_together(shlex.split(forwards.pop()))

    def _check_together(self, words: Sequence[str]) -> None:
        def check(rigs: Sequence[Rig]) -> int:
            if not rigs:
                ended = self.command(words)
                assert ended.code == 0, ended
                return ended.code
            rigs[0].check_repeat(lambda: check(rigs[1:]))
            return 0

        check([*self.rigs.values()])
        journals = sorted((self._project / ".presswork" / "journal").glob("*.jsonl"))
        assert len(journals) == len(self.rigs)
        for file in journals:
            journal = Journal(State(self._project), file.stem)
            assert journal.unfinished() is None, journal.lines

    def _told(self, ended: Ended) -> Told:
        assert ended.code in {0, 1, 3}, ended
        (document,) = [line for line in ended.output.splitlines() if line.startswith("{")]
        read_document(document)
        for rig in self.rigs.values():
            assert not [secret for secret in rig.service.environ.values() if secret in ended.output]
        return Told(ended.code, {target["target"]: target for target in json.loads(document)["targets"]})

    def _counts(self) -> dict[str, int]:
        return {name: rig.proxy.count for name, rig in self.rigs.items()}

    def _addressed(self) -> Iterator[tuple[str, Rig]]:
        return ((name, rig) for name, rig in self.rigs.items() if "api_url" in rig.options())


@contextmanager
def fanned_out(
    folder: Path,
    forks: Forks,
    *,
    retry_after: int = 0,
    services: Mapping[str, Callable[[Path, str, Kind], Service]] = SERVICES,
) -> Iterator[FanOut]:
    """Make a deploy to all three ready."""
    with ExitStack() as stack:
        rigs = {
            name: stack.enter_context(rigged(folder / name, Kind(name, None, NEXT), service, retry_after=retry_after))
            for name, service in services.items()
        }
        yield FanOut(folder, rigs, forks)


def _forwards(apart: Mapping[str, str]) -> str:
    """Return the command that is said to bring the targets together."""
    return apart["hint"].split("`")[1]


def _named(apart: Mapping[str, str]) -> list[str]:
    words = shlex.split(_forwards(apart))
    return [name for option, name in pairwise(words) if option == "--to"]
