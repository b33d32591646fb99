"""What git says of the sources a site was built from."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Revision", "commit", "commit_time", "is_older", "revision"]


class Revision(Struct, frozen=True, omit_defaults=True):
    """A commit, its branch and first line, and whether the work tree differs from it (None: not asked)."""

    commit: str
    branch: str | None = None
    title: str | None = None
    dirty: bool | None = None


def revision(
    folder: Path, *, leaving_out: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Revision | None:
    """Return the checked-out commit of the repository around `folder`; None where there is none.

    `PRESSWORK_COMMIT` and `PRESSWORK_BRANCH` speak first, for builds outside a checkout. Where no branch is checked
    out, as in a CI, its own word is taken. Changes below `leaving_out`, the output folder, do not make a work tree
    dirty.
    """
    from presswork.origin import branch_name

    commit = environ.get("PRESSWORK_COMMIT")
    branch = environ.get("PRESSWORK_BRANCH")
    if commit:
        return Revision(commit, branch)
    head = _git(folder, "log", "-1", "--format=%H%n%s")
    if head is None:
        return None
    commit, _, title = head.partition("\n")
    name = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    spec = ["--", ":/"]
    if leaving_out is not None and leaving_out.is_relative_to(folder) and leaving_out != folder:
        spec.append(f":(exclude){leaving_out.relative_to(folder).as_posix()}")
    status = _git(folder, "status", "--porcelain", *spec)
    branch = branch or name or branch_name(environ)
    return Revision(commit, branch, title or None, None if status is None else bool(status))


def commit(folder: Path, *, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the checked-out commit alone; None where there is none."""
    return environ.get("PRESSWORK_COMMIT") or _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")


def is_older(folder: Path, commit: str, than: str) -> bool | None:
    """Say whether a commit is a proper ancestor of another; None where this clone cannot tell."""
    names = _git(folder, "rev-parse", f"{commit}^{{commit}}", f"{than}^{{commit}}")
    if names is None:
        return None
    one, other = names.split()
    if one == other:
        return False
    if _git(folder, "merge-base", "--is-ancestor", one, other) is not None:
        return True
    return None if _git(folder, "rev-parse", "--is-shallow-repository") == "true" else False


def commit_time(folder: Path) -> int | None:
    """Return when the checked-out commit was made, in Unix seconds; None where there is none."""
    text = _git(folder, "log", "-1", "--format=%ct")
    return int(text) if text else None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            check=True,
            timeout=30,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None  # no git, no repository, no commit yet: there is nothing to say
    return done.stdout.decode(errors="replace").strip()
