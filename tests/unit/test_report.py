from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from presswork.errors import Cancelled, ConfigError, Conflict, CredentialMissing, HostError, PressworkError, Refused
from presswork.findings import Finding
from presswork.git import Revision
from presswork.host import Release
from presswork.manifest import Entry, Manifest
from presswork.mask import MASK, Mask
from presswork.plan import Estimate, Plan, compare
from presswork.report import (
    Error,
    ManifestFacts,
    Outcome,
    ReleaseFacts,
    Report,
    SiteFacts,
    SourceFacts,
    TargetReport,
    Uploaded,
    Verified,
    worst,
)
from presswork.report.terminal import amount, count, lines, release_line, trouble
from presswork.site import Page
from support_report import read_document

if TYPE_CHECKING:
    from collections.abc import Iterable

FINDING = Finding(severity="warning", code="name-clash", message="a and A clash.", path="a", hint="Rename one.")


def target(
    name: str = "production", outcome: Outcome = "deployed", error: PressworkError | None = None
) -> TargetReport:
    made = TargetReport(target=name, host="moon", outcome=outcome)
    if error is not None:
        made.fail(error)
    return made


def full() -> Report:
    """Return a report with something in every field."""
    made = target()
    plan = Plan(
        compare({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "3", "e": "5"}),
        replaces=None,
        known=True,
        estimate=Estimate("digest", "few files differ", 3, 30),
        findings=[FINDING],
    )
    made.tell(plan, [Page("b", "B", "b.md")])
    made.release = ReleaseFacts.of(
        Release(id="r1", url="https://moon.example/", live=True, label="x", created="2026-11-21T19:00:00Z", alias="a")
    )
    made.previous = "r0"
    made.manifest = ManifestFacts.of(Manifest([Entry("a", 1, "0")], {"a": "text/plain"}))
    made.uploaded, made.verified = Uploaded(2, 30), Verified("read", 4, ok=False, mismatches=("a",))
    made.releases = [made.release]
    failed = target("mirror", error=HostError("It is full.", hint="Make room.", path="a", retryable=True))
    report = Report(command="plan", targets=[made, failed], by="me", run="https://ci.example/7", seconds=3.2)
    report.site = SiteFacts("/site", "mkdocs 1.6.1", "https://docs.example/")
    report.source = SourceFacts.of(Revision("3f2a", "main", "Fix", dirty=False))
    return report


@pytest.mark.parametrize(
    ("error", "code", "outcome"),
    [
        (PressworkError("x", hint="y"), 1, "failed"),
        (HostError("x", hint="y"), 1, "failed"),
        (ConfigError("x", hint="y"), 2, "failed"),
        (CredentialMissing("x", hint="y"), 2, "failed"),
        (Refused("x", hint="y"), 3, "refused"),
        (Conflict("x", hint="y"), 3, "refused"),
        (Cancelled(), 130, "failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_error_has_its_exit_code_and_outcome_wherever_it_befalls(
    error: PressworkError, code: int, outcome: str
) -> None:
    whole = Report(command="deploy")
    whole.fail(error)
    assert (whole.exit_code, whole.outcome) == (code, outcome)
    one = Report(command="deploy", targets=[target(error=error), target("other")])
    assert (one.exit_code, one.outcome) == (code, outcome)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("superseded", 1), ("locked", 3), ("deployed", 0), ("unchanged", 0), ("planned", 0), ("listed", 0)],
)
def test_each_outcome_has_its_exit_code(outcome: Outcome, code: int) -> None:
    assert Report(command="x", targets=[target(outcome=outcome)]).exit_code == code


def test_no_target_at_all_is_success() -> None:
    assert (Report(command="x").exit_code, Report(command="x").outcome) == (0, "unchanged")


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["deployed", "locked", "superseded", "refused", "failed"], "failed"),
        (["deployed", "locked", "superseded", "refused"], "refused"),
        (["deployed", "locked", "superseded"], "superseded"),
        (["deployed", "locked"], "locked"),
        (["unchanged", "deployed"], "deployed"),
        (["unchanged", "planned"], "planned"),
        (["unchanged"], "unchanged"),
    ],
)
def test_the_worst_outcome_speaks_for_all(outcomes: list[Outcome], expected: str) -> None:
    assert worst(outcomes) == worst(reversed(outcomes)) == expected


def test_the_exit_code_is_that_of_the_worst_outcome_and_the_greatest_among_several() -> None:
    usage, host = target("a", error=ConfigError("x", hint="y")), target("b", error=HostError("x", hint="y"))
    refused = target("c", error=Refused("x", hint="y"))
    assert Report(command="x", targets=[host, refused]).exit_code == 1
    assert Report(command="x", targets=[usage, host, refused]).exit_code == 2
    assert Report(command="x", targets=[host, target(error=Cancelled())]).exit_code == 130


def test_the_document_is_as_documented() -> None:
    found = read_document(full().to_json())
    assert (found.schema, found.command, found.outcome, found.seconds) == (1, "plan", "failed", 3.2)
    first, second = found.targets
    assert first.changes is not None
    assert (first.changes.added, first.changes.changed, first.changes.moved) == (1, 1, 1)
    assert [entry.change for entry in first.entries] == ["same", "changed", "moved", "added"]
    assert {(entry.path, entry.title, entry.source) for entry in first.entries if entry.title} == {("b", "B", "b.md")}
    assert [finding.code for finding in first.findings] == ["name-clash"]
    assert second.error is not None
    assert (second.error.code, second.error.path, second.error.retryable) == ("host", "a", True)
    assert second.entries == second.releases == []


@pytest.mark.parametrize("wrong", ["drop", "add", "retype"])
def test_a_document_that_is_not_as_documented_would_be_found(wrong: str) -> None:
    document = json.loads(full().to_json())
    first: dict[str, Any] = document["targets"][0]
    if wrong == "drop":
        del first["retries"]
    elif wrong == "add":
        first["release"]["colour"] = "red"
    else:
        first["manifest"]["files"] = "232"
    with pytest.raises(msgspec.ValidationError):
        read_document(json.dumps(document))


def test_the_document_is_one_line_and_its_head_stands_first() -> None:
    data = full().to_json()
    assert data.count(b"\n") == 1
    assert data.endswith(b"}\n")
    assert [*json.loads(data)][:5] == ["schema", "presswork", "command", "outcome", "seconds"]


def test_an_error_of_the_whole_leaves_no_targets() -> None:
    report = full()
    report.fail(ConfigError("There is no such target.", hint="Name another."))
    found = read_document(report.to_json())
    assert found.targets == []
    assert found.error is not None
    assert (found.error.code, found.error.hint) == ("configuration", "Name another.")


def said(*targets: TargetReport) -> list[tuple[str, str, str]]:
    return [*trouble(Report(command="deploy", targets=[*targets]))]


def with_findings(findings: Iterable[Finding], name: str = "production") -> TargetReport:
    made = target(name)
    made.findings = [*findings]
    return made


def test_findings_and_errors_are_told_with_their_hints() -> None:
    failed = with_findings([FINDING])
    failed.fail(HostError("It is full.", hint="Make room.", path="a.html"))
    assert said(failed) == [
        ("warning", "a and A clash.", "Rename one."),
        ("error", "a.html: It is full.", "Make room."),
    ]


def test_a_refusal_that_only_repeats_a_finding_is_told_once() -> None:
    forbidding = Finding(severity="error", code="x", message="Too large.", path="a.bin")
    refused = with_findings([forbidding])
    refused.fail(Refused("Too large.", hint="Mend it.", findings=[forbidding]))
    ((kind, text, hint),) = said(refused)
    assert (kind, text) == ("error", "a.bin: Too large.")
    assert hint


def test_what_two_targets_have_in_common_is_told_once() -> None:
    assert len(said(with_findings([FINDING]), with_findings([FINDING], "mirror"))) == 1
    other = msgspec.structs.replace(FINDING, path="b", message="b and B clash.")
    assert len(said(with_findings([FINDING]), with_findings([FINDING, other], "mirror"))) == 2


def test_a_report_in_words_says_what_was_done_where() -> None:
    text = "\n".join(lines(full(), files=True))
    assert "production (moon): deployed" in text
    assert "mirror (moon): failed" in text
    assert "1 added, 1 changed, 0 removed, 1 moved, 1 same" in text
    assert "sent 2 files, 30 bytes" in text
    assert "moved    d  (the content was at c)" in text
    assert "every one as it was built" not in text
    assert "https://moon.example/" in text


def test_numbers_and_sizes_are_written_for_people() -> None:
    assert [count(number, "file") for number in (0, 1, 1204)] == ["0 files", "1 file", "1,204 files"]
    assert [amount(size) for size in (0, 999, 40_211, 22_233_445, 5_000_000_000)] == [
        "0 bytes",
        "999 bytes",
        "40.2 kB",
        "22.2 MB",
        "5.0 GB",
    ]


def test_a_deployment_is_one_line() -> None:
    label = f"Fix a typo [3f2a9c1b0d2e] sha256:{'0' * 64}"
    made = ReleaseFacts(id="r1", url="", live=True, created="2026-11-21T19:00:00Z", label=label)
    assert release_line(made) == "r1  2026-11-21T19:00:00Z  live  Fix a typo  [3f2a9c1b0d2e]"
    preview = ReleaseFacts(id="p1", url="", live=False, created=None, alias="draft", preview=True)
    assert release_line(preview) == "p1  preview draft"


@pytest.mark.parametrize("secret", ["null", "true", "production", "failed", "warning", "findings"])
def test_a_secret_is_masked_and_the_report_stays_one_whatever_it_is(secret: str) -> None:
    mask = Mask()
    mask.add(secret)
    report = full()
    report.targets[1].error = Error(code="x", message=f"no {secret}", hint="")
    masked = report.masked(mask)
    assert masked.targets[1].error == Error(code="x", message=f"no {MASK}", hint="")
    assert [made.outcome for made in masked.targets] == [made.outcome for made in report.targets]
    assert masked.targets[0].findings == [FINDING]


def test_a_report_without_secrets_is_the_same_masked() -> None:
    assert full().masked(Mask()) == full()
