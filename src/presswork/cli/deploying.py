"""`deploy`, `plan` and `check`: what is done with a built folder."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from presswork.cli.common import json_option, print_report, targets_option, where_options
from presswork.cli.progress import shown
from presswork.cli.sites import find_site
from presswork.deploy import deploy as run_deploy
from presswork.errors import ConfigError
from presswork.guards import Allowed
from presswork.report.handed import hand_over

if TYPE_CHECKING:
    from collections.abc import Callable

    from presswork.project import Project

__all__ = ["check", "deploy", "plan"]

_directory = click.argument("directory", metavar="[DIR]", required=False)
_quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
_summary = click.option("--summary", metavar="FILE", help="Write a summary in Markdown to FILE, for a pull request.")
_files = click.option("--files", is_flag=True, help="Name every file that changes, with the reason.")


def _allowed(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what makes an exception from a guard; the command receives it as `allowed`."""

    @click.option(
        "--allow-removals", is_flag=True, envvar="PRESSWORK_ALLOW_REMOVALS", help="Let a large part of the pages go."
    )
    @click.option(
        "--allow-older", is_flag=True, envvar="PRESSWORK_ALLOW_OLDER", help="Let an older commit replace a newer one."
    )
    @click.option("--unpin", is_flag=True, help="Deploy what was rolled back all the same.")
    @wraps(command)
    def with_allowed(*arguments: Any, allow_removals: bool, allow_older: bool, unpin: bool, **more: Any) -> Any:
        allowed = Allowed(removals=allow_removals, older=allow_older, pinned=unpin)
        return command(*arguments, allowed=allowed, **more)

    return with_allowed


class _WithPreview(click.Command):
    """Takes the alias of `--preview` after an equals sign only: what follows a bare one is DIR."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--preview=" if word == "--preview" else word for word in args])


def _preview(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--preview",
        metavar="[=ALIAS]",
        help="Make a preview, which leaves what is live alone. In a CI ALIAS is that of the pull request or branch.",
    )(command)


@click.command(cls=_WithPreview)
@_directory
@where_options
@targets_option
@_preview
@click.option("--dry-run", is_flag=True, help="The same as `presswork plan`.")
@_allowed
@_files
@click.option("--full", is_flag=True, help="Prove what is live in every way the host offers.")
@_summary
@json_option
@_quiet
def deploy(
    directory: str | None,
    *,
    project: Project,
    targets: tuple[str, ...],
    preview: str | None,
    dry_run: bool,
    allowed: Allowed,
    files: bool,
    full: bool,
    summary: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Deploy DIR, or what the last build made."""
    site = find_site(directory, project, targets, quiet=quiet or as_json)
    with shown(quiet=quiet) as emit:
        report = run_deploy(
            site,
            project,
            targets,
            preview=preview is not None,
            alias=_alias(preview),
            dry_run=dry_run,
            allowed=allowed,
            full=full,
            emit=emit,
        )
    hand_over(report, project.environ, project.mask, to=summary)
    return print_report(report, as_json=as_json, quiet=quiet, files=files)


@click.command(cls=_WithPreview)
@_directory
@where_options
@targets_option
@_preview
@_allowed
@_files
@click.option("--exit-code", is_flag=True, help="Exit with 4 where something would change.")
@_summary
@json_option
@_quiet
def plan(
    directory: str | None,
    *,
    project: Project,
    targets: tuple[str, ...],
    preview: str | None,
    allowed: Allowed,
    files: bool,
    exit_code: bool,
    summary: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Say what a deploy would change and why; nothing is sent."""
    site = find_site(directory, project, targets, quiet=quiet or as_json)
    with shown(quiet=quiet) as emit:
        report = run_deploy(
            site,
            project,
            targets,
            preview=preview is not None,
            alias=_alias(preview),
            dry_run=True,
            allowed=allowed,
            emit=emit,
        )
    hand_over(report, project.environ, project.mask, to=summary)
    code = print_report(report, as_json=as_json, quiet=quiet, files=files)
    return 4 if exit_code and code == 0 and any(t.outcome == "planned" for t in report.targets) else code


@click.command()
@_directory
@where_options
@targets_option
@json_option
@_quiet
def check(
    directory: str | None,
    *,
    project: Project,
    targets: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    """Look for what would stop a deploy, without a network and without a token."""
    from presswork.check import check as run_check

    site = find_site(directory, project, targets, quiet=quiet or as_json)
    return print_report(run_check(site, project, targets), as_json=as_json, quiet=quiet)


def _alias(preview: str | None) -> str | None:
    alias = preview or None
    if alias is not None and not alias.replace("-", "").isalnum():
        raise ConfigError(
            f"The preview alias {alias!r} is not a name.", hint="Use letters, digits and hyphens, as in a host name."
        )
    return alias
