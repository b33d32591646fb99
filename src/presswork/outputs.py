"""Where generators put their sites, by what their configuration files say; those that are programs are not run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from presswork.documents import inherited, read
from presswork.doors import GENERATOR_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LOOKED_FOR", "outputs"]

Rule = "Callable[[Path], Iterator[Path | str]]"
"""From a configuration file to the folders its generator may build into, absolute or relative to the file's."""


def outputs(folder: Path) -> dict[Path, str]:
    """Return the folders of finished sites that the configurations in a folder mean, each with the reason."""
    found: dict[Path, str] = {}
    for names, rule in _RULES:
        name = next((name for name in names if (folder / name).is_file()), None)
        if name is None:
            continue
        file = folder / name
        reason = (
            f"the folder {name} builds into"
            if file.suffix in _READ
            else f"the usual one beside {name}, which is not run"
        )
        for place in rule(file):
            built = Path(os.path.normpath(file.parent / place))
            if built.is_dir():
                found.setdefault(built, reason)
    return found


def _mkdocs(path: Path) -> Iterator[str]:
    yield _text(inherited(path).get("site_dir"), "site")


def _zensical(path: Path) -> Iterator[str]:
    project = read(path).get("project")
    yield _text(project.get("site_dir") if isinstance(project, dict) else None, "site")


def _hugo(path: Path) -> Iterator[Path]:
    said = {key.lower(): value for key, value in read(path).items()}  # whose keys may be spelt in any case
    project = path.parents[2] if path.parent.name == "_default" else path.parent
    yield project / _text(said.get("publishdir"), "public")


def _jekyll(path: Path) -> Iterator[str]:
    yield _text(read(path).get("destination"), "_site")


def _sphinx(path: Path) -> Iterator[Path]:
    """Yield what `make html` and `make dirhtml` make, with the Makefile of sphinx-quickstart or with none."""
    places = [(path.parent, "_build")]
    if path.parent.name in {"doc", "docs", "source"}:
        places.append((path.parents[1], "build"))
    for folder, usual in places:
        makefile = folder / "Makefile"
        said = _BUILDDIR.search(makefile.read_text(errors="replace")) if makefile.is_file() else None
        for builder in ("html", "dirhtml"):
            yield folder / (said[1] if said else usual) / builder


def _always(*places: str) -> Callable[[Path], Iterator[Path | str]]:
    """Return the rule of a generator whose configuration is a program: its default."""
    return lambda _path: iter(places)


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) and value else default


def _scripts(name: str) -> tuple[str, ...]:
    return tuple(f"{name}.{kind}" for kind in ("js", "mjs", "cjs", "ts", "mts"))


_READ: Final = {".toml", ".json", ".yml", ".yaml"}
_BUILDDIR: Final = re.compile(r"^BUILDDIR[ \t]*[?:]?=[ \t]*([^\s$#]+)", re.MULTILINE)
_HUGO: Final = tuple(
    f"{folder}{name}.{kind}"
    for folder in ("", "config/_default/")
    for name in ("hugo", "config")
    for kind in ("toml", "yaml", "yml", "json")
)
_RULES: Final = (
    (GENERATOR_FILES, _mkdocs),
    (("zensical.toml",), _zensical),
    (_HUGO, _hugo),
    (("conf.py", "docs/conf.py", "docs/source/conf.py", "source/conf.py", "doc/conf.py"), _sphinx),
    (("pelicanconf.py",), _always("output")),
    (("_config.yml", "_config.yaml", "_config.toml"), _jekyll),
    ((".eleventy.js", *_scripts("eleventy.config")), _always("_site")),
    (_scripts("astro.config"), _always("dist")),
    (_scripts("docusaurus.config"), _always("build")),
    (_scripts(".vitepress/config"), _always("dist")),
    (_scripts("docs/.vitepress/config"), _always("dist")),
)
LOOKED_FOR: Final = tuple(names[0] for names, _ in _RULES)
"""One name of each generator's configuration, for messages."""
