from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from presswork.errors import PressworkError
from presswork.journal import Journal, Line, now
from presswork.mask import MASK, Mask
from presswork.state import State

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = Line(step="begin", manifest="sha256:aa", live=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    return tmp_path / ".presswork" / "journal" / "moon.jsonl"


def opened(file: Path) -> Journal:
    return Journal(State(file.parents[2]), "moon")


def written(file: Path, *lines: Line) -> Journal:
    journal = opened(file)
    for line in lines:
        journal.write(line)
    return opened(file)


def test_a_place_that_nothing_was_deployed_to_has_no_lines(file: Path) -> None:
    assert opened(file).lines == []
    assert opened(file).unfinished() is None
    assert not file.exists()


def test_each_step_is_one_line_of_json_with_its_time(file: Path) -> None:
    written(file, BEGIN, Line(step="session", session="s1"))
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert first.keys() == {"at", "step", "manifest", "live"}
    assert first.items() >= {"step": "begin", "manifest": "sha256:aa", "live": True}.items()
    assert second.keys() == {"at", "step", "session"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", now())


@pytest.mark.parametrize("secret", ["null", "true", "begin", "step"])
def test_a_secret_is_masked_and_the_line_can_be_read_whatever_it_is(file: Path, secret: str) -> None:
    mask = Mask()
    mask.add(secret)
    line = Line(step="begin", manifest="sha256:aa", live=True, label=f"with {secret}")
    Journal(State(file.parents[2]), "moon", mask).write(line)
    (found,) = opened(file).lines
    assert (found.step, found.live, found.label) == ("begin", True, f"with {MASK}")


def test_what_was_begun_and_not_ended_is_unfinished_with_its_last_session(file: Path) -> None:
    journal = written(file, BEGIN, Line(step="session", session="s1"), Line(step="session", session="s2"))
    attempt = journal.unfinished()
    assert attempt is not None
    assert (attempt.manifest, attempt.live, attempt.alias, attempt.session) == ("sha256:aa", True, None, "s2")


def test_an_unfinished_attempt_is_told_to_people(file: Path) -> None:
    preview = Line(step="begin", manifest="sha256:aa", live=False, alias="draft")
    attempt = written(file, preview).unfinished()
    assert attempt is not None
    assert "preview draft" in attempt.finding().message
    assert attempt.finding().hint


@pytest.mark.parametrize("step", ["finished", "abandoned"])
def test_what_came_to_an_end_is_not_unfinished(file: Path, step: str) -> None:
    assert written(file, BEGIN, Line(step=step)).unfinished() is None  # type: ignore[arg-type]


def test_a_proof_does_not_end_an_attempt(file: Path) -> None:
    assert written(file, BEGIN, Line(step="verified", release="r0", ok=True)).unfinished() is not None


def test_the_manifest_of_a_release_is_remembered(file: Path) -> None:
    journal = written(
        file,
        Line(step="finished", release="r1", manifest="sha256:aa", live=True),
        Line(step="finished", release="r2", manifest="sha256:bb", live=False),
    )
    assert journal.manifest_of("r1") == "sha256:aa"
    assert journal.manifest_of("r2") == "sha256:bb"
    assert journal.manifest_of("r3") is None


def test_a_release_was_live_when_it_was_deployed_or_activated(file: Path) -> None:
    journal = written(
        file,
        Line(step="finished", release="r1", live=True),
        Line(step="finished", release="p1", live=False),
        Line(step="finished", release="p2", live=False),
        Line(step="activated", release="p2"),
    )
    assert [journal.was_live(name) for name in ("r1", "p1", "p2", "r9")] == [True, False, True, False]


def test_the_last_proof_of_a_release_says_whether_it_is_trusted(file: Path) -> None:
    journal = written(file, Line(step="verified", release="r1", ok=True))
    assert not journal.distrusted("r1")
    journal.write(Line(step="verified", release="r1", ok=False))
    assert journal.distrusted("r1")
    assert not journal.distrusted("r2")
    journal.write(Line(step="verified", release="r1", ok=True))
    assert not journal.distrusted("r1")


def test_half_a_line_at_the_end_never_happened_and_spoils_nothing_after_it(file: Path) -> None:
    written(file, BEGIN)
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"step":"fini')
    assert [line.step for line in opened(file).lines] == ["begin"]
    written(file, Line(step="session", session="s1"))
    assert [line.step for line in opened(file).lines] == ["begin", "session"]
    written(file, Line(step="finished", release="r1"))
    assert [line.step for line in opened(file).lines] == ["begin", "session", "finished"]
    assert file.read_bytes().startswith(whole)


@pytest.mark.parametrize("rubbish", [b"\0\0\0\0\n", b'{"step":"fini\n', b'{"step":"\xff"}\n'])
def test_a_damaged_last_line_never_happened_and_spoils_nothing_after_it(file: Path, rubbish: bytes) -> None:
    written(file, BEGIN)
    file.write_bytes(file.read_bytes() + rubbish)
    assert [line.step for line in opened(file).lines] == ["begin"]
    written(file, Line(step="session", session="s1"), Line(step="finished", release="r1"))
    assert [line.step for line in opened(file).lines] == ["begin", "session", "finished"]


def test_reading_a_damaged_end_leaves_the_file_as_it_is(file: Path) -> None:
    written(file, BEGIN)
    damaged = file.read_bytes() + b'{"step":"fini'
    file.write_bytes(damaged)
    opened(file)
    assert file.read_bytes() == damaged


def test_a_damaged_line_before_the_last_is_an_error_that_names_file_and_line(file: Path) -> None:
    written(file, BEGIN)
    file.write_bytes(b"rubbish\n" + file.read_bytes())
    with pytest.raises(PressworkError, match="line 1 is damaged") as caught:
        opened(file)
    assert str(file) in caught.value.message
    assert "Move the file away" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "says"),
    [(b'{"schema":2,"step":"frozen"}\n', "later version"), (b'{"step":"nonsense"}\n', "line 2 is damaged")],
)
def test_a_last_line_that_is_whole_and_unknown_is_an_error_and_stays(file: Path, line: bytes, says: str) -> None:
    written(file, BEGIN)
    file.write_bytes(file.read_bytes() + line)
    with pytest.raises(PressworkError, match=says):
        opened(file)
    assert file.read_bytes().endswith(line)


def test_a_torn_end_is_mended_once_whoever_saw_it(file: Path) -> None:
    written(file, BEGIN)
    file.write_bytes(file.read_bytes() + b'{"step":"fini')
    late = opened(file)
    written(file, Line(step="finished", release="r1"))
    late.write(Line(step="verified", release="r1"))
    assert [line.step for line in opened(file).lines] == ["begin", "finished", "verified"]


def test_a_line_of_a_later_version_is_an_error(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('{"schema":99,"step":"begin"}\n{"step":"abandoned"}\n')
    with pytest.raises(PressworkError, match="later version"):
        opened(file)
