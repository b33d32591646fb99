"""Which folder a command without DIR means, said together with the reason."""

from __future__ import annotations

from os.path import abspath, relpath
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from presswork.builds import last_build, unchanged_since, unfit_for
from presswork.errors import ConfigError, Refused
from presswork.outputs import LOOKED_FOR, outputs
from presswork.site import Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.builds import Build
    from presswork.project import Project

__all__ = ["find_site"]


def find_site(directory: str | None, project: Project, targets: Sequence[str] = (), *, quiet: bool) -> Site:
    """Return the site of DIR, of the last build, or of the folder the generator's configuration names.

    What is known of a build is used where DIR is its folder; a folder that is named is never called a development
    build. `Refused` where the build's folder changed since, or where the build is not for its target.
    """
    if directory == "":  # a variable that was not set: the working directory is never meant by that
        raise ConfigError("DIR is empty.", hint="Name the built folder, or leave DIR out to take the last build.")
    build = last_build(project.state)
    if directory is not None:
        root = abspath(directory)  # noqa: PTH100 -- as that of a build: without `..`, links left as they are
        if build is not None and build.site.root == root:
            return msgspec.structs.replace(build.site, development=False)
        return Site(root=root)
    if build is not None:
        return _of_build(build, project, targets, quiet=quiet)
    found = outputs(Path(project.settings.folder))
    if len(found) > 1:
        several = "; ".join(f"{relpath(folder)} ({reason})" for folder, reason in found.items())
        raise ConfigError(f"Several folders could be meant: {several}.", hint="Name one: presswork deploy DIR.")
    for folder, reason in found.items():
        _say(f"Taking {relpath(folder)}: {reason}.", quiet=quiet)
        return Site(root=str(folder))
    looked = ", ".join((f"{relpath(project.state.folder)}/build.json", *LOOKED_FOR))
    raise ConfigError(
        "There is no build to deploy.",
        hint=f"Build the site first, or name its folder: presswork deploy DIR. Looked for: {looked}.",
    )


def _of_build(build: Build, project: Project, targets: Sequence[str], *, quiet: bool) -> Site:
    where = relpath(build.site.root)
    if not Path(build.site.root).is_dir():
        raise ConfigError(f"The last build's folder {where} is gone.", hint="Build the site again.")
    if not unchanged_since(build):
        raise Refused(
            f"{where} has changed since it was built.",
            hint=f"Build it again, or deploy it as it is: presswork deploy {where}",
        )
    for target in project.targets(targets):
        if reason := unfit_for(build.site, target):
            raise reason
    commit = f" from {build.commit[:12]}" if build.commit else ""
    _say(f"Taking {where}: the last build{commit}, by {build.site.generator}.", quiet=quiet)
    return build.site


def _say(line: str, *, quiet: bool) -> None:
    if not quiet:
        click.echo(line, err=True)
