"""Every error code of Canvas Drop, provoked at the emulator by the request that earns it, and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from presswork.errors import PressworkError
from presswork_canvasdrop.wire import REMEDIES
from support_canvasdrop import emulating, sha256, zipped
from support_canvasdrop_host import opened, switch_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from presswork_canvasdrop.host import CanvasHost
    from support_canvasdrop import InThread

MIB = 1 << 20
BLOB = b"<p>home"


class Clock:
    """The emulator's time."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Scene:
    """The emulator, our host, and the time."""

    host: CanvasHost
    canvas: InThread
    clock: Clock

    def begin(self, *entries: tuple[str, str, int]) -> Any:
        manifest = [{"path": path, "hash": digest, "size": size} for path, digest, size in entries]
        return self.host.ask("POST", "uploads", json={"manifest": manifest}).json

    def handle(self) -> str:
        """Begin an upload of one file."""
        return str(self.begin(("index.html", sha256(BLOB), len(BLOB)))["uploadId"])

    def put(self, handle: str, content: bytes = BLOB) -> None:
        self.host.ask("PUT", f"uploads/{handle}/blobs/{sha256(BLOB)}", body=content)

    def finalize(self, handle: str) -> None:
        self.host.ask("POST", f"uploads/{handle}/finalize")

    def zip(self, body: Any) -> None:
        self.host.ask("PUT", "deploy", body=body, repeat=False)

    def fault(self, name: str) -> None:
        switch_on(self.canvas, name)


class Zeros(NamedTuple):
    """A body of so many bytes."""

    size: int

    def pieces(self) -> Iterator[bytes]:
        for start in range(0, self.size, MIB):
            yield bytes(min(MIB, self.size - start))


def entries(number: int) -> list[tuple[str, str, int]]:
    return [(f"{n}.html", sha256(b"%d" % n), 1) for n in range(number)]


def expired(scene: Scene) -> None:
    handle = scene.handle()
    scene.clock.now += 901
    scene.put(handle)


def published(scene: Scene) -> str:
    handle = scene.handle()
    scene.put(handle)
    scene.finalize(handle)
    return handle


def lease_kept(scene: Scene) -> None:
    handle = scene.handle()
    scene.put(handle)
    scene.fault("finalize-died")
    with pytest.raises(PressworkError):
        scene.finalize(handle)
    scene.finalize(handle)


def switched(name: str, call: Callable[[Scene], Any]) -> Callable[[Scene], Any]:
    def provoke(scene: Scene) -> None:
        scene.fault(name)
        call(scene)

    return provoke


def opened_other(scene: Scene) -> None:
    with opened(scene.host.kit.folder.parent, scene.canvas, key=scene.canvas.other().facts["key"]) as host:
        host.ask("GET")


ROWS: dict[str, tuple[Callable[[Scene], Any], int, str, str, bool]] = {
    # what is asked for, the status, words of the message, words of the hint, whether the same command may succeed later
    "EMPTY_DEPLOY": (lambda s: s.zip(b""), 400, "body is empty", "Build the site first", False),
    "INVALID_ZIP": (lambda s: s.zip(b"PK no archive"), 400, "cannot be read", "route: staged", False),
    "ZIP_BOMB_REJECTED": (
        lambda s: s.zip(zipped([("a.bin", bytes(26 * MIB))], compression=8)),
        400,
        "entry exceeds",
        "smaller",
        False,
    ),
    "ZIP_SLIP_REJECTED": (lambda s: s.zip(zipped([("../x", b"x")])), 400, "leaves the archive", "Rename", False),
    "INVALID_PATH": (lambda s: s.begin(("//x", sha256(b""), 0)), 400, "absolute", "Rename the file", False),
    "TOO_MANY_FILES": (lambda s: s.begin(*entries(2001)), 413, "2000 files", "`ignore`", False),
    "TOO_MANY_FILES in an archive": (
        lambda s: s.zip(zipped((f"{n}.txt", b"") for n in range(2001))),
        400,
        "2000 files",
        "`ignore`",
        False,
    ),
    "FILE_TOO_LARGE": (lambda s: s.begin(("a", sha256(b""), 26 * MIB)), 413, "a file exceeds", "smaller", False),
    "FILE_TOO_LARGE before it is read": (
        lambda s: s.host.ask("PUT", f"uploads/{s.handle()}/blobs/{sha256(BLOB)}", body=Zeros(27 * MIB)),
        413,
        "per-file limit",
        "smaller",
        False,
    ),
    "CANVAS_TOO_LARGE": (
        lambda s: s.begin(*((f"{n}", sha256(b"%d" % n), 25 * MIB) for n in range(5))),
        413,
        "canvas exceeds",
        "smaller",
        False,
    ),
    "CANVAS_TOO_LARGE before it is read": (
        lambda s: s.zip(Zeros(111 * MIB)),
        413,
        "body exceeds the size limit",
        "smaller",
        False,
    ),
    "INVALID_MANIFEST": (lambda s: s.begin(), 400, "manifest is empty", "--trace", False),
    "BLOB_HASH_MISMATCH": (lambda s: s.put(s.handle(), b"other"), 400, "do not match", "same command again", True),
    "UPLOAD_MISSING_BLOB": (lambda s: s.finalize(s.handle()), 400, "was not staged", "same command again", True),
    "UPLOAD_EXPIRED": (expired, 400, "expired", "same command again", True),
    "UPLOAD_HANDLE_INVALID": (lambda s: s.put("up_x"), 404, "no such upload session", "same command again", True),
    "UPLOAD_IN_PROGRESS": (lease_kept, 409, "another finalize", "Wait a minute", True),
    "UPLOAD_ALREADY_FINALIZED": (lambda s: s.finalize(published(s)), 409, "already", "same command again", True),
    "CANNOT_UNPUBLISH": (lambda s: s.host.ask("POST", "unpublish"), 409, "isn't published", "Nothing is live", False),
    "NOT_PUBLISHED": (lambda s: s.host.ask("GET", "files"), 404, "no live version", "Deploy first", False),
    "NOT_FOUND": (
        lambda s: (published(s), s.host.ask("GET", "files", params={"path": "x"})),
        404,
        "no file at",
        "Deploy again",
        False,
    ),
    # those that no request earns
    "VERSION_UNAVAILABLE": (
        switched("version-unavailable", lambda s: s.host.ask("POST", "rollback", json={"version": 1})),
        409,
        "pruned",
        "presswork history",
        False,
    ),
    "PATH_EXISTS": (switched("path-exists", lambda s: s.zip(b"x")), 409, "already exists", "same command", False),
    "INVALID_ENCODING": (switched("invalid-encoding", lambda s: s.zip(b"x")), 400, "encoding", "own documents", False),
    # those without a code
    "401": (
        lambda s: s.canvas.emulator.change(key="cd_" + "x" * 43) or s.host.ask("GET"),
        401,
        "unauthorized",
        "CANVAS_KEY, or what `token_env` names",
        False,
    ),
    "403": (opened_other, 403, "unauthorized", "token_env", False),
    "404": (lambda s: s.host.ask("GET", "nothing"), 404, "not_found", "`url`", False),
    "404 to a POST": (lambda s: s.host.ask("POST", "uploadz"), 404, "not_implemented", "`url`", False),
    "invalid_body": (
        lambda s: s.host.ask("POST", "rollback", json={"version": "1"}),
        400,
        "invalid_body",
        "--trace",
        False,
    ),
    "500": (lambda s: s.host.ask("POST", "uploads", body=b"null"), 500, "internal_server_error", "status page", True),
}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    clock = Clock()
    with emulating(tmp_path / "emulator", clock=clock) as canvas, opened(tmp_path / "host", canvas) as host:
        yield Scene(host, canvas, clock)


@pytest.mark.parametrize("name", ROWS)
def test_a_refusal_says_what_to_do_about_it(scene: Scene, name: str) -> None:
    provoke, status, message, hint, retryable = ROWS[name]

    with pytest.raises(PressworkError) as raised:
        provoke(scene)
    error: Any = raised.value
    assert (error.status, error.retryable, error.exit_code) == (status, retryable, 1)
    assert name.split()[0] in {error.reason, str(status), "invalid_body"}
    assert message in error.message
    assert hint in error.hint


def test_every_code_with_a_remedy_stands_in_the_table() -> None:
    assert {name.split()[0] for name in ROWS} >= REMEDIES.keys()


def test_a_rate_limit_is_waited_for(scene: Scene) -> None:
    """The wait is the kit's, and asked for by the second; past an hour it is an error."""
    scene.canvas.emulator.behaviour.rate_limit = 1
    scene.canvas.emulator.behaviour.rate_window = 7200.0
    scene.handle()
    with pytest.raises(PressworkError, match="429") as raised:
        scene.handle()

    assert raised.value.retryable
    assert "120 minutes" in raised.value.hint
