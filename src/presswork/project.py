"""A configuration with the plugins, the state folder and the environment it works in."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from presswork.disk import disk_trouble
from presswork.errors import ConfigError, CredentialMissing
from presswork.host import Kit
from presswork.mask import Mask
from presswork.plugins import Plugins
from presswork.settings import Settings, Target, options_of
from presswork.state import Shelf, State, place_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from presswork.archive import Archive
    from presswork.findings import Finding
    from presswork.host import Host, HostType
    from presswork.journal import Journal
    from presswork.lock import Lock
    from presswork.report import Report
    from presswork.source import Source
    from presswork.transport import Client
    from presswork.visit import Visit

__all__ = ["Project", "load"]


@dataclass
class Project:
    """Everything one command works with. `plugins` and `state` are made of the settings where they are not given."""

    settings: Settings
    plugins: Plugins = field(default_factory=Plugins)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def __post_init__(self) -> None:
        self.state = State(Path(self.settings.folder))
        kept = self.settings.records
        self.records = Shelf(Path(self.settings.folder, kept)) if kept else self.state
        self.mask = Mask(self.environ)  # before a plugin can put one into an exception
        self.plugins.mask = self.mask
        self.trace: TextIO | None = None
        self.confide: Callable[[str], None] = lambda _text: None
        self.where: Sequence[str] = ()  # the options of a command that say so, where it was not found by itself

    # What follows is made when it is asked for: a build that does not deploy does without.

    @cached_property
    def archive(self) -> Archive:
        """What was deployed from here."""
        from presswork.archive import Archive

        return Archive(self.records)

    @cached_property
    def by(self) -> str:
        """Who deploys."""
        from presswork.origin import who

        return who(self.environ)

    @cached_property
    def run(self) -> str | None:
        """The address of the CI run under way."""
        from presswork.origin import run_address

        return run_address(self.environ)

    def targets(self, names: Sequence[str] = ()) -> list[Target]:
        """Return the targets of these names, or the default one; each name once."""
        return [self.settings.target(name) for name in dict.fromkeys(names)] or [self.settings.target()]

    def host_type(self, target: Target) -> HostType:
        """Return the kind of host a target means; `ConfigError` where it is not installed."""
        return self.plugins.host(target.host) if target.host else self.plugins.embedded()

    def check_settings(self) -> None:
        """Read what a build is to do, and the options of every target whose host is installed.

        `ConfigError` for the first wrong one.
        """
        self.settings.build_does(self.environ)
        installed = self.plugins.hosts()
        for target in self.settings.targets.values():
            if target.host is None or target.host in installed:
                options_of(target, self.host_type(target), self.settings, self.environ)

    def host(
        self,
        target: Target,
        *,
        note: Callable[[Finding], None] = lambda _finding: None,
        wait: Callable[[float, str], None] = lambda seconds, _why: time.sleep(seconds),
        clients: list[Client] | None = None,
    ) -> Host:
        """Make a target's host. Nothing is connected to yet; a missing token is told when the host asks for it.

        `clients` collects those the host makes, for their counts.
        """
        kind = self.host_type(target)
        self.learn_secrets(target)
        options = options_of(target, kind, self.settings, self.environ)
        made = clients if clients is not None else []
        kit = Kit(
            folder=self.state.folder,
            memory=self.state.memory(target.name, self.mask.add),
            secret=lambda name: self._secret(kind, target, name),
            http=lambda base, token: self._client(base, token, target, wait, made),
            note=note,
            confide=self.confide,
            wait=wait,
        )
        host: Host = load(kind)(options, kit)
        return host

    def learn_secrets(self, target: Target) -> None:
        """Have the mask know the credentials that the environment holds for a target, and for the others set up."""
        installed = self.plugins.hosts()
        others = [(one, installed[one.host]) for one in self.settings.targets.values() if one.host in installed]
        for one, kind in [(target, self.host_type(target)), *others]:
            for variable in kind.secrets.values():
                self.mask.add(self.environ.get(one.token_env or variable, ""))

    def visit(
        self,
        target: Target,
        *,
        source: Source | None,
        changed: Collection[str] = (),
        wait: Callable[[float, str], None] = lambda seconds, _why: time.sleep(seconds),
        clients: list[Client] | None = None,
    ) -> Visit:
        """Return the way to prove a release of a target by its public address, where no token is sent."""
        from presswork.visit import Visit

        made = clients if clients is not None else []
        patience = Visit.patience if target.patience is None else min(target.patience, Visit.patience)
        not_found = load(self.host_type(target)).capabilities.not_found
        return Visit(
            lambda url: self._client(url, None, target, wait, made), wait, source, changed, patience, not_found
        )

    def finished(self, report: Report) -> Report:
        """Let the plugins know what came of a command; return its report with every secret masked."""
        report = report.masked(self.mask)
        self.plugins.finished(report)
        return report

    def journal(self, target: Target, host: Host) -> Journal:
        """Return the journal of the place a target's host deploys to."""
        from presswork.journal import Journal

        return Journal(self.records, self._key(target, host), self.mask)

    def lock(self, target: Target, host: Host) -> Lock:
        """Take the lock of the place a target's host deploys to; `Locked` where another deployment is under way."""
        from presswork.lock import Lock

        path = self.records.folder / "lock" / self._key(target, host)
        lock = Lock(path, target.name)
        try:
            self.records.make("lock")
            lock.take()
        except OSError as error:
            raise disk_trouble(error, path) from error
        return lock

    def _key(self, target: Target, host: Host) -> str:
        return place_key(self.host_type(target).name, host.place)

    def _secret(self, kind: HostType, target: Target, name: str) -> str:
        variable = (target.token_env or kind.secrets[name]) if name in kind.secrets else name
        found = self.environ.get(variable) or self.plugins.secret(kind.name, target.name, name)
        if not found:
            raise CredentialMissing(
                f"The host {kind.name} needs a credential: {variable} is not set.",
                hint=f"Set {variable} in the environment, never in a file of the project.",
            )
        self.mask.add(found)
        return found

    def _client(
        self, base: str, token: str | None, target: Target, wait: Callable[[float, str], None], made: list[Client]
    ) -> Client:
        from presswork.transport import Client, Terms, Trace

        terms = Terms(
            workers=target.workers or load(self.host_type(target)).capabilities.workers,
            timeout=target.timeout or Terms.timeout,
            patience=Terms.patience if target.patience is None else target.patience,
            wait=wait,
            mask=self.mask,
            trace=Trace(self.trace, self.mask) if self.trace else None,
        )
        client = Client(base, token, terms)
        made.append(client)
        return client


def load(kind: HostType) -> type[Any]:
    """Return the class of a kind of host; `ConfigError` where its plugin cannot be loaded."""
    try:
        return kind.load()
    except Exception as error:  # noqa: BLE001 -- whatever a plugin does when it is imported
        reason = Mask(os.environ)(f"{type(error).__name__}: {error}")
    raise ConfigError(
        f"The host {kind.name} cannot be loaded: {reason}.",
        hint="Install what its plugin needs, or mend the plugin; `presswork hosts` lists them.",
    )
