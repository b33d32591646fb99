"""The outcome of a command, for people and machines. The JSON schema is documented in `docs/reference/report.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import Struct

from presswork import __version__
from presswork.findings import Finding
from presswork.mask import mask_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from presswork.errors import PressworkError
    from presswork.git import Revision
    from presswork.host import Release
    from presswork.manifest import Manifest
    from presswork.plan import Change, Plan
    from presswork.site import Page

__all__ = [
    "SCHEMA",
    "Entry",
    "Error",
    "ManifestFacts",
    "Outcome",
    "ReleaseFacts",
    "Report",
    "Rewritten",
    "Route",
    "SiteFacts",
    "SourceFacts",
    "TargetReport",
    "Uploaded",
    "Verified",
    "worst",
]

SCHEMA: Final = 1

Outcome = Literal[
    "failed", "refused", "superseded", "locked",
    "deployed", "previewed", "rolled-back", "promoted", "unpublished", "pruned", "claimed",
    "planned", "unchanged", "checked", "verified", "listed",
]  # fmt: skip
"""In the order of `worst`: the first four are those that ask for somebody."""

_ORDER: Final[tuple[str, ...]] = Outcome.__args__  # type: ignore[attr-defined]
_EXIT_CODES: Final = {"failed": 1, "superseded": 1, "refused": 3, "locked": 3}


class Error(Struct, frozen=True, kw_only=True):
    """What went wrong, and what to do about it."""

    code: str
    message: str
    hint: str
    path: str | None = None
    retryable: bool = False

    @classmethod
    def of(cls, error: PressworkError) -> Error:
        """Return the facts of an exception."""
        return cls(code=error.code, message=error.message, hint=error.hint, path=error.path, retryable=error.retryable)


class SiteFacts(Struct, frozen=True):
    """The folder that was deployed, and who made it."""

    root: str
    generator: str | None
    base_url: str | None


class SourceFacts(Struct, frozen=True):
    """The commit it was built from."""

    commit: str | None
    branch: str | None
    dirty: bool | None

    @classmethod
    def of(cls, revision: Revision | None) -> SourceFacts | None:
        """Return the facts of a commit; None where there is none."""
        return cls(revision.commit, revision.branch, revision.dirty) if revision else None


class ReleaseFacts(Struct, frozen=True):
    """A deployment, as its host knows it; `commit`, `by` and `pages` (changed) where it was made from here."""

    id: str
    url: str
    live: bool
    created: str | None
    label: str | None = None
    alias: str | None = None
    preview: bool = False
    commit: str | None = None
    by: str | None = None
    pages: int | None = None

    @classmethod
    def of(cls, release: Release) -> ReleaseFacts:
        """Return the facts of a host's release."""
        return cls(
            id=release.id,
            url=release.url,
            live=release.live,
            created=release.created,
            label=release.label,
            alias=release.alias,
            preview=release.preview,
        )


class ManifestFacts(Struct, frozen=True):
    """What was deployed, in sum."""

    digest: str
    files: int
    bytes: int

    @classmethod
    def of(cls, manifest: Manifest) -> ManifestFacts:
        """Return the facts of a manifest."""
        return cls(manifest.digest, len(manifest), manifest.size)


class Route(Struct, frozen=True):
    """The way the bytes took, and why."""

    name: str
    reason: str


class Uploaded(Struct, frozen=True):
    """What was sent."""

    files: int
    bytes: int


class Rewritten(Struct, frozen=True):
    """Where a host changes a page on its way without changing what it says: `before` bytes at `at` became `after`."""

    path: str
    at: int
    before: int
    after: int


class Verified(Struct, frozen=True):
    """How the live site was proved to be the built one; `of` where `files` is a sample of so many.

    `also` names further ways that agree. `rewritten` are pages that the host changes and that say the same.
    """

    method: str
    files: int
    ok: bool
    mismatches: tuple[str, ...] = ()
    of: int | None = None
    also: tuple[str, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()


class Entry(Struct, frozen=True, omit_defaults=True):
    """What becomes of one path, with the title and source of a page."""

    path: str
    change: str
    reason: str
    before: str | None = None
    title: str | None = None
    source: str | None = None


class TargetReport(Struct, kw_only=True):
    """The outcome at one target. What does not apply is null."""

    target: str
    host: str
    outcome: Outcome
    release: ReleaseFacts | None = None
    previous: str | None = None
    live_url: str | None = None
    manifest: ManifestFacts | None = None
    changes: dict[str, int] | None = None
    route: Route | None = None
    uploaded: Uploaded | None = None
    requests: int = 0
    retries: int = 0
    verified: Verified | None = None
    findings: list[Finding] = []
    error: Error | None = None
    seconds: float = 0.0
    entries: list[Entry] | None = None
    releases: list[ReleaseFacts] | None = None
    exit_with: int | None = None

    def fail(self, error: PressworkError) -> None:
        """Take down an error as this target's outcome."""
        self.error = Error.of(error)
        self.outcome = "refused" if error.exit_code == 3 else "failed"
        self.exit_with = error.exit_code

    def tell(self, plan: Plan, pages: Iterable[Page]) -> None:
        """Take down what a plan says."""
        self.changes = plan.counts
        self.route = Route(plan.estimate.route, plan.estimate.reason)
        self.findings = list(plan.findings)
        known = {page.path: page for page in pages}
        self.entries = [_entry(change, known.get(change.path)) for change in plan.changes]


class Report(Struct, kw_only=True):
    """The outcome of one command."""

    command: str
    targets: list[TargetReport] = []
    site: SiteFacts | None = None
    source: SourceFacts | None = None
    by: str | None = None
    run: str | None = None
    error: Error | None = None
    seconds: float = 0.0
    exit_with: int | None = None

    def fail(self, error: PressworkError) -> None:
        """Take down an error that no target is to blame for."""
        self.error = Error.of(error)
        self.exit_with = error.exit_code
        self.targets = []

    @property
    def outcome(self) -> Outcome:
        """The worst of the targets' outcomes."""
        if self.error is not None:
            return "refused" if self.exit_with == 3 else "failed"
        return worst(target.outcome for target in self.targets)

    @property
    def exit_code(self) -> int:
        """The exit code this outcome leads to: that of the worst target."""
        if self.exit_with is not None:
            return self.exit_with
        outcome = self.outcome
        codes = [t.exit_with for t in self.targets if t.outcome == outcome and t.exit_with is not None]
        return max(codes, default=_EXIT_CODES.get(outcome, 0))

    def masked(self, mask: Callable[[str], str]) -> Report:
        """Return the report with every secret masked."""
        return msgspec.convert(mask_values(mask, msgspec.to_builtins(self)), type=Report)

    def to_json(self) -> bytes:
        """Return the document: one line of JSON and a line feed."""
        head = {"schema": SCHEMA, "presswork": __version__, "command": self.command, "outcome": self.outcome}
        body = msgspec.to_builtins(self)
        del body["exit_with"]
        for target in body["targets"]:
            del target["exit_with"]
            if self.command not in {"plan", "diff"} or target["entries"] is None:
                del target["entries"]
            if target["releases"] is None:
                del target["releases"]
        return msgspec.json.encode({**head, "seconds": body.pop("seconds"), **body}) + b"\n"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the outcome that speaks for several: failed, refused, superseded, locked, then the rest."""
    return min(outcomes, key=_ORDER.index, default="unchanged")


def _entry(change: Change, page: Page | None) -> Entry:
    title, source = (page.title, page.source) if page else (None, None)
    return Entry(change.path, change.change, change.reason, change.before, title, source)
