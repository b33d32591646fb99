"""Who deploys, and from which CI run."""

from __future__ import annotations

import getpass
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["run_address", "who"]


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
    """Return the address of the CI run under way; None outside one."""
    if environ.get("PRESSWORK_RUN"):
        return environ["PRESSWORK_RUN"]
    if environ.get("CI_JOB_URL"):
        return environ["CI_JOB_URL"]
    parts = [environ.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else None
