"""Where a configuration is looked for, and how each file is read: nothing of the user's is ever executed."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any, Final

from presswork.errors import ConfigError
from presswork.settings import Settings, read_settings
from presswork.state import project_root

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["GENERATOR_FILES", "base_table", "find_settings", "generator_table", "layered", "output_folder", "upwards"]

GENERATOR_FILES: Final = ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml")
_OWN_FILES: Final = ("presswork.toml", "pyproject.toml")


def find_settings(folder: Path, *, environ: Mapping[str, str] = os.environ) -> Settings | None:
    """Return the nearest configuration upwards from a folder to the project's root; None where there is none."""
    for place in upwards(folder):
        for name in GENERATOR_FILES:
            if (place / name).is_file():
                found = generator_table(place / name)
                if found is not None:
                    return layered(found, door=name, folder=place, environ=environ)
        base = base_table(place)
        if base is not None:
            table, door = base
            return read_settings(table, door=door, folder=place, environ=environ)
    return None


def upwards(folder: Path) -> list[Path]:
    """Return a folder and those above it, up to the project's root."""
    root = project_root(folder)
    return [place for place in (folder, *folder.parents) if place.is_relative_to(root)]


def layered(table: Mapping[str, Any], *, door: str, folder: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Lay a generator's table over that of `presswork.toml` or `[tool.presswork]` in the same folder."""
    base = base_table(folder)
    if base is None:
        return read_settings(table, door=door, folder=folder, environ=environ)
    below, below_door = base
    return read_settings({**below, **table}, door=f"{door} over {below_door}", folder=folder, environ=environ)


def base_table(folder: Path) -> tuple[dict[str, Any], str] | None:
    """Return the table of `presswork.toml` or of `[tool.presswork]` and the words for where it stands."""
    found: list[tuple[dict[str, Any], str]] = []
    for name in _OWN_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            if name == "pyproject.toml":
                continue  # somebody else's file; those who use it will say
            raise ConfigError(f"{name} is not valid TOML: {error}.", hint="Mend that line.") from error
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}.", hint="Make the file readable.") from error
        if name == "pyproject.toml":
            tools = table.get("tool")
            table = tools.get("presswork") if isinstance(tools, dict) else None
            name = "[tool.presswork]"  # noqa: PLW2901 -- the same file by its better name
        if table is not None and not isinstance(table, dict):
            raise ConfigError(f"{name} is not a table.", hint="Write `key = value` lines below it.")
        if table is not None:
            found.append((table, name))
    if len(found) > 1:
        raise ConfigError(
            "Both presswork.toml and [tool.presswork] in pyproject.toml configure Presswork.",
            hint="Keep one of them.",
        )
    return found[0] if found else None


def generator_table(path: Path) -> dict[str, Any] | None:
    """Return the table of the plugin `presswork` in a generator's YAML file; None where it is not enabled there.

    Tags are tolerated: `!ENV` is resolved to the text of the variable, any other stands for None. A file without
    `plugins` takes those of the file it inherits from.
    """
    plugins = _inherited(path, "plugins")
    return None if plugins is None else _enabled(plugins, path.name)


def output_folder(path: Path) -> Path:
    """Return the folder a generator's YAML file builds into."""
    folder = _inherited(path, "site_dir")
    return path.parent / (folder if isinstance(folder, str) else "site")


def _inherited(path: Path, key: str) -> object:
    """Return what a YAML file says under a key, or the file it inherits from; None where none of them says it."""
    seen: set[Path] = set()
    while path.resolve() not in seen:
        seen.add(path.resolve())
        document = _yaml(path)
        parent = document.get("INHERIT")
        if document.get(key) is not None or not isinstance(parent, str):
            return document.get(key)
        path = path.parent / parent
    raise ConfigError(f"{path.name} inherits from itself.", hint="Break the circle of INHERIT.")


def _yaml(path: Path) -> dict[str, Any]:
    try:
        import yaml  # comes with the generator; nothing else needs it
    except ImportError:
        raise ConfigError(
            f"{path.name} cannot be read: PyYAML is not installed here.",
            hint="Run this where the generator is installed, or configure Presswork in presswork.toml.",
        ) from None

    class Loader(yaml.SafeLoader):  # type: ignore[misc,unused-ignore]
        pass

    def tagged(loader: Any, tag: str, node: Any) -> object:
        if tag != "ENV":
            return None
        if isinstance(node, yaml.ScalarNode):
            return os.environ.get(node.value)
        *names, default = loader.construct_sequence(node)
        return next((os.environ[name] for name in [*names, default] if name in os.environ), default)

    Loader.add_multi_constructor("!", tagged)
    Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), Loader)  # noqa: S506 -- a SafeLoader
    except (yaml.YAMLError, ValueError, OSError) as error:  # ValueError: not UTF-8, no such date
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path.name} cannot be read: {reason}", hint="Mend that line.") from error
    return document if isinstance(document, dict) else {}


def _enabled(plugins: object, door: str) -> dict[str, Any] | None:
    """Find `presswork` in a list of names and one-key tables, or in a table."""
    items = list(plugins.items()) if isinstance(plugins, dict) else []
    for item in plugins if isinstance(plugins, list) else []:
        items += item.items() if isinstance(item, dict) else [(item, None)]
    tables = [table or {} for name, table in items if name == "presswork"]
    if len(tables) > 1:
        raise ConfigError(
            f"{door} enables presswork {len(tables)} times.",
            hint="Enable it once; several places go under `targets:`.",
        )
    if tables and not isinstance(tables[0], dict):
        raise ConfigError(f"{door}: the settings of presswork are not a table.", hint="Write `key: value` lines.")
    return {key: value for key, value in tables[0].items() if key != "enabled"} if tables else None  # MkDocs' own key
