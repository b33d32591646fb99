"""The parts `presswork.testing` is made of."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import presswork.testing
from presswork.errors import ContentChanged, CredentialMissing, HostError, Stale
from presswork.findings import Finding
from presswork.host import SHA1, Capabilities, Intent, Part, Release
from presswork.scan import scan
from presswork.testing import FailAt, StepCounter, deploy, kit, memory_source
from presswork.testing.child import Child, in_child
from presswork.testing.kits import PATIENCE
from presswork.testing.sites import ODD

if TYPE_CHECKING:
    from pathlib import Path

    from presswork.testing.child import Tell


def test_every_public_name_is_there() -> None:
    assert all(getattr(presswork.testing, name) for name in presswork.testing.__all__)


@pytest.mark.parametrize(("name", "loaded"), [("kit", False), ("HostContract", True)])
def test_pytest_is_loaded_only_for_what_needs_it(name: str, loaded: bool) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; from presswork.testing import {name}; print('pytest' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == str(loaded)


def test_the_memory_of_a_kit_outlives_it_and_keeps_secrets_to_its_owner(tmp_path: Path) -> None:
    kit(tmp_path).memory.put("slug", "abc")
    kit(tmp_path).memory.put("token", "s3cr3t", secret=True)

    assert (kit(tmp_path).memory.get("slug"), kit(tmp_path).memory.get("token")) == ("abc", "s3cr3t")
    holding = [file for file in tmp_path.rglob("*") if file.is_file() and b"s3cr3t" in file.read_bytes()]
    assert [stat.S_IMODE(file.stat().st_mode) for file in holding] == [0o600]
    kit(tmp_path).memory.forget("slug")
    assert kit(tmp_path).memory.get("slug") is None


def test_a_kit_takes_secrets_from_the_test_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELF_TOKEN", "from the environment")

    assert kit(tmp_path, secrets={"token": "given"}, variables={"token": "SHELF_TOKEN"}).secret("token") == "given"
    assert kit(tmp_path, variables={"token": "SHELF_TOKEN"}).secret("token") == "from the environment"
    with pytest.raises(CredentialMissing):
        kit(tmp_path).secret("token")


def test_a_kit_keeps_what_is_noted_and_counts_waits_without_waiting(tmp_path: Path) -> None:
    finding = Finding(severity="info", code="x", message="y")
    own = kit(tmp_path)
    own.note(finding)
    own.wait(PATIENCE, "it is busy")

    assert own.notes == [finding]
    assert own.waits == [(PATIENCE, "it is busy")]
    with pytest.raises(HostError, match="it is busy"):
        own.wait(1, "it is busy")


def test_a_site_in_memory_has_the_manifest_of_the_same_site_on_disk(tmp_path: Path) -> None:
    for path, content in ODD.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)

    manifest, source = memory_source(ODD, SHA1)
    assert manifest == memory_source(dict(reversed(ODD.items())))[0]
    assert manifest.listing("sha1")["empty.txt"] == hashlib.sha1(b"", usedforsecurity=False).hexdigest()
    assert {entry.path: source.open(entry).read() for entry in manifest} == ODD
    on_disk = scan(tmp_path, digests=(SHA1,))
    hidden = [path for path in ODD if path not in {entry.path for entry in on_disk.entries}]
    assert manifest.without(hidden).entries == on_disk.entries
    assert manifest.without(hidden).digests == on_disk.digests


@pytest.mark.parametrize("content", [b"other", b"", None])
def test_bytes_changed_in_memory_are_found_out(content: bytes | None) -> None:
    manifest, source = memory_source({"page.html": b"bytes"})
    source.files = {} if content is None else {"page.html": content}

    with pytest.raises(ContentChanged):
        source.open(manifest["page.html"]).read()


class Expiring:
    """A host that wants one file, and whose handle expires so many times."""

    capabilities = Capabilities(atomic=True, previews=False, proof=())
    place = session = "here"

    def __init__(self, expires: int) -> None:
        self.expires = expires
        self.taken = b""

    def live(self) -> Release | None:
        return None

    def begin(self, intent: Intent, session: str | None) -> Expiring:  # noqa: ARG002
        self.intent = intent
        return self

    def wanted(self) -> list[Part]:
        return [] if self.taken else [Part("page", 5, self.intent.manifest.entries)]

    def put(self, part: Part) -> None:
        if self.expires:
            self.expires -= 1
            raise Stale("The handle has expired.")
        self.taken = self.intent.source.open(part.entries[0]).read()

    def finish(self) -> Release:
        return Release(id="1", url="", live=True)

    def close(self) -> None:
        pass


def _intent() -> Intent:
    manifest, source = memory_source({"page.html": b"bytes"})
    return Intent(manifest=manifest, source=source, live=True, label="a label")


def test_a_deploy_is_counted_in_steps() -> None:
    steps = StepCounter()
    sessions: list[str] = []
    deploy(Expiring(0), _intent(), steps=steps, tell=sessions.append)

    assert steps.steps == ["begin", "wanted", "put page", "read", "wanted", "finish", "after finish"]
    assert set(sessions) == {"here"}


def test_a_deploy_asks_again_three_times_when_the_session_has_expired() -> None:
    host = Expiring(3)
    deploy(host, _intent(), workers=2)

    assert host.taken == b"bytes"
    with pytest.raises(Stale):
        deploy(Expiring(4), _intent())


class Insatiable(Expiring):
    def wanted(self) -> list[Part]:
        return [Part("page", 5, self.intent.manifest.entries)]


def test_a_deploy_ends_when_the_same_wave_is_wanted_twice() -> None:
    with pytest.raises(AssertionError, match="the same wave"):
        deploy(Insatiable(0), _intent())


def test_a_deploy_fails_before_the_step_it_is_told_to() -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    steps = FailAt(4, fail)
    host = Expiring(0)
    with pytest.raises(KeyboardInterrupt):
        deploy(host, _intent(), steps=steps)

    assert (steps.steps[-1], host.taken) == ("read", b"")


def test_a_killed_child_has_told_what_it_did_before() -> None:
    def work(tell: Tell) -> None:
        steps = FailAt(2)
        for name in ("one", "two", "three"):
            tell("step", name)
            steps.step(name)

    assert in_child(work) == Child(killed=True, told=(("step", "one"), ("step", "two")))


def test_an_error_in_a_child_is_shown_in_the_parent() -> None:
    def work(_: Tell) -> None:
        raise ValueError("something of the child's")

    with pytest.raises(AssertionError, match="something of the child's"):
        in_child(work)
