"""What several commands share: the options that name a target, opening a project, and printing a report."""

from __future__ import annotations

import os
import sys
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from presswork.builds import last_build
from presswork.doors import GENERATOR_FILES, find_settings, generator_table, layered, layered_anew, upwards
from presswork.errors import ConfigError
from presswork.project import Project
from presswork.report.terminal import lines, trouble
from presswork.settings import read_settings, with_options
from presswork.state import State, configurations, project_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from presswork.builds import Build
    from presswork.report import Report
    from presswork.settings import Settings

__all__ = [
    "json_option",
    "one_target",
    "opened",
    "print_report",
    "say_trouble",
    "split_options",
    "targets_option",
    "where_options",
]


def where_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which configuration is meant; the command receives a `Project`."""

    @click.option("-c", "--config", metavar="FILE", help="The configuration: a generator's file, or presswork.toml.")
    @click.option("--host", metavar="NAME", help="Deploy to this host, without a configuration file.")
    @click.option("-o", "--option", "options", metavar="KEY=VALUE", multiple=True, help="An option of the host.")
    @click.option("--trace", metavar="FILE", type=click.File("w"), help="Write the traffic to FILE, without secrets.")
    @wraps(command)
    def with_project(
        *arguments: Any,
        config: str | None,
        host: str | None,
        options: tuple[str, ...],
        trace: TextIO | None,
        **more: Any,
    ) -> Any:
        project = opened(config, host, options)
        project.trace = trace
        project.confide = _confide
        project.where = [*(("--config", config) if config else ()), *(word for o in options for word in ("-o", o))]
        return command(*arguments, project=project, **more)

    return with_project


def targets_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--to` and `--all`; the command receives the names as `targets`."""

    @click.option("--to", "names", metavar="NAME", multiple=True, help="A target of the configuration.")
    @click.option("--all", "every", is_flag=True, help="Every target of the configuration.")
    @wraps(command)
    def with_targets(*arguments: Any, names: tuple[str, ...], every: bool, project: Project, **more: Any) -> Any:
        if names and every:
            raise ConfigError("--to and --all exclude each other.", hint="Give one of them.")
        targets = tuple(project.settings.targets) if every else names
        return command(*arguments, targets=targets, project=project, **more)

    return with_targets


def one_target(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--to` for a command that works on one target, which it receives as `target`."""

    @click.option("--to", "name", metavar="NAME", help="A target of the configuration.")
    @wraps(command)
    def with_target(*arguments: Any, name: str | None, project: Project, **more: Any) -> Any:
        return command(*arguments, target=project.settings.target(name), project=project, **more)

    return with_target


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of words.")


def opened(config: str | None, host: str | None, options: tuple[str, ...]) -> Project:
    """Return the project a command works on, its settings checked."""
    here = Path.cwd()
    if host is not None:
        table = {"host": host, **split_options(options)}
        settings = read_settings(table, door="the command line", folder=here, flags=True)
    else:
        settings = _of_file(Path(config).absolute()) if config else _found(here)
        if options:
            settings = with_options(settings, split_options(options))
    project = Project(settings)
    project.check_settings()
    return project


def print_report(report: Report, *, as_json: bool, quiet: bool = False, files: bool = False) -> int:
    """Print what came of a command and return its exit code."""
    if as_json:
        click.echo(report.to_json(), nl=False)
    elif not quiet:
        for line in lines(report, files=files):
            click.echo(line, color=_color())
    say_trouble(report, quiet=quiet)
    return report.exit_code


def say_trouble(report: Report, *, quiet: bool = False) -> None:
    """Print findings and errors on stderr, each with its hint."""
    colors = {"error": "red", "warning": "yellow", "info": "cyan"}
    for kind, text, hint in trouble(report):
        if quiet and kind != "error":
            continue
        click.secho(f"{kind}: {text}", fg=colors[kind], err=True, color=_color())
        if hint:
            click.echo(f"hint: {hint}", err=True)


def _confide(text: str) -> None:
    """Show a secret to the person at the terminal, and to no file, pipe or log."""
    if sys.stderr.isatty():
        click.secho(text, fg="yellow", err=True, color=_color())


def _color() -> bool | None:
    """No colours where NO_COLOR is set; otherwise as click finds the terminal."""
    return False if os.environ.get("NO_COLOR") else None


def split_options(options: tuple[str, ...]) -> dict[str, str]:
    """Return KEY=VALUE options as a table."""
    table = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or not key:
            raise ConfigError(f"-o {option.split('=')[0]}: there is no value.", hint="Write it as -o KEY=VALUE.")
        table[key] = value
    return table


def _of_file(path: Path) -> Settings:
    if not path.is_file():
        raise ConfigError(f"There is no file {path.name} at {path.parent}.", hint="Give the path of a configuration.")
    if path.suffix in {".yml", ".yaml"}:
        table = generator_table(path)
        if table is None:
            raise ConfigError(
                f"{path.name} does not enable presswork.",
                hint="Add `presswork` to its `plugins:`; `presswork init` does.",
            )
        return layered(table, door=path.name, folder=path.parent)
    if path.name in {"presswork.toml", "pyproject.toml"}:
        found = find_settings(path.parent)
        if found is not None:
            return found
    if path.suffix == ".py":
        build = last_build(State(path.parent))
        if build is not None and build.config == str(path):
            return layered_anew(build.settings)
        raise ConfigError(
            f"No build has recorded the settings of {path.name}, and it is not executed here.",
            hint="Build the site with it first.",
        )
    raise ConfigError(f"{path.name} does not configure Presswork.", hint=f"Known: {', '.join(_known())}.")


def _found(here: Path) -> Settings:
    """Return the nearest configuration, that of the last build, or the embedded default.

    The last build says which of several files it was made with; where that one cannot be read without running it,
    its table is that which the build recorded.
    """
    found = find_settings(here)
    build = _last_of([Path(found.folder)] if found else upwards(here))
    if build is None and (found is None or not any(Path(found.folder, name).is_file() for name in GENERATOR_FILES)):
        build = _last_below(here, needed=found is None)
    if build is None:
        return found or read_settings({}, door="no configuration", folder=here)
    config = Path(build.config) if build.config else None
    if config is not None and config.is_file():
        if config.suffix == ".py":
            return layered_anew(build.settings)
        table = generator_table(config) if config.suffix in {".yml", ".yaml"} else None
        if table is not None:
            return layered(table, door=config.name, folder=config.parent)
    return found or build.settings


def _last_of(places: Iterable[Path]) -> Build | None:
    return next((build for place in places if (build := last_build(State(place)))), None)


def _last_below(here: Path, *, needed: bool) -> Build | None:
    """Return the last build of the one configuration elsewhere in the project, as of docs/conf.py from its root.

    Several are an error where nothing else is configured.
    """
    root = project_root(here)
    builds = {place: build for place in configurations(root) if (build := last_build(State(place)))}
    if len(builds) > 1 and not needed:
        return None
    if len(builds) > 1:
        names = ", ".join(place.relative_to(root).as_posix() for place in builds)
        raise ConfigError(
            f"This project has builds of several configurations: those in {names}.",
            hint="Run this in the folder of the one you mean, or name its file with --config.",
        )
    return next(iter(builds.values()), None)


def _known() -> tuple[str, ...]:
    return (*GENERATOR_FILES, "presswork.toml", "pyproject.toml")
