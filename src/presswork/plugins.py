"""Finding plugins by their entry points, keeping broken ones apart, and calling the hooks one plugin at a time."""

from __future__ import annotations

import logging
import os
import traceback
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

import pluggy

from presswork import hookspecs
from presswork.abilities import ABILITIES
from presswork.errors import ConfigError, PluginFailed, PressworkError
from presswork.host import HostType
from presswork.mask import Mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from presswork.checksettings import CheckSettings
    from presswork.draft import Draft
    from presswork.events import Event
    from presswork.findings import Finding
    from presswork.manifest import Manifest
    from presswork.plan import Plan
    from presswork.report import Report
    from presswork.site import Site
    from presswork.source import Source

__all__ = ["GROUP", "Installed", "Plugins", "abilities"]

GROUP: Final = "presswork"
_log = logging.getLogger("presswork")


@dataclass
class Installed:
    """One plugin: its entry point's name, its distribution, the hosts it offers, or why it is broken."""

    name: str
    distribution: str
    version: str
    broken: str | None = None
    hosts: list[HostType] = field(default_factory=list)


class Plugins:
    """All plugins of one application, in the order of their names.

    `more` are plugins registered by hand, as (name, object) pairs.
    """

    def __init__(self, more: Iterable[tuple[str, object]] = ()) -> None:
        self._manager = pluggy.PluginManager("presswork")
        self._manager.add_hookspecs(hookspecs)
        self.installed: list[Installed] = []
        self._asked = False
        self.mask = Mask(os.environ)
        self._silenced: set[str] = set()
        self._callers: dict[str, list[tuple[str, Any]]] = {}
        found: list[tuple[Installed, Any]] = []
        for point in entry_points(group=GROUP):
            distribution = point.dist
            name, version = (distribution.name, distribution.version) if distribution else ("", "")
            found.append((Installed(point.name, name, version), point))
        found += [(Installed(name, "", ""), plugin) for name, plugin in more]
        found.sort(key=lambda pair: (pair[0].name, pair[0].distribution))
        for installed, plugin in reversed(found):  # pluggy calls the last one registered first
            self._register(installed, plugin)
        self.installed = [installed for installed, _ in found]

    def hosts(self) -> dict[str, HostType]:
        """Return every kind of host by name, asking the plugins once; a name offered twice is left to `host`."""
        if not self._asked:
            self._asked = True
            for installed in self.installed:
                self._ask(installed)
        offered = [host for installed in self.installed for host in installed.hosts]
        return {host.name: host for host in sorted(offered, key=lambda host: host.name)}

    def host(self, name: str) -> HostType:
        """Return the kind of host of that name; `ConfigError` where there is none, or two."""
        hosts = self.hosts()
        offering = [i for i in self.installed if any(host.name == name for host in i.hosts)]
        if len(offering) > 1:
            who = " and ".join(i.distribution or i.name for i in offering)
            raise ConfigError(f"Two plugins offer a host named {name}: {who}.", hint="Uninstall one of them.")
        if offering:
            return hosts[name]
        for installed in self.installed:
            if installed.broken and name in {installed.name, installed.distribution}:
                raise ConfigError(
                    f"The plugin for the host {name} is broken: {installed.broken}",
                    hint="Run `presswork hosts` to see every plugin and its trouble.",
                )
        from difflib import get_close_matches

        near = get_close_matches(name, hosts, 1)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise ConfigError(
            f"There is no host named {name}.",
            hint=f"{guess}Installed: {', '.join(hosts) or 'none'}. Hosts are added by installing a plugin with pip.",
        )

    def versions(self) -> dict[str, str]:
        """Return the version of every distribution that brings a plugin."""
        return {i.distribution: i.version for i in self.installed if i.distribution}

    def able(self, ability: str) -> list[str]:
        """Return the names of the hosts that have an ability, or `previews`; one that cannot be loaded has none."""
        return [name for name, host in self.hosts().items() if ability in abilities(host)]

    def embedded(self) -> HostType:
        """Return the host that is taken where none is named."""
        found = next((host for host in self.hosts().values() if host.embedded), None)
        if found is None:
            raise ConfigError(
                "No embedded host is installed.", hint="Reinstall presswork: its local host comes with it."
            )
        return found

    def edit_manifest(self, site: Site, entries: Draft) -> None:
        """Let every plugin edit the draft; `PluginFailed` names the one that raised."""
        for name, call in self._calls("presswork_edit_manifest"):
            self._blaming(name, partial(call, site=site, entries=entries))

    def check(self, site: Site, manifest: Manifest, plan: Plan, source: Source, checks: CheckSettings) -> list[Finding]:
        """Collect every plugin's findings; `PluginFailed` names the one that raised.

        `ConfigError` where `checks` names one that no plugin has.
        """
        found: list[Finding] = []
        given = {"site": site, "manifest": manifest, "plan": plan, "source": source, "checks": checks}
        for name, call in self._calls("presswork_check"):
            found += self._blaming(name, partial(_together, call, **given, mask=self.mask))
        checks.settle()
        return found

    def event(self, event: Event) -> None:
        """Tell every observer; one that raises is told of once and silenced."""
        for name, call in self._calls("presswork_event"):
            if name in self._silenced:
                continue
            try:
                call(event=event)
            except Exception as error:  # noqa: BLE001 -- an observer must not stop a deploy
                self._silenced.add(name)
                _log.warning(
                    "The plugin %s failed to take an event and is told no more: %s", name, self.mask(repr(error))
                )

    def finished(self, report: Report) -> None:
        """Tell every plugin the outcome; what it raises is a warning."""
        for name, call in self._calls("presswork_finished"):
            try:
                call(report=report)
            except Exception as error:  # noqa: BLE001 -- the deploy is over: its outcome stands
                _log.warning("The plugin %s failed when told the outcome: %s", name, self.mask(repr(error)))

    def secret(self, host: str, target: str, name: str) -> str | None:
        """Return the first plugin's answer to a question for a credential; None where nobody has one."""
        for plugin, call in self._calls("presswork_secret"):
            answer = self._blaming(plugin, partial(call, host=host, target=target, name=name))
            if answer is not None:
                return str(answer)
        return None

    def _register(self, installed: Installed, plugin: Any) -> None:
        key = f"{installed.distribution}:{installed.name}"
        try:
            loaded = plugin.load() if hasattr(plugin, "load") and hasattr(plugin, "group") else plugin
            self._manager.register(loaded, key)
            self._manager.check_pending()
        except Exception as error:  # noqa: BLE001 -- whatever a plugin does when it is imported
            installed.broken = self.mask(_reason(error))
            if self._manager.has_plugin(key):
                self._manager.unregister(name=key)

    def _ask(self, installed: Installed) -> None:
        key = f"{installed.distribution}:{installed.name}"
        for name, call in self._calls("presswork_hosts"):
            if name == key:
                try:
                    installed.hosts = [host for offered in call() for host in offered]
                    if not all(isinstance(host, HostType) for host in installed.hosts):
                        raise TypeError("presswork_hosts must return HostType objects")
                except Exception as error:  # noqa: BLE001 -- as in _register
                    installed.hosts = []
                    installed.broken = self.mask(_reason(error))

    def _blaming(self, plugin: str, call: Callable[[], Any]) -> Any:
        """Call a plugin; turn what it raises into an error that names it.

        What that came of may hold a secret: it is left behind, and only logged, masked.
        """
        try:
            return call()
        except PressworkError as error:
            failure = _masked(error, self.mask)
        except Exception as error:  # noqa: BLE001 -- whatever a plugin raises
            failure = PluginFailed(
                f"The plugin {plugin.strip(':')} failed: {self.mask(_reason(error))}.",
                hint="Nothing was sent. Mend or uninstall the plugin; `presswork hosts` shows its version.",
            )
            _log.debug("%s", self.mask(traceback.format_exc()))
        raise failure

    def _calls(self, hook: str) -> list[tuple[str, Any]]:
        """Return, in the order of the call, each plugin's name and a caller for it alone."""
        if hook not in self._callers:  # the plugins stay the same, and there is an event for every file
            everybody = self._manager.get_plugins()
            self._callers[hook] = [
                (one.plugin_name, self._manager.subset_hook_caller(hook, everybody - {one.plugin}))
                for one in reversed(getattr(self._manager.hook, hook).get_hookimpls())
            ]
        return self._callers[hook]


def abilities(host: HostType) -> list[str]:
    """Return the words for what a host can do besides deploying; empty where its plugin cannot be loaded."""
    try:
        made = host.load()
    except Exception:  # noqa: BLE001 -- whatever a plugin does when it is imported
        return []
    words = [word for word, ability in ABILITIES.items() if issubclass(made, ability)]
    return [*words, "previews"] if made.capabilities.previews else words


def _all_of(call: Callable[..., Any], **asked: Any) -> list[Finding]:
    return [one for several in call(**asked) for one in several]


def _masked(error: PressworkError, mask: Callable[[str], str]) -> PressworkError:
    """Return an error without its secrets, and without what it came of."""
    error.message, error.hint = mask(error.message), mask(error.hint)
    error.args = (error.message,)
    error.__cause__ = error.__context__ = None
    return error


def _together(call: Callable[..., Iterable[Iterable[Finding]]], **arguments: object) -> list[Finding]:
    """Call a hook and run through what it yields, which may be generators that raise only now."""
    return [one for several in call(**arguments) for one in several]


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
