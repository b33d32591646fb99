"""What is to be said of a deployment after its switch, or after an error that may have come after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork.abilities import Lists
from presswork.findings import Finding
from presswork.label import digest_in
from presswork.report import Error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.errors import PressworkError
    from presswork.host import Host, Intent, Release
    from presswork.report import TargetReport

__all__ = [
    "LIVE_ALL_THE_SAME",
    "MAY_GO_LIVE",
    "NOT_PROVED",
    "SUPERSEDED",
    "UNVERIFIED",
    "UNVERIFIED_PREVIEW",
    "not_dropped",
    "not_taken_back",
    "taken_back",
    "tell_apart",
    "went_live",
]

SUPERSEDED: Final = Error(
    code="superseded",
    message="Another deployment went live right after this one.",
    hint="Look at it with `presswork status`, then deploy again to replace it.",
)
UNVERIFIED: Final = Finding(
    severity="warning",
    code="unverified",
    message="The host offers no way to compare this release with the build.",
    hint="Look at the site itself.",
)
UNVERIFIED_PREVIEW: Final = Finding(
    severity="info",
    code="unverified",
    message="The host offers no way to compare a release that is not live with the build.",
    hint="Look at the preview itself.",
)
NOT_PROVED: Final = Finding(
    severity="warning",
    code="not-proved",
    message="The deployment is live, and was not compared with the build.",
    hint="Run `presswork verify`, or the same command again.",
)
LIVE_ALL_THE_SAME: Final = Finding(
    severity="warning",
    code="live-all-the-same",
    message="The deployment is live, although it failed.",
    hint="Run the same command again to compare it with the build, or `presswork rollback` to take it back.",
)
MAY_GO_LIVE: Final = Finding(
    severity="warning",
    code="may-go-live",
    message="The host may have made the deployment live all the same, or do so yet.",
    hint="`presswork status` says what is live; the same command again goes on with it.",
)


def not_dropped(error: PressworkError) -> Finding:
    """Return what is said where a session could not be dropped."""
    return Finding(
        severity="warning",
        code="not-dropped",
        message=f"What the host has taken so far could not be dropped: {error.message}",
        hint="Run the same command again to go on with it; hosts drop it themselves in time.",
    )


def taken_back(previous: str) -> Finding:
    """Return what is said where what was live before is live again."""
    return Finding(
        severity="warning",
        code="taken-back",
        message=f"It was not as it was built, and {previous} is live again (`on_verify_failure: rollback`).",
        hint="Find out what changed it at the host, then deploy again.",
    )


def not_taken_back(why: str) -> Finding:
    """Return what is said where that could not be done."""
    return Finding(
        severity="warning",
        code="not-taken-back",
        message=f"It was not as it was built, and is live all the same: {why}",
        hint="`presswork history` lists what can be made live, `presswork rollback ID` does so.",
    )


def tell_apart(switched: Sequence[TargetReport], left: Sequence[TargetReport]) -> None:
    """Say at each target that was switched which were not, and how they come together again."""
    if not switched:
        return
    behind = [report.target for report in left]
    forwards = "presswork deploy " + " ".join(f"--to {name}" for name in behind)
    for report in switched:
        report.findings.append(
            Finding(
                severity="warning",
                code="targets-apart",
                message=f"{report.target} has the new site, {' and '.join(behind)} not.",
                hint=f"`{forwards}` brings them together; `presswork rollback --to {report.target}` goes back.",
            )
        )


def went_live(host: Host, intent: Intent) -> Release | None:
    """Ask the host whether what a failed deployment was to make live is live; return its release.

    A host that keeps no labels is asked what is live, file by file.
    """
    now, before = host.live(), intent.replaces
    if now is None or now.id == (before.id if before else None):
        return None
    if now.label is None and isinstance(host, Lists):
        ours = dict(host.files()) == intent.manifest.listing(host.capabilities.digest.name)
    else:
        ours = digest_in(now.label) == intent.manifest.digest
    return now if ours else None
