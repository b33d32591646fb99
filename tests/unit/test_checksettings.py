from __future__ import annotations

from typing import Any

import pytest

from presswork.checksettings import CheckSettings
from presswork.errors import ConfigError
from presswork.findings import Finding
from presswork.hookspecs import hookimpl
from presswork.plugins import Plugins
from support_checks import nothing


class Mine:
    """A plugin with one check of its own."""

    @hookimpl
    def presswork_check(self, checks: CheckSettings) -> list[Finding]:
        finding = Finding(severity="warning", code="mine", message="Mine.")
        return [*checks.weighed("typography", [finding])]


def weighed(value: object) -> list[str]:
    settings = CheckSettings({"typography": value}, "mkdocs.yml")
    plugins = Plugins([("mine", Mine())])
    return [finding.severity for finding in plugins.check(**(nothing() | {"checks": settings}))]


@pytest.mark.parametrize(
    ("value", "severities"),
    [
        (None, ["warning"]),
        ({}, ["warning"]),
        ("error", ["error"]),
        ("info", ["info"]),
        ("off", []),
        (False, []),  # what YAML makes of a bare off
        ({"severity": "error"}, ["error"]),
        ({"severity": "off"}, []),
    ],
)
def test_a_check_of_any_plugin_weighs_what_the_configuration_says(value: object, severities: list[str]) -> None:
    assert weighed(value) == severities


@pytest.mark.parametrize(
    ("value", "hint"), [("errors", "`error`"), (True, "off, info, warning, error"), (3, "off, info")]
)
def test_a_wrong_word_is_an_error_with_the_right_ones(value: object, hint: str) -> None:
    with pytest.raises(ConfigError, match=r"mkdocs\.yml: the check `typography` cannot be") as raised:
        weighed(value)
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("name", "hint"), [("typografy", "`typography`"), ("link", "`links`"), ("zzz", "The checks are: ")]
)
def test_a_name_that_no_plugin_has_is_an_error_with_the_nearest_of_all_plugins(name: str, hint: str) -> None:
    settings = CheckSettings({name: "off"}, "mkdocs.yml")
    with pytest.raises(ConfigError, match=f"there is no check named `{name}`") as raised:
        Plugins([("mine", Mine())]).check(**(nothing() | {"checks": settings}))
    assert hint in raised.value.hint


@pytest.mark.parametrize("ignore", ["drafts/", [3], {}])
def test_paths_to_ignore_are_a_list(ignore: Any) -> None:
    settings = CheckSettings({"links": {"ignore": ignore or {"a": 1}}}, "mkdocs.yml")
    with pytest.raises(ConfigError, match=r"`checks\.links\.ignore` is not a list of paths"):
        settings.ignores("links", "a.html")


def test_paths_are_ignored_in_the_syntax_of_gitignore() -> None:
    settings = CheckSettings({"links": {"ignore": ["/404.html", "api/**"]}}, "mkdocs.yml")
    paths = ("404.html", "de/404.html", "api/v1/index.html", "apis.html")
    assert [settings.ignores("links", path) for path in paths] == [True, False, True, False]
