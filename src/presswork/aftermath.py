"""What is to be said of a deployment after its switch, or after an error that may have come after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork.label import digest_in
from presswork.report import Error

if TYPE_CHECKING:
    from presswork.errors import PressworkError
    from presswork.host import Host, Intent, Release

__all__ = [
    "LIVE_ALL_THE_SAME",
    "MAY_GO_LIVE",
    "NOT_PROVED",
    "SUPERSEDED",
    "UNVERIFIED",
    "UNVERIFIED_PREVIEW",
    "not_dropped",
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


def went_live(host: Host, intent: Intent) -> Release | None:
    """Ask the host whether what a failed deployment was to make live is live; return its release."""
    now, before = host.live(), intent.replaces
    new = now is not None and now.id != (before.id if before else None)
    return now if now and new and digest_in(now.label) == intent.manifest.digest else None
