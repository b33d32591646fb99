"""Two listings compared: what a deploy would change at a target, why, and what it would cost."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from presswork.findings import Finding
    from presswork.host import Release
    from presswork.manifest import Listing

__all__ = ["Change", "ChangeKind", "Estimate", "Plan", "apply", "compare"]

ChangeKind = Literal["added", "changed", "removed", "moved", "same"]


class Change(Struct, frozen=True):
    """What becomes of one path, and why.

    `digest` is that of the new content (None for a removed path); `before` the old path of moved content, which
    a change `removed` of its own does not repeat.
    """

    path: str
    change: ChangeKind
    reason: str
    digest: str | None = None
    before: str | None = None


class Estimate(Struct, frozen=True):
    """What a deploy would cost: an upper bound, since the host may hold more than we know.

    `seconds` is the least time the host's own limits allow.
    """

    route: str
    reason: str
    requests: int
    bytes: int
    seconds: float = 0.0


class Plan:
    """What would change at one target.

    `known` is False when the host could not say what is live: then every file counts as added, and guards on
    removals cannot tell. `findings` holds all that the checks had to say.
    """

    def __init__(
        self,
        changes: Iterable[Change],
        *,
        replaces: Release | None,
        known: bool,
        estimate: Estimate,
        findings: Iterable[Finding] = (),
    ) -> None:
        self.changes = tuple(changes)
        self.replaces = replaces
        self.known = known
        self.estimate = estimate
        self.findings = tuple(findings)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many paths are added, changed, removed, moved and the same."""
        count = Counter(change.change for change in self.changes)
        return {kind: count[kind] for kind in ("added", "changed", "removed", "moved", "same")}

    @property
    def unchanged(self) -> bool:
        """Whether what is live is known and is already this."""
        return self.known and self.replaces is not None and all(c.change == "same" for c in self.changes)

    def with_findings(self, findings: Iterable[Finding]) -> Plan:
        """Return the same plan with more findings."""
        return Plan(
            self.changes,
            replaces=self.replaces,
            known=self.known,
            estimate=self.estimate,
            findings=(*self.findings, *findings),
        )


def compare(old: Listing, new: Listing) -> tuple[Change, ...]:
    """Compare two listings of one kind of digest, in the order of the paths.

    Content that left one path and came under another is `moved`; each old path explains one new one.
    """
    left: dict[str, list[str]] = {}
    for path in sorted(old.keys() - new.keys(), reverse=True):
        left.setdefault(old[path], []).append(path)
    changes: list[Change] = []
    moved_from: set[str] = set()
    for path in sorted(new):
        digest = new[path]
        if path in old:
            if old[path] == digest:
                changes.append(Change(path, "same", "the content is the same", digest))
            else:
                changes.append(Change(path, "changed", "the content differs", digest))
        elif sources := left.get(digest):
            before = sources.pop()
            moved_from.add(before)
            changes.append(Change(path, "moved", f"the content was at {before}", digest, before))
        else:
            changes.append(Change(path, "added", "nothing is live at this path", digest))
    changes.extend(
        Change(path, "removed", "the build no longer has it")
        for path in old
        if path not in new and path not in moved_from
    )
    return tuple(sorted(changes, key=lambda change: change.path))


def apply(changes: Iterable[Change], old: Listing) -> dict[str, str]:
    """Return what `old` becomes under these changes: the other half of `compare`."""
    new = dict(old)
    for change in changes:
        if change.digest is None:
            del new[change.path]
        else:
            if change.before is not None:
                del new[change.before]
            new[change.path] = change.digest
    return new
