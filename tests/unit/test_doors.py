from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from mkdocs.utils.yaml import yaml_load

from presswork.documents import inherited
from presswork.doors import base_table, find_settings, generator_table, layered, layered_anew
from presswork.errors import ConfigError
from presswork.plugins import Plugins
from presswork.settings import Settings, options_of, with_options

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def table(folder: Path, text: str) -> dict[str, Any] | None:
    file = folder / "mkdocs.yml"
    file.write_text(text)
    return generator_table(file)


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        table(folder, text)
    assert "mkdocs.yml" in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("site_name: x\n", None),
        ("plugins:\n  - search\n", None),
        ("plugins: [search, presswork]\n", {}),
        ("plugins:\n  - search\n  - presswork\n", {}),
        ("plugins:\n  - presswork:\n", {}),
        ("plugins:\n  - presswork:\n      host: moon\n", {"host": "moon"}),
        ("plugins:\n  presswork: {host: moon}\n  search: {}\n", {"host": "moon"}),
        ("plugins:\n", None),
        ("", None),
        ("- a\n", None),
    ],
)
def test_the_plugins_table_is_found_however_it_is_written(
    tmp_path: Path, text: str, expected: dict[str, Any] | None
) -> None:
    assert table(tmp_path, text) == expected


def test_tags_of_the_generator_are_tolerated_and_never_executed(tmp_path: Path) -> None:
    text = (
        "markdown_extensions:\n"
        "  - x: {emoji: !!python/name:material.extensions.emoji.twemoji }\n"
        f"  - y: !!python/object/apply:os.mkdir ['{tmp_path}/planted']\n"
        "  - z: !relative $config_dir\n"
        "plugins:\n  - presswork: {host: moon}\n"
    )
    assert table(tmp_path, text) == {"host": "moon"}
    assert not (tmp_path / "planted").exists()


def test_the_environment_speaks_where_the_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCS_SITE", "from-env")
    monkeypatch.delenv("NOT_SET", raising=False)
    text = "plugins:\n  - presswork: {a: !ENV DOCS_SITE, b: !ENV NOT_SET, c: !ENV [NOT_SET, DOCS_SITE, x]}\n"
    assert table(tmp_path, text) == {"a": "from-env", "b": None, "c": "from-env"}


def test_a_file_without_plugins_takes_those_of_the_file_it_inherits_from(tmp_path: Path) -> None:
    (tmp_path / "base.yml").write_text("plugins:\n  - presswork: {host: moon}\nsite_dir: out\n")
    assert table(tmp_path, "INHERIT: base.yml\nsite_name: x\n") == {"host": "moon"}
    assert table(tmp_path, "INHERIT: base.yml\nplugins: [search]\n") is None


@pytest.mark.parametrize(
    "text",
    [
        "a: !ENV NUMBER\nb: !ENV FLAG\nc: !ENV WORD\nd: !ENV EMPTY\ne: !ENV DAY",
        "a: !ENV GONE\nb: !ENV [GONE]\nc: !ENV [GONE, 7]\nd: !ENV [GONE, NUMBER, 7]\ne: !ENV [NUMBER]\nf: !ENV []",
        "INHERIT: base.yml\nplugins: {presswork: {keep: 3}}\nextra: {list: [2], deep: {b: 2}}",
        "INHERIT: base.yml\nplugins: [presswork]",
        "INHERIT: base.yml\nplugins:\nextra: 1",
    ],
)
def test_a_file_is_read_as_mkdocs_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for name, value in {"NUMBER": "0123", "FLAG": "yes", "WORD": "x: y", "EMPTY": "", "DAY": "2024-01-01"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GONE", raising=False)
    base = "plugins: {search: {}, presswork: {host: moon, keep: 2}}\nextra: {list: [1], deep: {a: 1}}\n"
    (tmp_path / "base.yml").write_text(base)
    file = tmp_path / "mkdocs.yml"
    file.write_text(text)
    with file.open("rb") as stream:
        theirs = yaml_load(stream)
    ours = inherited(file)
    ours.pop("INHERIT", None)
    assert ours == theirs


def test_a_table_of_plugins_is_merged_with_that_of_the_file_it_inherits_from(tmp_path: Path) -> None:
    (tmp_path / "base.yml").write_text("plugins:\n  presswork: {host: moon, keep: 2}\n")
    assert table(tmp_path, "INHERIT: base.yml\nplugins: {presswork: {keep: 3}}\n") == {"host": "moon", "keep": 3}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plugins: [search\n", "mkdocs.yml cannot be read"),
        ("plugins:\n  - presswork\n  - presswork\n", "enables presswork 2 times"),
        ("plugins:\n  - presswork: [host]\n", "are not a table"),
        ("plugins:\n  - presswork: moon\n", "are not a table"),
        ("extra: {day: 2024-99-99}\nplugins: [presswork]\n", "mkdocs.yml cannot be read"),
        ("extra: !ENV {}\n", "mkdocs.yml cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_its_name(tmp_path: Path, text: str, says: str) -> None:
    assert says in refused(tmp_path, text).message


def test_a_file_that_is_not_utf8_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_bytes(b"site_name: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"mkdocs\.yml cannot be read"):
        generator_table(tmp_path / "mkdocs.yml")


def test_a_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_bytes("\ufeffplugins: [presswork]\n".encode())
    assert generator_table(tmp_path / "mkdocs.yml") == {}


def test_a_file_that_inherits_from_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yml cannot be read"):
        table(tmp_path, "INHERIT: gone.yml\n")


@pytest.mark.parametrize(
    ("files", "host", "door"),
    [
        ({"presswork.toml": 'host = "moon"'}, "moon", "presswork.toml"),
        ({"pyproject.toml": '[tool.presswork]\nhost = "moon"'}, "moon", "[tool.presswork]"),
        ({"mkdocs.yml": "plugins: [presswork: {host: moon}]"}, "moon", "mkdocs.yml"),
        ({"mkdocs.yml": "plugins: [search]", "presswork.toml": 'host = "moon"'}, "moon", "presswork.toml"),
        (
            {"mkdocs.yml": "plugins: [presswork: {host: sun}]", "presswork.toml": 'host = "moon"\nignore = ["x"]'},
            "sun",
            "mkdocs.yml over presswork.toml",
        ),
        ({"properdocs.yml": "plugins: [presswork: {host: moon}]"}, "moon", "properdocs.yml"),
    ],
    ids=["toml", "pyproject", "mkdocs", "mkdocs without us", "both", "properdocs"],
)
def test_settings_are_found_in_each_file_and_say_where_they_stood(
    root: Path, files: dict[str, str], host: str, door: str
) -> None:
    for name, text in files.items():
        (root / name).write_text(text)
    found = find_settings(root)
    assert found is not None
    assert (found.target().host, found.door, found.folder) == (host, door, str(root))


def test_a_generators_table_is_laid_over_that_of_presswork_toml(root: Path) -> None:
    (root / "presswork.toml").write_text('host = "moon"\nignore = ["*.map"]')
    (root / "mkdocs.yml").write_text("plugins: [presswork: {host: sun}]")
    found = find_settings(root)
    assert found is not None
    assert (found.target().host, found.ignore) == ("sun", ("*.map",))


def test_presswork_toml_at_the_root_lies_below_the_table_of_a_generator_further_down(root: Path) -> None:
    (root / "presswork.toml").write_text('host = "moon"\nignore = ["*.map"]')
    (root / "docs").mkdir()
    (root / "docs" / "mkdocs.yml").write_text("plugins: [presswork: {keep: 3}]")
    found = find_settings(root / "docs")
    assert found is not None
    assert (found.target().host, found.ignore, found.folder) == ("moon", ("*.map",), str(root / "docs"))
    assert found.door == "mkdocs.yml over presswork.toml"
    assert found.target().options == {"keep": 3}


@pytest.mark.parametrize(
    ("below", "over", "path"),
    [
        ('path = "store"', {}, "store"),
        ('path = "../store"', {}, "../store"),
        ('path = "store"', {"path": "store"}, "docs/store"),
        ('path = "store"', {"path": "../out"}, "out"),
        ("", {"path": "store"}, "docs/store"),
        ('[targets.default]\npath = "store"', {"ignore": ["x"]}, "store"),
        ('[targets.other]\npath = "store"', {"targets": {"default": {"path": "store"}}}, "docs/store"),
    ],
)
def test_a_relative_path_starts_from_the_folder_of_its_file(
    root: Path, below: str, over: dict[str, Any], path: str
) -> None:
    (root / "presswork.toml").write_text(below)
    (root / "docs").mkdir()
    settings = layered(over, door="conf.py", folder=root / "docs")
    embedded = Plugins().embedded()
    for read in (settings, layered_anew(settings), with_options(settings, {"keep": "3"})):
        assert getattr(options_of(read.target("default"), embedded, read), "path") == (root / path).resolve()  # noqa: B009
    assert with_options(settings, {"path": "flag"}).target("default").from_root == ()


def test_a_generators_table_is_laid_anew_over_what_presswork_toml_says_now(root: Path) -> None:
    (root / "presswork.toml").write_text('host = "moon"\nrecords = "kept"')
    (root / "docs").mkdir()
    built = layered({"keep": 3}, door="conf.py", folder=root / "docs")
    assert built.records == str(root / "kept")
    (root / "presswork.toml").write_text('host = "sun"')
    now = layered_anew(msgspec.json.decode(msgspec.json.encode(built), type=Settings))
    assert (now.target().host, now.target().options, now.records) == ("sun", {"keep": 3}, None)
    assert now.door == "conf.py over presswork.toml"
    (root / "presswork.toml").write_text("")
    assert layered_anew(now).target().host is None


def test_settings_are_found_upwards_to_the_root_of_the_project_and_not_beyond(root: Path) -> None:
    (root / "presswork.toml").write_text('host = "moon"')
    (root / "a" / "b").mkdir(parents=True)
    found = find_settings(root / "a" / "b")
    assert found is not None
    assert found.folder == str(root)
    (root / "a" / "pyproject.toml").touch()
    assert find_settings(root / "a" / "b") is None


def test_two_tables_in_one_folder_are_refused(root: Path) -> None:
    (root / "presswork.toml").touch()
    (root / "pyproject.toml").write_text("[tool.presswork]\n")
    with pytest.raises(ConfigError, match=r"Both presswork\.toml and"):
        base_table(root)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("presswork.toml", "host =", "presswork.toml is not valid TOML"),
        ("pyproject.toml", "[tool]\npresswork = 3", "is not a table"),
    ],
)
def test_a_table_that_is_none_is_told(root: Path, name: str, text: str, says: str) -> None:
    (root / name).write_text(text)
    with pytest.raises(ConfigError, match=says):
        find_settings(root)


@pytest.mark.parametrize("text", ["not toml", "tool = 1", "[tool.other]\nx = 1", ""])
def test_somebody_elses_pyproject_is_left_alone(root: Path, text: str) -> None:
    (root / "pyproject.toml").write_text(text)
    assert find_settings(root) is None


def test_a_file_that_inherits_from_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("INHERIT: b.yml\n")
    (tmp_path / "b.yml").write_text("INHERIT: a.yml\n")
    with pytest.raises(ConfigError, match="inherits from itself"):
        generator_table(tmp_path / "a.yml")
