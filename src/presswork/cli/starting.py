"""`init`: the few lines that switch Presswork on, shown before they are written."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path

import click

from presswork.cli.common import split_options
from presswork.doors import GENERATOR_FILES, generator_table
from presswork.errors import ConfigError

__all__ = ["init"]


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
    options_of(settings.target(), plugins.host(host) if host else plugins.embedded(), settings)

    path = next((Path(name) for name in GENERATOR_FILES if Path(name).is_file()), Path("presswork.toml"))
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if path.name == "presswork.toml":
        if before:
            raise ConfigError(
                "presswork.toml is there already.", hint="Edit it; docs/reference/settings.md has its keys."
            )
        after = "".join(f'{key} = "{value}"\n' for key, value in table.items()) or "# The embedded local host.\n"
    elif generator_table(path) is not None:
        raise ConfigError(f"{path.name} enables presswork already.", hint="Build the site, then: presswork status")
    else:
        after = _with_plugin(before, table, path.name)
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), path.name, path.name, lineterm=""):
        click.echo(line)
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("Nothing was written: there is no terminal to ask on.", hint="Add --yes.")
        click.confirm(f"Write {path.name}?", abort=True, err=True)
    path.write_text(after, encoding="utf-8")
    click.echo(f"{path.name} is written. Build the site as always.", err=True)
    return 0


def _with_plugin(text: str, table: dict[str, str], name: str) -> str:
    """Add the plugin to a YAML file's list, changing no other line."""
    found = re.search(
        r"^plugins:[ \t]*(?:#.*)?\n((?:[ \t]*(?:#.*)?\n|[ \t]*- .*\n?|[ \t]+\S.*\n?)*)", text, re.MULTILINE
    )
    if found is None and re.search(r"^(plugins|INHERIT):", text, re.MULTILINE):
        raise ConfigError(
            f"The `plugins:` of {name} are not a list of one line each.",
            hint="Add it by hand: " + " ".join(_lines(table, "").split()),
        )
    if found is None:
        # A file without `plugins` has the search plugin; naming any plugin takes it away.
        return f"{text.rstrip()}\n\nplugins:\n  - search\n{_lines(table, '  ')}"
    block = found[1].rstrip()
    first = re.search(r"^([ \t]*)- ", block, re.MULTILINE)
    end = found.start(1) + len(block)
    return f"{text[:end]}\n{_lines(table, first[1] if first else '  ')}{text[end:].lstrip(chr(10)) and text[end + 1 :]}"


def _lines(table: dict[str, str], indent: str) -> str:
    if not table:
        return f"{indent}- presswork\n"
    keys = "".join(f"{indent}    {key}: {value}\n" for key, value in table.items())
    return f"{indent}- presswork:\n{keys}"
