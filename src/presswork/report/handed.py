"""What a CI is handed of a report: a summary for people, and what later steps want to know of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from presswork import disk
from presswork.errors import PressworkError
from presswork.findings import Finding
from presswork.report.markdown import summary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from presswork.report import Report

__all__ = ["hand_over"]


def hand_over(report: Report, environ: Mapping[str, str], *, to: str | None = None) -> None:
    """Write the summary to the file `to`, and all that the environment asks for. The report must be masked already.

    `PRESSWORK_SUMMARY` is a file for the summary, `PRESSWORK_DOTENV` one of `PRESSWORK_OUTCOME=…` lines (GitLab's
    `artifacts:reports:dotenv`). `GITHUB_STEP_SUMMARY` and `GITHUB_OUTPUT` are those of GitHub's runner and its
    descendants, to which is added (GitHub, "Workflow commands"). A file that cannot be written is a finding: what was
    deployed is not less so.
    """
    facts = _facts(report)
    words = summary(report).encode()
    for name, write, data in (
        (to or environ.get("PRESSWORK_SUMMARY"), disk.write, words),
        (environ.get("PRESSWORK_DOTENV"), disk.write, _lines({f"PRESSWORK_{k.upper()}": v for k, v in facts.items()})),
        (environ.get("GITHUB_STEP_SUMMARY"), disk.append, words),
        (environ.get("GITHUB_OUTPUT"), disk.append, _lines(facts)),
    ):
        if name:
            _try(report, write, Path(name), data)


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
