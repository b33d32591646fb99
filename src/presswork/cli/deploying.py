"""`deploy`, `plan` and `check`: what is done with a built folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from presswork.cli.common import json_option, print_report, targets_option, where_options
from presswork.cli.progress import shown
from presswork.cli.sites import find_site
from presswork.deploy import deploy as run_deploy
from presswork.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from presswork.project import Project

__all__ = ["check", "deploy", "plan"]

_directory = click.argument("directory", metavar="[DIR]", required=False)
_quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
_files = click.option("--files", is_flag=True, help="Name every file that changes, with the reason.")
_removals = click.option(
    "--allow-removals", is_flag=True, envvar="PRESSWORK_ALLOW_REMOVALS", help="Let a large part of the pages go."
)


class _WithPreview(click.Command):
    """Takes the alias of `--preview` after an equals sign only: what follows a bare one is DIR."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--preview=" if word == "--preview" else word for word in args])


def _preview(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--preview",
        metavar="[=ALIAS]",
        help="Make a preview, which leaves what is live alone.",
    )(command)


@click.command(cls=_WithPreview)
@_directory
@where_options
@targets_option
@_preview
@click.option("--dry-run", is_flag=True, help="The same as `presswork plan`.")
@_removals
@_files
@click.option("--full", is_flag=True, help="Prove what is live in every way the host offers.")
@json_option
@_quiet
def deploy(
    directory: str | None,
    *,
    project: Project,
    targets: tuple[str, ...],
    preview: str | None,
    dry_run: bool,
    allow_removals: bool,
    files: bool,
    full: bool,
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
            allow_removals=allow_removals,
            full=full,
            emit=emit,
        )
    return print_report(report, as_json=as_json, quiet=quiet, files=files)


@click.command(cls=_WithPreview)
@_directory
@where_options
@targets_option
@_preview
@_removals
@_files
@click.option("--exit-code", is_flag=True, help="Exit with 4 where something would change.")
@json_option
@_quiet
def plan(
    directory: str | None,
    *,
    project: Project,
    targets: tuple[str, ...],
    preview: str | None,
    allow_removals: bool,
    files: bool,
    exit_code: bool,
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
            allow_removals=allow_removals,
            emit=emit,
        )
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
