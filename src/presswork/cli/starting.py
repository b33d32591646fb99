"""`init`: the few lines that switch Presswork on, shown before they are written."""

from __future__ import annotations

import difflib
import re
import sys
import tokenize
from pathlib import Path
from typing import Final

import click
import msgspec

from presswork.cli.common import split_options
from presswork.cli.programs import find_program, with_lines
from presswork.doors import GENERATOR_FILES, generator_table
from presswork.errors import ConfigError

__all__ = ["init"]

# The lines of a list up to its last item: comments after that belong to what follows.
_ITEMS: Final = re.compile(r"(?:(?:[ \t]*(?:#.*)?\n)*[ \t]*[^#\s].*\n?)*")
_FIRST: Final = re.compile(r"(?:[ \t]*(?:#.*)?\n)*([ \t]*)- ")


@click.command()
@click.option("--host", metavar="NAME", help="The host to deploy to; the embedded one where none is named.")
@click.option("-o", "--option", "options", metavar="KEY=VALUE", multiple=True, help="An option of the host.")
@click.option("--yes", is_flag=True, help="Write without asking.")
def init(*, host: str | None, options: tuple[str, ...], yes: bool) -> int:
    """Add Presswork to the generator's configuration here, or write presswork.toml."""
    from presswork.plugins import Plugins
    from presswork.settings import options_of, read_settings

    table = {**({"host": host} if host else {}), **split_options(options)}
    settings = read_settings(table, door="the command line", folder=Path.cwd(), flags=True)
    plugins = Plugins()
    target = settings.target()
    read = options_of(target, plugins.host(host) if host else plugins.embedded(), settings)
    values = {key: _typed(text, getattr(target, key, None) or getattr(read, key, None)) for key, text in table.items()}

    path = next((Path(name) for name in GENERATOR_FILES if Path(name).is_file()), None)
    program = find_program() if path is None else None
    path = path or (program.path if program else Path("presswork.toml"))
    before, encoding, newline = _read(path)
    if program is not None:
        after = with_lines(program, before, values)
    elif path.name == "presswork.toml":
        if before:
            raise ConfigError(
                "presswork.toml is there already.", hint="Edit it; docs/reference/settings.md has its keys."
            )
        after = (
            "".join(f"{key} = {_quoted(value)}\n" for key, value in values.items()) or "# The embedded local host.\n"
        )
    elif generator_table(path) is not None:
        raise ConfigError(f"{path.name} enables presswork already.", hint="Build the site, then: presswork status")
    else:
        after = _with_plugin(before, values, path.name)
    name = path.as_posix()
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm=""):
        click.echo(line)
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("Nothing was written: there is no terminal to ask on.", hint="Add --yes.")
        click.confirm(f"Write {name}?", abort=True, err=True)
    path.write_text(after, encoding=encoding, newline=newline)
    click.echo(f"{name} is written. Build the site as always.", err=True)
    return 0


def _read(path: Path) -> tuple[str, str, str]:
    """Return a file's text, its encoding and how its lines end; what is not there is empty."""
    if not path.exists():
        return "", "utf-8", "\n"
    if path.suffix != ".py":
        text, encoding = path.read_text(encoding="utf-8"), "utf-8"
    else:
        with tokenize.open(path) as file:  # which looks for a line that names another encoding
            text, encoding = file.read(), file.encoding
    return text, encoding, "\r\n" if b"\r\n" in path.read_bytes() else "\n"


def _with_plugin(text: str, table: dict[str, str | float], name: str) -> str:
    """Add the plugin to a YAML file's list, changing no other line."""
    found = re.search(
        r"^plugins:[ \t]*(?:#.*)?\n((?:[ \t]*(?:#.*)?\n|[ \t]*- .*\n?|[ \t]+\S.*\n?)*)", text, re.MULTILINE
    )
    if found is None and not re.search(r"^(plugins|INHERIT):", text, re.MULTILINE):
        # A file without `plugins` has the search plugin; naming any plugin takes it away.
        return f"{text.rstrip()}\n\nplugins:\n  - search\n{_lines(table, '  ')}"
    block = _ITEMS.match(found[1] if found else "")
    first = _FIRST.match(block[0]) if block else None
    if found is None or block is None or (block[0] and first is None):
        raise ConfigError(
            f"The `plugins:` of {name} are not a list of one line each.",
            hint="Add it by hand: " + " ".join(_lines(table, "").split()),
        )
    end = found.start(1) + block.end()
    return f"{text[:end].rstrip(chr(10))}\n{_lines(table, first[1] if first else '  ')}{text[end:]}"


def _lines(table: dict[str, str | float], indent: str) -> str:
    if not table:
        return f"{indent}- presswork\n"
    keys = "".join(f"{indent}    {key}: {_plain(value)}\n" for key, value in table.items())
    return f"{indent}- presswork:\n{keys}"


def _typed(text: str, read: object) -> str | float:
    """Return a number that was given as text as the number it was read as."""
    return read if isinstance(read, int | float) else text


def _quoted(value: str | float) -> str:
    """Return a value as JSON, which TOML and YAML understand."""
    return msgspec.json.encode(value).decode()


def _plain(value: str | float) -> str:
    """Return a value without quotes where YAML reads it as the same."""
    import yaml

    try:
        return value if isinstance(value, str) and yaml.safe_load(value) == value else _quoted(value)
    except (yaml.YAMLError, ValueError):
        return _quoted(value)
