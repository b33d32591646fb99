"""Writes what the code knows into the pages of the reference: all that stands there between two marks.

    <!-- begin: NAME -->
    <!-- end: NAME -->

`python docs/generate.py` writes the pages, `--check` exits with 1 and names those that are out of date. What each key
and field means stands in `words.toml`; one that lacks its words is an error, and so are words for what is not there.
"""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
from code_reading import classes, findings, signatures, source_files
from tables import default_words, fields_of, paragraphs, setting_words, structs_in, table, type_words

from presswork import abilities, aftermath, errors, events, hookspecs, host, journal, report, settings
from presswork.cli import COMMANDS, app
from presswork.ignore import DEFAULTS
from presswork.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msgspec.inspect import Field

HERE: Final = Path(__file__).parent
_REGION: Final = re.compile(r"(<!-- begin: (\S+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)
_POINTS: Final = {point.module for point in distribution("presswork").entry_points if point.group != "console_scripts"}
_FILES: Final = source_files(*(import_module(name) for name in ["presswork", *sorted(_POINTS)]))
"""The modules of the core and of the plugins that come with it."""


class Words:
    """What is said of each key, by section; knows which keys were asked for."""

    def __init__(self, path: Path) -> None:
        self._table: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
        self._asked: set[tuple[str, str]] = set()

    def of(self, section: str, key: str) -> str:
        """Return the words for a key; empty where there are none."""
        self._asked.add((section, key))
        return self._table.get(section, {}).get(key, "")

    def troubles(self) -> list[str]:
        """Say which keys have no words, and which words are about nothing."""
        said = {(section, key) for section, table in self._table.items() for key in table}
        lacking = [f"no words for {key!r} in [{section}]" for section, key in sorted(self._asked - said)]
        return lacking + [f"words about nothing: {key!r} in [{section}]" for section, key in sorted(said - self._asked)]


def main(arguments: list[str]) -> int:
    """Write the pages or, with `--check`, compare them; return the exit code."""
    words = Words(HERE / "words.toml")
    parts = {name: "\n".join(make(words)).rstrip() for name, make in _PARTS.items()}
    troubles = [f"words.toml: {trouble}" for trouble in words.troubles()]
    homeless = set(parts)
    stale = []
    for page in sorted((HERE / "reference").glob("*.md")):
        before = page.read_text(encoding="utf-8")
        after = _REGION.sub(lambda found: f"{found[1]}\n{parts[found[2]]}\n\n{found[3]}", before)
        homeless -= {found[2] for found in _REGION.finditer(before)}
        if after != before:
            stale.append(page)
            if "--check" not in arguments:
                page.write_text(after, encoding="utf-8")
    if troubles := troubles + [f"on no page: {name}" for name in sorted(homeless)]:
        raise SystemExit("\n".join(troubles))
    for page in stale:
        state = "is out of date: run python docs/generate.py" if "--check" in arguments else "is written"
        sys.stdout.write(f"docs/reference/{page.name} {state}\n")
    return 1 if stale and "--check" in arguments else 0


def _settings(words: Words) -> Iterator[str]:
    yield from _keys(words, "settings", settings._Table)


def _target(words: Words) -> Iterator[str]:
    yield from _keys(words, "target", settings._TargetTable)


def _hosts(_words: Words) -> Iterator[str]:
    for kind in _ours():
        yield f"### `{kind.name}`\n\n{kind.summary}\n\n{paragraphs(kind.options.__doc__)}\n"
        rows = [[*_key(field), _variable(kind, field.name)] for field in fields_of(kind.options)]
        yield from table(["Key", "Type", "Default", "Environment"], rows)
        if kind.secrets:
            yield f"Credentials, from the environment: {', '.join(f'`{name}`' for name in kind.secrets.values())}.\n"


def _ours() -> list[host.HostType]:
    plugins = Plugins()
    plugins.hosts()
    return [kind for plugin in plugins.installed if plugin.distribution == "presswork" for kind in plugin.hosts]


def _variable(kind: host.HostType, key: str) -> str:
    name = f"`{kind.variables[key]}`" if key in kind.variables else ""
    return f"{name} or `-o`, never a file".strip() if key in kind.unfiled else name


def _ignored(_words: Words) -> Iterator[str]:
    yield "\n".join(["```text", *DEFAULTS, "```"])


def _environment(words: Words) -> Iterator[str]:
    text = "".join(file.read_text(encoding="utf-8") for file in _FILES)
    of_hosts = {name for kind in _ours() for name in kind.variables.values()}
    names = sorted(set(re.findall(r"\"(PRESSWORK_[A-Z_]*[A-Z]|NO_COLOR)\"", text)) - of_hosts)
    yield from table(["Variable", "What it does"], [[f"`{name}`", words.of("environment", name)] for name in names])


def _commands(_words: Words) -> Iterator[str]:
    for name in COMMANDS:
        command = app.get_command(click.Context(app), name)
        assert command is not None  # noqa: S101 -- for the type checker
        usage = [f"presswork {name}", *command.collect_usage_pieces(click.Context(command))]
        yield f"## {name}\n\n```text\n{' '.join(usage)}\n```\n\n{command.help}\n"
        rows = [_option(option) for option in command.params if isinstance(option, click.Option)]
        yield from table(["Option", "What it does"], rows)


def _hooks(_words: Words) -> Iterator[str]:
    for name, signature, doc in signatures(hookspecs, "presswork_"):
        yield f"## {name}\n\n```python\n{signature}\n```\n\n{doc}\n"


def _events(_words: Words) -> Iterator[str]:
    yield from _classes(events)


def _host(_words: Words) -> Iterator[str]:
    yield from _classes(host)
    yield from _classes(abilities)


def _abilities(_words: Words) -> Iterator[str]:
    able = [(word, kind.__name__, kind.__doc__ or "") for word, kind in abilities.ABILITIES.items()]
    rows = [[f"`{word}`", f"[{name}](#{name.lower()})", doc] for word, name, doc in able]
    yield from table(["Word", "Protocol", "Meaning"], rows)


def _report(words: Words) -> Iterator[str]:
    heads = {"schema": "integer", "presswork": "string", "command": "string", "outcome": "[outcome](#outcomes)"}
    document = msgspec.json.decode(report.Report(command="").to_json())
    types = heads | {field.name: type_words(field.type) for field in fields_of(report.Report)}
    rows = [[f"`{key}`", types[key], words.of("report", key)] for key in document]
    yield f"## The document\n\n{paragraphs(report.Report.__doc__)}\n"
    yield from table(["Field", "Type", "Meaning"], rows)
    for struct in structs_in(report.Report):
        yield f"## {struct.__name__}\n\n{paragraphs(struct.__doc__)}\n"
        section = f"report.{struct.__name__}"
        fields = [field for field in fields_of(struct) if field.name != "exit_with"]
        rows = [[f"`{field.name}`", type_words(field.type), words.of(section, field.name)] for field in fields]
        yield from table(["Field", "Type", "Meaning"], rows)


def _outcomes(words: Words) -> Iterator[str]:
    rows = []
    for outcome in report.Outcome.__args__:  # type: ignore[attr-defined]
        code = report.Report(command="", targets=[report.TargetReport(target="", host="", outcome=outcome)]).exit_code
        rows.append([f"`{outcome}`", str(code), words.of("outcomes", outcome)])
    yield from table(["Outcome", "Exit code", "Meaning"], rows)


def _journal(words: Words) -> Iterator[str]:
    rows = [[f"`{f.name}`", setting_words(f.type), words.of("journal", f.name)] for f in fields_of(journal.Line)]
    yield from table(["Field", "Type", "Meaning"], rows)


def _steps(words: Words) -> Iterator[str]:
    steps = journal.Step.__args__  # type: ignore[attr-defined]
    yield from table(["Step", "Written"], [[f"`{step}`", words.of("steps", step)] for step in steps])


def _exit_codes(words: Words) -> Iterator[str]:
    codes = {0, 4} | {kind.exit_code for kind in _errors()}
    rows = [[f"`{code}`", words.of("exit", str(code))] for code in sorted(codes)]
    yield from table(["Exit code", "Meaning"], rows)


def _error_tree(_words: Words) -> Iterator[str]:
    _, _, tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")
    yield f"```text\n{tree}\n```"


def _error_codes(_words: Words) -> Iterator[str]:
    rows = [
        [f"`{kind.code}`", f"`{kind.__name__}`", str(kind.exit_code), paragraphs(kind.__doc__).partition("\n")[0]]
        for kind in _errors()
    ]
    superseded = aftermath.SUPERSEDED
    rows.append([f"`{superseded.code}`", "none: an outcome", "1", superseded.message])
    rows.sort(key=lambda row: (int(row[2]), row[0]))
    yield from table(["`code`", "Exception", "Exit code", "Meaning"], rows)


def _errors() -> list[type[errors.PressworkError]]:
    kinds = [getattr(errors, name) for name in errors.__all__]
    return sorted(kinds, key=lambda kind: (kind.exit_code, kind.code))


def _findings(_words: Words) -> Iterator[str]:
    rows = [[f"`{f.code}`", f.severity, f.message, f.hint] for f in findings(_FILES)]
    yield from table(["Code", "Severity", "Message", "Hint"], rows)


_PARTS: Final[dict[str, Callable[[Words], Iterator[str]]]] = {
    "settings": _settings,
    "target": _target,
    "hosts": _hosts,
    "ignored": _ignored,
    "environment": _environment,
    "commands": _commands,
    "hooks": _hooks,
    "events": _events,
    "host": _host,
    "abilities": _abilities,
    "report": _report,
    "outcomes": _outcomes,
    "journal": _journal,
    "steps": _steps,
    "exit-codes": _exit_codes,
    "error-tree": _error_tree,
    "error-codes": _error_codes,
    "findings": _findings,
}


def _classes(module: Any) -> Iterator[str]:
    for name, shape, doc, methods in classes(module):
        yield f"### {name}\n\n{paragraphs(doc)}\n\n```python\n{shape}\n```\n"
        for method, said in methods:
            yield f"- `{method}`: {' '.join(said.split())}"
        if methods:
            yield ""


def _keys(words: Words, section: str, struct: type) -> Iterator[str]:
    rows = [[*_key(field), words.of(section, field.name)] for field in fields_of(struct)]
    yield from table(["Key", "Type", "Default", "Meaning"], rows)


def _key(field: Field) -> list[str]:
    return [f"`{field.name}`", setting_words(field.type), default_words(field)]


def _option(option: click.Option) -> list[str]:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if not option.is_flag:
        value = option.metavar or ("NUMBER" if isinstance(option.type, click.types.IntParamType) else "TEXT")
        long = f"{option.opts[-1]}{'' if value.startswith('[=') else ' '}{value}"
        names = ", ".join(f"`{name}`" for name in [*option.opts[:-1], long])
    said = option.help or ""
    said += f" Default: `{option.default}`." if option.show_default else ""
    said += f" Variable: `{option.envvar}`." if option.envvar else ""
    return [names, said]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
