"""A configuration with the plugins, the state folder and the environment it works in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from presswork.archive import Archive
from presswork.errors import ConfigError, CredentialMissing
from presswork.host import Kit
from presswork.journal import Journal
from presswork.origin import who
from presswork.plugins import Plugins
from presswork.settings import Settings, Target, options_of
from presswork.state import State, place_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from presswork.findings import Finding
    from presswork.host import Host, HostType

__all__ = ["Project"]


@dataclass
class Project:
    """Everything one command works with. `plugins` and `state` are made of the settings where they are not given."""

    settings: Settings
    plugins: Plugins = field(default_factory=Plugins)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def __post_init__(self) -> None:
        self.state = State(Path(self.settings.folder))
        self.archive = Archive(self.state)
        self.by = who(self.environ)

    def targets(self, names: Sequence[str] = ()) -> list[Target]:
        """Return the targets of these names, or the default one; each name once."""
        return [self.settings.target(name) for name in dict.fromkeys(names)] or [self.settings.target()]

    def host_type(self, target: Target) -> HostType:
        """Return the kind of host a target means; `ConfigError` where it is not installed."""
        return self.plugins.host(target.host) if target.host else self.plugins.embedded()

    def check_settings(self) -> None:
        """Read the options of every target whose host is installed; `ConfigError` for the first wrong one."""
        installed = self.plugins.hosts()
        for target in self.settings.targets.values():
            if target.host is None or target.host in installed:
                options_of(target, self.host_type(target), self.settings)

    def host(
        self,
        target: Target,
        *,
        note: Callable[[Finding], None] = lambda _finding: None,
        wait: Callable[[float, str], None] = lambda _seconds, _why: None,
    ) -> Host:
        """Make a target's host. Nothing is connected to yet; a missing token is told when the host asks for it."""
        kind = self.host_type(target)
        options = options_of(target, kind, self.settings)
        kit = Kit(
            folder=self.state.folder,
            memory=self.state.memory(target.name),
            secret=lambda name: self._secret(kind, target, name),
            note=note,
            wait=wait,
        )
        try:
            make = kind.load()
        except ImportError as error:
            raise ConfigError(
                f"The host {kind.name} cannot be loaded: {error}.", hint="Install what its plugin needs."
            ) from error
        host: Host = make(options, kit)
        return host

    def journal(self, target: Target, host: Host) -> Journal:
        """Return the journal of the place a target's host deploys to."""
        return Journal(self.state, place_key(self.host_type(target).name, host.place))

    def _secret(self, kind: HostType, target: Target, name: str) -> str:
        variable = target.token_env or kind.secrets[name]
        found = self.environ.get(variable) or self.plugins.secret(kind.name, target.name, name)
        if not found:
            raise CredentialMissing(
                f"The host {kind.name} needs a credential: {variable} is not set.",
                hint=f"Set {variable} in the environment, never in a file of the project.",
            )
        return found
