"""Where a configuration is looked for, and how each file is read: nothing of the user's is ever executed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from presswork.documents import inherited
from presswork.errors import ConfigError
from presswork.settings import Settings, read_settings
from presswork.state import project_root

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GENERATOR_FILES", "base_table", "find_settings", "generator_table", "layered", "layered_anew", "upwards"]

GENERATOR_FILES: Final = ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml")
_OVER: Final = " over "


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
    """Lay a generator's table over that of `presswork.toml` or `[tool.presswork]` at the project's root.

    Relative paths in each start from the folder of its file.
    """
    root = project_root(folder)
    below, below_door = base_table(root) or ({}, "")
    if isinstance(below.get("records"), str):
        below["records"] = str(root / below["records"])
    both = f"{door}{_OVER}{below_door}" if below_door else door
    settings = read_settings({**below, **table}, door=both, folder=folder, environ=environ)
    targets = settings.targets
    if root != folder and "targets" not in table:
        targets = {
            name: msgspec.structs.replace(target, from_root=tuple(key for key in target.options if key not in table))
            for name, target in targets.items()
        }
    return msgspec.structs.replace(settings, targets=targets, table=dict(table))


def layered_anew(settings: Settings) -> Settings:
    """Lay the table of a build's settings over what `presswork.toml` says now."""
    if settings.table is None:
        return settings
    return layered(settings.table, door=settings.door.partition(_OVER)[0], folder=Path(settings.folder))


def base_table(folder: Path) -> tuple[dict[str, Any], str] | None:
    """Return the table of `presswork.toml` or of `[tool.presswork]` and the words for where it stands."""
    own, tools = _toml(folder / "presswork.toml"), (_toml(folder / "pyproject.toml") or {}).get("tool")
    table = tools.get("presswork") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError("[tool.presswork] is not a table.", hint="Write `key = value` lines below it.")
    if own is not None and table is not None:
        raise ConfigError(
            "Both presswork.toml and [tool.presswork] in pyproject.toml configure Presswork.",
            hint="Keep one of them.",
        )
    if own is not None:
        return own, "presswork.toml"
    return None if table is None else (table, "[tool.presswork]")


def _toml(path: Path) -> dict[str, Any] | None:
    """Return what a file holds; None where it is not there, or is a pyproject.toml that does not concern us."""
    own = path.name == "presswork.toml"
    try:
        text = path.read_text(encoding="utf-8")
        if not own and "presswork" not in text:
            return None
        import tomllib  # which not every build needs

        return tomllib.loads(text)
    except FileNotFoundError:
        return None
    except ValueError as error:  # not TOML, not UTF-8
        if not own:
            return None  # those who use it will say
        raise ConfigError(f"{path.name} is not valid TOML: {error}.", hint="Mend that line.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", hint="Make the file readable.") from error


def generator_table(path: Path) -> dict[str, Any] | None:
    """Return the table of the plugin `presswork` in a generator's YAML file; None where it is not enabled there.

    It is laid over the file it inherits from, as MkDocs does it: tables are merged, lists replaced.
    """
    plugins = inherited(path).get("plugins")
    return None if plugins is None else _enabled(plugins, path.name)


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
