"""Deploys to the emulator of Canvas Drop by the whole story, inside the test's process, and what was asked for them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

import presswork_canvasdrop
from presswork import releases
from presswork.deploy import deploy
from presswork.project import Project
from presswork.rollback import rollback
from presswork.settings import read_settings
from presswork.site import Site
from presswork.testing import kit
from presswork_canvasdrop.emulator import NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from presswork.report import Report, TargetReport
    from presswork_canvasdrop.host import CanvasHost
    from support_canvasdrop import InThread, Running

HOME = {"index.html": b"<p>home"}
TYPE = next(iter(presswork_canvasdrop.presswork_hosts()))


class Publisher:
    """A project with one target at the emulator; every command is a new process's, as far as that can be told."""

    def __init__(self, folder: Path, canvas: Running, **table: Any) -> None:
        self.folder = folder / "project"
        self.folder.mkdir(parents=True)
        (self.folder / "pyproject.toml").touch()
        self.table = {"host": "canvasdrop", "url": canvas.facts["url"], "canvas": canvas.facts["canvas"], **table}
        self.environ = {"CANVAS_KEY": canvas.facts["key"], "PRESSWORK_ACTOR": "tester"}

    def project(self, **more: Any) -> Project:
        """Return the project with these settings laid over its own."""
        settings = read_settings({**self.table, **more}, door="the test", folder=self.folder, environ=self.environ)
        return Project(settings, environ=self.environ)

    def write(self, files: Mapping[str, bytes]) -> Site:
        """Make the output folder hold these files and no others."""
        root = self.folder / "site"
        root.mkdir(exist_ok=True)
        for file in sorted(root.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return Site(root=str(root), generator="test 1")

    def report(self, files: Mapping[str, bytes], *, settings: Mapping[str, Any] | None = None, **more: Any) -> Report:
        """Deploy these files, whatever comes of it; what is no setting is for `deploy`."""
        return deploy(self.write(files), self.project(**(settings or {})), **more)

    def deploy(self, files: Mapping[str, bytes], outcome: str = "deployed", **more: Any) -> TargetReport:
        """Deploy these files; that must have this outcome."""
        return only(self.report(files, **more), outcome)

    def rollback(self, name: str | None = None, outcome: str = "rolled-back") -> TargetReport:
        project = self.project()
        return only(rollback(project, project.settings.target(), name), outcome)

    def history(self) -> list[Any]:
        return list(only(releases.history(self.project()), "listed").releases or ())

    def unpublish(self) -> TargetReport:
        project = self.project()
        return only(releases.unpublish(project, project.settings.target()), "unpublished")

    def verify(self, outcome: str = "verified", **more: Any) -> TargetReport:
        return only(releases.verify(self.project(), **more), outcome)


def only(report: Report, outcome: str) -> TargetReport:
    """Return what a report says of its one target."""
    assert report.error is None, report.error
    (target,) = report.targets
    assert target.outcome == outcome, target.error or target
    return target


def pages(number: int, seed: str = "") -> dict[str, bytes]:
    """Return a home page and so many pages in all, each of content of its own."""
    return {"index.html": f"home {seed}".encode()} | {
        f"p/{n}.html": f"page {n} {seed}".encode() for n in range(1, number)
    }


def asked(canvas: InThread, pattern: str = "") -> list[str]:
    """Return what was asked of the emulator, as `METHOD path` below the canvas, handles and hashes taken away."""
    lines = (f"{request.method} {request.path}" for request in canvas.emulator.requests)
    short = (re.sub("/v1/canvases/[^/?]+", "", line) for line in lines)
    named = (re.sub("[0-9a-f]{64}", "HASH", re.sub("up_[^/]+", "UP", line)) for line in short)
    return [line for line in named if re.search(pattern, line)]


def changing(canvas: InThread) -> list[str]:
    """Return every request that was not a mere look."""
    return asked(canvas, "^(?!GET)")


def codes(target: TargetReport) -> dict[str, str]:
    """Return the findings of a target, code to severity."""
    return {finding.code: finding.severity for finding in target.findings}


def switch_on(canvas: InThread, name: str) -> None:
    """Let a fault of the emulator's own strike."""
    canvas.emulator.faults.append(msgspec.structs.replace(NAMED[name]))


@contextmanager
def opened(folder: Path, canvas: Running, **more: Any) -> Iterator[CanvasHost]:
    """Make the host itself, to ask what no deploy would ask."""
    facts = {**canvas.facts, **more}
    options = TYPE.options(url=facts["url"], canvas=facts["canvas"])
    folder.mkdir(exist_ok=True)
    host: CanvasHost = TYPE.load()(options, kit(folder, secrets={"key": facts["key"]}))
    try:
        yield host
    finally:
        host.close()
