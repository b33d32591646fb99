from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from presswork.errors import ConfigError
from presswork.host import HostType
from presswork.settings import Settings, Target, options_of, read_settings, with_options

FOLDER = Path("/project")
TOKEN = "s3cr3t-value-nobody-may-see"  # noqa: S105 -- made up


class Options(Struct, frozen=True, kw_only=True):
    site: str = ""
    api_url: str = "https://api.moon.example"
    keep: Annotated[int, Meta(ge=1)] = 10
    path: Path | None = None
    staged: bool = False


HOST = HostType(
    name="moon",
    summary="",
    options=Options,
    load=lambda: object,
    variables={"api_url": "PRESSWORK_MOON_API_URL", "keep": "PRESSWORK_MOON_KEEP"},
    unfiled=frozenset({"api_url"}),
)


def read(table: dict[str, Any], **more: Any) -> Settings:
    return read_settings(table, door="mkdocs.yml", folder=FOLDER, **more)


def refused(table: dict[str, Any], **more: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(table, **more)
    assert caught.value.message.startswith("mkdocs.yml")
    assert caught.value.hint
    return caught.value


def options(table: dict[str, Any], **more: Any) -> Options:
    settings = read(table, **more)
    made = options_of(settings.target(), HOST, settings, more.get("environ", {}))
    assert isinstance(made, Options)
    return made


def test_an_empty_table_is_the_embedded_host_and_a_build_deploys() -> None:
    settings = read({})
    assert settings.target() == Target(name="default")
    assert settings.build_does({}) == "deploy"


def test_the_short_form_is_one_target_with_the_options_of_its_host() -> None:
    settings = read({"host": "moon", "site": "my-docs", "workers": 3, "token_env": "MY_TOKEN"})
    target = settings.target()
    assert (target.name, target.host, target.options) == ("default", "moon", {"site": "my-docs"})
    assert (target.workers, target.token_env) == (3, "MY_TOKEN")


def test_a_named_host_turns_deploys_from_builds_off_unless_they_are_asked_for() -> None:
    assert read({"host": "moon"}).build_does({}) == "off"
    assert read({"targets": {"a": {}, "b": {"host": "moon"}}, "default": "a"}).build_does({}) == "off"
    assert read({"host": "moon", "on_build": "plan"}).build_does({}) == "plan"
    assert read({"on_build": "off"}).build_does({}) == "off"


def test_a_bare_off_in_yaml_is_the_word() -> None:
    assert read({"on_build": False}).build_does({}) == "off"


def test_several_targets_each_have_their_own_host_and_options() -> None:
    settings = read({"targets": {"live": {"host": "moon", "site": "x"}, "here": {"path": "out"}}, "default": "here"})
    assert settings.target().name == "here"
    assert settings.target("live").options == {"site": "x"}
    assert settings.target("here").host is None


def test_the_only_target_is_the_default_one() -> None:
    assert read({"targets": {"live": {"host": "moon"}}}).target().name == "live"


def test_several_targets_without_a_default_must_be_named() -> None:
    settings = read({"targets": {"a": {}, "b": {}}})
    with pytest.raises(ConfigError, match="2 targets and no default") as caught:
        settings.target()
    assert "--to" in caught.value.hint
    assert "a, b" in caught.value.hint


def test_a_target_that_is_not_there_is_told_with_the_nearest_name() -> None:
    settings = read({"targets": {"production": {}, "mirror": {}}})
    with pytest.raises(ConfigError, match="no target named producton") as caught:
        settings.target("producton")
    assert "`production`" in caught.value.hint


def test_a_default_that_names_no_target_is_an_error_at_once() -> None:
    assert "no target named c" in refused({"targets": {"a": {}, "b": {}}, "default": "c"}).message


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"targets": {}}, "`targets` is empty"),
        ({"targets": {"a": {}}, "host": "moon"}, "`host` cannot stand beside `targets`"),
        ({"targets": {"a": {}}, "ignroe": []}, "`ignroe` cannot stand beside `targets`"),
        ({"targets": ["a"]}, "`targets`: expected object"),
        ({"targets": {"a": "moon"}}, "`targets[...]`: expected object, got str"),
        ({"ignore": "*.map"}, "`ignore`: expected array, got str"),
        ({"ignore": [1]}, "`ignore[0]`: expected str, got int"),
        ({"on_build": "sometimes"}, "`on_build`: invalid enum value 'sometimes'"),
        ({"on_build": True}, "`on_build`"),
        ({"host": 3}, "`host`: expected str | null, got int"),
        ({"workers": 0}, "`workers`: expected int"),
        ({"workers": 257}, "`workers`: expected int"),
        ({"workers": "many"}, "`workers`: expected int | null, got str"),
        ({"token_env": "my token"}, "`token_env` is not the name of an environment variable"),
        ({"token_env": "MY_PASSWORD"}, "`token_env` is not the name of an environment variable"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_value_is_told_with_its_door_and_key(table: dict[str, Any], says: str) -> None:
    assert says in refused(table).message


def test_the_hint_for_a_misspelt_key_beside_targets_names_the_right_one() -> None:
    assert refused({"targets": {"a": {}}, "ignroe": []}).hint == "Did you mean `ignore`?"


def test_what_is_wrong_in_one_of_several_targets_names_the_target() -> None:
    assert "target b" in refused({"targets": {"a": {}, "b": {"workers": 0}}}).message


@pytest.mark.parametrize("key", ["token", "api_key", "apikey", "API_KEY", "password", "client-secret", "credentials"])
def test_a_key_for_a_credential_is_refused_and_the_value_is_not_repeated(key: str) -> None:
    for table in ({key: TOKEN}, {"targets": {"a": {key: TOKEN}}}, {"nested": {"deep": {key: TOKEN}}}):
        error = refused(table, environ={})
        assert f"`{key}` holds a credential" in error.message
        assert TOKEN not in error.message + error.hint
        assert "Delete the line" in error.hint


def test_a_value_that_is_a_credential_of_the_environment_is_refused_under_any_key() -> None:
    for table in ({"site": TOKEN}, {"sites": ["a", TOKEN]}):
        error = refused(table, environ={"SOME_TOKEN": TOKEN})
        assert "holds a credential" in error.message
        assert TOKEN not in error.message + error.hint


def test_a_short_or_unrelated_variable_of_the_environment_is_no_credential() -> None:
    assert read({"site": "docs"}, environ={"SOME_TOKEN": "docs", "HOME": "docs"}).target().options == {"site": "docs"}


def test_keys_that_only_resemble_credentials_are_taken() -> None:
    assert read({"keep": 3, "keyboard": "x", "tokenizer": "y"}).target().options.keys() == {
        "keep",
        "keyboard",
        "tokenizer",
    }


def test_options_are_read_as_their_host_describes_them() -> None:
    made = options({"host": "moon", "site": "x", "keep": 3, "staged": True})
    assert (made.site, made.keep, made.staged) == ("x", 3, True)


def test_a_relative_path_starts_from_the_folder_of_the_configuration() -> None:
    assert options({"host": "moon", "path": "../out"}).path == FOLDER.parent / "out"
    assert options({"host": "moon", "path": "/out"}).path == Path("/out")
    home = options({"host": "moon", "path": "~/out"}).path
    assert home == Path.home() / "out"


def test_an_unknown_key_is_told_with_the_nearest_right_one() -> None:
    with pytest.raises(ConfigError, match=r"mkdocs\.yml: unknown key `keeep` for the host moon") as caught:
        options({"host": "moon", "keeep": 3})
    assert caught.value.hint == "Did you mean `keep`?"


def test_an_unknown_key_that_resembles_none_is_told_with_all_there_are() -> None:
    with pytest.raises(ConfigError, match="unknown key `zzz`") as caught:
        options({"host": "moon", "zzz": 3})
    assert {"site,", "keep,", "workers,", "ignore,"} <= {*caught.value.hint.split()}


def test_a_key_of_yaml_that_is_a_number_is_an_unknown_key() -> None:
    table: Any = {"host": "moon", 1: 2}
    with pytest.raises(ConfigError, match="unknown key `1`"):
        options(table)


def test_an_option_of_the_wrong_kind_is_told_with_its_key() -> None:
    for table, says in (({"keep": "3"}, "`keep`: expected int, got str"), ({"keep": 0}, "`keep`: expected int >= 1")):
        with pytest.raises(ConfigError, match=says):
            options({"host": "moon", **table})


def test_text_from_a_command_line_is_read_as_what_is_wanted() -> None:
    made = options({"host": "moon", "keep": "3", "staged": "true", "workers": "2"}, flags=True)
    assert (made.keep, made.staged) == (3, True)


def test_options_given_as_text_are_laid_over_those_of_every_target() -> None:
    settings = with_options(
        read({"targets": {"a": {"host": "moon", "keep": 9, "site": "x"}, "b": {"workers": 7}}}),
        {"keep": "3", "workers": "2"},
    )
    assert settings.target("a").options == {"keep": "3", "site": "x"}
    assert {name: target.workers for name, target in settings.targets.items()} == {"a": 2, "b": 2}
    assert settings.target("a").host == "moon"
    made = options_of(settings.target("a"), HOST, settings)
    assert isinstance(made, Options)
    assert made.keep == 3


def test_an_address_that_a_token_is_sent_to_comes_from_a_flag_or_the_environment_and_from_no_file() -> None:
    with pytest.raises(ConfigError, match="`api_url` cannot be set in a file") as caught:
        options({"host": "moon", "api_url": "https://evil.example"})
    assert "-o api_url" in caught.value.hint
    assert "PRESSWORK_MOON_API_URL" in caught.value.hint
    assert options({"host": "moon", "api_url": "http://x"}, flags=True).api_url == "http://x"
    assert options({"host": "moon"}, environ={"PRESSWORK_MOON_API_URL": "http://y"}).api_url == "http://y"
    settings = with_options(read({"host": "moon"}), {"api_url": "http://z"})
    made = options_of(settings.target(), HOST, settings, {})
    assert isinstance(made, Options)
    assert made.api_url == "http://z"


def test_a_variable_of_the_environment_is_read_as_what_is_wanted_where_the_option_is_not_given() -> None:
    environ = {"PRESSWORK_MOON_KEEP": "7"}
    assert options({"host": "moon"}, environ=environ).keep == 7
    assert options({"host": "moon", "keep": 3}, environ=environ).keep == 3


def test_times_are_seconds_within_reason() -> None:
    target = read({"timeout": 2.5, "patience": 0}).target()
    assert (target.timeout, target.patience) == (2.5, 0)
    for table in ({"timeout": 0}, {"timeout": 4000}, {"patience": -1}, {"patience": "long"}):
        assert f"`{next(iter(table))}`" in refused(table).message


def test_values_that_no_file_can_keep_are_refused() -> None:
    for value in (object(), [float], {"a": print}):
        assert "no file can keep" in refused({"path": value}).message
