"""What is to be said of a deployment after its switch, or after an error that may have come after it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from presswork.abilities import Cancels, Lists
from presswork.errors import PressworkError
from presswork.findings import Finding
from presswork.journal import Line
from presswork.label import digest_in
from presswork.report import Error, ReleaseFacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.host import Host, Intent, Release
    from presswork.journal import Journal
    from presswork.report import TargetReport

__all__ = [
    "LIVE_ALL_THE_SAME",
    "MAY_GO_LIVE",
    "NOT_PROVED",
    "SUPERSEDED",
    "UNVERIFIED",
    "UNVERIFIED_PREVIEW",
    "Aftermath",
    "not_taken_back",
    "taken_back",
    "tell_apart",
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


def tell_apart(targets: Sequence[TargetReport], again: Sequence[str]) -> None:
    """Say at each target that now has the new site, or may have it, which have it not, and what brings them together.

    `again` is the command that was run, less its targets.
    """
    doubted = [target for target in targets if MAY_GO_LIVE in target.findings]
    new = [t for t in targets if t.release is not None and t.release.live and t.outcome != "superseded"]
    left = [target for target in targets if target not in new]
    changed = [target for target in (*new, *doubted) if target.outcome != "unchanged"]
    if len(targets) < 2 or not left or not changed:
        return
    sides = (
        ("live", new),
        ("perhaps live", doubted),
        ("not live", [target for target in left if target not in doubted]),
    )
    where = ", ".join(f"{how} at {' and '.join(t.target for t in side)}" for how, side in sides if side)
    forwards = shlex.join([*again, *(word for target in left for word in ("--to", target.target))])
    backwards = [f"`presswork rollback --to {t.target}`" for t in changed if t in new and t.previous]
    told = Finding(
        severity="warning",
        code="targets-apart",
        message=f"The targets differ: the new site is {where}.",
        hint=f"`{forwards}` brings them together." + (f" Back: {', '.join(backwards)}." if backwards else ""),
    )
    for target in changed:
        target.findings.append(told)


@dataclass(frozen=True)
class Aftermath:
    """What becomes of an upload that came to no good end: it is dropped, or found to be live all the same."""

    host: Host
    journal: Journal
    intent: Intent
    report: TargetReport
    notes: list[Finding]

    def abandon(self, session: str | None, why: str) -> None:
        """Drop a session at the host and close its attempt."""
        if session is not None and isinstance(self.host, Cancels):
            self.host.cancel(session)
        self.journal.write(Line(step="abandoned", session=session, why=why))

    def close(self, live: Release, manifest: str) -> None:
        """Close the attempt of what proves to be live, with what is known of its beginning."""
        begun = next((line for line in reversed(self.journal.lines) if line.step == "begin"), Line(step="begin"))
        label = self.intent.label if manifest == self.intent.manifest.digest else live.label
        finished = msgspec.structs.replace(
            begun, step="finished", release=live.id, manifest=manifest, live=True, url=live.url, label=label
        )
        self.journal.write(msgspec.structs.replace(finished, replaces=None, versions=None))

    def drop(self, session: str | None, error: PressworkError) -> None:
        """Abandon what an error has ended; a second one is only noted, the first is the one to tell."""
        try:
            self.abandon(session, error.message)
        except PressworkError as more:
            self.notes.append(_not_dropped(more))

    def find_out(self, session: str | None, error: PressworkError, *, kept: bool) -> None:
        """Drop what failed unless it is live, and say so; a host that has just not answered is not asked again."""
        try:
            if not kept and not self._live_all_the_same():
                self.drop(session, error)
                self._live_all_the_same()  # the host may have been quicker
        except PressworkError:
            kept = True  # nobody knows, and what is live must not be dropped
        if kept:
            self.notes.append(MAY_GO_LIVE)

    def _live_all_the_same(self) -> bool:
        live = self._went_live()
        if live is None:
            return False
        self.report.release = ReleaseFacts.of(live)
        self.notes.append(LIVE_ALL_THE_SAME)
        self.close(live, self.intent.manifest.digest)
        return True

    def _went_live(self) -> Release | None:
        """Ask the host whether what was to be made live is live; return its release.

        A host that keeps no labels is asked what is live, file by file.
        """
        now, before, manifest = self.host.live(), self.intent.replaces, self.intent.manifest
        if now is None or now.id == (before.id if before else None):
            return None
        if now.label is None and isinstance(self.host, Lists):
            ours = dict(self.host.files()) == manifest.listing(self.host.capabilities.digest.name)
        else:
            ours = digest_in(now.label) == manifest.digest
        return now if ours else None


def _not_dropped(error: PressworkError) -> Finding:
    """Return what is said where a session could not be dropped."""
    return Finding(
        severity="warning",
        code="not-dropped",
        message=f"What the host has taken so far could not be dropped: {error.message}",
        hint="Run the same command again to go on with it; hosts drop it themselves in time.",
    )
