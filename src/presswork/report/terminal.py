"""The report in words, for a terminal or a build's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork.label import commit_in, title_in
from presswork.speech import every_file, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.findings import Finding
    from presswork.report import ReleaseFacts, Report, TargetReport, Uploaded, Verified

__all__ = ["SAYS", "all_new", "amount", "count", "lines", "proof", "release_line", "sent", "trouble"]

SAYS: Final = {
    "deployed": "deployed",
    "previewed": "preview ready",
    "unchanged": "unchanged, nothing was sent",
    "planned": "planned, nothing was sent",
    "refused": "refused",
    "failed": "failed",
    "locked": "ready, but publishing is locked at the host",
    "superseded": "superseded: another deployment went live meanwhile",
    "rolled-back": "rolled back",
    "promoted": "promoted",
    "unpublished": "unpublished",
    "pruned": "pruned",
    "claimed": "claimed",
    "checked": "checked",
    "verified": "verified",
    "listed": "",
}
"""Each outcome in words."""


def lines(report: Report, *, files: bool = False) -> Iterator[str]:
    """Yield what came of a command, one line at a time, without errors and their hints.

    With `files` every file that changes is named, else pages are, by their titles.
    """
    for target in report.targets:
        yield from _target_lines(target, files=files)


def trouble(report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield every finding and error as kind, text and hint; what is not of every target names its own."""
    said: set[Finding] = set()
    held = {target.target: set(target.findings) for target in report.targets}
    for target in report.targets:
        for finding in target.findings:
            if finding in said:
                continue
            said.add(finding)
            forbids = "Mend what the finding names." if finding.severity == "error" else ""
            at = [name for name, findings in held.items() if finding in findings]
            named = "" if len(at) == len(held) else f"{', '.join(at)}: "
            yield finding.severity, named + _place(finding) + finding.message, finding.hint or forbids
        if target.error is not None and not _is_finding(target):
            named = f"{target.target}: " if len(report.targets) > 1 else ""
            yield "error", named + _where(target) + target.error.message, target.error.hint
    if report.error is not None:
        yield "error", report.error.message, report.error.hint


def count(number: int, noun: str) -> str:
    """Return a number with its noun, as in `1 file` and `1,204 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def amount(size: float) -> str:
    """Return a size in words, as in `40.2 kB`."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def sent(uploaded: Uploaded) -> str:
    """Return what was sent, in words."""
    return f"sent {count(uploaded.files, 'file')}, {amount(uploaded.bytes)}"


def proof(verified: Verified) -> str:
    """Return how a release was proved, in words."""
    sample = verified.of
    proved = f"{verified.files:,} of {count(sample, 'file')}" if sample else count(verified.files, "file")
    how = "reading a sample back" if sample and verified.method == "read" else _ways(verified.method)
    how = " and by ".join([how, *map(_ways, verified.also)])
    return f"verified by {how}: {proved}, every one as it was built"


def release_line(release: ReleaseFacts) -> str:
    """Return one line about a deployment or preview."""
    kind = "live" if release.live else (f"preview {release.alias or ''}".strip() if release.preview else "")
    words = [release.id, release.created or "", kind, title_in(release.label) or "", _commit(release)]
    words += [f"by {release.by}"] if release.by else []
    words += [f"{count(release.pages, 'page')} changed"] if release.pages is not None else []
    return "  ".join(word for word in words if word)


def _target_lines(target: TargetReport, *, files: bool) -> Iterator[str]:
    says = SAYS[target.outcome]
    if says:
        yield f"{target.target} ({target.host}): {says}"
    if target.changes is not None and target.outcome != "unchanged":
        yield "  " + ", ".join(f"{number:,} {kind}" for kind, number in target.changes.items())
    if target.outcome != "unchanged" and not all_new(target):
        yield from (f"  {line}" for line in (every_file if files else told)(target.entries or ()))
    if target.outcome == "planned" and target.route is not None:
        yield f"  route: {target.route.name}, {target.route.reason}"
    if target.uploaded is not None:
        yield f"  {sent(target.uploaded)}"
    if target.verified is not None and target.verified.ok:
        yield f"  {proof(target.verified)}"
        for one in target.verified.rewritten:
            yield f"  the host rewrites {one.path}: {one.before:,} bytes at {one.at:,} became {one.after:,}"
    if target.release is not None:
        yield f"  {target.release.id}  {target.release.url}"
    for release in target.releases or ():
        yield f"  {release_line(release)}"


def all_new(target: TargetReport) -> bool:
    """Whether nothing was live before: then the counts say it all, but for a plan, and for what only compares."""
    return target.previous is None and target.outcome not in {"planned", "listed"}


def _ways(method: str) -> str:
    return {"read": "reading every file back", "listing": "the host's listing", "http": "its address"}[method]


def _commit(release: ReleaseFacts) -> str:
    commit = commit_in(release.label)
    return f"[{commit}]" if commit else ""


def _where(target: TargetReport) -> str:
    path = target.error.path if target.error else None
    return f"{path}: " if path and target.error and path not in target.error.message else ""


def _place(finding: Finding) -> str:
    """Return where a finding is, as far as its own words do not say."""
    if not finding.path or (finding.line is None and finding.path in finding.message):
        return ""
    line = "" if finding.line is None else f":{finding.line}"
    source = f" (from {finding.source})" if finding.source else ""
    return f"{finding.path}{line}{source}: "


def _is_finding(target: TargetReport) -> bool:
    """Whether the error only repeats the findings shown above it."""
    return target.outcome == "refused" and any(f.severity == "error" for f in target.findings)
