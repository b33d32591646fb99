"""What is done with releases: `status`, `history`, `diff`, `rollback`, `promote`, `verify`, `unpublish` and others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from presswork import releases
from presswork import rollback as going_back
from presswork.cli.common import json_option, one_target, print_report, targets_option, where_options
from presswork.errors import ConfigError
from presswork.project import load

if TYPE_CHECKING:
    from presswork.project import Project
    from presswork.settings import Target

__all__ = ["claim", "diff", "history", "promote", "prune", "rollback", "status", "unpublish", "verify"]


@click.command()
@where_options
@targets_option
@json_option
def status(*, project: Project, targets: tuple[str, ...], as_json: bool) -> int:
    """Say what is live, and what was begun and not finished."""
    report = releases.status(project, targets or tuple(project.settings.targets))
    if not as_json:
        for target in report.targets:
            live = "live" if target.release else "nothing is live" if target.error is None else "unknown"
            click.echo(f"{target.target} ({target.host}): {live}")
    return print_report(report, as_json=as_json)


@click.command()
@where_options
@targets_option
@click.option("--at", metavar="TIME", help="What was live then: a day (its end), or a time in ISO 8601.")
@json_option
def history(*, project: Project, targets: tuple[str, ...], at: str | None, as_json: bool) -> int:
    """List deployments and previews, newest first."""
    return print_report(releases.history(project, targets, at=at), as_json=as_json)


@click.command()
@click.argument("before")
@click.argument("after", default="live")
@where_options
@one_target
@json_option
def diff(before: str, after: str, *, project: Project, target: Target, as_json: bool) -> int:
    """Compare deployment BEFORE with AFTER, which is the live one where it is not named."""
    return print_report(releases.diff(project, target, before, after), as_json=as_json, files=True)


@click.command()
@click.argument("release", metavar="[ID]", required=False)
@where_options
@one_target
@json_option
def rollback(release: str | None, *, project: Project, target: Target, as_json: bool) -> int:
    """Make an earlier deployment live again: ID, or the one before."""
    return print_report(going_back.rollback(project, target, release), as_json=as_json)


@click.command()
@click.argument("release", metavar="ID")
@where_options
@one_target
@json_option
def promote(release: str, *, project: Project, target: Target, as_json: bool) -> int:
    """Make the preview ID, or the one of that alias, live."""
    return print_report(going_back.promote(project, target, release), as_json=as_json)


@click.command()
@click.argument("directory", metavar="[DIR]", required=False)
@where_options
@targets_option
@click.option("--full", is_flag=True, help="Leave nothing to a sample.")
@json_option
def verify(directory: str | None, *, project: Project, targets: tuple[str, ...], full: bool, as_json: bool) -> int:
    """Compare what is live with DIR, or with what was deployed."""
    work = None
    if directory is not None:
        from presswork.cli.sites import find_site
        from presswork.work import read

        digests = [project.host(target).capabilities.digest for target in project.targets(targets)]
        work = read(find_site(directory, project, quiet=True), project, digests, lambda _event: None)
        if not len(work.manifest):
            raise ConfigError(f"{directory} has no files to compare with.", hint="Name the built folder.")
    manifest, source = (work.manifest, work.source) if work else (None, None)
    report = releases.verify(project, targets, manifest=manifest, source=source, full=full)
    return print_report(report, as_json=as_json)


@click.command()
@where_options
@one_target
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def unpublish(*, project: Project, target: Target, yes: bool, as_json: bool) -> int:
    """Take the live site off."""
    if load(project.host_type(target)).capabilities.retires and not yes:
        raise ConfigError(
            f"This deletes {target.name} at its host for ever, and nobody can have its address again.",
            hint="If that is meant, add --yes.",
        )
    _confirm(f"Take {target.name} off, so that nothing is live there?", yes=yes)
    return print_report(releases.unpublish(project, target), as_json=as_json)


@click.command()
@where_options
@one_target
@json_option
def claim(*, project: Project, target: Target, as_json: bool) -> int:
    """Make a site your account's that was made without an account."""
    return print_report(releases.claim(project, target), as_json=as_json)


@click.command()
@where_options
@targets_option
@click.option("--keep", type=click.IntRange(min=1), metavar="NUMBER", help="How many deployments stay. Default: `10`.")
@click.option("--previews", "of_previews", is_flag=True, help="Delete previews instead, by age or by branch.")
@click.option("--older-than", "age", metavar="AGE", help="Previews that are older than this: 36h, 14d, 2w.")
@click.option("--branches", metavar="FILE", help="Previews of no branch that FILE (-: standard input) lists.")
@click.option("--branch", "named", metavar="NAME", multiple=True, help="The same for a branch that is named here.")
@json_option
def prune(
    *,
    project: Project,
    targets: tuple[str, ...],
    keep: int | None,
    of_previews: bool,
    age: str | None,
    branches: str | None,
    named: tuple[str, ...],
    as_json: bool,
) -> int:
    """Delete the files of all but the newest deployments; what is live and previews stay. Or delete old previews.

    A preview is deleted where all that is said of it holds; one without an alias is of no branch and is kept with
    --branches. Lines of FILE are branches, or aliases such as pull-7.
    """
    of_branches = branches is not None or bool(named)
    if of_previews != (of_branches or age is not None) or (of_previews and keep is not None):
        raise ConfigError(
            "--previews goes with --older-than, --branches or --branch, they with it, and --keep with neither.",
            hint="presswork prune --previews --older-than 14d, or presswork prune --keep 10",
        )
    if not of_previews:
        return print_report(releases.prune(project, targets, keep=keep or 10), as_json=as_json)
    from presswork.previews import age_of, prune_previews

    older_than = age_of(age) if age is not None else None
    listed = [*filter(None, named), *(_listed(branches) if branches else ())]
    report = prune_previews(project, targets, older_than=older_than, branches=listed if of_branches else None)
    return print_report(report, as_json=as_json)


def _listed(name: str) -> list[str]:
    """Return the lines of a file, or of standard input for `-`, that hold something."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name} cannot be read: {error}.", hint="Give a text file of one branch a line.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("This needs a yes, and there is no terminal to ask on.", hint="Add --yes.")
    click.confirm(question, abort=True, err=True)
