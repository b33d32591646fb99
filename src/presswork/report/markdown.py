"""The report as Markdown, for a pull request and a CI's summary. All that pages and hosts say is escaped."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from presswork import __version__
from presswork.report.terminal import SAYS, all_new, proof, sent, trouble
from presswork.speech import FEW, SHOWN, files, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.report import Entry, Report, TargetReport
    from presswork.speech import Group

__all__ = ["code", "link", "summary", "text"]

_FINDINGS: Final = 30
"""How many findings are named."""
_LONGEST: Final = 300
"""Characters of one text of somebody else's."""
_INVISIBLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows them."""
_MARK: Final = re.compile(r"[!-/:-@\[-`{-~]")
"""Every character that Markdown lets a backslash escape (CommonMark, "Backslash escapes")."""
_IN_ADDRESS: Final = "%:/?#[]@!$&'()*+,;=-._~"
"""What stays in an address as it is (RFC 3986); the rest, `<`, `>` and line ends among it, is percent-encoded."""
_CALL: Final = re.compile(r"([@#!$~%&^])(?=\w)")
"""What makes a name a mention, or a number a reference, at GitHub, GitLab and Forgejo, escaped or not."""


def summary(report: Report) -> str:
    """Return the summary of a deploy or a plan. The report must be masked already."""
    parts = ["\n\n".join(filter(None, _target(report, target))) for target in report.targets]
    if not report.targets:
        parts.append(f"### presswork {report.command}: {SAYS[report.outcome]}")
    found = list(trouble(report))
    if found:
        lines = [
            f"- {kind}: {text(said)}" + (f" *{text(hint)}*" if hint else "") for kind, said, hint in found[:_FINDINGS]
        ]
        more = [f"- {len(found) - _FINDINGS:,} more"] if len(found) > _FINDINGS else []
        parts.append("\n".join(["**Findings**", "", *lines, *more]))
    parts.append(" · ".join(_origin(report)))
    return "\n\n".join(parts) + "\n"


def text(words: str) -> str:
    """Return somebody else's words as one line that Markdown takes for nothing but words."""
    return _MARK.sub(r"\\\g<0>", _CALL.sub("\\1\u2060", _line(words)))


def code(words: str) -> str:
    """Return somebody else's words as code, in which nothing has a meaning."""
    words = _line(words)
    fence = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{fence} {words} {fence}" if "`" in words else f"`{words}`"


def link(words: str, address: str | None) -> str:
    """Return words, which are Markdown, that lead to an address; alone where that is not one of the web."""
    if _web(address) is None:
        return words
    return f"[{words}](<{quote(address or '', safe=_IN_ADDRESS)}>)"


def _target(report: Report, target: TargetReport) -> Iterator[str]:
    yield f"### {text(target.target)} ({text(target.host)}): {SAYS[target.outcome]}"
    public = report.site.base_url if report.site else None  # for a store that a web server of one's own serves
    live, made = _web(target.live_url) or _web(public), None
    if release := target.release:
        made = _web(release.url)
        if release.live:
            made, live = made or _web(public), None
        there = link(text(made), made) if made else code(release.url)
        yield f"{there} · {link('what is live', live)}" if live else there
    if target.changes is not None and target.outcome != "unchanged":
        yield ", ".join(f"{number:,} {kind}" for kind, number in target.changes.items())
        if not all_new(target):
            yield "\n".join(line for group in grouped(target.entries or ()) for line in _group(group, made, live))
    yield "; ".join(_done(target))


def _done(target: TargetReport) -> Iterator[str]:
    if target.outcome == "planned" and target.route is not None:
        yield f"route: {text(target.route.name)}, {text(target.route.reason)}"
    if target.uploaded is not None:
        yield sent(target.uploaded)
    if target.verified is not None and target.verified.ok:
        yield proof(target.verified)
    elif target.verified is not None:
        wrong = target.verified.mismatches
        more = f", {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else ""
        yield f"not as built: {', '.join(map(code, wrong[:SHOWN]))}{more}"


def _group(group: Group, made: str | None, live: str | None) -> Iterator[str]:
    if group.noun is None:
        yield from (f"- {_page(page, made, live)}" for page in group.entries[:SHOWN])
        if len(group.entries) > SHOWN:
            yield f"- {group.kind}: {len(group.entries) - SHOWN:,} more pages"
        return
    few = f": {', '.join(code(entry.path) for entry in group.entries)}" if len(group.entries) <= FEW else ""
    why = f", {text(group.why)}" if group.why else ""
    yield f"- {group.kind}: {files(group.entries, group.noun)}{few}{why}"


def _page(page: Entry, made: str | None, live: str | None) -> str:
    """Return a page with links to it as it was made and as it is, or was, live."""
    was = None if page.change == "added" else _address(live, page.before or page.path)
    there = None if page.change == "removed" else _address(made, page.path)
    words = f"{page.change}: {link(text(page.title) if page.title else code(page.path), there or was)}"
    if page.title:
        words += f" {code(page.source or page.path)}"
    if page.before:
        words += f", was at {code(page.before)}"
    return words + (f" ({link('live', was)})" if there and was and there != was else "")


def _address(base: str | None, path: str) -> str | None:
    if base is None:
        return None
    folder = path.removesuffix("index.html") if path.rpartition("/")[2] == "index.html" else path
    return f"{base.rstrip('/')}/{quote(folder)}"


def _web(address: str | None) -> str | None:
    """Return an address that a browser may be sent to; None for any other."""
    return address if address and re.match("https?://", address) else None


def _origin(report: Report) -> Iterator[str]:
    if report.source and report.source.commit:
        branch = f" of {code(report.source.branch)}" if report.source.branch else ""
        yield f"commit {code(report.source.commit[:12])}{branch}"
    if report.by:
        yield f"by {text(report.by)}"
    if report.run:
        yield link("run", report.run)
    yield f"presswork {__version__}"


def _line(words: str) -> str:
    """Return words on one line, without what cannot be seen."""
    short = "".join(islice(" ".join(_INVISIBLE.sub(" ", words).split()), _LONGEST + 1))
    return short if len(short) <= _LONGEST else f"{short[:_LONGEST]}…"
