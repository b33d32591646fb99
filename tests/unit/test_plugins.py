from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError
from presswork.findings import Finding
from presswork.hookspecs import hookimpl
from presswork.plugins import Plugins, abilities
from support_checks import nothing
from support_cli import install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from presswork.host import HostType

HOST = """
from msgspec import Struct
from presswork.hookspecs import hookimpl
from presswork.host import Capabilities, HostType

class Options(Struct):
    pass

class Host:
    capabilities = Capabilities(atomic=True, previews=False, proof=())

@hookimpl
def presswork_hosts():
    return [HostType(name="{name}", summary="", options=Options, load=lambda: Host)]
"""


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that installs a distribution with one entry point and one module of the same name."""
    before = set(sys.modules)

    def added(distribution: str, source: str, name: str | None = None) -> None:
        module = "pw_test_" + distribution.replace("-", "_")
        folder = install(
            tmp_path / distribution, distribution, {name or distribution: module}, {f"{module}.py": source}
        )
        monkeypatch.syspath_prepend(folder)

    yield added
    for name in set(sys.modules) - before:
        if name.startswith("pw_test_"):
            del sys.modules[name]


def broken(plugins: Plugins, name: str) -> str:
    (found,) = (installed for installed in plugins.installed if installed.name == name)
    assert found.broken is not None
    return found.broken


class Checker:
    def __init__(self, name: str) -> None:
        self.name = name

    @hookimpl
    def presswork_check(self) -> list[Finding]:
        return [Finding(severity="info", code=self.name, message="")]


def checkers(names: Iterable[str]) -> Plugins:
    return Plugins([(name, Checker(name)) for name in names])


def codes(plugins: Plugins) -> list[str]:
    return [finding.code for finding in plugins.check(**nothing())]


def test_a_plugin_is_found_by_its_entry_point(add: Callable[..., None]) -> None:
    add("moon", HOST.format(name="moon"))
    plugins = Plugins()
    assert plugins.host("moon").name == "moon"
    assert [(i.distribution, i.version, i.broken) for i in plugins.installed if i.name == "moon"] == [
        ("moon", "1.0", None)
    ]


def test_the_local_host_enters_by_its_entry_point_and_is_the_embedded_one() -> None:
    assert Plugins().embedded().name == "local"
    assert [i.distribution for i in Plugins().installed if i.name == "local"] == ["presswork"]


def test_a_plugin_that_raises_at_import_is_kept_as_broken_and_the_others_work(add: Callable[..., None]) -> None:
    add("bad", "raise RuntimeError('no luck')")
    add("moon", HOST.format(name="moon"))
    plugins = Plugins()
    assert broken(plugins, "bad") == "RuntimeError: no luck"
    assert plugins.host("moon").name == "moon"
    with pytest.raises(ConfigError, match="The plugin for the host bad is broken: RuntimeError: no luck"):
        plugins.host("bad")


def test_a_plugin_with_a_syntax_error_is_kept_as_broken(add: Callable[..., None]) -> None:
    add("bad", "def")
    assert broken(Plugins(), "bad").startswith("SyntaxError")


def test_a_plugin_whose_module_is_missing_is_kept_as_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install(tmp_path / "bad", "bad", {"bad": "pw_test_nowhere"}))
    assert broken(Plugins(), "bad").startswith("ModuleNotFoundError")


def test_a_plugin_that_raises_when_asked_for_its_hosts_is_broken_and_the_others_are_asked(
    add: Callable[..., None],
) -> None:
    add("bad", HOST.format(name="bad").replace("return [", "1 / 0; return ["))
    add("moon", HOST.format(name="moon"))
    plugins = Plugins()
    assert {"local", "moon"} <= plugins.hosts().keys()
    assert broken(plugins, "bad").startswith("ZeroDivisionError")


def test_a_plugin_that_offers_something_else_than_host_types_is_broken(add: Callable[..., None]) -> None:
    add("bad", HOST.format(name="bad").replace("return [", "return [1, "))
    plugins = Plugins()
    assert "bad" not in plugins.hosts()
    assert "HostType" in broken(plugins, "bad")


def test_a_hook_of_a_name_that_does_not_exist_breaks_the_plugin(add: Callable[..., None]) -> None:
    add("bad", HOST.format(name="bad").replace("def presswork_hosts", "def presswork_host"))
    plugins = Plugins()
    assert "presswork_host" in broken(plugins, "bad")
    assert "bad" not in plugins.hosts()


def test_a_hook_with_an_argument_that_does_not_exist_breaks_the_plugin(add: Callable[..., None]) -> None:
    add("bad", HOST.format(name="bad").replace("presswork_hosts()", "presswork_hosts(moon)"))
    assert "moon" in broken(Plugins(), "bad")


def test_the_hooks_of_a_broken_plugin_are_not_called(add: Callable[..., None]) -> None:
    add("bad", HOST.format(name="bad") + "\n@hookimpl\ndef presswork_finish(report): ...")
    plugins = Plugins()
    assert broken(plugins, "bad")
    assert "bad" not in plugins.hosts()


def test_two_plugins_that_offer_one_host_are_an_error_that_names_both_distributions(
    add: Callable[..., None],
) -> None:
    add("moon-one", HOST.format(name="moon"))
    add("moon-two", HOST.format(name="moon"))
    plugins = Plugins()
    with pytest.raises(ConfigError, match="Two plugins offer a host named moon: moon-one and moon-two"):
        plugins.host("moon")
    assert plugins.host("local").name == "local"


def test_two_distributions_with_one_entry_point_name_are_both_loaded(add: Callable[..., None]) -> None:
    add("first", HOST.format(name="mercury"), "planet")
    add("second", HOST.format(name="venus"), "planet")
    plugins = Plugins()
    assert {"mercury", "venus"} <= plugins.hosts().keys()
    assert [i.distribution for i in plugins.installed if i.name == "planet"] == ["first", "second"]


def test_plugins_are_called_in_the_order_of_their_names_however_they_were_found() -> None:
    names = ["delta", "alpha", "charlie", "bravo"]
    assert codes(checkers(names)) == sorted(names)
    assert codes(checkers(reversed(names))) == sorted(names)


def test_installed_plugins_are_listed_in_the_order_of_their_names(add: Callable[..., None]) -> None:
    add("zeta", "")
    add("alpha", "")
    names = [installed.name for installed in Plugins().installed]
    assert names == sorted(names)
    assert {"alpha", "zeta", "local"} <= set(names)


def test_a_host_that_is_not_installed_is_an_error_that_knows_the_nearest_name(add: Callable[..., None]) -> None:
    add("moon", HOST.format(name="moon"))
    with pytest.raises(ConfigError, match="There is no host named mooon") as caught:
        Plugins().host("mooon")
    assert "Did you mean moon?" in caught.value.hint
    assert "local" in caught.value.hint


def test_a_host_whose_class_cannot_be_loaded_has_no_abilities(add: Callable[..., None]) -> None:
    add("moon", HOST.format(name="moon").replace("lambda: Host", "lambda: 1 / 0"))
    plugins = Plugins()
    assert abilities(plugins.host("moon")) == []
    assert "local" in plugins.able("serve")
    assert "moon" not in plugins.able("serve")


def test_abilities_are_told_from_the_class_alone() -> None:
    local = Plugins().host("local")
    assert {"lists", "reads", "history", "rollback", "unpublish", "delete", "serve", "previews"} <= {*abilities(local)}
    assert "claim" not in abilities(local)


def test_hosts_are_asked_for_once() -> None:
    asked = []

    class Plugin:
        @hookimpl
        def presswork_hosts(self) -> list[HostType]:
            asked.append(1)
            return []

    plugins = Plugins([("mine", Plugin())])
    assert asked == []
    plugins.hosts()
    plugins.hosts()
    assert asked == [1]
