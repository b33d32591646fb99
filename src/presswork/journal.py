"""What was done to one place and what was under way: one line of JSON for each step, only ever added to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec import Struct

from presswork.errors import PressworkError
from presswork.findings import Finding
from presswork.host import Release
from presswork.mask import mask_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from presswork.state import Shelf

__all__ = ["SCHEMA", "Attempt", "Journal", "Line", "now"]

SCHEMA: Final = 1

Step = Literal[
    "begin", "session", "finished", "abandoned", "verified", "activated", "unpublished", "pinned", "unpinned"
]


def now() -> str:
    """Return the time in ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step. Which fields it has depends on `step`; see `docs/reference/journal.md`."""

    schema: int = 1  # what a line without it means, whatever SCHEMA becomes
    at: str = ""
    step: Step
    target: str | None = None
    manifest: str | None = None
    live: bool | None = None
    alias: str | None = None
    label: str | None = None
    replaces: str | None = None
    by: str | None = None
    run: str | None = None
    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    versions: dict[str, str] | None = None
    url: str | None = None
    pages: int | None = None
    session: str | None = None
    release: str | None = None
    cargo: str | None = None
    ok: bool | None = None
    why: str | None = None


class Attempt(Struct, frozen=True):
    """A deploy that was begun and neither finished nor abandoned."""

    manifest: str
    live: bool
    alias: str | None
    session: str | None
    at: str

    def finding(self) -> Finding:
        """Return it as something to tell people."""
        what = "deployment" if self.live else f"preview {self.alias or ''}".strip()
        return Finding(
            severity="info",
            code="unfinished",
            message=f"A {what} begun at {self.at} was not finished.",
            hint="The next `presswork deploy` of the same build goes on with it; any other drops it.",
        )


class Journal:
    """The lines about one place, oldest first."""

    def __init__(self, state: Shelf, key: str, mask: Callable[[str], str] = str) -> None:
        self._state = state
        self._mask = mask
        self._name = f"journal/{key}.jsonl"
        self._torn = False
        self.lines = self._read()

    def write(self, line: Line) -> None:
        """Add one step, on disk before this returns."""
        line = msgspec.structs.replace(line, schema=SCHEMA, at=now())
        if self._torn:  # the next line must not be joined to half of one
            self._mend()
        data = mask_values(self._mask, msgspec.to_builtins(line))
        self._state.append(self._name, msgspec.json.encode(data) + b"\n")
        self.lines.append(line)

    def commit_of(self, release: str) -> str | None:
        """Return the commit a release was made from, where this journal knows."""
        line = self.made(release)
        return line.commit if line else None

    def unfinished(self) -> Attempt | None:
        """Return the last deploy that was begun, unless it came to an end."""
        attempt = None
        for line in self.lines:
            if line.step == "begin":
                attempt = Attempt(line.manifest or "", line.live is not False, line.alias, None, line.at)
            elif line.step in {"finished", "abandoned"}:
                attempt = None
            elif line.step == "session" and attempt is not None:
                attempt = msgspec.structs.replace(attempt, session=line.session)
        return attempt

    def made(self, release: str) -> Line | None:
        """Return the line that says what a release was made from; None where it was not made from here."""
        lines = (line for line in reversed(self.lines) if line.step == "finished" and line.release == release)
        return next(lines, None)

    def manifest_of(self, release: str) -> str | None:
        """Return the digest of the manifest a release was made from, where this journal knows."""
        line = self.made(release)
        return line.manifest if line else None

    def releases(self, live: Release | None) -> list[Release]:
        """Return the releases made from here, newest first, for a host that keeps no history."""
        made: dict[str, Line] = {}
        for line in reversed(self.lines):
            if line.step == "finished" and line.release:
                made.setdefault(line.release, line)
        return [
            Release(
                id=release,
                url=line.url or "",
                live=live is not None and live.id == release,
                label=line.label,
                created=line.at,
                alias=line.alias,
                preview=not line.live,
            )
            for release, line in made.items()
        ]

    def live_at(self, moment: str) -> Line | None:
        """Return the line that made live what was so at a time (ISO 8601, UTC); None where nothing is known to be."""
        last = None
        for line in self.lines:
            if line.at <= moment and (
                line.step in {"activated", "unpublished"} or (line.step == "finished" and line.live)
            ):
                last = line
        return None if last is None or last.step == "unpublished" else last

    def findings(self) -> list[Finding]:
        """Return what is to be told of this place: what was not finished, dropped, or rolled back."""
        attempt, ends = self.unfinished(), [line for line in self.lines if line.step in {"finished", "abandoned"}]
        found = [attempt.finding()] if attempt else []
        if ends and ends[-1].step == "abandoned":
            found.append(
                Finding(
                    severity="info",
                    code="abandoned",
                    message=f"The last deployment was dropped at {ends[-1].at}: {ends[-1].why}",
                    hint="Deploy again when what it names is mended.",
                )
            )
        pins = (
            Finding(
                severity="info",
                code="pinned-down",
                message=f"{pin.release} was rolled back at {pin.at} by {pin.by} and is not deployed again.",
                hint="A newer commit goes live as ever; `presswork deploy --unpin` brings this one back.",
            )
            for pin in self.pins()
        )
        return [*found, *pins]

    def pins(self) -> list[Line]:
        """Return what was rolled back and is not to be deployed again by itself."""
        pins: dict[str | None, Line] = {}
        for line in self.lines:
            if line.step == "pinned":
                pins[line.release] = line
            elif line.step == "unpinned":
                pins = {release: pin for release, pin in pins.items() if line.release not in {None, release}}
        return list(pins.values())

    def was_live(self, release: str) -> bool:
        """Say whether this journal saw the release go live."""
        return any(
            line.release == release and (line.step == "activated" or (line.step == "finished" and line.live))
            for line in self.lines
        )

    def distrusted(self, release: str) -> bool:
        """Say whether the last proof of this release failed."""
        for line in reversed(self.lines):
            if line.step == "verified" and line.release == release:
                return line.ok is False
        return False

    def unproved(self, release: str) -> bool:
        """Say whether this journal saw the release go live, and no proof of it come to an end."""
        steps = [line.step for line in self.lines if line.release == release]
        return "finished" in steps and "verified" not in steps

    def _read(self) -> list[Line]:
        data = self._state.read(self._name)
        lines: list[Line] = []
        if data is None:
            return lines
        *whole, torn = data.split(b"\n")  # a kill can leave the last line half written: it never happened
        self._torn = bool(torn)
        for number, text in enumerate(whole, 1):
            try:
                line = msgspec.json.decode(text, type=Line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                schema = _schema_of(text)
                if schema is None and number == len(whole):
                    self._torn = True
                    break
                why = "was written by a later version of Presswork" if (schema or 0) > SCHEMA else "is damaged"
                raise self._unreadable(f"line {number} {why}") from error
            if line.schema > SCHEMA:
                raise self._unreadable(f"line {number} was written by a later version of Presswork")
            lines.append(line)
        return lines

    def _mend(self) -> None:
        """Cut off the end that never happened, if another process has not done so meanwhile."""
        data = self._state.read(self._name) or b""
        sound = data[: data.rfind(b"\n") + 1]
        last = sound.removesuffix(b"\n").rpartition(b"\n")[2]
        if last and _schema_of(last) is None:
            sound = sound.removesuffix(last + b"\n")
        if sound != data:
            self._state.write(self._name, sound)
        self._torn = False

    def _unreadable(self, why: str) -> PressworkError:
        return PressworkError(
            f"The journal {self._state.folder / self._name} cannot be read: {why}.",
            hint="Move the file away (the live site does not depend on it), or use the version that wrote it.",
        )


def _schema_of(text: bytes) -> int | None:
    """Return the schema of a line that may be of another version; None where it is no line at all."""
    try:
        return int(msgspec.json.decode(text, type=dict[str, Any]).get("schema", 1))
    except (msgspec.MsgspecError, TypeError, ValueError):
        return None
