"""What SimpleHost does not take: said before anything is sent where it is known, otherwise as its codes have it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from presswork.deploy import deploy
from presswork.errors import HostError
from presswork.host import Intent
from presswork.testing import kit, memory_source
from presswork_simplehost import Options
from presswork_simplehost.emulator import NAMED, Fault
from presswork_simplehost.host import SimpleHost
from support_netlify_host import codes, pages
from support_simplehost import Clock, emulating
from support_simplehost_host import HOME, Publisher, asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support_simplehost import InThread

SECRET = b"sk_live_" + b"0123456789abcdefghij"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simplehost(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    with emulating(tmp_path / "simplehost", clock=clock) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, simplehost: InThread) -> Publisher:
    return Publisher(tmp_path, simplehost)


# Known beforehand


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (HOME | {"empty.css": b""}, "simplehost-empty"),
        (HOME | {"a..b.html": b"x"}, "simplehost-name"),
        (HOME | {"a\tb.html": b"x"}, "simplehost-name"),
        (HOME | {f"{'é' * 100}/{'é' * 100}/{'é' * 48}.html": b"x"}, "path-too-long"),
        (pages(1001), "too-many-files"),
        ({}, "simplehost-no-files"),
    ],
)
def test_what_simplehost_does_not_take_is_refused_before_any_request(
    publisher: Publisher, simplehost: InThread, files: dict[str, bytes], code: str
) -> None:
    told = publisher.deploy(files, "refused", settings={"slug": None, "create": True})

    assert codes(told)[code] == "error"
    assert asked(simplehost) == []


def test_what_is_just_within_the_limits_is_taken(publisher: Publisher) -> None:
    path = f"{'é' * 100}/{'é' * 100}/{'é' * 46}.html"
    assert len(path.encode()) == 499
    publisher.deploy(HOME | {path: b"x"})

    assert publisher.live({path: b""}) == {path: b"x"}


def test_an_empty_mark_for_another_host_is_left_out(publisher: Publisher, simplehost: InThread) -> None:
    told = publisher.deploy(HOME | {".nojekyll": b""})

    assert codes(told) == {"simplehost-left-out": "info"}
    assert told.manifest
    assert told.manifest.files == 1


@pytest.mark.parametrize(("plan", "outcome"), [("free", "refused"), ("hobby", "planned")])
def test_a_file_beyond_the_free_plan_is_held_against_the_accounts_own(
    publisher: Publisher, simplehost: InThread, plan: Any, outcome: str
) -> None:
    simplehost.emulator.behaviour.plan = plan
    site = publisher.write(HOME)
    with open(f"{site.root}/film.mp4", "wb") as film:  # noqa: PTH123 -- sparse
        film.truncate((250 << 20) + 1)
    (told,) = deploy(site, publisher.project(), dry_run=True).targets

    assert told.outcome == outcome
    assert ("simplehost-plan" in codes(told)) == (outcome == "refused")
    assert asked(simplehost, "account") == ["GET /account"]


# Every code of the documents


class Told(NamedTuple):
    """What follows from a code: words of message and hint, the exit code, and whether to try again."""

    message: str
    hint: str
    exit_code: int = 1
    retryable: bool = False


CODES: Mapping[str, Told] = {
    "INVALID_REQUEST": Told("ttlSeconds", "See what SimpleHost says"),
    "INVALID_PATH": Told("Invalid path", "Rename the file"),
    "INVALID_HASH": Told("hash must be", "report it with --trace"),
    "SECRET_DETECTED": Told("found secrets", "revoke it", 3),
    "UNAUTHORIZED": Told("answered 401", "SIMPLEHOST_API_KEY"),
    "SITE_LIMIT_EXCEEDED": Told("Site limit of 1", "Delete a site"),
    "PLAN_LIMIT": Told("not in the plan", "leave the option out"),
    "FORBIDDEN": Told("answered 403", "ask its support"),
    "NOT_FOUND": Told("no site no-such-site", "whose key"),
    "FILE_TOO_LARGE": Told("above the limit", "Make the file smaller"),
    "STORAGE_EXCEEDED": Told("Storage exceeded", "Delete sites"),
    "RATE_LIMITED": Told("answered 429", "full hour", 1, retryable=True),
    "INTERNAL_ERROR": Told("answered 500", "in a while", 1, retryable=True),
}
BEHAVIOUR: Mapping[str, dict[str, Any]] = {
    "SITE_LIMIT_EXCEEDED": {"sites": 1},
    "FILE_TOO_LARGE": {"file_bytes": 5},
    "STORAGE_EXCEEDED": {"storage_bytes": 5},
    "RATE_LIMITED": {"rate_limit": 0, "rate_headers": False},
}
SETTINGS: Mapping[str, dict[str, Any]] = {
    "PLAN_LIMIT": {"ttl": 60},
    "SITE_LIMIT_EXCEEDED": {"slug": None, "create": True},
    "NOT_FOUND": {"slug": "no-such-site"},
    "RATE_LIMITED": {"patience": 0},
    "INTERNAL_ERROR": {"patience": 0},
}
SWITCHED: Mapping[str, Fault] = {
    "INVALID_REQUEST": Fault(
        method="PATCH", status=400, body={"error": "ttlSeconds is odd", "code": "INVALID_REQUEST", "status": 400}
    ),
    "INVALID_PATH": Fault(
        method="PUT", status=400, body={"error": "Invalid path: x", "code": "INVALID_PATH", "status": 400}
    ),
    "INVALID_HASH": Fault(
        method="PUT", status=400, body={"error": "hash must be hex", "code": "INVALID_HASH", "status": 400}
    ),
    "FORBIDDEN": NAMED["forbidden"],
    "INTERNAL_ERROR": NAMED["internal-error"],
}
"""Those that no request of this host earns."""


@pytest.mark.parametrize("code", CODES)
def test_each_code_of_the_documents_says_what_happened_and_what_to_do(
    publisher: Publisher, simplehost: InThread, code: str
) -> None:
    for name, value in BEHAVIOUR.get(code, {}).items():
        setattr(simplehost.emulator.behaviour, name, value)
    if code in SWITCHED:
        simplehost.emulator.faults.append(msgspec.structs.replace(SWITCHED[code], count=None))
    settings = SETTINGS.get(code, {})
    if code == "INVALID_REQUEST":
        settings = {"ttl": 60}
    if code == "UNAUTHORIZED":
        publisher.environ["SIMPLEHOST_API_KEY"] = "sh_live_" + "0" * 32
    files = HOME | ({"app.js": b"1\n" + SECRET} if code == "SECRET_DETECTED" else {})
    report = publisher.report(files, settings=settings)

    (told,) = report.targets
    assert told.error
    expected = CODES[code]
    assert expected.message in told.error.message
    assert expected.hint in told.error.hint
    assert (report.exit_code, told.error.retryable) == (expected.exit_code, expected.retryable)
    assert publisher.live(HOME) == {}


@pytest.mark.parametrize("code", ["PLAN_LIMIT", "SITE_LIMIT_EXCEEDED", "FILE_TOO_LARGE", "STORAGE_EXCEEDED"])
def test_what_simplehost_offers_and_advises_is_shown(publisher: Publisher, simplehost: InThread, code: str) -> None:
    for name, value in BEHAVIOUR.get(code, {}).items():
        setattr(simplehost.emulator.behaviour, name, value)
    told = publisher.deploy(HOME, "failed", settings=SETTINGS.get(code, {}))

    assert told.error
    assert "SimpleHost says: " in told.error.hint
    assert asked(simplehost, "billing") == []


def test_a_limit_that_is_only_found_when_a_file_is_sent_names_the_file(
    publisher: Publisher, simplehost: InThread
) -> None:
    simplehost.emulator.behaviour.limits_at = "upload"
    simplehost.emulator.behaviour.file_bytes = 10
    files = HOME | {"large.css": b"p { color: red }"}
    told = publisher.deploy(files, "failed")

    assert told.error
    assert (told.error.path in files, "Make the file smaller" in told.error.hint) == (True, True)


def test_each_secret_is_told_by_path_kind_and_line_and_never_itself(publisher: Publisher, simplehost: InThread) -> None:
    publisher.deploy(HOME)
    files = HOME | {"app.js": b"// one\n" + SECRET, "b/conf.json": b'{\n\n"key": "' + SECRET + b'"}'}
    report = publisher.report(files)

    (told,) = report.targets
    secrets = [finding for finding in told.findings if finding.code == "simplehost-secret"]
    assert [(finding.severity, finding.path, finding.message) for finding in secrets] == [
        ("error", "app.js", "Line 2 holds a secret (stripe_live_key)."),
        ("error", "b/conf.json", "Line 3 holds a secret (stripe_live_key)."),
    ]
    assert (told.outcome, report.exit_code) == ("refused", 3)
    assert SECRET not in report.to_json()
    assert publisher.live(files) == HOME
    publisher.deploy(HOME | {"app.js": b"// clean"})


def test_an_hour_that_is_used_up_is_waited_for_as_its_headers_say_and_holds_up_no_file_or_page(
    tmp_path: Path, simplehost: InThread
) -> None:
    facts, limited = simplehost.facts, NAMED["bare-429"]
    (tmp_path / "project").mkdir()
    own = kit(tmp_path / "project", secrets={"key": facts["key"]})
    host = SimpleHost(Options(slug=simplehost.slug, api_url=facts["api_url"]), own)
    manifest, source = memory_source(HOME)
    upload = host.begin(Intent(manifest=manifest, source=source, live=True, label=""), None)
    (part,) = upload.wanted()
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 100)}
    simplehost.emulator.faults.append(msgspec.structs.replace(limited, headers=headers))
    with pytest.raises(HostError, match="asks to wait"):
        host.live()
    assert 90 < own.waits[0][0] <= 100
    waited = len(own.waits)
    upload.put(part)

    assert not host.account.is_shown(facts["site_url"])
    assert len(own.waits) == waited
    assert asked(simplehost, "_upload") == ["PUT /_upload/index.html"]
    host.close()
