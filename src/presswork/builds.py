"""What a build does with its site, for every generator: leave a record, plan, or deploy."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from presswork import disk
from presswork.errors import PressworkError, Refused
from presswork.scan import Shape, shape
from presswork.settings import Settings
from presswork.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from presswork.project import Project
    from presswork.report import Report
    from presswork.settings import Target
    from presswork.state import State

__all__ = ["Build", "BuildFailed", "after_build", "last_build", "settle_date", "unchanged_since", "unfit_for"]

_RECORD: Final = "build.json"
_SCHEMA: Final = 1


class Build(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The record a build leaves: its site, the shape of its folder, its settings and the file they came from."""

    schema: int  # without a default: that would be left out
    site: Site
    shape: Shape
    settings: Settings
    config: str | None = None
    commit: str | None = None


class BuildFailed(PressworkError):
    """A deploy inside a build did not succeed; the generator must fail in its own way."""


def after_build(
    site: Site,
    project: Project,
    say: Callable[[str], None],
    *,
    config: Path | None = None,
    deployed: dict[str, str] | None = None,
) -> Report | None:
    """Do what a finished build has to do: leave its record and, where that was asked for, plan or deploy.

    `say` takes each line for the build's log. `deployed` is what this process has deployed already, root by place,
    so that two folders never replace one another at one target. Raises `PressworkError` where the settings are
    wrong, and `BuildFailed` where a deploy did not succeed.
    """
    project.check_settings()
    does = project.settings.build_does(project.environ)
    folder = Path(project.settings.folder)
    site = _record(site, project, config)
    where = os.path.relpath(site.root, folder)
    if does == "off":
        there = "" if Path.cwd().is_relative_to(folder) else f"cd {shlex.quote(os.path.relpath(folder))} && "
        say(f"{where} is built and not deployed. To deploy it: {there}presswork deploy")
        return None
    from presswork.report.handed import hand_over
    from presswork.report.terminal import lines, trouble

    report = _deploy(site, project, deployed, dry_run=does == "plan").masked(project.mask)
    hand_over(report, project.environ, project.mask)
    if path := project.environ.get("PRESSWORK_REPORT"):
        disk.write(Path(path), report.to_json())
    for line in lines(report):
        say(line)
    error = report.error or next((t.error for t in report.targets if t.error), None)
    for kind, text, hint in trouble(report):
        if error is None or not text.endswith(error.message):  # that one the generator tells
            say(f"{kind}: {text}")
            say(f"hint: {hint}")
    if error is not None:
        raise BuildFailed(error.message, hint=error.hint, path=error.path)
    return report


def settle_date(project: Project) -> None:
    """Give the build the date of its commit, where `source_date: commit` asks for it and no date is given.

    To be called before the generator looks at `SOURCE_DATE_EPOCH`.
    """
    if project.settings.source_date == "commit" and "SOURCE_DATE_EPOCH" not in os.environ:
        from presswork.git import commit_time

        if (moment := commit_time(Path(project.settings.folder))) is not None:
            os.environ["SOURCE_DATE_EPOCH"] = str(moment)


def last_build(state: State) -> Build | None:
    """Return the record of the last build; None where there is none, or one of another version."""
    data = state.read(_RECORD)
    if data is None:
        return None
    try:
        build = msgspec.json.decode(data, type=Build)
    except msgspec.MsgspecError:
        return None  # it can be made again by building
    return build if build.schema == _SCHEMA else None


def unchanged_since(build: Build) -> bool:
    """Say whether the folder of a build is still as the build left it, by its shape."""
    return shape(build.site.root, ignore=build.settings.ignore) == build.shape


def unfit_for(site: Site, target: Target) -> Refused | None:
    """Return the refusal to deploy a development build anywhere but to the embedded default."""
    if not site.development or (target.host is None and not target.options):
        return None
    return Refused(
        f"This is a development build ({site.base_url or 'no base address'}); {target.name} is not for those.",
        hint=site.remedy or "Build the site with its public address, then deploy.",
    )


def _deploy(site: Site, project: Project, deployed: dict[str, str] | None, *, dry_run: bool) -> Report:
    from presswork.deploy import deploy
    from presswork.guards import Allowed
    from presswork.report import Report

    try:
        target = project.settings.target()
        if reason := unfit_for(site, target):
            raise reason
        if deployed is not None:
            _only_one(site, project, target, deployed)
    except PressworkError as error:
        report = Report(command="plan" if dry_run else "deploy")
        report.fail(error)
        return report
    allowed = Allowed(
        removals=project.environ.get("PRESSWORK_ALLOW_REMOVALS") == "1",
        older=project.environ.get("PRESSWORK_ALLOW_OLDER") == "1",
    )
    return deploy(site, project, dry_run=dry_run, allowed=allowed)


def _record(site: Site, project: Project, config: Path | None) -> Site:
    """Leave the record of this build; return the site with what earlier builds left in its folder."""
    from presswork.git import commit

    before = last_build(project.state)
    if before is not None and site.made is not None and before.site.root == site.root:
        once = {*(before.site.made or ()), *before.site.left_over} - {*site.made}
        there = sorted(path for path in once if _untouched(Path(site.root, path), since=before.shape.newest))
        site = msgspec.structs.replace(site, left_over=tuple(there))
    build = Build(
        schema=_SCHEMA,
        site=site,
        shape=shape(site.root, ignore=project.settings.ignore),
        settings=project.settings,
        config=str(config) if config else None,
        commit=commit(Path(project.settings.folder), environ=project.environ),
    )
    project.state.write(_RECORD, msgspec.json.encode(build) + b"\n")
    return site


def _untouched(path: Path, *, since: int) -> bool:
    """Say whether a file is there and no plugin wrote it anew (a redirect, say) after a time in nanoseconds."""
    return path.is_file() and path.stat().st_mtime_ns <= since


def _only_one(site: Site, project: Project, target: Target, deployed: dict[str, str]) -> None:
    host = project.host(target)
    key = f"{target.host} {host.place}"
    host.close()
    if deployed.setdefault(key, site.root) != site.root:
        raise Refused(
            f"{deployed[key]} was deployed to {target.name} in this run; {site.root} would replace it.",
            hint="Build both below one folder and run `presswork deploy` on that folder, or give each its own target.",
        )
