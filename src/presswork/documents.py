"""Reading the configuration files of generators, in whatever format: nothing of the user's is ever executed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from presswork.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["inherited", "read"]


def read(path: Path) -> dict[str, Any]:
    """Return the table a YAML, TOML or JSON file holds, an empty one where it holds none; `ConfigError` names the file.

    YAML's tags are tolerated: `!ENV` is resolved as MkDocs does, any other stands for None.
    """
    load = {".toml": _toml, ".json": _json}.get(path.suffix) or _yaml(path)
    try:
        document = load(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:  # ValueError: not UTF-8, no such date, not in that format
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path.name} cannot be read: {reason}", hint="Mend that line.") from error
    return document if isinstance(document, dict) else {}


def inherited(path: Path, below: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return a YAML file's table laid over that of the file it inherits from: tables are merged, all else replaced."""
    if path.resolve() in below:
        raise ConfigError(f"{path.name} inherits from itself.", hint="Break the circle of INHERIT.")
    document = read(path)
    parent = document.get("INHERIT")
    if not isinstance(parent, str):
        return document
    return _merged(inherited(path.parent / parent, (*below, path.resolve())), document)


def _merged(below: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    def laid(key: str, value: object) -> object:
        under = below.get(key)
        return _merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value

    return {**below, **{key: laid(key, value) for key, value in over.items()}}


def _toml(text: str) -> object:
    import tomllib

    return tomllib.loads(text)


def _json(text: str) -> object:
    import json

    return json.loads(text)


def _yaml(path: Path) -> Callable[[str], object]:
    try:
        import yaml  # comes with the generator; nothing else needs it
    except ImportError:
        raise ConfigError(
            f"{path.name} cannot be read: PyYAML is not installed here.",
            hint="Install it (pip install pyyaml), or name the built folder and configure Presswork in presswork.toml.",
        ) from None

    class Loader(yaml.SafeLoader):  # type: ignore[misc,unused-ignore]
        pass

    def environment(loader: Any, node: Any) -> object:
        """Resolve `!ENV NAME` and `!ENV [NAME, NAME, default]`; a variable's text is read as YAML, too."""
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for name in map(loader.construct_scalar, nodes[:-1] or nodes):
            if name in os.environ:
                text = os.environ[name]
                tag = loader.resolve(yaml.ScalarNode, text, (True, False))
                return loader.construct_object(yaml.ScalarNode(tag, text))
        return loader.construct_object(nodes[-1]) if len(nodes) > 1 else None

    def load(text: str) -> object:
        try:
            return yaml.load(text, Loader)  # noqa: S506 -- a SafeLoader
        except yaml.YAMLError as error:
            raise ValueError(error) from error

    Loader.add_multi_constructor("!", lambda *_: None)
    Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
    Loader.add_constructor("!ENV", environment)
    return load
