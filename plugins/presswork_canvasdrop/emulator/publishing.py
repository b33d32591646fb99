"""The routes that publish: a ZIP in one call, or a manifest, the blobs it lacks, and a finalize."""

from __future__ import annotations

import hashlib
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from presswork_canvasdrop.emulator.files import FILE_BYTES, manifest, unpacked, warnings
from presswork_canvasdrop.emulator.store import File, Upload, Version
from presswork_canvasdrop.emulator.wire import Cap, broken, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from presswork_canvasdrop.emulator.behaviour import Behaviour
    from presswork_canvasdrop.emulator.store import Canvas, Store
    from presswork_canvasdrop.emulator.wire import Call

    Sleep = Callable[[float], Awaitable[None]]

__all__ = ["BLOB_BODY", "ZIP_BODY", "Publishing", "url_of"]

ZIP_BODY: Final = Cap(110 * 1024 * 1024, "CANVAS_TOO_LARGE", "deploy body exceeds the size limit")
BLOB_BODY: Final = Cap(26 * 1024 * 1024, "FILE_TOO_LARGE", "blob exceeds the per-file limit")
_KEPT: Final = 10  # versions


class Publishing:
    """Handlers, each given the call, the canvas that the key opens, and the parts of its path."""

    def __init__(self, store: Store, behaviour: Behaviour, clock: Callable[[], float], sleep: Sleep) -> None:
        self._store = store
        self._behaviour = behaviour
        self._clock = clock
        self._sleep = sleep
        self._free = 0.0

    async def deploy(self, call: Call, canvas: Canvas) -> Response:
        """`PUT B/deploy`: a ZIP goes live."""
        with await call.take(ZIP_BODY) as body:
            started = self._clock()
            if not body.read(1):
                raise refusal(400, "EMPTY_DEPLOY", "the body is empty")
            body.seek(0)
            entries, keys = unpacked(body, lambda digest, content: self._store.keep(canvas, digest, content))
        sizes = sum(file.size for _, file in entries)
        version = self._publish(canvas, "api", dict(entries), len(entries), sizes)
        await self._spend(started, len(entries), self._behaviour.zip_files_per_second)
        return _result(call, canvas, version, [*warnings(version.files), *keys])

    async def begin(self, call: Call, canvas: Canvas) -> Response:
        """`POST B/uploads`: a manifest; the answer says which content is missing."""
        files, sizes = manifest(await call.document(refusal(400, "INVALID_MANIFEST", "body must be JSON")))
        expires = self._clock() + self._behaviour.handle_life
        upload = Upload(
            id=f"up_{token_urlsafe(32)}",
            canvas=canvas.id,
            owner=canvas.owner,
            expires=expires,
            files=files,
            sizes=sizes,
        )
        self._store.save(upload)
        there = self._store.blobs(canvas)
        missing = dict.fromkeys(file.hash for file in files.values() if file.hash not in there)
        return JSONResponse({"uploadId": upload.id, "missingHashes": list(missing)})

    async def blob(self, call: Call, canvas: Canvas, upload_id: str, digest: str) -> Response:
        """`PUT B/uploads/{uploadId}/blobs/{hash}`: the content of that hash."""
        with await call.take(BLOB_BODY) as body:
            content = body.read()
        await self._spend(self._clock(), 1, self._behaviour.blobs_per_second)
        upload = self._open(canvas, upload_id)
        if len(content) > FILE_BYTES:
            raise refusal(413, "FILE_TOO_LARGE", f"staged blob exceeds {FILE_BYTES} bytes")
        if hashlib.sha256(content).hexdigest() != digest:
            raise refusal(400, "BLOB_HASH_MISMATCH", f"blob bytes do not match hash {digest}")
        declared = upload.sizes.get(digest, len(content))
        if declared != len(content):
            message = f"staged size {len(content)} != declared {declared} for {digest}"
            raise refusal(400, "BLOB_HASH_MISMATCH", message)
        self._store.keep(canvas, digest, content)
        return Response(status_code=204)

    async def finalize(self, call: Call, canvas: Canvas, upload_id: str) -> Response:
        """`POST B/uploads/{uploadId}/finalize`: the upload goes live; no body is read."""
        upload = self._open(canvas, upload_id)
        now = self._clock()
        if upload.lease > now:
            raise refusal(409, "UPLOAD_IN_PROGRESS", "another finalize is in progress")
        if call.stop == "lease":
            upload.lease = now + self._behaviour.lease
            self._store.save(upload)
            raise broken()
        there = self._store.blobs(canvas)
        missing = next((file.hash for file in upload.files.values() if file.hash not in there), None)
        if missing is not None:
            raise refusal(400, "UPLOAD_MISSING_BLOB", f"blob {missing} was not staged")
        if "constructor" in upload.files and "index.html" not in upload.files:
            raise broken()
        upload.consumed = True  # just before the commit, so that what fails there leaves it consumed
        self._store.save(upload)
        if call.stop == "consume":
            raise broken()
        total = sum(file.size for file in upload.files.values())
        version = self._publish(canvas, "upload", upload.files, len(upload.files), total)
        return _result(call, canvas, version, warnings(version.files))

    def _open(self, canvas: Canvas, upload_id: str) -> Upload:
        upload = self._store.uploads.get(upload_id)
        if upload is None or (upload.canvas, upload.owner) != (canvas.id, canvas.owner):
            raise refusal(404, "UPLOAD_HANDLE_INVALID", "no such upload session")
        if upload.consumed:
            raise refusal(409, "UPLOAD_ALREADY_FINALIZED", "already finalized")
        if upload.expires <= self._clock():
            raise refusal(400, "UPLOAD_EXPIRED", "upload session expired")
        return upload

    def _publish(self, canvas: Canvas, source: str, files: dict[str, File], count: int, total: float) -> Version:
        version = Version(
            id=str(uuid4()),
            number=max((version.number for version in canvas.versions), default=0) + 1,
            source=source,
            created_at=int(self._clock() * 1000),
            created_by=canvas.owner,
            file_count=count,
            total_bytes=total,
            files=files,
        )
        canvas.versions = [*canvas.versions, version][-_KEPT:]
        canvas.current = version.id
        self._store.save(canvas)
        self._sweep(canvas)
        return version

    def _sweep(self, canvas: Canvas) -> None:
        for upload in [upload for upload in self._store.uploads.values() if upload.expires <= self._clock()]:
            self._store.forget(upload)
        held = {file.hash for version in canvas.versions for file in version.files.values()}
        if not self._behaviour.early_sweep:
            opened = [upload for upload in self._store.uploads.values() if upload.canvas == canvas.id]
            held.update(*(upload.sizes for upload in opened))
        for digest in self._store.blobs(canvas) - held:
            self._store.blob(canvas, digest).unlink()

    async def _spend(self, started: float, files: int, rate: float | None) -> None:
        """Hold the server's one thread for as long as these files take it at this rate."""
        if rate is not None:
            self._free = max(self._free, started) + files / rate
            await self._sleep(self._free - self._clock())


def url_of(call: Call, canvas: Canvas) -> str:
    """Return the public address of a canvas."""
    return f"{call.url.scheme}://{call.headers['host']}/c/{canvas.slug}/"


def _result(call: Call, canvas: Canvas, version: Version, warned: list[str]) -> Response:
    return JSONResponse(
        {
            "url": url_of(call, canvas),
            "version": version.number,
            "fileCount": version.file_count,
            "totalBytes": version.total_bytes,
            "warnings": warned,
        }
    )
