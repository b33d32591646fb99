"""Who deploys, from which branch and which CI run, and under which alias a preview of that is known."""

from __future__ import annotations

import getpass
import hashlib
import platform
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["alias_of", "branch_name", "preview_alias", "run_address", "who"]

_LONGEST: Final = 37
"""Characters of an alias that is made here: a host joins it to its own name in one DNS label of 63."""


def who(environ: Mapping[str, str]) -> str:
    """Return `PRESSWORK_ACTOR`, the CI's word for who started the run, or user and machine."""
    for name in ("PRESSWORK_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        if environ.get(name):
            return environ[name]
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a number without a name, as in some containers
        user = "somebody"
    return f"{user}@{platform.node()}"


def run_address(environ: Mapping[str, str]) -> str | None:
    """Return the address of the CI run under way; None outside one.

    Forgejo has GitHub's variables, and shows a run under its number in the repository, not under its id.
    """
    if environ.get("PRESSWORK_RUN"):
        return environ["PRESSWORK_RUN"]
    if environ.get("CI_JOB_URL"):
        return environ["CI_JOB_URL"]
    run = "GITHUB_RUN_NUMBER" if environ.get("FORGEJO_ACTIONS") else "GITHUB_RUN_ID"
    parts = [environ.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", run)]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else None


def branch_name(environ: Mapping[str, str]) -> str | None:
    """Return `PRESSWORK_BRANCH`, or the branch or tag the CI runs for: a pull request's own branch."""
    names = ("PRESSWORK_BRANCH", "CI_COMMIT_REF_NAME", "GITHUB_HEAD_REF", "GITHUB_REF_NAME")
    return next((environ[name] for name in names if environ.get(name)), None)


def preview_alias(environ: Mapping[str, str]) -> str | None:
    """Return the alias for a preview of what the CI runs for: a pull or merge request, a branch; None outside one.

    A pull request is `pull-7` (its `GITHUB_REF` is `refs/pull/7/merge` at GitHub, `refs/pull/7/head` at Forgejo and
    Gitea), a merge request `mr-7`. `PRESSWORK_BRANCH` speaks before these.
    """
    if not environ.get("PRESSWORK_BRANCH"):
        if request := environ.get("CI_MERGE_REQUEST_IID"):
            return alias_of(f"mr-{request}")
        if found := re.match(r"refs/pull/(\d+)/", environ.get("GITHUB_REF", "")):
            return alias_of(f"pull-{found[1]}")
    name = branch_name(environ)
    return alias_of(name) if name else None


def alias_of(branch: str) -> str:
    """Return a branch's name where it can be an alias; otherwise as much of it as can be, and a digest.

    Without the digest `a/b` and `a-b` would share one preview.
    """
    alias = re.sub("[^a-z0-9]+", "-", branch.lower()).strip("-")
    if alias == branch and len(alias) <= _LONGEST:
        return alias
    digest = hashlib.sha256(branch.encode()).hexdigest()[:8]
    return "-".join(part for part in (alias[: _LONGEST - 9].strip("-"), digest) if part)
