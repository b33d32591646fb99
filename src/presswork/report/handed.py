"""What a CI is handed of a report: a summary for people, and what later steps want to know of it."""

from __future__ import annotations

import html
import re
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from presswork import disk
from presswork.errors import PressworkError
from presswork.findings import Finding
from presswork.mediatypes import is_page
from presswork.report.markdown import summary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from presswork.report import Entry, Report

__all__ = ["hand_over"]

_READ: Final = 100
"""How many pages are read for their titles."""
_HEAD: Final = 16 * 1024
"""Bytes of a page in which its title is looked for."""
_TITLE: Final = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def hand_over(report: Report, environ: Mapping[str, str], mask: Callable[[str], str], *, to: str | None = None) -> None:
    """Write the summary to the file `to`, and all that the environment asks for. The report must be masked already.

    Where no generator told the titles of pages, as of an artifact of another job, they are read from the pages.

    `PRESSWORK_SUMMARY` is a file for the summary, `PRESSWORK_DOTENV` one of `PRESSWORK_OUTCOME=…` lines (GitLab's
    `artifacts:reports:dotenv`). `GITHUB_STEP_SUMMARY` and `GITHUB_OUTPUT` are those of GitHub's runner and its
    descendants, to which is added (GitHub, "Workflow commands"). A file that cannot be written is a finding: what was
    deployed is not less so.
    """
    facts = _facts(report)
    files = [to or environ.get("PRESSWORK_SUMMARY"), environ.get("GITHUB_STEP_SUMMARY")]
    words = summary(_titled(report, mask)).encode() if any(files) else b""
    for name, write, data in (
        (files[0], disk.write, words),
        (environ.get("PRESSWORK_DOTENV"), disk.write, _lines({f"PRESSWORK_{k.upper()}": v for k, v in facts.items()})),
        (files[1], disk.append, words),
        (environ.get("GITHUB_OUTPUT"), disk.append, _lines(facts)),
    ):
        if name:
            _try(report, write, Path(name), data)


def _titled(report: Report, mask: Callable[[str], str]) -> Report:
    """Return the report with titles for the pages that have none."""
    if report.site is None:
        return report
    root, targets = Path(report.site.root), []
    for target in report.targets:
        entries = target.entries or []
        bare = (e for e in entries if e.change not in {"same", "removed"} and is_page(e.path) and not e.title)
        found = {entry.path: _title(root / entry.path) for entry in islice(bare, _READ)}
        targets.append(replace(target, entries=[_named(entry, mask(found.get(entry.path, ""))) for entry in entries]))
    return replace(report, targets=targets)


def _named(entry: Entry, title: str) -> Entry:
    return replace(entry, title=title) if title else entry


def _title(page: Path) -> str:
    head = b""
    with suppress(OSError), page.open("rb") as file:
        head = file.read(_HEAD)
    found = _TITLE.search(head)
    return html.unescape(found[1].decode(errors="replace")).strip() if found else ""


def _facts(report: Report) -> dict[str, str]:
    """Return the outcome, with the address and the id of the first target's release."""
    facts = {"outcome": str(report.outcome)}
    if report.targets and (release := report.targets[0].release):
        facts |= {"url": release.url, "id": release.id}
    return facts


def _lines(facts: Mapping[str, str]) -> bytes:
    """Return KEY=VALUE lines; what a host says cannot begin a line of its own."""
    values = {key: "".join(char for char in value if char.isprintable()) for key, value in facts.items()}
    return "".join(f"{key}={value}\n" for key, value in values.items()).encode()


def _try(report: Report, write: Callable[[Path, bytes], None], path: Path, data: bytes) -> None:
    try:
        write(path, data)
    except PressworkError as error:
        unwritten = Finding(
            severity="warning", code="not-handed-over", message=error.message, path=str(path), hint=error.hint
        )
        for target in report.targets[:1]:
            target.findings.append(unwritten)
