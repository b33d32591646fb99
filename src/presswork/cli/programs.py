"""Adding Presswork to a settings file that is a Python program: at its end, where that is sure to be right.

Such a file is read and never run. Where only running it would tell what it holds, nothing is written.
"""

from __future__ import annotations

import ast
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from presswork.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Program", "find_program", "with_lines"]


class Program(NamedTuple):
    """A generator's settings file: the list that names plugins, and the name of our table.

    `others` are the plugins that the generator loads by itself as long as there is no such list.
    """

    path: Path
    generator: str
    list: str
    table: str
    others: Callable[[], Iterator[str]]

    @property
    def plugin(self) -> str:
        """The name of our plugin, which is that of the generator's adapter."""
        return f"presswork_{self.generator}"


def find_program() -> Program | None:
    """Return the settings file of the Pelican or Sphinx site in the working folder; None where there is none.

    Pelican's is that which it publishes with, so that what is built while writing stays as it is.
    """
    for name in ("publishconf.py", "pelicanconf.py"):
        if Path(name).is_file():
            return Program(Path(name), "pelican", "PLUGINS", "PRESSWORK", _loaded_by_pelican)
    for name in _CONF:
        if Path(name).is_file() and _SPHINX & {*_stored(_parsed(Path(name)))}:
            return Program(Path(name), "sphinx", "extensions", "presswork", lambda: iter(()))
    return None


def with_lines(program: Program, text: str, table: Mapping[str, str | float]) -> str:
    """Return the text of the file with the lines that switch Presswork on; `ConfigError` where that is not sure."""
    name = program.path.name
    if program.plugin in _strings(program.path):
        raise ConfigError(f"{name} enables presswork already.", hint="Build the site, then: presswork status")
    there = _makes_list(program.path, program.list)
    others = [] if there else [_literal(other) for other in sorted({*program.others()})]
    items = ", ".join([*([f"*{program.list}"] if there is not False else others), _literal(program.plugin)])
    pairs = ", ".join(f"{_literal(key)}: {_literal(value)}" for key, value in table.items())
    lines = f"{program.list} = [{items}]", f"{program.table} = {{{pairs}}}"
    if there is None or _makes_list(program.path, program.table) is not False:
        raise ConfigError(
            f"Only running {name} would tell what its `{program.list}` and `{program.table}` are.",
            hint=f"Add this to it by hand: {'; '.join(lines)}",
        )
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}\n{lines[0]}\n{lines[1]}\n"


def _makes_list(path: Path, name: str, *, deeper: bool = True) -> bool | None:
    """Say whether a file makes a list of that name, itself or by what it imports from beside it; None: not sure."""
    tree = _parsed(path)
    found: bool | None = False
    plain = 0
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if [target.id for target in targets if isinstance(target, ast.Name)] == [name]:
                plain += 1
                before = found if isinstance(statement, ast.AugAssign) else True
                found = before if isinstance(statement.value, ast.List | ast.Tuple) else None
        elif beside := _all_of(statement, path):
            below = _makes_list(beside, name, deeper=False) if deeper else None
            found = found if below is False else below
    unread = any(_star(node) and not _all_of(node, path) for node in ast.walk(tree))
    return None if unread or [*_stored(tree)].count(name) != plain else found


def _star(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _all_of(node: ast.AST, path: Path) -> Path | None:
    """Return the file beside this one of which everything is imported."""
    beside = path.parent / f"{node.module}.py" if isinstance(node, ast.ImportFrom) and _star(node) else None
    return beside if beside is not None and beside.is_file() else None


def _stored(tree: ast.AST) -> Iterator[str]:
    """Yield every name that is given a value, or lost its value, anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def _strings(path: Path) -> Iterator[str]:
    """Yield every text in a file, and in those beside it of which it imports everything."""
    files = [path, *filter(None, (_all_of(node, path) for node in ast.walk(_parsed(path))))]
    for node in (node for file in files for node in ast.walk(_parsed(file))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _parsed(path: Path) -> ast.Module:
    try:
        with tokenize.open(path) as file:
            return ast.parse(file.read())
    except (SyntaxError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path.name} cannot be read: {reason}", hint="Mend that line.") from error


def _loaded_by_pelican() -> Iterator[str]:
    """Yield the plugins that Pelican finds by itself: the packages of its namespace, which are not imported here."""
    for place in sys.path:
        for found in Path(place, "pelican", "plugins").glob("*/__init__.py"):
            yield found.parent.name


def _literal(value: str | float) -> str:
    return msgspec.json.encode(value).decode() if isinstance(value, str) else repr(value)


_CONF: Final = ("conf.py", "docs/conf.py", "docs/source/conf.py", "source/conf.py", "doc/conf.py")
_SPHINX: Final = {"extensions", "html_theme", "project"}
"""A file of so common a name is Sphinx's where it sets one of these."""
