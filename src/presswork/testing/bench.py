"""One host with one target, as the tests of the contract use it: every call is made by a new process's host."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from presswork.abilities import (
    ABILITIES,
    Activates,
    Cancels,
    Checks,
    Deletes,
    Estimates,
    KeepsHistory,
    Lists,
    Reads,
    Unpublishes,
)
from presswork.errors import Gone
from presswork.host import Capabilities, Intent
from presswork.settings import Settings, Target, options_of
from presswork.testing.child import in_child, watch
from presswork.testing.kits import kit
from presswork.testing.sites import memory_source
from presswork.testing.steps import StepCounter, deploy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from msgspec import Struct

    from presswork.findings import Finding
    from presswork.host import Host, HostType, Release
    from presswork.plan import Estimate
    from presswork.testing.child import Child, Tell
    from presswork.testing.sites import Files, MemorySource

__all__ = ["Bench", "Seen"]


@dataclass(frozen=True, eq=False)
class Seen:
    """What is live, as far as the host shows it: whether anything is, the label, path to digest, path to bytes.

    A host hands a label back as it was, or not at all: where one side has none, labels are not compared.
    """

    live: bool
    label: str | None
    listing: Mapping[str, str] | None
    content: Mapping[str, bytes] | None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Seen):
            return NotImplemented
        same = (self.live, self.listing, self.content) == (other.live, other.listing, other.content)
        return same and (self.label == other.label or None in {self.label, other.label})

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Bench:
    """A kind of host, the raw options of a target, the project's folder, and credentials by name."""

    host_type: HostType
    options: Mapping[str, Any]
    folder: Path
    secrets: Mapping[str, str] = field(default_factory=dict)

    def settings(self) -> Struct:
        """Return the options as the core reads them: from a file, and from flags what no file may set."""
        flagged = tuple(self.host_type.unfiled & self.options.keys())
        target = Target(name="contract", host=self.host_type.name, options=dict(self.options), flagged=flagged)
        settings = Settings(door="the `options` fixture", folder=str(self.folder), targets={"contract": target})
        return options_of(target, self.host_type, settings)

    def host(self) -> Host:
        """Make the host as a new process does: options read anew, a kit that knows only what is on disk."""
        own = kit(self.folder, secrets=self.secrets, variables=self.host_type.secrets)
        host: Host = self.host_type.load()(self.settings(), own)
        return host

    @contextmanager
    def open(self) -> Iterator[Host]:
        """Make the host, and close it at the end."""
        host = self.host()
        try:
            yield host
        finally:
            host.close()

    @property
    def capabilities(self) -> Capabilities:
        """What the host is, with these options."""
        return self.host().capabilities

    def can(self, ability: str) -> bool:
        """Say whether the host has an ability, one of `presswork.host.ABILITIES`."""
        return isinstance(self.host(), ABILITIES[ability])

    def need(self, *abilities: str) -> None:
        """Skip the test where the host lacks an ability; `previews` and `atomic` are words of `Capabilities`."""
        for ability in abilities:
            if not (self.can(ability) if ability in ABILITIES else getattr(self.capabilities, ability)):
                pytest.skip(f"the host {self.host_type.name} lacks: {ability}")

    def intent(
        self,
        files: Files,
        label: str = "a label",
        *,
        live: bool = True,
        alias: str | None = None,
        replaces: Release | None = None,
        source: MemorySource | None = None,
    ) -> Intent:
        """Return what a deploy of these files is asked for with."""
        manifest, own = memory_source(files, self.capabilities.digest)
        return Intent(manifest=manifest, source=source or own, live=live, label=label, alias=alias, replaces=replaces)

    def allowed(self, files: Files) -> Files:
        """Return these files without those the host says it would refuse or leave out."""
        if not self.can("checks"):
            return files
        found = self.check(self.intent(files))
        refused = {finding.path for finding in found if finding.severity == "error" or finding.leave_out}
        return {path: content for path, content in files.items() if path not in refused}

    def deploy(self, intent: Intent, session: str | None = None, *, steps: StepCounter | None = None) -> Release:
        """Deploy against what is live now, with as many threads as the host allows."""
        with self.open() as host:
            intent = replace(intent, replaces=host.live())
            return deploy(host, intent, session, workers=host.capabilities.workers, steps=steps)

    def publish(self, files: Files, label: str = "a label") -> Release:
        """Deploy these files."""
        return self.deploy(self.intent(files, label))

    def preview(self, files: Files, label: str = "a preview", alias: str | None = None) -> Release:
        """Deploy these files as a preview."""
        return self.deploy(self.intent(files, label, live=False, alias=alias))

    def deploy_in_child(self, intent: Intent, steps: StepCounter) -> Child:
        """Deploy in a process of its own, telling each `session` and each `step`."""

        def work(tell: Tell) -> None:
            telling = _Telling(steps, tell)
            with self.open() as host:
                asked = replace(intent, replaces=host.live())
                watch(telling.step)
                deploy(host, asked, steps=telling, tell=lambda session: tell("session", session))

        return in_child(work)

    def live(self) -> Release | None:
        """Return what is live."""
        with self.open() as host:
            return host.live()

    def seen(self, paths: Iterable[str]) -> Seen:
        """Return what is live, reading these paths where the host can read."""
        with self.open() as host:
            release = host.live()
            listing = dict(host.files()) if isinstance(host, Lists) else None
            content = _contents(host, paths) if isinstance(host, Reads) else None
        return Seen(release is not None, release.label if release else None, listing, content)

    def shown(self, files: Files, label: str | None) -> Seen:
        """Return what is to be seen where these files are live under this label; of none, nothing is."""
        digest = self.capabilities.digest
        listing = memory_source(files, digest)[0].listing(digest.name)
        content = dict(files) if self.can("reads") else None
        return Seen(bool(files), label, listing if self.can("lists") else None, content)

    def read(self, path: str) -> bytes:
        """Return the bytes of one live file."""
        with self.open() as host:
            assert isinstance(host, Reads)
            return b"".join(host.read(path))

    def history(self) -> list[Release]:
        """Return the releases the host remembers."""
        with self.open() as host:
            assert isinstance(host, KeepsHistory)
            return list(host.history())

    def activate(self, release: str) -> Release:
        """Make a release of the history live."""
        with self.open() as host:
            assert isinstance(host, Activates)
            return host.activate(release)

    def unpublish(self) -> None:
        """Take the live site off."""
        with self.open() as host:
            assert isinstance(host, Unpublishes)
            host.unpublish()

    def delete(self, release: str) -> None:
        """Delete a release."""
        with self.open() as host:
            assert isinstance(host, Deletes)
            host.delete(release)

    def cancel(self, session: str) -> None:
        """Drop an upload."""
        with self.open() as host:
            assert isinstance(host, Cancels)
            host.cancel(session)

    def check(self, intent: Intent) -> list[Finding]:
        """Return what the host would refuse."""
        with self.open() as host:
            assert isinstance(host, Checks)
            return list(host.check(intent))

    def estimate(self, intent: Intent, *, all_missing: bool) -> Estimate:
        """Return what sending all of a site, or nothing, would cost."""
        with self.open() as host:
            assert isinstance(host, Estimates)
            return host.estimate(intent.manifest, intent.manifest.entries if all_missing else ())


class _Telling(StepCounter):
    """Tells of each step before it counts it, since it may be killed by that."""

    def __init__(self, steps: StepCounter, tell: Tell) -> None:
        super().__init__()
        self._inner = steps
        self._tell = tell

    def step(self, name: str) -> None:
        self._tell("step", name)
        self._inner.step(name)


def _contents(host: Reads, paths: Iterable[str]) -> dict[str, bytes]:
    found = {}
    for path in paths:
        try:
            found[path] = b"".join(host.read(path))
        except Gone:
            continue
    return found
