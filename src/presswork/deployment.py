"""One site on its way to one target: planned, filled, switched, proved, with a line in the journal for each step."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from presswork import aftermath
from presswork.abilities import Activates, Carries, Tells
from presswork.aftermath import Aftermath
from presswork.errors import Cancelled, Conflict, HostError, PressworkError, Refused, Stale
from presswork.events import Planned, Switched
from presswork.events import Verified as VerifiedEvent
from presswork.explain import with_digests
from presswork.host import Intent
from presswork.interrupts import held
from presswork.journal import Line
from presswork.label import digest_in, make_label
from presswork.mediatypes import is_page
from presswork.opened import is_live
from presswork.origin import preview_alias
from presswork.planning import plan_for
from presswork.report import ManifestFacts, ReleaseFacts, Route, TargetReport, Uploaded
from presswork.report.terminal import count
from presswork.upload import MOST_STALES, Engine
from presswork.verify import prove

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.events import Emit
    from presswork.findings import Finding
    from presswork.guards import Allowed
    from presswork.host import Release, Upload
    from presswork.journal import Journal
    from presswork.lock import Lock
    from presswork.project import Project
    from presswork.settings import Target
    from presswork.transport import Client
    from presswork.work import Work

__all__ = ["Deployment"]


class Deployment:
    """The steps, in order: `plan`, `settle`, `fill`, `switch`, `prove`; `fail` at any of them; `close` in the end.

    `report` grows with each step. Steps raise `PressworkError`; the caller hands it to `fail`.
    """

    def __init__(
        self,
        project: Project,
        target: Target,
        *,
        live: bool,
        alias: str | None,
        emit: Emit,
        together: bool = False,
        locked: bool = False,
    ) -> None:
        self._project = project
        self._emit = emit
        self._live = live
        self._alias = alias
        self._together = together
        self._locked = locked
        self._started = time.monotonic()
        self._notes: list[Finding] = []
        self._engine = Engine(target.name, emit)
        self._session: str | None = None
        self._upload: Upload | None = None
        self._release: Release | None = None
        self._switching = False
        self.target = target
        self._clients: list[Client] = []
        self.journal: Journal
        self.host = project.host(target, note=self._notes.append, wait=self._engine.wait, clients=self._clients)
        if not live and alias is None and self.host.capabilities.aliases:
            self._alias = preview_alias(project.environ)
        self._lock: Lock | None = None
        self.report = TargetReport(target=target.name, host=project.host_type(target).name, outcome="planned")

    @property
    def revertible(self) -> bool:
        """Whether the host can switch back by itself: such targets are switched first."""
        return isinstance(self.host, Activates)

    @property
    def unproved(self) -> bool:
        """Whether nothing has changed since a deployment from here that was cut off before it was proved."""
        live = self._intent.replaces
        return self.report.outcome == "unchanged" and live is not None and self.journal.unproved(live.id)

    def plan(self, work: Work, allowed: Allowed, *, dry_run: bool) -> None:
        """Say what would change; `Refused` where a finding forbids it. A dry run has no side effect."""
        if not dry_run and not self._locked:
            self._lock = self._project.lock(self.target, self.host)
        self.journal = self._project.journal(self.target, self.host)
        live = self.host.live()
        intent = Intent(
            manifest=work.manifest,
            source=work.source,
            live=self._live,
            label=make_label(work.revision, work.manifest),
            alias=self._alias,
            replaces=live,
            together=self._together,
        )
        planning = plan_for(intent, work, self.host, self.target, self._project, self.journal, allowed)
        self._intent, self._before, self._work = planning.intent, planning.before, work
        self._after = Aftermath(self.host, self.journal, planning.intent, self.report, self._notes)
        self._unpins = allowed.pinned and work.site is not None
        self.report.previous, self.report.live_url = (live.id, live.url) if live else (None, None)
        self.report.manifest = ManifestFacts.of(self._intent.manifest)
        self.report.tell(planning.plan, work.site.pages if work.site else ())
        self._changed = {change.path for change in planning.plan.changes if change.change != "same"}
        self._emit(Planned(self.target.name, planning.plan))
        _refuse(planning.plan.findings)
        self._cargo = self.host.cargo() if isinstance(self.host, Carries) else ""
        if live and self._live and planning.plan.unchanged and self._trusted(live):
            self.report.outcome = "unchanged"
            self.report.release = ReleaseFacts.of(live)

    def settle(self) -> None:
        """Take up an unfinished deploy of the same manifest; close or drop any other."""
        if self._unpins and self.report.outcome == "unchanged" and self.journal.pins():
            self.journal.write(Line(step="unpinned"))
        attempt = self.journal.unfinished()
        if attempt is None:
            return
        live = self._intent.replaces
        mine = (self._intent.manifest.digest, self._live, self._alias)
        known = mine[0] if self.report.outcome == "unchanged" else digest_in(live.label) if live else None
        if attempt.live and live is not None and known == attempt.manifest:
            self._after.close(live, attempt.manifest)
        elif (attempt.manifest, attempt.live, attempt.alias) == mine:
            self._session = attempt.session
        else:
            self._after.abandon(attempt.session, "another deployment was asked for")

    def fill(self) -> None:
        """Send what the host lacks; afterwards only the switch is left."""
        intent = replace(self._intent, source=self._engine.source(self._work.source))
        self._project.archive.put(with_digests(intent.manifest, self._before, self._work.source))
        if not isinstance(self.host, Activates):  # it will be deployed again from here to go back to it
            self._project.archive.keep(intent.manifest, self._work.source)
        place = self.host.place
        self._upload = self.host.begin(intent, self._session)
        if self.host.place != place:  # that of a site made just now
            if self.journal.unfinished():
                self._after.abandon(self._session, "another site was made")
            self.journal, self._session = self._project.journal(self.target, self.host), None
            self._intent = replace(self._intent, replaces=None)
            self._after = replace(self._after, journal=self.journal, intent=self._intent)
        if self._session is None:
            begin = Line(
                step="begin",
                target=self.target.name,
                manifest=intent.manifest.digest,
                live=self._live,
                alias=self._alias,
                replaces=intent.replaces.id if intent.replaces else None,
                cargo=self._cargo or None,
                **self._origin(),
                versions=self._project.plugins.versions(),
            )
            self.journal.write(begin)
        self._send(self._upload)

    def switch(self) -> None:
        """Make the release what it is meant to be, in one step; `Conflict` where something else went live."""
        if self._live and self.host.capabilities.atomic:
            self._still_replaces()
        self._emit(Switched(self.target.name, self._finish()))

    def prove(self, *, full: bool) -> None:
        """Compare what is live with what was built; `HostError` names the first file that differs."""
        release = self._release or self._intent.replaces
        assert release is not None  # noqa: S101 -- `switch` comes first, unless nothing has changed
        if self._superseded(release):
            return
        visit = self._project.visit(
            self.target,
            source=self._work.source,
            changed=self._changed,
            wait=self._engine.wait,
            clients=self._clients,
        )
        verified = prove(self.host, release, self._intent.manifest, visit=visit, full=full)
        if verified is not None and not verified.ok and self._superseded(release):
            return  # what was compared is another one's
        self.journal.write(Line(step="verified", release=release.id, ok=verified.ok if verified else None))
        if verified is None:
            self._notes.append(aftermath.UNVERIFIED if release.live else aftermath.UNVERIFIED_PREVIEW)
            return
        self.report.verified = verified
        self._emit(VerifiedEvent(self.target.name, verified.method, verified.files, verified.ok))
        if not verified.ok:
            raise HostError(
                f"{count(len(verified.mismatches), 'file')} at the host not as built.",
                hint="Run `presswork deploy` again to repair it, or `presswork rollback` to take it back.",
                path=verified.mismatches[0],
                retryable=True,
            )

    def _superseded(self, release: Release) -> bool:
        if not release.live or is_live(self.host, release):
            return False
        self.report.outcome = "superseded"
        self.report.error = aftermath.SUPERSEDED
        return True

    def not_proved(self) -> None:
        """Say that the proof was cut off, where it was."""
        if self._release is not None and self._release.live and self.report.verified is None and not self.report.error:
            self._notes.append(aftermath.NOT_PROVED)

    def fail(self, error: PressworkError) -> None:
        """Take down an error; drop a session that cannot be gone on with."""
        self.report.fail(error)
        if self._release is not None:
            if self._release.live and self.report.verified is None:
                self._notes.append(aftermath.NOT_PROVED)
        elif self._upload is not None:
            kept = error.retryable or isinstance(error, Cancelled)
            if self._in_doubt(error):
                self._after.find_out(self._session, error, kept=kept)
            elif not kept:
                self._after.drop(self._session, error)

    def close(self) -> None:
        """Let go of the host."""
        self.report.findings += self._notes
        self.report.requests = sum(client.requests for client in self._clients)
        self.report.retries = sum(client.retries for client in self._clients)
        self.report.seconds = round(time.monotonic() - self._started, 3)
        try:
            self.host.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    def _send(self, upload: Upload) -> None:
        workers = min(self.target.workers or self.host.capabilities.workers, 256)
        self.report.uploaded = self._engine.fill(upload, workers, self._record)

    def _record(self, session: str) -> None:
        if session != self._session:
            self._session = session
            self.journal.write(Line(step="session", session=session))

    def _finish(self) -> Release:
        upload = self._upload
        assert upload is not None  # noqa: S101 -- `fill` comes first
        self._switching = True
        for attempt in range(MOST_STALES + 1):
            try:
                with held():  # a Ctrl-C comes through when it is known what has happened
                    self._release = release = upload.finish()
                    self._take_down(release)
            except Stale:
                if attempt == MOST_STALES:
                    raise
                self._send(upload)
            except BaseException:
                self._record(upload.session)  # what was sent in the switch may have another name by now
                raise
            else:
                return release
        raise AssertionError("the loop returns or raises")

    def _take_down(self, release: Release) -> None:
        if isinstance(self._upload, Tells):
            taken = self._upload.taken()
            self.report.route = Route(taken.route, taken.reason)
            sent = self.report.uploaded or Uploaded(0, 0)
            self.report.uploaded = Uploaded(sent.files + taken.files, sent.bytes + taken.bytes)
        self.report.release = ReleaseFacts.of(release)
        self.report.outcome = "deployed" if release.live else "locked" if self._live else "previewed"
        finished = Line(
            step="finished",
            target=self.target.name,
            release=release.id,
            manifest=self._intent.manifest.digest,
            live=release.live,
            alias=release.alias,
            url=release.url,
            label=self._intent.label,
            cargo=self._cargo or None,
            pages=sum(map(is_page, self._changed)),
            **self._origin(),
        )
        self.journal.write(finished)
        if release.live and self._work.site is not None and self.journal.pins():
            self.journal.write(Line(step="unpinned"))  # something newer is live

    def _origin(self) -> dict[str, Any]:
        revision = self._work.revision
        return {
            "by": self._project.by,
            "run": self._project.run,
            "commit": revision and revision.commit,
            "branch": revision and revision.branch,
            "dirty": revision and revision.dirty,
        }

    def _trusted(self, live: Release) -> bool:
        """Whether what is live needs no repair and came with what would be deployed besides the files."""
        made = self.journal.made(live.id)
        return not self.journal.distrusted(live.id) and ((made and made.cargo) or "") == self._cargo

    def _still_replaces(self) -> None:
        now, planned = self.host.live(), self._intent.replaces
        ids = {now.id if now else None, planned.id if planned else None}
        if len(ids) > 1 and "" not in ids:
            raise Conflict(
                "Another deployment went live while this one was under way.",
                hint="Look at it with `presswork status`, then run the same command again to replace it.",
            )

    def _in_doubt(self, error: PressworkError) -> bool:
        """Whether what failed may have gone live: a host that is not atomic switches when it has everything."""
        if not self._live or not self._session:
            return False
        if not self.host.capabilities.atomic:
            return self._engine.handed_out
        return self._switching and not isinstance(error, Refused)


def _refuse(findings: Sequence[Finding]) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        first = errors[0]
        more = f" ({len(errors)} findings forbid it in all.)" if len(errors) > 1 else ""
        hint = first.hint or "Mend what the finding names."
        raise Refused(first.message + more, hint=hint, path=first.path, findings=findings)
