"""Every answer by which Canvas Drop refuses, and the raw requests that earn it at its emulator."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from support_canvasdrop import sha256, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from support_canvasdrop import Answer, InThread

MIB: Final = 1024 * 1024
LARGE: Final = 25 * MIB + 1


def entry(path: str = "a.html", size: Any = 1, digest: Any = "0" * 64) -> dict[str, Any]:
    """Return an entry of a manifest."""
    return {"path": path, "hash": digest, "size": size}


def begun(*entries: Any) -> Callable[[InThread], Answer]:
    return lambda canvas: canvas.api("POST", "/uploads", {"manifest": [*entries]})


def deployed(*entries: tuple[Any, bytes], **options: Any) -> Callable[[InThread], Answer]:
    return lambda canvas: canvas.api("PUT", "/deploy", zipped(entries, **options))


def limited(canvas: InThread) -> Answer:
    canvas.emulator.behaviour.rate_limit = 0
    return canvas.begin({"a": b"a"})


def opened(canvas: InThread) -> str:
    upload: str = canvas.begin({"a.html": b"a"}).json["uploadId"]
    return upload


def missing_blob(canvas: InThread) -> Answer:
    return canvas.finalize(opened(canvas))


def mismatched(canvas: InThread) -> Answer:
    return canvas.put(opened(canvas), b"b", sha256(b"a"))


def large_blob(canvas: InThread) -> Answer:
    return canvas.put(opened(canvas), bytes(LARGE))


def expired(canvas: InThread) -> Answer:
    canvas.emulator.behaviour.handle_life = 0.0
    return canvas.put(opened(canvas), b"a")


def finalized_twice(canvas: InThread) -> Answer:
    upload = canvas.staged({"a.html": b"a"})
    assert canvas.finalize(upload).status == 200
    return canvas.finalize(upload)


def in_progress(canvas: InThread) -> Answer:
    upload = canvas.staged({"a.html": b"a"})
    canvas.emulator.fail("finalize-died")
    assert canvas.finalize(upload).status == 500
    return canvas.finalize(upload)


def pruned_meanwhile(canvas: InThread) -> Answer:
    canvas.publish({"a.html": b"a"})
    canvas.emulator.fail("version-unavailable")
    return canvas.api("POST", "/rollback", {"version": 1})


def not_there(canvas: InThread) -> Answer:
    canvas.publish({"a.html": b"a"})
    return canvas.read("b.html")


def cut_short(canvas: InThread) -> Answer:
    return canvas.api("PUT", "/deploy", zipped([("a.html", b"a" * 99)])[:-9])


def many_in_a_zip(canvas: InThread) -> Answer:
    return canvas.api("PUT", "/deploy", zipped((f"{n}.html", b"") for n in range(2001)))


def large_canvas_in_a_zip(canvas: InThread) -> Answer:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(5):
            archive.writestr(f"{n}.bin", bytes(21 * MIB))
    return canvas.api("PUT", "/deploy", stream.getvalue())


def other_key(canvas: InThread) -> Answer:
    return canvas.api("GET", Authorization=f"Bearer {canvas.other().facts['key']}")


EARNED: Final[dict[tuple[int, str], Callable[[InThread], Answer]]] = {
    (401, "unauthorized"): lambda canvas: canvas.api("GET", Authorization="Bearer wrong"),
    (403, "unauthorized"): other_key,
    (429, "rate_limited"): limited,
    (500, "internal_server_error"): begun(None),
    (404, "not_found"): lambda canvas: canvas.api("GET", "/nothing"),
    (404, "not_implemented"): lambda canvas: canvas.api("POST", "/uploadz"),
    (400, "EMPTY_DEPLOY"): lambda canvas: canvas.api("PUT", "/deploy", b""),
    (400, "INVALID_ZIP"): cut_short,
    (400, "ZIP_BOMB_REJECTED"): deployed(("a.bin", bytes(LARGE)), compression=zipfile.ZIP_DEFLATED),
    (400, "ZIP_SLIP_REJECTED"): begun(entry("a/../b.html")),
    (400, "INVALID_PATH"): begun(entry("//a.html")),
    (400, "TOO_MANY_FILES"): many_in_a_zip,
    (413, "TOO_MANY_FILES"): begun(*(entry(f"{n}.html") for n in range(2001))),
    (413, "FILE_TOO_LARGE"): large_blob,
    (400, "CANVAS_TOO_LARGE"): large_canvas_in_a_zip,
    (413, "CANVAS_TOO_LARGE"): begun(*(entry(f"{n}.bin", 21 * MIB) for n in range(5))),
    (400, "INVALID_MANIFEST"): begun(),
    (400, "BLOB_HASH_MISMATCH"): mismatched,
    (400, "UPLOAD_MISSING_BLOB"): missing_blob,
    (400, "UPLOAD_EXPIRED"): expired,
    (404, "UPLOAD_HANDLE_INVALID"): lambda canvas: canvas.finalize("up_" + "x" * 43),
    (409, "UPLOAD_ALREADY_FINALIZED"): finalized_twice,
    (404, "INVALID_PATH"): lambda canvas: canvas.api("POST", "/rollback", {"version": 1}),
    (400, "invalid_body"): lambda canvas: canvas.api("POST", "/rollback", {"version": "1"}),
    (409, "CANNOT_UNPUBLISH"): lambda canvas: canvas.api("POST", "/unpublish"),
    (404, "NOT_PUBLISHED"): lambda canvas: canvas.api("GET", "/files"),
    (404, "NOT_FOUND"): not_there,
}
"""Status and code, or word, with a request that earns it on a new canvas."""

SWITCHED: Final[dict[tuple[int, str], Callable[[InThread], Answer]]] = {
    (409, "UPLOAD_IN_PROGRESS"): in_progress,
    (409, "VERSION_UNAVAILABLE"): pruned_meanwhile,
    (409, "PATH_EXISTS"): lambda canvas: _switched(canvas, "path-exists"),
    (400, "INVALID_ENCODING"): lambda canvas: _switched(canvas, "invalid-encoding"),
}
"""The same for those that no single request earns: a finalize has to die, a version to go meanwhile, or an editor to
speak."""


def _switched(canvas: InThread, name: str) -> Answer:
    canvas.emulator.fail(name)
    return canvas.api("GET", f"/files?path={quote('a.html')}")
